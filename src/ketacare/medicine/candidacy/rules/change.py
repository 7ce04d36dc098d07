"""What would change the answer: for each reason that holds back, when it ends by itself and which fact would lift it.

A reason ends by itself where it rests on how long ago an event was: the first day on which the same facts, asked again
and found unchanged, no longer meet it. A fact lifts a reason where it alone, being otherwise, would leave it not met.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from msgspec import structs

from ketacare.medicine.candidacy.rules.criteria import judged
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.terms import Case, Change, Knowledge, Lift, Row
from ketacare.medicine.evidence.rules import day_of, leaves
from ketacare.medicine.evidence.rules.facts import as_of
from ketacare.medicine.evidence.terms import (
    EVER,
    Compare,
    Comparison,
    Decision,
    Effect,
    Fact,
    Facts,
    FactValue,
    Reason,
    Result,
    Within,
)

_SEVERITY = list(Effect)
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
    rows = {row.id: row for row in _rows(case, knowledge)}
    whole = with_derived(case, knowledge)
    held = [reason for reason in decision.deciding if reason.result is Result.MET and reason.criterion in rows]
    given = frozenset(name for name, kind in knowledge.facts.items() if kind.told_by == "plan")
    return tuple(_change(reason, rows[reason.criterion], whole, given) for reason in held)


def _rows(case: Case, knowledge: Knowledge) -> Iterator[Row]:
    """Every row of criteria that answers this question."""
    for sheet in (knowledge.contraindications, knowledge.indications, knowledge.pressure):
        yield from sheet.rows(case.stage, case.route)
    yield from (row for _, row in knowledge.workup.asked(case.stage, case.route) if row is not None)


def _change(reason: Reason, row: Row, case: Case, given: Collection[str]) -> Change:
    """What is given, as the diagnosis or the age, is not there to be changed."""
    names = tuple(dict.fromkeys(fact.name for fact in reason.facts if fact.name not in given))
    lifts = (_lift(name, reason, row, case) for name in names)
    return Change(reason.criterion, _ends_on(reason, row, case), tuple(lift for lift in lifts if lift is not None))


def _ends_on(reason: Reason, row: Row, case: Case) -> date | None:
    """The first day on which no event is recent enough any more, all else as it is."""
    today = day_of(case.at, case.at)
    ends = {
        day_of(fact.value, case.at) + timedelta(days=leaf.days + 1)
        for leaf in row_leaves(row)
        if isinstance(leaf, Within) and leaf.days != EVER
        for fact in case.facts.all(leaf.fact)
        if isinstance(fact.value, date)
    }
    later = sorted(day for day in ends if day > today)
    return next((day for day in later if _lifted(reason, row, _asked_again(case.facts, day), day, case)), None)


def _asked_again(facts: Facts, on: date) -> Facts:
    """Once for each day: every reason supposes the same of all that it does not read."""
    return facts.once(("asked again", on), lambda: Facts([structs.replace(fact, known_at=on) for fact in facts]))


def _lifted(reason: Reason, row: Row, facts: Facts, on: date, case: Case) -> bool:
    """Is the row not met then, or only by something milder?"""
    then = judged(row, as_of(facts, on), case.route)
    milder = _SEVERITY.index(then.effect) > _SEVERITY.index(reason.effect)
    return then.result is Result.NOT_MET or (then.result is Result.MET and milder)


def _lift(name: str, reason: Reason, row: Row, case: Case) -> Lift | None:
    """What this fact would have to be for the reason to lift; None where it alone changes nothing."""
    today = day_of(case.at, case.at)
    others = [fact for fact in _asked_again(case.facts, today) if fact.name != name]

    def lifts(value: FactValue, unit: str | None = None) -> bool:
        supposed = Facts([*others, Fact(name, value, unit, today, "supposed")])
        return _lifted(reason, row, supposed, today, case)

    words = next((words for value, unit, words in _otherwise(name, row, today) if lifts(value, unit)), None)
    words = words or _choice(_named(name, row), lifts)
    return Lift(name, words) if words else None


def _otherwise(name: str, row: Row, today: date) -> Iterator[tuple[FactValue, str | None, str]]:
    """Values beside every line that the row draws through this fact, with their words."""
    for leaf in row_leaves(row):
        if leaf.fact != name:
            continue
        if isinstance(leaf, Within):
            yield False, None, "no"
            if leaf.days != EVER:
                yield today - timedelta(days=leaf.days + 1), None, f"{leaf.days + 1} days ago or more"
        elif isinstance(leaf.value, bool):
            yield from ((value, None, "yes" if value else "no") for value in (False, True))
        elif isinstance(leaf.value, Decimal):
            yield from _beside(leaf, leaf.value)


def _beside(leaf: Compare, line: Decimal) -> Iterable[tuple[FactValue, str | None, str]]:
    if leaf.comparison in _BESIDE:
        step, words = _BESIDE[leaf.comparison]
        unit = "" if leaf.unit in (None, "1") else f" {leaf.unit}"
        yield line + step, leaf.unit, f"{words} {line:f}{unit}"


def _named(name: str, row: Row) -> list[str]:
    """Every choice that the row names of this fact, in its order."""
    values = [leaf.value for leaf in row_leaves(row) if leaf.fact == name and isinstance(leaf, Compare)]
    named = [one for value in values for one in (value if isinstance(value, tuple) else (value,))]
    return list(dict.fromkeys(one for one in named if isinstance(one, str)))


def _choice(named: list[str], lifts: Callable[[FactValue], bool]) -> str | None:
    """Anything but the choices that hold it, also those of the row's other lines; else the one that lifts it."""
    if named and lifts(""):
        return f"other than {' or '.join(choice for choice in named if not lifts(choice))}"
    return next(filter(lifts, named), None)


def row_leaves(row: Row) -> Iterator[Compare | Within]:
    for criterion in row.outcomes:
        yield from leaves(criterion.condition)
