"""Emergency mode (A20): one press starts the clock of the event, and only high alarms sound until it is over.

It is no acknowledgement: nothing counts as seen, all stays on the screen, and whatever is still there sounds the moment
the event is closed, or ten minutes after the last act of anybody.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ketacare.medicine.monitoring.terms import (
    Arrived,
    Condition,
    EmergencyInForce,
    Given,
    MonitorAlarms,
    NewAddress,
    Pair,
    Priority,
    Schedule,
    SharedName,
    State,
    Tick,
    Unpair,
)

_BY_NOBODY = (Tick, Schedule, Pair, Unpair, MonitorAlarms, SharedName, NewAddress)


def begin(state: State, by: str, at: datetime) -> State:
    if state.emergency is not None:
        return state
    return replace(state, emergency=EmergencyInForce(at, by, at))


def end(state: State) -> State:
    return replace(state, emergency=None)


def acted(state: State, given: Given, at: datetime) -> State:
    """Any act of a person keeps the event open."""
    if state.emergency is None or not is_act(given):
        return state
    return replace(state, emergency=replace(state.emergency, acted_at=at))


def is_act(given: Given) -> bool:
    if isinstance(given, Arrived):
        return any(reading.source == "hand" for reading in given.readings)
    return not isinstance(given, _BY_NOBODY)


def holds_back(state: State, condition: Condition) -> bool:
    """Never a high one, of whatever kind."""
    return state.emergency is not None and condition.priority is not Priority.HIGH


def elapse(state: State, at: datetime) -> State:
    over = state.emergency is not None and at >= _ends(state, state.emergency)
    return end(state) if over else state


def deadlines(state: State) -> list[datetime]:
    return [] if state.emergency is None else [_ends(state, state.emergency)]


def _ends(state: State, in_force: EmergencyInForce) -> datetime:
    return in_force.acted_at + timedelta(seconds=state.limits.times.emergency_s)
