"""Writes what was found of one person: the form of a prediction, and beside it the person and each observation."""

from dataclasses import replace
from typing import Any

import numpy as np

from ketacare.medicine.pharmacology import answers, population, predictions, reservations
from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.individual import Individual, Observation, Sample, Score, driving, read_on
from ketacare.medicine.pharmacology.individual_reader import Scale, sheet
from ketacare.medicine.pharmacology.picture import Dot
from ketacare.medicine.pharmacology.predictions import Prediction
from ketacare.medicine.pharmacology.terms import Parameter

_DIGITS = 6
# The engine's unit for each that a sheet may use and the engine does not.
_UNITS = {"L/kg": "L", "L/min": "L/h", "1/min": "1/h", "min": "h"}
_NO_CHANGE = (
    "The measurements do not support a change: a typical person gives them as well, within what measuring allows. "
    "Predict as for a typical person."
)
_CHANGE = "The measurements fit this person better than a typical one, by more than chance would."
_DOUBT = (
    "The measurements are hardly possible for any person under this model. Check minutes, doses, units, site and arm "
    "before anything else; do not act on this estimate."
)
_ALWAYS = "Predicted, not measured: the most likely course of one person, by a model of groups of people."
_WEIGHED = "patient.weighed_on: how old the weight is, is not judged here. Give the weight of the day of the session."
_ONE_MODEL = "One person's parameters by one model: another model would find others."
_SCORES = (
    "Scores are read by a scale whose baseline and slope are house defaults: what they say of concentration is weak."
)


def prediction_of(found: Individual) -> Prediction:
    """The course in this person: `typical` is the most likely one, the band what the measurements leave open."""
    prediction = predictions.predicted(found.cohort)
    told = [_DOUBT] if found.doubtful else []
    told += [_CHANGE if found.supported else _NO_CHANGE, *(_of_one(words) for words in prediction.warnings), _ONE_MODEL]
    told += [_SCORES] if found.scales else []
    return replace(prediction, warnings=tuple(told))


def _of_one(words: str) -> str:
    if words.startswith("patient.weighed_on:"):
        return _WEIGHED
    return _ALWAYS if words == reservations.ALWAYS else words


def dots(found: Individual) -> tuple[Dot, ...]:
    """What was measured of the curves that are drawn, where blood was drawn as they show it."""
    site = found.cohort.by[0].site
    return tuple(
        Dot(one.analyte, one.time_min, one.ng_per_ml, one.below)
        for one in found.observations
        if isinstance(one, Sample) and one.site is site and one.analyte in ("ketamine", "norketamine")
    )


def answer_to_json(found: Individual) -> dict[str, Any]:
    """The fixed form of a prediction, with `individual` and `observations`."""
    answer = answers.answer_to_json(prediction_of(found))
    answer["individual"] = {
        "sheet": {"id": sheet().header.id, "version": sheet().header.version},
        "supports_change": found.supported,
        "in_doubt": found.doubtful,
        "distance": _rounded(found.estimate.distance),
        "people_nearer_to_typical": _rounded(found.rank),
        "parameters_informed": _rounded(found.estimate.informed),
        "misfit_typical": _rounded(found.estimate.misfit_typical),
        "misfit": _rounded(found.estimate.misfit),
        "parameters": [_parameter(found, place) for place, one in enumerate(found.parameters) if one.omega],
        "effects": [_scale(found, place) for place in range(len(found.scales))],
    }
    answer["observations"] = [_observation(found, place) for place in range(len(found.observations))]
    return answer


def _parameter(found: Individual, place: int) -> dict[str, Any]:
    """Value and interval; `spread_left` is what is still open of the spread between people, 1 if nothing was learnt."""
    one = found.parameters[place]
    typical = found.typical[place]
    rows = np.concatenate([found.eta[None], found.draws])
    values = population.individual(found.typical, found.parameters, rows)[:, place]
    omega = one.omega or 1.0
    return {
        "name": one.name,
        "title": one.title,
        "unit": _UNITS.get(one.figures["typical"].unit, one.figures["typical"].unit),
        "typical": _rounded(typical),
        **_interval(float(values[0]), values[1:]),
        "times_typical": _rounded(float(values[0]) / typical),
        "sd_from_typical": _rounded(float(found.eta[place]) / omega),
        "spread_left": _rounded(min(_left_open(found, place) / omega, 1.0)),
        "grade": str(_grade(one)),
    }


def _left_open(found: Individual, place: int) -> float:
    moving = list(found.moving).index(place)
    return float(np.sqrt(found.estimate.covariance[moving, moving]))


def _grade(one: Parameter) -> str:
    return str(one.spread_grade or one.grade)


def _scale(found: Individual, place: int) -> dict[str, Any]:
    scale = found.scales[place]
    columns = found.scale_draws[:, 2 * place : 2 * place + 2]
    baseline, slope = found.scale_estimates[2 * place : 2 * place + 2]
    return {
        "effect": scale.name,
        "title": scale.title,
        "baseline": _interval(float(baseline), columns[:, 0]),
        "slope": _interval(float(slope), columns[:, 1]),
        **_scored(found, scale, baseline, slope, columns),
    }


def _scored(found: Individual, scale: Scale, baseline: Array, slope: Array, columns: Array) -> dict[str, list[float]]:
    """The score over the times asked, of this person: most likely and in a band, never without."""
    times = np.asarray(found.cohort.case.times_min, dtype=float)
    likely = read_on(scale, baseline, slope, driving(found.cohort, scale, None, times))[0]
    everyone = slice(0, len(found.draws))
    band = read_on(scale, columns[:, :1], columns[:, 1:], driving(found.cohort, scale, everyone, times))
    rows = [likely, *np.percentile(band, (5, 50, 95), axis=0)]
    return {key: [_rounded(v) for v in row] for key, row in zip(("typical", "p05", "p50", "p95"), rows, strict=True)}


def _interval(estimate: float, draws: Array) -> dict[str, float]:
    p05, p50, p95 = np.percentile(draws, (5, 50, 95))
    return {"estimate": _rounded(estimate), "p05": _rounded(p05), "p50": _rounded(p50), "p95": _rounded(p95)}


def _observation(found: Individual, place: int) -> dict[str, Any]:
    one = found.observations[place]
    expected = {
        "expected_typical": _rounded(found.expected_typical[place]),
        "expected": _rounded(found.expected[place]),
    }
    return _seen(one) | expected


def _seen(one: Observation) -> dict[str, Any]:
    if isinstance(one, Score):
        return {"time_min": one.time_min, "effect": one.scale, "value": one.value}
    value = {"below_ng_per_ml" if one.below else "ng_per_ml": _rounded(one.ng_per_ml)}
    return {"time_min": one.time_min, "analyte": one.analyte, "site": str(one.site), **value}


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS)
