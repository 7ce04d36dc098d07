"""What the value of a fact says, for the criteria of going home."""

from datetime import datetime
from decimal import Decimal

from ketacare.medicine.evidence.terms import Fact, FactValue


def time_of(fact: Fact) -> datetime:
    """The moment of a fact known to carry one."""
    if not isinstance(fact.known_at, datetime):
        raise TypeError(f"{fact.name}: a reading needs its time.")
    return fact.known_at


def in_words(fact: Fact) -> str:
    if isinstance(fact.value, bool):
        return "yes" if fact.value else "no"
    return f"{fact.value.normalize():f}" if isinstance(fact.value, Decimal) else str(fact.value)


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
