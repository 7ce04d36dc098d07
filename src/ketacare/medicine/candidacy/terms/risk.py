"""The words of suicide risk as a reason, and of the paths by exception."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from msgspec import Struct

from ketacare.medicine.candidacy.terms.case import Signatures
from ketacare.medicine.evidence.terms import (
    Condition,
    Criterion,
    Every,
    FactUsed,
    Figure,
    Grade,
    Not,
    SheetHeader,
    Some,
    Source,
    Verdict,
)
from ketacare.medicine.safety.terms import RiskFinding, RiskSheet, RiskTier

# Facts that the rules work out and nobody tells, with what is asked for instead where one is not known.
WORKED_OUT: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("risk_tier", "risk_t2_or_more", "risk_tier_today"), "cssrs_2"),
        "intolerances_enough": "trials",
        "ect_or_tms_course_failed": "courses",
    }
)


@dataclass(frozen=True)
class RiskRows:
    """The rows that suicide risk is judged by, beside the sheet that reads the screener."""

    header: SheetHeader
    criteria: tuple[Criterion, ...]
    reads: Mapping[str, tuple[str, ...]]
    madrs_item_10_high: Figure
    ended_by_screener: frozenset[str]
    after_a_dose: frozenset[str]
    screener: RiskSheet

    @property
    def headers(self) -> tuple[SheetHeader, ...]:
        return (self.header, self.screener.sheet.header)


class RiskStanding(Struct, frozen=True, gc=False):
    """The tier that counts now, and why.

    `at_least` is certain while the tier is unknown; `to_ask` names the facts of today's screener still open;
    `screened_on` is when it was last asked to its end, `screened_at` the moment where it is known; `from_before` says
    that the tier was found on an earlier day and not asked about since; `lifetime_only` that behaviour long ago is all
    there is.
    """

    finding: RiskFinding
    at_least: RiskTier
    words: str
    facts: tuple[FactUsed, ...] = ()
    to_ask: tuple[str, ...] = ()
    screened_on: date | None = None
    screened_at: datetime | None = None
    from_before: bool = False
    lifetime_only: bool = False

    @property
    def tier(self) -> RiskTier:
        return self.finding.tier

    @property
    def is_known(self) -> bool:
        return self.tier is not RiskTier.TX


@dataclass(frozen=True, slots=True)
class PathCondition:
    """One thing that must be recorded; some only at a dose."""

    id: str
    title: str
    condition: Condition
    only_at_dose: bool = False


@dataclass(frozen=True)
class ExceptionPath:
    """A way on by exception. `stop` names the stop whose place it takes, if any; `waived_trials` how many failures it
    stands for, None for the whole count; while one of `closed_by` stops the path is not open."""

    id: str
    title: str
    words: str
    signatures: Signatures
    replaces: frozenset[str]
    stop: str
    waives: str
    never_waived: tuple[str, ...]
    duties: tuple[str, ...]
    conditions: tuple[PathCondition, ...]
    figures: Mapping[str, Figure]
    sources: tuple[Source, ...]
    grade: Grade
    closed_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PathStanding:
    """A path held against a case: each condition with its verdict and the facts it reads; could it apply at all?"""

    path: ExceptionPath
    conditions: tuple[tuple[PathCondition, Verdict, tuple[str, ...]], ...]
    could_apply: bool


@dataclass(frozen=True)
class ExceptionSheet:
    header: SheetHeader
    paths: tuple[ExceptionPath, ...]
    criteria: tuple[Criterion, ...]

    def path(self, path_id: str) -> ExceptionPath:
        return next(path for path in self.paths if path.id == path_id)


def facts_read(condition: Condition) -> tuple[str, ...]:
    """The facts a condition reads, in their order."""
    if isinstance(condition, Not):
        return facts_read(condition.part)
    if isinstance(condition, (Every, Some)):
        return tuple(dict.fromkeys(name for part in condition.parts for name in facts_read(part)))
    return (condition.fact,)
