"""Predicts a case: the typical course and the band around it, what is worth knowing of them, and every reservation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ketacare.medicine.pharmacology import checks, effects, population, reader, regimens, reservations, summaries
from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.kinetics import Flow, concentrations, expanded
from ketacare.medicine.pharmacology.population import Changes, Fitted
from ketacare.medicine.pharmacology.regimens import Part
from ketacare.medicine.pharmacology.summaries import Percentiles
from ketacare.medicine.pharmacology.terms import (
    Analyte,
    Band,
    Case,
    Condition,
    Dose,
    Drug,
    Model,
    PredictionRefused,
    Residual,
    Route,
    Site,
)

PEAKS_WITHIN_MIN = 180.0  # after the last of it is given, by whatever route
CHUNK = 2_000  # virtual patients worked on at once: what is needed of each is kept, its finer course is not


@dataclass(frozen=True)
class Curve:
    """A course in ng/mL at the times asked; `patients`, (patients, times), are the virtual patients behind the band."""

    times: Array  # minutes
    typical: Array
    p05: Array | None = None
    p50: Array | None = None
    p95: Array | None = None
    patients: Array | None = None


@dataclass(frozen=True)
class Predicted:
    """One model's share of the answer: which, where its blood is drawn, for which doses."""

    model: Model
    site: Site
    doses: tuple[Dose, ...]

    @property
    def routes(self) -> frozenset[Route]:
        return frozenset(dose.route for dose in self.doses)


@dataclass(frozen=True)
class Prediction:
    """A case's answer. Predicted, not measured.

    `curves` by name: ketamine, norketamine, and hydroxynorketamine where the model has it; asked for, also s_ketamine,
    r_ketamine, s_norketamine, r_norketamine, effect_site_s_ketamine (all ng/mL) and dissociation_index (0 to 1).
    `summary` is of ketamine.
    """

    case: Case
    by: tuple[Predicted, ...]
    curves: Mapping[str, Curve]
    summary: Mapping[str, Percentiles]
    inside: Array | None  # share of the virtual patients inside the window, by time
    warnings: tuple[str, ...]
    alarms: tuple[str, ...] = ()  # those of the warnings that a page never folds away


def predict(case: Case, fitted: Fitted | None = None) -> Prediction:
    """The prediction for a case, or PredictionRefused with every fault: field, rule, remedy.

    Times in minutes from the first dose, doses in mg of free base, weights in kg, answers in ng/mL. `fitted` puts one
    person's own estimate in the place of the typical patient, and its draws in that of the virtual ones.
    """
    checks.refuse_unsound(case)
    return predicted(Cohort.of(case, fitted))


def predicted(cohort: "Cohort") -> Prediction:
    """What this cohort shows of everything that its case asks."""
    case = cohort.case
    names = ["ketamine", "norketamine", "hydroxynorketamine", *(_ENANTIOMERS if case.enantiomers else ())]
    curves = {name: curve for name in names if (curve := cohort.curve(name)) is not None}
    if case.effects and effects.site_known(cohort.by):
        curves |= cohort.effect_curves()
    summary = cohort.summary()
    ketamine = curves["ketamine"]
    inside = None
    if case.window is not None and ketamine.patients is not None:
        low, high = case.window.low_ng_per_ml, case.window.high_ng_per_ml
        inside = ((ketamine.patients >= low) & (ketamine.patients <= high)).mean(axis=0)
    peak = cohort.arterial_peak()
    alarms = tuple(reservations.of_peak(peak or summary["cmax_ng_per_ml"], Site.ARTERIAL if peak else None))
    warnings = reservations.of(case, cohort.by, cohort.conditions, cohort.spreads, alarms)
    return Prediction(case, cohort.by, curves, summary, inside, warnings, alarms)


# What a curve shows: which substance, of which half of the drug.
CURVES: dict[str, tuple[Analyte, Drug | None]] = {
    "ketamine": (Analyte.KETAMINE, None),
    "norketamine": (Analyte.NORKETAMINE, None),
    "hydroxynorketamine": (Analyte.HYDROXYNORKETAMINE, None),
    "s_ketamine": (Analyte.KETAMINE, Drug.ESKETAMINE),
    "r_ketamine": (Analyte.KETAMINE, Drug.ARKETAMINE),
    "s_norketamine": (Analyte.NORKETAMINE, Drug.ESKETAMINE),
    "r_norketamine": (Analyte.NORKETAMINE, Drug.ARKETAMINE),
}
_ENANTIOMERS = ("s_ketamine", "r_ketamine", "s_norketamine", "r_norketamine")


@dataclass(frozen=True)
class Cohort:
    """The patient of a case and the virtual patients around them, the same in every curve."""

    case: Case
    by: tuple[Predicted, ...]
    conditions: tuple[Condition, ...]
    changes: Changes
    deviations: tuple[Array | None, ...]  # by model, (patients, parameters); None: only the typical patient
    centre: Array | None = None  # where one person was measured: their deviations, in place of the typical ones

    @classmethod
    def of(cls, case: Case, fitted: Fitted | None = None) -> "Cohort":
        conditions = conditions_of(case)
        pairs = regimens.models_of(case.regimen, case.model)
        by = tuple(Predicted(model, regimens.site_of(model, case.site), doses) for model, doses in pairs)
        if fitted is not None:
            if len(by) > 1:
                raise PredictionRefused(
                    "regimen: an individual estimate is of one model. Choose a model for all doses."
                )
            case = replace(case, patients=len(fitted.draws))
        drawn = _drawn(case, by) if fitted is None else (fitted.draws,)
        changes = population.changes_of(conditions)
        _refuse_beyond_the_liver(by, conditions, changes)
        return cls(case, by, conditions, changes, drawn, fitted.centre if fitted else None)

    @property
    def spreads(self) -> bool:
        return all(deviations is not None for deviations in self.deviations)

    def flows(
        self, analyte: Analyte, enantiomer: Drug | None, block: slice | None, site: Site | None = None
    ) -> tuple[Flow, ...]:
        """Everything that adds to this curve, for a block of the virtual patients or (None) the typical one."""
        return tuple(
            flow
            for one, deviations in zip(self.by, self.deviations, strict=True)
            for part in regimens.parts(one.model, one.doses, site or one.site, enantiomer)
            for flow in part.kinetics.flows(self._vectors(part, deviations, block), part.doses, analyte)
        )

    def _vectors(self, part: Part, deviations: Array | None, block: slice | None) -> Array:
        kinetics = part.kinetics
        values = population.typical(kinetics.model, self.case.patient, kinetics.routes, self.changes, part.drug)
        if block is None and self.centre is not None:
            return population.individual(values, kinetics.parameters, self.centre[np.newaxis])
        if block is None or deviations is None:
            return values[np.newaxis]
        return population.individual(values, kinetics.parameters, deviations[block])

    def blocks(self) -> Iterator[slice]:
        for begin in range(0, self.case.patients, CHUNK):
            yield slice(begin, min(begin + CHUNK, self.case.patients))

    def curve(self, name: str) -> Curve | None:
        """The curve of this name; None where the model does not know the substance."""
        analyte, enantiomer = CURVES[name]
        times = np.asarray(self.case.times_min, dtype=float)
        flows = self.flows(analyte, enantiomer, None)
        if not flows and not self._absent(enantiomer):
            return None
        typical = concentrations(flows, 1, times)[0]
        if not self.spreads:
            return Curve(times, typical)
        patients = np.concatenate(
            [
                concentrations(self.flows(analyte, enantiomer, block), block.stop - block.start, times)
                for block in self.blocks()
            ]
        )
        if self.case.band is Band.MEASURED:
            patients = self._measured(patients, analyte, name)
        return banded(times, typical, patients, self.changes.widen)

    def _absent(self, enantiomer: Drug | None) -> bool:
        """Is nothing of this enantiomer given? Then its concentration is known to be zero."""
        return enantiomer is not None and all(
            dose.drug not in (enantiomer, Drug.KETAMINE) for dose in self.case.regimen
        )

    def _measured(self, patients: Array, analyte: Analyte, name: str) -> Array:
        """What a laboratory would report: each value with a residual of its own."""
        random = np.random.default_rng([self.case.seed, list(CURVES).index(name) + 1])
        found = [one.model.residual[analyte] for one in self.by if analyte in one.model.residual]
        residual = max(found, key=lambda one: one.log_sd, default=Residual(0.0))
        measured: Array = patients * np.exp(residual.log_sd * random.standard_normal(patients.shape))
        if residual.plus_ng_per_ml:
            plus = residual.plus_ng_per_ml * random.standard_normal(patients.shape)
            measured = np.maximum(measured + np.where(patients > 0, plus, 0), 0)
        return measured

    def effect_curves(self) -> dict[str, Curve]:
        """S-ketamine at the effect site, and the dissociation index that it drives."""
        times = np.asarray(self.case.times_min, dtype=float)

        def at_site(block: slice | None, patients: int) -> Array:
            flows = self.flows(Analyte.KETAMINE, Drug.ESKETAMINE, block, Site.ARTERIAL)
            return concentrations(effects.at_effect_site(flows), patients, times)

        typical = at_site(None, 1)[0]
        if not self.spreads:
            site, index = Curve(times, typical), Curve(times, effects.dissociation_index(typical))
        else:
            patients = np.concatenate([at_site(block, block.stop - block.start) for block in self.blocks()])
            site = banded(times, typical, patients, self.changes.widen)
            index = banded(times, effects.dissociation_index(typical), effects.dissociation_index(patients), 1.0)
        return {"effect_site_s_ketamine": site, "dissociation_index": index}

    def summary(self) -> dict[str, Percentiles]:
        """Of ketamine, always of the true concentration."""
        typical = self._found(None)
        if not self.spreads:
            return {name: Percentiles(float(value[0])) for name, value in typical.items()}
        blocks = [self._found(block) for block in self.blocks()]
        whole = {name: np.concatenate([block[name] for block in blocks]) for name in typical}
        return {
            name: summaries.percentiles(float(typical[name][0]), values, self._widening(name))
            for name, values in whole.items()
        }

    def arterial_peak(self) -> Percentiles | None:
        """Of the whole course, wherever and however long it is looked at; None where a model knows no artery."""
        if not effects.site_known(self.by):
            return None
        until = self._end() + PEAKS_WITHIN_MIN

        def top(block: slice | None) -> Array:
            flows = self.flows(Analyte.KETAMINE, None, block, Site.ARTERIAL)
            return summaries.highest(flows, 1 if block is None else block.stop - block.start, until)

        typical = float(top(None)[0])
        if not self.spreads:
            return Percentiles(typical)
        whole = np.concatenate([top(block) for block in self.blocks()])
        return summaries.percentiles(typical, whole, self.changes.widen)

    def _found(self, block: slice | None) -> dict[str, Array]:
        flows = self.flows(Analyte.KETAMINE, None, block)
        patients = 1 if block is None else block.stop - block.start
        return summaries.of(flows, patients, self.case, self._end())

    def _end(self) -> float:
        """The minute at which the last of it has been given: of a spray, the last device."""
        given = (dose for one in self.by for dose, _ in expanded(one.doses, one.model))
        return max(dose.start_min + dose.duration_min for dose in given)

    def _widening(self, name: str) -> float:
        return self.changes.widen if name.endswith(("ng_per_ml", "ng_h_per_ml")) else 1.0


def conditions_of(case: Case) -> tuple[Condition, ...]:
    """What is on board by name; refused where one is not known or forbids a prediction."""
    known, faults, found = reader.conditions(), [], []
    routes = {dose.route for dose in case.regimen}
    for place, name in enumerate(case.conditions):
        condition = known.get(reader.plain_name(name))
        if condition is None:
            names = ", ".join(sorted({one.name for one in known.values()}))
            faults.append(f"inhibitors[{place}]: {name!r} is not known. Known: {names}.")
        elif condition.refused or routes & set(condition.refused_by):
            faults.append(f"inhibitors[{place}]: {condition.title}. {condition.words}.")
        else:
            found.append(condition)
    faults += _at_odds(found)
    if faults:
        raise PredictionRefused(*faults)
    if case.patient.age_years is not None and case.patient.age_years >= reader.elderly_from():
        found.append(known["age_75"])
    return tuple(dict.fromkeys(one for one in found if not one.routes or routes & set(one.routes)))


def _at_odds(conditions: Sequence[Condition]) -> Iterator[str]:
    names = {one.name: one for one in conditions}
    for one in names.values():
        for other in one.excludes:
            if other in names:
                yield f"inhibitors: {one.title} and {names[other].title} exclude each other. Give one of them."


def _refuse_beyond_the_liver(by: Sequence[Predicted], conditions: Sequence[Condition], changes: Changes) -> None:
    for one in by:
        if population.beyond_the_liver(one.model, changes):
            faster = [c.name for c in conditions if (c.clint or 1.0) > 1 or (c.clearance or 1.0) > 1]
            raise PredictionRefused(
                f"inhibitors: {' and '.join(faster)} together clear more than flows through the liver, which "
                f"{one.model.id} cannot carry. Leave one out."
            )


def _drawn(case: Case, by: tuple[Predicted, ...]) -> tuple[Array | None, ...]:
    """Deviations by model, of virtual patients that the seed settles."""
    if case.patients < 2:  # one patient is the typical one
        return tuple(None for _ in by)
    random = np.random.default_rng(case.seed)
    return tuple(
        population.etas(one.model, one.model.of_routes(one.routes), case.patients, random)
        if one.model.spreads
        else None
        for one in by
    )


def banded(times: Array, typical: Array, patients: Array, widen: float) -> Curve:
    """A curve with its percentiles; the upper one times `widen`."""
    p05, p50, p95 = np.percentile(patients, (5, 50, 95), axis=0)
    return Curve(times, typical, p05, p50, p95 * widen, patients)
