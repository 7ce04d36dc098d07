"""Rows of a sheet as criteria: what holds when the condition does, by which route and when it is asked."""

from collections.abc import Iterator, Mapping
from typing import Any

from ketacare.medicine.evidence.reader.conditions import Ages, condition_from, validity
from ketacare.medicine.evidence.reader.sheets import SheetRefused, cite
from ketacare.medicine.evidence.terms import Condition, Criterion, Effect, Grade, Result, Sheet, Some, weakest

EFFECT_WORDS = {"stop": Effect.STOP, "clear": Effect.CLEAR, "caution": Effect.CAUTION, "note": Effect.NOTE}
_WORD_KEYS = {Result.MET: "met", Result.NOT_MET: "not_met", Result.UNKNOWN: "unknown"}
_NEEDED = ("id", "title", "effect", "when", "source", "grade")
_TEXTS = ("override", "alternative", "established_by", "label_or_house", "look_back", *_WORD_KEYS.values())
_KNOWN_CRITERION_KEYS = {*_NEEDED, *_TEXTS, "only_if", "optional", "routes", "stage", "valid", "parts"}
_DOSE, _EVALUATION = "dose", "evaluation"
_NEVER = Some(())


def criteria_of(sheet: Sheet, table: str = "criteria") -> tuple[Criterion, ...]:
    """The criteria rows of a sheet, conditions and all, or SheetRefused with every fault."""
    faults: list[str] = []
    rows = [
        criterion
        for place, row in enumerate(_rows(sheet, table))
        for part, path in _parts(row, f"{table}[{place}]")
        for criterion in _criteria(part, path, sheet, faults)
    ]
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return tuple(rows)


def _rows(sheet: Sheet, table: str) -> tuple[Mapping[str, Any], ...]:
    rows = sheet.body.get(table, ())
    return rows if isinstance(rows, tuple) else ()


def _parts(row: Mapping[str, Any], path: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """A row of several outcomes is as many criteria; each says for itself what differs from the row."""
    if "parts" not in row:
        yield row, path
        return
    shared = {key: value for key, value in row.items() if key != "parts"}
    for place, part in enumerate(row["parts"]):
        yield {**shared, **part}, f"{path}.parts[{place}]"


def _criteria(row: Mapping[str, Any], path: str, sheet: Sheet, faults: list[str]) -> Iterator[Criterion]:
    """One criterion; or two where a fact counts for less on the dosing day than at the evaluation."""
    asked_each_dose = "stage" not in row and _asks_each_dose(row.get("when"))
    for stage in (_EVALUATION, _DOSE) if asked_each_dose else (row.get("stage", ""),):
        criterion = _criterion({**row, "stage": stage}, path, sheet, faults)
        if criterion is None:
            return
        yield criterion


def _asks_each_dose(tree: Any) -> bool:
    if isinstance(tree, Mapping):
        return "each_dose" in tree or any(_asks_each_dose(part) for part in tree.values())
    return isinstance(tree, tuple) and any(_asks_each_dose(part) for part in tree)


def _criterion(row: Mapping[str, Any], path: str, sheet: Sheet, faults: list[str]) -> Criterion | None:
    before = len(faults)
    _check(row, path, faults)
    if len(faults) > before:
        return None
    valid_days, valid_hours = validity(row.get("valid"), f"{path}.valid", faults)
    body: Mapping[str, Any] = sheet.body
    ages = Ages(valid_days, valid_hours, row["stage"] == _DOSE, body.get("validity", {}).get("admission", ""))
    grades = [Grade(row["grade"])]
    condition = condition_from(row["when"], f"{path}.when", grades, faults, ages)
    only_if = _only_if(row, path, grades, faults, ages)
    cited = cite(row["source"], path, sheet.sources, faults)
    if len(faults) > before or condition is None:
        return None
    return Criterion(
        id=row["id"],
        title=row["title"],
        effect=EFFECT_WORDS[row["effect"]],
        condition=condition,
        sources=cited,
        grade=weakest(grades),
        words={result: row[key] for result, key in _WORD_KEYS.items() if key in row},
        only_if=only_if,
        routes=row.get("routes", ()),
        valid_days=valid_days,
        **{key: row[key] for key in ("override", "stage", *_TEXTS[1:5]) if key in row},
    )


def _check(row: Mapping[str, Any], path: str, faults: list[str]) -> None:
    for key in _NEEDED:
        if key not in row:
            faults.append(f"{path}: the criterion has no {key}. Add it.")
    for key in sorted(row.keys() - _KNOWN_CRITERION_KEYS):
        faults.append(f"{path}.{key}: not a part of a criterion. Remove it or correct its spelling.")
    for key in _TEXTS:
        if key in row and not isinstance(row[key], str):
            faults.append(f"{path}.{key}: {row[key]!r} is not words. Write it as text.")
    if "effect" in row and row["effect"] not in EFFECT_WORDS:
        faults.append(f"{path}.effect: {row['effect']!r} is not one of {', '.join(EFFECT_WORDS)}. Choose one.")
    if "grade" in row and row["grade"] not in list(Grade):
        faults.append(f"{path}.grade: {row['grade']!r} is not one of V, S, M, D. Say how sure it is.")
    if row.get("stage", "") not in ("", _EVALUATION, _DOSE):
        faults.append(f"{path}.stage: {row['stage']!r} is not one of {_EVALUATION}, {_DOSE}. Choose one.")
    if not isinstance(row.get("routes", ()), tuple):
        faults.append(f"{path}.routes: {row['routes']!r} is not a list. Write the routes as a list.")


def _only_if(row: Mapping[str, Any], path: str, grades: list[Grade], faults: list[str], ages: Ages) -> Condition | None:
    """Whether the test behind the row is owed. An optional one never is: done all the same, it counts."""
    if row.get("optional") is True:
        return _NEVER
    if "only_if" not in row:
        return None
    return condition_from(row["only_if"], f"{path}.only_if", grades, faults, ages)
