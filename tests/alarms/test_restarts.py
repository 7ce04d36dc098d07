"""G14 in every state an alarm can be in, with restarts that lose one field and must be caught."""

import pytest

from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import Presence, SignalState
from tests.alarms.restarts import (
    AFTER,
    SITUATIONS,
    forgotten_by,
    forgotten_step_by_step,
    parts_that_may_be_lost,
    until_then,
    without,
)
from tests.alarms.sessions import courses_from


@pytest.mark.parametrize("name", SITUATIONS)
def test_a12_h6_a_restart_in_this_state_forgets_nothing(name):
    assert forgotten_by(SITUATIONS[name]) == ""


def test_a12_the_situations_are_what_they_are_called_and_cover_every_state_there_is():
    states = [until_then(course).state for course in SITUATIONS.values()]
    conditions = [condition for state in states for condition in state.conditions.values()]
    assert {c.presence for c in conditions} == set(Presence)
    assert {rules.signal_of(c) for c in conditions} == set(SignalState)
    assert {c.rule for c in conditions} >= {"T2", "T3", "T8", "A8", "A16", "A17", "due", "late", "missed"}
    assert any(c.was for c in conditions)


def test_a12_restarted_after_every_single_step_a_session_says_the_same():
    for _, course in courses_from(100, 2):
        assert forgotten_step_by_step(course[:25]) == ""


@pytest.mark.parametrize("name", sorted(set(parts_that_may_be_lost())))
def test_control_h6_a_restart_that_loses_one_field_is_caught_in_some_state(name):
    caught = (forgotten_by(course, without(name), after=AFTER[:1], then_s=0) for course in SITUATIONS.values())
    assert any(caught), f"nothing of {name} is in any state that is tried"
