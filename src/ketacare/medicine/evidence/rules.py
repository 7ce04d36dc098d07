"""Three-valued judgement: conditions over facts that may be absent, stale or in dispute.

Kleene's strong logic. `Every` is not met as soon as one part is not met, whatever else is unknown; `Some` is met as
soon as one part is met. So a missing fact matters only where it could still change the answer, and `missing` names
just those. Ages are counted in calendar days of the zone that `at` carries: hand in the clinic's own zone.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

from ketacare.medicine.evidence.terms import (
    Compare,
    Comparison,
    Condition,
    Criterion,
    Decision,
    Effect,
    Every,
    Fact,
    Facts,
    FactUsed,
    FactValue,
    Not,
    Outcome,
    Reason,
    Result,
    SheetRef,
    Verdict,
    Within,
)

T = TypeVar("T")


class UnitMismatch(TypeError):
    """A fact is in another unit than the rule: comparing them would be wrong by a factor nobody sees."""


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


class FactsDisagree(LookupError):
    """Two records say different things and nobody has ruled yet."""


def current(facts: Facts, name: str, valid_days: int | None, at: datetime | date) -> Fact:
    """The one fact that may be relied on, or LookupError saying in plain words why there is none."""
    if not facts.all(name):
        raise LookupError(f"{name}: not recorded")
    known = standing(facts.all(name), at)
    if not known:
        raise LookupError(f"{name}: dated in the future")
    fresh = [fact for fact in known if _fresh(fact, valid_days, at)]
    if not fresh:
        raise LookupError(f"{name}: {_stale_words(known[-1], valid_days, at)}")
    if len({(type(fact.value), fact.value) for fact in fresh}) > 1:
        raise FactsDisagree(f"{name}: records disagree ({', '.join(in_order(fact.source for fact in fresh))})")
    return fresh[-1]


def standing(facts: Iterable[Fact], at: datetime | date) -> tuple[Fact, ...]:
    """The newest word of every source up to `at`, counting from the newest ruling if a person made one."""
    past = sorted((fact for fact in facts if not _future(fact, at)), key=_moment)
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


def _fresh(fact: Fact, valid_days: int | None, at: datetime | date) -> bool:
    age = age_days(fact, at)
    return valid_days is None or (age is not None and age <= valid_days)


def _stale_words(fact: Fact, valid_days: int | None, at: datetime | date) -> str:
    age = age_days(fact, at)
    if age is None:
        return "recorded without a date"
    limit = "counts only today" if valid_days == 0 else f"counts for {valid_days} days"
    return f"{age} days old, {limit}"


# --- conditions -----------------------------------------------------------------------------------------------------

_NUMERIC: dict[Comparison, Callable[[Decimal, Decimal], bool]] = {
    Comparison.OVER: lambda fact, line: fact > line,
    Comparison.AT_LEAST: lambda fact, line: fact >= line,
    Comparison.UNDER: lambda fact, line: fact < line,
    Comparison.AT_MOST: lambda fact, line: fact <= line,
}


def evaluate(condition: Condition, facts: Facts, at: datetime | date) -> Verdict:
    """Met, not met or unknown, with the facts that decided or those that would settle it."""
    if isinstance(condition, (Compare, Within)):
        return _leaf(condition, facts, at)
    if isinstance(condition, Not):
        return _denied(evaluate(condition.part, facts, at))
    verdicts = [evaluate(part, facts, at) for part in condition.parts]
    return _joined(verdicts, decisive=Result.NOT_MET if isinstance(condition, Every) else Result.MET)


def _leaf(condition: Compare | Within, facts: Facts, at: datetime | date) -> Verdict:
    try:
        fact = current(facts, condition.fact, condition.valid_days, at)
    except LookupError as absence:
        seen = tuple(used(fact, at) for fact in standing(facts.all(condition.fact), at))
        return Verdict(Result.UNKNOWN, seen, (condition.fact,), (str(absence),))
    holds = _happened(condition, fact, at) if isinstance(condition, Within) else _compares(condition, fact)
    return Verdict(Result.MET if holds else Result.NOT_MET, (used(fact, at),))


def _happened(condition: Within, fact: Fact, at: datetime | date) -> bool:
    if fact.value is False:
        return False
    if not isinstance(fact.value, date):
        raise UnitMismatch(f"{fact.name}: needs the date of the event, or no.")
    return (day_of(at, at) - day_of(fact.value, at)).days <= condition.days


def _compares(condition: Compare, fact: Fact) -> bool:
    if fact.unit != condition.unit:
        raise UnitMismatch(
            f"{fact.name}: recorded in {fact.unit or 'no unit'}, the rule reads {condition.unit or 'no unit'}. "
            "Convert it where it is entered."
        )
    if condition.comparison is Comparison.ONE_OF:
        return isinstance(condition.value, tuple) and fact.value in condition.value
    if condition.comparison in _NUMERIC:
        return _NUMERIC[condition.comparison](_number(fact.name, fact.value), _number(fact.name, condition.value))
    return (fact.value == condition.value) is (condition.comparison is Comparison.IS)


def _number(name: str, value: FactValue | tuple[str, ...]) -> Decimal:
    if not isinstance(value, Decimal):
        raise UnitMismatch(f"{name}: {value!r} is not a number.")
    return value


_OPPOSITE = {Result.MET: Result.NOT_MET, Result.NOT_MET: Result.MET, Result.UNKNOWN: Result.UNKNOWN}


def _denied(verdict: Verdict) -> Verdict:
    return Verdict(_OPPOSITE[verdict.result], verdict.facts, verdict.missing, verdict.why)


def _joined(verdicts: list[Verdict], *, decisive: Result) -> Verdict:
    """One decisive part settles it; else one unknown part leaves it open; else all agree the other way."""
    settles = [verdict for verdict in verdicts if verdict.result is decisive]
    if settles:
        return _merged(decisive, settles)
    unknown = [verdict for verdict in verdicts if verdict.result is Result.UNKNOWN]
    if unknown:
        return _merged(Result.UNKNOWN, unknown)
    return _merged(_OPPOSITE[decisive], verdicts)


def _merged(result: Result, verdicts: list[Verdict]) -> Verdict:
    return Verdict(
        result,
        in_order(fact for verdict in verdicts for fact in verdict.facts),
        in_order(name for verdict in verdicts for name in verdict.missing),
        in_order(words for verdict in verdicts for words in verdict.why),
    )


def in_order(things: Iterable[T]) -> tuple[T, ...]:
    """Each once, in the order first seen."""
    return tuple(dict.fromkeys(things))


# --- decisions ------------------------------------------------------------------------------------------------------


def reason_for(criterion: Criterion, facts: Facts, at: datetime | date) -> Reason:
    """One criterion judged, told in the words of its sheet."""
    verdict = evaluate(criterion.condition, facts, at)
    return Reason(
        criterion=criterion.id,
        title=criterion.title,
        result=verdict.result,
        effect=criterion.effect,
        words=_told(criterion, verdict),
        facts=verdict.facts,
        missing=verdict.missing,
        sources=criterion.sources,
        grade=criterion.grade,
        override=criterion.override,
    )


def _told(criterion: Criterion, verdict: Verdict) -> str:
    words = criterion.words.get(verdict.result, f"{criterion.title}: {verdict.result}")
    return f"{words} ({'; '.join(verdict.why)})" if verdict.why else words


_RANK = {Effect.STOP: 0, Effect.CLEAR: 2, Effect.CAUTION: 3, Effect.NOTE: 4}
_UNKNOWN_RANK = 1
_SETTLED_RANK = 5


def _rank(reason: Reason) -> int:
    if reason.result is Result.UNKNOWN:
        return _UNKNOWN_RANK if reason.holds_back else _RANK[Effect.CAUTION]
    return _RANK[reason.effect] if reason.result is Result.MET else _SETTLED_RANK


def outcome_of(reasons: Iterable[Reason]) -> Outcome:
    """RUL-01: any stop is a stop; else any unknown stop or clearance row is unknown; else warn; else permit."""
    reasons = tuple(reasons)
    met = {reason.effect for reason in reasons if reason.result is Result.MET}
    if Effect.STOP in met:
        return Outcome.STOP
    if any(reason.result is Result.UNKNOWN and reason.holds_back for reason in reasons):
        return Outcome.UNKNOWN
    return Outcome.WARN if met & {Effect.CLEAR, Effect.CAUTION} else Outcome.PERMIT


def cleared(reasons: Iterable[Reason], given: Collection[str]) -> tuple[Reason, ...]:
    """The same reasons with the clearances already given (by criterion id) marked. A stop is never cleared here."""
    return tuple(
        replace(reason, cleared=True) if reason.effect is Effect.CLEAR and reason.criterion in given else reason
        for reason in reasons
    )


def decide(reasons: Iterable[Reason], sheets: Iterable[SheetRef]) -> Decision:
    """All reasons in the order they weigh; `missing` is what would settle an unknown outcome, and empty otherwise."""
    ordered = tuple(sorted(reasons, key=lambda reason: (_rank(reason), reason.criterion)))
    outcome = outcome_of(ordered)
    open_reasons = [r for r in ordered if r.result is Result.UNKNOWN and r.holds_back]
    missing = in_order(name for reason in open_reasons for name in reason.missing)
    return Decision(outcome, ordered, missing if outcome is Outcome.UNKNOWN else (), in_order(sheets))
