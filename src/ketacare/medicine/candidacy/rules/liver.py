"""Child-Pugh: points of five findings, and the class of their sum (RUL-17)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from ketacare.medicine.candidacy.terms import ChildPughLines
from ketacare.medicine.evidence.rules.facts import as_of
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
    """The class worked out where all five are in date and nobody has recorded it; as old as the oldest of them."""
    if facts.all(_CLASS) or not all(facts.all(name) for name in lines.findings):
        return ()
    known = as_of(facts, at)
    told = {name: known.standing(name).current(lines.valid_days, None, at) for name in lines.findings}
    there = {name: fact for name, fact in told.items() if isinstance(fact, Fact)}
    if len(there) < len(told):
        return ()
    oldest = max(there, key=lambda name: known.standing(name).as_used(there[name])[0].age_days or 0)
    found = child_pugh({name: fact.value for name, fact in there.items()}, lines)
    return (Fact(_CLASS, found, None, there[oldest].known_at, f"worked out from {', '.join(lines.findings)}"),)
