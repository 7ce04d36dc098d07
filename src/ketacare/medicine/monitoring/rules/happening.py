"""Several values of one channel in one message, and values that come after newer ones: both are judged in the order in
which they happened (A1), whatever the order of their coming.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from ketacare.medicine.monitoring.rules import latches, limits, order, rows
from ketacare.medicine.monitoring.terms import Channel, Condition, Judged, Kind, Reading, Side, State


def caught_up(state: State, channel: Channel, last: datetime, moment: datetime, told_at: datetime) -> State:
    """What the channel had come to just before `moment`, after its value of `last`: a message that brings several
    values of one channel is judged as if they had come one by one (A1)."""
    for side in Side:
        condition = state.conditions.get(limits.key_of(channel, side))
        if condition is not None:
            between = sorted(due for due in limits.deadlines_of(state, condition) if last < due < moment)
            for due in (last, *between):
                condition = limits.elapsed(state, condition, due, told_at)
            state = limits.put(state, condition)
    return state


def fill_in(state: State, reading: Reading) -> State:
    """A value that newer ones have overtaken: what is known is gone through again in the order of happening (A1)."""
    channel, found = reading.channel, limits.judged(state, reading)
    state = limits.given_up(order.noted(state, channel, found), channel, found)
    for side in Side:
        key = limits.key_of(channel, side)
        before = state.conditions.get(key, Condition(key, Kind.PHYSIOLOGICAL, channel, side))
        goes_on = before.present or bool(before.runs)
        after = _gone_through(state, before, found) if goes_on or channel.intermittent else before
        if goes_on or after.runs:
            state = limits.put(state, after)
    return state


def _gone_through(state: State, condition: Condition, new: Judged) -> Condition:
    assert condition.channel is not None
    assert condition.side is not None
    values, value, at = state.recent[condition.channel], new.value, new.taken_at
    if condition.channel.intermittent:
        placed = limits.in_force(state, condition.channel, condition.side)
        crossed = {line.id: limit for line, limit in placed if line.id in new.beyond}
        by_sender = rows.gone_through(condition.rows, new, crossed, values)
        after = replace(condition, rows=by_sender, runs=rows.together(by_sender))
        after = limits.with_fewer_runs(state, after, values[-1].taken_at)
        is_one = after.present or bool(after.runs)
        return replace(after, extreme=_extreme(condition, after, value, at, values)) if is_one else after
    runs = {line: order.run(run, line, values) for line, run in condition.runs.items()}
    after = replace(condition, runs=runs)
    if condition.clear_since is not None:
        levels = {
            line.id
            for line, _ in limits.of_its_level(condition, limits.in_force(state, condition.channel, condition.side))
        }
        after = replace(after, clear_since=order.stay(values, levels)[0].taken_at)
    return replace(after, extreme=_extreme(condition, after, value, at, values))


def _extreme(
    before: Condition, after: Condition, value: Decimal, at: datetime, values: tuple[Judged, ...]
) -> Decimal | None:
    """Of a crossing that begins now, or later than was thought, counted anew."""
    assert after.side is not None
    began = after.since if after.present else limits.first_crossing(after)
    assert began is not None
    if not after.present and (not before.runs or began > limits.first_crossing(before)):
        worst = max if after.side is Side.HIGH else min
        return worst(one.value for one in values if one.counts and one.taken_at >= began)
    return latches.worse(after.extreme, value, after.side) if at >= began else after.extreme
