"""The words of evidence: where a figure comes from, what is known of a patient, and how a decision is told.

Everything is a frozen value; what a case makes by the hundred (facts, reasons) is a struct, which is made in a tenth
of the time. A figure without unit, source and grade cannot exist; neither can a decision without its
reasons. Unknown is an answer of its own and never a kind of no.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

T = TypeVar("T")
FactValue = Decimal | str | bool | date


class Grade(StrEnum):
    """How far a figure may be trusted."""

    V = "V"  # read in its source
    S = "S"  # second-hand: a source quoting another
    D = "D"  # a design default that a medical director adopts
    M = "M"  # recalled, not re-read: shown as unconfirmed until a clinic adopts it by name

    @property
    def words(self) -> str:
        return _GRADE_WORDS[self]


_GRADE_WORDS = {
    Grade.V: "verified in its source",
    Grade.S: "second-hand",
    Grade.D: "house default, adopted by the medical director",
    Grade.M: "unconfirmed",
}


_FROM_STRONGEST = tuple(Grade)


def weakest(grades: "list[Grade] | tuple[Grade, ...]") -> Grade:
    """A row is as weak as its weakest figure; without any it is a house default."""
    return max(grades, key=_FROM_STRONGEST.index, default=Grade.D)


class Outcome(StrEnum):
    PERMIT = "permit"
    WARN = "warn"
    STOP = "stop"
    UNKNOWN = "unknown"


class Result(StrEnum):
    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """What a criterion does when it is met."""

    STOP = "stop"
    CLEAR = "needs clearance"
    CAUTION = "caution"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Source:
    label: str
    citation: str

    def __post_init__(self) -> None:
        if not self.label.strip() or not self.citation.strip():
            raise ValueError(
                "Source: needs a label and a citation. Write out author or label, year and where to find it."
            )


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of clinical knowledge: what it is, in which unit, who says so, how sure we are."""

    value: Decimal
    unit: str
    sources: tuple[Source, ...]
    grade: Grade

    def __post_init__(self) -> None:
        if not self.unit or not self.sources:
            raise ValueError("Figure: a figure without unit or source cannot be used. Add both.")

    @property
    def integer(self) -> int:
        """The value as a whole number; refuses to drop a fraction."""
        if self.value != self.value.to_integral_value():
            raise ValueError(f"Figure: {self.value} {self.unit} is not a whole number.")
        return int(self.value)


@dataclass(frozen=True, slots=True)
class Series:
    """Several numbers that share a unit, a source and a grade, such as the minutes of a schedule."""

    values: tuple[Decimal, ...]
    unit: str
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True, slots=True)
class UnitBounds:
    """Between which ends figures of one unit lie, and from which factor on one of them is asked about."""

    least: Decimal
    most: Decimal
    unlikely: Decimal | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a clinic's own figure may lie from the shipped one."""

    unlikely: Decimal
    impossible: Decimal
    units: Mapping[str, UnitBounds]
    whole_units: frozenset[str]
    not_counts: tuple[str, ...]
    ordered: tuple[tuple[str, str], ...]


class Status(StrEnum):
    DRAFT = "draft"
    SHIPPED = "shipped"
    ADOPTED = "adopted"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class SheetRef:
    """Which sheet, at which version, a decision rests on."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class SheetHeader:
    id: str
    version: str
    title: str
    status: Status
    author: str
    checker: str
    reviewed_on: date
    next_review_on: date

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.id, self.version)


@dataclass(frozen=True)
class Sheet:
    """A loaded sheet: its body with every figure table already a `Figure`; `table` is what was read, as it stood."""

    header: SheetHeader
    sources: Mapping[str, Source]
    body: Mapping[str, object]
    table: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def ref(self) -> SheetRef:
        return self.header.ref


# --- what is known of a patient -------------------------------------------------------------------------------------


class Fact(Struct, frozen=True, gc=False):
    """One thing known: what, since when, from whom. `settles` marks a person's ruling over earlier disagreement."""

    name: str
    value: FactValue
    unit: str | None = None
    known_at: datetime | date | None = None
    source: str = ""
    settles: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.value, (int, float)) and not isinstance(self.value, bool):
            raise TypeError(f"{self.name}: numbers are exact. Write Decimal({str(self.value)!r}).")
        if isinstance(self.known_at, datetime) and self.known_at.tzinfo is None:
            raise TypeError(f"{self.name}: a time needs its zone.")


class Facts:
    """What is known, by name. Absent is unknown; sources that disagree are unknown until a person settles it."""

    def __init__(self, facts: "tuple[Fact, ...] | list[Fact]" = ()) -> None:
        by_name: dict[str, tuple[Fact, ...]] = {}
        for fact in facts:
            name = fact.name
            by_name[name] = (*by_name[name], fact) if name in by_name else (fact,)
        self.by_name: Mapping[str, tuple[Fact, ...]] = by_name
        self._worked_out: dict[object, Any] = {}
        self.before: Facts | None = None
        self.added: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[Fact]:
        return (fact for facts in self.by_name.values() for fact in facts)

    def with_(self, *facts: Fact) -> "Facts":
        """These and more; what was looked up under a name that nothing is added to still holds (`before`, `added`)."""
        more, by_name = Facts(), dict(self.by_name)
        for fact in facts:
            by_name[fact.name] = (*by_name.get(fact.name, ()), fact)
        more.by_name, more.before, more.added = by_name, self, frozenset(fact.name for fact in facts)
        return more

    def all(self, name: str) -> tuple[Fact, ...]:
        return self.by_name.get(name, ())

    def once(self, question: object, answer: Callable[[], T]) -> T:
        """What the same facts give for the same question is worked out once: a hundred rows read one blood pressure."""
        if question not in self._worked_out:
            self._worked_out[question] = answer()
        known: T = self._worked_out[question]
        return known


# --- conditions -----------------------------------------------------------------------------------------------------


class Comparison(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    OVER = "over"
    AT_LEAST = "at_least"
    UNDER = "under"
    AT_MOST = "at_most"
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Compare:
    """A fact held against a value; older than `valid_days` (0 = today only, None = ever) it is unknown.

    `valid_hours` counts to the hour instead, where a day is too coarse. `disputed_days`: a fact of so many days whose
    source has not said otherwise since keeps the line from being not met, as where one asks anew each dosing day.
    """

    fact: str
    comparison: Comparison
    value: FactValue | tuple[str, ...]
    unit: str | None = None
    valid_days: int | None = None
    valid_hours: int | None = None
    disputed_days: int | None = None


EVER = timedelta.max.days


@dataclass(frozen=True, slots=True)
class Within:
    """An event dated no more than `days` ago, or `EVER`. A value of False means it never happened."""

    fact: str
    days: int
    valid_days: int | None = None
    valid_hours: int | None = None
    disputed_days: int | None = None


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"


Condition = Compare | Within | Every | Some | Not


# --- answers --------------------------------------------------------------------------------------------------------


class FactUsed(Struct, frozen=True, gc=False):
    name: str
    value: FactValue
    unit: str | None
    age_days: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a condition came to: the facts that decided it, or the fewest that would settle it, and why it is open."""

    result: Result
    facts: tuple[FactUsed, ...] = ()
    missing: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One outcome of a row of a sheet: when its condition is met, its effect holds.

    A row with two outcomes is two criteria of one id, the severer first. `only_if` is whether the row's test is owed at
    all: while it is not met, a test that nobody did holds nothing back.
    """

    id: str
    title: str
    effect: Effect
    condition: Condition
    sources: tuple[Source, ...]
    grade: Grade
    override: str = "none"
    words: Mapping[Result, str] = field(default_factory=dict)
    only_if: Condition | None = None
    routes: tuple[str, ...] = ()  # empty: every route
    stage: str = ""  # empty: whenever it is asked
    alternative: str = ""
    established_by: str = ""
    label_or_house: str = "house"
    look_back: str = ""
    valid_days: int | None = None

    @property
    def holds_back(self) -> bool:
        """May it alone keep the whole from a permit, while it is unknown?"""
        return self.effect in (Effect.STOP, Effect.CLEAR)


class Reason(Struct, frozen=True, gc=False):
    criterion: str
    title: str
    result: Result
    effect: Effect
    words: str
    facts: tuple[FactUsed, ...] = ()
    missing: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    grade: Grade = Grade.D
    override: str = "none"
    cleared: bool = False
    alternative: str = ""
    label_or_house: str = "house"
    routes: tuple[str, ...] = ()
    valid_days: int | None = None
    # Of what is missing as little as settles it, where that is less: a test that was done counts, owed or not.
    enough: tuple[str, ...] = ()
    # Groups of which any one fact is enough; the first of each stands in what is missing.
    one_of: tuple[tuple[str, ...], ...] = ()

    @property
    def holds_back(self) -> bool:
        """Does this reason alone keep the whole from a plain permit?"""
        if self.cleared:
            return False
        if self.result is Result.UNKNOWN:
            return self.effect in (Effect.STOP, Effect.CLEAR)
        return self.result is Result.MET and self.effect is not Effect.NOTE


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    sheets: tuple[SheetRef, ...]

    @property
    def needs_clearance(self) -> bool:
        return any(r.result is Result.MET and r.effect is Effect.CLEAR and not r.cleared for r in self.reasons)

    @property
    def permits(self) -> bool:
        """May one go ahead now? A warning permits only once every needed clearance is given."""
        return self.outcome in (Outcome.PERMIT, Outcome.WARN) and not self.needs_clearance

    @property
    def deciding(self) -> tuple[Reason, ...]:
        return tuple(reason for reason in self.reasons if reason.holds_back)
