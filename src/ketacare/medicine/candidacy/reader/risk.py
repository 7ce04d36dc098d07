"""Reads the rows of suicide risk and the paths by exception; refuses a condition that reads a fact nobody can know."""

from collections.abc import Mapping
from typing import Any

from ketacare.medicine.candidacy.terms import (
    ExceptionPath,
    ExceptionSheet,
    FactKind,
    PathCondition,
    RiskRows,
    Signatures,
)
from ketacare.medicine.candidacy.terms.risk import WORKED_OUT, facts_read
from ketacare.medicine.evidence.reader import SheetRefused, cite, condition_from, criteria_of
from ketacare.medicine.evidence.terms import Condition, Criterion, Figure, Grade, Sheet, weakest
from ketacare.medicine.safety.terms import RiskSheet


def risk_rows_from(sheet: Sheet, facts: Mapping[str, FactKind], screener: RiskSheet) -> RiskRows:
    body: Mapping[str, Any] = sheet.body
    criteria = criteria_of(sheet)
    known_only(sheet, facts, [criterion.condition for criterion in criteria])
    rows = {criterion.id for criterion in criteria}
    named = {key: frozenset(body[key]["rows"]) for key in ("ended_by_screener", "after_a_dose")}
    stray = [f"{row}: not a row of this sheet. Name one." for row in sorted(frozenset().union(*named.values()) - rows)]
    if stray:
        raise SheetRefused(sheet.header.id, stray)
    return RiskRows(
        header=sheet.header,
        criteria=criteria,
        reads={criterion.id: facts_read(criterion.condition) for criterion in criteria},
        madrs_item_10_high=body["scale"]["madrs_item_10_high"],
        screener=screener,
        **named,
    )


def exceptions_from(sheet: Sheet, facts: Mapping[str, FactKind]) -> ExceptionSheet:
    body: Mapping[str, Any] = sheet.body
    faults: list[str] = []
    paths = tuple(_path(row, f"paths[{place}]", sheet, faults) for place, row in enumerate(body["paths"]))
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    criteria: tuple[Criterion, ...] = criteria_of(sheet)
    read = [part.condition for path in paths for part in path.conditions]
    known_only(sheet, facts, [*read, *(criterion.condition for criterion in criteria)])
    return ExceptionSheet(sheet.header, paths, criteria)


def _path(row: Mapping[str, Any], at: str, sheet: Sheet, faults: list[str]) -> ExceptionPath:
    grades = [Grade(row["grade"])]
    conditions = []
    for place, part in enumerate(row["conditions"]):
        condition = condition_from(part["when"], f"{at}.conditions[{place}].when", grades, faults)
        if condition is not None:
            conditions.append(PathCondition(part["id"], part["title"], condition, part.get("only_at_dose", False)))
    return ExceptionPath(
        id=row["id"],
        title=row["title"],
        words=row["words"],
        signatures=Signatures(row["signatures"]),
        replaces=frozenset(row["replaces"]),
        stop=row.get("stop", ""),
        waives=row["waives"],
        never_waived=row["never_waived"],
        closed_by=frozenset(row.get("closed_by", ())),
        duties=row["duties"],
        conditions=tuple(conditions),
        figures={name: figure for name, figure in row.items() if isinstance(figure, Figure)},
        sources=cite(row["source"], at, sheet.sources, faults),
        grade=weakest(grades),
    )


def known_only(sheet: Sheet, facts: Mapping[str, FactKind], conditions: list[Condition]) -> None:
    read = {name for condition in conditions for name in facts_read(condition)}
    unknown = sorted(read - facts.keys() - WORKED_OUT.keys())
    if unknown:
        raise SheetRefused(sheet.header.id, [f"{name}: read here, not in facts-1. Describe it." for name in unknown])
