"""What a clearance was given for, and what has been found since that it was not about.

Nobody clears what is not known yet: a letter about a stable disease says nothing of an unstable one, one of 2025
nothing of a drug screen of today, and one about a head injury nothing of a raised pressure in the skull that nobody had
asked for. What has been told again in the same words, or has become milder, leaves it as it is.

A finding, an event or a judgement is told once: a clearance from before its first record was not about it, whatever
else was on record then. A number is measured anew by rule (RUL-03), and a case may hold the newest alone: of that, only
a reading that is worse than those from before the clearance, or that of another part of its row, ends it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache

from msgspec import structs

from ketacare.medicine.candidacy.rules import risk
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.rules.risk_tier import QUESTIONS
from ketacare.medicine.candidacy.terms import Case, Clearance, FactKind, Knowledge, TakenMedicine
from ketacare.medicine.evidence.rules import day_of, reason_for
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
    known = Known(cache(lambda: _as_it_was(clearance, case, knowledge)), rows)
    more = _more_risk(clearance, case, known.case, knowledge) if clearance.criterion == risk.TIER else ()
    return [
        *more,
        *(
            day
            for criterion in rows
            for fact, leaf, plain in _deciding(criterion, case)
            if (day := _new_day(fact, leaf if plain else None, clearance, case, criterion in tests, known, knowledge))
            and fact != knowledge.workup.admission
        ),
    ]


def _more_risk(clearance: Clearance, case: Case, as_it_was: Callable[[], Case], knowledge: Knowledge) -> Iterator[date]:
    """The tier is worked out and stands among no facts: each yes of the screener that nobody had given by then, and a
    tier that is higher than it was."""
    for name in QUESTIONS.values():
        told = [fact for fact in case.facts.all(name) if fact.value is True]
        if all(_is_since(fact, clearance, case) for fact in told):
            yield from (day_of(fact.known_at or case.at, case.at) for fact in told)
    if risk.standing(case, knowledge).at_least > risk.standing(as_it_was(), knowledge).at_least:
        yield day_of(case.at, case.at)


def as_old(medicine: TakenMedicine, clearance: Clearance, case: Case) -> bool:
    """Is it known to have been taken so when the clearance was given?"""
    age, since = _age(clearance, case), medicine.listed_at
    if medicine.stable_days is not None and medicine.stable_days >= max(age, 1):
        return True
    if since is not None and clearance.was_before(since):
        return False
    return age <= 0 or (since is not None and day_of(since, case.at) <= clearance.given_on)


def _age(clearance: Clearance, case: Case) -> int:
    return (day_of(case.at, case.at) - clearance.given_on).days


def _as_it_was(clearance: Clearance, case: Case, knowledge: Knowledge) -> Case:
    """What was on record on the day of the clearance, and what followed from it. Which dose of a series it is says only
    how old a test may be."""
    at = _moment_of(clearance, case)
    known = [one for one in case.facts if one.known_at is not None and not _is_since(one, clearance, case)]
    entry = [structs.replace(one, known_at=at) for one in case.facts.all(knowledge.workup.admission)]
    taken = None if case.medicines is None else tuple(one for one in case.medicines if as_old(one, clearance, case))
    then = replace(case, at=at, facts=Facts([*known, *entry]), medicines=taken, trials=None, courses=None, pressures=())
    return with_derived(then, knowledge)


def _moment_of(clearance: Clearance, case: Case) -> date | datetime:
    """When it was given, as the clinic calls it: the end of its day where nobody knows the hour."""
    if not isinstance(case.at, datetime):
        return clearance.given_on
    if clearance.given_at is None:
        return datetime.combine(clearance.given_on, time.max, case.at.tzinfo)
    return clearance.given_at.astimezone(case.at.tzinfo)


@dataclass(frozen=True)
class Known:
    """What was on record on the day of a clearance; worked out where somebody asks."""

    case: Callable[[], Case]
    rows: Iterable[Criterion]

    def met(self) -> bool:
        """Was the row met by it? The clearance was given for that."""
        then = self.case()
        weighed = [row for row in self.rows if row.effect in (Effect.STOP, Effect.CLEAR)]
        return any(reason_for(row, then.facts, then.at).result is Result.MET for row in weighed)

    def said(self, name: str) -> list[FactValue]:
        return [fact.value for fact in self.case().facts.all(name)]


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
    yield from ((leaf.fact, leaf, plain) for leaf, plain in _lines(criterion.condition) if leaf.fact in decided)


def _lines(condition: Condition, plain: bool = True) -> Iterator[tuple[Compare | Within, bool]]:
    """Each line, and whether it stands as written: a not over another part of the row turns no other line round."""
    if isinstance(condition, (Compare, Within)):
        yield condition, plain
    elif isinstance(condition, Not):
        yield from _lines(condition.part, not plain)
    else:
        for part in condition.parts:
            yield from _lines(part, plain)


def _new_day(
    name: str,
    leaf: Compare | Within | None,
    clearance: Clearance,
    case: Case,
    of_a_test: bool,
    known: Known,
    knowledge: Knowledge,
) -> date | None:
    """When it was found after the clearance, where it says more than it said then; a test or a danger that was found
    since always does, and so does what nobody had told. A reading that is measured anew counts as new only where
    another fact had met the row: else whoever gave the clearance knew one before it. What has no day is as new as the
    case."""
    then: dict[str, Fact] = {}
    since: list[tuple[date, Fact]] = []
    told = [(day_of(fact.known_at or case.at, case.at), fact) for fact in case.facts.all(name)]
    for day, fact in sorted(told, key=lambda pair: pair[0]):
        if _is_since(fact, clearance, case):
            since.append((day, fact))
        else:
            then[fact.source] = fact
    if not since:
        return None
    said = [fact.value for fact in then.values()] or known.said(name)
    always = of_a_test or (not said and (not _is_measured_anew(knowledge.facts.get(name)) or known.met()))
    new = [day for day, fact in since if always or _says_more(fact, said, leaf)]
    return max(new, default=None)


def _is_since(fact: Fact, clearance: Clearance, case: Case) -> bool:
    """Was it found after the clearance: on a later day, or later on its day where both hours are known?"""
    day = day_of(fact.known_at or case.at, case.at)
    return day > clearance.given_on or (
        day == clearance.given_on and fact.known_at is not None and clearance.was_before(fact.known_at)
    )


def _is_measured_anew(kind: FactKind | None) -> bool:
    """A number that is measured or counted again by rule; one that a clinician judges is a finding."""
    return kind is not None and kind.kind in ("number", "hours or no") and kind.told_by != "clinician"


def _says_more(fact: Fact, said: list[FactValue], leaf: Compare | Within | None) -> bool:
    """Of numbers, what lies farther beyond the line; of words, other ones; of events, one later than those told."""
    if not said:
        return False
    if isinstance(fact.value, date):
        return all(not isinstance(value, date) or value < fact.value for value in said)
    numbers = [value for value in said if isinstance(value, Decimal)]
    side = leaf.comparison if isinstance(leaf, Compare) else None
    if side in _ABOVE | _BELOW and isinstance(fact.value, Decimal) and numbers:
        return fact.value > max(numbers) if side in _ABOVE else fact.value < min(numbers)
    return fact.value not in said
