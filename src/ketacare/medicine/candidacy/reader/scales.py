"""Reads the sheet of scales: their bands, and the points of Child-Pugh."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ketacare.medicine.candidacy.terms import ChildPughLines, FactKind, ScaleSheet
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.terms import Series, Sheet

_RISING = {"bilirubin_umol_l": "bilirubin", "inr": "inr"}
_FALLING = {"albumin_g_l": "albumin"}
_GRADED = ("ascites", "encephalopathy")


def scale_sheet_from(sheet: Sheet, facts: Mapping[str, FactKind]) -> ScaleSheet:
    body: Mapping[str, Any] = sheet.body
    rows: Mapping[str, Any] = body["child_pugh"]
    lines = ChildPughLines(
        rising={fact: _pair(rows[key]) for fact, key in _RISING.items()},
        falling={fact: _pair(rows[key]) for fact, key in _FALLING.items()},
        graded={fact: rows[fact] for fact in _GRADED},
        points=tuple(int(value) for value in rows["points"].values),
        classes={name: _whole(rows[f"class_{name.lower()}"]) for name in "ABC"},
        valid_days=rows["valid"].integer,
    )
    unknown = sorted({*lines.findings, "child_pugh"} - facts.keys())
    if unknown:
        raise SheetRefused(sheet.header.id, [f"{name}: read here, not in facts-1. Describe it." for name in unknown])
    return ScaleSheet(sheet.header, lines, frozenset(lines.findings))


def _pair(series: Series) -> tuple[Decimal, Decimal]:
    low, high = series.values
    return low, high


def _whole(series: Series) -> tuple[int, int]:
    low, high = _pair(series)
    return int(low), int(high)
