"""A pause and the calendar: what is booked ahead is cancelled or decided, no dose begins, what is left is planned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest

from ketacare.clinic.dosing.actions import sessions as dosing
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment.queries import current_enrolment
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, browser, once, someone
from ketacare.clinic.planning import actions, queries
from ketacare.clinic.planning.queries import OneAsked
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.scheduling.models import Course, Visit, VisitKind, VisitState
from ketacare.clinic.scheduling.queries.placing import Named
from ketacare.clinic.tenancy.refusals import Refused


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def open_duties(site: Site) -> list[str]:
    return sorted(Duty.objects.filter(patient=site.patient, state="open", kind__startswith="course.").values_list(
        "kind", flat=True))  # fmt: skip


def pause(site: Site, booked: str, at=AT) -> None:
    course = current_enrolment(site.patient)
    actions.pause_course(enrolment=course, reason="Away until June", booked=booked, by=site.desk, at=at)


def test_what_is_booked_ahead_is_cancelled_and_planned_again_when_it_goes_on(site):
    site.book()
    first = Visit.objects.filter(kind=VisitKind.DOSE).earliest("starts_at")
    after = Visit.objects.get(kind=VisitKind.INTEGRATION, follows=first)
    Visit.objects.filter(pk=first.pk).update(state=VisitState.CLOSED)
    at = first.ends_at + timedelta(hours=1)
    pause(site, "cancel", at)
    states = dict(Visit.objects.values_list("pk", "state"))
    assert states[first.pk] == VisitState.CLOSED
    assert states[after.pk] == VisitState.BOOKED  # what follows a dose that was given goes on
    ahead = Visit.objects.filter(starts_at__gt=at).exclude(pk=after.pk)
    assert set(ahead.values_list("state", flat=True)) == {VisitState.CANCELLED}
    assert set(ahead.values_list("changes__reason", "changes__words")) == {("paused", "Away until June")}
    assert Course.objects.get().end_reason == "paused"
    assert open_duties(site) == ["course.tell"]
    for refused in (
        lambda: queries.question(site.patient, site.asked, by=site.desk, at=at),
        lambda: queries.one_visit(site.patient, OneAsked(VisitKind.DOSE, at + 3 * DAY, None, Named()), by=site.desk),
    ):
        with pytest.raises(Refused, match="is paused"):
            refused()

    course = current_enrolment(site.patient)
    actions.resume_course(enrolment=course, reason="Back", by=site.desk, at=at + DAY)
    assert open_duties(site) == ["course.left", "course.tell"]
    assert "5 of its doses have no time." in Duty.objects.get(kind="course.left").why
    with patch("ketacare.web.clock.now", lambda: at + DAY):
        question = queries.question(site.patient, site.asked.__class__((at + DAY).date()), by=site.desk, at=at + DAY)
        made = queries.proposal(question, site.asked, by=site.desk)
        assert [one.number for one in question.needs if one.kind == "dose"] == [2, 3, 4, 5, 6]
        actions.book_proposal(question=question, visits=made[0].visits, asked=site.asked, by=site.desk, at=at + DAY)
    assert open_duties(site) == ["course.tell"]


def test_what_is_kept_is_somebodys_to_decide_and_no_dose_of_it_begins(site):
    site.book()
    with pytest.raises(Refused, match="visits ahead is not chosen"):
        pause(site, "")
    assert pausing.paused_since(site.patient) is None  # nothing half done
    pause(site, "keep")
    duty = Duty.objects.get(kind="course.kept")
    assert (duty.owner_role, duty.due_at > AT) == (Role.FD, True)
    assert not Visit.objects.filter(state=VisitState.CANCELLED).exists()
    dose = Visit.objects.filter(kind=VisitKind.DOSE).earliest("starts_at")
    with pytest.raises(Refused, match="is paused") as refused:
        dosing.check_in(
            visit=dose, protocol_id="p-iv-05-2w", protocol_version="1.0.0", chair=site.chairs[0], by=site.nurses[0],
            at=dose.starts_at,
        )  # fmt: skip
    assert refused.value.refusals[0].remedy.startswith("Go on with the course first")
    course = current_enrolment(site.patient)
    assert len(actions.clear_paused(enrolment=course, by=site.desk, at=AT)) > 6
    assert open_duties(site) == ["course.tell"]
    with pytest.raises(Refused, match="Nothing is booked ahead"):
        actions.clear_paused(enrolment=course, by=site.desk, at=AT)


def test_kept_visits_go_on_with_the_course(site):
    site.book()
    pause(site, "keep")
    with pytest.raises(NotAllowed):
        actions.clear_paused(enrolment=current_enrolment(site.patient), by=someone(site.clinic, Role.AU), at=AT)
    actions.resume_course(enrolment=current_enrolment(site.patient), reason="Back", by=site.desk, at=AT + DAY)
    assert open_duties(site) == []
    assert Visit.objects.filter(kind=VisitKind.DOSE, state=VisitState.BOOKED).count() == 6


def test_the_desk_pauses_clears_and_goes_on_by_its_page(site):
    site.book()
    desk, path = browser(site.desk), f"/patients/{site.patient.pk}/course/pause/"
    answer = desk.post(path, once(turn="pause", turn_reason="Away"))
    assert answer.status_code == 422
    assert "What becomes of the visits ahead is not chosen." in answer.content.decode()
    assert desk.post(path, once(turn="pause", turn_reason="Away", booked="keep")).status_code == 302
    assert "Cancel the " in desk.get(path).content.decode()
    assert desk.post(path, once(turn="clear")).status_code == 302
    answer = desk.post(path, once(turn="resume", turn_reason="Back"))
    assert answer["Location"] == f"/patients/{site.patient.pk}/course/"
