"""What is kept between steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from ketacare.medicine.monitoring.terms.conditions import Condition
from ketacare.medicine.monitoring.terms.limits import Limits, Priority
from ketacare.medicine.monitoring.terms.readings import Channel, Quality, Reading


@dataclass(frozen=True, slots=True)
class Stream:
    """A channel that a paired device promises every `interval_s` seconds. `heard_at`: when its own last usable value
    happened; what a person types meanwhile is none. `gone_at`: the monitor was taken off while a dose acted.
    `given_by`: another that gives it since this one gave nothing more, though it promised nothing of it."""

    device: str
    interval_s: int
    since: datetime
    heard_at: datetime | None = None
    gone_at: datetime | None = None
    given_by: str = ""

    @property
    def giver(self) -> str:
        """Whose values count."""
        return self.given_by or self.device

    @property
    def taken_off_at(self) -> datetime | None:
        return None if self.given_by else self.gone_at


@dataclass(frozen=True, slots=True)
class Fault:
    """The channel sends, but nothing usable (T3, T7). `times` are of what it sent so lately that a usable value which
    happened in between may still come."""

    since: datetime
    quality: Quality
    reason: str
    times: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A channel nobody watches, with the name of who said so and why (A9)."""

    since: datetime
    by: str
    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class PauseInForce:
    """Which sounds are held back, until when (A8)."""

    since: datetime
    until: datetime
    by: str
    priority: Priority
    covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EmergencyInForce:
    """Since when only high alarms sound; it ends by itself when nobody acts any more (A20)."""

    since: datetime
    by: str
    acted_at: datetime


@dataclass(frozen=True, slots=True)
class Ask:
    """Something a person owes at a moment: a cuff reading, a sedation check (T5, T6)."""

    key: str
    label: str
    due_at: datetime
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class Calmed:
    """Since a pressure was beyond a line: how many measurements in a row were inside, and when the last was taken."""

    inside: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading already taken in, so that its twin is dropped (T8)."""

    device: str
    channel: Channel
    taken_at: datetime
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A value judged so lately that one which happened before it may still come: the lines it is beyond, and those it
    is not inside by the dead-band."""

    taken_at: datetime
    value: Decimal
    beyond: tuple[str, ...]
    near: tuple[str, ...]
    gap_s: float | None = None  # the one before it may lie so much earlier, and still nothing is unknown between
    sender: str = ""  # of what is measured now and then; what a person typed is anybody's
    counts: bool = True  # not what came while the channel was set aside, or before: no row goes on over it (A9)
    typed: bool | None = None  # by a person
    left: bool | None = None  # its sender was let go since: no row of that one begins with it (H4)
    given_up: tuple[str, ...] | None = None  # the lines beyond which it is in no row of its sender's any more (A4)
    came: int | None = None  # of what is measured now and then: in which place it came
    late: bool | None = None  # corrected too late to be beyond more lines than it was told to be (A13)


@dataclass(frozen=True, slots=True)
class Giver:
    """The monitor whose values of a channel count, and when its newest happened: so too where none promised it (H4)."""

    device: str
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """The whole watch over one session. Written as JSON and read back it is equal: a restart forgets nothing (A12)."""

    limits: Limits
    at: datetime
    baseline: Mapping[Channel, Decimal] = field(default_factory=dict)
    streams: Mapping[Channel, Stream] = field(default_factory=dict)
    latest: Mapping[Channel, Reading] = field(default_factory=dict)
    faults: Mapping[Channel, Fault] = field(default_factory=dict)
    seen: tuple[Seen, ...] = ()
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    asks: tuple[Ask, ...] = ()
    unwatched: Mapping[Channel, Unwatched] = field(default_factory=dict)
    pause: PauseInForce | None = None
    paused_at: tuple[datetime, ...] = ()
    dose_since: datetime | None = None
    recent: Mapping[Channel, tuple[Judged, ...]] = field(default_factory=dict)
    jumped: Mapping[Channel, Reading] = field(default_factory=dict)
    emergency: EmergencyInForce | None = None
    calmed: Calmed | None = None
    givers: Mapping[Channel, Giver] = field(default_factory=dict)
    watched_since: Mapping[Channel, datetime] = field(default_factory=dict)  # what was set aside and is so no more
    let_go: tuple[str, ...] = ()  # monitors paired no more: what yet comes of them is of no sender's row (H4, A4)
