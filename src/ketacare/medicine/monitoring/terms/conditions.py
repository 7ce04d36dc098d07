"""Conditions and the signals that tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.monitoring.terms.limits import Priority, Side
from ketacare.medicine.monitoring.terms.readings import Channel


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
class Answered:
    """An acknowledgement that can still be taken back (V5), and the latch it let go or kept from being."""

    at: datetime
    by: str
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """`since` is when it first began; `raised_at` when it reached its present priority."""

    key: str
    kind: Kind
    channel: Channel | None = None
    side: Side | None = None
    label: str = ""
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
    rows: Mapping[str, Mapping[str, Run]] = field(default_factory=dict)
    """Of what is measured now and then, the runs of each sender by itself; under no name that of all in their order.
    `runs` is what they come to together."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    quiet_since: datetime | None = None
    trace: Trace | None = None
    was: Trace | None = None  # the "was" line of a medium that ended beside a latched high
    answered: Answered | None = None

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
    label: str = ""
    value: Decimal | None = None
    limit: Decimal | None = None
    since: datetime | None = None
    by: str | None = None  # who struck out the value by which it was told
