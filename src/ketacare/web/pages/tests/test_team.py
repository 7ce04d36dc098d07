"""Assigning a therapist opens the chart to them, hands over what waited, and ends when it ends."""

import pytest

from ketacare.clinic.outcomes.actions import INTEGRATION
from ketacare.clinic.people.models import CareRelation, Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, once, someone


@pytest.fixture
def here(db):
    clinic = a_clinic()
    return clinic, a_patient(someone(clinic, Role.FD)), someone(clinic, Role.TH, "Teo Lindqvist")


def test_an_assigned_therapist_may_open_the_chart_until_it_ends(here):
    clinic, patient, therapist = here
    desk, chart = browser(someone(clinic, Role.FD)), f"/patients/{patient.pk}/"
    assert browser(therapist).get(chart).status_code == 403
    assert b"Nobody is assigned" in desk.get(chart).content
    assert desk.post(f"{chart}therapist/", once(therapist=therapist.user_id)).status_code == 302
    assert browser(therapist).get(chart).status_code == 200
    relation = CareRelation.objects.get()
    assert b"Teo Lindqvist" in desk.get(chart).content
    assert desk.post(f"{chart}team/{relation.pk}/end/", once()).status_code == 302
    assert browser(therapist).get(chart).status_code == 403


def test_nobody_chosen_is_refused_with_the_field(here):
    clinic, patient, _ = here
    desk = browser(someone(clinic, Role.FD))
    answer = desk.post(f"/patients/{patient.pk}/therapist/", once(therapist=""))
    assert answer.status_code == 422
    assert not CareRelation.objects.exists()


def test_the_integration_visit_that_waited_is_handed_over(here):
    from ketacare.clinic.duties import actions as duties

    clinic, patient, therapist = here
    nurse = someone(clinic, Role.RN)
    duty = duties.open_duty(
        kind=INTEGRATION, title="Find a therapist", patient=patient, owner_role="FD", due_at=AT, why="x", link="/",
        by=nurse, at=AT,
    )  # fmt: skip
    browser(nurse).post(f"/patients/{patient.pk}/therapist/", once(therapist=therapist.user_id))
    duty.refresh_from_db()
    assert (duty.owner_role, duty.owner_id) == ("TH", therapist.user_id)


def test_an_auditor_may_not_assign(here):
    clinic, patient, therapist = here
    auditor = browser(someone(clinic, Role.AU))
    assert auditor.post(f"/patients/{patient.pk}/therapist/", once(therapist=therapist.user_id)).status_code == 403
