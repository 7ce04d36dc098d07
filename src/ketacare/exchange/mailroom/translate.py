"""The words every standard is translated into: an observation, and what could not become one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

NO_SENSOR = frozenset({"sentinel", "no value"})


@dataclass(frozen=True, slots=True)
class Observation:
    """What a device reported of one channel, in our terms.

    `unusable` says why it is kept and yet is no measurement; empty for a good one, and then there is a value.
    """

    channel: str
    value: Decimal | None
    unit: str
    taken_at: datetime | None
    code: str
    where: str
    unusable: str = ""
    device_words: str = ""
    has_own_time: bool = True
    """Its own, and not that of the message it came in."""
    has_group_time: bool = False
    """It has none of its own, and its group has one (OBR-7)."""

    @property
    def usable(self) -> bool:
        return not self.unusable

    @property
    def absent(self) -> bool:
        """The device had no sensor or no measurement, rather than a doubtful one."""
        return self.unusable in NO_SENSOR


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A parameter the map does not know: kept raw and reported, never guessed at (H24)."""

    code: str
    value: str
    unit: str
    where: str


@dataclass(frozen=True, slots=True)
class OwnAlarms:
    """Whether the monitor's own alarms are on, as it says itself; if not, in which words (T3)."""

    on: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a part of a message, or all of it, was refused: where, which rule (an HL7 table 0357 code), in words."""

    where: str
    code: str
    words: str


class Unreadable(Exception):
    """The whole message is refused. `takable` is False when a repeat could never help (answered AR, not AE)."""

    def __init__(self, fault: Fault, *, takable: bool = True) -> None:
        super().__init__(fault.words)
        self.fault = fault
        self.takable = takable


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sent a message and under which number, as far as could be read."""

    senders: tuple[str, ...] = ()
    control_id: str = ""
    sent_at: str = ""
    held: timedelta = timedelta()
    """How long something at the bedside says it had it before there was a line."""
    names_station_only: bool = False
    """No bed and no equipment: two monitors behind one station cannot be told apart by it."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What a message said: values in our terms, parameters not known to us, and parts refused with the reason."""

    envelope: Envelope
    observations: Sequence[Observation] = ()
    unmapped: Sequence[Unmapped] = ()
    faults: Sequence[Fault] = ()
    own_alarms: OwnAlarms | None = None

    @property
    def says_something(self) -> bool:
        """A value, or how the monitor's own alarms are: something for a chart or its watch."""
        return bool(self.observations) or self.own_alarms is not None
