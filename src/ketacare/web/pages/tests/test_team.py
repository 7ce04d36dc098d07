"""Assigning a therapist opens the chart to them, hands over what waited, and ends when it ends."""

import pytest

from ketacare.clinic.outcomes import tasks as outcomes
from ketacare.clinic.outcomes.actions import INTEGRATION
from ketacare.clinic.outcomes.actions.therapists import assigned_until, role_of
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import CareRelation, Role, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, once, someone
from ketacare.clinic.tenancy.days import local_day


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


def integration(patient, by, owner=None):
    from datetime import timedelta

    from ketacare.clinic.duties import actions as duties

    return duties.open_duty(
        kind=INTEGRATION, title="Integration visit", patient=patient, owner_role="TH" if owner else "FD", owner=owner,
        due_at=AT + timedelta(hours=24), late_at=AT + timedelta(hours=72), why="x", link="/", by=by, at=AT,
    )  # fmt: skip


def test_whose_assignment_ends_has_no_integration_visit_left_with_them(here):
    """P6: nobody could see a duty of somebody who may not open the record; the desk finds another."""
    clinic, patient, therapist = here
    desk, chart = browser(someone(clinic, Role.FD)), f"/patients/{patient.pk}/"
    desk.post(f"{chart}therapist/", once(therapist=therapist.user_id))
    duty = integration(patient, therapist, User.objects.get(pk=therapist.user_id))
    desk.post(f"{chart}team/{CareRelation.objects.get().pk}/end/", once())
    duty.refresh_from_db()
    assert (duty.owner_role, duty.owner_id) == ("FD", None)
    other = someone(clinic, Role.TH, "Una Other")
    desk.post(f"{chart}therapist/", once(therapist=other.user_id))
    duty.refresh_from_db()
    assert (duty.owner_role, duty.owner_id) == ("TH", other.user_id)


def test_a_last_day_before_the_window_closes_leaves_the_visit_to_the_desk(here):
    clinic, patient, therapist = here
    nurse, user = someone(clinic, Role.RN), User.objects.get(pk=therapist.user_id)
    relate = {"patient": patient, "kind": "therapist", "by": nurse, "at": AT}
    people.relate(user=user, until=local_day(AT, clinic.zone), **relate)
    duty = integration(patient, therapist, user)
    assert outcomes.hand_back(AT) == 1
    assert outcomes.hand_back(AT) == 0
    duty.refresh_from_db()
    assert (duty.owner_role, duty.owner_id) == ("FD", None)
    assert assigned_until(patient, local_day(duty.late_at, clinic.zone)) is None
    guest = someone(clinic, Role.ET, "Gil Guest")
    people.relate(user=User.objects.get(pk=guest.user_id), until=local_day(duty.late_at, clinic.zone), **relate)
    found = assigned_until(patient, local_day(duty.late_at, clinic.zone))
    assert (found.user_id, role_of(found)) == (guest.user_id, Role.ET)
