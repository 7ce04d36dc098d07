"""Turns this room's sheet into terms."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.therapy.terms import Placement

_SHEET = Path(__file__).parent / "knowledge" / "integration.toml"


@cache
def placement() -> Placement:
    return placement_from(read_sheet(_SHEET))


def placement_from(sheet: Sheet) -> Placement:
    window = sheet.body["window"]
    assert isinstance(window, Mapping)
    hours = [window[key] for key in ("opens", "closes", "skills_until")]
    if any(figure.unit != "h" for figure in hours) or not hours[0].value < hours[1].value <= hours[2].value:
        raise SheetRefused(
            sheet.header.id, ["window: opens, closes, skills_until are hours in that order. Correct them."]
        )
    return Placement(sheet.ref, hours[0], hours[1], hours[2], window["limit"])
