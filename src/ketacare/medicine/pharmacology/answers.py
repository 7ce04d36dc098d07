"""Writes a prediction in its fixed form: keys stand as they are, and only what was asked for besides is added."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.predictions import Curve, Predicted, Prediction, conditions_of
from ketacare.medicine.pharmacology.summaries import Percentiles

_DIGITS = 6
_UNITS = {"dissociation_index": ""}


def answer_to_json(prediction: Prediction) -> dict[str, Any]:
    """The fixed form that other tools rely on; null where a model does not know something."""
    case = prediction.case
    names = dict.fromkeys(["ketamine", "norketamine", *prediction.curves])
    answer: dict[str, Any] = {"model": _model(prediction), "times_min": list(case.times_min)}
    answer |= {f"{name}{_UNITS.get(name, '_ng_per_ml')}": _curve(prediction.curves.get(name)) for name in names}
    answer["summary"] = {name: _percentiles(one) for name, one in prediction.summary.items()}
    if case.window is not None:
        answer["probability_inside_window"] = _numbers(prediction.inside)
    return answer | {"warnings": list(prediction.warnings)}


def _model(prediction: Prediction) -> dict[str, Any]:
    by = prediction.by
    of_models = (source for one in by for source in one.model.sources_for(one.routes))
    of_conditions = (source for one in conditions_of(prediction.case) for source in one.sources)
    sources = dict.fromkeys(source.citation for source in (*of_models, *of_conditions))
    return {
        "id": "+".join(one.model.id for one in by),
        "version": "+".join(one.model.header.version for one in by),
        "sources": list(sources),
        "grades": {
            name: grade for one in by for name, grade in _grades(one, f"{one.model.id}." if len(by) > 1 else "")
        },
    }


def _grades(one: Predicted, before: str) -> Iterator[tuple[str, str]]:
    """The grade of each typical value, and of how people differ in it."""
    for parameter in one.model.of_routes(one.routes):
        yield before + parameter.name, str(parameter.grade)
        if parameter.spread_grade is not None:
            yield f"{before}{parameter.name}.between_people", str(parameter.spread_grade)


def _curve(curve: Curve | None) -> dict[str, Any]:
    if curve is None:
        return dict.fromkeys(("typical", "p05", "p50", "p95"))
    return {key: _numbers(getattr(curve, key)) for key in ("typical", "p05", "p50", "p95")}


def _numbers(values: Array | None) -> list[float] | None:
    return None if values is None else [round(float(value), _DIGITS) for value in values]


def _percentiles(one: Percentiles) -> dict[str, float | None]:
    return {key: _number(getattr(one, key)) for key in ("typical", "p05", "p50", "p95")}


def _number(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(value, _DIGITS)
