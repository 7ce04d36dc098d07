"""A cuff measures now and then; many monitors send its last values with every message, some part by part.

Taken for new each time, one measurement would pay every reading that falls due (H8, T5), and confirm itself (A16). So a
measurement is known by its sender and its own time. Where it has none, by its values: the same ones again are that
measurement, however long after and in whichever messages they come. A cuff that measures just the same twice is then
not believed twice: the reading stays owed, and a person types it. What differs in any part is another measurement, and
within one cycle all its parts belong to it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.terms import CUFF, Channel, Reading, Times


@dataclass(frozen=True, slots=True)
class Part:
    """What was last sent of one part, its own time by the monitor's clock if it has one, and when it last came."""

    value: Decimal
    stamp: datetime | None
    last: datetime


@dataclass(frozen=True, slots=True)
class Cuff:
    """What a monitor last sent of its cuff. `opened_at`: when the newest measurement without a time of its own began;
    `has`: its parts so far. `held`: parts that came after a silence with the value they had, which is that of a new
    measurement only if another part differs."""

    parts: Mapping[Channel, Part] = field(default_factory=dict)
    opened_at: datetime | None = None
    has: frozenset[Channel] = frozenset()
    held: Mapping[Channel, Reading] = field(default_factory=dict)


def heard(
    known: Cuff, readings: Iterable[Reading], times: Times, untimed: Collection[Channel] = CUFF
) -> tuple[Cuff, tuple[Reading, ...]]:
    """What is known after these readings of one message, and those that are new: parts of a pressure sent again are
    not. `untimed` are the channels that came without a time of their own."""
    # What is flagged invalid is no measurement: a valid one of the same numbers is not that one sent again.
    cuff = [one for one in readings if one.channel in CUFF and one.usable]
    others = [one for one in readings if one not in cuff]
    timed, by_value = (
        [one for one in cuff if (one.channel in untimed) is without_time] for without_time in (False, True)
    )
    new = [one for one in timed if not _is_stamped_again(known.parts.get(one.channel), one)]
    known = replace(known, parts={**known.parts, **{one.channel: _part(one, stamped=True) for one in new}})
    if by_value:
        known, more = _by_value(known, by_value, timedelta(seconds=times.cycle_s))
        new += more
    return known, (*others, *new)


def _is_stamped_again(part: Part | None, reading: Reading) -> bool:
    return part is not None and (part.stamp, part.value) == (reading.taken_at, reading.value)


def _part(reading: Reading, *, stamped: bool) -> Part:
    assert reading.value is not None
    return Part(reading.value, reading.taken_at if stamped else None, reading.taken_at)


def _by_value(known: Cuff, readings: list[Reading], cycle: timedelta) -> tuple[Cuff, list[Reading]]:
    at = max(one.taken_at for one in readings)
    differs = {one.channel for one in readings if not _is_same(known, one)}
    is_open = known.opened_at is not None and abs(at - known.opened_at) <= cycle
    held: dict[Channel, Reading] = {}
    if differs and not (is_open and not differs & known.has):  # a measurement begins
        new = [*_held_lately(known, readings, at, cycle), *readings]
        known = replace(known, opened_at=at, has=frozenset(one.channel for one in new))
    elif is_open:
        new = [one for one in readings if one.channel not in known.has]
        known = replace(known, has=known.has | {one.channel for one in new})
    else:
        new = []
        held = {one.channel: one for one in readings if at - known.parts[one.channel].last > cycle}
    kept = {c: one for c, one in known.held.items() if not new and at - one.taken_at <= cycle}
    parts = {one.channel: _sent_last(known.parts.get(one.channel), one) for one in readings}
    return replace(known, parts={**known.parts, **parts}, held={**kept, **held}), new


def _is_same(known: Cuff, reading: Reading) -> bool:
    part = known.parts.get(reading.channel)
    return part is not None and part.value == reading.value


def _held_lately(known: Cuff, readings: list[Reading], at: datetime, cycle: timedelta) -> list[Reading]:
    came = {one.channel for one in readings}
    return [one for c, one in known.held.items() if c not in came and timedelta() <= at - one.taken_at <= cycle]


def _sent_last(part: Part | None, reading: Reading) -> Part:
    """What comes out of order is no newer."""
    new = _part(reading, stamped=False)
    return new if part is None else replace(new, last=max(part.last, new.last))
