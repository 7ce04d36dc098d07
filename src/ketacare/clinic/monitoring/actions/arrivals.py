"""What a gateway hands on of one message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms import Reading as Value


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one message brought of one device, with the kept message it came in."""

    device_id: UUID
    message: int
    sent_at: datetime
    received_at: datetime
    readings: tuple[Value, ...]
    held: timedelta = timedelta()  # how long an agent at the bedside had it
    cuff_without_time: frozenset[Channel] = frozenset()  # of their own: they come under the time of the message
    cuff_by_group: frozenset[Channel] = frozenset()  # of these without, those whose group has a time (OBR-7)
    way: str = ""  # by which it came
    own_alarms: tuple[bool, str] | None = None  # whether the device's own are on, as it says itself, and its words

    @property
    def heard_at(self) -> datetime:
        """When it left the device, by our clock, as far as anybody knows."""
        return self.received_at - self.held
