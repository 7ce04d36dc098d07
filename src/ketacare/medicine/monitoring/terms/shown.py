"""What a screen shows, and what a typed value was understood to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.monitoring.terms.limits import Priority
from ketacare.medicine.monitoring.terms.readings import Channel


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


class Tier(StrEnum):
    """What is wrong with a typed value: three words that never mean the same."""

    IMPOSSIBLE = "impossible"  # refused
    UNLIKELY = "unlikely"  # asked about once, kept if confirmed
    ABNORMAL = "abnormal"  # accepted and acted on


@dataclass(frozen=True, slots=True)
class Remark:
    """In this order on the screen: the field, the rule, the remedy (E1)."""

    field: str
    tier: Tier
    rule: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed, understood. `note` says back what goes with it: room air, litres of oxygen, the unit meant."""

    values: Mapping[Channel, Decimal]
    remarks: tuple[Remark, ...] = ()
    note: str = ""

    @property
    def accepted(self) -> bool:
        return bool(self.values) and not any(remark.tier is Tier.IMPOSSIBLE for remark in self.remarks)

    @property
    def to_confirm(self) -> tuple[Remark, ...]:
        return tuple(remark for remark in self.remarks if remark.tier is Tier.UNLIKELY)
