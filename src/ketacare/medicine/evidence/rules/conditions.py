"""Conditions in three values over facts that may be absent, stale or in dispute.

Kleene's strong logic. `Every` is not met as soon as one part is not met, whatever else is unknown; `Some` is met as
soon as one part is met. So a missing fact matters only where it could still change the answer. Which facts those are
is the question of `settling`; it is asked only where a row stays open and reads a fact in more than one place.
"""

from datetime import date, datetime

from ketacare.medicine.evidence.rules.comparing import NotANumber, holds
from ketacare.medicine.evidence.rules.facts import current, day_of, in_order, standing, used
from ketacare.medicine.evidence.rules.settling import Shape, fewest_missing, shape_of
from ketacare.medicine.evidence.terms import (
    Compare,
    Condition,
    Every,
    Fact,
    Facts,
    Not,
    Result,
    Verdict,
    Within,
)


class UnitMismatch(TypeError):
    """A fact is in another unit than the rule: comparing them would be wrong by a factor nobody sees."""


def evaluate(condition: Condition, facts: Facts, at: datetime | date) -> Verdict:
    """Met, not met or unknown, with the facts that decided or the fewest that would settle it."""
    verdict = _evaluated(condition, facts, at)
    if verdict.result is not Result.UNKNOWN:
        return verdict
    shape = shape_of(condition)
    return verdict if shape.reads_each_fact_once else _asking_least(verdict, shape, facts, at)


def _asking_least(verdict: Verdict, shape: Shape, facts: Facts, at: datetime | date) -> Verdict:
    """The same answer, asking only for what could still change it."""
    leaves = [_leaf(leaf, facts, at) for leaf in shape.leaves]
    missing = fewest_missing(shape, tuple(leaf.result for leaf in leaves))
    why = in_order(words for leaf in leaves if set(leaf.missing) <= set(missing) for words in leaf.why)
    return Verdict(verdict.result, verdict.facts, missing, why)


def _evaluated(condition: Condition, facts: Facts, at: datetime | date) -> Verdict:
    if isinstance(condition, (Compare, Within)):
        return _leaf(condition, facts, at)
    if isinstance(condition, Not):
        return _denied(_evaluated(condition.part, facts, at))
    verdicts = [_evaluated(part, facts, at) for part in condition.parts]
    return _joined(verdicts, decisive=Result.NOT_MET if isinstance(condition, Every) else Result.MET)


def _leaf(condition: Compare | Within, facts: Facts, at: datetime | date) -> Verdict:
    try:
        fact = current(facts, condition.fact, condition.valid_days, at, valid_hours=condition.valid_hours)
        holds = _happened(condition, fact, at) if isinstance(condition, Within) else _compares(condition, fact)
    except LookupError as absence:
        seen = tuple(used(fact, at) for fact in standing(facts.all(condition.fact), at))
        return Verdict(Result.UNKNOWN, seen, (condition.fact,), (str(absence),))
    return Verdict(Result.MET if holds else Result.NOT_MET, (used(fact, at),))


def _happened(condition: Within, fact: Fact, at: datetime | date) -> bool:
    """An event cannot lie ahead: such a date is a slip, and a slip is not known rather than recent."""
    if fact.value is False:
        return False
    if not isinstance(fact.value, date):
        raise UnitMismatch(f"{fact.name}: needs the date of the event, or no.")
    days_ago = (day_of(at, at) - day_of(fact.value, at)).days
    if days_ago < 0:
        raise LookupError(f"{fact.name}: the event is dated in the future ({fact.value})")
    return days_ago <= condition.days


_AGO = "h"


def _compares(condition: Compare, fact: Fact) -> bool:
    """Units must be one, except that yes and no have none: "hours ago" may be answered with no."""
    yes_or_no = isinstance(condition.value, bool) or (fact.value is False and condition.unit == _AGO)
    if fact.unit != condition.unit and not yes_or_no:
        raise UnitMismatch(
            f"{fact.name}: recorded in {fact.unit or 'no unit'}, the rule reads {condition.unit or 'no unit'}. "
            "Convert it where it is entered."
        )
    try:
        return holds(condition.comparison, fact.value, condition.value)
    except NotANumber as wrong:
        raise UnitMismatch(f"{fact.name}: {wrong}")


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
    if len(verdicts) == 1:
        return verdicts[0]
    return Verdict(
        result,
        in_order(fact for verdict in verdicts for fact in verdict.facts),
        in_order(name for verdict in verdicts for name in verdict.missing),
        in_order(words for verdict in verdicts for words in verdict.why),
    )
