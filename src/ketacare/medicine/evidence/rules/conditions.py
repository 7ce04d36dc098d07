"""Conditions in three values over facts that may be absent, stale or in dispute.

Kleene's strong logic. `Every` is not met as soon as one part is not met, whatever else is unknown; `Some` is met as
soon as one part is met. So a missing fact matters only where it could still change the answer. Which facts those are
is the question of `settling`; it is asked only where a row stays open and reads a fact in more than one place.
"""

from datetime import date, datetime

from ketacare.medicine.evidence.rules.comparing import NotANumber, holds
from ketacare.medicine.evidence.rules.facts import AsOf, as_of, day_of, in_order
from ketacare.medicine.evidence.rules.settling import Shape, fewest_missing, shape_of
from ketacare.medicine.evidence.terms import (
    Compare,
    Condition,
    Every,
    Fact,
    Facts,
    FactUsed,
    Not,
    Result,
    Verdict,
    Within,
)


class UnitMismatch(TypeError):
    """A fact is in another unit than the rule: comparing them would be wrong by a factor nobody sees."""


_MET, _NOT_MET, _UNKNOWN = Result.MET, Result.NOT_MET, Result.UNKNOWN
_OPPOSITE = {_MET: _NOT_MET, _NOT_MET: _MET, _UNKNOWN: _UNKNOWN}

# A verdict on its way: result, facts, missing, why. Plain, because a case asks for hundreds.
Answer = tuple[Result, tuple[FactUsed, ...], tuple[str, ...], tuple[str, ...]]


def evaluate(condition: Condition, facts: Facts, at: datetime | date) -> Verdict:
    """Met, not met or unknown, with the facts that decided or the fewest that would settle it."""
    return Verdict(*answered(condition, as_of(facts, at)))


def answered(condition: Condition, known: AsOf) -> Answer:
    answer = _evaluated(condition, known)
    if answer[0] is not _UNKNOWN:
        return answer
    shape = shape_of(condition)
    return answer if shape.reads_each_fact_once else _asking_least(answer, shape, known)


def _asking_least(answer: Answer, shape: Shape, known: AsOf) -> Answer:
    """The same answer, asking only for what could still change it."""
    readings = [_read(leaf, known) for leaf in shape.leaves]
    missing = fewest_missing(shape, tuple([result for result, *_ in readings]))
    why = in_order(words for _, _, lacks, told in readings if set(lacks) <= set(missing) for words in told)
    return _UNKNOWN, answer[1], missing, why


def _evaluated(condition: Condition, known: AsOf) -> Answer:
    if isinstance(condition, (Compare, Within)):
        return _read(condition, known)
    if isinstance(condition, Not):
        result, facts, missing, why = _evaluated(condition.part, known)
        return _OPPOSITE[result], facts, missing, why
    answers = [_evaluated(part, known) for part in condition.parts]
    return _joined(answers, decisive=_NOT_MET if isinstance(condition, Every) else _MET)


def _joined(answers: list[Answer], *, decisive: Result) -> Answer:
    """One decisive part settles it; else one unknown part leaves it open; else all agree the other way."""
    results = [result for result, *_ in answers]
    if decisive in results:
        return _merged(decisive, [answer for answer in answers if answer[0] is decisive])
    if _UNKNOWN in results:
        return _merged(_UNKNOWN, [answer for answer in answers if answer[0] is _UNKNOWN])
    return _merged(_OPPOSITE[decisive], answers)


def _merged(result: Result, answers: list[Answer]) -> Answer:
    if len(answers) == 1:
        return answers[0]
    facts = tuple({id(fact): fact for answer in answers for fact in answer[1]}.values())  # one object to a fact
    if result is not _UNKNOWN:
        return result, facts, (), ()
    missing = in_order(name for answer in answers for name in answer[2])
    return result, facts, missing, in_order(words for answer in answers for words in answer[3])


def _read(condition: Compare | Within, known: AsOf) -> Answer:
    stands = known.standing(condition.fact)
    fact = stands.current(condition.valid_days, condition.valid_hours, known.at)
    if not isinstance(fact, LookupError):
        holds = _compares(condition, fact) if isinstance(condition, Compare) else _happened(condition, fact, known.at)
        if not isinstance(holds, LookupError):
            return _MET if holds else _NOT_MET, stands.as_used(fact), (), ()
        fact = holds
    return _UNKNOWN, stands.used, (condition.fact,), (str(fact),)


def _happened(condition: Within, fact: Fact, at: datetime | date) -> bool | LookupError:
    """An event cannot lie ahead: such a date is a slip, and a slip is not known rather than recent."""
    if fact.value is False:
        return False
    if not isinstance(fact.value, date):
        raise UnitMismatch(f"{fact.name}: needs the date of the event, or no.")
    days_ago = (day_of(at, at) - day_of(fact.value, at)).days
    if days_ago < 0:
        return LookupError(f"{fact.name}: the event is dated in the future ({fact.value})")
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
