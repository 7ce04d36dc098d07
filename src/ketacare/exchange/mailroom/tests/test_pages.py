"""H24, H26, I15: what was refused or came from an unpaired monitor is listed, owned and closed by a person."""

import pytest

from ketacare.clinic.monitoring.models import StrayStream
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, browser, once, someone


@pytest.fixture
def clinic(db):
    return a_clinic()


@pytest.fixture
def stray(clinic):
    common = {"organisation_id": clinic.organisation_id, "clinic": clinic, "created_at": AT}
    return StrayStream.objects.create(**common, address="0011/CHAIR-9", first_at=AT, last_at=AT, messages=12)


def test_h26_an_unpaired_monitor_is_listed_until_somebody_has_seen_to_it(clinic, stray):
    nurse = browser(someone(clinic, Role.RN))
    assert b"0011/CHAIR-9" in nurse.get("/messages/").content
    assert nurse.post(f"/messages/unpaired/{stray.pk}/close/", once()).status_code == 302
    assert b"0011/CHAIR-9" not in nurse.get("/messages/").content
    stray.refresh_from_db()
    assert stray.closed_at is not None


def test_an_auditor_reads_and_closes_nothing(clinic, stray):
    auditor = browser(someone(clinic, Role.AU))
    assert auditor.get("/messages/").status_code == 200
    assert auditor.post(f"/messages/unpaired/{stray.pk}/close/", once()).status_code == 403


def test_another_clinics_line_is_not_here(clinic, stray):
    other = a_clinic("South", organisation=clinic.organisation)
    nurse = browser(someone(other, Role.RN))
    assert b"0011/CHAIR-9" not in nurse.get("/messages/").content
    assert nurse.post(f"/messages/unpaired/{stray.pk}/close/", once()).status_code == 404
