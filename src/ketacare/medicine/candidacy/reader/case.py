"""Reads a case from JSON, and tells its form as a JSON schema. All faults are told at once: field, rule, remedy."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ketacare.medicine.candidacy.reader.knowledge import shipped
from ketacare.medicine.candidacy.terms import (
    Case,
    Clearance,
    DoseStep,
    FactKind,
    Knowledge,
    Pressure,
    Route,
    Signatures,
    Stage,
    TakenMedicine,
    Trial,
)
from ketacare.medicine.evidence.terms import Fact, Facts, FactValue


class CaseRefused(ValueError):
    """A case that cannot be judged as written, with every fault: field, rule, remedy."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


class _Fault(ValueError):
    """One fault, on its way to being told with the others."""


def case_from_json(document: Any, knowledge: Knowledge | None = None) -> Case:
    """The case in this parsed JSON, or CaseRefused with every fault at once."""
    faults: list[str] = []
    known = knowledge or shipped()
    if not isinstance(document, Mapping):
        raise CaseRefused(["case: must be an object with on, stage, route, facts, trials and medicines."])
    faults += [
        f"{key}: not a part of a case. Remove it or correct its spelling." for key in document.keys() - _CASE_KEYS
    ]
    at = _tried(faults, _moment, document.get("on"), "on")
    stage = _tried(faults, _one_of, document.get("stage"), "stage", Stage)
    route = None if document.get("route") is None else _tried(faults, _one_of, document["route"], "route", Route)
    case = Case(
        at=at or date.min,
        facts=Facts(_rows(document, "facts", faults, _fact, known, at)),
        trials=_asked(document, "trials", faults, _trial),
        medicines=_asked(document, "medicines", faults, _medicine),
        stage=stage or Stage.EVALUATION,
        route=route,
        pressures=tuple(_rows(document, "pressures", faults, _pressure, at)),
        clearances=tuple(_rows(document, "clearances", faults, _clearance)),
    )
    if faults:
        raise CaseRefused(faults)
    return case


_CASE_KEYS = {"on", "stage", "route", "facts", "trials", "medicines", "pressures", "clearances"}
_FACT_KEYS = {"name", "value", "unit", "known_on", "source", "settles"}
_TRIAL_KEYS = {
    *("medicine", "form", "steps", "in_current_episode", "gap_days", "started_with", "days_alone", "source"),
    *("improvement_percent", "adherence_percent", "level_ng_per_ml", "reduced_ceiling_mg"),
    *("stopped_for_side_effects", "relapsed_on_dose", "adherence_witnessed"),
}
_MEDICINE_KEYS = {
    *("name", "form", "daily_dose_mg", "as_needed", "hours_since_last", "stable_days", "accepted_unchecked"),
}
_PRESSURE_KEYS = {"taken_at", "systolic_mmhg", "diastolic_mmhg"}
_CLEARANCE_KEYS = {"criterion", "signatures", "given_on", "until", "conditions"}


def _rows(document: Mapping[str, Any], key: str, faults: list[str], read: Any, *more: Any) -> list[Any]:
    rows = [
        _tried(faults, read, row, f"{key}[{place}]", *more) for place, row in enumerate(_listed(document, key, faults))
    ]
    return [row for row in rows if row is not None]


def _asked(document: Mapping[str, Any], key: str, faults: list[str], read: Any) -> tuple[Any, ...] | None:
    """None where the key is absent: nobody has asked. An empty list says that there are none."""
    return tuple(_rows(document, key, faults, read)) if document.get(key) is not None else None


def _tried(faults: list[str], read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except _Fault as fault:
        faults.append(str(fault))
        return None


def _listed(document: Mapping[str, Any], key: str, faults: list[str]) -> list[Any]:
    rows = document.get(key)
    if rows is None:
        return []
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


def _moment(value: Any, at: str) -> date | datetime:
    """A day, or a moment with its zone."""
    if not isinstance(value, str) or len(value) <= len("2026-07-14"):
        return _date(value, at)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _Fault(f"{at}: {value!r} is not a moment. Write it as 2026-07-14T09:30:00+02:00.")
    if moment.tzinfo is None:
        raise _Fault(f"{at}: {value!r} has no zone. Write it as 2026-07-14T09:30:00+02:00.")
    return moment


def _one_of(value: Any, at: str, kind: Any) -> Any:
    if value not in list(kind):
        raise _Fault(f"{at}: {value!r} is not one of {', '.join(kind)}. Choose one.")
    return kind(value)


def _fact(row: Any, at: str, known: Knowledge, on: date | datetime | None) -> Fact:
    row = _object(row, at, _FACT_KEYS)
    kind = known.facts.get(str(row.get("name", "")))
    if kind is None:
        raise _Fault(f"{at}.name: {row.get('name')!r} is not a fact. `ketacare candidacy --schema` lists all.")
    known_at = None if row.get("known_on") is None else _moment(row["known_on"], f"{at}.known_on")
    if on is not None and known_at is not None and _later(known_at, on):
        raise _Fault(f"{at}.known_on: {known_at} is after {on}, the time of the case. Correct the date.")
    if row.get("unit") not in ({kind.unit, None} if row.get("value") is False else {kind.unit}):
        raise _Fault(f"{at}.unit: {row.get('unit')!r}; {kind.name} is in {kind.unit or 'no unit'}. Convert it.")
    value = value_from(row.get("value"), kind, f"{at}.value")
    if isinstance(value, date) and on is not None and _later(value, on):
        raise _Fault(f"{at}.value: {value} is after {on}, the time of the case. Correct the date.")
    unit = None if value is False else kind.unit
    return Fact(kind.name, value, unit, known_at, str(row.get("source", "")), row.get("settles") is True)


def _later(moment: date | datetime, than: date | datetime) -> bool:
    if isinstance(moment, datetime) and isinstance(than, datetime):
        return moment > than
    return _day(moment) > _day(than)


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def value_from(value: Any, kind: FactKind, at: str) -> FactValue:
    """The value as this kind of fact may have it; ValueError naming the field, the rule and the remedy."""
    if kind.kind == "choice":
        if value not in kind.choices:
            raise _Fault(
                f"{at}: {value!r} is not one of {', '.join(kind.choices)}. Leave the fact out when it is not known."
            )
        return str(value)
    if kind.kind == "yes or no":
        if not isinstance(value, bool):
            raise _Fault(f"{at}: {value!r} is not true or false. Leave the fact out when it is not known.")
        return value
    if value is False and kind.kind in ("date or no", "hours or no"):
        return False
    return _date(value, at) if kind.kind == "date or no" else _in_range(value, kind, at)


def _in_range(value: Any, kind: FactKind, at: str) -> Decimal:
    number = _number(value, at)
    assert kind.range is not None  # a number in the vocabulary has a range, its tests hold
    low, high = kind.range.values
    if number is None or not low <= number <= high:
        raise _Fault(
            f"{at}: {value!r} is impossible: {kind.title} is from {low} to {high} {kind.unit}. Measure or ask again."
        )
    return number


def _medicine(row: Any, at: str) -> TakenMedicine:
    row = _object(row, at, _MEDICINE_KEYS)
    if not isinstance(row.get("name"), str) or not row["name"].strip():
        raise _Fault(f"{at}.name: missing. Name the medicine as the patient does.")
    as_needed = row.get("as_needed")
    if as_needed is not None and not isinstance(as_needed, bool):
        raise _Fault(f"{at}.as_needed: {as_needed!r} is not true, false or null.")
    return TakenMedicine(
        name=row["name"].strip(),
        form=str(row.get("form", "")),
        daily_dose_mg=_not_below_zero(row.get("daily_dose_mg"), f"{at}.daily_dose_mg"),
        as_needed=as_needed,
        hours_since_last=_not_below_zero(row.get("hours_since_last"), f"{at}.hours_since_last"),
        stable_days=_whole(row.get("stable_days"), f"{at}.stable_days"),
        accepted_unchecked=str(row.get("accepted_unchecked", "")),
    )


def _not_below_zero(value: Any, at: str) -> Decimal | None:
    number = _number(value, at)
    if number is not None and number < 0:
        raise _Fault(f"{at}: {value!r} is below zero. Correct it, or leave it out when it is not known.")
    return number


def _pressure(row: Any, at: str, on: date | datetime | None) -> Pressure:
    row = _object(row, at, _PRESSURE_KEYS)
    taken_at = _moment(row.get("taken_at"), f"{at}.taken_at")
    if not isinstance(taken_at, datetime):
        raise _Fault(f"{at}.taken_at: {row['taken_at']!r} has no time. Write it as 2026-07-14T09:30:00+02:00.")
    if on is not None and _later(taken_at, on):
        raise _Fault(f"{at}.taken_at: {taken_at} is after {on}, the time of the case. Correct the time.")
    systolic = _whole(row.get("systolic_mmhg"), f"{at}.systolic_mmhg")
    diastolic = _whole(row.get("diastolic_mmhg"), f"{at}.diastolic_mmhg")
    if systolic is None or diastolic is None or not 0 < diastolic < systolic:
        raise _Fault(f"{at}: systolic must be above diastolic, both in whole mmHg. Measure again.")
    return Pressure(taken_at, systolic, diastolic)


def _clearance(row: Any, at: str) -> Clearance:
    row = _object(row, at, _CLEARANCE_KEYS)
    if not isinstance(row.get("criterion"), str) or not row["criterion"].strip():
        raise _Fault(f"{at}.criterion: missing. Name the criterion that is cleared, as CI-07.")
    return Clearance(
        criterion=row["criterion"].strip(),
        signatures=_one_of(row.get("signatures"), f"{at}.signatures", Signatures),
        given_on=_date(row.get("given_on"), f"{at}.given_on"),
        until=None if row.get("until") is None else _date(row["until"], f"{at}.until"),
        conditions=str(row.get("conditions", "")),
    )


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


def case_schema(knowledge: Knowledge | None = None) -> dict[str, Any]:
    """The JSON schema of a case, built from the vocabulary so that it cannot drift from what is read."""
    known = knowledge or shipped()
    moment = {"type": "string", "description": "2026-07-14, or 2026-07-14T09:30:00+02:00"}
    rows = {
        "on": moment,
        "stage": {"enum": list(Stage), "description": "evaluation: may it be offered? dose: may it be given today?"},
        "route": {"enum": [*Route, None]},
        "facts": {"type": "array", "items": {"anyOf": [_fact_schema(kind) for kind in known.facts.values()]}},
        "trials": _list_of(_trial_schema(), ("medicine",)) | {"description": "left out: nobody has asked"},
        "medicines": _list_of(_medicine_schema(), ("name",)) | {"description": "left out: nobody has asked"},
        "pressures": _list_of(
            {"taken_at": moment, "systolic_mmhg": {"type": "integer"}, "diastolic_mmhg": {"type": "integer"}},
            ("taken_at", "systolic_mmhg", "diastolic_mmhg"),
        ),
        "clearances": _list_of(_clearance_schema(), ("criterion", "signatures", "given_on")),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "case",
        **_record(rows, ("on", "stage")),
    }


_NUMBER = {"type": ["number", "string", "null"]}
_WHOLE = {"type": ["integer", "null"]}
_DATE = {"type": "string", "format": "date"}
_VALUES: dict[str, dict[str, Any]] = {
    "yes or no": {"type": "boolean"},
    "number": {"type": ["number", "string"]},
    "date or no": {"anyOf": [_DATE, {"const": False}]},
    "hours or no": {"anyOf": [{"type": ["number", "string"]}, {"const": False}]},
}


def _fact_schema(kind: FactKind) -> dict[str, Any]:
    value = {"enum": list(kind.choices)} if kind.kind == "choice" else _VALUES[kind.kind]
    named = {"name": {"const": kind.name}, "value": value, "unit": {"enum": [kind.unit, None]}}
    more = {"known_on": {"type": ["string", "null"]}, "source": {"type": "string"}, "settles": {"type": "boolean"}}
    return {"title": kind.title, **_record(named | more, ("name", "value"))}


def _trial_schema() -> dict[str, Any]:
    trial: dict[str, Any] = {key: _NUMBER for key in sorted(_TRIAL_KEYS) if key.endswith(("_percent", "_ml", "_mg"))}
    trial |= {
        key: {"type": "boolean"} for key in ("stopped_for_side_effects", "relapsed_on_dose", "adherence_witnessed")
    }
    trial |= dict.fromkeys(("gap_days", "days_alone"), _WHOLE)
    trial |= {key: {"type": "string"} for key in ("medicine", "form", "source")}
    trial["in_current_episode"] = {"type": ["boolean", "null"]}
    trial["started_with"] = {"type": "array", "items": {"type": "string"}}
    trial["steps"] = _list_of({"dose_mg": _NUMBER, "days": _WHOLE}, ())
    return trial


def _medicine_schema() -> dict[str, Any]:
    text = {key: {"type": "string"} for key in ("name", "form", "accepted_unchecked")}
    numbers = {"daily_dose_mg": _NUMBER, "hours_since_last": _NUMBER, "stable_days": _WHOLE}
    return {**text, **numbers, "as_needed": {"type": ["boolean", "null"]}}


def _clearance_schema() -> dict[str, Any]:
    signed = {"criterion": {"type": "string"}, "signatures": {"enum": list(Signatures)}}
    return {**signed, "given_on": _DATE, "until": {"type": ["string", "null"]}, "conditions": {"type": "string"}}


def _record(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _list_of(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "array", "items": _record(properties, required)}
