"""Predictions for one patient: what is known of them, and each regimen put beside another as the kinetics see it.

Predicted, not measured. What a prediction rests on and is not known is named, and then there is none.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.dosing.queries import reconciling
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import BodyMeasure, Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.candidacy.terms import Case as KnownCase
from ketacare.medicine.candidacy.terms import Knowledge
from ketacare.medicine.dosing.rules.choices import Choice, Line, doses, lines_passed
from ketacare.medicine.dosing.rules.descriptors import Described, Descriptors, descriptors
from ketacare.medicine.dosing.rules.on_board import OnBoard, kidney_line, on_board, severe_kidneys
from ketacare.medicine.evidence.rules import current
from ketacare.medicine.evidence.terms import FactValue
from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.predictions import Prediction, predict
from ketacare.medicine.pharmacology.terms import Band, Case, Dose, PredictionRefused, Route, Site
from ketacare.medicine.pharmacology.terms import Patient as Body
from ketacare.medicine.protocols.terms import WeightRules
from ketacare.medicine.quantities.terms import Mass, Weight, plain

VIRTUAL_PATIENTS, SEED = 500, 1  # a band of 500 is drawn in a tenth of a second
STEP_MIN, LEAST_MIN, AFTER_MIN = 2, 240, 180  # of the grid; what is shown at least, and after the last dose
FAILED = "The course could not be worked out. This is a fault of the software, not of the patient."
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Known:
    """What is kept of a person that can move a course: medicines, liver, kidneys."""

    case: KnownCase
    knowledge: Knowledge

    def on_board(self, routes: Sequence[Route]) -> OnBoard:
        liver = self._fact("child_pugh")
        egfr, dialysis = self._fact("egfr"), self._fact("dialysis")
        return on_board(
            self.case.medicines,
            self.knowledge,
            routes,
            child_pugh=liver if isinstance(liver, str) else None,
            kidneys_severe=severe_kidneys(
                egfr if isinstance(egfr, Decimal) else None,
                dialysis if isinstance(dialysis, bool) else None,
                kidney_line(self.knowledge),
            ),
        )

    def _fact(self, name: str) -> FactValue | None:
        """The value that stands; None where nobody recorded it or records disagree."""
        try:
            return current(self.case.facts, name, None, self.case.at).value
        except LookupError:
            return None


def known(patient: Patient, *, at: datetime, zone: str) -> Known:
    return Known(reconciling.dose_case(patient, at=at, zone=zone), candidacy.sheet(patient))


@dataclass(frozen=True)
class Person:
    """What a prediction rests on. `missing` says what must be known first, each with its remedy."""

    known: Known
    weights: Descriptors | None
    weighed_at: datetime | None
    weight_days: int | None
    height_cm: Decimal | None
    age: int
    missing: tuple[str, ...]

    @property
    def body(self) -> Body:
        assert self.weights is not None  # asked only where nothing is missing
        height = None if self.height_cm is None else float(self.height_cm)
        return Body(float(self.weights.offered[0].weight.amount), float(self.age), height, weight_days=self.weight_days)


def person(patient: Patient, rules: WeightRules, *, at: datetime, zone: str) -> Person:
    """Gathered as it stands now; an old weight or none is asked for, never replaced."""
    measure, tall = people.latest_measure(patient), people.latest_height(patient)
    height = None if tall is None else tall.height_cm
    missing = weight_missing(measure, rules, at, zone)
    weights = None
    if measure is not None and not missing:
        weights = weights_of(patient, Weight(measure.weight_kg))
    return Person(
        known=known(patient, at=at, zone=zone),
        weights=weights,
        weighed_at=None if measure is None else measure.happened_at,
        # a weight taken after the moment that is looked at is not older than it
        weight_days=None if measure is None else max(0, (at - measure.happened_at).days),
        height_cm=height,
        age=age_of(patient, at, zone),
        missing=missing,
    )


def weights_of(patient: Patient, actual: Weight) -> Descriptors:
    """The weights a dose could rest on, by the height that stands."""
    return weights_by(patient, actual, people.latest_height(patient))


def weights_by(patient: Patient, actual: Weight, tall: BodyMeasure | None) -> Descriptors:
    """By this height. The header's word for the sex is the sheet's, but for its capital."""
    height = None if tall is None else tall.height_cm
    return descriptors(actual, height, people.identity(patient).sex.casefold())


def weight_missing(measure: BodyMeasure | None, rules: WeightRules, at: datetime, zone: str = "UTC") -> tuple[str, ...]:
    """By the days of the clinic, as an order counts them."""
    if measure is None:
        return ("Weight: none is recorded. Weigh the patient.",)
    days = (local_day(at, zone) - local_day(measure.happened_at, zone)).days
    if days <= rules.valid_days:
        return ()
    words = f"Weight: {plain(measure.weight_kg)} kg was taken {days} days ago; a dose rests on one that is at most "
    return (f"{words}{rules.valid_days} days old. Weigh again.",)


def age_of(patient: Patient, at: datetime, zone: str) -> int:
    return people.identity(patient).age_on(local_day(at, zone))


@dataclass(frozen=True)
class View:
    """What of a course is looked at: sampled where, which band, which level, on which weight the dose rests."""

    site: Site = Site.VENOUS
    band: Band = Band.TRUE
    level: Decimal | None = None
    weight: str = ""


@dataclass(frozen=True)
class Planned:
    """One regimen for this person: its dose, the lines it passes, its course or why there is none."""

    choice: Choice
    mass: Mass
    board: OnBoard
    lines: tuple[Line, ...]
    prediction: Prediction | None
    refused: tuple[str, ...] = ()


def planned(who: Person, choices: Sequence[Choice], view: View) -> list[Planned]:
    """Each regimen on the same clock, so that they can be laid over one another."""
    assert who.weights is not None
    weight = dosing_weight(who.weights, view.weight).weight
    given = [doses(choice, weight) for choice in choices]
    until = longest(given)
    return [
        one_planned(who, choice, regimen, weight, until, view) for choice, regimen in zip(choices, given, strict=True)
    ]


def dosing_weight(weights: Descriptors, name: str) -> Described:
    """The weight chosen on the page; the actual one unless another is asked for."""
    return next((one for one in weights.offered if one.name == name), weights.offered[0])


def longest(regimens: Sequence[Sequence[Dose]]) -> int:
    ends = [dose.start_min + dose.duration_min for regimen in regimens for dose in regimen]
    return max(LEAST_MIN, STEP_MIN * round((max(ends, default=0) + AFTER_MIN) / STEP_MIN))


def one_planned(
    who: Person, choice: Choice, regimen: tuple[Dose, ...], weight: Weight, until: int, view: View
) -> Planned:
    board = who.known.on_board((choice.way.route,))
    lines, mass = lines_passed(choice, weight), choice.mass(weight).rounded()
    if board.refused:
        return Planned(choice, mass, board, lines, None, board.refused)
    case = Case(
        patient=who.body,
        regimen=regimen,
        times_min=tuple(float(minute) for minute in range(0, until + 1, STEP_MIN)),
        site=view.site,
        band=view.band,
        patients=VIRTUAL_PATIENTS,
        seed=SEED,
        conditions=board.names,
        effects=True,
        level_ng_per_ml=None if view.level is None else float(view.level),
    )
    prediction, refused = attempted(case)
    return Planned(choice, mass, board, lines, prediction, refused)


def attempted(case: Case) -> tuple[Prediction | None, tuple[str, ...]]:
    """The course, or why there is none: a refusal in its own words, a fault of ours as such."""
    try:
        return _predicted(case), ()
    except PredictionRefused as refused:
        return None, refused.faults
    except Exception:
        log.exception("a prediction failed")
        return None, (FAILED,)


@lru_cache(maxsize=64)
def _predicted(case: Case) -> Prediction:
    """Kept by the case, which holds numbers and names of medicines and nothing of a person."""
    prediction = predict(case)
    lean = {name: replace(curve, patients=None) for name, curve in prediction.curves.items()}
    return replace(prediction, curves=lean)


def landmark() -> tuple[str, Decimal]:
    """The level that a course is held against unless another is asked for, and what it means."""
    first = reader.landmarks()[0]
    return first.title, first.low.value
