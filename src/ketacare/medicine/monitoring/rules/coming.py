"""What becomes of a reading as it comes: late, overtaken, ahead of our clock, another monitor's (A1, A13, A16, H4)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ketacare.medicine.monitoring.rules import limits, rows, staleness
from ketacare.medicine.monitoring.terms import CUFF, Reading, State


def is_late(state: State, reading: Reading, at: datetime) -> bool:
    """Beyond the lateness bound: charted, never sounded (A13). But a pressure beyond the line of which one reading is
    high at once (A16), typed as the newest there is while no repeat of it would be due yet, is of now."""
    times = state.limits.times
    if reading.taken_at >= at - timedelta(seconds=times.lateness_s):
        return False
    is_of_now = reading.taken_at >= at - timedelta(seconds=times.repeat_s) and not is_overtaken(state, reading)
    return not (reading.source == "hand" and is_of_now and limits.is_beyond_a_single_line(state, reading))


def is_overtaken(state: State, reading: Reading) -> bool:
    """By a newer value of its channel; of what is measured now and then, by one of its own sender's, or a typed one."""
    newest, sender = state.latest.get(reading.channel), rows.sender_of(state, reading)
    if newest is None or reading.taken_at >= newest.taken_at:
        return False
    if sender in rows.NOBODYS or not reading.usable:
        return True
    own = [one for one in state.recent.get(reading.channel, ()) if one.sender in (sender, rows.ANYBODY)]
    return any(one.taken_at > reading.taken_at for one in own)


def is_ahead(state: State, reading: Reading, at: datetime) -> bool:
    return reading.taken_at > at + timedelta(seconds=state.limits.times.lateness_s)


def of_now(state: State, readings: Iterable[Reading], at: datetime) -> set[tuple[str, datetime]]:
    """The measurements typed beyond the bound, a part of which is of now all the same."""
    return {_moment_of(one) for one in readings if _is_typed_late(state, one, at) and not is_late(state, one, at)}


def _moment_of(reading: Reading) -> tuple[str, datetime]:
    return reading.device, reading.taken_at


def _is_typed_late(state: State, reading: Reading, at: datetime) -> bool:
    bound = at - timedelta(seconds=state.limits.times.lateness_s)
    return reading.channel in CUFF and reading.source == staleness.HAND and reading.taken_at < bound


def is_beside(state: State, reading: Reading, of_now: set[tuple[str, datetime]]) -> bool:
    """A measurement is one thing: where a part of it is of now (A13, A16), the parts typed with it are, too."""
    is_part = reading.channel in CUFF and reading.usable and _moment_of(reading) in of_now
    return is_part and not is_overtaken(state, reading)


def is_of_another(state: State, reading: Reading, at: datetime) -> bool:
    """A channel that one monitor promises is judged by that one for as long as it gives values: another's number hides
    no fall of this one's (H4). What it gives no more is judged by whichever does (T2). Where none promised it, the one
    that gives it is as good as promised; what is measured now and then has a run of each sender's instead."""
    stream = state.streams.get(reading.channel)
    if reading.source == staleness.HAND or reading.device == staleness.giver_of(state, reading.channel):
        return False
    if stream is None and not staleness.giver_of(state, reading.channel):
        return False
    if not reading.usable or is_ahead(state, reading, at):
        return True
    if stream is None:
        return min(reading.taken_at, at) < staleness.given_until(state, reading.channel)
    if reading.device == stream.device and stream.gone_at is not None:
        return True
    return min(reading.taken_at, at) < staleness.lost_at(state, reading.channel, stream)
