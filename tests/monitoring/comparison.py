"""The engine and the reference model through one session, side by side, compared at every tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import Condition, Given, Presence, Signal, State, Tick
from tests.monitoring.reference_model import Reference
from tests.monitoring.reference_words import Stands, Told
from tests.monitoring.simulation import BEGUN, Session

Step = Callable[[State, Given], tuple[State, tuple[Signal, ...]]]


@dataclass(frozen=True)
class Difference:
    seed: int
    second: float
    what: str
    engine: Any
    reference: Any

    def __str__(self) -> str:
        return f"seed {self.seed} at {self.second:g} s, {self.what}: engine {self.engine}, reference {self.reference}"


@dataclass(frozen=True)
class Compared:
    ticks: int
    difference: Difference | None


def compared(session: Session, step: Step = rules.step) -> Compared:
    """Up to the first difference."""
    state, reference = rules.begin(session.limits, BEGUN), Reference(session.limits, BEGUN, 0.5)
    ticks = 0
    for number, given in enumerate(session.given):
        if number in session.restarts:
            limits = None if number == min(session.restarts) else state.limits  # most of it, and seldom another
            kept = rules.to_json(state, with_limits=limits is None)
            state = rules.from_json(kept, limits)
            if (again := rules.to_json(state, with_limits=limits is None)) != kept:  # A12
                return Compared(ticks, Difference(session.seed, _seconds(given.at), "restart", kept, again))
        state, _ = step(state, given)
        reference.give(given)
        if not isinstance(given, Tick):
            continue
        ticks += 1
        for what, one, other in differences(stands(state), reference.stands()):
            return Compared(ticks, Difference(session.seed, _seconds(given.at), what, one, other))
    return Compared(ticks, None)


def differences(one: Stands, other: Stands) -> Iterator[tuple[str, Any, Any]]:
    if one == other:
        return
    for key in sorted(set(one.conditions) | set(other.conditions)):
        mine, theirs = one.conditions.get(key), other.conditions.get(key)
        if mine == theirs:
            continue
        if mine is None or theirs is None:
            yield key, mine, theirs
            continue
        for part in fields(Told):
            if getattr(mine, part.name) != getattr(theirs, part.name):
                yield f"{key} {part.name}", getattr(mine, part.name), getattr(theirs, part.name)
    for name in ("paused_until", "loudest"):
        if getattr(one, name) != getattr(other, name):
            yield name, getattr(one, name), getattr(other, name)
    for channel in sorted(set(one.shown) | set(other.shown)):
        if one.shown.get(channel) != other.shown.get(channel):
            yield f"{channel} shown", one.shown.get(channel), other.shown.get(channel)


# -- the engine's state in the reference's words ---------------------------------------------------------------------


def stands(state: State) -> Stands:
    loudest = rules.loudest(state)
    told = {key: _told(state, condition) for key, condition in state.conditions.items()}
    return Stands(
        {key: one for key, one in told.items() if one.presence is not Presence.ABSENT or one.left is not None},
        None if state.pause is None else _seconds(state.pause.until),
        None if loudest is None else loudest.priority,
        {one.channel: (one.freshness, one.value) for one in rules.visible(state, state.at)},
    )


def _told(state: State, condition: Condition) -> Told:
    trace = condition.trace
    return Told(
        condition.presence,
        condition.priority if condition.present else None,
        rules.signal_of(condition),
        rules.sounding(state, condition),
        None if condition.since is None else _seconds(condition.since),
        condition.extreme,
        None if trace is None else (trace.priority, _seconds(trace.since), _seconds(trace.ended_at), trace.extreme),
    )


def _seconds(moment: Any) -> float:
    return (moment - BEGUN).total_seconds()


# -- the shortest that still differs ---------------------------------------------------------------------------------


def shortest(session: Session, step: Step = rules.step) -> Session:
    """Leaves out whatever can be left out while the two still differ."""
    found = compared(session, step).difference
    assert found is not None
    size = max(1, len(session.given) // 2)
    while size:
        start = 0
        while start < len(session.given):
            left = session.given[:start] + session.given[start + size :]
            smaller = replace(session, given=left, restarts=frozenset())
            still = compared(smaller, step).difference
            if still is not None and still.what == found.what:
                session = smaller
            else:
                start += size
        size //= 2
    return session
