"""The words of a case: what is proposed, what is known, what is taken, and what somebody has cleared."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from ketacare.medicine.candidacy.terms.courses import Course
from ketacare.medicine.candidacy.terms.trials import Trial
from ketacare.medicine.evidence.terms import Effect, Facts

T = TypeVar("T")


class Stage(StrEnum):
    """What the question is: may this person be offered treatment, or may this dose be given today?"""

    EVALUATION = "evaluation"
    DOSE = "dose"


class Route(StrEnum):
    IV = "IV"
    IM = "IM"
    SL = "SL"
    IN = "IN"


class Signatures(StrEnum):
    """Whose word lifts a reason."""

    PRESCRIBER = "P"
    WITH_DIRECTOR = "P+MD"
    WITH_SPECIALIST = "P+spec"
    WITH_GUARDIAN = "P+MD+guardian+spec"


@dataclass(frozen=True, slots=True)
class TakenMedicine:
    """A medicine as somebody takes it, in the name it was told by. None is unknown, never no. `listed_at`: since when
    it has stood on the list just so, where nobody knows since when it is taken. `told_otherwise`: how the patient says
    it is taken where the list says something else and nobody has settled it, empty where not at all; None: no
    disagreement."""

    name: str
    form: str = ""
    daily_dose_mg: Decimal | None = None
    as_needed: bool | None = None
    hours_since_last: Decimal | None = None
    stable_days: int | None = None
    accepted_unchecked: str = ""
    listed_at: datetime | None = None
    told_otherwise: "tuple[TakenMedicine, ...] | None" = None


@dataclass(frozen=True, slots=True)
class Pressure:
    """One seated reading of today."""

    taken_at: datetime
    systolic: int
    diastolic: int

    def __str__(self) -> str:
        return f"{self.systolic}/{self.diastolic}"


@dataclass(frozen=True, slots=True)
class Clearance:
    """A letter or decision that lifts one criterion until a day; after it, or once withdrawn, it lifts nothing.

    `about` names the medicines that were taken when it was given, where it is about medicines; None: not told.
    `given_for` is the effect it was given for; None: not told. `given_at` is its moment on `given_on`, where that is
    known: what was found later on that day it was not about.
    """

    criterion: str
    signatures: Signatures
    given_on: date
    until: date | None = None
    conditions: str = ""
    withdrawn_on: date | None = None
    about: tuple[str, ...] | None = None
    ended_by: str = ""  # what happened since that it was not about, worked out from the case
    given_for: Effect | None = None
    given_at: datetime | None = None

    def was_before(self, known_at: date | datetime) -> bool:
        """Was it given earlier on the day of this moment, as far as both hours are known?"""
        return isinstance(known_at, datetime) and self.given_at is not None and self.given_at < known_at


@dataclass(frozen=True)
class Case:
    """`trials`, `medicines` and `courses` are None while nobody has asked; empty when there are none."""

    at: date | datetime
    facts: Facts
    trials: tuple[Trial, ...] | None = None
    medicines: tuple[TakenMedicine, ...] | None = None
    stage: Stage = Stage.EVALUATION
    route: Route | None = None
    pressures: tuple[Pressure, ...] = ()
    clearances: tuple[Clearance, ...] = ()
    courses: tuple[Course, ...] | None = None
    _worked_out: dict[tuple[str, int], tuple[object, Any]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def once(self, question: str, sheets: object, answer: Callable[[], T]) -> T:
        """What these sheets say of this very case is worked out once. The sheets are held, so that no others may take
        their place; an answer never holds the case: such a ring would stay until somebody looks for it."""
        kept = self._worked_out.get((question, id(sheets)))
        if kept is None:
            kept = self._worked_out[question, id(sheets)] = (sheets, answer())
        told: T = kept[1]
        return told
