"""Turns this room's sheet into terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Figure, Series, Sheet
from ketacare.medicine.scheduling.terms import Kind, Lengths, Preparation, SiteRules, Watched

_SHEET = Path(__file__).parent / "knowledge" / "planning-1.toml"


@cache
def lengths() -> Lengths:
    return lengths_from(read_sheet(_SHEET))


def lengths_from(sheet: Sheet) -> Lengths:
    body: Any = sheet.body
    blocks = {route: _minutes(sheet, row["block"]) for route, row in body["chair"].items()}
    befores = {route: _minutes(sheet, row["before"]) for route, row in body["chair"].items()}
    if any(befores[route] >= block for route, block in blocks.items()):
        raise SheetRefused(sheet.header.id, ["chair: the dose begins after the chair is free. Correct the minutes."])
    site, course, eyes = body["site"], body["course"], body["watched"]
    watched = Watched(
        **{name: eyes[name].integer for name in ("acting", "recovery", "nasal", "large")},
        acts=_minutes(sheet, eyes["acts"]),
    )
    review: Series = course["review_after"]
    return Lengths(
        sheet=sheet.ref,
        site=SiteRules(_minutes(sheet, site["hands_on"]), watched, _minutes(sheet, site["end_before_closing"])),
        blocks=blocks,
        befores=befores,
        first_more=_minutes(sheet, body["first"]["more"]),
        others={Kind(name): _minutes(sheet, figure) for name, figure in body["minutes"].items()},
        preparations=tuple(_preparation(sheet, row) for row in body["preparation"]),
        owed_earliest=course["owed_earliest"].integer,
        owed_before_first=course["owed_before_first"].integer,
        review_after=(*(int(value) for value in review.values), course["review_at_the_end_of"].integer),
        review_within=course["review_within"].integer,
        stretch_most=course["stretch_most"].integer,
        remind_before=body["reminder"]["before"].integer,
        remind_after_dose=body["reminder"]["after_dose"].integer,
        notice=timedelta(hours=course["notice"].integer),
        escort_before=body["reminder"]["escort"].integer,
        morning=_hour(sheet, body["floor"]["morning"]),
        sits=frozenset(body["sits"]["protocols"]),
        large_over=_by_weight(sheet, eyes["large_over"]),
    )


def _preparation(sheet: Sheet, row: Mapping[str, Any]) -> Preparation:
    earliest, latest = row["earliest"], row["latest"]
    if (earliest.unit, latest.unit) != ("d", "d") or not 0 < latest.integer < earliest.integer:
        words = "preparation: stands from more days before the first dose to fewer, in d. Correct the days."
        raise SheetRefused(sheet.header.id, [words])
    return Preparation(earliest.integer, latest.integer)


def _hour(sheet: Sheet, figure: Figure) -> time:
    if figure.unit != "h" or not 0 < figure.value < 24:
        raise SheetRefused(sheet.header.id, ["floor.morning: is an hour of the day, 1 to 23, in h. Correct it."])
    return time(figure.integer)


def _by_weight(sheet: Sheet, figure: Figure) -> Decimal:
    if figure.unit != "mg/kg":
        raise SheetRefused(sheet.header.id, [f"{figure.value} {figure.unit}: is by weight, in mg/kg. Correct it."])
    return figure.value


def _minutes(sheet: Sheet, figure: Figure) -> timedelta:
    if figure.unit != "min":
        raise SheetRefused(sheet.header.id, [f"{figure.value} {figure.unit}: a length is in min. Correct the unit."])
    return timedelta(minutes=figure.integer)
