"""Adverse events told outside a session: on the patient's page, by whoever is on the telephone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.dosing.actions import adverse
from ketacare.clinic.dosing.models import AdverseEvent
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = f.a_day()
    f.to_running(day)
    return day


def test_what_is_told_after_the_session_is_recorded_on_the_patients_page(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(26 * 60))
    address = f"/patients/{day.patient.pk}/adverse-event/"
    nurse = browser(day.nurse)
    told = {"effect": "fall", "grade": "3", "outcome": "ongoing", "began_on": f"{f.AT:%Y-%m-%d}", "words": "stairs"}
    assert nurse.post(address, once(**told | {"began_on": ""})).status_code == 422
    assert nurse.post(address, once(**told, began_at="x")).status_code == 422
    assert nurse.post(address, once(**told | {"effect": "other", "words": ""})).status_code == 422
    assert nurse.post(address, once(**told, began_at="23:30")).status_code == 302
    duty = Duty.objects.get(kind=adverse.FOLLOW_UP, state=DutyState.OPEN)
    event = AdverseEvent.objects.get(effect="fall")
    assert (event.visit, event.happened_at.astimezone(ZoneInfo(day.clinic.zone)).hour, duty.owner_role) == (
        None,
        23,
        Role.RX,
    )
    page = browser(day.desk).get(f"{address}?kept=1").content.decode()  # who answers the telephone records it
    assert "Kept" in page
    assert "Emergency or hospital" not in page  # follows from the record alone


def test_an_end_without_its_hour_is_no_earlier_than_the_beginning(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(50 * 60))
    told = {"effect": "fall", "grade": "1", "outcome": "resolved"}
    told |= {"began_on": f"{f.AT:%Y-%m-%d}", "began_at": "23:30", "over_on": f"{f.AT:%Y-%m-%d}"}
    address = f"/patients/{day.patient.pk}/adverse-event/"
    assert browser(day.nurse).post(address, once(**told)).status_code == 302
    event = AdverseEvent.objects.get(effect="fall")
    assert event.resolved_at == event.happened_at
    assert browser(day.nurse).post(address, once(**told, over_at="12:00")).status_code == 422


def test_a_signed_in_patient_does_not_open_the_staffs_form(day):
    own = someone(day.clinic, Role.PT)
    day.patient.user_id = own.user_id
    day.patient.save(update_fields=["user"])
    address = f"/patients/{day.patient.pk}/adverse-event/"
    assert browser(own).get(address).status_code == 403
    told = {"effect": "fall", "grade": "5", "outcome": "ongoing", "began_on": f"{f.AT:%Y-%m-%d}"}
    assert browser(own).post(address, once(**told)).status_code == 403
    assert not AdverseEvent.objects.exists()
