"""Reads the candidacy sheets, and a case as JSON; writes the answer in its fixed form.

The answer's form is a promise to other tools: keys and words stand as they are, new sheets only add criteria.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy.terms import CandidacySheet, Case, DoseStep, FactKind, Medicine, Trial, TrialLines
from ketacare.medicine.evidence.reader import SheetRefused, criteria_of, read_sheet
from ketacare.medicine.evidence.terms import Decision, Fact, Facts, FactUsed, FactValue, Figure, Sheet

_KNOWLEDGE = Path(__file__).parent / "knowledge"


@cache
def candidacy_sheet() -> CandidacySheet:
    """The shipped candidacy sheet with the trial lines it rests on."""
    return candidacy_sheet_from(read_sheet(_KNOWLEDGE / "candidacy-1.toml"), trial_lines())


@cache
def trial_lines() -> TrialLines:
    """The shipped adequate-dose table and the lines of the TRIAL rules."""
    return trial_lines_from(read_sheet(_KNOWLEDGE / "trials-1.toml"))


def candidacy_sheet_from(sheet: Sheet, trials: TrialLines) -> CandidacySheet:
    """The criteria of a sheet; refused when a condition reads a fact the sheet does not describe."""
    body: Mapping[str, Any] = sheet.body
    kinds = {name: _kind(name, row) for name, row in body.get("facts", {}).items()}
    criteria = criteria_of(sheet)
    unknown = [f"{name}: read by a criterion, not under [facts]. Describe it." for name in _read(body) - kinds.keys()]
    if unknown:
        raise SheetRefused(sheet.header.id, sorted(unknown))
    return CandidacySheet(sheet.header, criteria, kinds, body["indication"]["trials_needed"], trials)


def _kind(name: str, row: Mapping[str, Any]) -> FactKind:
    return FactKind(name, row["title"], row["kind"], tuple(row.get("choices", ())), row.get("unit"))


def _read(tree: Any) -> set[str]:
    """Every fact a sheet's conditions read."""
    if isinstance(tree, Mapping):
        named = {tree["fact"]} if isinstance(tree.get("fact"), str) else set()
        return named.union(*(_read(part) for part in tree.values()))
    return set().union(*(_read(part) for part in tree)) if isinstance(tree, tuple) else set()


def trial_lines_from(sheet: Sheet) -> TrialLines:
    """The medicines and lines of a sheet, found by generic or brand name."""
    body: Mapping[str, Any] = sheet.body
    medicines = [_medicine(row) for row in body["medicines"]]
    augmenters = {name.casefold(): row["name"] for row in body["augmenters"] for name in _names(row)}
    by_name = {name.casefold(): medicine for medicine in medicines for name in medicine.names}
    return TrialLines(sheet.header, by_name, augmenters, body["lines"])


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (row["name"], row["brand"]) if "brand" in row else (row["name"],)


def _medicine(row: Mapping[str, Any]) -> Medicine:
    forms: Mapping[str, Figure] = row.get("forms", {})
    return Medicine(
        id=row["id"],
        name=row["name"],
        names=_names(row),
        drug_class=row["class"],
        molecule=row.get("molecule", row["name"]),
        least=row["least"],
        least_by_form=forms,
        low=row.get("low"),
        level_least=row.get("level_least"),
        level_most=row.get("level_most"),
        days=row.get("days"),
    )


# --- a case as JSON -------------------------------------------------------------------------------------------------


class CaseRefused(ValueError):
    """A case that cannot be judged as written, with every fault: field, rule, remedy."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


class _Fault(ValueError):
    """One fault, on its way to being told with the others."""


def case_from_json(document: Any, sheet: CandidacySheet | None = None) -> Case:
    """The case in this parsed JSON, or CaseRefused with every fault at once."""
    faults: list[str] = []
    known = sheet or candidacy_sheet()
    if not isinstance(document, Mapping):
        raise CaseRefused(["case: must be an object with on, facts and trials."])
    faults += [
        f"{key}: not a part of a case. Remove it or correct its spelling." for key in document.keys() - _CASE_KEYS
    ]
    on = _tried(faults, _date, document.get("on"), "on")
    facts = [
        _tried(faults, _fact, row, f"facts[{place}]", known, on)
        for place, row in enumerate(_listed(document, "facts", faults))
    ]
    trials = [
        _tried(faults, _trial, row, f"trials[{place}]") for place, row in enumerate(_listed(document, "trials", faults))
    ]
    if faults or on is None:
        raise CaseRefused(faults)
    return Case(Facts([fact for fact in facts if fact]), tuple(trial for trial in trials if trial), on)


_CASE_KEYS = {"on", "facts", "trials"}
_FACT_KEYS = {"name", "value", "unit", "known_on", "source", "settles"}
_TRIAL_KEYS = {
    *("medicine", "form", "steps", "in_current_episode", "gap_days", "started_with", "days_alone", "source"),
    *("improvement_percent", "adherence_percent", "level_ng_per_ml", "reduced_ceiling_mg"),
    *("stopped_for_side_effects", "relapsed_on_dose", "adherence_witnessed"),
}


def _tried(faults: list[str], read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except _Fault as fault:
        faults.append(str(fault))
        return None


def _listed(document: Mapping[str, Any], key: str, faults: list[str]) -> list[Any]:
    rows = document.get(key, [])
    if isinstance(rows, list):
        return rows
    faults.append(f"{key}: must be a list.")
    return []


def _object(row: Any, at: str, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise _Fault(f"{at}: must be an object.")
    for key in sorted(row.keys() - keys):
        raise _Fault(f"{at}.{key}: not known here. Remove it or correct its spelling.")
    return row


def _date(value: Any, at: str) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Fault(f"{at}: {value!r} is not a date. Write it as 2026-07-14.")


def _fact(row: Any, at: str, sheet: CandidacySheet, on: date | None) -> Fact:
    row = _object(row, at, _FACT_KEYS)
    kind = sheet.facts.get(row.get("name", ""))
    if kind is None:
        raise _Fault(
            f"{at}.name: {row.get('name')!r} is not a fact of {sheet.header.id}. Known: {', '.join(sheet.facts)}."
        )
    known_on = None if row.get("known_on") is None else _date(row["known_on"], f"{at}.known_on")
    if on is not None and known_on is not None and known_on > on:
        raise _Fault(f"{at}.known_on: {known_on} is after {on}, the day of the case. Correct the date.")
    if row.get("unit") != kind.unit:
        raise _Fault(f"{at}.unit: {row.get('unit')!r}; {kind.name} is in {kind.unit or 'no unit'}. Convert it.")
    value = _value(row.get("value"), kind, f"{at}.value")
    return Fact(kind.name, value, kind.unit, known_on, str(row.get("source", "")), row.get("settles") is True)


def _value(value: Any, kind: FactKind, at: str) -> FactValue:
    if kind.kind == "yes or no":
        if not isinstance(value, bool):
            raise _Fault(f"{at}: {value!r} is not true or false. Leave the fact out when it is not known.")
        return value
    if value not in kind.choices:
        raise _Fault(
            f"{at}: {value!r} is not one of {', '.join(kind.choices)}. Leave the fact out when it is not known."
        )
    return str(value)


def _trial(row: Any, at: str) -> Trial:
    row = _object(row, at, _TRIAL_KEYS)
    if not isinstance(row.get("medicine"), str) or not row["medicine"].strip():
        raise _Fault(f"{at}.medicine: missing. Name the medicine as the patient does.")
    episode = row.get("in_current_episode")
    if episode is not None and not isinstance(episode, bool):
        raise _Fault(f"{at}.in_current_episode: {episode!r} is not true, false or null.")
    problems: list[str] = []
    steps = _listed(row, "steps", problems)
    if problems:
        raise _Fault(f"{at}.{problems[0]}")
    try:
        return Trial(
            medicine=row["medicine"],
            steps=tuple(_step(step, f"{at}.steps[{place}]") for place, step in enumerate(steps)),
            in_current_episode=episode,
            form=str(row.get("form", "")),
            gap_days=_whole(row.get("gap_days"), f"{at}.gap_days") or 0,
            started_with=tuple(str(name) for name in row.get("started_with", ())),
            days_alone=_whole(row.get("days_alone"), f"{at}.days_alone"),
            source=str(row.get("source", "recall")),
            stopped_for_side_effects=row.get("stopped_for_side_effects") is True,
            relapsed_on_dose=row.get("relapsed_on_dose") is True,
            adherence_witnessed=row.get("adherence_witnessed") is True,
            improvement_percent=_number(row.get("improvement_percent"), f"{at}.improvement_percent"),
            adherence_percent=_number(row.get("adherence_percent"), f"{at}.adherence_percent"),
            level_ng_per_ml=_number(row.get("level_ng_per_ml"), f"{at}.level_ng_per_ml"),
            reduced_ceiling_mg=_number(row.get("reduced_ceiling_mg"), f"{at}.reduced_ceiling_mg"),
        )
    except _Fault:
        raise
    except ValueError as wrong:
        raise _Fault(f"{at}: {wrong}")


def _step(row: Any, at: str) -> DoseStep:
    row = _object(row, at, {"dose_mg", "days"})
    return DoseStep(_number(row.get("dose_mg"), f"{at}.dose_mg"), _whole(row.get("days"), f"{at}.days"))


def _number(value: Any, at: str) -> Decimal | None:
    if value is None:
        return None
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        return Decimal(str(value))
    except InvalidOperation:
        raise _Fault(f"{at}: {value!r} is not a number. Leave it out when it is not known.")


def _whole(value: Any, at: str) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise _Fault(f"{at}: {value!r} is not a whole number. Leave it out when it is not known.")


# --- the answer as JSON ---------------------------------------------------------------------------------------------


def answer_to_json(decision: Decision) -> dict[str, Any]:
    """The fixed form other tools rely on."""
    return {
        "outcome": str(decision.outcome),
        "reasons": [
            {
                "criterion": reason.criterion,
                "result": str(reason.result),
                "effect": str(reason.effect),
                "facts": [_fact_json(fact) for fact in reason.facts],
                "sources": [source.citation for source in reason.sources],
                "grade": str(reason.grade),
            }
            for reason in decision.reasons
        ],
        "missing": list(decision.missing),
        "sheets": [{"id": sheet.id, "version": sheet.version} for sheet in decision.sheets],
    }


def _fact_json(fact: FactUsed) -> dict[str, Any]:
    value = fact.value
    if isinstance(value, Decimal):
        value_json: Any = int(value) if value == value.to_integral_value() else str(value)
    else:
        value_json = value.isoformat() if isinstance(value, date) else value
    return {
        "name": fact.name,
        "value": value_json,
        "unit": fact.unit,
        "age_days": fact.age_days,
        "source": fact.source,
    }


# --- the forms as JSON schema ---------------------------------------------------------------------------------------


def case_schema(sheet: CandidacySheet | None = None) -> dict[str, Any]:
    """The JSON schema of a case, built from the sheet so that it cannot drift from what is read."""
    known = sheet or candidacy_sheet()
    number = {"type": ["number", "string", "null"]}
    trial: dict[str, Any] = {key: number for key in sorted(_TRIAL_KEYS) if key.endswith(("_percent", "_ml", "_mg"))}
    trial |= {
        key: {"type": "boolean"} for key in ("stopped_for_side_effects", "relapsed_on_dose", "adherence_witnessed")
    }
    trial |= {key: {"type": ["integer", "null"]} for key in ("gap_days", "days_alone")}
    trial |= {key: {"type": "string"} for key in ("medicine", "form", "source")}
    trial["in_current_episode"] = {"type": ["boolean", "null"]}
    trial["started_with"] = {"type": "array", "items": {"type": "string"}}
    trial["steps"] = _list_of({"dose_mg": number, "days": {"type": ["integer", "null"]}}, ())
    facts = {
        "name": {"enum": sorted(known.facts)},
        "value": {"type": ["boolean", "string"]},
        "unit": {"type": ["string", "null"]},
        "known_on": {"type": ["string", "null"], "format": "date"},
        "source": {"type": "string"},
        "settles": {"type": "boolean"},
    }
    on = {"type": "string", "format": "date"}
    rows = {"on": on, "facts": _list_of(facts, ("name", "value")), "trials": _list_of(trial, ("medicine",))}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "case", **_record(rows, ("on",))}


def _record(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _list_of(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "array", "items": _record(properties, required)}
