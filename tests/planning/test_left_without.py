"""Whoever is left without a place: as few as can be, whatever the clock of the machine, and each with the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ketacare.clinic.scheduling.planner import Setting, faults_after, replan, why_none
from ketacare.clinic.scheduling.planner.days import _best
from ketacare.clinic.scheduling.planner.eyes import summed, united
from ketacare.clinic.scheduling.planner.moves import Move, Replan
from ketacare.medicine.scheduling.rules import breaks, day_of
from ketacare.medicine.scheduling.terms import Booked, Kind, PlaceKind, Rule, Span
from tests.planning.invented import MONDAY, ZONE, a_house, at, horizon, rules_of
from tests.planning.test_laws import a_dose_alone

DAY = timedelta(days=1)
WHOLE_WEEK = Span(at(MONDAY, "00:00"), at(MONDAY + DAY * 7, "00:00"))


def why(house, *calendar, days=None):
    setting = Setting(house, calendar, {"p": rules_of()}, days or horizon(weeks=1))
    found = replan(setting, ["d1"])
    assert [one.key for one in found.without_place] == ["d1"]
    return " ".join(why_none(setting, found, ["d1"])["d1"])


def test_the_reason_says_which_days_and_that_nobody_is_here():
    house = a_house(weeks=1, nurses=1)
    gone = tuple(replace(one, here=()) if one.id == "nurse0" else one for one in house.people)
    words = why(replace(house, people=gone), a_dose_alone("09:00", MONDAY))
    assert words.startswith("Mon 7-Sep to Fri 11-Sep: no nurse is here for all of it.")
    assert words.endswith("Its course lets it stand no more than 7 days from where it was.")


def test_the_reason_says_that_every_chair_is_taken_and_that_the_nurses_have_their_hands_full():
    house = a_house(weeks=1, chairs=1)
    out = tuple(replace(one, out=(WHOLE_WEEK,)) for one in house.places)
    assert "every chair is taken or out of order" in why(replace(house, places=out), a_dose_alone("09:00", MONDAY))
    full = a_house(weeks=1 / 7, nurses=1, chairs=4, watched_most=1)
    others = []
    for n, clock in enumerate(("08:00", "10:30", "13:00")):
        begins = at(MONDAY, clock)
        visit, hands = Span(begins, begins + timedelta(minutes=150)), Span(begins, begins + timedelta(minutes=15))
        others.append(Booked(f"x{n}", f"x{n}", Kind.DOSE, visit, {PlaceKind.CHAIR: "chair1"}, "nurse0", hands))
    words = why(full, a_dose_alone("09:00", MONDAY), *others, days=Span(WHOLE_WEEK.starts, at(MONDAY + DAY, "00:00")))
    assert "the nurse here watches as many chairs as one may" in words


def test_the_reason_says_whether_another_dose_is_too_near_or_too_far():
    """The dose before stands on Monday; the one chair is out from Wednesday to the next Monday."""
    house = a_house(weeks=2, chairs=1)
    gone = Span(at(MONDAY + DAY * 2, "00:00"), at(MONDAY + DAY * 8, "00:00"))
    out = tuple(replace(one, out=(gone,)) for one in house.places)
    before = replace(a_dose_alone("09:00", MONDAY), key="d0")
    dose = replace(a_dose_alone("09:00", MONDAY + DAY * 2), number=2)
    ahead = Span(at(MONDAY + DAY, "00:00"), at(MONDAY + DAY * 14, "00:00"))
    words = why(replace(house, places=out), before, dose, days=ahead)
    assert "Tue 8-Sep: too near another of their doses." in words
    assert "Tue 15-Sep to Wed 16-Sep: too far from the dose before it." in words


def test_what_runs_against_the_ratio_already_leaves_the_others_their_places():
    """By an override one nurse has two where one is right; a third, in the afternoon, loses its chair."""
    house = a_house(weeks=1, chairs=4, nurses=1, watched_most=1)
    running = []
    for n in range(2):
        begins = at(MONDAY, "08:00") + timedelta(minutes=15 * n)
        hands = Span(begins + timedelta(minutes=25), begins + timedelta(minutes=40))
        running.append(
            Booked(f"r{n}", f"r{n}", Kind.DOSE, Span(begins, begins + timedelta(hours=2)),
                   {PlaceKind.CHAIR: f"chair{n}"}, "nurse0", hands)
        )  # fmt: skip
    assert {fault.rule for fault in breaks(running, house)} == {Rule.RATIO}
    dose = a_dose_alone("13:00", MONDAY, places={PlaceKind.CHAIR: "chair2"})
    out = tuple(replace(one, out=(WHOLE_WEEK,)) if one.id == "chair2" else one for one in house.places)
    days = Span(at(MONDAY, "09:00"), WHOLE_WEEK.ends)
    setting = Setting(replace(house, places=out), (*running, dose), {"p": rules_of()}, days)
    found = replan(setting, ["d1"])
    assert (found.without_place, found.disturbed, [move.after.key for move in found.moves]) == ((), 0, ["d1"])


def test_later_doses_of_the_same_person_go_along_also_beyond_the_days_that_are_planned():
    """Seven days between two doses; the chair is out on Monday, and the second dose stands a week later."""
    rules, house = rules_of(min_days=7, per_week=1), a_house(weeks=3, chairs=1)
    out = tuple(replace(one, out=(Span(at(MONDAY, "00:00"), at(MONDAY + DAY, "00:00")),)) for one in house.places)
    second = replace(a_dose_alone("09:00", MONDAY + DAY * 7), key="d2", number=2)
    days = Span(at(MONDAY, "00:00"), at(MONDAY + DAY * 5, "00:00"))
    setting = Setting(replace(house, places=out), (a_dose_alone("09:00", MONDAY), second), {"p": rules}, days)
    found = replan(setting, ["d1"])
    after = {move.after.key: day_of(move.after.span.starts, ZONE) for move in found.moves}
    assert (found.without_place, found.disturbed, faults_after(setting, found)) == ((), 1, [])
    assert after == {"d1": MONDAY + DAY, "d2": MONDAY + DAY * 8}


def test_the_most_keep_a_place_before_the_fewest_are_told():
    one = a_dose_alone("09:00", MONDAY)
    later = replace(one, span=Span(one.span.starts + DAY, one.span.ends + DAY))
    few = Replan((), (one,), proven=True)
    many = Replan(tuple(Move(replace(one, patient=f"q{n}"), replace(later, patient=f"q{n}")) for n in range(9)), ())
    assert _best(few, many) is many
    assert _best(few, None, many) is many


def test_what_stands_is_one_span_where_it_meets_and_one_sum_where_it_is_shared():
    nine = at(MONDAY, "09:00")
    hours = [Span(nine + timedelta(hours=a), nine + timedelta(hours=b)) for a, b in ((0, 2), (1, 3), (4, 5))]
    assert [(one.starts, one.ends) for one in united(hours)] == [
        (hours[0].starts, hours[1].ends),
        (hours[2].starts, hours[2].ends),
    ]
    assert [taken for _, taken in summed([(hours[0], 420), (hours[1], 420), (hours[2], 280)])] == [420, 840, 420, 280]
