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
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, browser, once
from ketacare.clinic.planning.tasks import remind_due
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.planning.tests.test_anew import HOUR, away, doses
from ketacare.clinic.planning.tests.test_course import as_value, moved
from ketacare.clinic.planning.tests.test_one import monday
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling import queries as calendar
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.forms import wall
from ketacare.clinic.scheduling.models import (
    Chair,
    Happened,
    Hold,
    StaffSkill,
    Visit,
    VisitChange,
    VisitKind,
    VisitState,
)
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
    assert "15 visits that are still booked" in page.replace("\n", " ")
    scheduling.end_course(course=course, reason="patient", by=site.desk, at=after)
    first.refresh_from_db()
    assert first.state == VisitState.BOOKED
    assert Visit.objects.filter(state=VisitState.CANCELLED).count() == 15


def test_a_visit_that_is_no_dose_is_arrived_at_and_done_on_its_page(site):
    site.book()
    visit = Visit.objects.get(kind=VisitKind.PREPARATION, number_in_course=1)
    path = f"/visits/{visit.pk}/planning/"
    with patch("ketacare.web.clock.now", lambda: visit.starts_at - 2 * DAY):
        desk = browser(site.desk)
        assert "They are here" not in desk.get(path).content.decode()
        assert desk.post(path, once(act="here", version=visit.version)).status_code == 422
        assert desk.post(path, once(act="done", version=visit.version)).status_code == 422
    with patch("ketacare.web.clock.now", lambda: visit.starts_at - timedelta(minutes=10)):
        desk = browser(site.desk)
        assert "They are here" in desk.get(path).content.decode()
        assert desk.post(path, once(act="here", version=visit.version)).status_code == 302
        visit.refresh_from_db()
        assert visit.state == VisitState.CHECKED_IN
        page = desk.get(path).content.decode()
        assert ">It took place<" not in page, "not before it has begun"
        early = desk.post(path, once(act="done", version=visit.version))
        assert (early.status_code, "It has not begun yet." in early.content.decode()) == (422, True)
    with patch("ketacare.web.clock.now", lambda: visit.starts_at):
        assert ">It took place<" in desk.get(path).content.decode()
        assert desk.post(path, once(act="done", version=visit.version)).status_code == 302
        page = desk.get(path).content.decode()
    visit.refresh_from_db()
    assert visit.state == VisitState.CLOSED
    assert ("Teo Therapist" in page, "Nobody yet" in page) == (True, False), "who held it is known afterwards"
    dose = doses(site)[0]
    for act in (scheduling.note_arrival, scheduling.note_done):
        with pytest.raises(Refused, match="is a dose"):
            act(visit=dose, by=site.desk, at=dose.starts_at)


def test_a_check_in_is_taken_back_with_its_reason_unless_something_was_begun_with_it(site):
    site.book()
    visit = Visit.objects.get(kind=VisitKind.PREPARATION, number_in_course=1)
    path, at = f"/visits/{visit.pk}/planning/", visit.starts_at - timedelta(minutes=10)
    with patch("ketacare.web.clock.now", lambda: at):
        desk = browser(site.desk)
        for version in (visit.version, visit.version + 2):
            assert desk.post(path, once(act="here", version=version)).status_code == 302
            bare = desk.post(path, once(act="not_here", version=version + 1))
            assert (bare.status_code, "Why is not chosen." in bare.content.decode()) == (422, True)
            if version == visit.version:
                back = {"act": "not_here", "version": version + 1, "back_reason": "wrong_person"}
                assert desk.post(path, once(**back)).status_code == 302
    noted = VisitChange.objects.filter(visit=visit).order_by("recorded_at", "pk")
    assert sorted(row.what for row in noted) == ["arrived", "arrived", "taken_back"]
    taken = noted.get(what="taken_back")
    assert (taken.amends.what, taken.amend_reason) == ("arrived", "Somebody else was meant")
    visit.refresh_from_db()
    said = "Its preparation was written since they came."
    with patch.object(above, "begun_since", [lambda visit, since: [said]]), pytest.raises(Refused, match=said):
        scheduling.take_arrival_back(visit=visit, reason="left", by=site.desk, at=at)
    dose = doses(site)[0]
    Visit.objects.filter(pk=dose.pk).update(state=VisitState.CHECKED_IN)
    dose.refresh_from_db()
    with pytest.raises(Refused, match="A session was begun with this check-in"):
        scheduling.take_arrival_back(visit=dose, reason="left", by=site.desk, at=at)
    with pytest.raises(Refused, match="Say the reason"):
        scheduling.take_arrival_back(visit=visit, reason="other", by=site.desk, at=at)
    scheduling.take_arrival_back(visit=visit, reason="left", by=site.desk, at=at)
    visit.refresh_from_db()
    assert visit.state == VisitState.BOOKED
    assert Hold.objects.filter(visit=visit, is_held=True).exists()


def test_what_nobody_noted_at_the_door_is_noted_as_done_afterwards(site):
    site.book()
    visit = Visit.objects.get(kind=VisitKind.PREPARATION, number_in_course=1)
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
    visit = Visit.objects.get(kind=VisitKind.PREPARATION, number_in_course=1)
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
    visit = Visit.objects.get(kind=VisitKind.PREPARATION, number_in_course=1)
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
    assert open_kinds(dose) == ({"visit.tell"} if how in ("planned anew", "given up") else set())
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


# -- words, fields and far days ----------------------------------------------------------------------------------------

TOO_LONG = "x" * 301


@pytest.mark.parametrize(
    ("act", "fields", "field"),
    [
        ("move", {"reason": "patient", "words": TOO_LONG}, "words"),
        ("late", {"late_reason": "patient", "late_words": TOO_LONG}, "late_words"),
        ("late", {"late_reason": "other"}, "late_words"),
        ("late", {"late_reason": "nonsense"}, "late_reason"),
        ("give_up", {"to": "cancelled", "up_reason": "patient", "up_words": TOO_LONG}, "up_words"),
        ("give_up", {"to": "cancelled", "up_reason": ""}, "up_reason"),
        ("give_up", {"to": "cancelled", "up_reason": "other"}, "up_words"),
    ],
)
def test_what_is_refused_on_the_page_of_a_visit_stands_beside_its_field(site, act, fields, field):
    site.book()
    visit = Visit.objects.get(kind=VisitKind.PREPARATION, number_in_course=1)
    later = as_value(visit).span.starts + timedelta(minutes=30)
    moments = {"starts_at": wall(later, site.desk), "expected_at": wall(later, site.desk)}
    answer = browser(site.desk).post(
        f"/visits/{visit.pk}/planning/", once(act=act, version=visit.version, **moments, **fields)
    )
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.content.decode()
    assert not VisitChange.objects.exists()


def test_too_long_a_sentence_is_refused_wherever_it_is_typed(site):
    course, common = site.book(), {"by": site.desk, "at": AT}
    desk = browser(site.desk)
    ended = desk.post(f"/patients/{site.patient.pk}/course/", once(act="end", end_reason="patient", end_words=TOO_LONG))
    assert ended.status_code == 422
    assert 'href="#f-end_words"' in ended.content.decode()
    course.refresh_from_db()
    assert course.ended_at is None
    day = {"starts_at": AT, "ends_at": AT + DAY}
    for refused in (
        lambda: scheduling.add_absence(kind="holiday", words=TOO_LONG, **day, **common),
        lambda: scheduling.put_out_of_order(chair=site.chairs[0], words=TOO_LONG, **day, **common),
        lambda: scheduling.wait_for(patient=site.patient, kind=VisitKind.DOSE, urgency=4, words=TOO_LONG, **common),
        lambda: scheduling.add_chair(name=TOO_LONG, **common),
        lambda: (
            scheduling.set_week(week={}, reason=TOO_LONG, **common)
            and scheduling.set_week(week={}, reason=TOO_LONG, **common)
        ),
    ):
        with pytest.raises(Refused, match="is longer than"):
            refused()
    row = scheduling.wait_for(patient=site.patient, kind=VisitKind.DOSE, urgency=4, **common)
    with pytest.raises(Refused, match="is longer than 200"):
        scheduling.end_waiting(waiting=row, to="gone", reason="x" * 201, **common)
    refused = desk.post("/planning/replan/", once(plan="x", reason="staff", reason_words=TOO_LONG))
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("path", "side"),
    [
        ("/planning/?on=9999-12-31", "after"),
        ("/planning/?view=week&on=0001-01-01", "before"),
        ("/planning/?view=chair&on=9999-12-31", "after"),
    ],
)
def test_days_far_away_are_refused(site, path, side):
    answer = browser(site.desk).get(path)
    assert answer.status_code == 422
    assert f"The day is more than 5 years {side}" in answer.content.decode()
    assert "Check the year" in answer.content.decode()


def test_no_visit_and_no_absence_is_typed_for_a_day_far_away(site):
    course = site.book()
    visit, desk = Visit.objects.get(kind=VisitKind.PREPARATION, number_in_course=1), browser(site.desk)
    far = "9999-12-31T10:00"
    moved_far = once(act="move", version=visit.version, starts_at=far, reason="patient")
    absent = once(act="absence", kind="holiday", starts_at=far, ends_at=far)
    for path, fields in ((f"/visits/{visit.pk}/planning/", moved_far), ("/planning/resources/", absent)):
        answer = desk.post(path, fields)
        assert answer.status_code == 422
        assert "The beginning is more than 5 years after" in answer.content.decode()
    scheduling.end_course(course=course, reason="patient", by=site.desk, at=AT)
    assert desk.get(f"/patients/{site.patient.pk}/course/", {"first_on": "9999-12-31"}).status_code == 422


# -- who may be planned, and chairs ------------------------------------------------------------------------------------


def test_nobody_is_made_a_supervisor_whose_role_is_none(site):
    desk_user, nurse = (User.objects.get(pk=one.user_id) for one in (site.desk, site.nurses[0]))
    for user, skill in ((desk_user, "prescribe"), (nurse, "prescribe"), (nurse, "therapy")):
        with pytest.raises(Refused, match="needs another role"):
            scheduling.give_skill(user=user, skill=skill, by=site.desk, at=AT)
    scheduling.give_skill(user=nurse, skill="laboratory", by=site.desk, at=AT)
    # Also what was said before, or written by another hand, counts only with the role.
    StaffSkill.objects.create(
        organisation_id=site.desk.organisation_id, clinic_id=site.clinic.pk, created_at=AT, user=desk_user,
        skill="prescribe",
    )  # fmt: skip
    known = {key: skills for key, _, skills in calendar.skilled(site.clinic.pk)}
    assert desk_user.pk not in known
    assert known[nurse.pk] == {"laboratory"}
    desk = browser(site.desk)
    assert "Planned for nothing" not in desk.get("/planning/resources/").content.decode()
    # Whose last skill was taken stays on the page, to be given one again.
    assert desk.post("/planning/resources/", once(act="skills", user=str(nurse.pk))).status_code == 302
    assert desk.get("/planning/resources/").content.decode().count("Planned for nothing") == 1


def test_a_chair_is_added_renamed_and_retired_on_the_page(site):
    path, desk = "/planning/resources/", browser(site.desk)
    assert desk.post(path, once(act="add", kind="chair", name="Window bed")).status_code == 302
    chair = Chair.objects.get(name="Window bed")
    assert desk.post(path, once(act="add", kind="chair", name="Window bed")).status_code == 422
    assert desk.post(path, once(act="rename", thing=str(chair.pk), new_name="Chair 1")).status_code == 422
    assert desk.post(path, once(act="rename", thing=str(chair.pk), new_name="Garden bed")).status_code == 302
    starts = monday(site)
    visit = scheduling.book_visit(
        patient=site.patient, kind=VisitKind.DOSE, starts_at=starts, ends_at=starts + HOUR, chair=chair,
        by=site.desk, at=AT,
    )  # fmt: skip
    refused = desk.post(path, once(act="retire", thing=str(chair.pk)))
    assert refused.status_code == 422
    assert "1 visit is booked in this chair" in refused.content.decode()
    scheduling.give_up_visit(visit=visit, to=VisitState.CANCELLED, reason="patient", by=site.desk, at=AT)
    assert desk.post(path, once(act="retire", thing=str(chair.pk))).status_code == 302
    assert "Garden bed" not in desk.get(path).content.decode()
    assert chair not in calendar.chairs(site.clinic.pk)
    nurse = browser(site.nurses[0])
    assert nurse.post(path, once(act="add", kind="chair", name="Mine")).status_code == 403
