"""How true a shown value still is, and when its loss is an alarm of its own (T1-T3)."""

from dataclasses import replace
from datetime import datetime, timedelta

from ketacare.medicine.monitoring.terms import (
    Channel,
    Condition,
    Fault,
    Freshness,
    Giver,
    Kind,
    MonitorAlarms,
    Presence,
    Priority,
    Quality,
    Reading,
    Shown,
    State,
    Stream,
    Times,
)

OWN_ALARMS = "alarms_off"
NEW_ADDRESS = "new_address"
HAND = "hand"
TAKEN_OFF = "its monitor was taken off"
NOT_PAIRED = "no monitor is paired"


def lost_key(channel: Channel) -> str:
    return f"{channel}.lost"


def stale_after(stream: Stream, times: Times) -> timedelta:
    """max(5 s, 1.5 intervals): a slow gateway is not stale between two of its messages (T2)."""
    return timedelta(seconds=max(times.stale_s, stream.interval_s * 1.5))


def lost_after(stream: Stream, times: Times) -> timedelta:
    return timedelta(seconds=max(times.lost_s, stream.interval_s * 2.5))


def last_heard(state: State, channel: Channel, stream: Stream) -> datetime:
    """The last usable value of the monitor's, or the pairing if none came since."""
    return stream.since if stream.heard_at is None else max(stream.heard_at, stream.since)


def is_stale(state: State, channel: Channel, at: datetime) -> bool:
    """By the age of the newest value, whoever gave it: a new pairing makes none younger (T2)."""
    stream, reading = state.streams.get(channel), state.latest.get(channel)
    if stream is None:
        return False
    newest = stream.since if reading is None else reading.taken_at
    return at >= newest + stale_after(stream, state.limits.times)


def longest_gap_s(state: State, channel: Channel) -> float | None:
    """How far apart two values may lie before nobody knows what was between them."""
    stream = state.streams.get(channel)
    return None if stream is None else stale_after(stream, state.limits.times).total_seconds()


def _streamed_at(state: State, channel: Channel, stream: Stream) -> datetime:
    if stream.heard_at is not None:
        return stream.heard_at
    reading = state.latest.get(channel)
    return stream.since if reading is None else reading.taken_at


def streamed(state: State, reading: Reading) -> State:
    """The stream has given a usable value, by whichever monitor gives it now. What a person types gives nothing back
    that a monitor lost (T2)."""
    state = _given(state, reading)
    stream = state.streams.get(reading.channel)
    if stream is None or reading.source == HAND or (stream.heard_at or reading.taken_at) > reading.taken_at:
        return state
    given_by = "" if reading.device == stream.device else reading.device
    stream = replace(stream, heard_at=reading.taken_at, given_by=given_by)
    return replace(state, streams={**state.streams, reading.channel: stream})


def _given(state: State, reading: Reading) -> State:
    """Whose value is the newest of a channel that goes on and on."""
    known = state.givers.get(reading.channel)
    if reading.channel.intermittent or reading.source == HAND or (known and known.heard_at > reading.taken_at):
        return state
    return replace(state, givers={**state.givers, reading.channel: Giver(reading.device, reading.taken_at)})


def giver_of(state: State, channel: Channel) -> str:
    """The monitor whose values count: that promises the channel, or has given it last; empty when there is none."""
    stream, giver = state.streams.get(channel), state.givers.get(channel)
    return stream.giver if stream is not None else giver.device if giver is not None else ""


def given_until(state: State, channel: Channel) -> datetime:
    """When what nobody promised counts as given no more: after as long as of a stream of each second."""
    heard_at, times = state.givers[channel].heard_at, state.limits.times
    return heard_at + lost_after(Stream("", 1, heard_at), times)


def streamed_at(state: State, channel: Channel) -> datetime | None:
    """When a monitor, whichever, last gave a usable value."""
    before, latest = state.streams.get(channel), state.latest.get(channel)
    if before is not None and before.heard_at is not None:
        return before.heard_at
    if channel in state.givers:  # also where something typed is newer
        return state.givers[channel].heard_at
    return None if latest is None or latest.source == HAND else latest.taken_at


def taken_off(state: State, device: str, at: datetime) -> State:
    """A monitor is paired no more. While a dose acts nobody is left unwatched by it: what it promised is lost from now
    on, until another gives it (A9, T2)."""
    givers = {c: replace(one, device="") if one.device == device else one for c, one in state.givers.items()}
    state = replace(state, givers=givers)
    streams = {c: _given_no_more(one, device, at) for c, one in state.streams.items()}
    if state.dose_since is None:
        return replace(state, streams={c: one for c, one in streams.items() if one.device != device})
    gone = {c: replace(one, gone_at=at) for c, one in streams.items() if one.device == device and not one.gone_at}
    return replace(state, streams={**streams, **gone})


def _given_no_more(stream: Stream, device: str, at: datetime) -> Stream:
    """Without the monitor that gave it in another's place."""
    if stream.given_by != device:
        return stream
    return replace(stream, given_by="", gone_at=None if stream.gone_at is None else at)


def awaited_no_more(state: State) -> State:
    """The dose acts no more: of monitors that were taken off nothing is awaited."""
    return replace(state, streams={c: one for c, one in state.streams.items() if one.gone_at is None})


def lost_at(state: State, channel: Channel, stream: Stream) -> datetime:
    """When its loss is told: after a silence, or sooner if the device itself says it has nothing (T3) or has left."""
    silence = last_heard(state, channel, stream) + lost_after(stream, state.limits.times)
    if stream.taken_off_at is not None:
        silence = min(silence, stream.taken_off_at)
    fault = state.faults.get(channel)
    if fault is None:
        return silence
    return min(silence, fault.since + timedelta(seconds=state.limits.times.lost_s))


def hear(state: State, reading: Reading) -> State:
    """Keep a usable value as the latest, or note since when the channel gives nothing usable."""
    channel = reading.channel
    known = state.faults.get(channel)
    if reading.usable:
        state = streamed(state, reading)
        later = _later_than(known, reading.taken_at)
        others = {c: fault for c, fault in state.faults.items() if c is not channel}
        faults = others if later is None else {**others, channel: later}
        known_latest = state.latest.get(channel)
        is_newest = known_latest is None or known_latest.taken_at <= reading.taken_at
        latest = {**state.latest, channel: reading} if is_newest else state.latest
        return replace(state, latest=latest, faults=faults)
    since = min(known.since, reading.taken_at) if known else reading.taken_at
    horizon = reading.received_at - timedelta(seconds=state.limits.times.lateness_s)
    times = sorted((*(moment for moment in (known.times if known else ()) if moment >= horizon), reading.taken_at))
    if known is not None and reading.taken_at < times[-1]:  # what it said later stands
        return replace(state, faults={**state.faults, channel: replace(known, since=since, times=tuple(times))})
    fault = Fault(since, reading.quality, reading.reason, tuple(times))
    return replace(state, faults={**state.faults, channel: fault})


def _later_than(fault: Fault | None, moment: datetime) -> Fault | None:
    """What is left of a fault when a value comes that happened in the midst of it, or before."""
    times = () if fault is None else tuple(time for time in fault.times if time > moment)
    if fault is None or not times:
        return None
    return replace(fault, since=fault.since if fault.since > moment else times[0], times=times)


def elapse(state: State, at: datetime) -> State:
    """Loss of a stream begins, worsens or ends. A link that comes back sounds again what is still present (A12)."""
    conditions = {key: c for key, c in state.conditions.items() if not _orphaned(state, c)}
    back: set[str] = set()
    for channel, stream in state.streams.items():
        key = lost_key(channel)
        since = lost_at(state, channel, stream)
        if channel in state.unwatched or at < since:
            if conditions.pop(key, None) is not None:
                conditions = {k: _sounds_again(c, channel) for k, c in conditions.items()}
                back |= {k for k, c in conditions.items() if c.channel is channel}
            continue
        conditions[key] = _lost(state, conditions.get(key, _new(channel)), since, at)
    return uncovered(replace(state, conditions=conditions), back)


def uncovered(state: State, keys: set[str]) -> State:
    """The pause without these: what sounds again does so through it (A7, A12)."""
    if state.pause is None or not keys:
        return state
    covers = tuple(key for key in state.pause.covers if key not in keys)
    return replace(state, pause=replace(state.pause, covers=covers))


def _orphaned(state: State, condition: Condition) -> bool:
    """Its stream was unpaired: a loss nobody waits for."""
    channel = condition.channel
    return channel is not None and condition.key == lost_key(channel) and channel not in state.streams


def _sounds_again(condition: Condition, channel: Channel) -> Condition:
    if condition.channel is not channel:
        return condition
    return replace(condition, acknowledged_at=None, acknowledged_by="")


def _new(channel: Channel) -> Condition:
    return Condition(lost_key(channel), Kind.TECHNICAL, channel)


def _lost(state: State, condition: Condition, since: datetime, at: datetime) -> Condition:
    began = condition.since or since
    grave = state.dose_since is not None and at >= began + timedelta(seconds=state.limits.times.lost_high_s)
    priority = Priority.HIGH if grave else Priority.MEDIUM
    if condition.present and condition.priority is not None and priority <= condition.priority:
        return condition
    assert condition.channel is not None
    rule = "T3" if condition.channel in state.faults else "T2"
    last = state.latest.get(condition.channel)
    return replace(
        condition,
        presence=Presence.PRESENT,
        priority=priority,
        rule=rule,
        since=began,
        raised_at=at,
        value=last.value if last else None,
        acknowledged_at=None,
        acknowledged_by="",
    )


def deadlines(state: State) -> list[datetime]:
    moments = []
    for channel, stream in state.streams.items():
        lost = lost_at(state, channel, stream)
        moments.append(lost)
        known = state.conditions.get(lost_key(channel))
        if state.dose_since is not None and known is not None and known.since is not None:
            moments.append(known.since + timedelta(seconds=state.limits.times.lost_high_s))
    return moments


def own_alarms(state: State, said: MonitorAlarms, at: datetime) -> State:
    """A monitor whose own alarms are off or paused is said to be so, in its latest words (T3): theirs come first."""
    key = f"{said.device}.{OWN_ALARMS}"
    conditions = {k: c for k, c in state.conditions.items() if k != key}
    if said.on:
        return replace(state, conditions=conditions) if len(conditions) < len(state.conditions) else state
    item = state.conditions.get(key) or Condition(
        key,
        Kind.TECHNICAL,
        label="Monitor's own alarms off",
        presence=Presence.PRESENT,
        priority=Priority.MEDIUM,
        rule="T3",
        since=at,
        raised_at=at,
    )
    return replace(state, conditions={**conditions, key: replace(item, label=said.reason or item.label)})


def shared_name_key(device: str) -> str:
    return f"{device}.shared_name"


def new_address_key(device: str) -> str:
    return f"{device}.{NEW_ADDRESS}"


def shared(state: State, device: str, at: datetime) -> State:
    """Told until the monitor is put on anew: at the chair its pulse says which one it is (H4)."""
    key = shared_name_key(device)
    if key in state.conditions:
        return state
    return _told(state, key, "Two monitors send under one name: pair again by the live pulse", Priority.MEDIUM, at)


def at_new_address(state: State, device: str, at: datetime) -> State:
    """Most often a network that gave the monitor another address, or else another patient's: until a person who looked
    says which, what it gives is no better known than what is lost, and told as that is (H4, T2)."""
    key = new_address_key(device)
    known = state.conditions.get(key)
    if (known is not None and known.present) or shared_name_key(device) in state.conditions:
        return state
    return _told(
        state, key, "Monitor sends from another address: compare its pulse with the patient's", Priority.MEDIUM, at
    )


def _told(state: State, key: str, label: str, priority: Priority, at: datetime) -> State:
    item = Condition(
        key,
        Kind.TECHNICAL,
        label=label,
        presence=Presence.PRESENT,
        priority=priority,
        rule="H4",
        since=at,
        raised_at=at,
    )
    return replace(state, conditions={**state.conditions, key: item})


def known_again(state: State, device: str) -> State:
    """Whoever pairs a monitor sees its pulse; one that is let go is asked about no more."""
    keys = shared_name_key(device), new_address_key(device)
    return replace(state, conditions={k: one for k, one in state.conditions.items() if k not in keys})


# --- screens ----------------------------------------------------------------------------------------------------------


def visible(state: State, at: datetime) -> tuple[Shown, ...]:
    """Every channel's place on the screen at `at`: number or dashes, age, and in what state of truth (T1)."""
    channels = [c for c in Channel if c in state.streams or c in state.latest or c in state.unwatched]
    return tuple(_shown(state, channel, at) for channel in channels)


def _shown(state: State, channel: Channel, at: datetime) -> Shown:
    latest = state.latest.get(channel)
    freshness, reason = _freshness(state, channel, at)
    speaks = freshness in (Freshness.LIVE, Freshness.STALE, Freshness.INTERMITTENT)
    last = latest.value if latest else None
    return Shown(
        channel=channel,
        freshness=freshness,
        value=last if speaks else None,
        last_value=last,
        taken_at=latest.taken_at if latest else None,
        age_s=max(0, int((at - latest.taken_at).total_seconds())) if latest else None,
        reason=reason,
        priority=_gravest(state, channel),
    )


def _freshness(state: State, channel: Channel, at: datetime) -> tuple[Freshness, str]:
    unwatched, fault, stream = state.unwatched.get(channel), state.faults.get(channel), state.streams.get(channel)
    if unwatched is not None:
        return Freshness.NOT_MONITORED, f"{unwatched.reason} ({unwatched.by})"
    if stream is not None and stream.taken_off_at is not None:
        return Freshness.LOST, TAKEN_OFF
    if fault is not None and fault.quality is Quality.NONE and stream is not None:
        return Freshness.LOST, fault.reason
    if fault is not None:
        return Freshness.BAD_QUALITY, fault.reason
    if stream is None:
        return _without_stream(state, channel)
    newest = _streamed_at(state, channel, stream)
    if at >= newest + lost_after(stream, state.limits.times):
        return Freshness.LOST, ""
    is_live = at < newest + stale_after(stream, state.limits.times)
    return (Freshness.LIVE if is_live else Freshness.STALE), ""


def _without_stream(state: State, channel: Channel) -> tuple[Freshness, str]:
    """Measured now and then, or typed: it has its time. What a monitor sent that has left is no number of now."""
    latest = state.latest.get(channel)
    if channel.intermittent or latest is None or latest.source == HAND:
        return Freshness.INTERMITTENT, ""
    return Freshness.LOST, NOT_PAIRED


def _gravest(state: State, channel: Channel) -> Priority | None:
    found = [c.priority for c in state.conditions.values() if c.channel is channel and c.present and c.priority]
    return max(found, default=None)
