"""Reads the vocabulary of facts, and holds all that a case is judged by together."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy.reader.at_odds import odd_lists
from ketacare.medicine.candidacy.reader.criteria import (
    contraindication_sheet_from,
    indication_sheet_from,
    pressure_sheet_from,
)
from ketacare.medicine.candidacy.reader.interactions import faults_between, interactions_from
from ketacare.medicine.candidacy.reader.medicines import formulary_from
from ketacare.medicine.candidacy.reader.risk import exceptions_from, risk_rows_from
from ketacare.medicine.candidacy.reader.scales import scale_sheet_from
from ketacare.medicine.candidacy.reader.staging import staging_sheet_from
from ketacare.medicine.candidacy.reader.trials import trial_lines_from
from ketacare.medicine.candidacy.reader.workup import workup_sheet_from
from ketacare.medicine.candidacy.terms import FactKind, Knowledge
from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.rules import leaves
from ketacare.medicine.evidence.terms import EVER, Criterion, Sheet
from ketacare.medicine.safety.reader import risk_sheet

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"


@cache
def shipped() -> Knowledge:
    """Everything that a case is judged by, as it ships."""
    knowledge = knowledge_from(lambda sheet_id: read_sheet(_KNOWLEDGE / f"{sheet_id}.toml"))
    if faults := list(forgotten(knowledge)):
        raise SheetRefused("facts-1", faults)
    return knowledge


def forgotten(knowledge: Knowledge) -> Iterator[str]:
    """Facts of rows that look back for ever and that a newer no would undo. Earlier sheets are read as they were."""
    rows = [criterion for criterion in knowledge.contraindications.criteria if criterion.look_back == "ever"]
    for name in sorted({leaf.fact for row in rows for leaf in leaves(row.condition)}):
        kind = knowledge.facts.get(name)
        if kind is not None and kind.stands_days != EVER:
            yield f'{name}: read by a row that looks back for ever. Add it to findings_that_stand with counts = "ever".'


def knowledge_from(sheet: Callable[[str], Sheet]) -> Knowledge:
    """Everything that a case is judged by, from the sheets that `sheet` finds by id: shipped, or a clinic's own."""
    facts = fact_kinds_from(sheet("facts-1"))
    formulary, interactions = formulary_from(sheet("formulary-1")), interactions_from(sheet("interactions-1"))
    faults = faults_between(formulary, interactions, facts)
    if faults:
        raise SheetRefused(interactions.header.id, faults)
    contraindications = contraindication_sheet_from(sheet("contraindications-1"), facts)
    return Knowledge(
        facts=counted(facts, contraindications.criteria),
        contraindications=contraindications,
        workup=workup_sheet_from(sheet("workup-1"), facts),
        indications=indication_sheet_from(sheet("indications-1"), facts),
        pressure=pressure_sheet_from(sheet("pressure-1"), facts),
        scales=scale_sheet_from(sheet("bands-1"), facts),
        trials=trial_lines_from(sheet("trials-1")),
        staging=staging_sheet_from(sheet("staging-1")),
        formulary=formulary,
        interactions=interactions,
        risk=risk_rows_from(sheet("risk-1"), facts, risk_sheet()),
        exceptions=exceptions_from(sheet("exceptions-1"), facts),
        odd=odd_lists(),
    )


def fact_kinds_from(sheet: Sheet) -> Mapping[str, FactKind]:
    """Every fact of the vocabulary by name."""
    body: Mapping[str, Any] = sheet.body
    standing: Mapping[str, Any] = body.get("findings_that_stand", {})
    return {name: _kind(name, row, standing.get(name, {})) for name, row in body["facts"].items()}


def counted(facts: Mapping[str, FactKind], criteria: Iterable[Criterion]) -> Mapping[str, FactKind]:
    """The same, each with the days for which every one of these criteria that reads it lets it count."""
    days: dict[str, int] = {}
    for criterion in criteria:
        for leaf in leaves(criterion.condition):
            own = EVER if leaf.valid_days is None and leaf.valid_hours is None else leaf.valid_days or 0
            days[leaf.fact] = min(days.get(leaf.fact, EVER), max(own, leaf.disputed_days or 0))
    return {name: replace(kind, counts_days=days.get(name, 0)) for name, kind in facts.items()}


def _kind(name: str, row: Mapping[str, Any], standing: Mapping[str, Any]) -> FactKind:
    choices = tuple(row.get("choices", ()))
    return FactKind(
        name=name,
        title=row["title"],
        group=row["group"],
        told_by=row["told_by"],
        kind=row["kind"],
        choices=choices,
        range=row.get("range"),
        likely=row.get("likely"),
        to_the_day=row.get("to_the_day", False),
        stands_days=_stands_days(standing.get("counts")),
        standing_answers=tuple(standing.get("answers", ())),
    )


def _stands_days(figure: Any) -> int | None:
    if figure is None:
        return None
    days: int = EVER if figure == "ever" else figure.integer
    return days
