"""Turns this room's sheets into terms."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Figure, Sheet, weakest
from ketacare.medicine.therapy.terms import Placed, Placement, Practice, Scaling, Skill, WindowSheet

_KNOWLEDGE = Path(__file__).parent / "knowledge"


@cache
def placement() -> Placement:
    """The house's own hours; one sheet has these and those that were studied."""
    return placement_from(read_sheet(_KNOWLEDGE / "windows.toml"))


def placement_from(sheet: Sheet) -> Placement:
    window = sheet.body["house"]
    assert isinstance(window, Mapping)
    hours = [window[key] for key in ("opens", "closes", "skills_until")]
    if any(figure.unit != "h" for figure in hours) or not hours[0].value < hours[1].value <= hours[2].value:
        raise SheetRefused(
            sheet.header.id, ["house: opens, closes, skills_until are hours in that order. Correct them."]
        )
    least = window["least_minutes"]
    if least.unit != "min" or least.value <= 0:
        raise SheetRefused(sheet.header.id, ["house: least_minutes is above zero, in min. Correct it."])
    every = window["every_after_induction"]
    if every.unit != "1" or every.value != int(every.value) or every.value < 1:
        raise SheetRefused(sheet.header.id, ["house: every_after_induction is a whole number above zero. Correct it."])
    return Placement(sheet.ref, hours[0], hours[1], hours[2], least, every, window["limit"])


@cache
def windows() -> WindowSheet:
    return windows_from(read_sheet(_KNOWLEDGE / "windows.toml"))


def windows_from(sheet: Sheet) -> WindowSheet:
    rows = tuple(_placed(row) for row in _rows(sheet, "rows"))
    faults = [fault for row in rows for fault in _faults(row)]
    if len({row.id for row in rows}) < len(rows):
        faults.append("rows: two have the same id. Name each once.")
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return WindowSheet(sheet.ref, rows, {row["id"]: row["words"] for row in _rows(sheet, "floor")})


def _placed(row: Mapping[str, Any]) -> Placed:
    figures = {key: row.get(key) for key in ("opens", "closes", "count", "most_minutes")}
    found = [figure for figure in figures.values() if isinstance(figure, Figure)]
    return Placed(row["id"], row["title"], row["what"], **figures, grade=weakest([one.grade for one in found]))


def _faults(row: Placed) -> list[str]:
    if (row.opens is None) != (row.closes is None):
        return [f"{row.id}: opens and closes stand together. Give both, or neither."]
    if row.opens is None or row.closes is None:
        return []
    faults: list[str] = []
    faults += [f"{row.id}: {one.unit} is not h. Write hours." for one in (row.opens, row.closes) if one.unit != "h"]
    if row.closes.value <= row.opens.value:
        faults.append(f"{row.id}.closes: is not after opens: the window has no length. Correct one of the two.")
    if row.opens.value < 0:
        faults.append(f"{row.id}.opens: lies before the dose. Work before a dose is preparation; leave it out here.")
    return faults


@cache
def scaling() -> Scaling:
    sheet = read_sheet(_KNOWLEDGE / "goals.toml")
    score: Any = sheet.body["score"]
    levels = {row["level"].replace("+", ""): row["words"] for row in _rows(sheet, "levels")}
    return Scaling(sheet=sheet.ref, **score, levels=levels, domains=_words(sheet, "domains"))


@cache
def practice() -> Practice:
    sheet = read_sheet(_KNOWLEDGE / "practice.toml")
    acts: Any = sheet.body["acts"]
    tables = ("checklist", "shown", "agenda", "out_of_scope", "missed", "said_by", "stamps", "music", "relapse")
    words: Any = {name: _words(sheet, name) for name in tables}
    return Practice(
        sheet=sheet.ref,
        **acts,
        **words,
        signs=tuple(row["words"] for row in _rows(sheet, "signs")),
        skills=tuple(Skill(**row) for row in _rows(sheet, "skills")),
    )


def _words(sheet: Sheet, name: str) -> Mapping[str, str]:
    table = sheet.body[name]
    assert isinstance(table, Mapping)
    return table


def _rows(sheet: Sheet, name: str) -> tuple[Mapping[str, Any], ...]:
    rows = sheet.body[name]
    assert isinstance(rows, tuple)
    return rows
