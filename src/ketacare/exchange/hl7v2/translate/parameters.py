"""The parameter map: which code is which channel, in which unit, and which numbers mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, cite, read_sheet
from ketacare.medicine.evidence.terms import Grade, Sheet

TENTH = Decimal("0.1")
Code = tuple[str, str]  # coding system, identifier


@dataclass(frozen=True, slots=True)
class Conversion:
    """From another unit, because the map says so: (value + offset) x factor, to a tenth."""

    unit: str
    offset: Decimal
    factor: Decimal

    def of(self, value: Decimal) -> Decimal:
        return ((value + self.offset) * self.factor).quantize(TENTH)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A channel as the map describes it."""

    channel: str
    unit: str
    zero_is_no_value: bool
    converts: tuple[Conversion, ...] = ()
    plausible: tuple[Decimal, Decimal] | None = None

    def taken(self, value: Decimal, unit: str | None) -> Decimal | None:
        """The value in the parameter's own unit; None when it came in one the map does not say how to convert."""
        if unit == self.unit:
            return value
        return next((one.of(value) for one in self.converts if one.unit == unit), None)

    def is_plausible(self, value: Decimal) -> bool:
        return self.plausible is None or self.plausible[0] <= value <= self.plausible[1]


@dataclass(frozen=True, slots=True)
class OwnAlarmWords:
    """By which codes a monitor says whether its own alarms are on, and what each of its words means."""

    codes: frozenset[Code]
    on: frozenset[str]
    off: Mapping[str, str]
    of_one_alert: frozenset[str]


@dataclass(frozen=True, slots=True)
class ParameterMap:
    """All the map knows. `names` holds the text that must accompany an identifier when both are known."""

    version: str
    parameters: Mapping[Code, Parameter]
    names: Mapping[Code, str]
    units: Mapping[str, str]
    no_value: frozenset[Decimal]
    not_a_measurement: Mapping[str, str]
    own_alarms: OwnAlarmWords

    def parameter(self, components: list[str]) -> Parameter | None:
        """The parameter of OBX-3, by its first coding or by its alternate one; None when unknown or contradictory."""
        codings = [_coding(components[start : start + 3]) for start in (0, 3) if len(components) > start]
        found = {found.channel: found for coding in codings if (found := self._known(*coding)) is not None}
        return next(iter(found.values())) if len(found) == 1 else None

    def _known(self, code: Code, text: str) -> Parameter | None:
        """A code with no system could be anybody's, so its text must agree; so must a standard name that is known."""
        parameter = self.parameters.get(code)
        name = self.names.get(code, "")
        if parameter is None or (not code[0] and text != name):
            return None
        named = self.parameters.get((code[0], text))
        return parameter if named is None or named == parameter else None

    def says_own_alarms(self, components: list[str]) -> bool:
        """Is OBX-3 about the monitor's own alarms, by its first coding or by its alternate one?"""
        codings = (_coding(components[start : start + 3])[0] for start in (0, 3) if len(components) > start)
        return any(code in self.own_alarms.codes for code in codings)

    def unit(self, components: list[str]) -> str | None:
        """The UCUM unit of OBX-6, or None when it is absent, unknown or says two different things."""
        said = {self.units[part.strip()] for part in components if part.strip() in self.units}
        return said.pop() if len(said) == 1 else None


def _coding(components: list[str]) -> tuple[Code, str]:
    identifier, text, system = (component.strip() for component in [*components, "", "", ""][:3])
    return (system, identifier), text


@cache
def shipped() -> ParameterMap:
    """The map that comes with ketacare."""
    return from_sheet(read_sheet(Path(__file__).parent.parent / "knowledge" / "parameters.toml"))


def from_sheet(sheet: Sheet) -> ParameterMap:
    """The map of a sheet, or SheetRefused with every entry that lacks a source or contradicts another."""
    body: Mapping[str, Any] = sheet.body
    faults: list[str] = []
    for name in ("units", "not_a_measurement", "own_alarms"):
        _graded(body[name], name, sheet, faults)
    parameters: dict[Code, Parameter] = {}
    names: dict[Code, str] = {}
    for place, row in enumerate(body["parameters"]):
        _graded(row, f"parameters[{place}]", sheet, faults)
        parameter = _parameter(row)
        for code, name in map(_entry, row["codes"]):
            names[code] = name
            for key in {code, (code[0], name)} if name and code[0] else {code}:
                if parameters.setdefault(key, parameter) != parameter:
                    faults.append(f"parameters[{place}]: {key} is mapped twice. Remove one.")
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return ParameterMap(
        version=sheet.header.version,
        parameters=parameters,
        names=names,
        units={spelling: ucum for ucum, spellings in body["units"]["ucum"].items() for spelling in spellings},
        no_value=frozenset(figure.value for figure in body["no_value"]["numbers"]),
        not_a_measurement=body["not_a_measurement"]["words"],
        own_alarms=_own_alarms(body["own_alarms"]),
    )


def _own_alarms(table: Mapping[str, Any]) -> OwnAlarmWords:
    codes = {key for code, name in map(_entry, table["codes"]) for key in (code, (code[0], name))}
    return OwnAlarmWords(frozenset(codes), frozenset(table["on"]), dict(table["off"]), frozenset(table["of_one_alert"]))


def _parameter(row: Mapping[str, Any]) -> Parameter:
    converts = tuple(
        Conversion(one["from"], one["offset"].value if "offset" in one else Decimal(), one["factor"].value)
        for one in row.get("converts", ())
    )
    plausible = row.get("plausible")
    return Parameter(
        row["channel"],
        row["ucum"],
        row.get("zero_is_no_value", False),
        converts,
        (plausible["low"].value, plausible["high"].value) if plausible else None,
    )


def _graded(row: Mapping[str, Any], place: str, sheet: Sheet, faults: list[str]) -> None:
    cite(row.get("source"), place, sheet.sources, faults)
    if row.get("grade") not in list(Grade):
        faults.append(f"{place}.grade: {row.get('grade')!r} is not one of V, S, M, D. Say how sure it is.")


def _entry(text: str) -> tuple[Code, str]:
    system, identifier, *name = text.split(":", 2)
    return (system, identifier), name[0] if name else ""
