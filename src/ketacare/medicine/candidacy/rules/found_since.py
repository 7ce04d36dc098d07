"""What a clearance was given for, and what has been found since that it was not about.

Nobody clears what is not known yet: a letter about a stable disease says nothing of an unstable one, one of 2025
nothing of a drug screen of today, and one about a head injury nothing of a raised pressure in the skull that nobody had
asked for. What has been told again in the same words, or has become milder, leaves it as it is.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

from msgspec.structs import replace

from ketacare.medicine.candidacy.terms import Case, Clearance, Knowledge
from ketacare.medicine.evidence.rules import day_of, reason_for
from ketacare.medicine.evidence.rules.settling import leaves
from ketacare.medicine.evidence.terms import (
    Compare,
    Comparison,
    Condition,
    Criterion,
    Effect,
    Fact,
    Facts,
    FactValue,
    Not,
    Result,
    Within,
)

_ABOVE = frozenset({Comparison.OVER, Comparison.AT_LEAST})
_BELOW = frozenset({Comparison.UNDER, Comparison.AT_MOST})


def given_for(clearance: Clearance, knowledge: Knowledge) -> Effect | None:
    """As it says itself; else the milder part of a row that has one which waits for a clearance."""
    if clearance.given_for is not None:
        return clearance.given_for
    parts = {criterion.effect for criterion in _criteria(clearance.criterion, knowledge)}
    return Effect.CLEAR if {Effect.CLEAR, Effect.STOP} <= parts else None


def found_since(clearance: Clearance, case: Case, knowledge: Knowledge) -> list[date]:
    """The days after the clearance on which something was found that decides its row and that it was not about."""
    tests, rows = (*knowledge.workup.findings, *knowledge.risk.criteria), _criteria(clearance.criterion, knowledge)
    met = cache(lambda: _was_met(rows, clearance, case, knowledge.workup.admission))
    return [
        day
        for criterion in rows
        for fact, leaf, plain in _deciding(criterion, case)
        if (day := _new_day(fact, leaf if plain else None, clearance, case, criterion in tests, met)) is not None
        and fact != knowledge.workup.admission
    ]


def _was_met(rows: Iterable[Criterion], clearance: Clearance, case: Case, admission: str) -> bool:
    """On the day of the clearance, by what was on record then: it was given for that. Which dose of a series it is says
    only how old a test may be."""
    at = case.at - timedelta(days=(day_of(case.at, case.at) - clearance.given_on).days)
    known = [one for one in case.facts if one.known_at and day_of(one.known_at, case.at) <= clearance.given_on]
    then = Facts([*known, *(replace(one, known_at=at) for one in case.facts.all(admission))])
    weighed = [row for row in rows if row.effect in (Effect.STOP, Effect.CLEAR)]
    return any(reason_for(row, then, at).result is Result.MET for row in weighed)


def _criteria(name: str, knowledge: Knowledge) -> list[Criterion]:
    sheets = (knowledge.contraindications, knowledge.indications, knowledge.pressure)
    rows = [*(row for sheet in sheets for row in sheet.criteria), *knowledge.workup.findings, *knowledge.risk.criteria]
    return [row for row in rows if row.id == name]


def _deciding(criterion: Criterion, case: Case) -> Iterator[tuple[str, Compare | Within, bool]]:
    """The facts by which it is met, each with its line, and whether the line stands as written and not turned round."""
    reason = reason_for(criterion, case.facts, case.at)
    if reason.result is not Result.MET:
        return
    decided = {fact.name for fact in reason.facts}
    plain = not _turned(criterion.condition)
    yield from ((leaf.fact, leaf, plain) for leaf in leaves(criterion.condition) if leaf.fact in decided)


def _turned(condition: Condition) -> bool:
    if isinstance(condition, (Compare, Within)):
        return False
    return isinstance(condition, Not) or any(_turned(part) for part in condition.parts)


def _new_day(
    name: str,
    leaf: Compare | Within | None,
    clearance: Clearance,
    case: Case,
    of_a_test: bool,
    was_met: Callable[[], bool],
) -> date | None:
    """When it was found after the clearance, where it says more than it said then; a test or a danger that was found
    since always does, and so does what nobody had told where another fact had met the row. Where no fact had, whoever
    gave the clearance knew it from elsewhere."""
    then: dict[str, Fact] = {}
    since: list[tuple[date, Fact]] = []
    known = [(day_of(fact.known_at, case.at), fact) for fact in case.facts.all(name) if fact.known_at is not None]
    for day, fact in sorted(known, key=lambda pair: pair[0]):
        if day > clearance.given_on:
            since.append((day, fact))
        else:
            then[fact.source] = fact
    said = [fact.value for fact in then.values()]
    always = of_a_test or (bool(since) and not said and was_met())
    new = [day for day, fact in since if always or _event_since(fact, clearance) or _says_more(fact, said, leaf)]
    return max(new, default=None)


def _event_since(fact: Fact, clearance: Clearance) -> bool:
    return isinstance(fact.value, date) and clearance.given_on < fact.value


def _says_more(fact: Fact, said: list[FactValue], leaf: Compare | Within | None) -> bool:
    """Of numbers, what lies farther beyond the line; of words, other ones; an event has its own day."""
    if not said or isinstance(fact.value, date):
        return False
    numbers = [value for value in said if isinstance(value, Decimal)]
    if isinstance(leaf, Compare) and isinstance(fact.value, Decimal) and numbers:
        if leaf.comparison in _ABOVE:
            return fact.value > max(numbers)
        if leaf.comparison in _BELOW:
            return fact.value < min(numbers)
    return fact.value not in said
