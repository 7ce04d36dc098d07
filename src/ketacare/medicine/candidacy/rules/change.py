"""What would change the answer: for each reason that holds back, when it ends by itself and which fact would lift it.

A reason ends by itself where it rests on how long ago an event was: the first day on which the same facts, asked again
and found unchanged, no longer meet it. A fact lifts a reason where it alone, being otherwise, would leave it not met.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from ketacare.medicine.candidacy.terms import Case, Change, Knowledge, Lift
from ketacare.medicine.candidacy.terms.knowledge import applies
from ketacare.medicine.evidence.rules import day_of, evaluate, leaves
from ketacare.medicine.evidence.terms import (
    EVER,
    Compare,
    Comparison,
    Condition,
    Criterion,
    Decision,
    Fact,
    Facts,
    FactValue,
    Reason,
    Result,
    Within,
)

_JUST = Decimal("0.0001")
# The value beside a line from which the line no longer holds, and how people say it.
_BESIDE = {
    Comparison.OVER: (Decimal(0), "at most"),
    Comparison.AT_LEAST: (-_JUST, "under"),
    Comparison.UNDER: (Decimal(0), "at least"),
    Comparison.AT_MOST: (_JUST, "over"),
}


def changes(decision: Decision, case: Case, knowledge: Knowledge) -> tuple[Change, ...]:
    """For every reason that is met and holds back: what would lift it, in the order they weigh."""
    held = [reason for reason in decision.deciding if reason.result is Result.MET]
    found = [(reason, _outcome(reason, case, knowledge)) for reason in held]
    return tuple(_change(reason, row, case) for reason, row in found if row is not None)


def _outcome(reason: Reason, case: Case, knowledge: Knowledge) -> Criterion | None:
    """Of the outcomes of its row, the one that is met by this route; None where it stands in no sheet of criteria."""
    rows = (
        row
        for row in knowledge.criteria.criteria
        if (row.id, row.effect) == (reason.criterion, reason.effect)
        and applies(row.stage, row.routes, case.stage, case.route)
    )
    return next((row for row in rows if evaluate(row.condition, case.facts, case.at).result is Result.MET), None)


def _change(reason: Reason, row: Criterion, case: Case) -> Change:
    names = tuple(dict.fromkeys(fact.name for fact in reason.facts))
    lifts = (_lift(name, row, case) for name in names)
    return Change(reason.criterion, _ends_on(row, case), tuple(lift for lift in lifts if lift is not None))


def _ends_on(row: Criterion, case: Case) -> date | None:
    """The first day on which no event is recent enough any more, all else as it is."""
    today = day_of(case.at, case.at)
    ends = {
        day_of(fact.value, case.at) + timedelta(days=leaf.days + 1)
        for leaf in leaves(row.condition)
        if isinstance(leaf, Within) and leaf.days != EVER
        for fact in case.facts.all(leaf.fact)
        if isinstance(fact.value, date)
    }
    later = sorted(day for day in ends if day > today)
    return next((day for day in later if _lifted(row, _asked_again(case.facts, day), day)), None)


def _asked_again(facts: Facts, on: date) -> Facts:
    return Facts([replace(fact, known_at=on) for fact in facts])


def _lifted(row: Criterion, facts: Facts, on: date) -> bool:
    return evaluate(row.condition, facts, on).result is Result.NOT_MET


def _lift(name: str, row: Criterion, case: Case) -> Lift | None:
    """What this fact would have to be for the row not to be met; None where it alone changes nothing."""
    today = day_of(case.at, case.at)
    others = [fact for fact in _asked_again(case.facts, today) if fact.name != name]
    for value, unit, words in _otherwise(name, row.condition):
        if _lifted(row, Facts([*others, Fact(name, value, unit, today, "supposed")]), today):
            return Lift(name, words)
    return None


def _otherwise(name: str, condition: Condition) -> Iterator[tuple[FactValue, str | None, str]]:
    """Values beside every line that the row draws through this fact, with their words; plain no first."""
    for leaf in leaves(condition):
        if leaf.fact != name:
            continue
        if isinstance(leaf, Within):
            yield False, None, "no"
        elif isinstance(leaf.value, bool):
            yield from ((value, None, "yes" if value else "no") for value in (False, True))
        elif isinstance(leaf.value, Decimal):
            yield from _beside(leaf, leaf.value)
        else:
            yield from _choices(leaf)


def _beside(leaf: Compare, line: Decimal) -> Iterable[tuple[FactValue, str | None, str]]:
    if leaf.comparison in _BESIDE:
        step, words = _BESIDE[leaf.comparison]
        unit = "" if leaf.unit in (None, "1") else f" {leaf.unit}"
        yield line + step, leaf.unit, f"{words} {line:f}{unit}"


def _choices(leaf: Compare) -> Iterable[tuple[FactValue, str | None, str]]:
    """What the row names, and anything it does not name."""
    named = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    yield "", leaf.unit, f"other than {' or '.join(str(choice) for choice in named)}"
    yield from ((choice, leaf.unit, str(choice)) for choice in named)
