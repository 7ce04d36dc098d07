"""Why what is asked for before leaving may go untaken, and in which words that stands in the record (H12, E4)."""

from __future__ import annotations

from collections.abc import Collection

from ketacare.clinic.dosing.queries import flowsheet, schedule

DECLINED, DEVICE_FAULT, OTHER = "Patient declined", "Device fault", "Another reason"
BY_DEVICE = frozenset(schedule.LABELS[key] for key, *_ in flowsheet.MEASURED)


def reasons(owed: Collection[str]) -> tuple[str, ...]:
    """Those that are offered, by the names of what was not taken. No device is needed for what a person scores."""
    faults = (DEVICE_FAULT,) if BY_DEVICE.issuperset(owed) else ()
    return DECLINED, *faults, OTHER


def scored(owed: Collection[str]) -> list[str]:
    return [name for name in owed if name not in BY_DEVICE]
