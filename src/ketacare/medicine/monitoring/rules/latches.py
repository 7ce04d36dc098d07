"""What an ended condition leaves to be seen, how far it went, and what an acknowledgement lets go and gives back (A6,
V5).
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.terms import Answered, Condition, Judged, Presence, Priority, Side, State, Trace


def ended(condition: Condition, at: datetime) -> Condition:
    """The condition after its end: high stays latched unless it was acknowledged, medium leaves a line (A6)."""
    trace, was = _traces(condition, at)
    return replace(
        condition,
        presence=Presence.ABSENT,
        priority=None,
        since=None,
        raised_at=None,
        clear_since=None,
        runs={},
        rows={},
        extreme=None,
        acknowledged_at=None,
        acknowledged_by="",
        quiet_since=None,
        trace=trace,
        was=was,
        answered=_kept_from_latching(condition, at),
    )


def _kept_from_latching(condition: Condition, at: datetime) -> Answered | None:
    """High that ends while acknowledged leaves no latch, unless the acknowledgement is taken back (V5)."""
    answered = condition.answered
    if answered is None or condition.since is None or condition.priority is not Priority.HIGH:
        return answered
    if condition.acknowledged_at != answered.at:
        return answered
    new = Trace(condition.priority, condition.since, at, condition.extreme)
    return replace(answered, trace=_joined(condition.side, answered.trace, new))


def _joined(side: Side | None, old: Trace | None, new: Trace) -> Trace:
    """From the first start to the last end."""
    return new if old is None else replace(new, since=old.since, extreme=_worst(side, old.extreme, new.extreme))


def _traces(condition: Condition, at: datetime) -> tuple[Trace | None, Trace | None]:
    """What is left to see. A latched high is only let go by a person: a medium that ends beside it stands behind it."""
    new, old = _trace(condition, at), condition.trace
    if new is None:
        return old, condition.was
    if old is None or old.priority is not Priority.HIGH:
        return new, old if new.priority is Priority.HIGH else None
    if new.priority is not Priority.HIGH:
        return old, new
    return _joined(condition.side, old, new), condition.was


def _worst(side: Side | None, one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None or side is None:
        return one if other is None else other
    return worse(one, other, side)


def let_go(condition: Condition) -> Condition:
    """Somebody has seen what was latched."""
    return replace(condition, trace=condition.was, was=None)


def latched_again(condition: Condition, latch: Trace) -> Condition:
    """Nobody had seen it after all: a medium that ended meanwhile stands behind it."""
    now = condition.trace
    if now is not None and now.priority is Priority.HIGH:
        return replace(condition, trace=_joined(condition.side, latch, now))
    return replace(condition, trace=latch, was=now)


def _final(state: State, condition: Condition, at: datetime) -> Condition:
    if condition.answered is None or at < _undo_until(state, condition.answered):
        return condition
    return replace(condition, answered=None)


def _undo_until(state: State, answered: Answered) -> datetime:
    return answered.at + timedelta(seconds=state.limits.times.undo_s)


def _trace(condition: Condition, at: datetime) -> Trace | None:
    if condition.priority is None or condition.since is None or condition.priority is Priority.LOW:
        return None
    if condition.priority is Priority.HIGH and condition.acknowledged_at is not None:
        return None
    return Trace(condition.priority, condition.since, at, condition.extreme)


def faded(state: State, condition: Condition, at: datetime) -> Condition:
    """What is left of it at `at`: a "was" line goes after its time, an acknowledgement is then no longer taken back."""
    condition = _final(state, condition, at)
    if condition.trace is None:
        return condition
    trace, was = (None if _is_over(state, line, at) else line for line in (condition.trace, condition.was))
    if (trace, was) == (condition.trace, condition.was):
        return condition
    return replace(condition, trace=trace, was=was)


def _is_over(state: State, line: Trace | None, at: datetime) -> bool:
    return line is not None and line.priority is not Priority.HIGH and at >= _stands_until(state, line)


def _stands_until(state: State, line: Trace) -> datetime:
    return line.ended_at + timedelta(seconds=state.limits.times.was_line_s)


def worse(extreme: Decimal | None, value: Decimal, side: Side) -> Decimal:
    if extreme is None:
        return value
    return max(extreme, value) if side is Side.HIGH else min(extreme, value)


def worst(values: Iterable[Judged], side: Side | None, since: datetime | None = None) -> Decimal | None:
    """Of those that count."""
    found = [one.value for one in values if one.counts and (since is None or one.taken_at >= since)]
    if not found:
        return None
    return min(found) if side is Side.LOW else max(found)


def gone_to(before: Condition, after: Condition, value: Decimal, values: Iterable[Judged]) -> Decimal | None:
    """How far it went with this value; counted anew where what had begun is over and something else of it goes on."""
    assert after.side is not None
    if not after.present and before.runs:
        began = min(run.since for run in after.runs.values())
        if began > min(run.since for run in before.runs.values()):
            return worst(values, after.side, began)
    return worse(after.extreme, value, after.side)


def deadlines_of(state: State, condition: Condition) -> list[datetime]:
    """When time alone will change what is left of it."""
    lines = (line for line in (condition.trace, condition.was) if line is not None)
    moments = [_stands_until(state, line) for line in lines if line.priority is not Priority.HIGH]
    return moments if condition.answered is None else [*moments, _undo_until(state, condition.answered)]
