"""Turns the sheets of this room into models, conditions, effects and landmarks; refuses one that lacks a part."""

from collections.abc import Mapping
from functools import cache
from math import log, sqrt
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, cite, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Sheet, Source, weakest
from ketacare.medicine.pharmacology.terms import (
    Analyte,
    BuiltOn,
    Condition,
    Devices,
    Drug,
    Landmark,
    Model,
    Parameter,
    Residual,
    Route,
    Site,
    Spread,
)

_KNOWLEDGE = Path(__file__).parent / "knowledge"
MODELS = (
    *("kamp-2020", "perez-ruixo-2021", "simons-2022", "otto-2021"),
    *("domino-1982", "clements-1981", "hijazi-2003"),
)
CONDITIONS, EFFECTS = "kinetic-conditions-1", "drug-effects-1"
STANDARD_WEIGHT_KG = 70.0
_MINUTES = 60.0
_CHANGED = ("clint", "gut", "clearance", "widen")
# From the unit of a sheet to the engine's: L, L/h, 1/h, h, or a share.
_UNITS = {
    **dict.fromkeys(("1", "L", "L/h", "1/h", "h"), 1.0),
    **dict.fromkeys(("L/min", "1/min"), _MINUTES),
    "min": 1 / _MINUTES,
    "L/kg": STANDARD_WEIGHT_KG,
}


@cache
def model(name: str) -> Model:
    """The shipped model of this id or alias, in any case; KeyError when there is none."""
    return _by_name()[name.strip().lower()]


def knows(name: str) -> bool:
    """Is there a model of this id or alias?"""
    return name.strip().lower() in _by_name()


@cache
def models() -> tuple[Model, ...]:
    """Every shipped model, the defaults first."""
    return tuple(model_from(read_sheet(_KNOWLEDGE / f"{name}.toml")) for name in MODELS)


@cache
def _by_name() -> dict[str, Model]:
    return {name.lower(): one for one in models() for name in (one.id, *one.aliases)}


def model_from(sheet: Sheet) -> Model:
    """The model a sheet holds, or SheetRefused naming what is absent or wrong."""
    try:
        return _model(sheet, sheet.body)
    except KeyError as absent:
        raise SheetRefused(sheet.header.id, [f"{absent.args[0]}: the model lacks it. Add it."])
    except ValueError as wrong:
        raise SheetRefused(sheet.header.id, [str(wrong)])


def _model(sheet: Sheet, body: Mapping[str, Any]) -> Model:
    main = body["model"]
    return Model(
        header=sheet.header,
        structure=main["structure"],
        aliases=main["aliases"],
        words=main["words"],
        drugs=tuple(map(Drug, main["drugs"])),
        given_as=Drug(main["given_as"]),
        routes=tuple(map(Route, main["routes"])),
        sites=tuple(map(Site, main["sites"])),
        for_clinics=main["clinic"],
        parameters=tuple(_parameter(name, row) for name, row in body["constants"].items()),
        correlations={
            (row["one"], row["other"]): float(row["correlation"].value) for row in body.get("correlations", ())
        },
        residual=_residuals(body.get("residual", {})),
        clearance_of={Drug.ESKETAMINE: 1.0, Drug.ARKETAMINE: 1.0} | _enantiomers(body.get("enantiomers", {})),
        built_on=_built_on(body["built_on"]),
        devices=_devices(body["devices"]) if "devices" in body else None,
        ancestry={name: _numbers(row) for name, row in body.get("ancestry", {}).items()},
        liver_flow_by_age=_by_age(body.get("age")),
        molar_ratios=_ratios(body.get("molar_mass")),
        built_from=_built_from(body["built_on"], body.get("enantiomers", {})),
    )


def _built_from(*tables: Mapping[str, Any]) -> tuple[Source, ...]:
    figures = (row for table in tables for row in table.values() if isinstance(row, Figure))
    return tuple(dict.fromkeys(source for figure in figures for source in figure.sources))


def _parameter(name: str, row: Mapping[str, Any]) -> Parameter:
    typical = row["typical"]
    if typical.unit not in _UNITS:
        raise ValueError(f"constants.{name}: in {typical.unit}, not one of {', '.join(_UNITS)}. Correct the unit.")
    by_weight = typical.unit == "L/kg"
    exponent = float(row["weight_exponent"].value) if "weight_exponent" in row else float(by_weight)
    return Parameter(
        name=name,
        title=row["title"],
        typical=float(typical.value) * _UNITS[typical.unit],
        weight_exponent=exponent,
        omega=_omega(row),
        spread=Spread.LOGIT if "logit_sd" in row else Spread.LOG,
        route=Route(row["route"]) if "route" in row else None,
        figures={key: value for key, value in row.items() if isinstance(value, Figure)},
    )


def _omega(row: Mapping[str, Any]) -> float | None:
    """SD of eta: as printed, or from a coefficient of variation in percent of a log-normal parameter."""
    for key in ("omega", "logit_sd"):
        if key in row:
            return float(row[key].value)
    if "cv" in row:
        return sqrt(log(1 + (float(row["cv"].value) / 100) ** 2))
    return None


def _residuals(table: Mapping[str, Any]) -> dict[Analyte, Residual]:
    return {
        analyte: Residual(float(table[analyte].value), float(table[plus].value) if plus in table else 0.0)
        for analyte in Analyte
        for plus in [f"{analyte}_plus"]
        if analyte in table
    }


def _enantiomers(table: Mapping[str, Any]) -> dict[Drug, float]:
    names = {"S": Drug.ESKETAMINE, "R": Drug.ARKETAMINE}
    return {names[key]: float(figure.value) for key, figure in table.items()}


def _built_on(table: Mapping[str, Any]) -> BuiltOn:
    keys = ("age_low", "age_high", "weight_low", "weight_high", "infusion_most")
    return BuiltOn(*(float(table[key].value) for key in keys))


def _devices(table: Mapping[str, Any]) -> Devices:
    return Devices(*(float(table[key].value) for key in ("dose", "apart", "afresh")))


def _by_age(table: Mapping[str, Any] | None) -> tuple[float, float] | None:
    return (float(table["over"].value), float(table["Qh_per_year"].value)) if table else None


def _ratios(masses: Mapping[str, Any] | None) -> tuple[float, float]:
    if masses is None:
        return 1.0, 1.0
    ketamine, norketamine, hydroxynorketamine = (masses[analyte].value for analyte in Analyte)
    return float(norketamine / ketamine), float(hydroxynorketamine / ketamine)


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(figure.value) for name, figure in row.items() if isinstance(figure, Figure)}


# --- what changes a course, and what concentrations mean ------------------------------------------------------------


@cache
def conditions() -> Mapping[str, Condition]:
    """Every shipped condition by its name and its aliases."""
    return conditions_from(_sheet(CONDITIONS))


def conditions_from(sheet: Sheet) -> Mapping[str, Condition]:
    """The conditions a sheet holds, or SheetRefused naming what one lacks."""
    faults: list[str] = []
    body: Mapping[str, Any] = sheet.body
    try:
        found = [_condition(name, row, sheet, faults) for name, row in body["conditions"].items()]
    except KeyError as absent:
        raise SheetRefused(sheet.header.id, [f"{absent.args[0]}: a condition lacks it. Add it."])
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return {name: one for one in found for name in (one.name, *one.aliases)}


def _condition(name: str, row: Mapping[str, Any], sheet: Sheet, faults: list[str]) -> Condition:
    figures = {key: row[key] for key in _CHANGED if key in row}
    if figures:
        cited = tuple(dict.fromkeys(source for figure in figures.values() for source in figure.sources))
    else:
        cited = cite(row["source"], f"conditions.{name}", sheet.sources, faults)
    numbers = {key: float(figures[key].value) if key in figures else None for key in _CHANGED}
    return Condition(
        name=name,
        title=row["title"],
        aliases=row["aliases"],
        words=row["words"],
        **numbers,
        ancestry=row.get("ancestry", ""),
        refused=row.get("refused", False),
        refused_by=tuple(map(Route, row.get("refused_by", ()))),
        routes=tuple(map(Route, row.get("routes", ()))),
        excludes=tuple(row.get("excludes", ())),
        grade=weakest([figure.grade for figure in figures.values()]) if figures else Grade(row["grade"]),
        sources=cited,
    )


@cache
def elderly_from() -> float:
    """The age from which the upper end of a nasal band is moved."""
    return _numbers(_table(CONDITIONS, "elderly"))["from_age"]


@cache
def landmarks() -> tuple[Landmark, ...]:
    """What ranges of racemic ketamine in plasma mean."""
    return tuple(
        Landmark(name, row["title"], row["low"], row["high"]) for name, row in _table(EFFECTS, "landmarks").items()
    )


@cache
def effect_figures(table: str) -> Mapping[str, Figure]:
    """The figures of one table of the effects: dissociation, drug_high, pressure, alarm, plausible and the others."""
    return {name: row for name, row in _table(EFFECTS, table).items() if isinstance(row, Figure)}


@cache
def effect_numbers(table: str) -> Mapping[str, float]:
    """The same as numbers, in the units of the sheet."""
    return _numbers(_table(EFFECTS, table))


def _table(sheet: str, name: str) -> Mapping[str, Any]:
    body: Mapping[str, Any] = _sheet(sheet).body
    table: Mapping[str, Any] = body[name]
    return table


@cache
def _sheet(name: str) -> Sheet:
    return read_sheet(_KNOWLEDGE / f"{name}.toml")


def plain_name(words: str) -> str:
    """A condition as a sheet writes it: St John's wort -> st_johns_wort."""
    return "_".join("".join(c if c.isalnum() else " " for c in words.lower().replace("'", "").replace("’", "")).split())
