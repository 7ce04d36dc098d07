"""The parameter map: which code is which channel, in which unit, and which numbers mean nothing."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, cast

from ketacare.exchange.mailroom.translate import Unusable

Code = tuple[str, str]  # coding system, identifier
GRADES = frozenset("VSMD")


class BadSheet(Exception):
    """The knowledge sheet is refused: an entry lacks a source or contradicts another."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A channel as the map describes it."""

    channel: str
    unit: str
    zero_is_no_value: bool
    source: str


@dataclass(frozen=True, slots=True)
class ParameterMap:
    """All the map knows. `names` holds the text that must accompany an identifier when both are known."""

    version: str
    parameters: Mapping[Code, Parameter]
    names: Mapping[Code, str]
    units: Mapping[str, str]
    no_value: frozenset[Decimal]
    not_a_measurement: Mapping[str, Unusable]

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
    sheet = resources.files("ketacare.exchange.hl7v2") / "knowledge" / "parameters.toml"
    return from_sheet(tomllib.loads(sheet.read_text("utf-8")))


def from_sheet(sheet: Mapping[str, Any]) -> ParameterMap:
    """A map from a parsed sheet, or BadSheet."""
    for table in (sheet["no_value"], sheet["not_a_measurement"], sheet["units"], *sheet["parameters"]):
        if not table.get("source") or table.get("grade") not in GRADES:
            raise BadSheet(f"{table.get('channel', 'a table')}: source and grade are required")
    parameters: dict[Code, Parameter] = {}
    names: dict[Code, str] = {}
    for row in sheet["parameters"]:
        parameter = Parameter(row["channel"], row["unit"], row.get("zero_is_no_value", False), row["source"])
        for code, name in map(_entry, row["codes"]):
            for key in {code, (code[0], name)} if name and code[0] else {code}:
                if parameters.setdefault(key, parameter) != parameter:
                    raise BadSheet(f"{key} is mapped twice")
            names[code] = name
    return ParameterMap(
        version=sheet["version"],
        parameters=parameters,
        names=names,
        units=_units(sheet["units"]),
        no_value=frozenset(Decimal(number) for number in sheet["no_value"]["value"]),
        not_a_measurement=cast("dict[str, Unusable]", dict(sheet["not_a_measurement"]["value"])),
    )


def _entry(text: str) -> tuple[Code, str]:
    system, identifier, *name = text.split(":", 2)
    return (system, identifier), name[0] if name else ""


def _units(table: Mapping[str, Any]) -> dict[str, str]:
    return {name: ucum for ucum, names in table.items() if isinstance(names, list) for name in names}
