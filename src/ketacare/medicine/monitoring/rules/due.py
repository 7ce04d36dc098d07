"""What people owe at a moment: due, late, missed (T5, T6), and late readings to be looked at (A13)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.rules import latches, limits, pressure, rows
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Ask,
    Calmed,
    Condition,
    Kind,
    Presence,
    Priority,
    Reading,
    Run,
    Side,
    State,
    Timing,
)

REPEAT = "repeat"
REVIEW = "review"


@dataclass(frozen=True, slots=True)
class RepeatOwed:
    """When the pressure is due again, how often while it stays so, and whether the dose is to wait or to end."""

    due_at: datetime
    every: timedelta
    pause: bool
    stop: bool
    settled: bool = False  # inside for some measurements: asked for more seldom


def due_key(ask: str) -> str:
    return f"due.{ask}"


def schedule(state: State, asks: tuple[Ask, ...]) -> State:
    """These are now the acts owed; a repeat that a reading called for stays owed."""
    repeats = tuple(ask for ask in state.asks if ask.key.startswith(REPEAT))
    return replace(state, asks=tuple(sorted((*repeats, *asks), key=lambda ask: (ask.due_at, ask.key))))


def done(state: State, ask: str) -> State:
    return replace(state, asks=tuple(owed for owed in state.asks if owed.key != ask))


def answered_by(state: State, reading: Reading) -> State:
    """A usable reading pays every ask for its channel that was due by then, or is nearly."""
    early = timedelta(seconds=state.limits.times.due_early_s)
    left = tuple(
        ask for ask in state.asks if reading.channel not in ask.channels or ask.due_at > reading.taken_at + early
    )
    return replace(state, asks=left) if len(left) < len(state.asks) else state


def ask_repeat(state: State, readings: Iterable[Reading]) -> State:
    """A pressure beyond a line is repeated in minutes until it was inside a few times, and seldomer from then on (A16).

    Called when a measurement is in with all its parts, so that no part of it pays for what another asks. `readings` are
    those that nothing newer of their own sender's had overtaken: what another cuff measured since takes no ask away.
    """
    taken = [one.taken_at for one in readings if is_judged(state, one)]
    beyond = [c for c in state.conditions.values() if c.channel in CUFF and _stands(c)]
    if not taken or not (beyond or state.calmed):
        return state
    at = max(taken)
    state = replace(state, calmed=_calmed(state.calmed, at, bool(beyond)))
    confirms = (due_at for condition in beyond for due_at in _confirmations(state, condition) if due_at > at)
    due_at = min(confirms, default=at + _every(state))
    repeat = Ask(f"{REPEAT}.{due_at.isoformat()}", "Repeat blood pressure", due_at, CUFF)
    return replace(state, asks=(*(ask for ask in state.asks if not ask.key.startswith(REPEAT)), repeat))


def is_judged(state: State, reading: Reading) -> bool:
    """In full: not what failed, was doubted, or came from ahead of our clock, and not what was corrected too late."""
    values = state.recent.get(reading.channel, ())
    return reading.usable and any(
        (one.taken_at, one.value, one.sender) == (reading.taken_at, reading.value, rows.sender_of(state, reading))
        and not one.late
        for one in values
    )


def _calmed(known: Calmed | None, at: datetime, beyond: bool) -> Calmed:
    """Parts of one measurement that come one by one are one measurement."""
    last = at if known is None else max(known.last, at)
    if known is None or beyond:
        return Calmed(0, last)
    return Calmed(known.inside + (at > known.last), last)


def _every(state: State) -> timedelta:
    times = state.limits.times
    return timedelta(seconds=times.settled_s if _settled(state) else times.repeat_s)


def _settled(state: State) -> bool:
    return state.calmed is not None and state.calmed.inside >= state.limits.times.settled_after


def repeat_owed(state: State) -> RepeatOwed | None:
    """The pressure that is to be taken again, and what a line that waits for it asks meanwhile: a first reading beyond
    it says pause, a confirmed one stop (A16). None while no pressure was beyond a line."""
    asked = next((ask for ask in state.asks if ask.key.startswith(REPEAT)), None)
    if asked is None:
        return None
    times = state.limits.times
    runs = [
        (run, line)
        for condition in state.conditions.values()
        if condition.channel in CUFF
        for line in state.limits.lines
        if line.timing is Timing.CONFIRM and line.side is Side.HIGH and (run := condition.runs.get(line.id))
    ]
    return RepeatOwed(
        due_at=asked.due_at,
        every=_every(state),
        pause=bool(runs),
        stop=any(pressure.confirmed(run, times) for run, _ in runs),
        settled=_settled(state),
    )


def _stands(condition: Condition) -> bool:
    """Beyond a line, or back inside but not yet by the dead-band."""
    return condition.kind is Kind.PHYSIOLOGICAL and (bool(condition.runs) or condition.presence is Presence.PRESENT)


def _confirmations(state: State, condition: Condition) -> Iterator[datetime]:
    """When a first reading beyond a confirm line is to be confirmed; one that is confirmed waits for nothing."""
    times = state.limits.times
    for line in state.limits.lines:
        run = condition.runs.get(line.id) if line.timing is Timing.CONFIRM else None
        if run is not None and not pressure.confirmed(run, times):
            yield run.since + timedelta(seconds=times.confirm_s)


def review(state: State, reading: Reading) -> State:
    """A reading too late to sound, that would have been high, is laid before a person (A13)."""
    crossed = _high_line_crossed(state, reading)
    if crossed is None or reading.value is None:
        return state
    side, line = crossed
    key = f"{REVIEW}.{reading.channel}.{side}"
    known = state.conditions.get(key)
    if known is not None and known.present:
        return limits.put(state, _with_another(known, reading, side))
    return limits.put(state, _review(key, reading, side, line))


def _review(key: str, reading: Reading, side: Side, line: Decimal) -> Condition:
    """One for all that come of a channel and side until somebody has looked: a cut of ten minutes is one thing to look
    at, from when to when and how far, and not six hundred (H9)."""
    return Condition(
        key,
        Kind.DUE,
        reading.channel,
        side,
        presence=Presence.PRESENT,
        priority=Priority.LOW,
        rule="A13",
        since=reading.taken_at,
        raised_at=reading.received_at,
        value=reading.value,
        limit=line,
        extreme=reading.value,
        runs={REVIEW: Run(reading.taken_at, reading.taken_at, 1, line)},
    )


def _with_another(known: Condition, reading: Reading, side: Side) -> Condition:
    assert reading.value is not None
    run = known.runs[REVIEW]
    since, last = min(run.since, reading.taken_at), max(run.last, reading.taken_at)
    worst = latches.worse(known.extreme, reading.value, side)
    return replace(known, since=since, value=worst, extreme=worst, runs={REVIEW: replace(run, since=since, last=last)})


def is_high(state: State, reading: Reading) -> bool:
    """Beyond a line that raises a high alarm."""
    return _high_line_crossed(state, reading) is not None


def _high_line_crossed(state: State, reading: Reading) -> tuple[Side, Decimal] | None:
    if not reading.usable or reading.value is None:
        return None
    for side in Side:
        for line, limit in limits.in_force(state, reading.channel, side):
            if line.priority is Priority.HIGH and limits.beyond(reading.value, limit, line):
                return side, limit
    return None


# --- time -------------------------------------------------------------------------------------------------------------


def elapse(state: State, at: datetime) -> State:
    """Every act owed as it stands at `at`; one that is paid leaves no alarm."""
    owed = {due_key(ask.key): ask for ask in state.asks}
    conditions = {key: c for key, c in state.conditions.items() if not key.startswith("due.") or key in owed}
    for key, ask in owed.items():
        if at >= ask.due_at:
            known = conditions.get(key)
            again = known is None or known.since != ask.due_at
            conditions[key] = _owed(state, _new(key, ask) if again or known is None else known, ask, at)
        else:
            conditions.pop(key, None)  # asked anew, for later
    return replace(state, conditions=conditions)


def _new(key: str, ask: Ask) -> Condition:
    channel = ask.channels[0] if ask.channels else None
    return Condition(key, Kind.DUE, channel, label=ask.label, presence=Presence.PENDING, since=ask.due_at, rule="due")


def _owed(state: State, condition: Condition, ask: Ask, at: datetime) -> Condition:
    stage, priority = _stage(state, ask, at)
    if condition.priority is not None and (priority or 0) < condition.priority:
        priority = condition.priority  # the dose wears off, the act is no less missed (A5)
    if condition.rule == stage and condition.priority == priority:
        return condition
    louder = priority is not None and (condition.priority is None or priority > condition.priority)
    moved = replace(condition, rule=stage, priority=priority)
    if not louder:
        return moved
    return replace(moved, presence=Presence.PRESENT, raised_at=at, acknowledged_at=None, acknowledged_by="")


def _stage(state: State, ask: Ask, at: datetime) -> tuple[str, Priority | None]:
    times, overdue = state.limits.times, (at - ask.due_at).total_seconds()
    if overdue >= times.supervisor_s:
        return "supervisor", Priority.HIGH if _soon_after_dose(state, at) else Priority.MEDIUM
    if overdue >= times.missed_s:
        return "missed", Priority.MEDIUM
    return ("late", Priority.LOW) if overdue >= times.late_s else ("due", None)


def _soon_after_dose(state: State, at: datetime) -> bool:
    since = state.dose_since
    return since is not None and at <= since + timedelta(seconds=state.limits.times.after_dose_s)


def deadlines(state: State) -> list[datetime]:
    """The stages that are still to come; of what is not due yet the first is enough, and a session asks for a hundred
    of those at each message."""
    times = state.limits.times
    stages = [timedelta(seconds=seconds) for seconds in (times.late_s, times.missed_s, times.supervisor_s)]
    found = [ask.due_at for ask in state.asks if ask.due_at > state.at]
    late = [ask.due_at + stage for ask in state.asks if ask.due_at <= state.at for stage in stages]
    return found + [moment for moment in late if moment > state.at]
