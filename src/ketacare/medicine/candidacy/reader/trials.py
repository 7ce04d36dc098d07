"""Reads the sheet of adequate trials."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy.terms import Medicine, TrialLines
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Sheet

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"


@cache
def trial_lines() -> TrialLines:
    """The shipped adequate-dose table and the lines of the TRIAL rules."""
    return trial_lines_from(read_sheet(_KNOWLEDGE / "trials-1.toml"))


def trial_lines_from(sheet: Sheet) -> TrialLines:
    """The medicines and lines of a sheet, found by generic or brand name."""
    body: Mapping[str, Any] = sheet.body
    medicines = [_medicine(row) for row in body["medicines"]]
    augmenters = {name.casefold(): row["name"] for row in body["augmenters"] for name in _names(row)}
    by_name = {name.casefold(): medicine for medicine in medicines for name in medicine.names}
    return TrialLines(sheet.header, by_name, augmenters, body["lines"], body["enough"]["trials"])


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (row["name"], row["brand"]) if "brand" in row else (row["name"],)


def _medicine(row: Mapping[str, Any]) -> Medicine:
    forms: Mapping[str, Figure] = row.get("forms", {})
    return Medicine(
        id=row["id"],
        name=row["name"],
        names=_names(row),
        drug_class=row["class"],
        molecule=row.get("molecule", row["name"]),
        least=row["least"],
        least_by_form=forms,
        low=row.get("low"),
        level_least=row.get("level_least"),
        level_most=row.get("level_most"),
        days=row.get("days"),
    )
