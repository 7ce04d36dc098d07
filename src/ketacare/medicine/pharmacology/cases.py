"""Reads a case of prediction from parsed JSON, and tells its form as a JSON schema. All faults are told at once."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.terms import Band, Case, Dose, Drug, Patient, PredictionRefused, Route, Site, Window

PATIENTS, SEED = 1_000, 1  # where a case does not say
_SITES = (Site.ARTERIAL, Site.VENOUS)
_SEXES = ("female", "male")
_CASE_KEYS = (
    *("patient", "regimen", "times_min", "site", "band", "population", "inhibitors", "model"),
    *("enantiomers", "effects", "window", "below_ng_per_ml"),
)
_PATIENT_KEYS = ("weight_kg", "height_cm", "age_years", "sex", "weighed_on")
_DOSE_KEYS = ("drug", "route", "product", "start_min", "dose_mg", "duration_min")


class Reading:
    """Collects faults while fields are read; a faulty field reads as something harmless."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def table(self, value: Any, at: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            self.faults.append(f"{at}: must be an object with {', '.join(keys)}.")
            return {}
        inside = "" if at == "case" else f"{at}."
        for key in value:
            if key not in keys:
                self.faults.append(f"{inside}{key}: not known here.{_hint(str(key), keys)}")
        return value

    def rows(self, value: Any, at: str) -> list[Any]:
        if isinstance(value, list):
            return value
        self.faults.append(f"{at}: {'missing' if value is None else 'not a list'}. Give a list.")
        return []

    def number(self, table: Mapping[str, Any], key: str, at: str, *, needed: bool = False) -> float | None:
        value = table.get(key)
        if value is None:
            if needed:
                self.faults.append(f"{at}: missing. Give a number{_unit(key)}.")
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            self.faults.append(f"{at}: {value!r} is not a number. Give a plain number{_unit(key)}, without its unit.")
            return None
        return float(value)

    def day(self, table: Mapping[str, Any], key: str, at: str) -> date | None:
        value = table.get(key)
        found = _day_of(value)
        if found is None and value is not None:
            self.faults.append(f"{at}: {value!r} is not a day. Write year, month and day: 2026-07-14.")
        return found

    def whole(self, table: Mapping[str, Any], key: str, at: str, usual: int) -> int:
        value = table.get(key, usual)
        if isinstance(value, bool) or not isinstance(value, int):
            self.faults.append(f"{at}: {value!r} is not a whole number. Give one.")
            return usual
        return value

    def choice(self, value: Any, at: str, choices: tuple[Any, ...]) -> Any:
        if value not in choices:
            said = "missing" if value is None else f"{value!r} is not one of them"
            self.faults.append(f"{at}: {said}. Choose one of {', '.join(choices)}.")
            return choices[0]
        return next(one for one in choices if one == value)

    def yes(self, table: Mapping[str, Any], key: str) -> bool:
        value = table.get(key) or False
        if value is not True and value is not False:
            self.faults.append(f"{key}: {value!r} is not true or false. Write one of the two.")
        return value is True


def _day_of(value: Any) -> date | None:
    """Whole days alone: the short and the week forms of ISO 8601 are read as slips."""
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and found.isoformat() == value else None


def case_from_json(document: Any, today: date | None = None) -> Case:
    """The case in this parsed JSON, or PredictionRefused with every fault at once.

    The age of the weight is counted to `today`; without it the age counts as unknown, whatever the case says.
    """
    read = Reading()
    table = read.table(document, "case", _CASE_KEYS)
    population = read.table(table.get("population") or {}, "population", ("n", "seed"))
    case = Case(
        patient=_patient(read, table.get("patient"), today),
        regimen=tuple(
            _dose(read, row, f"regimen[{n}]") for n, row in enumerate(read.rows(table.get("regimen"), "regimen"))
        ),
        times_min=_times(read, table.get("times_min")),
        site=None if table.get("site") is None else read.choice(table["site"], "site", _SITES),
        band=read.choice(table.get("band") or Band.TRUE, "band", tuple(Band)),
        patients=read.whole(population, "n", "population.n", PATIENTS),
        seed=read.whole(population, "seed", "population.seed", SEED),
        conditions=_names(read, table.get("inhibitors")),
        model=_text(read, table, "model", "model"),
        enantiomers=read.yes(table, "enantiomers"),
        effects=read.yes(table, "effects"),
        window=_window(read, table.get("window")),
        level_ng_per_ml=read.number(table, "below_ng_per_ml", "below_ng_per_ml"),
    )
    if read.faults:
        raise PredictionRefused(*read.faults)
    return case


def _patient(read: Reading, value: Any, today: date | None) -> Patient:
    table = read.table(value, "patient", _PATIENT_KEYS)
    weight, height, age = (
        (read.number(table, key, f"patient.{key}", needed=key == "weight_kg") for key in _PATIENT_KEYS[:3])
        if isinstance(value, Mapping)
        else (None, None, None)
    )
    sex = None if table.get("sex") is None else read.choice(table["sex"], "patient.sex", _SEXES)
    weighed = read.day(table, "weighed_on", "patient.weighed_on")
    days = None if weighed is None or today is None else (today - weighed).days
    return Patient(weight or 0.0, age, height, sex, days)


def _dose(read: Reading, value: Any, at: str) -> Dose:
    table = read.table(value, at, _DOSE_KEYS)
    return Dose(
        drug=read.choice(table.get("drug"), f"{at}.drug", tuple(Drug)),
        route=read.choice(table.get("route"), f"{at}.route", tuple(Route)),
        start_min=read.number(table, "start_min", f"{at}.start_min", needed=True) or 0.0,
        dose_mg=read.number(table, "dose_mg", f"{at}.dose_mg", needed=True) or 0.0,
        duration_min=read.number(table, "duration_min", f"{at}.duration_min") or 0.0,
        product=(_text(read, table, "product", f"{at}.product") or "").lower() or None,
    )


def _times(read: Reading, value: Any) -> tuple[float, ...]:
    rows = read.rows(value, "times_min")
    times = [read.number({"t": time}, "t", f"times_min[{n}]", needed=True) for n, time in enumerate(rows)]
    return tuple(time or 0.0 for time in times)


def _names(read: Reading, value: Any) -> tuple[str, ...]:
    names = read.rows(value or [], "inhibitors")
    for place, name in enumerate(names):
        if not isinstance(name, str):
            read.faults.append(f"inhibitors[{place}]: {name!r} is not a name. Give it as text.")
    return tuple(name for name in names if isinstance(name, str))


def _text(read: Reading, table: Mapping[str, Any], key: str, at: str) -> str | None:
    value = table.get(key)
    if value is None or isinstance(value, str):
        return value
    read.faults.append(f"{at}: {value!r} is not text. Give a name, or leave it out.")
    return None


def _window(read: Reading, value: Any) -> Window | None:
    if value is None:
        return None
    keys = ("low_ng_per_ml", "high_ng_per_ml")
    table = read.table(value, "window", keys)
    low, high = (read.number(table, key, f"window.{key}", needed=True) for key in keys)
    return Window(low or 0.0, high or 0.0)


def _hint(key: str, keys: tuple[str, ...]) -> str:
    """What was probably meant: a unit left out, pounds, or another spelling."""
    if key.lower().endswith(("_lb", "_lbs", "_pounds")) or "pound" in key.lower():
        return " Weights are in kg: give weight_kg (1 lb is 0.45359237 kg)."
    meant = [name for name in keys if name.rpartition("_")[0] == key]
    return f" Its unit belongs to the name: give {meant[0]}." if meant else " Remove it or correct its spelling."


_UNITS = {
    **dict.fromkeys(("start_min", "duration_min", "time_min", "t"), "min"),
    **dict.fromkeys(("below_ng_per_ml", "low_ng_per_ml", "high_ng_per_ml"), "ng/mL"),
    "weight_kg": "kg",
    "height_cm": "cm",
    "age_years": "years",
    "dose_mg": "mg",
}


def _unit(key: str) -> str:
    return f" in {_UNITS[key]}" if key in _UNITS else ""


# --- the same as a JSON schema --------------------------------------------------------------------------------------


def case_schema() -> dict[str, Any]:
    """The form of a case as a JSON Schema; `inhibitors` lists what is known by name."""
    number, positive = {"type": "number", "minimum": 0}, {"type": "number", "exclusiveMinimum": 0}
    patient = {"weight_kg": positive, "height_cm": _or_null(positive), "age_years": _or_null(number)}
    weighed = {"weighed_on": _or_null({"type": "string", "format": "date"})}
    dose = {
        "drug": {"enum": [str(drug) for drug in Drug]},
        "route": {"enum": [str(route) for route in Route]},
        "product": {"type": ["string", "null"]},
        "start_min": number,
        "dose_mg": positive,
        "duration_min": _or_null(number),
    }
    known = {condition.name: condition.title for condition in reader.conditions().values()}
    properties = {
        "patient": form(patient | {"sex": {"enum": [*_SEXES, None]}} | weighed, "weight_kg"),
        "regimen": {"type": "array", "minItems": 1, "items": form(dose, "drug", "route", "start_min", "dose_mg")},
        "times_min": {"type": "array", "minItems": 1, "items": number},
        "site": {"enum": [*map(str, _SITES), None]},
        "band": {"enum": [*map(str, Band), None]},
        "population": _or_null(form({"n": {"type": "integer", "minimum": 1}, "seed": {"type": "integer"}})),
        "inhibitors": {"type": ["array", "null"], "items": {"type": "string"}, "known": known},
        "model": {"type": ["string", "null"], "known": [one.id for one in reader.models()]},
        "enantiomers": {"type": ["boolean", "null"]},
        "effects": {"type": ["boolean", "null"]},
        "window": _or_null(
            form({"low_ng_per_ml": number, "high_ng_per_ml": positive}, *("low_ng_per_ml", "high_ng_per_ml"))
        ),
        "below_ng_per_ml": _or_null(positive),
    }
    schema = form(properties, "patient", "regimen", "times_min")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "case of prediction", **schema}


def form(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    whole: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return whole | ({"required": list(required)} if required else {})


def _or_null(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [dict(one), {"type": "null"}]}
