"""What a clearance was given for, and what has been found since that it was not about.

Nobody clears what is not known yet: a letter about a stable disease says nothing of an unstable one, nor one of 2025 of
a drug screen of today. What has been told again in the same words, or has become milder, leaves it as it is.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

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
    tests = (*knowledge.workup.findings, *knowledge.risk.criteria)
    return [
        day
        for criterion in _criteria(clearance.criterion, knowledge)
        for fact, leaf, plain in _deciding(criterion, case)
        if (day := _new_day(fact, leaf if plain else None, clearance, case, criterion in tests)) is not None
    ]


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
    name: str, leaf: Compare | Within | None, clearance: Clearance, case: Case, of_a_test: bool
) -> date | None:
    """When it was found after the clearance, where it says more than it said then; a test or a danger that was found
    since always does."""
    then: dict[str, Fact] = {}
    since: list[tuple[date, Fact]] = []
    known = [(day_of(fact.known_at, case.at), fact) for fact in case.facts.all(name) if fact.known_at is not None]
    for day, fact in sorted(known, key=lambda pair: pair[0]):
        if day > clearance.given_on:
            since.append((day, fact))
        else:
            then[fact.source] = fact
    said = [fact.value for fact in then.values()]
    new = [day for day, fact in since if of_a_test or _event_since(fact, clearance) or _says_more(fact, said, leaf)]
    return max(new, default=None)


def _event_since(fact: Fact, clearance: Clearance) -> bool:
    return isinstance(fact.value, date) and clearance.given_on < fact.value


def _says_more(fact: Fact, said: list[FactValue], leaf: Compare | Within | None) -> bool:
    """Of numbers, what lies farther beyond the line; of words, other ones; an event has its own day. Where nothing was
    on record at the time, whoever gave it knew it from elsewhere."""
    if not said or isinstance(fact.value, date):
        return False
    numbers = [value for value in said if isinstance(value, Decimal)]
    if isinstance(leaf, Compare) and isinstance(fact.value, Decimal) and numbers:
        if leaf.comparison in _ABOVE:
            return fact.value > max(numbers)
        if leaf.comparison in _BELOW:
            return fact.value < min(numbers)
    return fact.value not in said
