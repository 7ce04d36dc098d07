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


def clock_of(fact: Fact, at: datetime) -> str:
    """When it was found, on the clock of now."""
    return f"{time_of(fact).astimezone(at.tzinfo):%H:%M}"


def to_come(moment: datetime, at: datetime) -> str:
    """With its seconds where they alone are still to come: a minute that is now says nothing."""
    local = moment.astimezone(at.tzinfo)
    is_now = moment > at and local.replace(second=0, microsecond=0) <= at
    return f"{local:%H:%M:%S}" if is_now else f"{local:%H:%M}"
