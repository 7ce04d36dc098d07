"""The forecast of one person: their own scores, and the clinic's where theirs say little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, ndtri

from ketacare.medicine.outcomes.rules.forecast.fading import (
    Errors,
    built_up,
    day_left,
    gains_of,
    half_lives,
    left,
    log_likelihood,
    standard_error,
)
from ketacare.medicine.outcomes.rules.scoring import bounds
from ketacare.medicine.outcomes.terms import (
    Ahead,
    Forecast,
    Forecasting,
    Gains,
    Instrument,
    Pool,
    Spanned,
    Trajectory,
    Unknown,
)
from ketacare.medicine.outcomes.terms.forecast import Floats, Whole

LEAST = 1e-300  # stands for nothing where a logarithm is taken
DRAWN_EVERY = 4  # days, once the first week is over
PARTS = 15  # a normal distribution stands for so many equally likely values
MIDDLES = ndtri((np.arange(PARTS) + 0.5) / PARTS)


@dataclass(frozen=True)
class Known:
    """How likely each half-life is, and at each the gain of the last dose and the baseline's error."""

    half_life: Floats
    form: float
    weight: Floats
    mean: Floats
    cov: Floats


def forecast(course: Trajectory, instrument: Instrument, pool: Pool | None, sheet: Forecasting) -> Forecast | Unknown:
    """When the gain of this person fades after the last dose; or why nobody can say."""
    if not course.doses:
        return Unknown.NO_DOSE
    baseline = None if course.baseline is None else course.baseline.total
    if baseline is None:
        return Unknown.NO_BASELINE
    points = [assessed.point for assessed in course.points if assessed.point.counts]
    told = gains_of(float(baseline), points, course.doses, sheet)
    return _said(told, len(course.doses), float(baseline), instrument, pool, sheet)


def forecast_of(
    dose: Whole, day: Floats, gain: Floats, doses: int, baseline: float, instrument: Instrument, pool: Pool | None,
    sheet: Forecasting,
) -> Forecast | Unknown:  # fmt: skip
    """The same from arrays: after which dose each score was, how many days after it, and how many points better."""
    whose = np.zeros(len(day), dtype=np.int64)
    return _said(built_up(Gains(whose, dose, day, gain), 1, sheet), doses, baseline, instrument, pool, sheet)


def _said(
    told: Gains, doses: int, baseline: float, instrument: Instrument, pool: Pool | None, sheet: Forecasting
) -> Forecast | Unknown:
    why = _why_not(told, instrument, pool, sheet)
    if why is not None or pool is None:
        return why or Unknown.NO_POOL
    return _told(told, doses, baseline, instrument, pool, sheet)


def _why_not(told: Gains, instrument: Instrument, pool: Pool | None, sheet: Forecasting) -> Unknown | None:
    if standard_error(instrument) is None or instrument.reliable_change is None:
        return Unknown.NO_ERROR
    if len(told.gain) < sheet.least_scores.integer:
        return Unknown.NO_SCORES
    if told.gain.max() < float(instrument.reliable_change.value):
        return Unknown.NO_GAIN
    if pool is None:
        return Unknown.NO_POOL
    return Unknown.FEW_PEOPLE if pool.people < sheet.least_people.integer else None


def _told(told: Gains, doses: int, baseline: float, instrument: Instrument, pool: Pool, sheet: Forecasting) -> Forecast:
    known = believed(told, doses, pool, sheet)
    days_lost = day_left(1 - float(sheet.loss_of_gain.value) / 100, known.half_life, known.form)
    lost = spanned(days_lost, known.weight, sheet)
    opens, closes = (quantile(days_lost, known.weight, float(part.value) / 100) for part in (sheet.opens, sheet.closes))
    days = np.arange(0, sheet.shown_ahead.integer + 1, dtype=np.float64)
    drawn = np.unique(np.concatenate([days[:8], days[::DRAWN_EVERY], days[-1:]]))
    return Forecast(
        lost=lost,
        below=_below(known, baseline, instrument, sheet),
        window=(opens, closes),
        own=_own(known, pool, sheet),
        own_scores=len(told.gain),
        people=pool.people,
        half_life=spanned(known.half_life, known.weight, sheet),
        gain=float(known.weight @ known.mean[:, 0]),
        ahead=_ahead(known, drawn, baseline, instrument, pool, sheet),
        chance=tuple((int(day), float(known.weight[days_lost <= day].sum())) for day in days),
    )


def believed(told: Gains, doses: int, pool: Pool, sheet: Forecasting) -> Known:
    """After the person's own scores. Exact: normal in the gain and the baseline's error at each half-life."""
    errors = Errors(pool.noise, pool.dose_to_dose, pool.gain_mean, pool.gain_spread, pool.form)
    days = half_lives(sheet)
    log_weight = np.log(np.maximum(pool.weight, LEAST)) + log_likelihood(told, 1, days, errors)[0]
    mean, cov = _gain_at(told, doses, days, errors)
    return Known(days, pool.form, np.exp(log_weight - logsumexp(log_weight)), mean, cov)


def _gain_at(told: Gains, doses: int, half_life: Floats, errors: Errors) -> tuple[Floats, Floats]:
    """The gain just after the last dose and the baseline's error, at each half-life: mean (half-lives, 2),
    covariance."""
    x = left(told.day, half_life, errors.form).T
    gain2, dose2, noise2 = errors.gain_spread**2, errors.dose_to_dose**2, errors.noise**2
    shared = gain2 + dose2 * (told.dose[:, None] == told.dose[None, :])
    cov_y = x[:, :, None] * x[:, None, :] * shared + noise2 * (1 + np.eye(len(told.day)))
    cross = np.stack([x * (gain2 + dose2 * (told.dose == doses)), np.full_like(x, noise2)], axis=1)
    turned = np.linalg.solve(cov_y, np.swapaxes(cross, 1, 2))
    away = told.gain[None, :] - errors.gain_mean * x
    mean = np.array([errors.gain_mean, 0.0]) + np.einsum("rny,rn->ry", turned, away)
    return mean, np.diag([gain2 + dose2, noise2]) - cross @ turned


def quantile(values: Floats, weight: Floats, share: float) -> float:
    """The value under which that share of the weight lies; straight between neighbours."""
    return quantiles(values, weight, (share,))[0]


def quantiles(values: Floats, weight: Floats, shares: Sequence[float]) -> list[float]:
    order = np.argsort(values)
    each = weight[order]
    return [float(found) for found in np.interp(shares, np.cumsum(each) - each / 2, values[order])]


def spanned(values: Floats, weight: Floats, sheet: Forecasting) -> Spanned:
    """Its middle and the sheet's two intervals, with as much weight under as over them."""
    narrow, wide = ((1 - float(figure.value) / 100) / 2 for figure in (sheet.narrow, sheet.wide))
    middle, *ends = quantiles(values, weight, (0.5, narrow, 1 - narrow, wide, 1 - wide))
    return Spanned(middle, (ends[0], ends[1]), (ends[2], ends[3]))


def _below(known: Known, baseline: float, instrument: Instrument, sheet: Forecasting) -> Spanned | None:
    """When what is left of the gain is less than a response: None for a scale without one, and for a gain that never
    was one."""
    if instrument.response_percent is None:
        return None
    line = baseline * float(instrument.response_percent.value) / 100
    spread = np.sqrt(np.maximum(known.cov[:, 0, 0], 0))
    gain = known.mean[:, :1] + spread[:, None] * MIDDLES[None, :]
    weight = np.repeat(known.weight / PARTS, PARTS)
    if quantile(gain.ravel(), weight, 0.5) < line:
        return None
    day = day_left(line / np.maximum(gain, line), known.half_life[:, None], known.form)
    return spanned(day.ravel(), weight, sheet)


def _own(known: Known, pool: Pool, sheet: Forecasting) -> float:
    """By how much the person's own scores narrow what the clinic alone says: 0 nothing, 1 all."""
    place = np.log(half_lives(sheet))

    def variance(weight: Floats) -> float:
        return float(weight @ (place - weight @ place) ** 2)

    before = variance(pool.weight)
    return max(0.0, 1 - variance(known.weight) / before) if before else 0.0


def _ahead(
    known: Known, days: Floats, baseline: float, instrument: Instrument, pool: Pool, sheet: Forecasting
) -> Ahead:
    """What one more form would say on each day, between the least and the most that the scale can."""
    tail = (1 - float(sheet.narrow.value) / 100) / 2
    weight = np.repeat(known.weight / PARTS, PARTS)
    lowest, highest = (float(bound) for bound in bounds(instrument))
    share_left = left(days, known.half_life, known.form)

    def on(place: int) -> list[float]:
        part = np.stack([share_left[place], np.ones_like(known.half_life)], axis=1)
        middle = baseline - np.einsum("ri,ri->r", known.mean, part)
        variance = np.einsum("ri,rij,rj->r", part, known.cov, part) + pool.noise**2
        score = middle[:, None] + np.sqrt(variance)[:, None] * MIDDLES[None, :]
        clipped = np.clip(score.ravel(), lowest, highest)
        return quantiles(clipped, weight, (tail, 0.5, 1 - tail))

    low, middle, high = np.array([on(place) for place in range(len(days))]).T
    return Ahead(days, middle, low, high)
