"""The rules of planning, one by one: what the board finds, what the checker refuses, who is next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ketacare.medicine.careplan import reader as careplan
from ketacare.medicine.careplan.rules import shown_least_until
from ketacare.medicine.evidence.reader import SheetRefused, sheet_from, table_in
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.rules import (
    Board,
    Why,
    breaks,
    course_breaks,
    course_rules,
    in_order,
    is_early,
    morning_after,
    passed_over,
    why_here,
    window_after,
)
from ketacare.medicine.scheduling.terms import (
    Booked,
    CourseRules,
    InLine,
    Kind,
    PlaceKind,
    Rule,
    SiteRules,
    Span,
    Watched,
    Window,
)
from tests.planning.invented import MONDAY, ZONE, a_house, at, horizon, rules_of

HOUR, MIN = timedelta(hours=1), timedelta(minutes=1)
HOUSE = a_house(chairs=3, nurses=1, watched_most=2)


def dose(key="d", clock="09:00", day=MONDAY, chair="chair0", patient="p", number=1, person="nurse0", **more):
    starts = at(day, clock)
    hands = Span(starts + 25 * MIN, starts + 40 * MIN)
    places = {PlaceKind.CHAIR: chair} if chair else {}
    return Booked(key, patient, Kind.DOSE, Span(starts, starts + 2 * HOUR), places, person, hands, "", number, **more)


def work(key="i", clock="10:00", day=MONDAY + timedelta(days=1), follows="d", patient="p", person="therapist0"):
    starts = at(day, clock)
    return Booked(key, patient, Kind.INTEGRATION, Span(starts, starts + HOUR), {}, person, None, follows, 1)


def broken(*visits, house=HOUSE):
    return {fault.rule for fault in breaks(visits, house)}


def test_an_ordinary_visit_breaks_nothing():
    assert broken(dose(), work()) == set()


@pytest.mark.parametrize(
    ("visits", "rule"),
    [
        ([dose(clock="07:00")], Rule.HOURS),
        ([dose(day=MONDAY + timedelta(days=5))], Rule.HOURS),
        ([dose(clock="14:15")], Rule.LAST_START),
        ([dose(chair="")], Rule.PLACE),
        ([dose(chair="chair9")], Rule.PLACE),
        ([dose(), dose("e", patient="q", clock="10:00")], Rule.PLACE_TWICE),
        ([dose(), dose("e", chair="chair1", clock="10:00")], Rule.PATIENT_TWICE),
        ([dose(person="therapist0")], Rule.SKILL),
        ([dose(person="")], Rule.SKILL),
        ([replace(dose(), hands_on=None)], Rule.HANDS_ON),
        ([dose(), dose("e", patient="q", chair="chair1", clock="09:10")], Rule.HANDS_ON),
        ([work(), work("j", patient="q")], Rule.PERSON_TWICE),
        ([dose(sitter="nurse0")], Rule.SKILL),
        ([dose(sitter="prescriber0")], Rule.SKILL),
        ([dose(sitter="therapist0"), work(day=MONDAY, patient="q")], Rule.PERSON_TWICE),
        ([dose(sitter="therapist0"), dose("e", patient="q", chair="chair1", clock="10:00", sitter="therapist0")],
         Rule.PERSON_TWICE),
    ],
)  # fmt: skip
def test_each_rule_of_the_site_is_broken_by_its_own_fault(visits, rule):
    assert rule in broken(*visits)


def test_one_nurse_watches_so_many_chairs_and_no_more():
    three = [dose(f"d{n}", f"09:{15 * n:02}", chair=f"chair{n}", patient=f"p{n}") for n in range(3)]
    assert broken(*three[:2]) == set()
    assert broken(*three) == {Rule.RATIO}


def test_watching_and_a_visit_of_ones_own_do_not_go_together():
    draw = Booked("l", "q", Kind.LABORATORY, Span(at(MONDAY, "09:00"), at(MONDAY, "09:15")), {}, "nurse0")
    assert broken(dose(), draw) == {Rule.PERSON_TWICE}


def test_somebody_away_and_a_chair_out_of_order():
    gone = a_house(chairs=3, nurses=1)
    nurse = next(one for one in gone.people if one.id == "nurse0")
    away = replace(gone, people=(*(one for one in gone.people if one is not nurse), replace(nurse, here=())))
    assert broken(dose(), house=away) == {Rule.AWAY}
    out = tuple(replace(one, out=(Span(at(MONDAY, "10:30"), at(MONDAY, "12:00")),)) for one in gone.places)
    assert broken(dose(), house=replace(gone, places=out)) == {Rule.OUT_OF_ORDER}


def test_a_supervisor_is_here_all_the_time_and_one_may_take_over_from_another():
    none = a_house(chairs=1, prescribers=0)
    assert broken(dose(), house=none) == {Rule.SUPERVISOR}
    assert broken(dose(), house=replace(none, rules=replace(none.rules, needs_supervisor=False))) == set()
    two = a_house(chairs=1, prescribers=2)
    early, late = (Span(at(MONDAY, "08:00"), at(MONDAY, "10:00")), Span(at(MONDAY, "10:00"), at(MONDAY, "17:00")))
    shifts = {"prescriber0": early, "prescriber1": late}
    people = tuple(replace(one, here=(shifts[one.id],)) if one.id in shifts else one for one in two.people)
    assert broken(dose(), house=replace(two, people=people)) == set()


def test_who_sits_is_here_and_a_course_that_wants_somebody_says_when_nobody_does():
    assert broken(dose(sitter="therapist0")) == set()
    gone = replace(
        HOUSE, people=tuple(replace(one, here=()) if one.id == "therapist0" else one for one in HOUSE.people)
    )
    assert broken(dose(sitter="therapist0"), house=gone) == {Rule.AWAY}
    assert course_broken(dose(), rules=rules_of(sits=True)) == {Rule.SITTER}
    assert course_broken(dose(sitter="therapist0"), rules=rules_of(sits=True)) == set()


def test_the_board_takes_a_therapist_whole_and_says_when_none_is_free():
    span, house = Span(at(MONDAY, "09:00"), at(MONDAY, "11:00")), a_house(chairs=2, nurses=2, therapists=1)
    board, why = Board(house, at(MONDAY, "00:00"), at(MONDAY + timedelta(days=1), "00:00")), Why()
    found = board.find(Kind.DOSE, span, sits=True)
    assert found is not None
    assert found.sitter == "therapist0"
    board.put(Booked("d", "p", Kind.DOSE, span, found.places, found.person, found.hands_on, sitter=found.sitter))
    assert board.find(Kind.DOSE, span, sits=True, why=why) is None
    assert why.most() == ["nobody with the skill “therapy” is free"]
    assert board.find(Kind.DOSE, span) is not None


# -- the course --------------------------------------------------------------------------------------------------------


def course_broken(*visits, rules=None, **more):
    return {fault.rule for fault in course_breaks(visits, rules or rules_of(), ZONE, **more)}


@pytest.mark.parametrize(("days", "rule"), [(1, Rule.INTERVAL), (2, None), (7, None), (8, Rule.INTERVAL)])
def test_doses_stand_between_the_least_and_the_most_days(days, rule):
    second = dose("e", day=MONDAY + timedelta(days=days), number=2)
    assert course_broken(dose(), second) == ({rule} if rule else set())


def test_no_more_doses_in_seven_days_than_the_protocol_has():
    three = [dose(f"d{n}", day=MONDAY + timedelta(days=2 * n), number=n + 1) for n in range(3)]
    assert course_broken(*three) == {Rule.PER_WEEK}
    assert course_broken(*three, rules=rules_of(per_week=3)) == set()
    assert course_broken(dose(), given=[MONDAY - timedelta(days=4), MONDAY - timedelta(days=2)]) == {Rule.PER_WEEK}


def test_the_window_is_half_open_from_the_start_of_the_dose():
    begins = dose().span.starts + rules_of().before
    for after, rules in ((24, set()), (23.99, {Rule.WINDOW}), (71.9, set()), (72, {Rule.WINDOW})):
        moment = begins + timedelta(hours=after)
        visit = replace(work(), span=Span(moment, moment + HOUR))
        assert course_broken(dose(), visit) == rules


@pytest.mark.parametrize(("clock", "faults"), [("00:30", {Rule.FLOOR}), ("06:59", {Rule.FLOOR}), ("07:00", set())])
@pytest.mark.parametrize("day", [date(2026, 3, 7), date(2026, 10, 31), MONDAY])
def test_the_hard_floor_ends_at_seven_on_the_clock_of_the_site_also_when_the_clocks_change(clock, faults, day):
    """The nights before 8 March and 1 November 2026 have 23 and 25 hours: 07:00 is what the wall shows."""
    wide = replace(rules_of(), window=Window(0, 72))
    given, next_day = dose(day=day), work(clock=clock, day=day + timedelta(days=1))
    assert course_broken(given, next_day, rules=wide) == faults
    morning = morning_after(given.span.starts, ZONE)
    assert f"{morning:%d %H:%M}" == f"{day + timedelta(days=1):%d} 07:00"
    assert is_early(next_day.span.starts, ZONE) == bool(faults)


def test_the_morning_is_one_hour_for_planning_therapy_and_the_pages_of_the_patient():
    began = at(MONDAY, "10:00")
    assert morning_after(began, ZONE) == shown_least_until(began, careplan.after_dose())


def test_the_hard_floor_holds_where_a_window_would_open_on_the_day_itself():
    wide = rules_of(window=Window(0, 72))
    same_day = work(day=MONDAY, clock="15:00")
    assert course_broken(dose(), same_day, rules=wide) == {Rule.FLOOR}
    assert course_broken(dose(), work(clock="08:00"), rules=wide) == set()


def test_preparation_comes_first():
    late = Booked("p", "p", Kind.PREPARATION, Span(at(MONDAY, "13:00"), at(MONDAY, "14:00")), {}, "therapist0",
                  None, "d")  # fmt: skip
    assert course_broken(dose(), late) == {Rule.ORDER}


@pytest.mark.parametrize(("first", "hours"), [("2026-10-30", 1), ("2026-03-06", -1)])
def test_a_window_counts_true_hours_over_a_change_of_the_clocks(first, hours):
    """Dosed on the Friday before the clocks change: on the wall the window's end stands an hour earlier or later."""
    friday = date.fromisoformat(first)
    window = window_after(dose(day=friday), rules_of())
    assert window.ends - window.starts == 48 * HOUR
    end = window.ends.astimezone(ZoneInfo(ZONE))
    assert (end.hour, end.minute) == (9 - hours, 25)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Window(72, 24),
        lambda: Window(-1, 24),
        lambda: Span(at(MONDAY, "10:00"), at(MONDAY, "09:00")),
        lambda: CourseRules(3, 2, 2, Window(24, 72), HOUR),
        lambda: SiteRules(MIN, lengths().site.watched, -HOUR),
        lambda: Watched(0, 3, 4, HOUR),
        lambda: Watched(2, 9, 4, HOUR),
    ],
)
def test_values_that_cannot_be_are_refused_in_words(wrong):
    with pytest.raises(ValueError, match=r"\."):
        wrong()


# -- the board ---------------------------------------------------------------------------------------------------------


def test_the_board_finds_what_the_checker_accepts_and_says_what_was_in_the_way():
    span = horizon(weeks=1)
    board, held = Board(HOUSE, span.starts, span.ends), []
    for number in range(3):
        starts = at(MONDAY, "09:00") + 15 * MIN * number
        why = Why()
        found = board.find(Kind.DOSE, Span(starts, starts + 2 * HOUR), before=25 * MIN, why=why)
        if found is None:
            assert why.most() == ["nobody with the skill “infusion” is free"]  # two chairs for one nurse
            break
        one = Booked(f"d{number}", f"p{number}", Kind.DOSE, found.span, found.places, found.person, found.hands_on)
        board.put(one)
        held.append(one)
    assert len(held) == 2
    assert breaks(held, HOUSE) == []


@pytest.mark.parametrize(("clock", "words"), [("06:00", "closed"), ("14:30", "too near closing"), ("15:30", "closed")])
def test_the_board_keeps_to_the_hours(clock, words):
    span, why = horizon(weeks=1), Why()
    board = Board(HOUSE, span.starts, span.ends)
    starts = at(MONDAY, clock)
    assert board.find(Kind.DOSE, Span(starts, starts + 2 * HOUR), why=why) is None
    assert words in why.most()[0]


@pytest.mark.parametrize("route", ["IV", "IM", "IN", "SL"])
def test_rd_24_no_dose_is_planned_that_the_chair_would_refuse(route):
    """Latest start = closing - (chair time + 60), the chair time from door to door, as the readiness list counts it."""
    block, before = lengths().blocks[route], lengths().befores[route]
    span, closes = horizon(weeks=1), at(MONDAY, "17:00")
    board = Board(HOUSE, span.starts, span.ends)
    found = []
    for quarter in range(32):
        starts = at(MONDAY, "09:00") + quarter * timedelta(minutes=15)
        if made := board.find(Kind.DOSE, Span(starts, starts + block), before=before):
            found.append(made)
    last = found[-1].span.starts + before
    assert closes - timedelta(minutes=15) < last + block + timedelta(minutes=60) <= closes
    for made in found:
        one = Booked("d", "p", Kind.DOSE, made.span, made.places, made.person, made.hands_on)
        assert not broken(one)
    later = Span(found[-1].span.starts + timedelta(minutes=15), found[-1].span.ends + timedelta(minutes=15))
    hands = Span(later.starts + before, later.starts + before + HOUSE.rules.hands_on)
    assert Rule.LAST_START in broken(Booked("d", "p", Kind.DOSE, later, {}, "", hands))


# -- fairness, sheet ---------------------------------------------------------------------------------------------------


def test_the_line_is_urgency_then_time_and_says_why():
    day = at(MONDAY, "09:00")
    late, early, urgent = InLine("late", 4, day), InLine("early", 4, day - 3 * 24 * HOUR, 2), InLine("urgent", 2, day)
    assert [one.key for one in in_order([late, early, urgent])] == ["urgent", "early", "late"]
    assert passed_over([late, early, urgent], "late") == ("urgent", "early")
    assert passed_over([late], "nobody") == ()
    assert why_here(early, day) == "routine, waits 3 days, passed over 2 times"
    assert why_here(urgent, day) == "urgent, waits since today"


def test_the_sheet_gives_the_lengths_and_a_protocol_its_rules():
    found = lengths()
    assert found.blocks["IV"] == 120 * MIN
    rules = course_rules(min_days=2, per_week=2, window=Window(24, 72), route="IV", lengths=found)
    assert (rules.min_days, rules.most_days, rules.before) == (2, 7, 25 * MIN)


def test_a_length_in_hours_does_not_load():
    text = (Path(reader.__file__).parent / "knowledge" / "planning-1.toml").read_text()
    for wrong in (text.replace('value = 120, unit = "min"', 'value = 2, unit = "h"', 1), text.replace("25", "130", 1)):
        with pytest.raises(SheetRefused):
            reader.lengths_from(sheet_from(table_in(wrong, "planning-1"), "planning-1"))
