"""How likely scores are at each rate of fading, of many people at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

import numpy as np
from scipy import sparse

from ketacare.medicine.outcomes.terms import Forecasting, Gains, Instrument, Point
from ketacare.medicine.outcomes.terms.forecast import Floats, Whole

HALF_LIVES = 121  # of the grid: neighbours are about five percent apart
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Errors:
    """What is the same for everybody: the scale's error, what doses differ by, the gains that people have, and the form
    of fading."""

    noise: float
    dose_to_dose: float
    gain_mean: float
    gain_spread: float
    form: float = 1.0


def half_lives(sheet: Forecasting) -> Floats:
    """The half-lives that are looked at, in days, from the shortest to the longest; evenly apart in their logarithm."""
    shortest, longest = (float(value) for value in sheet.half_life.values)
    return np.geomspace(shortest, longest, HALF_LIVES)


def left(day: Floats, half_life: Floats, form: float) -> Floats:
    """The share of a gain that is left so many days after a dose. (day, half_life)"""
    found: Floats = 0.5 ** ((day[:, None] / half_life[None, :]) ** form)
    return found


def day_left(share: float | Floats, half_life: Floats, form: float) -> Floats:
    """The day on which that share is left."""
    found: Floats = half_life * np.log2(1 / share) ** (1 / form)
    return found


def standard_error(instrument: Instrument) -> float | None:
    """Of one score: the deviation and reliability that reliable change is worked out from. None where unknown."""
    spread = instrument.spread
    if spread is None:
        return None
    return float(spread.deviation.value) * sqrt(1 - spread.reliability.value)


def gains_of(baseline: float, points: Sequence[Point], doses: Sequence[datetime], sheet: Forecasting) -> Gains:
    """The gain of every complete score after a dose: of one person."""
    given = sorted(doses)
    after = [(point, sum(dose <= point.at for dose in given)) for point in points if point.total is not None]
    after = [(point, number) for point, number in after if number]
    day = [(point.at - given[number - 1]) / DAY for point, number in after]
    number = np.array([number for _, number in after], dtype=np.int64)
    total = np.array([float(point.total or 0) for point, _ in after])
    told = Gains(np.zeros(len(after), dtype=np.int64), number, np.array(day, dtype=np.float64), baseline - total)
    return built_up(told, 1, sheet)


def of_everybody(
    whose: Whole, day: Floats, gain: Floats, dose_whose: Whole, dose_day: Floats, sheet: Forecasting
) -> Gains:
    """The same of many people; their scores and doses come in order of person, and then of day."""
    apart = 1 + float(max(np.max(np.abs(day), initial=0), np.max(np.abs(dose_day), initial=0)))
    place = np.searchsorted(2 * apart * dose_whose + dose_day, 2 * apart * whose + day, side="right")
    begins = np.searchsorted(dose_whose, whose, side="left")
    after = place > begins
    since = day[after] - dose_day[place[after] - 1]
    told = Gains(whose[after], (place - begins)[after], since, gain[after])
    return built_up(told, int(whose.max(initial=-1)) + 1, sheet)


def built_up(told: Gains, people: int, sheet: Forecasting) -> Gains:
    """Without the scores of doses before the effect has built up: their gains still rise from dose to dose, which
    would look like fading less. Of somebody who has had fewer doses, those of the last one that was scored."""
    last = np.zeros(people, dtype=np.int64)
    np.maximum.at(last, told.whose, told.dose)
    which = told.dose >= np.minimum(sheet.built_up.integer, last)[told.whose]
    return Gains(told.whose[which], told.dose[which], told.day[which], told.gain[which])


def log_likelihood(told: Gains, people: int, half_life: Floats, errors: Errors) -> Floats:
    """How likely the gains of each person are at each half-life, with their size and the baseline's error left open.
    (people, half-lives)

    The gains after a dose are (g + e) left(t) + b + noise: g the person's, e the dose's, b the baseline's error, all
    normal, so that what is left after summing over them has this closed form.
    """
    if not len(told.gain):
        return np.zeros((people, len(half_life)))
    of_dose, of_person = _sums(told, people)
    noise2, dose2, gain2 = errors.noise**2, errors.dose_to_dose**2, errors.gain_spread**2
    x = left(told.day, half_life, errors.form)
    y = told.gain[:, None] - errors.gain_mean * x
    xx, x1, xy = of_dose @ (x * x), of_dose @ x, of_dose @ (x * y)
    ones, y1, yy = (of_dose @ part for part in (np.ones_like(x), y, y * y))
    shrink = dose2 / (noise2 + dose2 * xx)
    pairs = ((xx, xx, xx), (x1, xx, x1), (ones, x1, x1), (xy, xx, xy), (y1, x1, xy), (yy, xy, xy))
    sxx, sx1, s11, sxy, s1y, syy = (of_person @ (plain - shrink * p * q) / noise2 for plain, p, q in pairs)
    spent = of_person @ (ones * np.log(noise2) + np.log1p(dose2 * xx / noise2))
    gxx, g11 = sxx + 1 / gain2, s11 + 1 / noise2
    det = gxx * g11 - sx1**2
    fitted = (g11 * sxy**2 - 2 * sx1 * sxy * s1y + gxx * s1y**2) / det
    count = of_person @ ones
    found: Floats = -0.5 * (
        syy - fitted + spent + np.log(det) + np.log(gain2) + np.log(noise2) + count * np.log(2 * np.pi)
    )
    return found


def _sums(told: Gains, people: int) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Matrices that add up the scores of each dose, and the doses of each person."""
    key = told.whose * (1 + int(told.dose.max())) + told.dose
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    count = len(told.whose)
    of_dose = sparse.csr_array((np.ones(count), (place, np.arange(count))), shape=(len(first), count))
    owner = told.whose[first]
    of_person = sparse.csr_array((np.ones(len(first)), (owner, np.arange(len(first)))), shape=(people, len(first)))
    return of_dose, of_person
