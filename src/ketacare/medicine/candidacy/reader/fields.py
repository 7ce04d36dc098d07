"""Reading one field of a JSON document: the value, or a fault that names the field, the rule and the remedy."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

# No length of time that somebody tells is longer.
LONGEST_DAYS = 120 * 366
# How days, moments and numbers in text are written; the schema says the same. No day that is told lies before 1900.
DAY = "(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
_CLOCK = rf"{DAY}[T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}([.][0-9]{{1,6}})?)?"
_ZONE = "(Z|[+-][0-9]{2}:[0-9]{2})"
FIGURE = "-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?"


class Fault(ValueError):
    """What is wrong with one row, on its way to being told with the others."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


def listed(document: Mapping[str, Any], key: str, faults: list[str]) -> list[Any]:
    rows = document.get(key)
    if rows is None:
        return []
    if isinstance(rows, list):
        return rows
    faults.append(f"{key}: must be a list.")
    return []


def object_at(row: Any, at: str, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise Fault(f"{at}: must be an object.")
    for key in sorted(row.keys() - keys):
        raise Fault(f"{at}.{key}: not known here. Remove it or correct its spelling.")
    return row


def date_at(value: Any, at: str) -> date:
    day = _day(value) if isinstance(value, str) else None
    if day is None:
        raise Fault(f"{at}: {value!r} is not a date. Write it as 2026-07-14, of the years from 1900 to 2199.")
    return day


def moment_at(value: Any, at: str) -> date | datetime:
    """A day, or a moment with its zone."""
    if not isinstance(value, str) or len(value) <= len("2026-07-14"):
        return date_at(value, at)
    moment = _moment(value)
    if moment is None:
        raise Fault(f"{at}: {value!r} is not a moment. Write it as 2026-07-14T09:30:00+02:00.")
    if moment.tzinfo is None:
        raise Fault(f"{at}: {value!r} has no zone. Write it as 2026-07-14T09:30:00+02:00.")
    return moment


# A case tells few days, each of them with many facts.
@lru_cache(maxsize=1024)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(DAY, text) else None
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if re.fullmatch(f"{_CLOCK}{_ZONE}?", text) else None
    except ValueError:
        return None


def one_of(value: Any, at: str, kind: Any) -> Any:
    if value not in list(kind):
        raise Fault(f"{at}: {value!r} is not one of {', '.join(kind)}. Choose one.")
    return kind(value)


def number_at(value: Any, at: str) -> Decimal | None:
    if value is None:
        return None
    is_figure = not isinstance(value, bool | list | dict) and (
        not isinstance(value, str) or re.fullmatch(FIGURE, value)
    )
    number = Decimal(str(value)) if is_figure else None
    if number is None or not number.is_finite():
        raise Fault(f"{at}: {value!r} is not a number. Leave it out when it is not known.")
    return number


def whole_at(value: Any, at: str) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Fault(f"{at}: {value!r} is not a whole number. Leave it out when it is not known.")


def days_at(value: Any, at: str) -> int | None:
    """Whole days, as many as fit into a life."""
    days = whole_at(value, at)
    if days is not None and not 0 <= days <= LONGEST_DAYS:
        raise Fault(f"{at}: {days} days is impossible. Correct it, or leave it out when it is not known.")
    return days


def text_at(value: Any, at: str) -> str:
    """Words; none where the field is absent or null. Anything else is a slip, never taken for what it looks like."""
    if value is None or isinstance(value, str):
        return (value or "").strip()
    raise Fault(f"{at}: {value!r} is not text. Leave it out when it is not known.")


def flag_at(value: Any, at: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise Fault(f"{at}: {value!r} is not true, false or null.")


def not_below_zero(value: Any, at: str) -> Decimal | None:
    number = number_at(value, at)
    if number is not None and number < 0:
        raise Fault(f"{at}: {value!r} is below zero. Correct it, or leave it out when it is not known.")
    return number


# --- the same as a JSON schema ---

NUMBER = {"type": ["number", "string", "null"], "pattern": f"^{FIGURE}$"}
NOT_BELOW_ZERO = {"type": ["number", "string", "null"], "pattern": f"^{FIGURE.removeprefix('-?')}$", "minimum": 0}
DAYS = {"type": ["integer", "null"], "minimum": 0, "maximum": LONGEST_DAYS}
DATE = {"type": "string", "format": "date", "pattern": f"^{DAY}$"}
TEXT = {"type": ["string", "null"]}
FLAG = {"type": ["boolean", "null"]}
NAME = {"type": "string", "pattern": "\\S"}
MOMENT = {
    "type": "string",
    "pattern": f"^({DAY}|{_CLOCK}{_ZONE})$",
    "description": "2026-07-14, or 2026-07-14T09:30:00+02:00",
}


def or_null(form: Mapping[str, Any]) -> dict[str, Any]:
    return {**form, "type": [form["type"], "null"]}


def record_schema(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def list_schema(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "array", "items": record_schema(properties, required)}
