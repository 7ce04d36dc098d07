"""A value that leaps further than a body can (T7): shown as bad quality, used for nothing, until the next one agrees.

Then both are believed, each at its own time, so that a real fall of that size loses no second of its delay.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from ketacare.medicine.monitoring.terms import Channel, Jump, Quality, Reading, State


def believed(state: State, reading: Reading) -> tuple[State, tuple[Reading, ...]]:
    """What is to be heard of this reading: itself, or marked as a leap, or with the leap before it that it confirms."""
    jump = state.limits.jumps.get(reading.channel)
    if jump is None or not reading.usable or reading.source == "hand":
        return state, (reading,)
    before, last = state.jumped.get(reading.channel), state.latest.get(reading.channel)
    if last is None or not leaps(last, reading, jump):
        return _with(state, reading.channel, None), (reading,)
    if before is not None and _agrees(before, reading, jump):
        return _with(state, reading.channel, None), (before, reading)
    words = f"from {_short(last)} to {_short(reading)} in {_apart(last, reading):.0f} s"
    return _with(state, reading.channel, reading), (replace(reading, quality=Quality.IMPLAUSIBLE, reason=words),)


def _with(state: State, channel: Channel, leap: Reading | None) -> State:
    others: Mapping[Channel, Reading] = {c: one for c, one in state.jumped.items() if c is not channel}
    if leap is None:
        return replace(state, jumped=others) if len(others) < len(state.jumped) else state
    return replace(state, jumped={**others, channel: leap})


def leaps(last: Reading, reading: Reading, jump: Jump) -> bool:
    return _distance(last, reading) > jump.points and 0 < _apart(last, reading) <= jump.within_s


def _agrees(before: Reading, reading: Reading, jump: Jump) -> bool:
    return _distance(before, reading) <= jump.points and 0 < _apart(before, reading) <= jump.within_s


def _distance(one: Reading, other: Reading) -> Decimal:
    assert one.value is not None
    assert other.value is not None
    return abs(other.value - one.value)


def _apart(earlier: Reading, later: Reading) -> float:
    return (later.taken_at - earlier.taken_at).total_seconds()


def _short(reading: Reading) -> str:
    assert reading.value is not None
    return f"{reading.value.normalize():f}"
