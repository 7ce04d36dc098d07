"""The words of the watch, after IEC 60601-1-8: a *condition* is a fact about patient or system, a *signal* is how
people are told.

Every moment is an aware `datetime`, handed in from outside; durations are whole seconds. Values are exact `Decimal`s in
the unit of their channel. Everything here is frozen: a state is a value, and a mapping in it is never changed in place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum


class Channel(StrEnum):
    """What is measured. Its value is also its name in messages and recordings."""

    HR = "HR"
    PR = "PR"
    SPO2 = "SPO2"
    RR = "RR"
    NIBP_SYS = "NIBP_SYS"
    NIBP_DIA = "NIBP_DIA"
    NIBP_MEAN = "NIBP_MEAN"
    ABP_SYS = "ABP_SYS"
    ABP_DIA = "ABP_DIA"
    ABP_MEAN = "ABP_MEAN"
    TEMP = "TEMP"
    ETCO2 = "ETCO2"
    MOAAS = "MOAAS"
    DISTRESS = "DISTRESS"

    @property
    def label(self) -> str:
        return _ABOUT[self].label

    @property
    def unit(self) -> str:
        """UCUM."""
        return _ABOUT[self].unit

    @property
    def loinc(self) -> str | None:
        return _ABOUT[self].loinc

    @property
    def mdc(self) -> int | None:
        """The ISO/IEEE 11073-10101 code."""
        return _ABOUT[self].mdc

    @property
    def intermittent(self) -> bool:
        """Measured now and then: it has a time, and never goes stale as a stream does (T5)."""
        return _ABOUT[self].intermittent

    @property
    def pressure(self) -> bool:
        return self in PRESSURES

    @property
    def mean_pressure(self) -> bool:
        return self in (Channel.NIBP_MEAN, Channel.ABP_MEAN)


@dataclass(frozen=True, slots=True)
class _About:
    label: str
    unit: str
    loinc: str | None
    mdc: int | None
    intermittent: bool = False


_ABOUT = {
    Channel.HR: _About("Heart rate", "/min", "8867-4", 147842),
    Channel.PR: _About("Pulse rate", "/min", "8889-8", 149530),
    Channel.SPO2: _About("SpO2", "%", "59408-5", 150456),
    Channel.RR: _About("Respiratory rate", "/min", "9279-1", 151578),
    Channel.NIBP_SYS: _About("Systolic pressure", "mm[Hg]", "8480-6", 150021, True),
    Channel.NIBP_DIA: _About("Diastolic pressure", "mm[Hg]", "8462-4", 150022, True),
    Channel.NIBP_MEAN: _About("Mean pressure", "mm[Hg]", "8478-0", 150023, True),
    Channel.ABP_SYS: _About("Arterial systolic", "mm[Hg]", "8480-6", 150037),
    Channel.ABP_DIA: _About("Arterial diastolic", "mm[Hg]", "8462-4", 150038),
    Channel.ABP_MEAN: _About("Arterial mean", "mm[Hg]", "8478-0", 150039),
    Channel.TEMP: _About("Temperature", "Cel", "8310-5", 150344, True),
    Channel.ETCO2: _About("End-tidal CO2", "mm[Hg]", "19891-1", 151708),
    Channel.MOAAS: _About("Sedation MOAA/S", "{score}", None, None, True),
    Channel.DISTRESS: _About("Distress", "{score}", None, None, True),
}

CUFF = (Channel.NIBP_SYS, Channel.NIBP_DIA, Channel.NIBP_MEAN)
ARTERIAL_LINE = (Channel.ABP_SYS, Channel.ABP_DIA, Channel.ABP_MEAN)
PRESSURES = CUFF + ARTERIAL_LINE


class Quality(StrEnum):
    GOOD = "good"
    BAD = "bad"  # the device doubts it
    NONE = "none"  # probe off, lead off, no measurement
    IMPLAUSIBLE = "implausible"  # we doubt it (T7)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one channel: when it happened by a clock corrected for skew, and when it reached us."""

    channel: Channel
    value: Decimal | None
    taken_at: datetime
    received_at: datetime
    quality: Quality = Quality.GOOD
    reason: str = ""
    source: str = "device"
    device: str = ""

    def __post_init__(self) -> None:
        if self.taken_at.tzinfo is None or self.received_at.tzinfo is None:
            raise TypeError(f"{self.channel}: a reading's times need their zone.")
        if self.value is None and self.quality is Quality.GOOD:
            raise ValueError(f"{self.channel}: a reading without a value cannot be good. Give its quality.")

    @property
    def usable(self) -> bool:
        return self.value is not None and self.quality is Quality.GOOD


# --- limits -----------------------------------------------------------------------------------------------------------


class Priority(IntEnum):
    """By harm and speed of onset (IEC 60601-1-8, table 1)."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Side(StrEnum):
    LOW = "low"
    HIGH = "high"


class Timing(StrEnum):
    """How a crossing becomes an alarm: after a delay, or by the three lines of intermittent pressure (A16)."""

    CONTINUOUS = "continuous"
    NOTICE = "notice"  # first reading: `first_priority`; second: `priority`
    CONFIRM = "confirm"  # first reading: `first_priority`; still beyond minutes later: `priority`
    SINGLE = "single"  # one reading: `priority`


@dataclass(frozen=True, slots=True)
class Range:
    low: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"Range: low {self.low} must be under high {self.high}.")

    def holds(self, value: Decimal) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One line. Either a threshold, or a change from the patient's own baseline (points, or percent)."""

    id: str
    channel: Channel
    side: Side
    timing: Timing
    priority: Priority
    first_priority: Priority | None = None
    threshold: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    and_beyond: Decimal | None = None
    or_equal: bool = False
    delay_s: int = 0

    def __post_init__(self) -> None:
        given = [part for part in (self.threshold, self.change, self.change_percent) if part is not None]
        if len(given) != 1:
            raise ValueError(f"{self.id}: a line is a threshold, a change or a percentage. Give exactly one.")
        if self.timing is not Timing.CONTINUOUS and self.delay_s:
            raise ValueError(f"{self.id}: only a continuous line has a delay. Remove it.")
        if self.timing in (Timing.NOTICE, Timing.CONFIRM) and self.first_priority is None:
            raise ValueError(f"{self.id}: says nothing of the first reading. Give first_priority.")


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds. Their sources stand in the sheet."""

    lateness_s: int
    clear_s: int
    acknowledge_s: int
    pause_s: int
    pause_renewal_window_s: int
    was_line_s: int
    stale_s: int
    lost_s: int
    lost_high_s: int
    confirm_s: int
    confirm_slack_s: int
    repeat_s: int
    due_early_s: int
    late_s: int
    missed_s: int
    supervisor_s: int
    after_dose_s: int
    unwatched_s: int


@dataclass(frozen=True, slots=True)
class Limits:
    """One adopted set: all that a step needs to judge, so a kept state can be judged again with what held then."""

    id: str
    version: str
    lines: tuple[LimitLine, ...]
    dead_bands: Mapping[Channel, Decimal]
    plausible: Mapping[Channel, Range]
    signs: Mapping[str, Priority]
    times: Times

    def __post_init__(self) -> None:
        for channel in {line.channel for line in self.lines}:
            lows, highs = self._thresholds(channel, Side.LOW), self._thresholds(channel, Side.HIGH)
            if lows and highs and max(lows) >= min(highs):
                raise ValueError(f"{self.id}: {channel} low {max(lows)} must be under high {min(highs)}.")

    def _thresholds(self, channel: Channel, side: Side) -> list[Decimal]:
        return [t for line in self.of(channel, side) if (t := line.threshold) is not None]

    def of(self, channel: Channel, side: Side) -> tuple[LimitLine, ...]:
        return tuple(line for line in self.lines if line.channel is channel and line.side is side)


# --- conditions and signals -------------------------------------------------------------------------------------------


class Kind(StrEnum):
    PHYSIOLOGICAL = "physiological"
    TECHNICAL = "technical"
    DUE = "due"


class Presence(StrEnum):
    ABSENT = "absent"
    PENDING = "pending"
    PRESENT = "present"
    CLEARING = "clearing"


class SignalState(StrEnum):
    OFF = "off"
    ON = "on"
    ACKNOWLEDGED = "acknowledged"
    LATCHED = "latched"


@dataclass(frozen=True, slots=True)
class Run:
    """An unbroken row of readings beyond one line."""

    since: datetime
    last: datetime
    count: int
    limit: Decimal


@dataclass(frozen=True, slots=True)
class Trace:
    """What an ended condition leaves: high stays latched until acknowledged, medium is a silent "was" line (A6)."""

    priority: Priority
    since: datetime
    ended_at: datetime
    extreme: Decimal | None


@dataclass(frozen=True, slots=True)
class Condition:
    """`since` is when it first began; `raised_at` when it reached its present priority."""

    key: str
    kind: Kind
    channel: Channel | None = None
    side: Side | None = None
    presence: Presence = Presence.ABSENT
    priority: Priority | None = None
    rule: str = ""
    since: datetime | None = None
    raised_at: datetime | None = None
    clear_since: datetime | None = None
    value: Decimal | None = None
    limit: Decimal | None = None
    extreme: Decimal | None = None
    runs: Mapping[str, Run] = field(default_factory=dict)
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    quiet_since: datetime | None = None
    trace: Trace | None = None

    @property
    def present(self) -> bool:
        """A condition that is clearing has not ended (A4)."""
        return self.presence in (Presence.PRESENT, Presence.CLEARING)

    @property
    def latched(self) -> bool:
        return self.trace is not None and self.trace.priority is Priority.HIGH


@dataclass(frozen=True, slots=True)
class Signal:
    """One change people or the log are told of. `priority` is that reached, or the one it had when it ended."""

    at: datetime
    condition: str
    kind: Kind
    presence: Presence
    state: SignalState
    sounding: bool
    priority: Priority | None
    rule: str
    channel: Channel | None = None
    value: Decimal | None = None
    limit: Decimal | None = None
    since: datetime | None = None


# --- what is kept between steps ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stream:
    """A channel that a paired device promises every `interval_s` seconds."""

    device: str
    interval_s: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """The channel sends, but nothing usable (T3, T7)."""

    since: datetime
    quality: Quality
    reason: str


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
class Ask:
    """Something a person owes at a moment: a cuff reading, a sedation check (T5, T6)."""

    key: str
    label: str
    due_at: datetime
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading already taken in, so that its twin is dropped (T8)."""

    device: str
    channel: Channel
    taken_at: datetime
    value: Decimal | None


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


# --- what the step is given -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrived:
    """Readings of one message; a pressure's parts belong in one."""

    at: datetime
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledge:
    at: datetime
    condition: str
    by: str


@dataclass(frozen=True, slots=True)
class Pause:
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Unpause:
    at: datetime


@dataclass(frozen=True, slots=True)
class SetLimits:
    at: datetime
    limits: Limits


@dataclass(frozen=True, slots=True)
class SetBaseline:
    at: datetime
    baseline: Mapping[Channel, Decimal]


@dataclass(frozen=True, slots=True)
class Pair:
    at: datetime
    device: str
    channels: tuple[Channel, ...]
    interval_s: int = 1


@dataclass(frozen=True, slots=True)
class Unpair:
    at: datetime
    device: str


@dataclass(frozen=True, slots=True)
class DoseActing:
    """A dose begins to act, or (at discharge) no longer does: losses and missed checks weigh more meanwhile."""

    at: datetime
    acting: bool


@dataclass(frozen=True, slots=True)
class Observe:
    """A person sees a sign, or that it is over (A17)."""

    at: datetime
    sign: str
    by: str
    present: bool = True


@dataclass(frozen=True, slots=True)
class Unwatch:
    at: datetime
    channel: Channel
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rewatch:
    at: datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class Schedule:
    """The acts still owed; replaces those known before."""

    at: datetime
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """A person did what was asked, or gave a reason for leaving it out."""

    at: datetime
    ask: str


Given = (
    Arrived
    | Tick
    | Acknowledge
    | Pause
    | Unpause
    | SetLimits
    | SetBaseline
    | Pair
    | Unpair
    | DoseActing
    | Observe
    | Unwatch
    | Rewatch
    | Schedule
    | Done
)


# --- what a screen shows ----------------------------------------------------------------------------------------------


class Freshness(StrEnum):
    LIVE = "live"
    STALE = "stale"
    LOST = "lost"
    BAD_QUALITY = "bad quality"
    NOT_MONITORED = "not monitored"
    INTERMITTENT = "intermittent"


@dataclass(frozen=True, slots=True)
class Shown:
    """One number's place on a screen. Without a `value` it shows dashes, and `last_value` with its time (T1, T2)."""

    channel: Channel
    freshness: Freshness
    value: Decimal | None
    last_value: Decimal | None
    taken_at: datetime | None
    age_s: int | None
    reason: str = ""
    priority: Priority | None = None
