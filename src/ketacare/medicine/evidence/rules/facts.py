"""Which recorded fact may be relied on now, and in plain words why not.

Ages are counted in calendar days of the zone that `at` carries: hand in the clinic's own zone. Where a rule counts
hours, a fact or a judgement that knows only its day is taken at its oldest: it counts only where that is surely enough.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import TypeVar

from msgspec import Struct

from ketacare.medicine.evidence.terms import Fact, Facts, FactUsed

T = TypeVar("T")

AHEAD = -1  # the age of what lies ahead: of a later day, or of a later hour of the same


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
    fact = as_of(facts, at).standing(name).current(valid_days, valid_hours, at)
    if isinstance(fact, LookupError):
        raise fact
    return fact


def standing(facts: Iterable[Fact], at: datetime | date) -> tuple[Fact, ...]:
    """The newest word of every source up to `at`, counting from the newest ruling if a person made one."""
    known = tuple([fact for fact in facts if not _future(fact, at)])
    if len(known) < 2:
        return known
    past = _from_ruling(sorted(known, key=_moment))
    newest = {fact.source: _moment(fact) for fact in past}
    last = next((_moment(fact) for fact in reversed(past) if fact.settles), None)
    return tuple(
        fact for fact in past if _moment(fact) == newest[fact.source] or (fact.settles and newest[fact.source] == last)
    )


def _from_ruling(past: list[Fact]) -> list[Fact]:
    """The newest ruling, with every other that may be as new, and what was told after it: in whatever order they were
    told, two rulings of one moment, or of one day whose hour one of them does not know, stand side by side."""
    rulings = [fact for fact in past if fact.settles]
    if not rulings:
        return past
    last = _moment(rulings[-1])
    newest = [one for one in rulings if _moment(one) == last or (_moment(one)[0] == last[0] and not _moment(one)[1])]
    return newest + [fact for fact in past if _moment(fact) > last]


def unsaid(
    recorded: Iterable[Fact], is_finding: Callable[[Fact], bool], days: int, at: datetime | date, counts_days: int = 0
) -> list[Fact]:
    """Findings of the last `days` that a newer no would undo, as new as that no: the two stand side by side until
    somebody rules. A no of the same source would take its place; one of another source stands alone once the finding
    is older than `counts_days`. An earlier day is such a no: a last event comes no earlier without a correction."""
    past = sorted((fact for fact in recorded if not _future(fact, at)), key=_moment)
    by_source: dict[str, list[Fact]] = {}
    for fact in _from_ruling(past):
        by_source.setdefault(fact.source, []).append(fact)
    found = []
    for source, said in by_source.items():
        findings = [one for one in said if is_finding(one) and (age_days(one, at) or 0) <= days]
        if not findings:
            continue
        one = max(reversed(findings), key=_event_day)
        is_old = (age_days(one, at) or 0) > counts_days
        others = [told for name, told in by_source.items() if name == source or is_old]
        undoing = [told[-1] for told in others if _undoes(told, one, is_finding)]
        if undoing:
            day = "" if one.known_at is None else f", {day_of(one.known_at, at):%d-%b-%Y}"
            found.append(Fact(one.name, one.value, one.unit, max(undoing, key=_moment).known_at, f"{source}{day}"))
    return [fact for fact in found if fact not in past]


def _undoes(told: list[Fact], one: Fact, is_finding: Callable[[Fact], bool]) -> bool:
    """Is the newest word of a source a later no to this finding, with nothing said beside it that bears it out?"""
    newest = told[-1]
    if newest is one or not (is_none_of_it(newest) or _event_day(newest) < _event_day(one)):
        return False
    if newest.source != one.source and _moment(newest) <= _moment(one):
        return False
    stand = [fact for fact in told if _moment(fact) == _moment(newest)]
    return not any(is_finding(it) and _event_day(it) >= _event_day(one) for it in stand)


def _event_day(fact: Fact) -> date:
    """When it was, of what is told by a day; of the rest all are alike."""
    return fact.value if isinstance(fact.value, date) else date.min


def is_none_of_it(fact: Fact) -> bool:
    return fact.value is False or fact.value in ("none", "negative")


def _moment(fact: Fact) -> tuple[date, str]:
    if isinstance(fact.known_at, datetime):
        moment = fact.known_at.astimezone(UTC)
        return moment.date(), moment.isoformat()
    return fact.known_at or date.min, ""


def _future(fact: Fact, at: datetime | date) -> bool:
    known_at = fact.known_at
    if known_at is None:
        return False
    if isinstance(known_at, datetime) and isinstance(at, datetime):
        return known_at > at
    return day_of(known_at, at) > day_of(at, at)


# --- as of one moment -----------------------------------------------------------------------------------------------


class Standing(Struct, frozen=True, gc=False):
    """What stands under one name; `used` tells the same facts with their ages, in the same places.

    `alone` is the one fact where there is only one, and `age_days` its age: the common case is asked for most.
    """

    name: str
    recorded: bool
    facts: tuple[Fact, ...]
    used: tuple[FactUsed, ...]
    alone: Fact | None = None
    age_days: int | None = None

    def current(self, valid_days: int | None, valid_hours: int | None, at: datetime | date) -> Fact | LookupError:
        """The one fact that may be relied on, or why there is none."""
        if self.alone is not None and self.in_days(valid_days, valid_hours):
            return self.alone
        if not self.facts:
            return LookupError(f"{self.name}: {'dated in the future' if self.recorded else 'not recorded'}")
        fresh = self._fresh(valid_days, valid_hours, at)
        if not fresh:
            return LookupError(f"{self.name}: {_stale_words(self, valid_days, valid_hours, at)}")
        # What has no day is relied on for nothing, and still contradicts: it may be as new as the others.
        told = (*(fact for fact in self.facts if fact.known_at is None and fact not in fresh), *fresh)
        if len({(type(fact.value), fact.value) for fact in told}) > 1:
            sources = ", ".join(in_order(fact.source for fact in told))
            return FactsDisagree(f"{self.name}: records disagree ({sources})")
        return fresh[-1]

    def in_days(self, valid_days: int | None, valid_hours: int | None) -> bool:
        """Does the fact that stands alone count, as far as days tell?"""
        if valid_hours is not None:
            return False
        return valid_days is None or (self.age_days is not None and self.age_days <= valid_days)

    def _fresh(self, valid_days: int | None, valid_hours: int | None, at: datetime | date) -> tuple[Fact, ...]:
        if valid_hours is not None:
            limit = timedelta(hours=valid_hours)
            return tuple(fact for fact in self.facts if fact.known_at and _oldest(fact.known_at, at) <= limit)
        if valid_days is None:
            return self.facts
        pairs = zip(self.facts, self.used, strict=True)
        return tuple([f for f, told in pairs if told.age_days is not None and told.age_days <= valid_days])

    def within(self, days: int) -> list[Fact]:
        """Every fact that stands and is not known to be older."""
        pairs = zip(self.facts, self.used, strict=True)
        return [fact for fact, told in pairs if told.age_days is None or told.age_days <= days]

    def as_used(self, fact: Fact) -> tuple[FactUsed, ...]:
        return self.used if self.alone is not None else (self.used[self.facts.index(fact)],)


class _Ages(dict[date | None, int | None]):
    """How many days ago a moment lies, or `AHEAD`; None for what has no date. Hundreds of facts share a few moments."""

    def __init__(self, at: datetime | date) -> None:
        super().__init__({None: None})
        self.at = at
        self.today = day_of(at, at)

    def __missing__(self, known_at: date) -> int:
        is_moment = isinstance(known_at, datetime)
        age = (self.today - day_of(known_at, self.at)).days
        if age < 0 or (age == 0 and is_moment and isinstance(self.at, datetime) and known_at > self.at):
            age = AHEAD
        if isinstance(self.at, datetime) or not is_moment:  # else equal moments fall on the days of their own zones
            self[known_at] = age
        return age


class _Standings(dict[str, Standing]):
    """What stands, by name; under a name that nobody has recorded nothing does."""

    def __missing__(self, name: str) -> Standing:
        stands = self[name] = Standing(name, False, (), ())
        return stands


class AsOf:
    """The facts as they stand at one moment: each name looked up once, each day counted once."""

    def __init__(self, facts: Facts, at: datetime | date) -> None:
        self.at = at
        if facts.before is None:
            self._ages, self.looked_up = _Ages(at), _Standings()
            self._look_up(facts.by_name)
        else:
            earlier = as_of(facts.before, at)
            self._ages, self.looked_up = earlier._ages, _Standings(earlier.looked_up)
            self._look_up({name: facts.all(name) for name in facts.added})
        self.today = self._ages.today

    def standing(self, name: str) -> Standing:
        return self.looked_up[name]

    def with_only(self, facts: Iterable[Fact]) -> "AsOf":
        """The same, as if of each of these names this one fact alone stood."""
        one = copy(self)
        one.looked_up = _Standings(self.looked_up)
        one.looked_up.update((fact.name, self._several(fact.name, (fact,))) for fact in facts)
        return one

    def told(self, name: str, valid_days: int | None = None) -> Fact | None:
        """The one fact that may be relied on, or None."""
        fact = self.looked_up[name].current(valid_days, None, self.at)
        return fact if isinstance(fact, Fact) else None

    def _look_up(self, recorded_by_name: Mapping[str, tuple[Fact, ...]]) -> None:
        """Nearly every name has one fact, which stands unless it lies ahead: told apart before anything is called."""
        looked_up, ages = self.looked_up, self._ages
        for name, recorded in recorded_by_name.items():
            fact = recorded[0]
            age = ages[fact.known_at]
            if len(recorded) > 1:
                looked_up[name] = self._several(name, in_order(standing(recorded, self.at)))
            elif age is not None and age == AHEAD:
                looked_up[name] = Standing(name, True, (), ())
            else:
                used = (FactUsed(name, fact.value, fact.unit, age, fact.source),)
                looked_up[name] = Standing(name, True, recorded, used, fact, age)

    def _several(self, name: str, facts: tuple[Fact, ...]) -> Standing:
        told = tuple([self.used(fact) for fact in facts])
        if len(facts) == 1:
            return Standing(name, True, facts, told, facts[0], told[0].age_days)
        return Standing(name, True, facts, told)

    def used(self, fact: Fact) -> FactUsed:
        """Of a fact that does not lie ahead."""
        return FactUsed(fact.name, fact.value, fact.unit, self._ages[fact.known_at], fact.source)

    def day_known(self, fact: Fact) -> date | None:
        """The day it was known, or None for one without a day, or of a later moment."""
        age = self._ages[fact.known_at]
        return None if age is None or age == AHEAD else self.today - timedelta(days=age)


def as_of(facts: Facts, at: datetime | date) -> AsOf:
    """Two moments of different zones may be equal and yet fall on different days: the zone is part of the question."""
    return facts.once((at, getattr(at, "tzinfo", None)), lambda: AsOf(facts, at))


def _oldest(known_at: datetime | date, at: datetime | date) -> timedelta:
    """How old it may be at most: a day without a time may have been its first minute, or for `at` its last."""
    zone = (at.tzinfo if isinstance(at, datetime) else None) or (
        known_at.tzinfo if isinstance(known_at, datetime) else UTC
    )
    known = known_at if isinstance(known_at, datetime) else datetime.combine(known_at, time.min, zone)
    judged = at if isinstance(at, datetime) else datetime.combine(at + timedelta(days=1), time.min, zone)
    return judged.astimezone(UTC) - known.astimezone(UTC)


def _stale_words(stands: Standing, valid_days: int | None, valid_hours: int | None, at: datetime | date) -> str:
    known_at, age = stands.facts[-1].known_at, stands.used[-1].age_days
    if known_at is None or age is None:
        return "recorded without a date"
    if valid_hours is not None:
        hours = ceil(_oldest(known_at, at) / timedelta(hours=1))
        about = "" if isinstance(known_at, datetime) and isinstance(at, datetime) else "up to "
        return f"{about}{hours} h old, counts for {valid_hours} h"
    limit = "counts only today" if valid_days == 0 else f"counts for {_days(valid_days or 0)}"
    return f"{_days(age)} old, {limit}"


def _days(number: int) -> str:
    return f"{number} {'day' if number == 1 else 'days'}"


def in_order(things: Iterable[T]) -> tuple[T, ...]:
    """Each once, in the order first seen."""
    return tuple(dict.fromkeys(things))
