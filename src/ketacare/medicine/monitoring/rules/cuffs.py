"""A cuff measures now and then; many monitors send its last values with every message, some part by part.

Taken for new each time, one measurement would pay every reading that falls due (H8, T5), and confirm itself (A16). So a
measurement is known by its sender and its own time. Where it has none, by its values: the same ones again are that
measurement, however long after and in whichever messages they come. What differs in any part is another measurement,
and within one cycle all its parts belong to it.

A cuff that measures just the same twice is believed twice where it shows that it sends each measurement once: other
messages came in between without it, and it was never seen to send anything again. A third time the same, it is one that
does. Of all others the reading stays owed, the page says so, and a person types it.

The time of a group of values (OBR-7) is a time of its own where it was seen to stay while the message's moved on: then
the same numbers at another are a new measurement, once, until that too is seen to stay. Where both move on together it
may be no more than another clock's, or a gateway's that is busy: it adds nothing to the values.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.rules.clocks import SAME
from ketacare.medicine.monitoring.terms import CUFF, Channel, Reading, Times


@dataclass(frozen=True, slots=True)
class Part:
    """What was last sent of one part, its own time by the monitor's clock if it has one, and when it last came; of the
    time of a group, by how much it lay before the message's."""

    value: Decimal
    stamp: datetime | None
    last: datetime
    lag_s: int | None = None
    stays: bool = False  # the time of its group was seen to stay while messages went on

    @property
    def moment(self) -> datetime:
        return self.stamp or self.last


@dataclass(frozen=True, slots=True)
class Cuff:
    """What a monitor last sent of its cuff. `opened_at`: when the newest measurement without a time of its own began;
    `has`: its parts so far. `held`: parts that came after a silence with the value they had, which is that of a new
    measurement only if another part differs."""

    parts: Mapping[Channel, Part] = field(default_factory=dict)
    opened_at: datetime | None = None
    has: frozenset[Channel] = frozenset()
    held: Mapping[Channel, Reading] = field(default_factory=dict)
    repeats: bool = False  # it was seen to send a measurement again
    same_twice: bool = False  # its newest measurement had the numbers of the one before
    same_at: datetime | None = None  # when numbers came again that may be a new measurement's, and were not believed


@dataclass(frozen=True, slots=True)
class Coming:
    """How a message came. `untimed` are the channels without a time of their own, `grouped` those of them whose group
    has one; `others_came` whether the monitor sent messages without its cuff since it last sent it."""

    untimed: Collection[Channel] = CUFF
    grouped: Collection[Channel] = ()
    sent_at: datetime | None = None
    others_came: bool = False


def heard(
    known: Cuff, readings: Iterable[Reading], times: Times, coming: Coming = Coming()
) -> tuple[Cuff, tuple[Reading, ...]]:
    """What is known after these readings of one message, and those that are new: parts of a pressure sent again are
    not."""
    # What is flagged invalid is no measurement: a valid one of the same numbers is not that one sent again.
    cuff = [one for one in readings if one.channel in CUFF and one.usable]
    others = [one for one in readings if one not in cuff]
    cycle = timedelta(seconds=times.cycle_s)
    stayed = {one.channel: replace(known.parts[one.channel], stays=True) for one in cuff if _stayed(known, one, coming)}
    known = replace(known, parts={**known.parts, **stayed})
    timed = [one for one in cuff if one.channel not in coming.untimed or _is_apart(known, one, coming, cycle)]
    by_value = [one for one in cuff if one not in timed]
    new = [one for one in timed if not _is_stamped_again(known, one)]
    known = replace(known, same_at=None) if new else known
    known = replace(known, parts={**known.parts, **{one.channel: _stamped(one, coming) for one in new}})
    if by_value:
        known, more = _by_value(known, by_value, cycle, coming)
        new += more
    return known, (*others, *new)


def _is_stamped_again(known: Cuff, reading: Reading) -> bool:
    part = known.parts.get(reading.channel)
    return part is not None and part.value == reading.value and part.moment == reading.taken_at


def _is_apart(known: Cuff, reading: Reading, coming: Coming, cycle: timedelta) -> bool:
    """The time of its group is its own: that of the measurement before was seen to stay, and this is not the same one
    sooner than a cuff measures twice."""
    part = known.parts.get(reading.channel)
    if part is None or not part.stays or _lag_s(reading, coming) is None:
        return False
    return part.value != reading.value or not timedelta() < reading.taken_at - part.moment <= cycle


def _stayed(known: Cuff, reading: Reading, coming: Coming) -> bool:
    """Its time is what it was, and the message's is not."""
    part, lag_s = known.parts.get(reading.channel), _lag_s(reading, coming)
    if part is None or part.lag_s is None or lag_s is None or part.moment != reading.taken_at:
        return False
    return lag_s - part.lag_s > SAME.total_seconds()


def _lag_s(reading: Reading, coming: Coming) -> int | None:
    if reading.channel not in coming.grouped or coming.sent_at is None:
        return None
    return round((coming.sent_at - reading.taken_at).total_seconds())


def _stamped(reading: Reading, coming: Coming) -> Part:
    assert reading.value is not None
    return Part(reading.value, reading.taken_at, reading.taken_at, _lag_s(reading, coming))


def _by_value(known: Cuff, readings: list[Reading], cycle: timedelta, coming: Coming) -> tuple[Cuff, list[Reading]]:
    at = max(one.taken_at for one in readings)
    differs = {one.channel for one in readings if not _is_same(known, one)}
    is_open = known.opened_at is not None and abs(at - known.opened_at) <= cycle
    if not differs and any(_comes_again(known, one, cycle) for one in readings):
        known = replace(known, repeats=True)
    is_old = not differs and all(at - known.parts[one.channel].last > cycle for one in readings)
    held: dict[Channel, Reading] = {}
    if is_old and not is_open and coming.others_came and not known.repeats and not known.same_twice:
        new = list(readings)
        known = replace(known, opened_at=at, has=frozenset(one.channel for one in new), same_twice=True, same_at=None)
    elif differs and not (is_open and not differs & known.has):  # a measurement begins
        new = [*_held_lately(known, readings, at, cycle), *readings]
        known = replace(known, opened_at=at, has=frozenset(one.channel for one in new), same_twice=False, same_at=None)
    elif is_open:
        new = [one for one in readings if one.channel not in known.has]
        known = replace(known, has=known.has | {one.channel for one in new})
    else:
        new = []
        held = {one.channel: one for one in readings if at - known.parts[one.channel].last > cycle}
        if held:
            is_third = known.same_twice and coming.others_came and is_old
            known = replace(known, same_at=at, repeats=known.repeats or is_third)
    kept = {c: one for c, one in known.held.items() if not new and at - one.taken_at <= cycle}
    parts = {one.channel: _sent_last(known.parts.get(one.channel), one, coming) for one in readings}
    return replace(known, parts={**known.parts, **parts}, held={**kept, **held}), new


def _comes_again(known: Cuff, reading: Reading, cycle: timedelta) -> bool:
    """Sooner than a cuff measures twice, and not as a part that the measurement going on has not got."""
    since = reading.taken_at - known.parts[reading.channel].last
    return reading.channel in known.has and timedelta() < since <= cycle


def _is_same(known: Cuff, reading: Reading) -> bool:
    part = known.parts.get(reading.channel)
    return part is not None and part.value == reading.value


def _held_lately(known: Cuff, readings: list[Reading], at: datetime, cycle: timedelta) -> list[Reading]:
    came = {one.channel for one in readings}
    return [one for c, one in known.held.items() if c not in came and timedelta() <= at - one.taken_at <= cycle]


def _sent_last(part: Part | None, reading: Reading, coming: Coming) -> Part:
    """What comes out of order is no newer; at the same moment it lay first as far before the message as it did."""
    assert reading.value is not None
    new = Part(reading.value, None, reading.taken_at, _lag_s(reading, coming))
    if part is None:
        return new
    lag_s = part.lag_s if part.moment == new.last else new.lag_s
    return replace(new, last=max(part.last, new.last), lag_s=lag_s)
