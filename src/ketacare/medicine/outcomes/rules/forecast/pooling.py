"""What the courses of a clinic say together of the rate at which a gain fades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import logsumexp

from ketacare.medicine.outcomes.rules.forecast.fading import Errors, half_lives, log_likelihood, standard_error
from ketacare.medicine.outcomes.terms import Forecasting, Gains, Instrument, Pool
from ketacare.medicine.outcomes.terms.forecast import Floats, Yes

MEANS, SPREADS, COARSE, ROUNDS = 61, 15, 6, 5
LEAST = 1e-300  # stands for nothing where a logarithm is taken


def pooled(told: Gains, people: int, instrument: Instrument, sheet: Forecasting) -> Pool | None:
    """The clinic's half-lives, with how unsure their mean and spread are; None where the scale has no error of
    measurement, or nobody has faded where it can be seen."""
    error, who = standard_error(instrument), tells(told, people, instrument, sheet)
    if error is None or not who.any():
        return None
    seen = _only(told, who)
    count = int(who.sum())
    errors = _errors(seen, count, error, sheet)
    days = half_lives(sheet)
    likely = log_likelihood(seen, count, days, errors)
    return Pool(
        instrument=instrument.id,
        version=instrument.version,
        people=count,
        scores=len(seen.gain),
        weight=_weight(likely, days, sheet),
        noise=errors.noise,
        dose_to_dose=errors.dose_to_dose,
        form=errors.form,
        gain_mean=errors.gain_mean,
        gain_spread=errors.gain_spread,
    )


def tells(told: Gains, people: int, instrument: Instrument, sheet: Forecasting) -> Yes:
    """Whose scores say anything of fading: a gain beyond what the scale varies by, and so many scores after one dose.
    (people,)"""
    least = 0.0 if instrument.reliable_change is None else float(instrument.reliable_change.value)
    best = np.full(people, -np.inf)
    np.maximum.at(best, told.whose, told.gain)
    key, count = np.unique(told.whose * (1 + int(told.dose.max(initial=0))) + told.dose, return_counts=True)
    most = np.zeros(people, dtype=np.int64)
    np.maximum.at(most, key // (1 + int(told.dose.max(initial=0))), count)
    found: Yes = (best >= least) & (most >= sheet.least_pooled_scores.integer)
    return found


def _only(told: Gains, who: Yes) -> Gains:
    """Those people alone, numbered anew."""
    numbers = np.cumsum(who) - 1
    which = who[told.whose]
    return Gains(numbers[told.whose[which]], told.dose[which], told.day[which], told.gain[which])


def _errors(told: Gains, people: int, error: float, sheet: Forecasting) -> Errors:
    """The scale's error, what doses differ by and the form of fading, as they make the clinic's scores most likely:
    one after the other, until none of them moves. The size of a gain is taken from the best of each person."""
    best = np.full(people, -np.inf)
    np.maximum.at(best, told.whose, told.gain)
    days = half_lives(sheet)[::COARSE]
    offered: dict[str, Sequence[float]] = {
        "noise": [times * error for times in _floats(sheet.noise.values)],
        "dose_to_dose": [times * error for times in _floats(sheet.dose_to_dose.values)],
    }
    if people >= sheet.form_people.integer:
        offered["form"] = _floats(sheet.form.values)

    def fit(errors: Errors) -> float:
        return float(_evidence(log_likelihood(told, people, days, errors), days, sheet).max())

    errors = Errors(error, 0.0, float(best.mean()), max(float(best.std()), error))
    for _ in range(ROUNDS):
        before = errors
        for name, values in offered.items():
            errors = max((replace(errors, **{name: value}) for value in values), key=fit)
        if errors == before:
            break
    return errors


def _floats(values: tuple[object, ...]) -> list[float]:
    return [float(value) for value in values]  # type: ignore[arg-type]


def _shapes(days: Floats, sheet: Forecasting) -> Floats:
    """Every mean with every spread of the logarithm: how likely each half-life is under them. (means, spreads, days)"""
    place = np.log(days)
    mean = np.linspace(place[0], place[-1], MEANS)[:, None, None]
    low, high = _floats(sheet.between_people.values)
    spread = np.geomspace(low, high, SPREADS)[None, :, None]
    shape = -(((place[None, None, :] - mean) / spread) ** 2) / 2
    found: Floats = np.exp(shape - logsumexp(shape, axis=2, keepdims=True))
    return found


def _evidence(likely: Floats, days: Floats, sheet: Forecasting) -> Floats:
    """How likely everybody's scores are under each mean and spread, as logarithms. (means, spreads)"""
    highest = likely.max(axis=1, keepdims=True)
    shares = _shapes(days, sheet) @ np.exp(likely - highest).T
    found: Floats = (np.log(np.maximum(shares, LEAST)) + highest[:, 0]).sum(axis=2)
    return found


def _weight(likely: Floats, days: Floats, sheet: Forecasting) -> Floats:
    """How likely each half-life is for one more person: over every mean and spread, as likely as each is. (days,)"""
    evidence = _evidence(likely, days, sheet)
    share = np.exp(evidence - logsumexp(evidence))
    found: Floats = np.einsum("ms,msr->r", share, _shapes(days, sheet))
    return found
