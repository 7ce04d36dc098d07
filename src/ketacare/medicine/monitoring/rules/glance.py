"""What a screen of many chairs shows after plain values that told nothing, without judging each of them anew.

The watch has judged them; that none of its steps said anything is in its log (A18). Then all that can have changed is
how old the values are, as long as each is a plain one: in its order, of now, from the monitor that gives the channel,
no leap, and of no channel that alarms or is about to. Wherever that is not so there is no glance, and the steps are
gone through.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ketacare.medicine.monitoring.rules import jumps, latches, pressure, staleness
from ketacare.medicine.monitoring.terms import Arrived, Given, Presence, Reading, State, Stream, Tick


def glanced(state: State, given: Sequence[Given]) -> State | None:
    """As far as a screen shows it, the state after these, of which no step told anything; None where only the steps can
    say. It is never stepped on from."""
    if state.pause is not None or state.emergency is not None or state.unwatched or state.jumped:
        return None
    alarmed = {one.channel for one in state.conditions.values() if one.presence is not Presence.ABSENT}
    latest, streams, at = dict(state.latest), dict(state.streams), state.at
    for one in given:
        at = max(at, one.at)
        if not isinstance(one, Arrived | Tick):
            return None
        values = pressure.sane(one.readings, state.limits) if isinstance(one, Arrived) else ()
        if len({value.channel for value in values}) < len(values):
            return None  # one begins what the next undoes: it leaves its mark on the line of an alarm that was
        for value in values:
            channel, stream = value.channel, streams.get(value.channel)
            if channel in alarmed or not _is_plain(state, stream, latest.get(channel), value, at):
                return None
            latest[channel] = value
            if stream is not None:
                streams[channel] = replace(stream, heard_at=value.taken_at)
    return None if _fades(state, at) else replace(state, at=at, latest=latest, streams=streams)


def _is_plain(state: State, stream: Stream | None, last: Reading | None, value: Reading, at: datetime) -> bool:
    jump = state.limits.jumps.get(value.channel)
    return (
        value.usable
        and value.source != staleness.HAND
        and not value.channel.intermittent
        and value.device == staleness.giver_of(state, value.channel)
        and (stream is None or _goes_on(stream, value))
        and value.channel not in state.faults
        and last is not None
        and last.taken_at < value.taken_at <= at
        and value.taken_at >= at - timedelta(seconds=state.limits.times.lateness_s)
        and (jump is None or not jumps.leaps(last, value, jump))
    )


def _goes_on(stream: Stream, value: Reading) -> bool:
    own = stream.gone_at is None and not stream.given_by
    return own and (stream.heard_at or stream.since) < value.taken_at


def _fades(state: State, at: datetime) -> bool:
    """What is left of an alarm is over by now, without a word of it."""
    return any(latches.faded(state, one, at) is not one for one in state.conditions.values())
