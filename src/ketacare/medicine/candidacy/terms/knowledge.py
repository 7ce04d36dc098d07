"""The words of what candidacy is judged by: the vocabulary of facts, the criteria, and the sheets together."""

from collections.abc import Mapping
from dataclasses import dataclass

from ketacare.medicine.candidacy.terms.medicines import Formulary, InteractionSheet
from ketacare.medicine.candidacy.terms.risk import ExceptionSheet, RiskRows
from ketacare.medicine.candidacy.terms.staging import StagingSheet
from ketacare.medicine.candidacy.terms.trials import TrialLines
from ketacare.medicine.evidence.terms import Criterion, Series, SheetHeader, SheetRef


@dataclass(frozen=True, slots=True)
class FactKind:
    """A fact that may be known: what it is called, who can tell, and which values it may take. Outside `range` a number
    is impossible, outside `likely` it is asked about once. `to_the_day`: a month alone does not say enough."""

    name: str
    title: str
    group: str
    told_by: str
    kind: str
    choices: tuple[str, ...] = ()
    range: Series | None = None
    likely: Series | None = None
    to_the_day: bool = False

    @property
    def unit(self) -> str | None:
        return None if self.range is None else self.range.unit


@dataclass(frozen=True)
class CriteriaSheet:
    header: SheetHeader
    criteria: tuple[Criterion, ...]
    reads: frozenset[str]

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)


@dataclass(frozen=True)
class Knowledge:
    """All that a case is judged by; a clinic's own is made of the versions that it adopted."""

    facts: Mapping[str, FactKind]
    criteria: CriteriaSheet
    trials: TrialLines
    staging: StagingSheet
    formulary: Formulary
    interactions: InteractionSheet
    risk: RiskRows
    exceptions: ExceptionSheet

    @property
    def reads(self) -> frozenset[str]:
        """Every fact that may decide."""
        return self.criteria.reads | self.interactions.reads

    @property
    def headers(self) -> tuple[SheetHeader, ...]:
        """Every sheet that decides, so that a page can say which of them are past their review."""
        return (
            *(self.criteria.header, self.trials.header, self.formulary.header, self.interactions.header),
            *(*self.risk.headers, self.exceptions.header),
        )

    @property
    def refs(self) -> tuple[SheetRef, ...]:
        return tuple(header.ref for header in self.headers)
