"""Reads a case from JSON, and tells its form as a JSON schema. All faults are told at once: field, rule, remedy."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from ketacare.medicine.candidacy.reader.fields import (
    DATE,
    DAYS,
    FLAG,
    MOMENT,
    NAME,
    NOT_BELOW_ZERO,
    NUMBER,
    TEXT,
    Fault,
    date_at,
    days_at,
    flag_at,
    list_schema,
    listed,
    moment_at,
    not_below_zero,
    number_at,
    object_at,
    one_of,
    or_null,
    record_schema,
    text_at,
    whole_at,
)
from ketacare.medicine.candidacy.reader.knowledge import shipped
from ketacare.medicine.candidacy.reader.plausible import implausible
from ketacare.medicine.candidacy.reader.tried import course_at, course_schema, trial_at, trial_schema
from ketacare.medicine.candidacy.terms import (
    Case,
    Clearance,
    FactKind,
    Knowledge,
    Pressure,
    Route,
    Signatures,
    Stage,
    TakenMedicine,
)
from ketacare.medicine.evidence.rules import day_of
from ketacare.medicine.evidence.terms import Effect, Fact, Facts, FactValue


class CaseRefused(ValueError):
    """A case that cannot be judged as written, with every fault: field, rule, remedy."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


def case_from_json(document: Any, knowledge: Knowledge | None = None) -> Case:
    """The case in this parsed JSON, or CaseRefused with every fault at once."""
    faults: list[str] = []
    known = knowledge or shipped()
    if not isinstance(document, Mapping):
        raise CaseRefused(["case: must be an object with on, stage, route, facts, trials and medicines."])
    faults += [
        f"{key}: not a part of a case. Remove it or correct its spelling." for key in document.keys() - _CASE_KEYS
    ]
    at = _tried(faults, moment_at, document.get("on"), "on")
    stage = _tried(faults, one_of, document.get("stage"), "stage", Stage)
    route = None if document.get("route") is None else _tried(faults, one_of, document["route"], "route", Route)
    case = Case(
        at=at or date.min,
        facts=Facts(_rows(document, "facts", faults, _fact, known, at)),
        trials=_asked(document, "trials", faults, trial_at),
        medicines=_asked(document, "medicines", faults, _medicine, at),
        stage=stage or Stage.EVALUATION,
        route=route,
        pressures=tuple(_rows(document, "pressures", faults, _pressure, at)),
        clearances=tuple(_rows(document, "clearances", faults, _clearance, at)),
        courses=_asked(document, "courses", faults, course_at),
    )
    faults += implausible(case, known, None if at is None else _day(at))
    if faults:
        raise CaseRefused(faults)
    return case


_CASE_KEYS = {"on", "stage", "route", "facts", "trials", "medicines", "pressures", "clearances", "courses"}
_FACT_KEYS = {"name", "value", "unit", "known_on", "source", "settles"}
_MEDICINE_KEYS = {
    *("name", "form", "daily_dose_mg", "as_needed", "hours_since_last", "stable_days", "accepted_unchecked"),
    "listed_at",
}
_PRESSURE_KEYS = {"taken_at", "systolic_mmhg", "diastolic_mmhg"}
_CLEARANCE_KEYS = {"criterion", "signatures", "given_on", "until", "conditions", "withdrawn_on", "about", "for"}
_FOR = (Effect.CLEAR, Effect.STOP)


def _rows(document: Mapping[str, Any], key: str, faults: list[str], read: Any, *more: Any) -> list[Any]:
    rows = [
        _tried(faults, read, row, f"{key}[{place}]", *more) for place, row in enumerate(listed(document, key, faults))
    ]
    return [row for row in rows if row is not None]


def _asked(document: Mapping[str, Any], key: str, faults: list[str], read: Any, *more: Any) -> tuple[Any, ...] | None:
    """None where the key is absent: nobody has asked. An empty list says that there are none."""
    return tuple(_rows(document, key, faults, read, *more)) if document.get(key) is not None else None


def _tried(faults: list[str], read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except Fault as fault:
        faults += fault.faults
        return None


def _fact(row: Any, at: str, known: Knowledge, on: date | datetime | None) -> Fact:
    row = object_at(row, at, _FACT_KEYS)
    kind = known.facts.get(str(row.get("name", "")))
    if kind is None:
        raise Fault(f"{at}.name: {row.get('name')!r} is not a fact. `ketacare candidacy --schema` lists all.")
    wrong: list[str] = []
    known_at = _tried(wrong, _past, row.get("known_on"), f"{at}.known_on", on)
    unit = _tried(wrong, _unit, row, kind, at)
    value = _tried(wrong, value_from, row.get("value"), kind, f"{at}.value")
    if isinstance(value, date):
        _tried(wrong, _not_after, value, f"{at}.value", on)
        _tried(wrong, _not_ahead, value, f"{at}.value", known_at, on)
    source = _tried(wrong, text_at, row.get("source"), f"{at}.source")
    settles = _tried(wrong, flag_at, row.get("settles"), f"{at}.settles")
    if wrong:
        raise Fault(*wrong)
    return Fact(kind.name, value, unit, known_at, source, settles is True)


def _unit(row: Mapping[str, Any], kind: FactKind, at: str) -> str | None:
    """The fact's own unit; "no" has none."""
    is_no = row.get("value") is False
    if row.get("unit") not in ((kind.unit, None) if is_no else (kind.unit,)):
        raise Fault(f"{at}.unit: {row.get('unit')!r}; {kind.name} is in {kind.unit or 'no unit'}. Convert it.")
    return None if is_no else kind.unit


def _past(value: Any, at: str, on: date | datetime | None) -> date | datetime | None:
    return None if value is None else _not_after(moment_at(value, at), at, on)


def _not_after(moment: date | datetime, at: str, on: date | datetime | None) -> date | datetime:
    if on is not None and _later(moment, on):
        raise Fault(f"{at}: {moment} is after {on}, the time of the case. Correct the date.")
    return moment


def _not_ahead(value: date, at: str, known_at: date | datetime | None, on: date | datetime | None) -> None:
    """Nobody tells of a day that has not come: by the calendar of the clinic, a moment told in another zone too."""
    told_on = None if known_at is None else day_of(known_at, known_at if on is None else on)
    if told_on is not None and value > told_on:
        raise Fault(f"{at}: {value} is after {told_on}, the day on which it was told. Correct one of the two.")


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
            raise Fault(
                f"{at}: {value!r} is not one of {', '.join(kind.choices)}. Leave the fact out when it is not known."
            )
        return str(value)
    if kind.kind == "yes or no":
        if not isinstance(value, bool):
            raise Fault(f"{at}: {value!r} is not true or false. Leave the fact out when it is not known.")
        return value
    if value is False and kind.kind in ("date or no", "hours or no"):
        return False
    return date_at(value, at) if kind.kind == "date or no" else _in_range(value, kind, at)


def _in_range(value: Any, kind: FactKind, at: str) -> Decimal:
    number = number_at(value, at)
    assert kind.range is not None  # a number in the vocabulary has a range, its tests hold
    low, high = kind.range.values
    if number is None or not low <= number <= high:
        told = "nothing" if number is None else number
        raise Fault(
            f"{at}: {told} is impossible: {kind.title} is from {low} to {high} {kind.unit}. Measure or ask again."
        )
    return number


def _medicine(row: Any, at: str, on: date | datetime | None) -> TakenMedicine:
    row = object_at(row, at, _MEDICINE_KEYS)
    if not isinstance(row.get("name"), str) or not row["name"].strip():
        raise Fault(f"{at}.name: missing. Name the medicine as the patient does.")
    return TakenMedicine(
        name=row["name"].strip(),
        form=text_at(row.get("form"), f"{at}.form"),
        daily_dose_mg=not_below_zero(row.get("daily_dose_mg"), f"{at}.daily_dose_mg"),
        as_needed=flag_at(row.get("as_needed"), f"{at}.as_needed"),
        hours_since_last=not_below_zero(row.get("hours_since_last"), f"{at}.hours_since_last"),
        stable_days=days_at(row.get("stable_days"), f"{at}.stable_days"),
        accepted_unchecked=text_at(row.get("accepted_unchecked"), f"{at}.accepted_unchecked"),
        listed_at=_listed_at(row.get("listed_at"), f"{at}.listed_at", on),
    )


def _listed_at(value: Any, at: str, on: date | datetime | None) -> datetime | None:
    """Since when it has stood on the list just so. A list is kept at a moment; a day alone is told as its last one, so
    that a ruling of that day does not settle what may have come after it."""
    if value is None:
        return None
    moment = _past(value, at, on)
    if isinstance(moment, datetime):
        return moment
    assert moment is not None
    zone = on.tzinfo if isinstance(on, datetime) else UTC
    return datetime.combine(moment, time.max, zone)


def _pressure(row: Any, at: str, on: date | datetime | None) -> Pressure:
    row = object_at(row, at, _PRESSURE_KEYS)
    taken_at = moment_at(row.get("taken_at"), f"{at}.taken_at")
    if not isinstance(taken_at, datetime):
        raise Fault(f"{at}.taken_at: {row['taken_at']!r} has no time. Write it as 2026-07-14T09:30:00+02:00.")
    if on is not None and _later(taken_at, on):
        raise Fault(f"{at}.taken_at: {taken_at} is after {on}, the time of the case. Correct the time.")
    systolic = whole_at(row.get("systolic_mmhg"), f"{at}.systolic_mmhg")
    diastolic = whole_at(row.get("diastolic_mmhg"), f"{at}.diastolic_mmhg")
    if systolic is None or diastolic is None or not 0 < diastolic < systolic:
        raise Fault(f"{at}: systolic must be above diastolic, both in whole mmHg. Measure again.")
    return Pressure(taken_at, systolic, diastolic)


def _clearance(row: Any, at: str, on: date | datetime | None) -> Clearance:
    row = object_at(row, at, _CLEARANCE_KEYS)
    wrong: list[str] = []
    criterion = row.get("criterion")
    if not isinstance(criterion, str) or not criterion.strip():
        wrong.append(f"{at}.criterion: missing. Name the criterion that is cleared, as CI-07.")
    signatures = _tried(wrong, one_of, row.get("signatures"), f"{at}.signatures", Signatures)
    given_at = _tried(wrong, moment_at, row.get("given_on"), f"{at}.given_on")
    given_on: Any = None if given_at is None else day_of(given_at, given_at if on is None else on)
    until = None if row.get("until") is None else _tried(wrong, date_at, row["until"], f"{at}.until")
    withdrawn_on = _tried(wrong, _past, row.get("withdrawn_on"), f"{at}.withdrawn_on", on)
    if given_on is not None:
        _tried(wrong, _not_after, given_at, f"{at}.given_on", on)
    if given_on is not None and until is not None and until < given_on:
        wrong.append(f"{at}.until: {until} is before {given_on}, when it was given. Correct one of the two.")
    about = row.get("about")
    if about is not None and not (isinstance(about, list) and all(isinstance(name, str) for name in about)):
        wrong.append(f"{at}.about: {about!r} is not a list of medicines. Name those that it was given for.")
    elif about is not None and not (about and all(name.strip() for name in about)):
        wrong.append(f"{at}.about: {about!r} names no medicine. Name those it was given for, or leave it out.")
    conditions = _tried(wrong, text_at, row.get("conditions"), f"{at}.conditions")
    given_for = None if row.get("for") is None else _tried(wrong, one_of, row["for"], f"{at}.for", Effect)
    if given_for is not None and given_for not in _FOR:
        wrong.append(f"{at}.for: {given_for} needs no clearance. Write {' or '.join(_FOR)}.")
    if wrong:
        raise Fault(*wrong)
    about = None if about is None else tuple(about)
    ended_on = withdrawn_on and _day(withdrawn_on)
    cleared = Clearance(str(criterion).strip(), signatures, given_on, until, conditions, ended_on, about)
    return replace(cleared, given_for=given_for, given_at=given_at if isinstance(given_at, datetime) else None)


def case_schema(knowledge: Knowledge | None = None) -> dict[str, Any]:
    """The JSON schema of a case, built from the vocabulary so that it cannot drift from what is read."""
    known = knowledge or shipped()
    rows = {
        "on": MOMENT,
        "stage": {"enum": list(Stage), "description": "evaluation: may it be offered? dose: may it be given today?"},
        "route": {"enum": [*Route, None]},
        "facts": {"type": "array", "items": {"anyOf": [_fact_schema(kind) for kind in known.facts.values()]}},
        "trials": list_schema(trial_schema(), ("medicine",)) | {"description": "left out: nobody has asked"},
        "medicines": list_schema(_medicine_schema(), ("name",)) | {"description": "left out: nobody has asked"},
        "pressures": list_schema(
            {"taken_at": MOMENT, "systolic_mmhg": {"type": "integer"}, "diastolic_mmhg": {"type": "integer"}},
            ("taken_at", "systolic_mmhg", "diastolic_mmhg"),
        ),
        "clearances": list_schema(_clearance_schema(), ("criterion", "signatures", "given_on"))
        | {
            "description": "each lifts what was on record when it was given: tell the first record of a finding as well"
        },
        "courses": list_schema(course_schema(), ("kind",)) | {"description": "left out: nobody has asked"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "case",
        **record_schema(rows, ("on", "stage")),
    }


_VALUES: dict[str, dict[str, Any]] = {
    "yes or no": {"type": "boolean"},
    "date or no": {"anyOf": [DATE, {"const": False}]},
}


def _fact_schema(kind: FactKind) -> dict[str, Any]:
    """As it is read: a number only with its unit, and a no, that stands in place of one, with or without."""
    named = {"name": {"const": kind.name}}
    more = {"known_on": or_null(MOMENT), "source": TEXT, "settles": FLAG}
    value = {"enum": list(kind.choices)} if kind.kind == "choice" else _VALUES.get(kind.kind)
    if value is not None:
        told = {**named, "value": value, "unit": {"enum": [kind.unit]}, **more}
        return {"title": kind.title, **record_schema(told, ("name", "value"))}
    number = {**named, "value": _number_schema(kind), "unit": {"enum": [kind.unit]}, **more}
    measured = record_schema(number, ("name", "value", "unit"))
    if kind.kind == "number":
        return {"title": kind.title, **measured}
    never = record_schema(
        {**named, "value": {"const": False}, "unit": {"enum": [kind.unit, None]}, **more}, ("name", "value")
    )
    return {"title": kind.title, "anyOf": [measured, never]}


def _number_schema(kind: FactKind) -> dict[str, Any]:
    assert kind.range is not None  # a number in the vocabulary has a range, its tests hold
    low, high = (float(value) for value in kind.range.values)
    return {**NUMBER, "type": ["number", "string"], "minimum": low, "maximum": high}


def _medicine_schema() -> dict[str, Any]:
    numbers = {"daily_dose_mg": NOT_BELOW_ZERO, "hours_since_last": NOT_BELOW_ZERO, "stable_days": DAYS}
    since = or_null(MOMENT) | {"description": "since when it has stood on the list just so: a day or a moment"}
    return {"name": NAME, "form": TEXT, "accepted_unchecked": TEXT, **numbers, "as_needed": FLAG, "listed_at": since}


def _clearance_schema() -> dict[str, Any]:
    signed = {"criterion": NAME, "signatures": {"enum": list(Signatures)}}
    days = {"given_on": MOMENT, "until": or_null(DATE), "withdrawn_on": or_null(MOMENT)}
    about = {
        "type": ["array", "null"],
        "items": NAME,
        "minItems": 1,
        "description": "the medicines it was given for; left out: those known to be taken so since then",
    }
    part = {"enum": [*_FOR, None], "description": "the part of the row it was given for; left out: the milder one"}
    return {**signed, **days, "conditions": TEXT, "about": about, "for": part}
