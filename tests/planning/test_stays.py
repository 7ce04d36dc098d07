"""What the planner keeps to beside the visits that it places: what the patient has booked already, doses that were
given, hours as they truly are, and the notice that a dose needs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.clinic.scheduling.planner import Held, Setting, displaced_in, faults_after, propose, replan
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.rules import Board, breaks, course_breaks, day_of, floor_breaks, patient_breaks
from ketacare.medicine.scheduling.terms import Kind, Rule, Span, Window
from tests.planning.invented import MONDAY, WINDOW, ZONE, a_course, a_house, at, horizon, rules_of
from tests.planning.test_laws import FEW, a_dose_alone, a_visit

HOUR = timedelta(hours=1)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


@FEW
@given(
    stays=st.integers(1, 4), clock=st.sampled_from(["08:00", "11:15", "15:00"]), doses=st.integers(1, 3),
    gone=st.sampled_from([None, 0, 1, 2]),
)  # fmt: skip
def test_no_proposal_breaks_the_floor_of_a_visit_that_stays_booked(stays, clock, doses, gone):
    house, rules = a_house(), rules_of()
    own = replace(
        a_visit("i0", Kind.INTEGRATION, clock, MONDAY + timedelta(days=stays)), person="therapist0", follows="d0"
    )
    done = [] if gone is None else [MONDAY - timedelta(days=gone)]
    needs = a_course(doses)
    made = propose(needs, rules, house, [own], patient="p", horizon=horizon(), given=done)
    assert not isinstance(made, Held)
    for one in made:
        assert floor_breaks([own, *one.visits], ZONE) == []
        assert breaks([own, *one.visits], house) == []
        assert course_breaks(one.visits, rules, ZONE, given=done) == []


@FEW
@given(minute=st.integers(1, 59), who=st.sampled_from(["therapist0", "nurse0", "prescriber0"]), hour=st.integers(9, 15))
def test_whoever_leaves_at_any_minute_is_planned_for_nothing_after_it(minute, who, hour):
    house, rules = a_house(nurses=1), rules_of()
    left = tuple(
        replace(
            one,
            here=tuple(
                Span(x.starts, at(day_of(x.starts, ZONE), f"{hour:02}:{minute:02}")) for x in one.here
            ),
        )
        if one.id == who
        else one
        for one in house.people
    )  # fmt: skip
    house = replace(house, people=left)
    made = propose(a_course(2), rules, house, [], patient="p", horizon=horizon())
    for one in [] if isinstance(made, Held) else made:
        assert breaks(one.visits, house) == []


@pytest.mark.parametrize("who", ["therapist0", "nurse0"])
def test_a_leave_that_is_not_on_five_minutes_ends_no_page_in_a_fault(who):
    """Here until 10:13 alone: a visit of 60 min from 09:15 would end two minutes too late."""
    house = a_house(weeks=1, nurses=1)
    starts, until = at(MONDAY, "09:15"), at(MONDAY, "10:13")
    people = tuple(
        replace(one, here=(Span(at(MONDAY, "08:00"), until),)) if one.id == who else one for one in house.people
    )
    house = replace(house, people=people)
    kind = Kind.INTEGRATION if who == "therapist0" else Kind.LABORATORY
    board = Board(house, at(MONDAY, "00:00"), at(TUESDAY, "00:00"))
    assert board.find(kind, Span(starts, starts + HOUR)) is None
    assert board.find(kind, Span(starts - timedelta(minutes=15), starts + timedelta(minutes=45))) is not None


def test_a_board_that_begins_between_its_steps_still_knows_the_first_hour():
    house = a_house(weeks=1)
    board = Board(house, at(MONDAY, "07:52") + timedelta(seconds=13), at(TUESDAY, "00:00"))
    assert board.find(Kind.INTEGRATION, Span(at(MONDAY, "08:00"), at(MONDAY, "09:00"))) is not None


# -- notice ------------------------------------------------------------------------------------------------------------


def planned_anew(clock, notice):
    """Monday noon: the nurses are away until Tuesday, `clock`, and on Wednesday; the dose stands on Tuesday at nine."""
    house = a_house(weeks=1)
    people = tuple(
        replace(one, here=tuple(
            Span(at(TUESDAY, clock), x.ends) if day_of(x.starts, ZONE) == TUESDAY else x
            for x in one.here if day_of(x.starts, ZONE) != WEDNESDAY
        )) if one.id.startswith("nurse") else one
        for one in house.people
    )  # fmt: skip
    days = Span(at(MONDAY, "12:00"), at(MONDAY + timedelta(days=6), "00:00"))
    setting = Setting(
        replace(house, people=people), (a_dose_alone("09:00", TUESDAY),), {"p": rules_of()}, days, notice=notice
    )
    found = replan(setting, displaced_in(setting, after=days.starts))
    assert faults_after(setting, found) == []
    [move] = found.moves
    return move.after.span.starts


def test_no_dose_is_moved_into_its_own_fasting_hours():
    assert lengths().notice == timedelta(hours=24)
    assert planned_anew("16:55", lengths().notice) >= at(TUESDAY, "12:00")
    assert day_of(planned_anew("16:55", timedelta()), ZONE) == MONDAY  # the failing twin: three hours ahead
    # Who fasts for it that day fasts on: an hour later is the same day.
    assert planned_anew("10:00", lengths().notice) < at(TUESDAY, "12:00")


@pytest.mark.parametrize(("gone", "then"), [((1,), 2), ((1, 2), 3), ((1, 2, 3), 4)])
def test_who_has_to_come_on_another_day_comes_on_the_nearest_and_at_their_hour(gone, then):
    """The nurses are away on these days of the week; every later day would do for the course."""
    away = {MONDAY + timedelta(days=one) for one in gone}
    house = a_house(weeks=2)
    people = tuple(
        replace(one, here=tuple(x for x in one.here if day_of(x.starts, ZONE) not in away))
        if one.id.startswith("nurse") else one
        for one in house.people
    )  # fmt: skip
    days = Span(at(MONDAY, "12:00"), at(MONDAY + timedelta(days=14), "00:00"))
    dose = a_dose_alone("09:00", TUESDAY)
    setting = Setting(replace(house, people=people), (dose,), {"p": rules_of()}, days, notice=timedelta(hours=24))
    [move] = replan(setting, displaced_in(setting, after=days.starts)).moves
    assert move.after.span.starts == at(MONDAY + timedelta(days=then), "09:00")


# -- hours between doses, and doses that began late -------------------------------------------------------------------


def test_hours_between_two_doses_are_a_rule_of_the_plan():
    rules = replace(rules_of(min_days=1, per_week=7), min_hours=22)
    first, near = a_dose_alone("15:00", MONDAY), replace(a_dose_alone("08:00", TUESDAY), key="d2", number=2)
    far = replace(a_dose_alone("13:00", TUESDAY), key="d2", number=2)
    assert [one.rule for one in course_breaks([first, near], rules, ZONE)] == [Rule.INTERVAL]
    assert course_breaks([first, far], rules, ZONE) == []
    assert [one.keys for one in patient_breaks([near], rules, ZONE, given=[first])] == [("d2", "d1")]
    made = propose(
        a_course(3, window=Window(0, 72)), replace(rules, window=Window(0, 72)), a_house(), [], patient="p",
        horizon=horizon(),
    )  # fmt: skip
    for one in [] if isinstance(made, Held) else made:
        starts = sorted(visit.span.starts for visit in one.visits if visit.kind is Kind.DOSE)
        assert all(b - a >= 22 * HOUR for a, b in pairwise(starts))


def test_no_new_plan_brings_two_doses_nearer_than_their_hours():
    """Two doses a day apart at 15:00; the nurse is away on Tuesday afternoon, and Tuesday morning is too near."""
    rules = replace(rules_of(min_days=1, per_week=7), min_hours=22)
    house = a_house(weeks=1, nurses=1)
    noon = at(TUESDAY, "12:00")
    people = tuple(
        replace(one, here=tuple(Span(x.starts, noon) if x.meets(Span(noon, noon + HOUR)) else x for x in one.here))
        if one.id == "nurse0" else one
        for one in house.people
    )  # fmt: skip
    first = a_dose_alone("13:00", MONDAY)
    second = replace(a_dose_alone("13:00", TUESDAY), key="d2", number=2)
    setting = Setting(replace(house, people=people), (first, second), {"p": rules}, horizon(weeks=1))
    found = replan(setting, displaced_in(setting, after=at(MONDAY, "00:00")))
    assert faults_after(setting, found) == []
    after = {one.key: one for one in (first, second)} | {move.after.key: move.after for move in found.moves}
    assert after["d2"].span.starts - after["d1"].span.starts >= 22 * HOUR


def test_the_day_of_the_dose_before_counts_whatever_course_it_was_of():
    """Two days apart at least: the dose of another course yesterday leaves today out."""
    made = propose(
        a_course(1), rules_of(), a_house(), [], patient="p", horizon=horizon(), given=[MONDAY - timedelta(days=1)]
    )
    assert not isinstance(made, Held)
    assert all(day_of(visit.span.starts, ZONE) > MONDAY for one in made for visit in one.visits)


def test_a_window_counts_from_where_the_dose_truly_began():
    begun = a_dose_alone("11:00", MONDAY)
    early = replace(a_visit("i1", Kind.INTEGRATION, "09:30", TUESDAY), follows="d1", person="therapist0")
    assert WINDOW.opens_h == 24
    faults = patient_breaks([early], rules_of(), ZONE, given=[begun])
    assert [one.rule for one in faults] == [Rule.WINDOW]
    planned = a_dose_alone("09:00", MONDAY)
    assert patient_breaks([early], rules_of(), ZONE, given=[planned]) == []


# -- who is told anyway ------------------------------------------------------------------------------------------------


def test_the_later_visits_of_anybody_who_lost_a_place_move_along_before_one_of_them_is_left_without():
    """Both had therapy on Tuesday; the therapist is here for one hour on Wednesday and one on Thursday. B's window ends
    on Wednesday. A would have Thursday too, if their dose of that morning were later: it is A's dose that makes room
    for B."""
    thursday = MONDAY + timedelta(days=3)
    house = a_house(weeks=1)
    hours = tuple(Span(at(day, "09:00"), at(day, "10:00")) for day in (WEDNESDAY, thursday))
    people = tuple(replace(one, here=hours) if one.id == "therapist0" else one for one in house.people)

    def of(patient, clock, talk, **more):
        dose = replace(a_dose_alone(clock, MONDAY, **more), key=f"d1{patient}", patient=patient)
        work = a_visit(f"i1{patient}", Kind.INTEGRATION, talk, TUESDAY, person="therapist0", follows=dose.key)
        return dose, replace(work, patient=patient)

    later = replace(a_dose_alone("08:00", thursday), key="d2a", patient="a", number=2)
    calendar = (*of("a", "09:00", "15:00"), later, *of("b", "12:00", "13:00"))
    courses = {"a": rules_of(window=WINDOW), "b": rules_of(window=Window(24, 48))}
    setting = Setting(replace(house, people=people), calendar, courses, horizon(weeks=1))
    found = replan(setting, displaced_in(setting, after=at(TUESDAY, "00:00")))
    assert (found.without_place, found.disturbed, faults_after(setting, found)) == ((), 2, [])
    assert {move.after.key for move in found.moves} == {"i1a", "i1b", "d2a"}
