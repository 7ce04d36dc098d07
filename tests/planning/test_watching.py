"""One nurse, so many chairs: by what is given, how much of it, and whether it acts; the same for the search, the
checker and the chair."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import combinations_with_replacement

import pytest

from ketacare.clinic.scheduling.planner import Setting, displaced_in, faults_after, replan
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.rules import WHOLE, Board, breaks, part, watch_of
from ketacare.medicine.scheduling.terms import Booked, Kind, PlaceKind, Rule, Span, Watch
from tests.planning.invented import MONDAY, a_house, at, horizon

MIN = timedelta(minutes=1)
WATCHED = lengths().site.watched
HOUSE = a_house(weeks=1, chairs=6, nurses=1)


def a_dose(n, after, watch):
    """Arrives so many minutes after nine; acts from 25 minutes later, for an hour; gone two hours after it came."""
    starts = at(MONDAY, "09:00") + after * MIN
    hands = Span(starts + 25 * MIN, starts + 40 * MIN)
    places = {PlaceKind.CHAIR: f"chair{n}"}
    return Booked(f"d{n}", f"p{n}", Kind.DOSE, Span(starts, starts + 120 * MIN), places, "nurse0", hands, watch=watch)


def are_too_many(*doses):
    return Rule.RATIO in {fault.rule for fault in breaks(doses, HOUSE)}


@pytest.mark.parametrize(
    ("drug", "route", "mg_per_kg", "watch"),
    [
        ("esketamine", "IN", None, Watch.NASAL),
        ("ketamine (racemic)", "IN", None, Watch.USUAL),
        ("ketamine (racemic)", "IV", "0.5", Watch.USUAL),
        ("ketamine (racemic)", "IV", "0.51", Watch.LARGE),
        ("ketamine (racemic)", "IM", "1", Watch.LARGE),
        ("ketamine (racemic)", "PO", "2", Watch.USUAL),
        ("", "", None, Watch.USUAL),
    ],
)
def test_how_a_dose_is_watched_goes_by_drug_route_and_weight(drug, route, mg_per_kg, watch):
    assert watch_of(drug, route, mg_per_kg and Decimal(mg_per_kg)) is watch


def test_the_sheet_has_two_while_it_acts_three_in_recovery_four_nasal_and_a_large_dose_alone():
    """treatment.md 10.2"""
    usual = [(watch, acting, WATCHED.most(watch, acting=acting)) for watch in Watch for acting in (True, False)]
    assert usual == [
        (Watch.LARGE, True, 1), (Watch.LARGE, False, 3), (Watch.USUAL, True, 2), (Watch.USUAL, False, 3),
        (Watch.NASAL, True, 4), (Watch.NASAL, False, 4),
    ]  # fmt: skip
    assert all(WHOLE % part(WATCHED, watch, acting=acting) == 0 for watch, acting, _ in usual)


@pytest.mark.parametrize(
    ("doses", "too_many"),
    [
        ([(0, Watch.USUAL), (20, Watch.USUAL)], False),
        ([(0, Watch.USUAL), (20, Watch.USUAL), (40, Watch.USUAL)], True),  # the third comes while two act
        ([(0, Watch.USUAL), (60, Watch.USUAL)], False),
        ([(0, Watch.NASAL), (15, Watch.NASAL), (30, Watch.NASAL), (45, Watch.NASAL)], False),
        ([(0, Watch.NASAL), (15, Watch.NASAL), (30, Watch.NASAL), (45, Watch.NASAL), (60, Watch.NASAL)], True),
        ([(0, Watch.NASAL), (15, Watch.NASAL), (30, Watch.USUAL)], False),  # a half and two quarters
        ([(0, Watch.NASAL), (15, Watch.NASAL), (30, Watch.NASAL), (45, Watch.USUAL)], True),
        ([(0, Watch.LARGE), (40, Watch.USUAL)], True),
        ([(0, Watch.LARGE), (85, Watch.USUAL)], False),  # it comes when the large one is in recovery
    ],
)
def test_what_one_nurse_watches_at_once(doses, too_many):
    assert are_too_many(*(a_dose(n, after, watch) for n, (after, watch) in enumerate(doses))) == too_many


def test_the_search_and_the_checker_agree_on_every_four_chairs():
    """Each of three, then one more: the board finds a place for it just where the checker has nothing to say."""
    seen = set()
    for watches in combinations_with_replacement(Watch, 3):
        for gaps in ((15, 15), (15, 60), (60, 15), (45, 45)):
            held = [a_dose(n, sum(gaps[:n]), watch) for n, watch in enumerate(watches)]
            if are_too_many(*held):
                continue
            board = Board(HOUSE, horizon(weeks=1).starts, horizon(weeks=1).ends, held)
            for watch in Watch:
                for after in range(0, 150, 15):
                    one = a_dose(4, after, watch)
                    found = board.find(Kind.DOSE, one.span, before=25 * MIN, watch=watch)
                    faults = {fault.rule for fault in breaks([*held, one], HOUSE)}
                    assert (found is None) == bool(faults & {Rule.RATIO, Rule.HANDS_ON}), (watches, gaps, watch, after)
                    seen.add((found is None, Rule.RATIO in faults))
    assert {(True, True), (False, False)} <= seen


@pytest.mark.parametrize("watch", list(Watch))
def test_a_day_planned_anew_gives_no_nurse_more_than_their_part(watch):
    """One of two nurses is ill; the other takes over what can be watched, and the rest finds another hour."""
    house = a_house(weeks=1, chairs=4, nurses=2)
    apart = 120 if watch is Watch.LARGE else 45
    calendar = [
        Booked(one.key, one.patient, one.kind, one.span, one.places, f"nurse{n % 2}", one.hands_on, watch=watch)
        for n, one in ((n, a_dose(n, apart * (n // 2), watch)) for n in range(4))
    ]
    assert breaks(calendar, house) == []
    away = tuple(replace(one, here=one.here[1:]) if one.id == "nurse0" else one for one in house.people)
    setting = Setting(replace(house, people=away), tuple(calendar), {}, horizon(weeks=1))
    found = replan(setting, displaced_in(setting, after=at(MONDAY, "00:00")))
    assert faults_after(setting, found) == []
    assert found.without_place == ()
