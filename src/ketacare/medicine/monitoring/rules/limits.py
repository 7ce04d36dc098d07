"""Limits: when a value crosses a line, when that becomes an alarm, and when it ends (A2-A5, A14).

One condition stands for one side of one channel. All its lines are judged together, so a worsening is the same
condition at a higher priority, and it ends once, when the value is back inside every line.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.rules import latches, order, pressure, rows, staleness
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Channel,
    Condition,
    Judged,
    Kind,
    LimitLine,
    Limits,
    Presence,
    Priority,
    Reading,
    Run,
    Side,
    State,
    Timing,
)

SIGN = "sign."
SYMPTOM = "A16"  # the rule of a pressure that is high because a symptom came with it

_PERCENT = Decimal(100)


def key_of(channel: Channel, side: Side) -> str:
    return f"{channel}.{side}"


def threshold(line: LimitLine, baseline: Mapping[Channel, Decimal]) -> Decimal | None:
    """Where the line lies for this patient; None while it needs a baseline nobody took."""
    if line.threshold is not None:
        return line.threshold
    if line.channel not in baseline:
        return None
    own = baseline[line.channel]
    change = line.change if line.change is not None else own * (line.change_percent or Decimal(0)) / _PERCENT
    return own + change if line.and_beyond is None else _stricter_out(line.side, own + change, line.and_beyond)


def _stricter_out(side: Side, one: Decimal, other: Decimal) -> Decimal:
    """Both must be crossed: the outer of the two."""
    return max(one, other) if side is Side.HIGH else min(one, other)


def beyond(value: Decimal, limit: Decimal, line: LimitLine) -> bool:
    """Strictly beyond: on the line is inside (A2), unless the sheet counts a change of at least so much."""
    if value == limit:
        return line.or_equal
    return value > limit if line.side is Side.HIGH else value < limit


def in_force(state: State, channel: Channel, side: Side) -> tuple[tuple[LimitLine, Decimal], ...]:
    """The lines of one side with where they lie now. Absolute and relative both hold: the stricter does (A14)."""
    placed = ((line, threshold(line, state.baseline)) for line in state.limits.of(channel, side))
    return tuple((line, limit) for line, limit in placed if limit is not None)


def is_beyond_a_single_line(state: State, reading: Reading) -> bool:
    """One such reading is a high alarm at once (A16)."""
    if not reading.usable or reading.value is None:
        return False
    placed = [one for side in Side for one in in_force(state, reading.channel, side)]
    return any(
        line.timing is Timing.SINGLE and line.priority is Priority.HIGH and beyond(reading.value, limit, line)
        for line, limit in placed
    )


def moved(limit_set: Limits, line_id: str, to: Decimal) -> Limits:
    """The set with one absolute line elsewhere; ValueError when a low one would no longer be under a high one (A14)."""
    if not any(line.id == line_id and line.threshold is not None for line in limit_set.lines):
        raise KeyError(f"{line_id}: no such line with a threshold in {limit_set.id}.")
    lines = (replace(line, threshold=to) if line.id == line_id else line for line in limit_set.lines)
    return replace(limit_set, lines=tuple(lines))


def strictest(state: State, channel: Channel, side: Side) -> dict[Priority, Decimal]:
    """The first line a value would meet at each priority: what a screen writes beside the number."""
    nearest = min if side is Side.HIGH else max
    lines: dict[Priority, Decimal] = {}
    for line, limit in in_force(state, channel, side):
        lines[line.priority] = nearest(limit, lines.get(line.priority, limit))
    return lines


def judge(state: State, reading: Reading, *, after_gap: bool = False) -> State:
    """The state after one usable value; after a gap nobody knows what it was before."""
    found = judged(state, reading)
    state = given_up(order.noted(state, reading.channel, found), reading.channel, found)
    for side in Side:
        if state.limits.of(reading.channel, side):
            state = _judge_side(state, reading.channel, side, found, after_gap)
    return state


def judged(state: State, reading: Reading) -> Judged:
    assert reading.value is not None
    channel, value = reading.channel, reading.value
    placed = [one for side in Side for one in in_force(state, channel, side)]
    band = _dead_band(state, channel)
    return Judged(
        reading.taken_at,
        value,
        tuple(line.id for line, limit in placed if beyond(value, limit, line)),
        tuple(line.id for line, limit in placed if not _well_inside(value, limit, line, band)),
        staleness.longest_gap_s(state, channel),
        rows.sender_of(state, reading),
        typed=True if reading.source == staleness.HAND else None,
    )


def given_up(state: State, channel: Channel, new: Judged) -> State:
    """Without the runs of cuffs that measure no more; what they measured before makes no row with what they yet may."""
    if not channel.intermittent:
        return state
    for side in Side:
        condition = state.conditions.get(key_of(channel, side))
        over = rows.given_up(condition.rows, new, state.limits.times) if condition is not None else set()
        if condition is not None and over:
            state = put(state, replace(condition, rows=rows.less(condition.rows, over)))
            state = order.not_beyond(state, channel, over)
    return state


def _judge_side(state: State, channel: Channel, side: Side, found: Judged, after_gap: bool) -> State:
    key, value, at = key_of(channel, side), found.value, found.taken_at
    before = state.conditions.get(key, Condition(key, Kind.PHYSIOLOGICAL, channel, side))
    lines = in_force(state, channel, side)
    crossed = {line.id: limit for line, limit in lines if beyond(value, limit, line)}
    by_sender = rows.after(before.rows, found, crossed, state.recent[channel]) if channel.intermittent else {}
    runs = {line: rows.longer(before.runs.get(line), at, limit) for line, limit in crossed.items()}
    runs = rows.together(by_sender) if channel.intermittent else runs
    if before.presence is Presence.ABSENT and not before.runs and not runs:
        return state
    after = replace(before, runs=runs, rows=by_sender, value=value)
    if after_gap:
        after = replace(after, clear_since=None)
    if after.present:
        is_inside = _is_inside(state, after, value, of_its_level(before, lines))
        after = _toward_clear(after, at) if is_inside else _not_clear(after)
    if (after.present or runs) and not (after.present and after.since is not None and at < after.since):
        after = replace(after, extreme=latches.gone_to(before, after, value, state.recent[channel]))
    return put(state, after if after.present or runs else unbegun(after))


def _dead_band(state: State, channel: Channel) -> Decimal:
    return state.limits.dead_bands.get(channel, Decimal(0))


def of_its_level(
    condition: Condition, lines: tuple[tuple[LimitLine, Decimal], ...]
) -> tuple[tuple[LimitLine, Decimal], ...]:
    """The lines that can raise what the condition has reached, or more: inside all of these that level is over (A4).

    What a symptom made of a lesser reading (A16) lasts until the reading is inside altogether.
    """
    if condition.rule == SYMPTOM or condition.priority is None:
        return lines
    return tuple((line, limit) for line, limit in lines if line.priority >= condition.priority)


def _is_inside(
    state: State, condition: Condition, value: Decimal, lines: tuple[tuple[LimitLine, Decimal], ...]
) -> bool:
    """Inside these lines by the dead-band; where it is measured now and then, no other sender beyond them either."""
    assert condition.channel is not None
    if not condition.channel.intermittent:
        band = _dead_band(state, condition.channel)
        return all(_well_inside(value, limit, line, band) for line, limit in lines)
    ids = {line.id for line, _ in lines}
    return not ids & set(condition.runs) and bool(order.stay(state.recent.get(condition.channel, ()), ids))


def _toward_clear(condition: Condition, at: datetime) -> Condition:
    """Inside starts the clear time; anything else starts it over (A4)."""
    return replace(condition, presence=Presence.CLEARING, clear_since=condition.clear_since or at)


def _not_clear(condition: Condition) -> Condition:
    return replace(condition, presence=Presence.PRESENT, clear_since=None)


def left_by(state: State, device: str, at: datetime) -> State:
    """A sender is let go: what it alone was beyond counts no more (H26)."""
    state = order.left_by(state, device)
    for condition in [one for one in state.conditions.values() if device in one.rows]:
        state = put(state, _left_by(state, condition, device, at))
    return state


def _left_by(state: State, condition: Condition, device: str, at: datetime) -> Condition:
    left = rows.without(condition.rows, device)
    return with_fewer_runs(state, replace(condition, rows=left, runs=rows.together(left)), at)


def with_fewer_runs(state: State, condition: Condition, at: datetime) -> Condition:
    """Of what is measured now and then: somebody's run is over, and perhaps with it the condition's level."""
    assert condition.channel is not None
    assert condition.side is not None
    if not condition.present:
        return condition if condition.runs else unbegun(condition)
    lines = of_its_level(condition, in_force(state, condition.channel, condition.side))
    is_inside = _is_inside(state, condition, condition.value or Decimal(0), lines)
    return _toward_clear(condition, at) if is_inside else condition


def _well_inside(value: Decimal, limit: Decimal, line: LimitLine, dead_band: Decimal) -> bool:
    return (limit - value if line.side is Side.HIGH else value - limit) >= dead_band


def unbegun(condition: Condition) -> Condition:
    """A reading inside undoes a crossing that had not yet lasted its delay (A3)."""
    return replace(condition, presence=Presence.ABSENT, since=None, value=None, limit=None, extreme=None, rule="")


def put(state: State, condition: Condition) -> State:
    return replace(state, conditions={**state.conditions, condition.key: condition})


# --- time -------------------------------------------------------------------------------------------------------------


def elapse(state: State, at: datetime) -> State:
    """Every limit condition as it stands at `at`: delays that have run out, clear times that are over."""
    conditions = {key: elapsed(state, condition, at, at) for key, condition in state.conditions.items()}
    return replace(state, conditions={key: c for key, c in conditions.items() if _worth_keeping(c)})


def _worth_keeping(condition: Condition) -> bool:
    return condition.presence is not Presence.ABSENT or condition.trace is not None or condition.answered is not None


def elapsed(state: State, condition: Condition, at: datetime, told_at: datetime) -> Condition:
    if condition.kind is Kind.PHYSIOLOGICAL and condition.channel is not None:
        if condition.presence is Presence.CLEARING and _cleared(state, condition, at):
            condition = _level_ended(state, condition, at, told_at)
        condition = _raised(state, condition, at, told_at)
    return latches.faded(state, _beside_pressure(state, condition, told_at), at)


def _beside_pressure(state: State, condition: Condition, told_at: datetime) -> Condition:
    """A sign of pressure, entered with any reading of the cuff, is high: also where the pressure is inside (A16)."""
    sign = condition.key.removeprefix(SIGN)
    if sign == condition.key or sign not in state.limits.signs_of_pressure or not condition.present:
        return condition
    if condition.priority is Priority.HIGH or condition.since is None or not _measured_with(state, condition.since):
        return condition
    return replace(
        condition, priority=Priority.HIGH, rule=SYMPTOM, raised_at=told_at, acknowledged_at=None, acknowledged_by=""
    )


def _measured_with(state: State, since: datetime) -> bool:
    """Measured since, or so shortly before that no repeat would be due yet."""
    newest = [state.latest[c].taken_at for c in CUFF if c in state.latest and not c.mean_pressure]
    return bool(newest) and max(newest) >= since - timedelta(seconds=state.limits.times.repeat_s)


def _level_ended(state: State, condition: Condition, at: datetime, told_at: datetime) -> Condition:
    """The level is over. Still beyond lesser lines, a lesser condition goes on, seen by whoever had seen the graver."""
    over = latches.ended(condition, told_at)
    if not condition.runs:
        return over
    far = _since_it_ended(state, condition)
    lesser = replace(over, runs=condition.runs, rows=condition.rows, value=condition.value, extreme=far)
    if _highest_reached(state, lesser, at) is None:
        return lesser
    return replace(
        lesser,
        acknowledged_at=condition.acknowledged_at,
        acknowledged_by=condition.acknowledged_by,
        quiet_since=condition.quiet_since,
    )


def _since_it_ended(state: State, condition: Condition) -> Decimal | None:
    """The value it ended with; of what is measured now and then, also what another had measured later (A6)."""
    assert condition.channel is not None
    values = order.since_the_last_to_come(state.recent.get(condition.channel, ()))
    worst = latches.worst(values, condition.side)
    return condition.value if worst is None else worst  # 0 is a value: the deepest sedation


def _cleared(state: State, condition: Condition, at: datetime) -> bool:
    """Silence is no proof of health: when the clear time was over the value must still have been a live one."""
    if condition.clear_since is None or condition.channel is None or condition.channel.intermittent:
        return True
    over = condition.clear_since + timedelta(seconds=state.limits.times.clear_s)
    newest = state.latest.get(condition.channel)
    judged_at = over if newest is None else max(over, newest.taken_at)
    return at >= over and not staleness.is_stale(state, condition.channel, judged_at)


def is_reached(state: State, condition: Condition, at: datetime) -> bool:
    return _highest_reached(state, condition, at) is not None


def _raised(state: State, condition: Condition, at: datetime, told_at: datetime) -> Condition:
    """The condition at the highest priority any of its lines has reached; never lower than it was (A5)."""
    reached = _highest_reached(state, condition, at)
    if reached is None:
        return condition if condition.present or not condition.runs else _pending(state, condition)
    line, priority, rule = reached
    if condition.present and condition.priority is not None and priority <= condition.priority:
        return condition
    return replace(
        condition,
        presence=Presence.PRESENT,
        priority=priority,
        rule=rule,
        limit=condition.runs[line.id].limit,
        since=condition.since if condition.present else first_crossing(condition),
        raised_at=told_at,
        clear_since=None,
        acknowledged_at=None if condition.present else condition.acknowledged_at,
        acknowledged_by="" if condition.present else condition.acknowledged_by,
    )


def _highest_reached(state: State, condition: Condition, at: datetime) -> tuple[LimitLine, Priority, str] | None:
    """The line that weighs most by now, what it amounts to, and by which rule."""
    best: tuple[LimitLine, Priority, str] | None = None
    for line in _crossed(state, condition):
        priority = _reached(line, condition.runs[line.id], at, state.limits)
        if priority is not None and (best is None or priority > best[1]):
            best = (line, priority, line.id)
    if best is not None and best[1] < Priority.HIGH and with_symptom(state, condition):
        return best[0], Priority.HIGH, SYMPTOM
    return best


def with_symptom(state: State, condition: Condition) -> bool:
    """A raised pressure and a sign that somebody sees: high at any reading (A16)."""
    channel = condition.channel
    if channel not in CUFF or channel.mean_pressure or condition.side is not Side.HIGH:
        return False
    return any(c.present for key, c in state.conditions.items() if key.startswith(SIGN))


def sign_key(sign: str) -> str:
    return f"{SIGN}{sign}"


def _crossed(state: State, condition: Condition) -> list[LimitLine]:
    return [line for line in state.limits.lines if line.id in condition.runs]


def _reached(line: LimitLine, run: Run, at: datetime, limits: Limits) -> Priority | None:
    if line.timing is Timing.CONTINUOUS:
        return line.priority if at >= _delay_over(line, run) else None
    return pressure.reached(line, run, limits.times)


def _delay_over(line: LimitLine, run: Run) -> datetime:
    return run.since + timedelta(seconds=line.delay_s)


def _pending(state: State, condition: Condition) -> Condition:
    gravest = max(_crossed(state, condition), key=lambda line: line.priority)
    return replace(
        condition,
        presence=Presence.PENDING,
        priority=None,
        rule=gravest.id,
        limit=condition.runs[gravest.id].limit,
        since=first_crossing(condition),
    )


def first_crossing(condition: Condition) -> datetime:
    return min(run.since for run in condition.runs.values())


def deadlines(state: State) -> list[datetime]:
    """When time alone will change a limit condition."""
    return [moment for condition in state.conditions.values() for moment in deadlines_of(state, condition)]


def deadlines_of(state: State, condition: Condition) -> list[datetime]:
    moments = [
        _delay_over(line, condition.runs[line.id])
        for line in _crossed(state, condition)
        if line.timing is Timing.CONTINUOUS
    ]
    if condition.clear_since is not None:
        moments.append(condition.clear_since + timedelta(seconds=state.limits.times.clear_s))
    return moments + latches.deadlines_of(state, condition)
