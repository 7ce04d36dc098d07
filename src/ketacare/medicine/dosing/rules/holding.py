"""What the value of a fact says, for the criteria of going home."""

from decimal import Decimal

from ketacare.medicine.evidence.terms import FactValue


def number(value: FactValue) -> Decimal:
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is not a number.")
    return value


def yes(value: FactValue) -> bool:
    return value is True


def no(value: FactValue) -> bool:
    return value is False


def named(value: FactValue) -> bool:
    return bool(value) and value is not True
