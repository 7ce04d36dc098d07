"""A day planned anew knows the doses that were given: their interval, their window and the hard floor after them."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import AT, a_patient, browser, once, someone
from ketacare.clinic.planning.queries.one import rules_without_course
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.planning.tests.test_course import as_value
from ketacare.clinic.planning.tests.test_one import PATH, monday, typed
from ketacare.clinic.planning.tests.test_whose import at_hand
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.above import above, no_rules
from ketacare.clinic.scheduling.actions import carrying
from ketacare.clinic.scheduling.models import AbsenceKind, Visit, VisitKind, VisitState
from ketacare.clinic.scheduling.planner import judged_after, replan, worse_after
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.scheduling.terms import Rule, Span

HOUR = timedelta(hours=1)
SEEDS = range(int(os.environ.get("KETACARE_PROOF_CASES", "3")))


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def doses(site) -> list[Visit]:
    return list(Visit.objects.filter(patient=site.patient, kind=VisitKind.DOSE).order_by("starts_at"))


def given(dose: Visit) -> datetime:
    """It took place; the instant after it."""
    Visit.objects.filter(pk=dose.pk).update(state=VisitState.DISCHARGED)
    return dose.ends_at + timedelta(minutes=5)


def away(site, who, starts, ends):
    user = User.objects.get(pk=who.user_id)
    scheduling.add_absence(kind=AbsenceKind.ILL, user=user, starts_at=starts, ends_at=ends, by=site.desk, at=AT)


def test_whoever_lost_their_place_stands_first_on_the_waiting_list_until_the_desk_has_found_another(site):
    site.book()
    work = doses(site)[0].followed_by.get(kind=VisitKind.INTEGRATION)
    waiting = browser(site.desk)
    assert "Lost their place" not in waiting.get("/planning/waiting/").content.decode()
    plan = {"moves": [], "without_place": [str(work.pk)], "versions": {str(work.pk): work.version}}
    scheduling.carry_out(**plan, reason="staff", words="", by=site.desk, at=AT)
    page = waiting.get("/planning/waiting/").content.decode()
    when = f"{work.starts_at.astimezone(ZoneInfo(site.desk.zone)):%a %d-%b-%Y %H:%M}"
    assert page.index("Lost their place") < page.index(f"was {when}") < page.index("Nobody waits.")
    assert f"?patient={work.patient_id}&amp;kind=integration" in page
    duty = Duty.objects.get(visit_id=work.pk, kind="visit.tell")
    why = "The day was planned anew: Somebody of the staff is away."
    assert duty.why == f"Integration therapy {work.number_in_course}, {when}. {why}"
    duties.say_done(duty, words="Found another time by telephone", by=site.desk, at=AT + HOUR)
    assert "Lost their place" not in waiting.get("/planning/waiting/").content.decode()


def test_rd24_a_visit_that_is_brought_forward_from_far_ahead_is_judged_where_it_goes(site):
    site.book()
    last = doses(site)[-1]
    Visit.objects.filter(pk=last.pk).update(starts_at=AT + 60 * DAY, ends_at=AT + 60 * DAY + 2 * HOUR)
    last.refresh_from_db()
    sunday = AT + 5 * DAY
    one = replace(as_value(last), span=Span(sunday, sunday + 2 * HOUR))
    plan = {"moves": [one], "without_place": [], "versions": {str(last.pk): last.version}, "words": ""}
    with pytest.raises(Refused, match="opening hours"):
        scheduling.carry_out(**plan, reason="staff", by=site.desk, at=AT)
    setting = anew.setting_over(site.desk, AT, until=AT)
    assert one.key not in {other.key for other in setting.calendar}
    assert Rule.HOURS in {fault.rule for fault in worse_after(setting, [one])[0]}


def test_a_visit_that_is_brought_forward_is_judged_as_far_as_it_stood(site):
    """What follows it there is among what its move can break."""
    site.book()
    last = doses(site)[-1]
    Visit.objects.filter(pk=last.pk).update(starts_at=AT + 60 * DAY, ends_at=AT + 60 * DAY + 2 * HOUR)
    last.refresh_from_db()
    one = replace(as_value(last), span=Span(AT + 5 * DAY, AT + 5 * DAY + 2 * HOUR))
    with patch.object(carrying, "setting_over", side_effect=anew.setting_over) as read, pytest.raises(Refused):
        scheduling.carry_out(
            moves=[one], without_place=[], versions={str(last.pk): last.version}, words="", reason="staff",
            by=site.desk, at=AT,
        )  # fmt: skip
    assert read.call_args.kwargs["until"] == last.ends_at


def test_a_move_of_one_patient_asks_for_the_rules_of_nobody_else(site):
    own = at_hand(site, site.therapist, 1)
    starts = AT + 2 * DAY
    scheduling.book_visit(
        patient=a_patient(site.desk), kind=VisitKind.PREPARATION, starts_at=starts, ends_at=starts + HOUR,
        by=site.desk, at=AT,
    )  # fmt: skip
    asked = []
    with patch.object(above, "rules_without_course", lambda patient: asked.append(patient.pk)):
        scheduling.carry_out(
            moves=[as_value(own)], without_place=[], versions={}, reason="staff", words="", by=site.desk, at=AT
        )
    assert asked == [site.patient.pk]


def test_leave_that_is_noted_weeks_ahead_is_told_on_the_day_it_is_noted(site):
    site.book()
    last = doses(site)[-1]
    assert last.starts_at - AT > 15 * DAY
    assert anew.setting_now(site.desk, AT)[1] == []
    away(site, site.therapist, last.starts_at - DAY, last.starts_at + 5 * DAY)
    setting, lost = anew.setting_now(site.desk, AT)
    assert str(last.followed_by.get(kind=VisitKind.INTEGRATION).pk) in lost
    assert setting.horizon.ends > last.starts_at + 6 * DAY
    assert "lost" in browser(site.desk).get("/planning/replan/").content.decode()


def test_nobody_is_away_who_does_not_work_here(site):
    patient = someone(site.clinic, Role.PT, "Somebody treated here")
    page = browser(site.desk).get("/planning/resources/").content.decode()
    assert "Somebody treated here" not in page
    with pytest.raises(Refused, match="does not work here"):
        away(site, patient, AT + DAY, AT + 2 * DAY)


def test_where_no_hour_of_the_window_is_left_the_visit_has_no_place(site):
    site.book()
    dose = doses(site)[0]
    at = given(dose)
    work = dose.followed_by.get(kind=VisitKind.INTEGRATION)
    away(site, site.therapist, dose.starts_at + 12 * HOUR, dose.starts_at + 5 * DAY)
    setting, lost = anew.setting_now(site.desk, at)
    assert str(work.pk) in lost
    found = replan(setting, lost)
    assert str(work.pk) in {one.key for one in found.without_place}


@pytest.mark.parametrize("ended", [False, True])
def test_the_floor_and_the_window_hold_without_an_open_course(site, ended):
    """A dose and its work booked one by one under the plan; or left when the course ended."""
    desk = browser(site.desk)
    assert desk.post(PATH, typed(site, "dose", monday(site, "09:00"))).status_code == 302
    assert desk.post(PATH, typed(site, "integration", monday(site) + DAY)).status_code == 302
    work, dose = Visit.objects.get(kind=VisitKind.INTEGRATION), doses(site)[0]
    at = given(dose)
    away(site, site.therapist, dose.starts_at + 12 * HOUR, dose.starts_at + 5 * DAY)
    with patch.object(above, "rules_without_course", no_rules if ended else rules_without_course):
        setting, lost = anew.setting_now(site.desk, at)
    assert lost == [str(work.pk)]
    found = replan(setting, lost)
    if not ended:
        assert [one.key for one in found.without_place] == lost
        return
    day = local_day(dose.starts_at, site.clinic.zone)
    assert all(local_day(move.after.span.starts, site.clinic.zone) > day for move in found.moves)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_new_plan_forgets_a_dose_that_was_given(site, seed):
    """Judged by times alone: never on the day of a dose, and inside the window of the dose it follows."""
    chance = random.Random(seed)
    course = site.book()
    before = timedelta(minutes=course.rules["before_min"])
    rows = doses(site)
    for dose in rows[: chance.randint(1, 3)]:
        at = given(dose)
    who = chance.choice([site.therapist, site.therapist, *site.nurses])
    starts = at + chance.choice([1, 10, 30]) * HOUR
    away(site, who, starts, starts + chance.choice([1, 2, 4]) * DAY)
    setting, lost = anew.setting_now(site.desk, at)
    found = replan(setting, lost)
    moves = [move.after for move in found.moves]
    assert judged_after(setting, moves, [one.key for one in found.without_place]) == []
    started = {str(dose.pk): dose.starts_at for dose in rows} | {
        one.key: one.span.starts for one in moves if one.kind == "dose"
    }
    days = {local_day(moment, site.clinic.zone) for moment in started.values()}
    for one in moves:
        if one.kind == "integration":
            assert local_day(one.span.starts, site.clinic.zone) not in days or one.span.ends <= min(
                moment for moment in started.values() if moment > one.span.starts
            )
            hours = (one.span.starts - started[one.follows] - before) / HOUR
            assert course.rules["opens_h"] <= hours < course.rules["closes_h"]


def test_a_dose_booked_with_nobody_in_particular_loses_its_chair_with_it(site):
    starts = monday(site)
    visit = scheduling.book_visit(
        patient=site.patient, kind=VisitKind.DOSE, starts_at=starts, ends_at=starts + 2 * HOUR,
        chair=site.chairs[0], by=site.desk, at=AT,
    )  # fmt: skip
    assert anew.setting_now(site.desk, AT)[1] == []  # nobody is missing who was never named
    scheduling.put_out_of_order(
        chair=site.chairs[0], starts_at=starts - HOUR, ends_at=starts + HOUR, words="Broken", by=site.desk, at=AT
    )
    setting, lost = anew.setting_now(site.desk, AT)
    assert lost == [str(visit.pk)]
    assert "has its place" not in browser(site.desk).get("/planning/replan/?shown=1").content.decode()
    assert [move.after.places["chair"] for move in replan(setting, lost).moves] == [str(site.chairs[1].pk)]


@pytest.mark.parametrize(
    ("clock", "next_one"), [("10:00", "10:15"), ("10:01", "10:15"), ("10:14", "10:15"), ("10:59", "11:00")]
)
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Asia/Kathmandu"])
def test_a_new_plan_begins_at_the_next_quarter_hour(clock, next_one, zone):
    at = datetime.fromisoformat(f"2026-07-14T{clock}").replace(tzinfo=ZoneInfo(zone))
    assert anew.next_quarter(at).astimezone(ZoneInfo(zone)).strftime("%H:%M") == next_one
    assert anew.next_quarter(at).tzinfo == UTC


def test_the_hard_floor_is_not_passed_by_moving(site):
    """Booked by hand, without a course: a visit moves no nearer to its dose than the next morning."""
    desk = browser(site.desk)
    desk.post(PATH, typed(site, "dose", monday(site, "09:00")))
    desk.post(PATH, typed(site, "integration", monday(site) + DAY))
    work = Visit.objects.get(kind=VisitKind.INTEGRATION)
    path, onto = f"/visits/{work.pk}/planning/", f"{monday(site, '15:00'):%Y-%m-%dT%H:%M}"
    assert "Therapy waits until the morning after" in desk.get(path, {"starts_at": onto}).content.decode()
    fields = {"act": "move", "starts_at": onto, "reason": "patient", "override": "She asks", "version": work.version}
    answer = browser(site.prescriber).post(path, once(**fields))
    assert answer.status_code == 422
    assert "Choose the next morning or later" in answer.content.decode()
    with patch.object(above, "rules_without_course", no_rules):  # no plan is needed for it
        faults = scheduling.faults_of(moved_to(work, monday(site, "15:00")), by=site.desk, rules=None)
    assert "therapy on the day of a dose, before the next morning" in {fault.rule for fault in faults}


def moved_to(visit, moment):
    one = as_value(visit)
    return replace(one, span=type(one.span)(moment, moment + one.span.length))
