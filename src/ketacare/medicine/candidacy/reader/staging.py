"""Reads the sheet of staging."""

from collections.abc import Mapping
from typing import Any

from ketacare.medicine.candidacy.terms import Band, ScaleLines, StagingSheet
from ketacare.medicine.evidence.terms import Sheet


def staging_sheet_from(sheet: Sheet) -> StagingSheet:
    body: Mapping[str, Any] = sheet.body
    return StagingSheet(
        header=sheet.header,
        duration=_bands(body["maudsley_duration"]),
        severity=body["maudsley_severity"],
        failures=_bands(body["maudsley_failures"]),
        maudsley=body["maudsley"],
        bands=_bands(body["maudsley_bands"]),
        scales=tuple(ScaleLines(**row) for row in body["severity_scales"]),
        thase_rush=body["thase_rush"],
        thase_rush_lines=body["thase_rush_lines"],
        major_classes=body["major_classes"],
        mgh=body["mgh"],
        european=_bands(body["european"]),
    )


def _bands(rows: tuple[Mapping[str, Any], ...]) -> tuple[Band, ...]:
    return tuple(Band(row["name"], row.get("least"), row.get("most"), row.get("points")) for row in rows)
