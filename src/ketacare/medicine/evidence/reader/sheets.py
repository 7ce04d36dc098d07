"""Loads knowledge sheets (TOML) and refuses one whose numbers cannot be defended.

No number stands alone: every integer or decimal in a sheet must be the `value` of a figure table
`{ value = 30, unit = "d", source = "L1", grade = "D" }`, and every source it names must be written out under
`[sources]`. All faults of a sheet are told at once, each with the path inside the file, the rule and the remedy.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader.listing import fault_of
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, SheetHeader, Source, Status

_HEADER_TEXT = ("id", "version", "title", "status", "author", "checker")
_HEADER_DATES = ("reviewed_on", "next_review_on")
_FIGURE_KEYS = frozenset({"value", "unit", "source", "grade"})


class SheetRefused(ValueError):
    """A sheet that cannot be used, with every fault: file, path inside it, rule, remedy."""

    def __init__(self, file: str, faults: list[str]) -> None:
        self.file = file
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{file}: {fault}" for fault in faults))


def read_sheet(path: Path) -> Sheet:
    """The sheet in this file, or SheetRefused with every fault at once."""
    table = table_in(path.read_text(encoding="utf-8"), path.name)
    sheet = sheet_from(table, path.name)
    if fault := fault_of(path, table):
        raise SheetRefused(path.name, [fault])
    return sheet


def table_in(text: str, file: str) -> dict[str, Any]:
    """The tables of a sheet's text, numbers exact."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        raise SheetRefused(file, [f"not readable as TOML: {fault}. Mend the line named."])


def sheet_from(table: Mapping[str, Any], file: str) -> Sheet:
    """The sheet in this already parsed table; numbers must be int or Decimal."""
    faults: list[str] = []
    header = _header(table.get("sheet", {}), faults)
    sources = _sources(table.get("sources", {}), faults)
    rest = {key: value for key, value in table.items() if key not in ("sheet", "sources")}
    body = {key: _figured(value, key, sources, faults) for key, value in rest.items()}
    if faults or header is None:
        raise SheetRefused(file, faults)
    return Sheet(header, sources, body, table)


def _header(table: Mapping[str, Any], faults: list[str]) -> SheetHeader | None:
    before = len(faults)
    for key in _HEADER_TEXT:
        if not isinstance(table.get(key), str) or not table[key].strip():
            faults.append(f"sheet.{key}: every sheet says its {key}. Add it as text.")
    for key in _HEADER_DATES:
        if type(table.get(key)) is not date:
            faults.append(f"sheet.{key}: every sheet says when it is reviewed. Add a date as 2026-07-14.")
    if len(faults) > before:
        return None
    if table["status"] not in list(Status):
        faults.append(f"sheet.status: {table['status']!r} is not one of {', '.join(Status)}. Choose one.")
        return None
    if table["next_review_on"] <= table["reviewed_on"]:
        faults.append("sheet.next_review_on: must be after reviewed_on. Correct one of the two dates.")
    return SheetHeader(
        **{key: table[key] for key in (*_HEADER_TEXT, *_HEADER_DATES)} | {"status": Status(table["status"])}
    )


def _sources(table: Mapping[str, Any], faults: list[str]) -> dict[str, Source]:
    sources = {}
    for label, citation in table.items():
        if isinstance(citation, str) and citation.strip():
            sources[label] = Source(label, citation)
        else:
            faults.append(f"sources.{label}: a source is its citation in words. Write author or label, year, where.")
    return sources


def _figured(value: Any, path: str, sources: Mapping[str, Source], faults: list[str]) -> Any:
    """The same tree with figure tables turned into figures; naked numbers are faults."""
    if isinstance(value, Mapping):
        if "value" in value or {"unit", "grade"} <= value.keys():
            return _figure(value, path, sources, faults)
        return {key: _figured(part, f"{path}.{key}", sources, faults) for key, part in value.items()}
    if isinstance(value, list):
        return tuple(_figured(part, f"{path}[{place}]", sources, faults) for place, part in enumerate(value))
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        faults.append(
            f"{path}: the number {value} stands alone. Write it as a figure with value, unit, source and grade."
        )
    return value


def _figure(
    table: Mapping[str, Any], path: str, sources: Mapping[str, Source], faults: list[str]
) -> Figure | Series | None:
    before = len(faults)
    for key in sorted(_FIGURE_KEYS - table.keys()):
        faults.append(f"{path}: the figure has no {key}. A figure needs value, unit, source and grade: add {key}.")
    for key in sorted(table.keys() - _FIGURE_KEYS):
        faults.append(f"{path}.{key}: a figure has only value, unit, source and grade. Move it out.")
    unit, grade = table.get("unit"), table.get("grade")
    series = isinstance(table.get("value"), list)
    numbers = table["value"] if series else [table["value"]] if "value" in table else []
    faults += [f"{path}.value: {n!r} is not a number. Write an exact number." for n in numbers if not _exact(n)]
    if "unit" in table and (not isinstance(unit, str) or not unit.strip()):
        faults.append(f'{path}.unit: empty. Write the unit, or "1" for a plain count.')
    if "grade" in table and grade not in list(Grade):
        faults.append(f"{path}.grade: {grade!r} is not one of V, S, M, D. Say how sure it is.")
    cited = cite(table["source"], path, sources, faults) if "source" in table else ()
    if len(faults) > before:
        return None
    exact = tuple(Decimal(number) for number in numbers)
    if series:
        return Series(exact, str(unit), cited, Grade(str(grade)))
    return Figure(exact[0], str(unit), cited, Grade(str(grade)))


def _exact(number: Any) -> bool:
    return isinstance(number, (int, Decimal)) and not isinstance(number, bool) and Decimal(number).is_finite()


def cite(labels: Any, path: str, sources: Mapping[str, Source], faults: list[str]) -> tuple[Source, ...]:
    """The sources named by one label or a list of them; unknown labels are faults."""
    named = [labels] if isinstance(labels, str) else labels
    if not isinstance(named, (list, tuple)) or not named:
        faults.append(f"{path}.source: names no source. Name one or more labels of [sources].")
        return ()
    for label in named:
        if label not in sources:
            faults.append(f"{path}.source: {label!r} is not under [sources]. Write its citation there.")
    return tuple(sources[label] for label in named if label in sources)
