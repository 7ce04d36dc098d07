"""Reads the sheet of the workup."""

from collections.abc import Mapping
from typing import Any

from ketacare.medicine.candidacy.reader.criteria import OVERRIDES, checked, reads_of
from ketacare.medicine.candidacy.terms import Absent, Against, Check, FactKind, Need, WorkupSheet
from ketacare.medicine.evidence.reader import SheetRefused, cite, condition_from, criteria_of, validity
from ketacare.medicine.evidence.terms import Compare, Grade, Sheet

_NEVER = "never"
_CHECK_KEYS = {"id", "title", "purpose", "owed", "repeat", "override", "source", "grade", "needs"}
_NEED_KEYS = {"facts", "any_of", "routes", "stage", "valid", "again", "done", "override", "only_if", "ahead"}


def workup_sheet_from(sheet: Sheet, facts: Mapping[str, FactKind]) -> WorkupSheet:
    """The checks of a sheet, or SheetRefused with every fault."""
    body: Mapping[str, Any] = sheet.body
    faults: list[str] = []
    checks = tuple(_check(row, f"checks[{place}]", sheet, faults) for place, row in enumerate(body["checks"]))
    admission = body["validity"]["admission"]
    owed = {name for check in checks for need in check.needs for name in (*need.facts, *need.any_of)}
    by_medicine = {name: frozenset(drugs) for name, drugs in body.get("by_medicine", {}).items()}
    against = {
        name: Against(frozenset(row["drugs"]), row["says"], row.get("daily") is True)
        for name, row in body.get("against_medicine", {}).items()
    }
    absent = {
        name: Absent(frozenset(row.get("drugs", ())), row.get("by_trials") is True, frozenset(row.get("not_alone", ())))
        for name, row in body.get("without_medicine", {}).items()
    }
    by_answer = _by_answer(body.get("by_answer", {}), faults)
    telling = {line.fact for lines in by_answer.values() for line in lines}
    read = {*owed, admission, *by_medicine, *by_answer, *telling, *against, *absent, *body.get("heart_disease", {})}
    faults += [f"{name}: owed by a check, not in facts-1. Describe it." for name in read - facts.keys()]
    if faults:
        raise SheetRefused(sheet.header.id, sorted(faults))
    findings = checked(sheet, criteria_of(sheet, "findings"), facts)
    reads = reads_of(body) | read
    heart, entry = body.get("heart_disease", {}), body["validity"].get("entry")
    return WorkupSheet(
        sheet.header, checks, findings, admission, reads, by_medicine, heart, against, absent, entry, by_answer
    )


def _by_answer(rows: Mapping[str, Any], faults: list[str]) -> Mapping[str, tuple[Compare, ...]]:
    """The lines of other facts that make a fact a yes; each reads one fact within its days."""
    found: dict[str, tuple[Compare, ...]] = {}
    for name, lines in rows.items():
        path = f"by_answer.{name}"
        read = [condition_from(line, f"{path}[{place}]", [], faults) for place, line in enumerate(lines)]
        found[name] = tuple(line for line in read if isinstance(line, Compare))
        if len(found[name]) < len(read):
            faults.append(f"{path}: each line compares one fact. Write several lines instead of all, any or none.")
    return found


def _check(row: Mapping[str, Any], path: str, sheet: Sheet, faults: list[str]) -> Check:
    _known(row, path, _CHECK_KEYS, faults)
    override = row.get("override", "P")
    needs = enumerate(row.get("needs", ()))
    return Check(
        id=row["id"],
        title=row["title"],
        purpose=row.get("purpose", ""),
        needs=tuple(_need(need, f"{path}.needs[{place}]", override, faults) for place, need in needs),
        sources=cite(row["source"], path, sheet.sources, faults),
        grade=Grade(row["grade"]),
        override=override,
        repeat=row.get("repeat", ""),
        owed=row.get("owed", ""),
    )


def _need(row: Mapping[str, Any], path: str, override: str, faults: list[str]) -> Need:
    _known(row, path, _NEED_KEYS, faults)
    if ("facts" in row) == ("any_of" in row):
        faults.append(f"{path}: names facts or any_of, one of the two. Write one.")
    if row.get("override", override) not in OVERRIDES:
        faults.append(f"{path}.override: {row['override']!r} is not one of {', '.join(OVERRIDES)}. Choose one.")
    valid_days, _ = validity(row.get("valid"), f"{path}.valid", faults)
    asked_again = row.get("again") != _NEVER
    again = row.get("again", row.get("valid")) if asked_again else None
    return Need(
        facts=row.get("facts", ()),
        any_of=row.get("any_of", ()),
        valid_days=valid_days,
        again_days=validity(again, f"{path}.again", faults)[0],
        asked_again=asked_again,
        done=row.get("done") is True,
        routes=row.get("routes", ()),
        stage=row.get("stage", ""),
        only_if=condition_from(row["only_if"], f"{path}.only_if", [], faults) if "only_if" in row else None,
        override=row.get("override", override),
        ahead=row.get("ahead") is True,
    )


def _known(row: Mapping[str, Any], path: str, keys: set[str], faults: list[str]) -> None:
    faults += [f"{path}.{key}: not known here. Remove it or correct its spelling." for key in sorted(row.keys() - keys)]
