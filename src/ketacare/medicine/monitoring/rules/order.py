"""Values in the order in which they happened (A1). What comes after a newer one, yet within the bound, takes its place
among the values lately judged, and what they amount to is counted again. Kept as long as such a one may come, and for a
clear time more; and the newest few in any case, as one of them may be struck out (I2).
"""

from dataclasses import replace
from datetime import timedelta

from ketacare.medicine.monitoring.terms import Channel, Judged, Reading, Run, State

KEPT = 8
KEPT_OF_SELDOM = 64  # of what is measured now and then: more than a session holds


def noted(state: State, channel: Channel, new: Judged) -> State:
    times, known = state.limits.times, state.recent.get(channel, ())
    if channel.intermittent:
        new = replace(new, came=1 + max((one.came or 0 for one in known), default=0))
    values = sorted((*known, new), key=lambda one: one.taken_at)
    horizon = values[-1].taken_at - timedelta(seconds=times.lateness_s + times.clear_s)
    newest = len(values) - (KEPT_OF_SELDOM if channel.intermittent else KEPT)
    kept = tuple(one for place, one in enumerate(values) if place >= newest or one.taken_at >= horizon)
    return replace(state, recent={**state.recent, channel: kept})


def forgotten(state: State, channel: Channel) -> State:
    """The channel is set aside: what it was before counts for nothing after (A9). Its place is kept: what happened
    earlier and comes later makes no row across it."""
    if channel not in state.recent:
        return state
    values = tuple(replace(one, beyond=(), counts=False) for one in state.recent[channel])
    return replace(state, recent={**state.recent, channel: values})


def not_beyond(state: State, channel: Channel, over: set[tuple[str, str]]) -> State:
    """What these senders measured is in no row of theirs beyond these lines any more."""
    values = tuple(
        _given_up(one, {line for sender, line in over if sender == one.sender}) for one in state.recent[channel]
    )
    return replace(state, recent={**state.recent, channel: values})


def _given_up(one: Judged, lines: set[str]) -> Judged:
    more = tuple(line for line in one.beyond if line in lines and line not in (one.given_up or ()))
    return replace(one, given_up=(*(one.given_up or ()), *more)) if more else one


def left_by(state: State, device: str) -> State:
    """What a sender gave before it was let go begins no row of its own."""
    recent = {
        channel: tuple(replace(one, left=True) if one.sender == device else one for one in values)
        for channel, values in state.recent.items()
    }
    return replace(state, recent=recent)


def aside(state: State, reading: Reading, sender: str) -> State:
    """A value that came while its channel was set aside: known, and judged by nobody (A9)."""
    assert reading.value is not None
    typed = True if reading.source == "hand" else None
    one = Judged(reading.taken_at, reading.value, (), (), sender=sender, counts=False, typed=typed)
    return noted(state, reading.channel, one)


def since_the_last_to_come(values: tuple[Judged, ...]) -> tuple[Judged, ...]:
    """Of what is measured now and then: another's may have been measured later, and come before."""
    last = max(range(len(values)), key=lambda place: values[place].came or 0, default=0)
    return values[last:] if values and values[last].came else ()


def run(known: Run, line_id: str, values: tuple[Judged, ...]) -> Run:
    """The unbroken row beyond this line up to the newest value; older than all that is kept, it began where it did."""
    row = []
    for one in reversed(values):
        if line_id not in one.beyond:
            break
        row.append(one.taken_at)
    goes_on = len(row) == len(values) and known.since < row[-1]
    last = max(known.last, row[0])
    return Run(known.since if goes_on else row[-1], last, len(set(row)) + goes_on, known.limit)


def stay(values: tuple[Judged, ...], line_ids: set[str]) -> list[Judged]:
    """The unbroken row inside these lines by the dead-band, oldest first; a gap breaks it."""
    row: list[Judged] = []
    for one in reversed(values):
        if not one.counts or line_ids & set(one.near) or (row and _is_gap(one, row[0])):
            break
        row.insert(0, one)
    return row


def _is_gap(before: Judged, after: Judged) -> bool:
    apart = (after.taken_at - before.taken_at).total_seconds()
    return after.gap_s is not None and apart >= after.gap_s
