"""Step by step through a course: a Taylor series of the equations over short steps, broken at every dose and sample.

The equations are linear and what comes in is constant within a step, so the series is plain: each term is the change of
the term before. Steps are so short that no rate times the step exceeds `LONGEST_STEP`, where the first term left out
is far below the last digit. Every course has steps of its own; all take their n-th step together.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.pharmacology.equations import Named, Rows, System

TERMS = 26
LONGEST_STEP = 1.5
TOGETHER = 400


@dataclass(frozen=True)
class Given:
    """What every course is given, a row a course, padded with amounts of zero: into which state, when, until when.

    An end equal to its start is a bolus. Hours and mg.
    """

    state: NDArray[np.int64]
    start: Rows
    end: Rows
    amount: Rows


def stepped(
    system: System, parameters: Named, given: Given, times: Rows, *, longest: float = LONGEST_STEP
) -> dict[str, Rows]:
    """What the system reads at these hours, a row a course; `times` rises within each row."""
    amounts = amounts_at(system, parameters, given, times, longest=longest)
    each = {name: value[:, None] for name, value in parameters.items()}
    return system.read(each, amounts)


def amounts_at(
    system: System, parameters: Named, given: Given, times: Rows, *, longest: float = LONGEST_STEP
) -> NDArray[np.float64]:
    """The amounts by state, course and time."""
    steps_h = longest / system.fastest(parameters)
    kept = np.zeros((len(system.states), *times.shape))
    by_step = np.argsort(steps_h)
    for some in np.array_split(by_step, math.ceil(len(times) / TOGETHER)):  # alike in how many steps they take
        few = {name: value[some] for name, value in parameters.items()}
        theirs = Given(given.state[some], given.start[some], given.end[some], given.amount[some])
        kept[:, some] = walked(system, few, theirs, times[some], steps_h[some])
    return kept


def walked(system: System, parameters: Named, given: Given, times: Rows, steps_h: Rows) -> NDArray[np.float64]:
    nodes = nodes_of(given, times, steps_h)
    seen_at = np.array([np.searchsorted(row, wanted) for row, wanted in zip(nodes, times, strict=True)])
    rates = system.rates(parameters)
    entering = np.array([given.state == place for place in range(len(system.states))])
    now = np.zeros((len(system.states), len(times)))
    kept = np.zeros((len(system.states), *times.shape))
    for step in range(nodes.shape[1] - 1):
        start, end = nodes[:, step], nodes[:, step + 1]
        now = now + bolus(given, entering, start, start < end)
        now = one_step(system, rates, now, pumped(given, entering, (start + end) / 2), end - start)
        course, place = np.nonzero(seen_at == step + 1)
        kept[:, course, place] = now[:, course]
    return kept


def one_step(system: System, rates: Named, now: Rows, coming_in: Rows, hours: Rows) -> Rows:
    """x(t+h) = x + h x' + h²/2 x'' + …; x' has what comes in, and every further derivative follows from the last."""
    term = hours * (system.change(rates, now) + coming_in)
    total = now + term
    for order in range(2, TERMS + 1):
        term = hours / order * system.change(rates, term)
        total = total + term
    return total


def bolus(given: Given, entering: NDArray[np.bool_], start: Rows, moving: NDArray[np.bool_]) -> Rows:
    due = (given.start == start[:, None]) & (given.end == given.start) & moving[:, None]
    return np.asarray((entering * np.where(due, given.amount, 0.0)).sum(axis=2))


def pumped(given: Given, entering: NDArray[np.bool_], middle: Rows) -> Rows:
    lasting = np.where(given.end > given.start, given.end - given.start, 1.0)
    running = (given.start <= middle[:, None]) & (middle[:, None] < given.end)
    return np.asarray((entering * np.where(running, given.amount / lasting, 0.0)).sum(axis=2))


def nodes_of(given: Given, times: Rows, longest: Rows) -> Rows:
    """For each course the hours at which a step ends; the last one is repeated where other courses take more steps."""
    rows = [
        divided(np.unique(np.concatenate([[0.0], start, end[end <= seen[-1]], seen])), most)
        for start, end, seen, most in zip(given.start, given.end, times, longest, strict=True)
    ]
    nodes = np.empty((len(rows), max(map(len, rows))))
    for place, row in enumerate(rows):
        nodes[place, : len(row)] = row
        nodes[place, len(row) :] = row[-1]
    return nodes


def divided(marks: Rows, longest: float) -> Rows:
    """The marks, with as many points between two as keep every step within the longest."""
    parts = [
        np.linspace(start, end, math.ceil((end - start) / longest) + 1)[:-1] for start, end in itertools.pairwise(marks)
    ]
    return np.concatenate([*parts, marks[-1:]])
