"""Reads the vocabulary of facts, and holds all that a case is judged by together."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

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
from ketacare.medicine.evidence.terms import EVER, Sheet
from ketacare.medicine.safety.reader import risk_sheet

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"


@cache
def shipped() -> Knowledge:
    """Everything that a case is judged by, as it ships."""
    return knowledge_from(lambda sheet_id: read_sheet(_KNOWLEDGE / f"{sheet_id}.toml"))


def knowledge_from(sheet: Callable[[str], Sheet]) -> Knowledge:
    """Everything that a case is judged by, from the sheets that `sheet` finds by id: shipped, or a clinic's own."""
    facts = fact_kinds_from(sheet("facts-1"))
    formulary, interactions = formulary_from(sheet("formulary-1")), interactions_from(sheet("interactions-1"))
    faults = faults_between(formulary, interactions, facts)
    if faults:
        raise SheetRefused(interactions.header.id, faults)
    return Knowledge(
        facts=facts,
        contraindications=contraindication_sheet_from(sheet("contraindications-1"), facts),
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
    )


def fact_kinds_from(sheet: Sheet) -> Mapping[str, FactKind]:
    """Every fact of the vocabulary by name."""
    body: Mapping[str, Any] = sheet.body
    standing: Mapping[str, Any] = body.get("findings_that_stand", {})
    return {name: _kind(name, row, standing.get(name, {})) for name, row in body["facts"].items()}


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
