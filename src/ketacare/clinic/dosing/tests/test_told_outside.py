"""Adverse events told outside a session: whose form it is, and an hour that nobody gave."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.dosing.views.adverse import until_then
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, browser, once, someone

ZONE = "America/New_York"


@pytest.mark.django_db
def test_a_patient_grades_no_event_of_their_own_on_the_form_of_staff():
    clinic = a_clinic()
    patient, own = a_patient(someone(clinic, Role.FD)), someone(clinic, Role.PT)
    patient.user = User.objects.get(pk=own.user_id)
    patient.save()
    page = f"/patients/{patient.pk}/adverse-event/"
    assert browser(own).get(page).status_code == 403
    assert browser(own).post(page, once(effect="other", grade="5", words="Dead")).status_code == 403
    assert browser(someone(clinic, Role.RN)).get(page).status_code == 200


def test_an_end_without_an_hour_is_no_earlier_than_its_beginning_on_the_same_day():
    began = datetime(2026, 7, 14, 14, tzinfo=ZoneInfo(ZONE))
    noon = began.replace(hour=12)
    assert until_then(began, noon, ZONE) == began
    assert until_then(began, noon.replace(day=13), ZONE) == noon.replace(day=13), "another day is what was said"
