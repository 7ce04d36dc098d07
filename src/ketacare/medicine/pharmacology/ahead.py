"""A session under way: the course so far, as planned, if stopped now, and if slowed. Predicted, never an alarm.

What drug has done up to now is kept as the content of each exponential; what comes is stepped from there, so a rate
that is changed at the chair costs no more than a redraw. The regimen of the case is what was charted as given, with the
running step to its planned end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ketacare.medicine.pharmacology import checks, reservations
from ketacare.medicine.pharmacology.exponentials import Array, Exponentials, Input, course, state_at
from ketacare.medicine.pharmacology.kinetics import Flow, concentrations
from ketacare.medicine.pharmacology.population import Fitted
from ketacare.medicine.pharmacology.predictions import Cohort, Curve, banded
from ketacare.medicine.pharmacology.terms import Analyte, Case, Dose, Drug, PredictionRefused, Route

_MINUTES = 60.0


@dataclass(frozen=True)
class Held:
    """What one answer holds at a moment: `content` (terms, patients); their sum is the concentration."""

    answer: Exponentials
    content: Array

    @classmethod
    def at(cls, flow: Flow, now_min: float) -> "Held":
        return cls(flow.answer, state_at(flow.answer, flow.inputs, now_min / _MINUTES))

    @property
    def concentration(self) -> Array:
        """ng/mL by patient."""
        now: Array = self.content.sum(axis=0)
        return now

    def on(self, minutes: float, mg_per_min: float = 0.0) -> "Held":
        """So many minutes later, at this rate all along."""
        decay = -self.answer.rate * (minutes / _MINUTES)
        flowing = mg_per_min * _MINUTES * self.answer.share / self.answer.rate
        return Held(self.answer, self.content * np.exp(decay) - flowing * np.expm1(decay))

    def at_once(self, mg: float) -> "Held":
        """After a dose in one moment."""
        return Held(self.answer, self.content + mg * self.answer.share)

    def course(self, minutes: Array, mg_per_min: float = 0.0, for_min: float = 0.0) -> Array:
        """(patients, times) from now on, running at this rate for so long and then no more."""
        own = course(Exponentials(self.content, self.answer.rate), [Input(1.0)], minutes / _MINUTES)
        if not for_min:
            return own
        run = Input(mg_per_min * for_min, 0.0, for_min / _MINUTES)
        return own + course(self.answer, [run], minutes / _MINUTES)


@dataclass(frozen=True)
class Ahead:
    """The curves of ketamine, in ng/mL: `so_far` up to now, the others from now on. mg are those into a vein."""

    now_min: float
    so_far: Curve
    as_planned: Curve
    if_stopped: Curve
    if_slowed: Curve | None
    given_mg: float
    planned_mg: float
    reservations: tuple[str, ...] = ()  # where it leaves the data it was built on, or is poorly known


def ahead(
    case: Case, now_min: float, *, slowed_to_mg_per_min: float | None = None, fitted: Fitted | None = None
) -> Ahead:
    """The course of a session as seen now, at the times of the case and at now.

    Slowed, the infusion goes on until what was planned has been given. PredictionRefused where something cannot be.
    """
    checks.refuse_unsound(case)
    veins = [dose for dose in case.regimen if dose.route is Route.IV]
    _refuse(now_min, slowed_to_mg_per_min, veins)
    cohort = Cohort.of(case, fitted)
    planned = sum(dose.dose_mg for dose in veins)
    given = sum(_given(dose, now_min) for dose in veins)
    times = np.asarray(case.times_min, dtype=float)
    past, coming = np.append(times[times < now_min], now_min), np.append(now_min, times[times > now_min])
    view = _View(cohort, now_min)
    slowed = None
    if slowed_to_mg_per_min:
        slowed = view.changed(coming, slowed_to_mg_per_min, (planned - given) / slowed_to_mg_per_min)
    return Ahead(
        now_min,
        so_far=view.planned(past),
        as_planned=view.planned(coming),
        if_stopped=view.changed(coming, 0.0, 0.0),
        if_slowed=slowed,
        given_mg=given,
        planned_mg=planned,
        reservations=reservations.outside(case, cohort.by),
    )


def _refuse(now_min: float, slowed: float | None, veins: list[Dose]) -> None:
    if not np.isfinite(now_min) or now_min < 0:
        raise PredictionRefused(f"now_min: {now_min:g} is before the beginning. Count minutes from the first dose.")
    if slowed is not None and not (np.isfinite(slowed) and slowed > 0):
        raise PredictionRefused(f"slowed_to: {slowed:g} mg/min is no rate above zero. To stop, look at if stopped.")
    if slowed is not None and len({dose.drug for dose in veins}) != 1:
        raise PredictionRefused("slowed_to: is the rate of one drug into a vein; the regimen has none or several.")


def _given(dose: Dose, now_min: float) -> float:
    """How much of a dose has gone in by now."""
    since = now_min - dose.start_min
    if dose.duration_min:
        return dose.dose_mg * float(np.clip(since / dose.duration_min, 0, 1))
    return dose.dose_mg if since >= 0 else 0.0


class _View:
    """One cohort, whose flows into a vein are held at now and whose others go on as they are."""

    def __init__(self, cohort: Cohort, now_min: float) -> None:
        self.cohort, self.now_min = cohort, now_min
        self.blocks = [None, *cohort.blocks()] if cohort.spreads else [None]
        self.flows = [cohort.flows(Analyte.KETAMINE, None, block) for block in self.blocks]

    def planned(self, times: Array) -> Curve:
        return self._curve(times, [concentrations(flows, _patients(flows), times) for flows in self.flows])

    def changed(self, times: Array, mg_per_min: float, for_min: float) -> Curve:
        """From now on at another rate; each part of a racemate gets its own share of it."""
        return self._curve(times, [self._onward(flows, times, mg_per_min, for_min) for flows in self.flows])

    def _onward(self, flows: tuple[Flow, ...], times: Array, mg_per_min: float, for_min: float) -> Array:
        total = np.zeros((_patients(flows), len(times)))
        veins = [flow for flow in flows if flow.route is Route.IV]
        for flow in flows:
            if flow.route is Route.IV:
                total += Held.at(flow, self.now_min).course(times - self.now_min, mg_per_min / len(veins), for_min)
            else:
                total += concentrations((flow,), len(total), times)
        return total

    def _curve(self, times: Array, found: list[Array]) -> Curve:
        typical = found[0][0]
        if len(found) == 1:
            return Curve(times, typical)
        return banded(times, typical, np.concatenate(found[1:]), self.cohort.changes.widen)


def _patients(flows: tuple[Flow, ...]) -> int:
    return int(flows[0].answer.rate.shape[1])


def charted(drug: Drug, steps: Sequence[tuple[float, float]], until_min: float) -> tuple[Dose, ...]:
    """An infusion as the doses of a regimen, from its rate steps as charted: (minute, mg/min) in their order, the last
    one until `until_min`; a rate of 0 is a pause. PredictionRefused where they do not follow one another."""
    edges = [*(minute for minute, _ in steps), until_min]
    for place, (begin, end) in enumerate(pairwise(edges)):
        if not end >= begin:
            raise PredictionRefused(f"steps[{place}]: begins at {begin:g} min, after {end:g}. Put the steps in order.")
    return tuple(
        Dose(drug, Route.IV, begin, rate * (end - begin), end - begin)
        for (_, rate), (begin, end) in zip(steps, pairwise(edges), strict=True)
        if rate and end > begin
    )


def stopped(case: Case, now_min: float) -> Case:
    """The case as if everything into a vein had ended now."""
    kept = [_until(dose, now_min) if dose.route is Route.IV else dose for dose in case.regimen]
    return replace(case, regimen=tuple(dose for dose in kept if dose is not None))


def _until(dose: Dose, now_min: float) -> Dose | None:
    given = _given(dose, now_min)
    if not given:
        return None
    return replace(dose, dose_mg=given, duration_min=min(dose.duration_min, now_min - dose.start_min))
