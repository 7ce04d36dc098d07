"""The words of what candidacy is judged by: the vocabulary of facts, the sheets of criteria, and all together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from types import MappingProxyType
from typing import Protocol

from ketacare.medicine.candidacy.terms.at_odds import OddLists
from ketacare.medicine.candidacy.terms.case import Route, Stage
from ketacare.medicine.candidacy.terms.liver import ChildPughLines
from ketacare.medicine.candidacy.terms.medicines import Formulary, InteractionSheet
from ketacare.medicine.candidacy.terms.pressure import ExpectedRise, PressureLines
from ketacare.medicine.candidacy.terms.risk import ExceptionSheet, RiskRows
from ketacare.medicine.candidacy.terms.staging import StagingSheet
from ketacare.medicine.candidacy.terms.trials import TrialLines
from ketacare.medicine.candidacy.terms.workup import Absent, Against, Check
from ketacare.medicine.evidence.terms import (
    Compare,
    Condition,
    Criterion,
    Effect,
    FactValue,
    Figure,
    Grade,
    Series,
    SheetHeader,
    SheetRef,
    Some,
    Source,
)


@dataclass(frozen=True, slots=True)
class FactKind:
    """A fact that may be known: what it is called, who can tell, and which values it may take. Outside `range` a number
    is impossible, outside `likely` it is asked about once. `to_the_day`: a month alone does not say enough.
    `stands_days`: a finding of so many days stands beside a newer no, whoever told either, until a person rules; of a
    choice those of `standing_answers` are findings. `counts_days`: so long it does for each row of them all."""

    name: str
    title: str
    group: str
    told_by: str
    kind: str
    choices: tuple[str, ...] = ()
    range: Series | None = None
    likely: Series | None = None
    to_the_day: bool = False
    stands_days: int | None = None
    standing_answers: tuple[str, ...] = ()
    counts_days: int = 0

    @property
    def unit(self) -> str | None:
        return None if self.range is None else self.range.unit


# Facts that follow from other parts of a case and that nobody tells, with what is asked for instead.
WORKED_OUT: Mapping[str, str] = MappingProxyType(
    {"sedative_taken": "medicines", "pressure_raising_medicine_taken": "medicines"}
)

_OF_PATHS = ("exceptions", "clinician")
_JUDGED = frozenset(
    {
        *("capacity", "severity_statement", "mdq_interview_done", "safety_plan_on", "means_counselled"),
        *("full_history_on", "full_risk_assessment_on", "mania_and_psychosis_screened_on", "medicines_checked_on"),
    }
)

# What a sheet may leave to be filled in by its words: the last day of an event that counts, the hours still to wait.
UNTIL, WAIT = "until", "wait"

_SEVERITY = list(Effect)

# Criteria that no sheet has a row for: what is told of the trials, of the list of medicines, and of published ratios.
_TOLD_BY_RULES: Mapping[str, str] = MappingProxyType(
    {
        "IND-01": "Treatment-resistant depression",
        "IND-03": "Too few adequate trials",
        "TRIAL-11": "Adequate trials",
        "ADQ-05": "Ketamine before",
        "EU-LABEL": "Label in the European Union",
        "MED-ASK": "Medicines",
        "MED-UNK": "Medicine not checked",
        "MED-ODD": "List and patient disagree on a medicine",
        "MED-NONE": "No rule known",
    }
)


@dataclass(frozen=True)
class Row:
    """The outcomes of one row that may apply to a question, the severest first.

    `together` joins the conditions of one effect, so that what would settle them is asked for once.
    """

    outcomes: tuple[Criterion, ...]
    together: Mapping[Effect, Condition]

    @property
    def id(self) -> str:
        return self.outcomes[0].id


def row_of(criteria: Iterable[Criterion]) -> Row:
    outcomes = tuple(sorted(criteria, key=lambda criterion: _SEVERITY.index(criterion.effect)))
    plain: dict[Effect, list[Condition]] = {}
    for criterion in outcomes:
        if criterion.only_if is None:
            plain.setdefault(criterion.effect, []).append(criterion.condition)
    return Row(outcomes, {effect: Some(tuple(parts)) for effect, parts in plain.items() if len(parts) > 1})


@dataclass(frozen=True)
class CriteriaSheet:
    header: SheetHeader
    criteria: tuple[Criterion, ...]
    reads: frozenset[str]

    @property
    def ref(self) -> SheetRef:
        return self.header.ref

    def rows(self, stage: Stage, route: Route | None) -> tuple[Row, ...]:
        """The rows that answer such a question; of each, the outcomes that may apply, the severest first."""
        return self._rows[stage, route]

    @cached_property
    def _rows(self) -> Mapping[tuple[Stage, Route | None], tuple[Row, ...]]:
        asked = product(Stage, (*Route, None))
        return {(stage, route): tuple(rows_of(self.criteria, stage, route)) for stage, route in asked}


def rows_of(criteria: Iterable[Criterion], stage: Stage, route: Route | None) -> list[Row]:
    found: dict[str, list[Criterion]] = {}
    for criterion in criteria:
        if applies(criterion.stage, criterion.routes, stage, route):
            found.setdefault(criterion.id, []).append(criterion)
    return [row_of(outcomes) for outcomes in found.values()]


def applies(own_stage: str, routes: tuple[str, ...], stage: Stage, route: Route | None) -> bool:
    """While the route is open, a row of any route may apply."""
    return own_stage in ("", stage) and (not routes or route is None or route in routes)


@dataclass(frozen=True)
class SeverityGate:
    """SEV-01: is the episode moderate or severe? One scale over its line, or a signed statement, is enough."""

    id: str
    title: str
    override: str
    lines: Mapping[str, Figure]
    valid_days: int
    statement: str
    entry: str
    diagnosis: str
    diagnoses: tuple[str, ...]
    words: Mapping[str, str]
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class ContraindicationSheet(CriteriaSheet):
    """`sedatives` are the rows of interactions whose medicines count as sedatives."""

    sedatives: frozenset[str]


@dataclass(frozen=True)
class IndicationSheet(CriteriaSheet):
    gate: SeverityGate
    label_of_the_eu: tuple[Source, ...] = ()


@dataclass(frozen=True)
class PressureSheet(CriteriaSheet):
    lines: PressureLines
    rises: tuple[ExpectedRise, ...] = ()


@dataclass(frozen=True)
class WorkupSheet:
    """What must be known, and what a finding of it leads to; `by_medicine` are the facts that follow from taking one of
    these drugs, or a drug of one of these classes; `heart_disease` what is on record by its own name, with its none;
    `against_medicine` what such a drug says where another answer was given, `without_medicine` what a list says that
    has none of its drugs; `by_answer` the lines of other facts of which each makes a fact a yes."""

    header: SheetHeader
    checks: tuple[Check, ...]
    findings: tuple[Criterion, ...]
    admission: str
    reads: frozenset[str]
    by_medicine: Mapping[str, frozenset[str]] = field(default_factory=dict)
    heart_disease: Mapping[str, FactValue] = field(default_factory=dict)
    against_medicine: Mapping[str, Against] = field(default_factory=dict)
    without_medicine: Mapping[str, Absent] = field(default_factory=dict)
    entry_days: Figure | None = None
    by_answer: Mapping[str, tuple[Compare, ...]] = field(default_factory=dict)

    def asked(self, stage: Stage, route: Route | None, again: bool = False) -> tuple[tuple[Check, Row | None], ...]:
        """The checks that owe something to such a question, with what their findings lead to; within a series only
        the needs that are asked again."""
        return self._asked[stage, route, again]

    @cached_property
    def _asked(self) -> Mapping[tuple[Stage, Route | None, bool], tuple[tuple[Check, Row | None], ...]]:
        asked = product(Stage, (*Route, None))
        owed = {(stage, route): self._owed(stage, route) for stage, route in asked}
        first = {(*question, False): tuple(pairs) for question, pairs in owed.items()}
        return first | {(*question, True): tuple(map(_asked_again, pairs)) for question, pairs in owed.items()}

    def _owed(self, stage: Stage, route: Route | None) -> list[tuple[Check, Row | None]]:
        rows = {row.id: row for row in rows_of(self.findings, stage, route)}
        owed = []
        for check in self.checks:
            needs = tuple(need for need in check.needs if applies(need.stage, need.routes, stage, route))
            if needs:
                owed.append((check.with_needs(needs), rows.get(check.id)))
        return owed


def _asked_again(pair: tuple[Check, Row | None]) -> tuple[Check, Row | None]:
    check, findings = pair
    return check.with_needs(need for need in check.needs if need.asked_again), findings


@dataclass(frozen=True)
class ScaleSheet:
    """Bands of scales, and the points of Child-Pugh."""

    header: SheetHeader
    child_pugh: ChildPughLines
    reads: frozenset[str]


class _Titled(Protocol):
    """Whatever an answer names by its id and a person by its title."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...


@dataclass(frozen=True)
class Knowledge:
    """All that a case is judged by; a clinic's own is made of the versions that it adopted."""

    facts: Mapping[str, FactKind]
    contraindications: ContraindicationSheet
    workup: WorkupSheet
    indications: IndicationSheet
    pressure: PressureSheet
    scales: ScaleSheet
    trials: TrialLines
    staging: StagingSheet
    formulary: Formulary
    interactions: InteractionSheet
    risk: RiskRows
    exceptions: ExceptionSheet
    odd: OddLists

    @cached_property
    def criteria(self) -> CriteriaSheet:
        """The rows of contraindications, indications, blood pressure and findings, in one."""
        sheets = (self.contraindications, self.indications, self.pressure)
        rows = [criterion for sheet in sheets for criterion in sheet.criteria]
        reads = frozenset().union(*(sheet.reads for sheet in (*sheets, self.workup, self.scales)))
        return CriteriaSheet(self.contraindications.header, (*rows, *self.workup.findings), reads)

    @cached_property
    def judged_by_a_clinician(self) -> frozenset[str]:
        """What only a clinician can say is so: that it was examined or made, and whatever opens a path by exception."""
        of_paths = (name for name, kind in self.facts.items() if (kind.group, kind.told_by) == _OF_PATHS)
        return _JUDGED.union(of_paths)

    @property
    def reads(self) -> frozenset[str]:
        """Every fact that may decide."""
        return self.criteria.reads | self.interactions.reads

    @cached_property
    def headers(self) -> tuple[SheetHeader, ...]:
        """Every sheet that decides, so that a page can say which of them are past their review."""
        return (
            *(self.contraindications.header, self.workup.header, self.indications.header, self.pressure.header),
            *(self.scales.header, self.trials.header, self.formulary.header, self.interactions.header),
            *(*self.risk.headers, self.exceptions.header),
        )

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """What each criterion that an answer may name is called."""
        kinds: tuple[Iterable[_Titled], ...] = (
            *(self.criteria.criteria, self.workup.checks, self.risk.criteria, (self.indications.gate,)),
            *(self.exceptions.criteria, self.exceptions.paths, self.trials.disorders.values()),
            *(self.interactions.rows.values(), self.interactions.together.values(), self.interactions.ratios),
        )
        return {**_TOLD_BY_RULES, **{row.id: row.title for rows in kinds for row in rows}}

    @cached_property
    def refs(self) -> tuple[SheetRef, ...]:
        return tuple(header.ref for header in self.headers)
