"""Where this person's own lines lie now: beside each value, across the trend, and as a mark on each cell (A14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.medicine.monitoring.terms import Channel, Side

DRAWN = (Channel.HR, Channel.SPO2, Channel.NIBP_SYS, Channel.NIBP_DIA, Channel.RR)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The first line on either side, of any priority; and how much a value must move to be said to move."""

    low: Decimal | None
    high: Decimal | None
    band: Decimal

    def words(self) -> str:
        low, high = (None if one is None else f"{one.normalize():f}" for one in (self.low, self.high))
        if low and high:
            return f"{low}–{high}"
        return f"≥ {low}" if low else f"≤ {high}" if high else ""

    def side(self, value: Decimal) -> str | None:
        if self.low is not None and value < self.low:
            return "low"
        return "high" if self.high is not None and value > self.high else None


def of(session: Session) -> dict[Channel, Bounds]:
    """As the engine places them for this visit: moved lines, and lines from the person's own baseline, included."""
    lines, bands = monitoring.lines(session.visit)

    def first(channel: Channel, side: Side) -> Decimal | None:
        found = lines.get((channel, side), {}).values()
        return None if not found else (max if side is Side.LOW else min)(found)

    return {
        channel: Bounds(first(channel, Side.LOW), first(channel, Side.HIGH), bands.get(channel, Decimal(0)))
        for channel in DRAWN
    }


def words(bounds: Mapping[Channel, Bounds], *channels: Channel) -> str:
    """As it stands beside a value; a pressure has two parts."""
    return " / ".join(part for channel in channels if channel in bounds and (part := bounds[channel].words()))
