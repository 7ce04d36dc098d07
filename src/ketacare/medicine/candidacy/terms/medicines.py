"""The words of medicines beside ketamine: the formulary, what each row of interactions does, and what is judged of one.

A drug has one or more uses: what to do with it in one form, taken in one way, at one dose. The formulary says which use
holds when; a row of interactions says what the whole class does, how large that was found, and who says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.candidacy.terms.case import Route, TakenMedicine
from ketacare.medicine.evidence.terms import (
    Condition,
    Criterion,
    Effect,
    Figure,
    Grade,
    Reason,
    Series,
    SheetHeader,
    Source,
)


class Action(StrEnum):
    """What to do with a medicine, as one word for everybody."""

    STOP = "stop"
    ASK = "ask first"
    HOLD = "hold"
    CONTINUE = "continue"
    NOTHING_KNOWN = "no rule"
    UNCHECKED = "not checked"


class Does(StrEnum):
    """What a medicine does beside ketamine."""

    SEDATION = "sedation"
    BREATHING = "breathing"
    BLUNTS = "blunts"
    RAISES = "raises"
    LOWERS = "lowers"
    PRESSURE = "pressure"
    PULSE = "pulse"
    HYPOTENSION = "hypotension"
    ATTENUATES = "attenuates"
    SEIZURE = "seizure"
    QT = "qt"
    PSYCHOSIS = "psychosis"
    ADDITIVE = "additive"
    FASTING = "fasting"
    NONE = "none"

    @property
    def words(self) -> str:
        return _DOES_WORDS[self]


_DOES_WORDS = {
    Does.SEDATION: "sedates",
    Does.BREATHING: "slows breathing",
    Does.BLUNTS: "blunts the response",
    Does.RAISES: "raises exposure",
    Does.LOWERS: "lowers exposure",
    Does.PRESSURE: "raises blood pressure",
    Does.PULSE: "raises the pulse",
    Does.HYPOTENSION: "lowers blood pressure",
    Does.ATTENUATES: "lessens the rise of blood pressure",
    Does.SEIZURE: "lowers the seizure threshold",
    Does.QT: "prolongs QT",
    Does.PSYCHOSIS: "may bring on psychosis",
    Does.ADDITIVE: "adds to ketamine",
    Does.FASTING: "touches fasting",
    Does.NONE: "no harm found",
}


@dataclass(frozen=True, slots=True)
class Code:
    """A code of another system, with who says so."""

    code: str
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True, slots=True)
class Use:
    """What to do with a drug where its conditions hold; None or empty is no condition.

    `hold` counts only with the actions hold and stop; beside `ask` it is what to talk about. `routes` limits a hold or
    a caution to those routes of ketamine.
    """

    row: str
    action: Action
    hold: Figure | None = None
    consult: str = ""
    caution: str = ""
    form: str = ""
    as_needed: bool | None = None
    over: Figure | None = None
    up_to: Figure | None = None
    pressure: str = ""
    routes: frozenset[Route] = frozenset(Route)


@dataclass(frozen=True)
class Drug:
    """One drug of the formulary."""

    name: str
    drug_class: str
    brands: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    spanish: tuple[str, ...] = ()
    brands_by_form: Mapping[str, str] = field(default_factory=dict)
    rxcui: Code | None = None
    rows: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    uses: tuple[Use, ...] = ()
    does: tuple[Does, ...] = ()
    unit: str = "mg"
    never_abrupt: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.also, *self.spanish, *self.brands, *self.brands_by_form)


@dataclass(frozen=True)
class Writing:
    """How doses are written: units in milligrams, other spellings of a unit, and times a day."""

    units: Mapping[str, Figure]
    spelled: Mapping[str, str]
    often: Mapping[str, Figure]
    unlikely: Figure
    impossible: Figure
    unlikely_as_diazepam: Figure


@dataclass(frozen=True, slots=True)
class DailyDose:
    """A daily dose as it was understood; None where its unit has no weight, as puffs or drops."""

    mg: Decimal | None
    words: str


@dataclass(frozen=True, eq=False)
class Formulary:
    """Every drug that is known here, found by any of its names as `plain_name` writes them."""

    header: SheetHeader
    drugs: tuple[Drug, ...]
    by_name: Mapping[str, Drug]
    form_of_name: Mapping[str, str]
    forms: Mapping[str, str]
    salts: frozenset[str]
    writing: Writing


@dataclass(frozen=True, slots=True)
class Match:
    """A drug found by its name, and the form that the name itself told ("Concerta", "bupropion XL")."""

    drug: Drug
    form: str = ""


@dataclass(frozen=True)
class InteractionRow:
    """What one class of medicines does beside ketamine, and what follows."""

    id: str
    title: str
    does: tuple[Does, ...]
    mechanism: str
    size: str
    advice: str
    figures: Mapping[str, Figure | Series]
    sources: tuple[Source, ...]
    grade: Grade
    unmet: Effect = Effect.CLEAR
    missed: bool = False
    watch: Condition | None = None
    watched: str = ""
    by_route: Mapping[Route, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Ratio:
    """Exposure to ketamine with another substance, over exposure without."""

    id: str
    drug: str
    given: str
    enzyme: str
    victim: str
    routes: frozenset[Route]
    effect: Effect
    advice: str
    auc: Figure
    cmax: Figure | None = None
    auc_range: Series | None = None
    cmax_range: Series | None = None
    half_life_rise: Figure | None = None
    fact: str = ""
    when: str = ""

    @property
    def title(self) -> str:
        return f"{self.drug or self.given} with {self.victim}"


@dataclass(frozen=True, slots=True)
class Together:
    """A row about medicines taken together."""

    id: str
    title: str
    words: str
    override: str
    sources: tuple[Source, ...]
    grade: Grade
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Pair:
    """A class that needs more care beside certain others."""

    row: str
    others: frozenset[str]
    consult: str
    words: str


@dataclass(frozen=True, eq=False)
class InteractionSheet:
    """All that is known of medicines beside ketamine."""

    header: SheetHeader
    rows: Mapping[str, InteractionRow]
    ratios: tuple[Ratio, ...]
    substances: tuple[Criterion, ...]
    measured: tuple[Criterion, ...]
    habits: tuple[Criterion, ...]
    together: Mapping[str, Together]
    pairs: tuple[Pair, ...]
    lines: Mapping[str, Figure]
    extra_pressure: Mapping[str, Figure]
    extra_pressure_rows: frozenset[str]
    never_abrupt: str
    equal_to: Figure
    tables: Mapping[str, str]
    equivalents: Mapping[str, Mapping[str, tuple[Decimal, ...]]]
    equivalents_sources: tuple[Source, ...]
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Taken:
    """A medicine as somebody takes it, beside the drug it was matched to."""

    medicine: TakenMedicine
    drug: Drug
    form: str = ""

    @property
    def label(self) -> str:
        """The drug's own name, and what it was called where that differs."""
        told = self.medicine.name.strip()
        return self.drug.name if told.casefold() == self.drug.name.casefold() else f"{self.drug.name} ({told})"


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A daily benzodiazepine dose as diazepam, by one table; a table that gives a range gives both ends."""

    table: str
    least_mg: Decimal
    most_mg: Decimal


@dataclass(frozen=True)
class MedicineJudgement:
    """One medicine as it is taken, and what follows: the drug or None, what to do, and every reason."""

    medicine: TakenMedicine
    drug: Drug | None
    form: str
    action: Action
    words: str
    does: tuple[Does, ...]
    rows: tuple[InteractionRow, ...]
    holds: tuple[Figure, ...]
    hours_left: Decimal | None
    equivalents: tuple[Equivalent, ...]
    by_route: Mapping[Route, str]
    never_abrupt: bool
    reasons: tuple[Reason, ...]

    @property
    def unconfirmed(self) -> bool:
        """Does anything it rests on stand unconfirmed?"""
        return any(row.grade is Grade.M for row in self.rows)


@dataclass(frozen=True, slots=True)
class ExposureEffect:
    """What a medicine does to the exposure to ketamine by one route: by which group, and the ratios if published."""

    drug: str
    group: str
    direction: Does
    strength: str
    counts: bool
    ratios: tuple[Ratio, ...]
