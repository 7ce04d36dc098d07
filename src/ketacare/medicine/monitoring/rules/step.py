"""The pure step `(state, given) -> (state, signals)` (A1).

Between two inputs time passes by itself: the step first visits every moment at which a delay, a clear time, a silence
or a promise runs out, in order, and only then takes the input. So a signal carries the exact moment it belongs to,
ticks may come as often or as seldom as they like, and a replay is identical to the byte. Where a reading and a deadline
fall on the same moment, the reading is taken first: a value back inside at the tenth second is not ten seconds outside.

Rules only change state. Signals are what changed between before and after, so no rule can forget to tell.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.rules import (
    acknowledge,
    coming,
    correcting,
    due,
    emergency,
    happening,
    jumps,
    latches,
    limits,
    order,
    pressure,
    rows,
    staleness,
)
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Acknowledge,
    Arrived,
    Channel,
    Condition,
    Done,
    DoseActing,
    Emergency,
    EmergencyOver,
    Given,
    Kind,
    Limits,
    MonitorAlarms,
    NewAddress,
    Observe,
    Pair,
    Pause,
    Presence,
    Priority,
    Quality,
    Reading,
    Retract,
    Rewatch,
    Schedule,
    Seen,
    SetBaseline,
    SetLimits,
    SharedName,
    Signal,
    State,
    Stream,
    TakeBack,
    Tick,
    Unpair,
    Unpause,
    Unwatch,
)


def begin(limit_set: Limits, at: datetime) -> State:
    """A new watch: adopted limits, nothing paused, nothing carried over (A10)."""
    if at.tzinfo is None:
        raise TypeError("A watch begins at a time with its zone.")
    return State(limit_set, at)


def step(state: State, given: Given) -> tuple[State, tuple[Signal, ...]]:
    """The watch after one input, and everything people or the log are to be told, in order."""
    at = max(given.at, state.at)
    signals: list[Signal] = []
    while (moment := next_deadline(state)) is not None and moment < at:
        later = _elapse(state, moment, state)
        signals += _changes(state, later)
        state = later
    after = _elapse(emergency.acted(_apply(state, given, at), given, at), at, state)
    return after, (*signals, *correcting.told(_changes(state, after), given, after))


def next_deadline(state: State) -> datetime | None:
    """The next moment at which time alone may change anything: when to tick, at the latest."""
    moments = [
        *limits.deadlines(state),
        *staleness.deadlines(state),
        *due.deadlines(state),
        *acknowledge.deadlines(state),
    ]
    return min((moment for moment in moments if moment > state.at), default=None)


def _elapse(state: State, at: datetime, before: State) -> State:
    state = acknowledge.watched_again(replace(state, at=at), at)
    return acknowledge.elapse(due.elapse(staleness.elapse(limits.elapse(state, at), at), at), at, before)


def _apply(state: State, given: Given, at: datetime) -> State:
    match given:
        case Arrived(readings=readings):
            return _arrived(state, readings, at)
        case Tick():
            return state
        case Acknowledge(condition=key, by=by):
            return acknowledge.acknowledge(state, key, by, at)
        case TakeBack(condition=key):
            return acknowledge.take_back(state, key)
        case Pause(by=by):
            return acknowledge.pause(state, by, at)
        case Unpause():
            return acknowledge.unpause(state)
        case Unwatch(channel=channel, by=by, reason=reason):
            return acknowledge.unwatch(state, channel, by, reason, at)
        case Rewatch(channel=channel):
            return acknowledge.rewatch(state, channel, at)
        case Schedule(asks=asks):
            return due.schedule(state, asks)
        case Done(ask=ask):
            return due.done(state, ask)
        case Observe():
            return _observed(state, given, at)
        case Emergency(by=by):
            return emergency.begin(state, by, at)
        case EmergencyOver():
            return emergency.end(state)
        case MonitorAlarms():
            return staleness.own_alarms(state, given, at)
        case SharedName(device=device):
            return staleness.shared(state, device, at)
        case NewAddress(device=device):
            return staleness.at_new_address(state, device, at)
        case Retract():
            return _retracted(state, given, at)
        case _:
            return _set(state, given, at)


def _retracted(state: State, given: Retract, at: datetime) -> State:
    """What takes nothing's place, or tells more than it too late, is judged as any value that comes (A13)."""
    state, is_judged = correcting.retracted(state, given, at)
    return state if is_judged or given.instead is None else _arrived(state, (given.instead,), at)


def _set(state: State, given: SetLimits | SetBaseline | DoseActing | Pair | Unpair, at: datetime) -> State:
    match given:
        case SetLimits(limits=limit_set):
            return replace(state, limits=limit_set)
        case SetBaseline(baseline=baseline):
            return replace(state, baseline=dict(baseline))
        case DoseActing(acting=acting):
            state = replace(state, dose_since=at if acting else None)
            return acknowledge.bound_unwatched(state, at) if acting else staleness.awaited_no_more(state)
        case Pair(device=device, channels=channels, interval_s=interval_s):
            promised = [c for c in channels if not c.intermittent]
            paired = {c: Stream(device, interval_s, at, staleness.streamed_at(state, c)) for c in promised}
            faults = {c: fault for c, fault in state.faults.items() if c not in paired}
            state = replace(staleness.known_again(state, device), let_go=_without(state.let_go, device))
            return replace(state, streams={**state.streams, **paired}, faults=faults)
        case Unpair(device=device):
            state = limits.left_by(staleness.taken_off(state, device, at), device, at)
            state = replace(staleness.known_again(state, device), let_go=(*_without(state.let_go, device), device))
            return staleness.own_alarms(state, MonitorAlarms(at, device, True), at)


def _without(devices: tuple[str, ...], device: str) -> tuple[str, ...]:
    return tuple(one for one in devices if one != device)


def _observed(state: State, seen: Observe, at: datetime) -> State:
    """A person's word is an alarm at once, at the priority its sheet gives (A17)."""
    key = limits.sign_key(seen.sign)
    known = state.conditions.get(key)
    if not seen.present:
        if known is None or not known.present:
            return state
        return replace(state, conditions={**state.conditions, key: latches.ended(known, at)})
    if known is not None and known.present:
        again = replace(known, raised_at=at, acknowledged_at=None, acknowledged_by="")
        return replace(state, conditions={**state.conditions, key: again})
    condition = Condition(
        key,
        Kind.PHYSIOLOGICAL,
        label=seen.sign,
        presence=Presence.PRESENT,
        priority=state.limits.signs.get(seen.sign, Priority.HIGH),  # what a sheet does not know is no lesser for it
        rule="A17",
        since=at,
        raised_at=at,
        trace=known.trace if known is not None else None,
        answered=known.answered if known is not None else None,
    )
    return replace(state, conditions={**state.conditions, key: condition})


# --- readings ---------------------------------------------------------------------------------------------------------


def _arrived(state: State, readings: tuple[Reading, ...], at: datetime) -> State:
    new = []
    memory = _Memory(state, at)
    sane = pressure.sane(readings, state.limits)
    of_now = coming.of_now(state, sane, at)
    for reading in sane:
        late = coming.is_late(state, reading, at) and not coming.is_beside(state, reading, of_now)
        if not late and coming.is_of_another(state, reading, at):
            continue
        twins = [] if late else memory.twins(reading)
        if not twins:
            if not late and reading.channel in CUFF and not coming.is_overtaken(state, reading):
                new.append(replace(reading, taken_at=min(reading.taken_at, at)))
            if not late:  # else what is grave and of now would be a twin of what never sounded
                memory.remember(reading)
            state = _take(state, reading, at, late=late)
        elif reading.value not in twins:
            memory.remember(reading)
            state = _conflict(state, reading, at)
    return due.ask_repeat(replace(state, seen=memory.kept()), new)


class _Memory:
    """What was seen of each device and channel: the newest, and all that could still come twice in time to sound.

    Gone through once a message and not once a value: under a flood that was most of a batch's time.
    """

    def __init__(self, state: State, at: datetime) -> None:
        self.horizon = at - timedelta(seconds=state.limits.times.lateness_s)
        self.all = list(state.seen)
        self.replaced: set[int] = set()
        self.places: dict[tuple[str, Channel], list[int]] = {}
        for place, seen in enumerate(self.all):
            self.places.setdefault((seen.device, seen.channel), []).append(place)

    def twins(self, reading: Reading) -> list[Decimal | None]:
        """The values already told of this moment; a disputed one is told once too, and repeats nothing sent again."""
        of_it = (self.all[place] for place in self.places.get((reading.device, reading.channel), ()))
        return [seen.value for seen in of_it if seen.taken_at == reading.taken_at]

    def remember(self, reading: Reading) -> None:
        key = (reading.device, reading.channel)
        places = self.places.get(key, [])
        replaceable = min(self.horizon, reading.taken_at + timedelta.resolution)
        gone = {place for place in places if self.all[place].taken_at < replaceable}
        self.replaced |= gone
        self.places[key] = [*(place for place in places if place not in gone), len(self.all)]
        self.all.append(Seen(reading.device, reading.channel, reading.taken_at, reading.value))

    def kept(self) -> tuple[Seen, ...]:
        """In the order in which it was heard."""
        if not self.replaced:
            return tuple(self.all)
        return tuple(seen for place, seen in enumerate(self.all) if place not in self.replaced)


def _conflict(state: State, reading: Reading, at: datetime) -> State:
    """The same moment with another value: the first stands, and people are told (T8)."""
    key = f"{reading.channel}.conflict"
    item = Condition(
        key,
        Kind.TECHNICAL,
        reading.channel,
        presence=Presence.PRESENT,
        priority=Priority.LOW,
        rule="T8",
        since=reading.taken_at,
        raised_at=at,
        value=reading.value,
    )
    return replace(state, conditions={**state.conditions, key: item})


def _take(state: State, reading: Reading, at: datetime, *, late: bool) -> State:
    if coming.is_ahead(state, reading, at):
        quality = Quality.BAD if reading.usable else reading.quality
        reading = replace(reading, quality=quality, reason="its clock is ahead of ours")
    reading = replace(reading, taken_at=min(reading.taken_at, at))  # nothing happened after it was heard of
    if late:
        return due.review(due.answered_by(state, reading) if reading.usable else state, reading)
    if coming.is_overtaken(state, reading):
        return _filled_in(state, reading, at)
    state, believed = jumps.believed(state, reading)
    for one in believed:
        state = _heard(state, one, at)
    return state


def _filled_in(state: State, reading: Reading, at: datetime) -> State:
    """In time, though newer ones came before it: it changes what they amount to, and is never shown as the latest."""
    if not reading.usable or reading.value is None:
        return state
    state = due.answered_by(_agreed(staleness.streamed(state, reading), reading), reading)
    if reading.channel in state.unwatched:
        return order.aside(state, reading, rows.sender_of(state, reading))
    newest = state.latest[reading.channel].taken_at
    state = happening.caught_up(state, reading.channel, newest, newest, at)
    return happening.fill_in(state, reading)


def _heard(state: State, reading: Reading, at: datetime) -> State:
    before, after_gap = state.latest.get(reading.channel), staleness.is_stale(state, reading.channel, reading.taken_at)
    if before is not None and reading.usable and before.taken_at <= reading.taken_at:
        state = happening.caught_up(state, reading.channel, before.taken_at, reading.taken_at, at)
    state = staleness.hear(state, reading)
    if not reading.usable or reading.value is None:
        return state
    state = due.answered_by(_agreed(state, reading), reading)
    if reading.channel in state.unwatched:
        return order.aside(state, reading, rows.sender_of(state, reading))
    return limits.judge(state, reading, after_gap=after_gap)


def _agreed(state: State, reading: Reading) -> State:
    """A newer value settles an earlier disagreement over one moment."""
    key = f"{reading.channel}.conflict"
    known = state.conditions.get(key)
    if known is None or known.since is None or reading.taken_at <= known.since:
        return state
    return replace(state, conditions={k: c for k, c in state.conditions.items() if k != key})


# --- signals ----------------------------------------------------------------------------------------------------------


def _changes(before: State, after: State) -> list[Signal]:
    keys = [*after.conditions, *(key for key in before.conditions if key not in after.conditions)]
    return [signal for key in keys for signal in _change(before, after, key)]


def _change(before: State, after: State, key: str) -> list[Signal]:
    was, now = before.conditions.get(key), after.conditions.get(key)
    if was is not None and now is not None and _stepped_down(was, now):
        return [_level_over(before, was, now, after.at), _signal(after, now, after.at)]
    old = None if was is None else _signal(before, was, after.at)
    new = _signal(after, now, after.at) if now is not None else _gone(before, was, after.at)
    if _told(old) == _told(new):
        return []
    if old is not None and (new.priority is None or new.presence is Presence.ABSENT):
        new = replace(new, priority=old.priority or new.priority)
    return [new]


def _stepped_down(was: Condition, now: Condition) -> bool:
    """Inside the graver lines, still beyond lesser ones."""
    return was.present and now.presence is not Presence.ABSENT and (now.priority or 0) < (was.priority or 0)


def _level_over(before: State, was: Condition, now: Condition, at: datetime) -> Signal:
    """Nothing present is ever lowered (A5): the graver has ended, and the lesser is told of as what is present now."""
    ended = latches.ended(replace(was, value=now.value), at)
    return replace(_signal(before, replace(ended, since=was.since), at), priority=was.priority)


def _told(signal: Signal | None) -> tuple[object, ...]:
    if signal is None or (signal.presence is Presence.ABSENT and signal.state.value == "off"):
        return ()
    return (signal.presence, signal.state, signal.sounding, signal.priority, signal.rule)


def _gone(before: State, condition: Condition | None, at: datetime) -> Signal:
    assert condition is not None
    return _signal(before, replace(condition, presence=Presence.ABSENT, trace=None), at)


def _signal(state: State, condition: Condition, at: datetime) -> Signal:
    return Signal(
        at=at,
        condition=condition.key,
        kind=condition.kind,
        presence=condition.presence,
        state=acknowledge.signal_of(condition),
        sounding=acknowledge.sounding(state, condition),
        priority=_priority(condition),
        rule=condition.rule,
        channel=condition.channel,
        label=condition.label,
        value=condition.value,
        limit=condition.limit,
        since=condition.since,
    )


def _priority(condition: Condition) -> Priority | None:
    """What it is now, or was when it ended."""
    if condition.presence is Presence.ABSENT and condition.trace is not None:
        return condition.trace.priority
    return condition.priority
