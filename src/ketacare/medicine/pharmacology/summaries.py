"""What is worth knowing of a course: peak and its time, area, concentration at the end, minutes above and below."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.kinetics import Flow, areas, concentrations
from ketacare.medicine.pharmacology.terms import Case, Route

_FINE_MIN = 0.5
_LEAST_STEPS, _MOST_STEPS = 60, 600  # of an even grid; a longer course is fine after each edge, and wider later on
_FINE_FOR_MIN, _FINE_AT_MOST = 120.0, 3_000  # how long after an edge, and how many times of that in all
_WIDENS = 1.01  # from then on each time is so much further from the edge than the one before


@dataclass(frozen=True, slots=True)
class Percentiles:
    """One number of the typical course, and of the virtual patients around it; infinite where it never happens."""

    typical: float
    p05: float | None = None
    p50: float | None = None
    p95: float | None = None


def percentiles(typical: float, values: Array, widen: float = 1.0) -> Percentiles:
    p05, p50, p95 = np.percentile(values, (5, 50, 95), method="inverted_cdf")
    return Percentiles(typical, float(p05), float(p50), float(p95) * widen)


def of(flows: Sequence[Flow], patients: int, case: Case, end_min: float) -> dict[str, Array]:
    """By name, one value a patient; times in minutes from 0 to the last time asked. All is given by `end_min`."""
    until = max(case.times_min[-1], _FINE_MIN)
    edges = _edges(flows, until)
    times = _grid(edges, until)
    course = concentrations(flows, patients, times)
    peak, at = peaks(times, course, edges, concentrations(flows, patients, edges))
    found = {
        "cmax_ng_per_ml": peak,
        "tmax_min": at,
        "auc_0_t_ng_h_per_ml": areas(flows, patients, case.times_min[-1]),
        "concentration_at_end_ng_per_ml": concentrations(flows, patients, np.array([end_min]))[:, 0],
    }
    if case.level_ng_per_ml is not None:
        found["below_level_from_min"] = falls_below(times, course, case.level_ng_per_ml)
    if case.window is not None:
        over = minutes_above(times, course, case.window.high_ng_per_ml)
        under = until - minutes_above(times, course, case.window.low_ng_per_ml)
        found |= {"minutes_above": over, "minutes_below": under, "minutes_inside": until - over - under}
    return found


def highest(flows: Sequence[Flow], patients: int, until: float) -> Array:
    """The highest concentration of each patient up to a minute. Into a vein alone it is where a rate ends."""
    edges = _edges(flows, until)
    at_edges = concentrations(flows, patients, edges)
    if all(flow.route is Route.IV for flow in flows):
        return np.asarray(at_edges.max(axis=1))
    times = np.linspace(0, until, int(np.ceil(until)) + 1)
    return peaks(times, concentrations(flows, patients, times), edges, at_edges)[0]


def _grid(edges: Array, until: float) -> Array:
    """Times from 0 to the last, fine wherever a course may turn however long it is looked at."""
    steps = int(np.ceil(until / _FINE_MIN))
    if steps <= _MOST_STEPS:
        return np.linspace(0, until, max(steps, _LEAST_STEPS) + 1)
    fine_for = min(_FINE_FOR_MIN, _FINE_AT_MOST * _FINE_MIN / len(edges))
    wider = fine_for * _WIDENS ** np.arange(1, np.ceil(np.log(until / fine_for) / np.log(_WIDENS)))
    after = np.concatenate([np.arange(0, fine_for, _FINE_MIN), wider])
    found = np.unique(np.round((edges[:, np.newaxis] + after) / _FINE_MIN)) * _FINE_MIN
    times: Array = np.concatenate([found[found < until - _FINE_MIN], [until]])
    return times


def _edges(flows: Sequence[Flow], until: float) -> Array:
    """The minutes at which any input begins or ends, where all patients share them."""
    found = {0.0}
    for flow in flows:
        for one in flow.inputs:
            for edge in (one.start_h, one.start_h + one.duration_h):
                if not isinstance(edge, np.ndarray):
                    found.add(float(edge) * 60)
    return np.array(sorted(edge for edge in found if edge <= until))


def peaks(times: Array, course: Array, edges: Array, at_edges: Array) -> tuple[Array, Array]:
    """The highest concentration and when: on a fine course, by a parabola where it is smooth, or at an edge."""
    rows = np.arange(len(course))
    place = course.argmax(axis=1)
    inner = np.clip(place, 1, len(times) - 2)
    before, here, beyond = (course[rows, inner + shift] for shift in (-1, 0, 1))
    left, right = times[inner] - times[inner - 1], times[inner + 1] - times[inner]
    rise, fall = (here - before) / left, (beyond - here) / right
    slope, bend = (rise * right + fall * left) / (left + right), (fall - rise) / (left + right)
    smooth = (inner == place) & (bend < 0) & np.logical_not(_near(times[inner], edges, np.maximum(left, right)))
    offset = np.where(smooth, -slope / np.where(smooth, 2 * bend, 1.0), 0.0)
    top = np.where(smooth, here + slope * offset / 2, course[rows, place])
    at = times[place] + offset
    edge = at_edges.argmax(axis=1)
    higher = at_edges[rows, edge] >= top
    return np.where(higher, at_edges[rows, edge], top), np.where(higher, edges[edge], at)


def _near(times: Array, edges: Array, step: Array) -> npt.NDArray[np.bool_]:
    return np.asarray((np.abs(times[:, np.newaxis] - edges) < step[:, np.newaxis]).any(axis=1))


def falls_below(times: Array, course: Array, level: float) -> Array:
    """From which minute on a course stays below a level; 0 if it never reaches it, infinite if it is not below yet."""
    over = course >= level
    last = len(times) - 1 - over[:, ::-1].argmax(axis=1)
    rows = np.arange(len(course))
    nearest = np.minimum(last, len(times) - 2)
    here, beyond = course[rows, nearest], course[rows, nearest + 1]
    fall = np.where(here > beyond, here - beyond, 1.0)
    crossing = times[nearest] + (here - level) / fall * (times[nearest + 1] - times[nearest])
    found: Array = np.where(over[:, -1], np.inf, np.where(over.any(axis=1), crossing, 0.0))
    return found


def minutes_above(times: Array, course: Array, level: float) -> Array:
    """For how many minutes a course is above a level, straight between the times."""
    away = course - level
    above = np.maximum(away, 0)
    whole = np.abs(away[:, :-1]) + np.abs(away[:, 1:])
    share = np.where(whole > 0, (above[:, :-1] + above[:, 1:]) / np.where(whole > 0, whole, 1.0), 0.0)
    minutes: Array = share @ np.diff(times)
    return minutes
