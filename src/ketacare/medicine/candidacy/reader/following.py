"""Reads the sheet of what follows a decision."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy.terms.following import FollowingLines
from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Sheet

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"
_LATER = "told_before_acceptance_ends"
_OTHER_UNITS = {"wrong_dates": "1", "decide_exception_within": "h"}


@cache
def following_lines() -> FollowingLines:
    """The shipped times."""
    return following_from(read_sheet(_KNOWLEDGE / "following-1.toml"))


def following_from(sheet: Sheet) -> FollowingLines:
    """The times of a sheet; refused in another unit than they are counted in, or when nothing is left of them. A
    version from before a time was named takes that time as it ships."""
    body: Mapping[str, Any] = sheet.body
    later = body["acceptance"] if "acceptance" in body else {_LATER: getattr(following_lines(), _LATER)}
    figures = {**body["decision"], **body["clearance"], **later, **body["exception"]}
    faults = [
        f"{name} is {figure.value} {figure.unit}. Write it in {_OTHER_UNITS.get(name, 'd')}, above zero."
        for name, figure in figures.items()
        if figure.unit != _OTHER_UNITS.get(name, "d") or figure.value <= 0
    ]
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return FollowingLines(header=sheet.header, **figures)
