"""Reads the sheet of what is told before consent."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy.terms.consent import ConsentElement, ConsentSheet
from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Sheet

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"
_FOR = ("all", "racemic", "esketamine", "home")


@cache
def consent() -> ConsentSheet:
    """The shipped elements of consent."""
    return consent_from(read_sheet(_KNOWLEDGE / "consent-1.toml"))


def consent_from(sheet: Sheet) -> ConsentSheet:
    """The elements of a sheet; refused when one names no known source or product."""
    body: Mapping[str, Any] = sheet.body
    faults = [
        f"elements.{name}: {problem}" for name, row in body["elements"].items() for problem in _problems(row, sheet)
    ]
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    elements = tuple(
        ConsentElement(name, row["title"], row["for"], (sheet.sources[row["source"]],), Grade(row["grade"]))
        for name, row in body["elements"].items()
    )
    lines = {name: _line(body, name) for name in ("time_to_think", "after_dose", "anew_after")}
    return ConsentSheet(sheet.header, elements, **lines)


def _line(body: Mapping[str, Any], name: str) -> Figure:
    """A version from before a line was named takes it as it ships."""
    named: Mapping[str, Figure] = body.get("lines", {})
    return named[name] if name in named else getattr(consent(), name)


def _problems(row: Mapping[str, Any], sheet: Sheet) -> list[str]:
    found = []
    if row.get("source") not in sheet.sources:
        found.append(f"{row.get('source')!r} is not under [sources]. Write it out there.")
    if row.get("for") not in _FOR:
        found.append(f"for is {row.get('for')!r}. Choose one of {', '.join(_FOR)}.")
    return found
