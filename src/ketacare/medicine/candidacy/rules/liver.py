"""Child-Pugh: points of five findings, and the class of their sum (RUL-17)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from ketacare.medicine.candidacy.terms import ChildPughLines
from ketacare.medicine.evidence.rules.facts import Standing, as_of
from ketacare.medicine.evidence.terms import Fact, Facts, FactValue

_CLASS = "child_pugh"


def points(findings: Mapping[str, FactValue], lines: ChildPughLines) -> int:
    """The sum; every finding must be there, in the units of the sheet."""
    places = [_place(findings[name], *pair) for name, pair in lines.rising.items()]
    places += [2 - _place(findings[name], *reversed(pair)) for name, pair in lines.falling.items()]
    places += [grades.index(str(findings[name])) for name, grades in lines.graded.items()]
    return sum(lines.points[place] for place in places)


def _place(value: FactValue, low: Decimal, high: Decimal) -> int:
    """0 below the lower line, 2 above the upper, 1 between and on them."""
    number = Decimal(str(value))
    return 0 if number < low else 2 if number > high else 1


def child_pugh(findings: Mapping[str, FactValue], lines: ChildPughLines) -> str:
    """A, B or C."""
    total = points(findings, lines)
    return next(name for name, (_, most) in lines.classes.items() if total <= most)


def child_pugh_fact(facts: Facts, lines: ChildPughLines, at: date | datetime) -> tuple[Fact, ...]:
    """The class worked out where all five are in date, as old as the oldest of them. Beside a class that is recorded it
    stands only where it is worse, and nobody has ruled on it since: then the two contradict each other."""
    if not all(facts.all(name) for name in lines.findings):
        return ()
    known = as_of(facts, at)
    told = {name: known.standing(name).current(lines.valid_days, None, at) for name in lines.findings}
    there = {name: fact for name, fact in told.items() if isinstance(fact, Fact)}
    if len(there) < len(told):
        return ()
    ages = {name: known.standing(name).as_used(fact)[0].age_days or 0 for name, fact in there.items()}
    found = child_pugh({name: fact.value for name, fact in there.items()}, lines)
    if _is_answered(found, known.standing(_CLASS), min(ages.values())):
        return ()
    oldest = there[max(ages, key=lambda name: ages[name])]
    return (Fact(_CLASS, found, None, oldest.known_at, f"worked out from {', '.join(lines.findings)}"),)


def _is_answered(found: str, said: Standing, newest: int) -> bool:
    """Does a class on record say it already: one as bad, or a ruling as new as the newest finding?"""
    if any(fact.settles and (told.age_days or 0) <= newest for fact, told in zip(said.facts, said.used, strict=True)):
        return True
    return bool(said.facts) and not any(_is_worse(found, str(fact.value)) for fact in said.facts)


def _is_worse(found: str, said: str) -> bool:
    """A, B, C in this order; of somebody without liver disease (none) only B and C are."""
    return found > (said if said in "ABC" else "A")
