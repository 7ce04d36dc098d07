"""Reading one field of a JSON document: the value, or a fault that names the field, the rule and the remedy."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

# No length of time that somebody tells is longer.
LONGEST_DAYS = 120 * 366


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
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise Fault(f"{at}: {value!r} is not a date. Write it as 2026-07-14.")


def one_of(value: Any, at: str, kind: Any) -> Any:
    if value not in list(kind):
        raise Fault(f"{at}: {value!r} is not one of {', '.join(kind)}. Choose one.")
    return kind(value)


def number_at(value: Any, at: str) -> Decimal | None:
    if value is None:
        return None
    try:
        number = None if isinstance(value, bool | list | dict) else Decimal(str(value))
    except InvalidOperation:
        number = None
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

NUMBER = {"type": ["number", "string", "null"]}
WHOLE = {"type": ["integer", "null"]}
DATE = {"type": "string", "format": "date"}


def record_schema(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def list_schema(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "array", "items": record_schema(properties, required)}
