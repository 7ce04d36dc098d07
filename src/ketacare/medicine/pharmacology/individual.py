"""One person's own parameters from what was measured in them: how far from typical, how sure, and whether at all.

A sample is compared on the logarithmic scale with what the model predicts at its minute and from its site; a score with
baseline + slope · C/(C + c50) of arterial S-ketamine. What is between people (omega) is what a person may differ by
before anything is measured; see `estimation` for the search. Nothing here reads a clock or a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr, gammaincinv

from ketacare.medicine.pharmacology import checks, effects, individual_reader, population
from ketacare.medicine.pharmacology.estimation import Estimate, Evidence, NotFound, most_likely
from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.individual_reader import Scale
from ketacare.medicine.pharmacology.kinetics import concentrations
from ketacare.medicine.pharmacology.predictions import CURVES, Cohort
from ketacare.medicine.pharmacology.terms import Analyte, Case, Drug, Parameter, PredictionRefused, Site


@dataclass(frozen=True, slots=True)
class Sample:
    """One concentration: `ng_per_ml` as measured, or the limit under which it lay (`below`). `analyte` is a curve."""

    time_min: float
    analyte: str
    ng_per_ml: float
    site: Site
    below: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """One rating of an effect that has a published model."""

    time_min: float
    scale: str
    value: float


Observation = Sample | Score
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Individual:
    """What was found. `eta` and `draws` are deviations by parameter of the model, in its order; scales come apart."""

    cohort: Cohort
    parameters: tuple[Parameter, ...]
    observations: tuple[Observation, ...]
    estimate: Estimate
    typical: Array  # (parameters,), of this patient before anything was measured
    moving: Places  # which parameters differ between people: the order of the estimate
    eta: Array  # (parameters,)
    draws: Array  # (draws, parameters): people who could be this one
    scales: tuple[Scale, ...]
    scale_estimates: Array  # baseline and slope of each scale
    scale_draws: Array  # (draws, 2 a scale)
    expected_typical: Array  # by observation, in its own unit
    expected: Array
    supported: bool
    doubtful: bool

    @property
    def rank(self) -> float:
        """The share of people who lie nearer to typical than this one."""
        return float(chdtr(len(self.estimate.eta), self.estimate.distance**2))


def individualise(case: Case, observations: Sequence[Observation]) -> Individual:
    """The person behind these observations, or PredictionRefused naming what cannot be used."""
    checks.refuse_unsound(case)
    asked = _Asked.of(case, tuple(observations))
    evidence = asked.evidence()
    try:
        estimate = most_likely(asked.expected, evidence, asked.omega())
    except NotFound as fault:
        raise PredictionRefused(
            f"observations: {fault}. Check minutes, units and sites, or leave out what is in doubt."
        )
    lines = individual_reader.support()
    drawn = estimate.draws(lines.draws, np.random.default_rng(case.seed))
    eta, draws = asked.whole(estimate.eta[None])[0], asked.whole(drawn)
    expected = asked.expected(np.array([np.zeros(len(estimate.eta)), estimate.eta]))
    return Individual(
        cohort=replace(asked.cohort, deviations=(draws,), centre=eta, case=replace(case, patients=lines.draws)),
        parameters=asked.parameters,
        observations=asked.observations,
        estimate=estimate,
        typical=asked.typical(),
        moving=asked.moving,
        eta=eta,
        draws=draws,
        scales=asked.scales,
        scale_estimates=asked.of_scales(estimate.eta[None])[0],
        scale_draws=asked.of_scales(drawn),
        expected_typical=asked.in_own_unit(expected[0]),
        expected=asked.in_own_unit(expected[1]),
        supported=_better_than_chance(estimate, lines.change),
        doubtful=_worse_than_chance(estimate, len(asked.observations), lines.doubt),
    )


def _better_than_chance(estimate: Estimate, level: float) -> bool:
    """Do the data fit this person better than a typical one by more than as many free parameters do by chance?"""
    gain = estimate.misfit_typical - estimate.misfit
    return bool(gain > _chi_squared(level, max(estimate.informed, 1.0)))


def _worse_than_chance(estimate: Estimate, count: int, level: float) -> bool:
    """Twice J at its minimum is chi-square with as many degrees as observations, when model and data are right."""
    return bool(count > 0 and estimate.misfit + estimate.distance**2 > _chi_squared(level, count))


def _chi_squared(level: float, degrees: float) -> float:
    """The value below which this share of the distribution lies."""
    return float(2 * gammaincinv(degrees / 2, level))


def driving(cohort: Cohort, scale: Scale, block: slice | None, times_min: Array) -> Array:
    """Arterial S-ketamine in ng/mL, or at the effect site behind it, that drives a scale: (people, times)."""
    flows = cohort.flows(Analyte.KETAMINE, Drug.ESKETAMINE, block, Site.ARTERIAL)
    people = 1 if block is None else block.stop - block.start
    return concentrations(effects.at_effect_site(flows) if scale.by_effect_site else flows, people, times_min)


def read_on(scale: Scale, baseline: Array, slope: Array, driven: Array) -> Array:
    return np.asarray(baseline + slope * driven / (driven + scale.c50))


@dataclass(frozen=True)
class _Asked:
    """The question made ready: whom it is about, which parameters can move, and what each observation looks at."""

    cohort: Cohort
    parameters: tuple[Parameter, ...]
    covariance: Array
    moving: Places  # which parameters differ between people
    scales: tuple[Scale, ...]
    observations: tuple[Observation, ...]

    @classmethod
    def of(cls, case: Case, observations: tuple[Observation, ...]) -> "_Asked":
        cohort = Cohort.of(replace(case, patients=1))
        if len(cohort.by) > 1:
            names = " and ".join(one.model.id for one in cohort.by)
            raise PredictionRefused(
                f"regimen: its doses belong to {names}, and one person's parameters are found by one model. "
                "Name a model that knows every route, or give the doses of one."
            )
        model = cohort.by[0].model
        if not model.spreads:
            raise PredictionRefused(
                f"model: how people differ is not published for {model.id}. Leave model out, or choose another."
            )
        parameters = model.of_routes(frozenset(dose.route for dose in case.regimen))
        covariance = population.covariance(model, parameters)
        named = dict.fromkeys(one.scale for one in observations if isinstance(one, Score))
        scales = tuple(individual_reader.scale(name) for name in named)
        asked = cls(cohort, parameters, covariance, np.flatnonzero(np.diag(covariance)), scales, observations)
        asked.refuse_unusable()
        return asked

    def refuse_unusable(self) -> None:
        typical = self.expected(np.zeros((1, len(self.omega()))))[0]
        model, faults = self.cohort.by[0].model, []
        for place, one in enumerate(self.observations):
            where = f"observations[{place}]"
            if isinstance(one, Score):
                if not effects.site_known(self.cohort.by):
                    faults.append(
                        f"{where}.effect: {model.id} does not know the artery, which drives it. Leave it out."
                    )
            elif one.site not in model.sites:
                sites = ", ".join(model.sites)
                faults.append(f"{where}.site: {model.id} predicts {sites} blood only, not {one.site}. Leave it out.")
            elif CURVES[one.analyte][0] not in model.residual:
                faults.append(f"{where}.analyte: {model.id} does not predict it with an error. Leave it out.")
            elif not np.isfinite(typical[place]):
                faults.append(
                    f"{where}.time_min: nothing is expected in blood yet. Correct the minute, or leave it out."
                )
        if faults:
            raise PredictionRefused(*faults)

    def omega(self) -> Array:
        """Covariance of all that can move: parameters, then baseline and slope of each scale in units of their SD."""
        moving, more = self.covariance[np.ix_(self.moving, self.moving)], 2 * len(self.scales)
        omega = np.eye(len(moving) + more)
        omega[: len(moving), : len(moving)] = moving
        return omega

    def evidence(self) -> Evidence:
        rows = [self._seen(one) for one in self.observations]
        value, sd, below = (np.array([row[part] for row in rows]) for part in range(3))
        return Evidence(value.astype(float), sd.astype(float), below.astype(bool))

    def _seen(self, one: Observation) -> tuple[float, float, bool]:
        if isinstance(one, Score):
            return one.value, individual_reader.scale(one.scale).strays, False
        residual = self.cohort.by[0].model.residual[CURVES[one.analyte][0]]
        spread = sqrt(residual.log_sd**2 + (residual.plus_ng_per_ml / one.ng_per_ml) ** 2)
        return log(one.ng_per_ml), spread, one.below

    def typical(self) -> Array:
        """The typical parameter vector for this patient, of what is given as a whole."""
        routes, drugs = (
            frozenset(dose.route for dose in self.cohort.case.regimen),
            {d.drug for d in self.cohort.case.regimen},
        )
        drug = drugs.pop() if len(drugs) == 1 else None
        return population.typical(self.cohort.by[0].model, self.cohort.case.patient, routes, self.cohort.changes, drug)

    # --- what a model expects ---

    def expected(self, moved: Array) -> Array:
        """What is expected of each observation (columns), on the scale of its error, for rows of deviations."""
        found = np.empty((len(moved), len(self.observations)))
        cohort = replace(
            self.cohort, deviations=(self.whole(moved),), case=replace(self.cohort.case, patients=len(moved))
        )
        for key in dict.fromkeys(map(_looked_at, self.observations)):
            places = [place for place, one in enumerate(self.observations) if _looked_at(one) == key]
            times = np.array([self.observations[place].time_min for place in places])
            found[:, places] = self._course(cohort, key, times, moved)
        return found

    def _course(self, cohort: Cohort, key: tuple[str, Site | None], times: Array, moved: Array) -> Array:
        name, site = key
        everyone = slice(0, len(moved))
        if site is not None:
            flows = cohort.flows(*CURVES[name], everyone, site)
            with np.errstate(divide="ignore", invalid="ignore"):
                logs: Array = np.log(concentrations(flows, len(moved), times))
            return logs
        scale = individual_reader.scale(name)
        own = self.of_scales(moved)[:, 2 * self.scales.index(scale) :]
        return read_on(scale, own[:, :1], own[:, 1:2], driving(cohort, scale, everyone, times))

    def whole(self, moved: Array) -> Array:
        """Deviations of every parameter: those that can move, and zero for the others."""
        deviations = np.zeros((len(moved), len(self.parameters)))
        deviations[:, self.moving] = moved[:, : len(self.moving)]
        return deviations

    def of_scales(self, moved: Array) -> Array:
        """Baseline and slope of each scale, from deviations in units of their SD."""
        middle = np.array([part for scale in self.scales for part in (scale.baseline, scale.slope)])
        spread = np.array([part for scale in self.scales for part in (scale.baseline_sd, scale.slope_sd)])
        return np.asarray(middle + spread * moved[:, len(self.moving) :])

    def in_own_unit(self, expected: Array) -> Array:
        logged = np.array([isinstance(one, Sample) for one in self.observations], dtype=bool)
        return np.where(logged, np.exp(np.where(logged, expected, 0)), expected)


def _looked_at(one: Observation) -> tuple[str, Site | None]:
    return (one.scale, None) if isinstance(one, Score) else (one.analyte, one.site)
