"""Whose clock to believe (I9).

A message says when the device sent it; we know when it came. The difference is the skew of its clock plus the time on
the way. Time on the way is never negative, so a smaller difference is believed at once; and a message that waited, in a
cable fault or in the device for hours, is late, not skewed. A larger difference that lasts a minute, the same all the
while, is believed to be the clock's; what waited comes in with less and less of it.

The skew is kept as it was first seen, and times are corrected by whole seconds, or not at all when it is small: so a
value that is sent again, sooner or later, gets the time it had.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ketacare.medicine.monitoring.terms import Quality, Reading

WARNS_OVER = timedelta(seconds=30)
TRUSTED_UP_TO = timedelta(seconds=60)
SETTLES_IN = timedelta(seconds=60)
SAME = timedelta(seconds=2)
SAME_WHEN_HELD = timedelta(seconds=12)  # an agent waits 10 s for its answer: so long a message may lie on its wire
OLDEST = timedelta(hours=48)
SECOND = timedelta(seconds=1)
ROUNDED = timedelta(milliseconds=1)  # an agent says to the thousandth for how long it held a message
NOT_TRUSTED = "device time not trusted"


@dataclass(frozen=True, slots=True)
class Clock:
    """How far a device's clock is behind ours, and when that was last seen."""

    skew: timedelta | None = None
    seen_at: datetime | None = None
    other: timedelta | None = None  # a larger difference, not yet believed
    other_since: datetime | None = None

    @property
    def trusted(self) -> bool:
        return self.skew is None or abs(self.skew) <= TRUSTED_UP_TO

    @property
    def shift(self) -> timedelta:
        """What is added to the device's times."""
        if self.skew is None or timedelta() <= self.skew <= SAME:
            return timedelta()
        return self.skew // SECOND * SECOND

    @property
    def words(self) -> str:
        """What to say of it; empty when there is nothing to say."""
        if self.skew is None or abs(self.skew) <= WARNS_OVER:
            return ""
        seconds = round(abs(self.skew).total_seconds())
        return f"device clock {seconds} s off" if self.trusted else NOT_TRUSTED


def heard(clock: Clock, sent_at: datetime, received_at: datetime, *, held: bool = False) -> Clock:
    """The clock after one more message. What an agent held may have waited before a busy server, once handed on: of
    the difference, no more than was known is the clock's."""
    skew = received_at - sent_at
    if held and timedelta() <= skew <= SAME_WHEN_HELD:
        skew = min(skew, max(SAME, clock.skew or timedelta()))
    if clock.skew is None or clock.seen_at is None or skew < clock.skew - SAME:
        return Clock(skew, received_at)
    if skew - clock.skew <= (SAME_WHEN_HELD if held else SAME):
        return Clock(clock.skew, max(clock.seen_at, received_at))
    if clock.other is None or clock.other_since is None or abs(skew - clock.other) > SAME:
        return replace(clock, other=skew, other_since=received_at)
    return Clock(skew, received_at) if received_at - clock.other_since > SETTLES_IN else clock


def corrected(reading: Reading, clock: Clock, sent_at: datetime) -> Reading:
    """The reading at its time by our clock, never in the future; with a word where the device's time was not used."""
    if not clock.trusted:
        return replace(
            reading, taken_at=reading.received_at - _age(reading, sent_at), reason=_said(reading, NOT_TRUSTED)
        )
    taken_at = reading.taken_at + clock.shift
    if taken_at > reading.received_at + ROUNDED:
        taken_at = reading.received_at
    if reading.received_at - taken_at > OLDEST or reading.taken_at - reading.received_at > TRUSTED_UP_TO:
        quality = Quality.BAD if reading.quality is Quality.GOOD else reading.quality
        return replace(reading, taken_at=reading.received_at, quality=quality, reason=_said(reading, NOT_TRUSTED))
    return replace(reading, taken_at=taken_at, reason=_said(reading, clock.words))


def _age(reading: Reading, sent_at: datetime) -> timedelta:
    """How old the value was when it was sent: both times are of the same clock, however wrong it is."""
    age = sent_at - reading.taken_at
    return age if timedelta() <= age <= OLDEST else timedelta()


def _said(reading: Reading, words: str) -> str:
    return "; ".join(part for part in (reading.reason, words) if part)
