"""What the step is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ketacare.medicine.monitoring.terms.limits import Limits
from ketacare.medicine.monitoring.terms.readings import Channel, Reading
from ketacare.medicine.monitoring.terms.state import Ask


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
class TakeBack:
    """The acknowledgement just pressed was a slip (V5)."""

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
class Emergency:
    """One press: the event's clock runs, and only high alarms sound (A20). Pressed again it is an act of the event."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class EmergencyOver:
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class MonitorAlarms:
    """A monitor says that its own alarms are off or paused, or on again (T3)."""

    at: datetime
    device: str
    on: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SharedName:
    """Another machine sends under this monitor's name: nobody knows which of them is at this chair (H4)."""

    at: datetime
    device: str


@dataclass(frozen=True, slots=True)
class NewAddress:
    """This monitor, silent for longer than a value lives, sends again and from somewhere else (H4)."""

    at: datetime
    device: str


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


@dataclass(frozen=True, slots=True)
class Retract:
    """A value was struck out: from now on it is none (I1, I2). Corrected, another takes its place `instead`."""

    at: datetime
    reading: Reading
    by: str
    instead: Reading | None = None


Given = (
    Arrived
    | Tick
    | Acknowledge
    | TakeBack
    | Pause
    | Unpause
    | SetLimits
    | SetBaseline
    | Pair
    | Unpair
    | DoseActing
    | Observe
    | Emergency
    | EmergencyOver
    | MonitorAlarms
    | SharedName
    | NewAddress
    | Unwatch
    | Rewatch
    | Schedule
    | Done
    | Retract
)
