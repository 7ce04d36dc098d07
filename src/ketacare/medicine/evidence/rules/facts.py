"""Which recorded fact may be relied on now, and in plain words why not.

Ages are counted in calendar days of the zone that `at` carries: hand in the clinic's own zone. Where a rule counts
hours, a fact or a judgement that knows only its day is taken at its oldest: it counts only where that is surely enough.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import TypeVar

from ketacare.medicine.evidence.terms import Fact, Facts, FactUsed

T = TypeVar("T")


class FactsDisagree(LookupError):
    """Two records say different things and nobody has ruled yet."""


def day_of(moment: datetime | date, at: datetime | date) -> date:
    """The calendar day of `moment` as the clinic at `at` would call it."""
    if not isinstance(moment, datetime):
        return moment
    return moment.astimezone(at.tzinfo).date() if isinstance(at, datetime) else moment.date()


def age_days(fact: Fact, at: datetime | date) -> int | None:
    if fact.known_at is None:
        return None
    return (day_of(at, at) - day_of(fact.known_at, at)).days


def used(fact: Fact, at: datetime | date) -> FactUsed:
    return FactUsed(fact.name, fact.value, fact.unit, age_days(fact, at), fact.source)


def current(
    facts: Facts, name: str, valid_days: int | None, at: datetime | date, *, valid_hours: int | None = None
) -> Fact:
    """The one fact that may be relied on, or LookupError saying in plain words why there is none."""
    recorded = facts.all(name)
    if not recorded:
        raise LookupError(f"{name}: not recorded")
    known = standing(recorded, at)
    if not known:
        raise LookupError(f"{name}: dated in the future")
    fresh = [fact for fact in known if _fresh(fact, valid_days, valid_hours, at)]
    if not fresh:
        raise LookupError(f"{name}: {_stale_words(known[-1], valid_days, valid_hours, at)}")
    if len(fresh) > 1 and len({(type(fact.value), fact.value) for fact in fresh}) > 1:
        raise FactsDisagree(f"{name}: records disagree ({', '.join(in_order(fact.source for fact in fresh))})")
    return fresh[-1]


def standing(facts: Iterable[Fact], at: datetime | date) -> tuple[Fact, ...]:
    """The newest word of every source up to `at`, counting from the newest ruling if a person made one."""
    known = [fact for fact in facts if not _future(fact, at)]
    if len(known) < 2:
        return tuple(known)
    past = sorted(known, key=_moment)
    rulings = [place for place, fact in enumerate(past) if fact.settles]
    past = past[rulings[-1] if rulings else 0 :]
    newest = {fact.source: _moment(fact) for fact in past}
    return tuple(fact for fact in past if _moment(fact) == newest[fact.source])


def _moment(fact: Fact) -> tuple[date, str]:
    if isinstance(fact.known_at, datetime):
        moment = fact.known_at.astimezone(UTC)
        return moment.date(), moment.isoformat()
    return fact.known_at or date.min, ""


def _future(fact: Fact, at: datetime | date) -> bool:
    if isinstance(fact.known_at, datetime) and isinstance(at, datetime):
        return fact.known_at > at
    age = age_days(fact, at)
    return age is not None and age < 0


def _fresh(fact: Fact, valid_days: int | None, valid_hours: int | None, at: datetime | date) -> bool:
    if valid_hours is not None:
        oldest = _oldest(fact, at)
        return oldest is not None and oldest <= timedelta(hours=valid_hours)
    if valid_days is None:
        return True
    age = age_days(fact, at)
    return age is not None and age <= valid_days


def _oldest(fact: Fact, at: datetime | date) -> timedelta | None:
    """How old the fact may be at most: a day without a time may have been its first minute, or for `at` its last."""
    if fact.known_at is None:
        return None
    zone = at.tzinfo if isinstance(at, datetime) else None
    if isinstance(fact.known_at, datetime):
        zone = zone or fact.known_at.tzinfo
        known = fact.known_at
    else:
        zone = zone or UTC
        known = datetime.combine(fact.known_at, time.min, zone)
    judged = at if isinstance(at, datetime) else datetime.combine(at + timedelta(days=1), time.min, zone)
    return judged.astimezone(UTC) - known.astimezone(UTC)


def _stale_words(fact: Fact, valid_days: int | None, valid_hours: int | None, at: datetime | date) -> str:
    if fact.known_at is None:
        return "recorded without a date"
    if valid_hours is not None:
        oldest = _oldest(fact, at)
        assert oldest is not None  # it has a date
        hours = ceil(oldest / timedelta(hours=1))
        about = "" if isinstance(fact.known_at, datetime) and isinstance(at, datetime) else "up to "
        return f"{about}{hours} h old, counts for {valid_hours} h"
    limit = "counts only today" if valid_days == 0 else f"counts for {_days(valid_days or 0)}"
    return f"{_days(age_days(fact, at) or 0)} old, {limit}"


def _days(number: int) -> str:
    return f"{number} {'day' if number == 1 else 'days'}"


def in_order(things: Iterable[T]) -> tuple[T, ...]:
    """Each once, in the order first seen."""
    return tuple(dict.fromkeys(things))
