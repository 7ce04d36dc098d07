"""What was observed in people, and what the shipped models say of the same doses: the ratio, and whether it is a test.

The values are data (`knowledge/observed.csv`), the lines they are held to a sheet (`knowledge/validation-1.toml`).
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Grade, Sheet, Source
from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.individual_reader import ng_per_nmol
from ketacare.medicine.pharmacology.kinetics import areas
from ketacare.medicine.pharmacology.predictions import CURVES, Cohort, Curve
from ketacare.medicine.pharmacology.terms import Analyte, Case, Dose, Drug, Patient, Route, Site

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_FOREVER_MIN = 7 * 24 * 60.0
_FINE_MIN = 0.25
_A_DAY_MIN = 24 * 60.0
_HOUR_MIN = 60.0
_FILM = "film"


@dataclass(frozen=True)
class Observed:
    """One value of one study, as it was published, with what it takes to predict it."""

    study: str
    group: str
    analyte: str
    drug: Drug
    dose: str
    dose_unit: str
    route: str
    duration_min: str
    weight_kg: float | None
    site: Site
    metric: str
    time_min: float | None
    value: float
    unit: str
    spread: str
    spread_is: str
    people: str
    source: Source
    grade: Grade
    used: str

    @property
    def by(self) -> Route:
        return Route.SL if self.route == _FILM else Route(self.route)


@dataclass(frozen=True)
class Compared:
    """An observed value beside its prediction in the same unit; `meets` is None where no bar is asked, and `why` says
    why not."""

    observed: Observed
    predicted: float
    meets: bool | None
    bar: str
    why: str = ""

    @property
    def ratio(self) -> float:
        return self.predicted / self.observed.value


@cache
def sheet() -> Sheet:
    return read_sheet(_KNOWLEDGE / "validation-1.toml")


def body() -> Mapping[str, Any]:
    found: Mapping[str, Any] = sheet().body
    return found


def number(table: str, name: str) -> float:
    return float(body()[table][name].value)


@cache
def observed() -> tuple[Observed, ...]:
    """Every row of the data, in its order."""
    with (_KNOWLEDGE / "observed.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(_observed(row) for row in csv.DictReader(lines))


def _observed(row: Mapping[str, str]) -> Observed:
    texts = ("study", "group", "analyte", "dose", "dose_unit", "route", "duration_min", "metric", "unit", "spread")
    return Observed(
        **{name: row[name] for name in (*texts, "spread_is", "used")},
        drug=Drug(row["drug"]),
        weight_kg=float(row["weight_kg"]) if row["weight_kg"] else None,
        site=Site(row["site"]),
        time_min=float(row["time_min"]) if row["time_min"] else None,
        value=float(row["value"]),
        people=row["n"],
        source=sheet().sources[row["source"]],
        grade=Grade(row["grade"]),
    )


# --- the same doses, predicted --------------------------------------------------------------------------------------


def case_of(one: Observed, times_min: Sequence[float]) -> Case:
    """The doses of this row as a case: doses by weight for the weight of the study, devices apart as the label says."""
    weight = one.weight_kg or number("assumed", "weight")
    return Case(
        patient=Patient(weight, age_years=number("assumed", "age")),
        regimen=_doses(one, weight),
        times_min=tuple(times_min),
        site=one.site,
        conditions=(one.group,) if one.group == "asian" or one.metric == "auc_ratio" else (),
    )


def _doses(one: Observed, weight: float) -> tuple[Dose, ...]:
    amounts = [float(part) for part in one.dose.split()]
    if one.dose_unit == "mg/kg/h":  # steps of an hour each
        return tuple(
            Dose(one.drug, Route.IV, place * _HOUR_MIN, rate * weight, _HOUR_MIN) for place, rate in enumerate(amounts)
        )
    if one.by is Route.IN:
        device, apart = number("assumed", "device"), number("assumed", "devices_apart")
        count = round(amounts[0] / device)
        return tuple(Dose(one.drug, Route.IN, place * apart, device, 0.0, "spravato") for place in range(count))
    amount = amounts[0] * (weight if one.dose_unit == "mg/kg" else 1.0)
    lasts = float(one.duration_min) if one.duration_min else number("assumed", "bolus") * (one.by is Route.IV)
    return (Dose(one.drug, one.by, 0.0, amount, lasts, _FILM if one.route == _FILM else None),)


def predicted(one: Observed) -> float:
    """This value as the shipped models give it, in the unit of the row."""
    return _METRICS[one.metric](one)


def _at_a_time(one: Observed) -> float:
    if one.time_min is None:
        return _steady(one)
    return float(_curve(one, [one.time_min])[0]) / in_ng(one)


def _steady(one: Observed) -> float:
    """Where a rate (µg/kg/min) leads in the end: rate times the whole area of one dose, over that dose."""
    weight = number("assumed", "weight")
    rate_mg_h = float(one.dose) * weight * _HOUR_MIN / 1000
    unit = replace(one, dose="1", dose_unit="mg", duration_min="1")
    return rate_mg_h * _area(unit) / in_ng(one)


def _highest(one: Observed) -> float:
    return float(_curve(one, _fine(_A_DAY_MIN / 2)).max()) / in_ng(one)


def _highest_after_last(one: Observed) -> float:
    """Minutes from the last device to the peak."""
    times = _fine(_A_DAY_MIN / 4)
    last = case_of(one, times).regimen[-1].start_min
    return float(times[int(_curve(one, times).argmax())]) - last


def _area_until(one: Observed) -> float:
    area = _area(one, one.time_min)
    return area * _HOUR_MIN if one.unit == "ng*min/mL" else area


def _area_by_dose(one: Observed) -> float:
    return _area_until(one) / float(one.dose)


def _fraction(one: Observed) -> float:
    return _area(one) / _area(replace(one, route="iv"))


def _clearance(one: Observed) -> float:
    """mL/min/kg."""
    weight = one.weight_kg or number("assumed", "weight")
    mg = case_of(one, [1.0]).regimen[0].dose_mg
    return mg / _area(one) * 1e6 / _HOUR_MIN / weight


def _area_ratio(one: Observed) -> float:
    return _area(one) / _area(replace(one, group="", metric="auc"))


def _area(one: Observed, until_min: float | None = None) -> float:
    until = until_min or _FOREVER_MIN
    flows = Cohort.of(case_of(one, [until])).flows(*CURVES[one.analyte], None)
    return float(areas(flows, 1, until)[0])


def _curve(one: Observed, times_min: Sequence[float] | Array) -> Array:
    return course_of(case_of(one, [float(time) for time in times_min]), one).typical


def course_of(case: Case, one: Observed) -> Curve:
    curve = Cohort.of(case).curve(one.analyte)
    assert curve is not None, f"{one.study}: no row names what its model does not know"
    return curve


def _fine(until_min: float) -> list[float]:
    return [float(time) for time in np.arange(0, until_min + _FINE_MIN, _FINE_MIN)]


def in_ng(one: Observed) -> float:
    """How many ng/mL one unit of the row is."""
    if one.unit in ("nmol/mL", "umol/L"):
        return ng_per_nmol("ketamine" if CURVES[one.analyte][0] is Analyte.KETAMINE else "norketamine")
    return 1.0


_METRICS = {
    "concentration": _at_a_time,
    "cmax": _highest,
    "auc": _area_until,
    "auc_by_dose": _area_by_dose,
    "fraction": _fraction,
    "clearance": _clearance,
    "auc_ratio": _area_ratio,
    "tmax_after_last": _highest_after_last,
}

# --- held to the bars -----------------------------------------------------------------------------------------------


@cache
def compared() -> tuple[Compared, ...]:
    """Every row with its prediction and whether that is near enough; what is exempt says why."""
    return tuple(_compared(one) for one in observed())


def _compared(one: Observed) -> Compared:
    value = predicted(one)
    why = next((row["why"] for row in body()["exempt"] if _is_of(one, row)), "")
    if why:
        return Compared(one, value, None, "", why)
    kind = next(str(row["bar"]) for row in body()["studies"] if row["id"] == one.study)
    bar, meets = _BARS[kind](one, value)
    return Compared(one, value, meets, bar)


def _is_of(one: Observed, row: Mapping[str, str]) -> bool:
    return one.study == row["study"] and all(
        getattr(one, key) == row[key] for key in ("analyte", "route") if key in row
    )


def _by_curve(one: Observed, value: float) -> tuple[str, bool | None]:
    return "median error of the study", None


def _by_software(one: Observed, value: float) -> tuple[str, bool | None]:
    line = number("bars", "software_error")
    return f"within {line:g} %", bool(abs(value / one.value - 1) * 100 <= line)


def _by_factor(one: Observed, value: float) -> tuple[str, bool | None]:
    line = number("bars", "factor_oral_peak" if one.study == "A5" and one.route == "po" else "factor")
    return f"within a factor of {line:g}", bool(1 / line <= value / one.value <= line)


def _by_ratio(one: Observed, value: float) -> tuple[str, bool | None]:
    line = number("bars", "ratio_apart")
    return f"no further apart than {line:g}", bool(abs(value - one.value) <= line)


def _by_range(one: Observed, value: float) -> tuple[str, bool | None]:
    low, high = (float(part) for part in one.spread.split("-"))
    return f"inside {one.spread}", bool(low <= value <= high)


_BARS = {"curve": _by_curve, "software": _by_software, "factor": _by_factor, "ratio": _by_ratio, "range": _by_range}


def median_error(study: str, analyte: str) -> float:
    """Median absolute error of a study's curve in percent of what was observed."""
    ratios = [row.ratio for row in compared() if row.observed.study == study and row.observed.analyte == analyte]
    return 100 * median(abs(ratio - 1) for ratio in ratios)


def curve_meets(study: str, analyte: str) -> bool:
    return median_error(study, analyte) <= number("bars", "curve_error")
