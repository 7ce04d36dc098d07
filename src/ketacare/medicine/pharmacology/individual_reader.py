"""Reads the sheet by which one person's measurements are weighed: molar masses, lines of support, scales of effects."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Sheet

_SHEET = Path(__file__).parent / "knowledge" / "individual-1.toml"
_DRIVEN_BY_EFFECT_SITE = "effect_site"
_HUNDRED = 100.0


@dataclass(frozen=True, slots=True)
class Support:
    """Shares of chance below which a change is supported, and above which measurements are in doubt; how many draws."""

    change: float
    doubt: float
    draws: int


@dataclass(frozen=True, slots=True)
class Scale:
    """An effect that people score: baseline + slope · C/(C + c50), C in ng/mL of arterial S-ketamine or behind it."""

    name: str
    title: str
    by_effect_site: bool
    c50: float
    baseline: float
    baseline_sd: float
    slope: float
    slope_sd: float
    strays: float  # SD of one score
    lowest: float
    highest: float


@cache
def sheet() -> Sheet:
    return read_sheet(_SHEET)


@cache
def support() -> Support:
    lines = _table("support")
    return Support(
        float(lines["change"].value) / _HUNDRED, float(lines["doubt"].value) / _HUNDRED, lines["draws"].integer
    )


@cache
def scales() -> Mapping[str, Scale]:
    return {name: _scale(name, row) for name, row in _table("effects").items()}


def scale(name: str) -> Scale:
    return scales()[name]


@cache
def ng_per_nmol(analyte: str) -> float:
    """How many ng are one nmol: the molar mass in g/mol. `analyte` is ketamine or norketamine, of either hand."""
    return float(_table("molar_mass")[analyte].value)


def _table(name: str) -> Mapping[str, Any]:
    body: Mapping[str, Any] = sheet().body
    found: Mapping[str, Any] = body[name]
    return found


def _scale(name: str, row: Mapping[str, Any]) -> Scale:
    numbers = {key: float(figure.value) for key, figure in row.items() if key not in ("title", "driver")}
    return Scale(name, row["title"], row["driver"] == _DRIVEN_BY_EFFECT_SITE, **numbers)
