"""Changes of a booked calendar: judged again under the lock, never over somebody else's, and nothing left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest

from ketacare.clinic.dosing.actions.reviewing import end_course as stop_clinically
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.models import Review, ReviewChoice
from ketacare.clinic.outcomes.models import MessageOut
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.tests.factories import AT, browser, once
from ketacare.clinic.planning.tasks import remind_due
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.planning.tests.test_anew import HOUR, away, doses
from ketacare.clinic.planning.tests.test_course import as_value, moved
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Happened, Hold, Visit, VisitChange, VisitKind, VisitState
from ketacare.clinic.scheduling.planner import replan
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.tenancy.refusals import Conflict, Refused


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def open_kinds(visit=None) -> set[str]:
    rows = Duty.objects.filter(state="open")
    return set((rows.filter(visit_id=visit.pk) if visit else rows).values_list("kind", flat=True))


# -- the end of a course -----------------------------------------------------------------------------------------------


def test_ending_a_course_leaves_what_took_place(site):
    course = site.book()
    first = Visit.objects.order_by("starts_at")[0]
    after = first.starts_at + 3 * HOUR
    with patch("ketacare.web.clock.now", lambda: after):
        page = browser(site.desk).get(f"/patients/{site.patient.pk}/course/").content.decode()
    assert "14 visits that are still booked" in page.replace("\n", " ")
    scheduling.end_course(course=course, reason="patient", by=site.desk, at=after)
    first.refresh_from_db()
    assert first.state == VisitState.BOOKED
    assert Visit.objects.filter(state=VisitState.CANCELLED).count() == 14


def test_a_visit_that_is_no_dose_is_arrived_at_and_done_on_its_page(site):
    site.book()
    visit = Visit.objects.get(kind=VisitKind.PREPARATION)
    path, desk = f"/visits/{visit.pk}/planning/", browser(site.desk)
    with patch("ketacare.web.clock.now", lambda: visit.starts_at - 2 * DAY):
        assert "They are here" not in desk.get(path).content.decode()
        assert desk.post(path, once(act="here", version=visit.version)).status_code == 422
        assert desk.post(path, once(act="done", version=visit.version)).status_code == 422
    with patch("ketacare.web.clock.now", lambda: visit.starts_at - timedelta(minutes=10)):
        assert "They are here" in desk.get(path).content.decode()
        assert desk.post(path, once(act="here", version=visit.version)).status_code == 302
        visit.refresh_from_db()
        assert visit.state == VisitState.CHECKED_IN
        assert "It took place" in desk.get(path).content.decode()
        assert desk.post(path, once(act="done", version=visit.version)).status_code == 302
    visit.refresh_from_db()
    assert visit.state == VisitState.CLOSED
    dose = doses(site)[0]
    for act in (scheduling.note_arrival, scheduling.note_done):
        with pytest.raises(Refused, match="is a dose"):
            act(visit=dose, by=site.desk, at=dose.starts_at)


def test_what_nobody_noted_at_the_door_is_noted_as_done_afterwards(site):
    site.book()
    visit = Visit.objects.get(kind=VisitKind.PREPARATION)
    scheduling.note_done(visit=visit, by=site.desk, at=visit.ends_at + DAY)
    visit.refresh_from_db()
    assert visit.state == VisitState.CLOSED
    assert not Hold.objects.filter(visit=visit, is_held=True).exists()


# -- a plan that was shown ---------------------------------------------------------------------------------------------


def shown(site, at=AT):
    """The nurse of the first dose is ill; the plan that the desk sees."""
    site.book()
    dose = doses(site)[0]
    nurse = Hold.objects.get(visit=dose, lane=0, lane_until=1).user_id
    other = next(one for one in site.nurses if one.user_id != nurse)
    away(site, next(one for one in site.nurses if one.user_id == nurse), dose.starts_at - HOUR, dose.ends_at + HOUR)
    found = replan(*anew.setting_now(site.desk, at))
    plan = {
        "moves": [one.after for one in found.moves], "without_place": [], "versions": {str(dose.pk): dose.version},
        "reason": "staff", "words": "", "by": site.desk,
    }  # fmt: skip
    return dose, other, plan


def test_a_plan_that_no_longer_holds_is_not_carried_out(site):
    dose, other, plan = shown(site)
    away(site, other, dose.starts_at - HOUR, dose.ends_at + HOUR)  # the one who should have stepped in is ill as well
    with pytest.raises(Refused, match="not here"):
        scheduling.carry_out(**plan, at=AT)
    with pytest.raises(Refused, match="let a prescriber"):  # the desk lifts no rule
        scheduling.carry_out(**plan, override="She comes in", at=AT)
    scheduling.carry_out(**plan | {"by": site.prescriber}, override="She comes in", at=AT)
    row = VisitChange.objects.get(what=Happened.OVERRIDDEN)
    assert (row.visit_id, row.recorded_by_id) == (dose.pk, site.prescriber.user_id)
    assert "She comes in" in row.words


def test_a_chair_that_broke_meanwhile_is_nobodys_by_any_reason(site):
    dose, _, plan = shown(site)
    chair = next(one for one in site.chairs if str(one.pk) == plan["moves"][0].places["chair"])
    scheduling.put_out_of_order(
        chair=chair, starts_at=dose.starts_at - HOUR, ends_at=None, words="Broken", by=site.desk, at=AT
    )
    with pytest.raises(Conflict, match="out of order"):
        scheduling.carry_out(**plan | {"by": site.prescriber}, override="Now", at=AT)
    assert not VisitChange.objects.exists()


def test_a_plan_whose_hour_has_come_is_not_carried_out(site):
    dose, _, plan = shown(site)
    with pytest.raises(Conflict, match="has come"):
        scheduling.carry_out(**plan, at=dose.starts_at)


def test_a_refused_plan_keeps_what_was_typed(site):
    shown(site)
    answer = browser(site.desk).post("/planning/replan/", once(plan="x", reason="other", reason_words="Storm outside"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Storm outside" in page
    assert '<option value="other" selected' in page


# -- two who change one visit ------------------------------------------------------------------------------------------


def test_who_comes_second_sees_first_what_was_done(site):
    site.book()
    visit = doses(site)[0]
    mine, theirs = Visit.objects.get(pk=visit.pk), Visit.objects.get(pk=visit.pk)
    late = moved(as_value(visit), timedelta(minutes=30))
    scheduling.place_visit(visit=theirs, one=late, reason="patient", by=site.desk, at=AT)
    later = replace(late, span=moved(late, timedelta(minutes=30)).span)
    with pytest.raises(Conflict, match="has changed this visit"):
        scheduling.place_visit(visit=mine, one=later, reason="patient", by=site.desk, at=AT)
    with pytest.raises(Conflict):
        scheduling.give_up_visit(visit=mine, to=VisitState.CANCELLED, reason="patient", by=site.desk, at=AT)
    assert Visit.objects.get(pk=visit.pk).starts_at == late.span.starts


def test_a_visit_given_up_meanwhile_takes_no_hold_again(site):
    site.book()
    visit = doses(site)[0]
    mine = Visit.objects.get(pk=visit.pk)
    scheduling.give_up_visit(visit=visit, to=VisitState.CANCELLED, reason="patient", by=site.desk, at=AT)
    to = moved(as_value(mine), timedelta(minutes=30))
    with pytest.raises(Conflict):
        scheduling.place_visit(visit=mine, one=to, reason="patient", by=site.desk, at=AT)
    assert not Hold.objects.filter(visit=mine, is_held=True).exists()


@pytest.mark.parametrize("act", ["move", "late", "give_up", "here", "done"])
def test_a_page_of_yesterday_changes_nothing(site, act):
    site.book()
    visit = Visit.objects.get(kind=VisitKind.PREPARATION)
    before = visit.version
    Visit.objects.filter(pk=visit.pk).update(version=before + 1)
    fields = {"act": act, "version": before, "reason": "patient", "up_reason": "patient", "to": "cancelled"}
    answer = browser(site.desk).post(f"/visits/{visit.pk}/planning/", once(**fields))
    assert answer.status_code == 409
    assert f'name="version" value="{before + 1}"' in answer.content.decode()
    visit.refresh_from_db()
    assert (visit.state, visit.version) == (VisitState.BOOKED, before + 1)


# -- what ends with a visit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["given up", "course ended", "called off", "planned anew"])
def test_with_a_visit_end_its_reminder_and_its_duties(site, how):
    course = site.book()
    dose = doses(site)[0]
    work = dose.followed_by.get(kind=VisitKind.INTEGRATION)
    at = dose.starts_at - 30 * HOUR
    remind_due(at)
    assert "visit.escort" in open_kinds(dose)
    common = {"by": site.desk, "at": at}
    dose.refresh_from_db()
    if how == "given up":
        scheduling.give_up_visit(visit=dose, to=VisitState.CANCELLED, reason="patient", **common)
    elif how == "called off":
        scheduling.move_visit(visit=dose, to=VisitState.CANCELLED, **common)
    elif how == "planned anew":
        plan = {"moves": [], "without_place": [str(dose.pk)], "versions": {str(dose.pk): dose.version}}
        scheduling.carry_out(**plan, reason="staff", words="", **common)
    else:
        scheduling.end_course(course=course, reason="patient", **common)
    assert open_kinds(dose) == ({"visit.tell"} if how == "planned anew" else set())
    assert not MessageOut.objects.filter(form_id=dose.reminder.pk, state="waiting").exists()
    follows = "visit.follows" in open_kinds(work)
    assert follows == (how != "course ended")
    work.refresh_from_db()
    if follows:  # given up itself, or moved, it is looked at no more
        scheduling.give_up_visit(visit=work, to=VisitState.CANCELLED, reason="clinical", **common)
        assert open_kinds(work) == set()


def test_a_clinical_stop_ends_the_course_with_all_its_visits(site):
    course = site.book()
    found = enrolment.current_enrolment(site.patient)
    row = Review.objects.create(
        **about(site.patient, site.prescriber, AT), enrolment=found, after_doses=1, choice=ReviewChoice.STOP,
        reason="It does not help", facts=[],
    )  # fmt: skip
    stop_clinically(row, by=site.prescriber, at=AT)
    course.refresh_from_db()
    assert (course.ended_at, course.end_reason, course.end_words) == (AT, "clinical", "")
    assert set(Visit.objects.values_list("state", flat=True)) == {VisitState.CANCELLED}
