"""How far each device's clock is known to be off, kept from message to message (I9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ketacare.clinic.monitoring.models import DeviceClock
from ketacare.clinic.tenancy import bulk, prepared
from ketacare.medicine.monitoring.rules.clocks import Clock

KNOWN = ("device_id", "skew_ms", "skew_at", "other_ms", "other_since", "last_received_at")


def known_clocks(device_ids: Sequence[UUID]) -> tuple[dict[UUID, Clock], dict[UUID, datetime | None]]:
    """How far each device's clock is known to be off (I9), and when its last message was taken."""
    rows = prepared.found(DeviceClock, KNOWN, "device_id = any(%s)", [sorted(set(device_ids))])
    known = {row.device_id: row for row in rows}
    clocks = {device_id: _clock(known.get(device_id)) for device_id in device_ids}
    return clocks, {device_id: row.last_received_at for device_id, row in known.items()}


def _clock(row: DeviceClock | None) -> Clock:
    if row is None or row.skew_ms is None:
        return Clock()
    other = None if row.other_ms is None else timedelta(milliseconds=row.other_ms)
    return Clock(timedelta(milliseconds=row.skew_ms), row.skew_at, other, row.other_since)


def keep_clocks(organisation_id: UUID, clocks: Mapping[UUID, Clock], *, at: datetime, ways: Mapping[UUID, str]) -> None:
    bulk.put(
        [
            DeviceClock(
                device_id=device_id,
                organisation_id=organisation_id,
                skew_ms=_ms(clock.skew),
                skew_at=clock.seen_at,
                other_ms=_ms(clock.other),
                other_since=clock.other_since,
                last_received_at=at,
                way=ways[device_id],
            )
            for device_id, clock in sorted(clocks.items())
        ]
    )


def _ms(span: timedelta | None) -> int | None:
    return None if span is None else round(span / timedelta(milliseconds=1))
