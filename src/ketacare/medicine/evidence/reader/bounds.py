"""Reads how far a clinic's own figure may lie from the shipped one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader.sheets import read_sheet
from ketacare.medicine.evidence.terms import Bounds, Sheet, UnitBounds

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"


@cache
def bounds() -> Bounds:
    return bounds_from(read_sheet(_KNOWLEDGE / "amending-1.toml"))


def bounds_from(sheet: Sheet) -> Bounds:
    body: Mapping[str, Any] = sheet.body
    return Bounds(
        unlikely=body["factors"]["unlikely"].value,
        impossible=body["factors"]["impossible"].value,
        units={unit["name"]: _unit(unit) for unit in body["units"]},
        whole_units=frozenset(body["whole"]["units"]),
        not_counts=tuple(body["whole"]["not_counts"]),
        ordered=tuple((pair["least"], pair["most"]) for pair in body["ordered"]),
    )


def _unit(table: Mapping[str, Any]) -> UnitBounds:
    least, most = table["range"].values
    unlikely = table.get("unlikely")
    return UnitBounds(least, most, None if unlikely is None else unlikely.value)
