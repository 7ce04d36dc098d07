"""Silence and its bounds (A6-A9, A11).

Whatever people press, no present condition stays silent longer than `acknowledge_s` (120 s) in one stretch: the
stretch is counted per condition, from the moment it fell silent, across acknowledgement and pause together. Acts during
a silence do not lengthen it. Once it has sounded again, a new act may silence it again.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ketacare.medicine.monitoring.rules import emergency, latches, limits, order, staleness
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Answered,
    Channel,
    Condition,
    Kind,
    PauseInForce,
    Presence,
    Priority,
    SignalState,
    State,
    Unwatched,
)

RENEWED = "pause.renewed"
_TOO_MANY_RENEWALS = 3


def acknowledge(state: State, key: str, by: str, at: datetime) -> State:
    """Somebody has seen this one condition. A latched one is let go; a review item is closed."""
    condition = state.conditions.get(key)
    if condition is None or not (condition.present or condition.latched):
        return state
    latch = condition.trace if condition.latched else None
    if _is_closed_by_it(condition):
        return limits.put(state, replace(condition, presence=Presence.ABSENT, answered=Answered(at, by)))
    if condition.acknowledged_at is not None and latch is None:
        return state
    if condition.present and condition.acknowledged_at is None:
        condition = replace(condition, acknowledged_at=at, acknowledged_by=by)
    if latch is not None:
        condition = latches.let_go(condition)
    return limits.put(state, replace(condition, answered=Answered(at, by, latch)))


def _is_closed_by_it(condition: Condition) -> bool:
    if condition.key.endswith(f".{staleness.NEW_ADDRESS}"):
        return True
    return condition.kind is Kind.DUE and not condition.key.startswith("due.")


def take_back(state: State, key: str) -> State:
    """The acknowledgement was a slip (V5): it is as if it had not been pressed, and what is present sounds at once."""
    condition = state.conditions.get(key)
    if condition is None or condition.answered is None:
        return state
    answered = condition.answered
    condition = replace(condition, answered=None)
    if _is_closed_by_it(condition):
        return limits.put(state, replace(condition, presence=Presence.PRESENT))
    if condition.acknowledged_at == answered.at:
        condition = replace(condition, acknowledged_at=None, acknowledged_by="")
    if answered.trace is not None:
        condition = latches.latched_again(condition, answered.trace)
    return limits.put(state, condition)


def to_take_back(state: State) -> tuple[Condition, ...]:
    """What was acknowledged a moment ago, newest first: for the button that takes it back."""
    found = [(c.answered.at, c.key, c) for c in state.conditions.values() if c.answered is not None]
    return tuple(c for _, _, c in sorted(found, key=lambda one: one[:2], reverse=True))


def pause(state: State, by: str, at: datetime) -> State:
    """Hold back the sound of what is present now. Pressing again while it lasts adds nothing (A8)."""
    if state.pause is not None:
        return state
    present = [c for c in state.conditions.values() if c.present]
    gravest = max((c.priority for c in present if c.priority is not None), default=Priority.LOW)
    until = at + timedelta(seconds=state.limits.times.pause_s)
    window = timedelta(seconds=state.limits.times.pause_renewal_window_s)
    recent = (*(moment for moment in state.paused_at if moment > at - window), at)
    in_force = PauseInForce(at, until, by, gravest, tuple(sorted(c.key for c in present)))
    paused = replace(state, pause=in_force, paused_at=recent)
    return _tell_prescriber(paused, at) if len(recent) > _TOO_MANY_RENEWALS else paused


def _tell_prescriber(state: State, at: datetime) -> State:
    item = Condition(
        RENEWED, Kind.DUE, presence=Presence.PRESENT, priority=Priority.LOW, rule="A8", since=at, raised_at=at
    )
    return replace(state, conditions={**state.conditions, RENEWED: item})


def unpause(state: State) -> State:
    return replace(state, pause=None)


def unwatch(state: State, channel: Channel, by: str, reason: str, at: datetime) -> State:
    """Stop watching a channel, by name and with a reason; during a dose oxygen and pressure come back by themselves.

    Said again before then, it moves nothing.
    """
    if channel in state.unwatched and state.unwatched[channel].until is not None:
        return state
    bound = timedelta(seconds=state.limits.times.unwatched_s)
    until = at + bound if is_vital(channel) and state.dose_since is not None else None
    conditions = {key: _let_go(c, channel, at) for key, c in state.conditions.items()}
    unwatched = {**state.unwatched, channel: Unwatched(at, by, reason, until)}
    state = order.forgotten(state, channel)
    return replace(state, unwatched=unwatched, conditions=conditions)


def is_vital(channel: Channel) -> bool:
    """What is never left unwatched while a dose acts (A9)."""
    return channel is Channel.SPO2 or channel in CUFF


def bound_unwatched(state: State, at: datetime) -> State:
    """A dose begins: oxygen or pressure set aside before it come back by themselves as well (A9)."""
    until = at + timedelta(seconds=state.limits.times.unwatched_s)
    unwatched = {
        channel: replace(aside, until=until) if is_vital(channel) and aside.until is None else aside
        for channel, aside in state.unwatched.items()
    }
    return replace(state, unwatched=unwatched)


def watched_again(state: State, at: datetime) -> State:
    """Without what was set aside until now at the latest: its loss is told in the same moment."""
    over = {c: u.until for c, u in state.unwatched.items() if u.until is not None and at >= u.until}
    return _aside_over(state, over) if over else state


def _let_go(condition: Condition, channel: Channel, at: datetime) -> Condition:
    if condition.channel is not channel or condition.kind is not Kind.PHYSIOLOGICAL:
        return condition
    return latches.ended(condition, at)


def rewatch(state: State, channel: Channel, at: datetime) -> State:
    return _aside_over(state, {channel: at}) if channel in state.unwatched else state


def _aside_over(state: State, over: dict[Channel, datetime]) -> State:
    unwatched = {c: u for c, u in state.unwatched.items() if c not in over}
    return replace(state, unwatched=unwatched, watched_since={**state.watched_since, **over})


def may_be_set_aside(state: State, channel: Channel, at: datetime) -> bool:
    """Set aside again and again it would never be watched (A9): as long as it may be left, it is watched first."""
    since = state.watched_since.get(channel)
    if channel in state.unwatched or since is None:
        return True  # pressed again while it is, that moves nothing
    return at >= since + timedelta(seconds=state.limits.times.unwatched_s)


# --- what people see and hear -----------------------------------------------------------------------------------------


def signal_of(condition: Condition) -> SignalState:
    if condition.present:
        return SignalState.ON if condition.acknowledged_at is None else SignalState.ACKNOWLEDGED
    return SignalState.LATCHED if condition.latched else SignalState.OFF


def told_by_another(state: State, condition: Condition) -> bool:
    """A mean is derived: it is listed, but not sounded beside the systolic or diastolic that already is."""
    if condition.kind is not Kind.PHYSIOLOGICAL or condition.channel is None or condition.priority is None:
        return False
    if not condition.channel.mean_pressure:
        return False
    site = condition.channel.split("_")[0]
    others = (state.conditions.get(f"{site}_{part}.{condition.side}") for part in ("SYS", "DIA"))
    return any(c is not None and c.present and (c.priority or 0) >= condition.priority for c in others)


def silenced(state: State, condition: Condition) -> bool:
    covered = state.pause is not None and condition.key in state.pause.covers
    return condition.acknowledged_at is not None or covered


def sounding(state: State, condition: Condition) -> bool:
    if not condition.present or condition.priority is None:
        return False
    if emergency.holds_back(state, condition):
        return False
    return not silenced(state, condition) and not told_by_another(state, condition)


def listed(state: State) -> tuple[Condition, ...]:
    """All there is to show: highest first, newest first within it, latched and "was" lines last (A11)."""
    shown = [c for c in state.conditions.values() if c.present or c.trace is not None]
    newest = sorted(shown, key=lambda c: (c.raised_at or c.since or state.at, c.key), reverse=True)
    return tuple(sorted(newest, key=lambda c: (-(c.priority or 0), not c.latched)))


def loudest(state: State) -> Condition | None:
    """The one condition to sound: the highest, the newest among equals."""
    return next((c for c in listed(state) if sounding(state, c)), None)


# --- time -------------------------------------------------------------------------------------------------------------


def elapse(state: State, at: datetime, before: State) -> State:
    """Silences as they stand at `at`: ended, broken by something new since `before`, or worn out."""
    if state.pause is not None and at >= state.pause.until:
        state = replace(state, pause=None)
    state = emergency.elapse(state, at)
    state = _cover_new(state, before)
    worn_out = {c.key for c in state.conditions.values() if _worn_out(state, c, at)}
    conditions = {key: _loud(c) if key in worn_out else c for key, c in state.conditions.items()}
    state = staleness.uncovered(replace(state, conditions=conditions), worn_out)
    return replace(state, conditions={key: _counted(state, c, at) for key, c in state.conditions.items()})


def _cover_new(state: State, before: State) -> State:
    """During a pause only what is new and lesser keeps quiet; equal, higher, high and technical sound at once (A8)."""
    if state.pause is None:
        return state
    fresh = [c for key, c in state.conditions.items() if c.present and _is_news(c, before.conditions.get(key))]
    lesser = {c.key for c in fresh if _lesser(c, state.pause)}
    kept = set(state.pause.covers) - {c.key for c in fresh}
    return replace(state, pause=replace(state.pause, covers=tuple(sorted(kept | lesser))))


def _is_news(condition: Condition, was: Condition | None) -> bool:
    """Begun, told anew or at another priority: by what changed and not by the clock, as much may happen in a moment."""
    if was is None or not was.present:
        return True
    return (condition.raised_at, condition.priority) != (was.raised_at, was.priority)


def _lesser(condition: Condition, in_force: PauseInForce) -> bool:
    if condition.kind is Kind.TECHNICAL or condition.priority is None or condition.priority is Priority.HIGH:
        return False
    return condition.priority < in_force.priority


def _worn_out(state: State, condition: Condition, at: datetime) -> bool:
    if condition.quiet_since is None or not condition.present:
        return False
    return at >= condition.quiet_since + timedelta(seconds=state.limits.times.acknowledge_s)


def _loud(condition: Condition) -> Condition:
    return replace(condition, acknowledged_at=None, acknowledged_by="", quiet_since=None)


def _counted(state: State, condition: Condition, at: datetime) -> Condition:
    quiet = condition.present and silenced(state, condition)
    since = (condition.quiet_since or at) if quiet else None
    return condition if since == condition.quiet_since else replace(condition, quiet_since=since)


def deadlines(state: State) -> list[datetime]:
    bound = timedelta(seconds=state.limits.times.acknowledge_s)
    moments = [c.quiet_since + bound for c in state.conditions.values() if c.quiet_since is not None]
    moments += emergency.deadlines(state)
    moments += [u.until for u in state.unwatched.values() if u.until is not None]
    return moments if state.pause is None else [*moments, state.pause.until]
