"""The words of antidepressant trials: a trial as it was taken, and how far it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from ketacare.medicine.candidacy.terms.courses import CourseLine, ToldBy
from ketacare.medicine.candidacy.terms.definitions import Definition
from ketacare.medicine.evidence.terms import Figure, Grade, Result, Series, SheetHeader, Source


class Standing(StrEnum):
    """How far a trial counts towards resistance."""

    CERTAIN = "counts"
    SHORT = "short or doubtful"
    UNKNOWN = "cannot tell"
    INTOLERANCE = "intolerance"
    AUGMENTATION = "augmentation"
    NO = "does not count"


class Improvement(StrEnum):
    """What a trial did, where only its class is known (TRIAL-04)."""

    NONE = "none"
    PARTIAL = "partial"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True)
class DoseStep:
    """So many days at one daily dose, or without the medicine (a gap); None where nobody knows."""

    dose_mg: Decimal | None
    days: int | None
    taken: bool = True

    def __post_init__(self) -> None:
        if self.dose_mg is not None and (not self.dose_mg.is_finite() or self.dose_mg <= 0):
            raise ValueError(f"Dose: {self.dose_mg} mg is not a dose. Enter mg a day, or leave it out if not known.")
        if self.days is not None and self.days < 1:
            raise ValueError(f"Days: {self.days} is not a duration. Enter days, or leave it out if not known.")
        if not self.taken and self.dose_mg is not None:
            raise ValueError("Gap: a gap has no dose. Enter a dose, or days without the medicine.")


@dataclass(frozen=True, slots=True)
class Ruling:
    """A prescriber's word over the computed standing of one trial, with its reason."""

    counts: bool
    by: str
    reason: str

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.reason.strip():
            raise ValueError("Ruling: says who ruled and why. Enter both.")


@dataclass(frozen=True)
class Trial:
    """One medicine as it was taken, doses in the order taken. None is unknown, never no.

    Gaps whose place is known are steps of their own; `gap_days` are those whose place is not, and `days_since_gap` the
    days at the last dose since the longest of them.
    """

    medicine: str
    steps: tuple[DoseStep, ...]
    improvement_percent: Decimal | None = None
    adherence_percent: Decimal | None = None
    in_current_episode: bool | None = None
    form: str = ""
    gap_days: int = 0
    stopped_for_side_effects: bool | None = False
    relapsed_on_dose: bool = False
    adherence_witnessed: bool = False
    level_ng_per_ml: Decimal | None = None
    reduced_ceiling_mg: Decimal | None = None
    started_with: tuple[str, ...] = ()
    days_alone: int | None = None
    source: str = ToldBy.RECALL
    improvement: Improvement | None = None
    level_mmol_per_l: Decimal | None = None
    reduced_for: str = ""
    days_since_gap: int | None = None
    began_on: date | None = None
    ended_on: date | None = None
    ruled: Ruling | None = None

    def __post_init__(self) -> None:
        for name, value in (("improvement", self.improvement_percent), ("adherence", self.adherence_percent)):
            if value is not None and (not value.is_finite() or value > 100 or (name == "adherence" and value < 0)):
                raise ValueError(f"{self.medicine} {name}: {value} % is impossible. Enter a percentage up to 100.")
        for days in (self.gap_days, self.days_since_gap or 0, self.days_alone or 0):
            if days < 0:
                raise ValueError(f"{self.medicine} gaps: {days} days is impossible. Enter 0 or more.")

    @property
    def highest_mg(self) -> Decimal | None:
        """The highest daily dose that is known."""
        return max((step.dose_mg for step in self.steps if step.dose_mg is not None), default=None)


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a public vocabulary, graded like a figure."""

    code: str
    source: Source
    grade: Grade


@dataclass(frozen=True, slots=True)
class FormDoses:
    """What differs when the medicine is taken in this form."""

    least: Figure | None = None
    usual: Series | None = None
    most: Figure | None = None


@dataclass(frozen=True)
class Medicine:
    """One row of the adequate-dose table; `molecule` joins what counts as one (a racemate and its enantiomer)."""

    id: str
    name: str
    names: tuple[str, ...]
    drug_class: str
    molecule: str
    least: Figure
    forms: Mapping[str, FormDoses] = field(default_factory=dict)
    usual: Series | None = None
    most: Figure | None = None
    most_inpatient: Figure | None = None
    low: Figure | None = None
    preferred: Figure | None = None
    payer: Figure | None = None
    reduced: Figure | None = None
    reduced_when: tuple[str, ...] = ()
    other_use: Series | None = None
    other_use_is: str = ""
    level_least: Figure | None = None
    level_most: Figure | None = None
    by_level: bool = False
    never_counts: bool = False
    also_augments: bool = False
    not_oral: bool = False
    dose_of: str = ""
    days: Figure | None = None
    rxcui: Code | None = None
    note: str = ""

    @property
    def grade(self) -> Grade:
        """How sure the figure is that decides: the level where only that counts, else the minimum dose."""
        return self.level_least.grade if self.by_level and self.level_least is not None else self.least.grade


@dataclass(frozen=True)
class Disorder:
    """When a trial counts for a disorder other than depression (TRIAL-12)."""

    id: str
    title: str
    words: str
    medicines: Mapping[str, Medicine]
    days: Figure | None
    needed: Figure | None
    therapy_sessions: Figure | None


# Endings of a name that say its form and not another medicine.
RELEASES = frozenset({"CR", "ER", "IR", "LA", "SR", "XL", "XR"})


@dataclass(frozen=True)
class TrialLines:
    """The figures that every trial is held against."""

    header: SheetHeader
    medicines: Mapping[str, Medicine]
    augmenters: Mapping[str, Medicine]
    figures: Mapping[str, Figure]
    needed: Figure
    diagnoses: frozenset[str] = frozenset()
    courses: Mapping[str, CourseLine] = field(default_factory=dict)
    disorders: Mapping[str, Disorder] = field(default_factory=dict)
    definitions: tuple[Definition, ...] = ()

    def value(self, name: str) -> Decimal:
        return self.figures[name].value

    def medicine(self, name: str) -> Medicine | None:
        return _named(name, self.medicines)

    def medicine_of(self, trial: Trial) -> Medicine | None:
        """By its name, or by its name and form where the table has no other form of it ("selegiline" as a patch)."""
        return self.medicine(trial.medicine) or (
            self.medicine(f"{trial.medicine} {trial.form}") if trial.form else None
        )

    def augmenter(self, name: str) -> Medicine | None:
        return _named(name, self.augmenters)


def _named(name: str, table: Mapping[str, Medicine]) -> Medicine | None:
    """By generic or brand name, with or without the form behind it ("Effexor XR")."""
    told = name.strip().casefold()
    stem, _, ending = told.rpartition(" ")
    return table.get(told) or (table.get(stem.strip()) if ending.upper() in RELEASES else None)


def form_of(trial: Trial) -> str:
    """The form as told, or as it stands behind the name."""
    if trial.form:
        return trial.form.strip().upper()
    ending = trial.medicine.strip().rpartition(" ")[2].upper()
    return ending if ending in RELEASES else ""


class TrialJudgement(Struct, frozen=True, gc=False):
    """Why a trial counts, might, or does not; `why` names the TRIAL rules, `missing` what would settle it.

    `computed` is the standing before a prescriber's ruling; `adequate` says whether dose and duration were enough,
    whatever came of it.
    """

    trial: Trial
    standing: Standing
    medicine: Medicine | None
    least_days: int
    why: tuple[str, ...]
    missing: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    counts_for_life: bool = False
    grade: Grade = Grade.D
    computed: Standing = Standing.UNKNOWN
    adequate: Result = Result.UNKNOWN
    least_mg: Decimal | None = None
    enough_days: int | None = None

    @property
    def molecule(self) -> str:
        return self.trial.medicine.strip().casefold() if self.medicine is None else self.medicine.molecule


class TrialCount(Struct, frozen=True, gc=False):
    """Certain N, possible M: unknown is never counted and never thrown away (TRIAL-11).

    `strict` counts the certain ones that were 25 % better or less; `classes` the certain ones by class.
    """

    certain: int
    short: int
    unknown: int
    intolerances: int
    lifetime: int
    judgements: tuple[TrialJudgement, ...]
    missing: tuple[str, ...]
    strict: int = 0
    augmentations: int = 0
    classes: Mapping[str, int] = {}
    counted: tuple[str, ...] = ()

    @property
    def possible(self) -> int:
        return self.certain + self.short + self.unknown

    @property
    def words(self) -> str:
        return f"certain {self.certain}, possible {self.possible}"
