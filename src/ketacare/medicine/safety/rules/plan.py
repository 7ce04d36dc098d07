"""How two versions of a safety plan differ, line by line: what a person added, and what they took out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ketacare.medicine.safety.terms import SafetyPlanSheet


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What of one field came and went, in the order of its version."""

    title: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


def plan_changes(before: Mapping[str, str], now: Mapping[str, str], sheet: SafetyPlanSheet) -> tuple[FieldChange, ...]:
    """Fields that differ, in the order of the plan. A line moved inside its field is no change."""
    found = []
    for field in sheet.fields:
        old, new = _lines(before.get(field.id, "")), _lines(now.get(field.id, ""))
        added = tuple(line for line in new if line not in old)
        removed = tuple(line for line in old if line not in new)
        if added or removed:
            found.append(FieldChange(field.title, added, removed))
    return tuple(found)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
