"""A dose at another time takes with it what belongs to it, and nobody else; what still holds stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ketacare.clinic.scheduling.planner import Need, Setting, propose, together, worse_after
from ketacare.medicine.scheduling.rules import patient_breaks
from ketacare.medicine.scheduling.terms import NEVER_LIFTED, Kind, Rule, Span
from tests.planning.invented import a_course, a_house, horizon, rules_of

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def booked():
    """Six doses, the work after each, preparation, and a review after the last dose."""
    review = Need("r6", Kind.REVIEW, timedelta(minutes=30), 6, "d6", 12 * 60, 7 * 24 * 60, words="Review")
    needs = [*a_course(prepared=True), review]
    made = propose(needs, rules_of(), a_house(rooms=2), [], patient="a", horizon=horizon(), most=1)
    return made[0].visits


def setting(visits, house=None):
    wide = Span(horizon().starts, horizon().ends)
    notice = timedelta(hours=24)
    return Setting(house or a_house(rooms=2), tuple(visits), {"a": rules_of()}, wide, notice=notice)


def moved(visits, key, by):
    one = next(one for one in visits if one.key == key)
    hands = Span(one.hands_on.starts + by, one.hands_on.ends + by)
    return replace(one, span=Span(one.span.starts + by, one.span.ends + by), hands_on=hands)


def after(setting, plan):
    to = {move.after.key: move.after for move in plan.moves}
    out = {one.key for one in plan.without}
    return {one.key: to.get(one.key, one) for one in setting.calendar if one.key not in out}


@pytest.mark.parametrize(("key", "days"), [("d6", 2), ("d6", 1), ("d4", 1), ("d3", 2), ("d1", -1), ("d1", 7)])
def test_a_dose_takes_with_it_what_belongs_to_it_and_the_later_doses_where_the_interval_asks(booked, key, days):
    here = setting(booked)
    to = moved(booked, key, days * DAY)
    if to.span.starts.weekday() > 4:
        to = moved(booked, key, (days + 2) * DAY)
    plan = together(here, to)
    assert not plan.words
    assert plan.without == []
    visits = after(here, plan)
    assert patient_breaks(list(visits.values()), rules_of(), here.house.zone) == []
    assert worse_after(here, [move.after for move in plan.moves]) == ([], [])
    for one in visits.values():
        if one.kind in (Kind.INTEGRATION, Kind.REVIEW):
            assert one.span.starts >= visits[one.follows].span.ends
    stays = [one for one in booked if visits[one.key] == one]
    assert all(visits[one.key].number >= to.number or one in stays for one in booked if one.kind is Kind.DOSE)


def test_one_dose_by_two_days_takes_its_own_work_and_nothing_else(booked):
    here = setting(booked)
    plan = together(here, moved(booked, "d6", 2 * DAY))
    assert {move.after.key for move in plan.moves} <= {"d6", "i6", "r6"}
    assert {"d6", "i6"} <= {move.after.key for move in plan.moves}


def test_what_finds_no_place_in_its_window_is_named_and_not_left_before_its_dose(booked):
    """The only therapist is away from the day of the move on."""
    to = moved(booked, "d6", 2 * DAY)
    house = a_house(rooms=2)
    gone = tuple(span for span in house.people[2].here if span.starts < to.span.starts)
    people = tuple(replace(one, here=gone) if one.id == "therapist0" else one for one in house.people)
    plan = together(setting(booked, replace(house, people=people)), to)
    assert [one.key for one in plan.without] == ["i6"]


def test_no_dose_is_moved_past_another_and_a_rhythm_that_cannot_be_kept_says_which(booked):
    here = setting(booked)
    first, second = (next(one for one in booked if one.key == key) for key in ("d1", "d2"))
    assert together(here, moved(booked, "d2", first.span.starts - second.span.starts - DAY)) is None
    narrow = replace(here, horizon=Span(horizon().starts, moved(booked, "d6", DAY / 2).span.starts))
    assert together(narrow, moved(booked, "d5", 3 * DAY)).words == "Dose 6"


@pytest.mark.parametrize("kind", [Kind.INTEGRATION, Kind.REVIEW])
@pytest.mark.parametrize("rules", [rules_of(), None])
def test_work_on_a_dose_never_stands_before_it_and_nobody_lifts_that(booked, kind, rules):
    dose = next(one for one in booked if one.key == "d6")
    early = replace(dose, key="x", kind=kind, follows="d6", span=Span(dose.span.starts - DAY, dose.span.ends - DAY))
    found = {fault.rule for fault in patient_breaks([dose, early], rules, a_house().zone)}
    assert Rule.AFTER in found
    assert Rule.AFTER in NEVER_LIFTED
