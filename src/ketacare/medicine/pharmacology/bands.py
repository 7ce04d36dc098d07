"""How wide a band should be: what was observed against the band of one person and against that of a group, and the
population of the default model beside the same one worked out by another program."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from ketacare.medicine.pharmacology.comparison import Observed, body, case_of, course_of, in_ng, number, observed
from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.predictions import Cohort, Curve
from ketacare.medicine.pharmacology.terms import Band, Case, Dose, Drug, Patient, Route, Site

_PATIENTS, _SEED = 2000, 20261128
_GROUPS = 4000
_RUNS = 10  # crowds of the size of the figure: the mean of their percentiles strays by less than a tenth of a percent
_WHOLE = 0.5  # the figure is printed in whole numbers: what lies this near to one is printed as it


# --- what was observed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Banded:
    """A study's curve with the band of a measured value, to draw and to count what lies inside."""

    times_min: Array
    typical: Array
    low: Array
    high: Array


@cache
def band(study: str, analyte: str, until_min: float) -> Banded:
    """The course of a study's analyte and its measured-value band, in ng/mL, at even times."""
    one = next(row for row in observed() if row.study == study and row.analyte == analyte)
    times = np.linspace(0, until_min, 121)
    curve = _measured(one, times)
    assert curve.p05 is not None
    assert curve.p95 is not None
    return Banded(times, curve.typical, curve.p05, curve.p95)


@dataclass(frozen=True)
class Held:
    """How many observed concentrations lie inside their 90 % band, of how many."""

    inside: int
    of: int

    @property
    def percent(self) -> float:
        return 100 * self.inside / self.of

    @property
    def meets(self) -> bool:
        """Neither too narrow nor too wide."""
        return number("bars", "band_holds_least") <= self.percent <= number("bars", "band_holds_most")


@cache
def of_one_person() -> Held:
    """Every observed concentration against the band of a value measured in one person."""
    return _held([(one, _bounds(_people(one))) for one in _timed()])


@cache
def of_a_group() -> Held:
    """The same where it is known how many people stand behind a value: against the band of the median of so many.

    What is observed is a mean or median of a group. It strays from the typical patient by far less than one person
    does, so that the band of one person cannot be tested by it, and this one can. What reading a figure adds is left
    out: it would only widen the band.
    """
    random = np.random.default_rng(_SEED)
    rows = [one for one in _timed() if one.people]
    return _held([(one, _bounds(_medians(_people(one), int(one.people), random))) for one in rows])


def _timed() -> list[Observed]:
    return [one for one in observed() if one.metric == "concentration" and one.time_min is not None]


def _people(one: Observed) -> Array:
    curve = _measured(one, np.array([one.time_min]))
    assert curve.patients is not None
    return curve.patients[:, 0]


def _medians(people: Array, size: int, random: np.random.Generator) -> Array:
    """The medians of so many groups of this size, drawn from these people."""
    found: Array = np.median(random.choice(people, (_GROUPS, size)), axis=1)
    return found


def _bounds(values: Array) -> tuple[float, float]:
    low, high = np.percentile(values, (5, 95))
    return float(low), float(high)


def _held(rows: list[tuple[Observed, tuple[float, float]]]) -> Held:
    return Held(sum(low <= one.value * in_ng(one) <= high for one, (low, high) in rows), len(rows))


def _measured(one: Observed, times_min: Array) -> Curve:
    case = replace(case_of(one, list(times_min)), band=Band.MEASURED, patients=_PATIENTS, seed=_SEED)
    return course_of(case, one)


# --- the population of another program ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Percentile:
    """One number of the figure beside ours, ng/mL."""

    analyte: str
    band: Band
    time_min: float
    percentile: int
    given: float
    found: float

    @property
    def percent_off(self) -> float:
        return 100 * (self.found / self.given - 1)

    @property
    def meets(self) -> bool:
        allowed = number("bars", "population_error") / 100 * self.given
        return abs(self.found - self.given) <= max(allowed, _WHOLE)


@cache
def population() -> tuple[Percentile, ...]:
    """The usual infusion in virtual patients, each number of the figure beside ours."""
    return tuple(point for row in body()["population"] for point in _points(row))


def _points(row: Mapping[str, Any]) -> Iterator[Percentile]:
    band, time = Band(row["band"]), float(row["time"].value)
    ours = _percentiles(row["analyte"], band)[time]
    for percentile, found in zip((5, 50, 95), ours, strict=True):
        given = float(row[f"p{percentile:02}"].value)
        yield Percentile(row["analyte"], band, time, percentile, given, found)


@cache
def _percentiles(analyte: str, band: Band) -> Mapping[float, tuple[float, ...]]:
    """By minute: the mean of each percentile over the runs."""
    curves = [_cohort(band, run).curve(analyte) for run in range(1, _RUNS + 1)]
    bounds = [[curve.p05, curve.p50, curve.p95] for curve in curves if curve is not None]
    seen = np.array(bounds, dtype=float).mean(axis=0)
    return {time: tuple(float(value) for value in seen[:, place]) for place, time in enumerate(_times())}


def _times() -> tuple[float, ...]:
    return tuple(sorted({float(row["time"].value) for row in body()["population"]}))


def _cohort(band: Band, seed: int) -> Cohort:
    """The same dose to as many virtual patients, arterial."""
    weight, dose = number("assumed", "weight"), number("crowd", "dose")
    case = Case(
        patient=Patient(weight, age_years=number("assumed", "age")),
        regimen=(Dose(Drug.KETAMINE, Route.IV, 0.0, dose * weight, number("crowd", "duration")),),
        times_min=_times(),
        site=Site.ARTERIAL,
        band=band,
        patients=int(number("crowd", "patients")),
        seed=seed,
    )
    return Cohort.of(case)
