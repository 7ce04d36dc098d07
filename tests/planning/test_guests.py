"""Therapists of another practice: planned with those patients alone who are assigned to them, and not past their last
day; by the course, by the day that is planned anew, and by the checker."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ketacare.clinic.scheduling.planner import Setting, displaced_in, faults_after, propose, replan
from ketacare.medicine.scheduling.rules import breaks
from ketacare.medicine.scheduling.terms import Booked, Kind, Rule, Span
from tests.planning.invented import MONDAY, a_course, a_house, at, horizon, rules_of

TUESDAY, THURSDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)


def a_house_with(only, *, away=()):
    """Therapist 0 is of the house, the first two days away; therapist 1 is of another practice."""
    house = a_house(weeks=2, therapists=2)
    people = tuple(
        replace(one, only=only) if one.id == "therapist1"
        else replace(one, here=one.here[len(away):]) if one.id == "therapist0" else one
        for one in house.people
    )  # fmt: skip
    return replace(house, people=people)


def work(person, clock="09:00", day=TUESDAY):
    span = Span(at(day, clock), at(day, clock) + timedelta(hours=1))
    return Booked("i1", "p", Kind.INTEGRATION, span, person=person)


def rules(visit, house):
    return [fault.rule for fault in breaks([visit], house)]


def test_the_checker_knows_whose_therapist_of_another_practice_works_with_whom_and_until_when():
    midnight = at(TUESDAY + timedelta(days=1), "00:00")
    assert rules(work("therapist1"), a_house_with(None)) == []
    assert rules(work("therapist1"), a_house_with({"p": None})) == []
    assert rules(work("therapist1"), a_house_with({"p": midnight})) == []
    assert rules(work("therapist1"), a_house_with({"another": None})) == [Rule.SKILL]
    assert rules(work("therapist1", day=THURSDAY), a_house_with({"p": midnight})) == [Rule.AWAY]
    sitting = replace(work("nurse0"), kind=Kind.LABORATORY, sitter="therapist1")
    assert rules(sitting, a_house_with({})) == [Rule.SKILL]


@pytest.mark.parametrize("only", [{}, {"another": None}, {"p": at(MONDAY, "06:00")}])
def test_a_day_planned_anew_gives_nobody_to_a_therapist_who_is_not_theirs(only):
    """Their own is away on Monday and Tuesday; the other practice's is here, and free at that very hour."""
    house = a_house_with(only, away=(MONDAY, TUESDAY))
    setting = Setting(house, (work("therapist0"),), {}, horizon(weeks=2))
    [move] = replan(setting, displaced_in(setting, after=at(MONDAY, "00:00"))).moves
    assert (move.after.person, move.after.span.starts.date()) == ("therapist0", TUESDAY + timedelta(days=1))
    open_to_all = replace(setting, house=a_house_with(None, away=(MONDAY, TUESDAY)))  # the failing twin
    [move] = replan(open_to_all, displaced_in(open_to_all, after=at(MONDAY, "00:00"))).moves
    assert move.after.person == "therapist1"


def test_a_visit_beyond_the_last_day_of_their_therapist_has_lost_its_place_and_gets_another_one():
    house = a_house_with({"p": at(TUESDAY, "00:00")})
    setting = Setting(house, (work("therapist1"),), {}, horizon(weeks=2))
    lost = displaced_in(setting, after=at(MONDAY, "00:00"))
    found = replan(setting, lost)
    assert (lost, found.disturbed, faults_after(setting, found)) == (["i1"], 0, [])
    assert [move.after.person for move in found.moves] == ["therapist0"]


def test_a_course_is_proposed_with_nobody_who_is_not_theirs():
    house = a_house_with({"p": at(MONDAY + timedelta(days=7), "00:00")}).for_patient("p")
    made = propose(a_course(3), rules_of(), house, [], patient="p", horizon=horizon(weeks=2))
    assert isinstance(made, list)
    for one in made:
        assert breaks(one.visits, a_house_with({"p": at(MONDAY + timedelta(days=7), "00:00")})) == []
    stranger = a_house_with({}).for_patient("p")
    assert [one.skills for one in stranger.people if one.id == "therapist1"] == [frozenset()]
