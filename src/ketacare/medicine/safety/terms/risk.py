"""The words of suicide risk as a clinician finds it by asking (T4 is the gravest), and of the safety plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, Source
from ketacare.medicine.safety.terms.triage import Tier


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


class Screened(Struct, frozen=True, gc=False):
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
