"""A criterion told in the words of its sheet, with the dates and waits that follow from the facts.

A sheet may write `{until}` for the last day on which a dated event counts, and `{wait}` for how long it is until enough
hours have passed.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from ketacare.medicine.candidacy.terms import WORKED_OUT
from ketacare.medicine.evidence.rules import day_of
from ketacare.medicine.evidence.terms import (
    EVER,
    Compare,
    Comparison,
    Condition,
    Criterion,
    FactUsed,
    Not,
    Result,
    Within,
)

_MINUTES = 60


def met(criterion: Criterion, facts: Sequence[FactUsed], at: date | datetime) -> str:
    told = criterion.words.get(Result.MET, criterion.title)
    return told.format(**_reckoned(criterion, facts, at)) if "{" in told else told


def by_route(parts: Sequence[tuple[Criterion, Sequence[FactUsed]]], at: date | datetime) -> str:
    """While the route is open: what holds by each, and on whose word."""
    told: dict[tuple[str, ...], str] = {}
    for criterion, facts in parts:
        told.setdefault(criterion.routes, f"by {routes(criterion.routes)}: {met(criterion, facts, at)}")
    return ". ".join(f"{words[0].upper()}{words[1:]}" for words in told.values())


def routes(named: Sequence[str]) -> str:
    *before, last = named
    return f"{', '.join(before)} or {last}" if before else last


def unknown(criterion: Criterion, why: Sequence[str]) -> str:
    told = criterion.words.get(Result.UNKNOWN, f"{criterion.title}: unknown")
    return f"{told} ({'; '.join(why)})"


def asked(why: str) -> str:
    """What is worked out is asked for by what it comes from."""
    name, told = why.split(": ", 1)
    return f"{WORKED_OUT[name]}: not all known" if name in WORKED_OUT else f"{name}: {told}"


def not_met(criterion: Criterion) -> str:
    return criterion.words.get(Result.NOT_MET, f"{criterion.title}: not met")


# --- what follows from the facts ------------------------------------------------------------------------------------


def _reckoned(criterion: Criterion, facts: Sequence[FactUsed], at: date | datetime) -> dict[str, str]:
    found: dict[str, str] = {}
    for leaf in _leaves(criterion.condition):
        for fact in facts:
            if fact.name == leaf.fact:
                found |= _dated(leaf, fact, at) if isinstance(leaf, Within) else _awaited(leaf, fact)
    return found


def _leaves(condition: Condition) -> Iterator[Compare | Within]:
    if isinstance(condition, (Compare, Within)):
        yield condition
    elif isinstance(condition, Not):
        yield from _leaves(condition.part)
    else:
        for part in condition.parts:
            yield from _leaves(part)


def _dated(leaf: Within, fact: FactUsed, at: date | datetime) -> dict[str, str]:
    if not isinstance(fact.value, date) or leaf.days == EVER:
        return {}
    until = day_of(fact.value, at) + timedelta(days=leaf.days)
    return {"until": f"{until:%d-%b-%Y}"}


def _awaited(leaf: Compare, fact: FactUsed) -> dict[str, str]:
    if leaf.comparison is not Comparison.UNDER or not isinstance(leaf.value, Decimal):
        return {}
    if not isinstance(fact.value, Decimal) or leaf.unit != "h":
        return {}
    minutes = int(((leaf.value - fact.value) * _MINUTES).to_integral_value(ROUND_CEILING))
    hours, rest = divmod(minutes, _MINUTES)
    return {"wait": " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest else "")))}
