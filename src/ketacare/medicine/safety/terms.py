"""The words of safety. Two scales that must not be mixed: `Tier` says how soon a self-report needs a person (T1 is the
most urgent); `RiskTier` is what a clinician found by asking (T4 is the gravest)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, Source
from ketacare.medicine.outcomes.terms import Instrument, Item


class Tier(StrEnum):
    T1 = "T1"  # now
    T2 = "T2"  # the same day
    T3 = "T3"  # before the next dose, or within two working days

    @property
    def holds_dose(self) -> bool:
        """The next dose waits until a clinician has decided."""
        return self is not Tier.T3


@dataclass(frozen=True, slots=True)
class TriageContext:
    """What must be known beside the answers; None is not known. `before_dose`: the same scale before the dose."""

    at: datetime
    before_dose: int | None = None
    bipolar: bool | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """One reason for a person to act, and by when. No software closes it."""

    rule: str
    tier: Tier
    reason: str
    due_at: datetime
    instrument: str
    item: str | None
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True, slots=True)
class TriageRow:
    """Either an item (or the only one) at least so high, or the total risen by at least so much."""

    id: str
    instrument: str
    tier: Tier
    reason: str
    item: str | None
    least: Figure | None
    rise: Figure | None


@dataclass(frozen=True, slots=True)
class AnswerTiers:
    """What each answer of a safety question raises; None for nothing."""

    item: str
    tiers: tuple[Tier | None, ...]
    tiers_bipolar: tuple[Tier | None, ...]


@dataclass(frozen=True)
class TriageSheet:
    """All that triage judges by."""

    sheet: Sheet
    rows: tuple[TriageRow, ...]
    items: Instrument
    first: Instrument
    answer_tiers: Mapping[str, AnswerTiers]
    item_source: Source
    acknowledge_min: Figure
    contact_h: Figure
    working_days: Figure
    missed_once: Figure
    missed_again: Figure

    def questions(self, instrument: str) -> Instrument | None:
        """The safety questions of this name: after a dose, or before any treatment."""
        return {self.items.id: self.items, self.first.id: self.first}.get(instrument)

    def item(self, item_id: str) -> Item | None:
        """A safety question by its id, which is its own among both."""
        return self.items.item(item_id) or self.first.item(item_id)


# --- found by a clinician ---


class RiskTier(StrEnum):
    T0 = "T0"
    T1 = "T1"
    T2 = "T2"
    T3 = "T3"
    T4 = "T4"
    TX = "TX"  # not asked: neither high nor low


class Dosing(StrEnum):
    ALLOWED = "allowed"
    CLEARANCE = "clearance"
    STOP = "stop"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class RiskFinding:
    """A tier: what is found, what it means for a dose, what it asks for, and how soon a person must answer."""

    tier: RiskTier
    name: str
    finding: str
    dosing: Dosing
    override: str
    raises: Tier | None
    actions: tuple[str, ...]
    sources: tuple[Source, ...]
    grade: Grade
    actions_grade: Grade


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the screener by its number and meaning; the owner's form has the wording."""

    id: str
    meaning: str
    window: str
    asked: str
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class RiskSheet:
    """All that a screener is read by."""

    sheet: Sheet
    questions: Mapping[str, Question]
    tiers: Mapping[RiskTier, RiskFinding]
    windows: Mapping[str, Figure]
    unanswered: frozenset[str]
    unanswered_at_least: RiskTier

    def days(self, window: str) -> int:
        return self.windows[window].integer


@dataclass(frozen=True, slots=True)
class Screened:
    """What a screener says: the tier's finding; which questions are open and which contradict each other; and the
    answers that decided. While some of it is open, `certain` is what was answered yes, and `at_least` what it weighs
    until it is asked."""

    finding: RiskFinding
    certain: RiskTier
    at_least: RiskTier
    unanswered: tuple[str, ...] = ()
    inconsistent: tuple[str, ...] = ()
    decided_by: tuple[str, ...] = ()

    @property
    def tier(self) -> RiskTier:
        return self.finding.tier


# --- the safety plan ---


@dataclass(frozen=True, slots=True)
class PlanField:
    id: str
    title: str
    hint: str
    kind: str
    required: bool
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class SafetyPlanSheet:
    sheet: Sheet
    fields: tuple[PlanField, ...]
    review_within_d: Figure
    contacts_h: Series


# --- help, side effects ---


@dataclass(frozen=True, slots=True)
class CrisisLine:
    country: str
    name: str
    call: str
    text: str
    emergency: str
    hours: str
    source: Source
    grade: Grade


@dataclass(frozen=True, slots=True)
class SideEffect:
    """A preferred term and how it is asked. The code is unconfirmed until verified against a release."""

    id: str
    term: str
    words: str
    snomed: str | None
