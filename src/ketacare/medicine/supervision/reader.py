"""Turns this room's sheets into terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Sheet
from ketacare.medicine.supervision.terms import Ladder, Rung, Watching

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_UNITS = {"s": 1, "min": 60}


@cache
def ladder() -> Ladder:
    return ladder_from(read_sheet(_KNOWLEDGE / "ladder.toml"))


@cache
def watching() -> Watching:
    return watching_from(read_sheet(_KNOWLEDGE / "watching.toml"))


def ladder_from(sheet: Sheet) -> Ladder:
    """The rungs stand in the order they are taken; one that would come before the one above it does not load."""
    high, medium = _rungs(sheet, "high"), _rungs(sheet, "medium")
    for rungs in (high, medium):
        if [rung.after for rung in rungs] != sorted(rung.after for rung in rungs):
            raise ValueError("ladder: a later rung comes earlier than the one before it. Put them in their order.")
    if not any(rung.card for rung in high):
        raise ValueError("ladder: no rung of a high alarm shows the emergency card. Let the last one.")
    return Ladder(sheet.header, _span(_times(sheet)["confirmed_within"]), high, medium)


def watching_from(sheet: Sheet) -> Watching:
    times, most = _times(sheet), sheet.body["most"]
    assert isinstance(most, Mapping)
    spans = {name: _span(figure) for name, figure in times.items()}
    return Watching(sheet.header, **spans, chairs_most=most["chairs"].integer)


def _rungs(sheet: Sheet, name: str) -> tuple[Rung, ...]:
    rows = sheet.body[name]
    assert isinstance(rows, tuple)
    return tuple(_rung(row) for row in rows)


def _rung(row: Mapping[str, Any]) -> Rung:
    return Rung(row["id"], row["title"], _span(row["after"]), row["role"], row["card"])


def _times(sheet: Sheet) -> Mapping[str, Figure]:
    table = sheet.body["times"]
    assert isinstance(table, Mapping)
    return table


def _span(figure: Figure) -> timedelta:
    if figure.unit not in _UNITS:
        raise ValueError(f"times: in {figure.unit}, not in s or min. Write seconds or minutes.")
    return timedelta(seconds=figure.integer * _UNITS[figure.unit])
