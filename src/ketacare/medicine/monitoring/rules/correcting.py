"""A value that was struck out is none (I2): what is told is judged again from what remains.

What a monitor gives on and on is not taken back: its next value is there, and ends or bears out what that one told. Of
what is measured now and then, and of what a person typed, no next value need come: a wrong pressure would sound until
the next cuff.

What remains bears a level out as long as values since its beginning lie beyond the lines that raise it, in whatever
order and of whomever: nothing that another value told is hidden with the struck one. A level that nothing bears out
ends, and leaves no latch: it was never true. A lesser one that they bear out goes on as that, until it is clear (A4).
What had ended before stays to be seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from ketacare.medicine.monitoring.rules import coming, latches, limits, order, pressure, rows, staleness
from ketacare.medicine.monitoring.terms import (
    Channel,
    Condition,
    Given,
    Judged,
    Kind,
    LimitLine,
    Presence,
    Priority,
    Reading,
    Retract,
    Run,
    Side,
    Signal,
    SignalState,
    State,
    Timing,
)

STRUCK = "I2"  # the rule by which a level ended whose value was struck out


def retracted(state: State, given: Retract, at: datetime) -> tuple[State, bool]:
    """And whether what it was corrected to is judged with that: not in place of one which was never judged, or so long
    ago that it is known no more; and not what of it came too late."""
    struck = given.reading
    channel, values = struck.channel, state.recent.get(struck.channel, ())
    found = [one for one in values if _is(one, struck)]
    if not found:
        return state, False
    gone = found[-1]
    new = _instead(state, given)
    is_late = new is not None and given.instead is not None and _raises_too_late(state, given.instead, gone, at)
    if is_late and new is not None:  # what stood goes on (A4, A5), and nothing more begins (A13)
        as_told = tuple(line for line in new.beyond if line in gone.beyond)
        new = replace(new, beyond=as_told, late=True) if as_told else None
    new = new and replace(new, came=gone.came)
    placed = (new if one is gone else one for one in values)
    left = tuple(sorted((one for one in placed if one is not None), key=lambda one: one.taken_at))
    state = replace(
        state,
        recent={**state.recent, channel: left},
        latest=_latest(state, channel, gone, new, left),
        seen=tuple(one for one in state.seen if not _tells_of(one.device, one.channel, one.taken_at, struck)),
    )
    for side in Side:
        key = limits.key_of(channel, side)
        before = state.conditions.get(key, Condition(key, Kind.PHYSIOLOGICAL, channel, side))
        state = limits.put(state, _judged_again(state, before, values[0].taken_at, gone, new, at))
    return state, new is not None and not is_late


def _raises_too_late(state: State, instead: Reading, gone: Judged, at: datetime) -> bool:
    """Corrected in time it is as if it had been so from the first; after that it raises nothing that was not (A13)."""
    was = gone if gone.late else limits.judged(state, replace(instead, value=gone.value))
    return bool({*limits.judged(state, instead).beyond} - {*was.beyond}) and coming.is_late(state, instead, at)


def _is(one: Judged, struck: Reading) -> bool:
    by_hand = struck.source == staleness.HAND
    if not by_hand and not struck.channel.intermittent:
        return False
    same_sender = bool(one.typed) if by_hand else not one.typed and one.sender in (struck.device, rows.LET_GO)
    return same_sender and (one.taken_at, one.value) == (struck.taken_at, struck.value)


def _tells_of(device: str, channel: Channel, taken_at: datetime, struck: Reading) -> bool:
    """Entered anew, it is no twin of what was struck out (T8)."""
    return (device, channel, taken_at) == (struck.device, struck.channel, struck.taken_at)


def _instead(state: State, given: Retract) -> Judged | None:
    """What it was corrected to, as a value judged by what holds now."""
    if given.instead is None:
        return None
    (one,) = pressure.sane((given.instead,), state.limits)
    if not one.usable:
        return None
    found = limits.judged(state, one)
    return replace(found, beyond=(), near=(), counts=False) if one.channel in state.unwatched else found


def _latest(
    state: State, channel: Channel, gone: Judged, new: Judged | None, left: Sequence[Judged]
) -> dict[Channel, Reading]:
    latest = dict(state.latest)
    known = latest.get(channel)
    was_it = known is not None and (known.taken_at, known.value) == (gone.taken_at, gone.value)
    if not was_it and not (left and left[-1] is new):
        return latest
    latest.pop(channel, None)
    if left:
        newest = left[-1]
        source = staleness.HAND if newest.typed else "device"
        latest[channel] = Reading(
            channel, newest.value, newest.taken_at, newest.taken_at, source=source, device=newest.sender
        )
    return latest


def _judged_again(
    state: State, before: Condition, known_from: datetime, gone: Judged, new: Judged | None, at: datetime
) -> Condition:
    assert before.channel is not None
    assert before.side is not None
    values = state.recent[before.channel]
    after = _with_rows_anew(state, before, known_from, values)
    if not after.present:
        if not after.runs:
            return limits.unbegun(after) if before.runs or before.presence is not Presence.ABSENT else before
        crossing = limits.first_crossing(after)
        is_whole = not before.runs or (bool(values) and crossing >= values[0].taken_at)
        return _how_far(before, after, gone, new, values, crossing, anew=is_whole)
    since = after.since
    assert since is not None
    if since < known_from and not values:  # how it began is known no more, and was not struck out
        return before
    if since >= known_from:
        borne = _borne_out(state, before, values)
        if borne is None:
            return _ended(state, after, values, at)
        since = borne.since
        if before.priority is None or borne.priority < before.priority:
            lesser = _lesser(state, after, borne, values, at)
            return replace(lesser, extreme=latches.worst(values, lesser.side, since))
    after = _where_it_is(state, replace(after, since=since), values, gone)
    return _how_far(before, after, gone, new, values, since, anew=False)


def _with_rows_anew(state: State, before: Condition, known_from: datetime, values: Sequence[Judged]) -> Condition:
    assert before.channel is not None
    assert before.side is not None
    limit_of = {}
    for line in state.limits.of(before.channel, before.side):
        known, place = before.runs.get(line.id), limits.threshold(line, state.baseline)
        limit_of[line.id] = known.limit if known is not None else place if place is not None else Decimal(0)
    is_seldom = before.channel.intermittent
    was = before.rows if is_seldom else {rows.ANYBODY: before.runs}
    older = {sender: {line: run for line, run in row.items() if run.since < known_from} for sender, row in was.items()}
    one_row = values if is_seldom else [replace(one, sender=rows.ANYBODY) for one in values]
    found = rows.anew(older, limit_of, one_row)
    runs = rows.together(found)
    value = values[-1].value if runs and values else before.value
    return replace(before, runs=runs, rows=found if is_seldom else {}, value=value)


@dataclass(frozen=True, slots=True)
class _Borne:
    """Since when anything beyond a line bears a condition out, to what it comes at most, and by which line."""

    since: datetime
    priority: Priority
    line: LimitLine


def _borne_out(state: State, condition: Condition, values: Sequence[Judged]) -> _Borne | None:
    assert condition.channel is not None
    assert condition.side is not None
    assert condition.since is not None
    best: _Borne | None = None
    for line in state.limits.of(condition.channel, condition.side):
        times = [o.taken_at for o in values if o.counts and line.id in o.beyond and o.taken_at >= condition.since]
        if not times:
            continue
        run = Run(min(times), max(times), len(set(times)), Decimal(0))
        level = line.priority
        if line.timing is not Timing.CONTINUOUS:
            level = pressure.reached(line, run, state.limits.times) or level
        level = Priority.HIGH if condition.rule == limits.SYMPTOM else level
        since = run.since if best is None else min(best.since, run.since)
        is_graver = best is None or level > best.priority
        best = _Borne(since, level, line) if best is None or is_graver else replace(best, since=since)
    return best


def _lesser(state: State, condition: Condition, borne: _Borne, values: Sequence[Judged], at: datetime) -> Condition:
    """What remains bears out a lesser level: that one is present, seen by whoever had seen the graver, and over when it
    is clear (A4). With a symptom it is high as it is (A16)."""
    known, place = condition.runs.get(borne.line.id), limits.threshold(borne.line, state.baseline)
    by_symptom = limits.with_symptom(state, condition)
    condition = replace(
        condition,
        presence=Presence.PRESENT,
        priority=Priority.HIGH if by_symptom else borne.priority,
        rule=limits.SYMPTOM if by_symptom else borne.line.id,
        limit=known.limit if known is not None else place,
        since=borne.since,
        raised_at=at,
        clear_since=None,
    )
    return _where_it_is(state, condition, values, None)


def _where_it_is(state: State, condition: Condition, values: Sequence[Judged], gone: Judged | None) -> Condition:
    """Present, or clearing since the first of what remains inside."""
    assert condition.channel is not None
    assert condition.side is not None
    if condition.channel.intermittent:
        return limits.with_fewer_runs(state, condition, values[-1].taken_at)
    lines = limits.in_force(state, condition.channel, condition.side)
    stay = order.stay(tuple(values), {line.id for line, _ in limits.of_its_level(condition, lines)})
    if not stay:
        return replace(condition, presence=Presence.PRESENT, clear_since=None)
    since = stay[0].taken_at
    is_long = len(stay) == len(values) and gone is not None and condition.clear_since != gone.taken_at
    if is_long and condition.clear_since is not None:
        since = min(since, condition.clear_since)
    return replace(condition, presence=Presence.CLEARING, clear_since=since)


def _ended(state: State, condition: Condition, values: Sequence[Judged], at: datetime) -> Condition:
    """Nothing of it is left, not even to be seen; what is beyond a lesser line goes on, seen by whoever had seen it."""
    over = replace(
        condition,
        presence=Presence.ABSENT,
        priority=None,
        since=None,
        raised_at=None,
        clear_since=None,
        acknowledged_at=None,
        acknowledged_by="",
        quiet_since=None,
        extreme=None,
    )
    if not condition.runs:
        return limits.unbegun(over)
    lesser = replace(over, extreme=latches.worst(values, condition.side, limits.first_crossing(condition)))
    if not limits.is_reached(state, lesser, at):
        return lesser
    return replace(
        lesser,
        acknowledged_at=condition.acknowledged_at,
        acknowledged_by=condition.acknowledged_by,
        quiet_since=condition.quiet_since,
    )


def _how_far(
    before: Condition,
    after: Condition,
    gone: Judged,
    new: Judged | None,
    values: Sequence[Judged],
    since: datetime,
    *,
    anew: bool,
) -> Condition:
    """How far it went: counted again where the struck value was it, or where it only begins."""
    assert after.side is not None
    if anew or before.extreme is None or before.extreme == gone.value:
        return replace(after, extreme=latches.worst(values, after.side, since))
    extreme = before.extreme
    if new is not None and new.counts and new.taken_at >= since:
        extreme = latches.worse(extreme, new.value, after.side)
    return replace(after, extreme=extreme)


def told(signals: Sequence[Signal], given: Given, after: State) -> Iterator[Signal]:
    """What ended with a struck value ended by that, and by whom (A18)."""
    for one in signals:
        is_its = isinstance(given, Retract) and one.kind is Kind.PHYSIOLOGICAL and one.channel is given.reading.channel
        if not isinstance(given, Retract) or not is_its or one.presence is not Presence.ABSENT:
            yield one
            continue
        condition = after.conditions.get(one.condition)
        is_latched = condition is not None and condition.latched
        state = SignalState.LATCHED if is_latched else SignalState.OFF
        yield replace(one, state=state, rule=STRUCK, by=given.by)
