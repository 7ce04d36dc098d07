"""Rows told in words, and how they meet: the severest answer wins (RUL-01), and every reason stays listed."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from operator import attrgetter

from msgspec import structs

from ketacare.medicine.evidence.rules.conditions import answered
from ketacare.medicine.evidence.rules.facts import AsOf, as_of, in_order
from ketacare.medicine.evidence.rules.gathering import gathered
from ketacare.medicine.evidence.terms import (
    Criterion,
    Decision,
    Effect,
    Facts,
    Outcome,
    Reason,
    Result,
    SheetRef,
)


def reason_for(criterion: Criterion, facts: Facts, at: datetime | date) -> Reason:
    """One criterion judged, told in the words of its sheet."""
    return reason_of(criterion, as_of(facts, at))


def reason_of(criterion: Criterion, known: AsOf) -> Reason:
    """The same, where many are judged of one moment."""
    result, used, missing, why = answered(criterion.condition, known)
    words = criterion.words.get(result) or f"{criterion.title}: {result}"
    return Reason(
        criterion=criterion.id,
        title=criterion.title,
        result=result,
        effect=criterion.effect,
        words=f"{words} ({'; '.join(why)})" if why else words,
        facts=used,
        missing=missing,
        sources=criterion.sources,
        grade=criterion.grade,
        override=criterion.override,
    )


_RANK = {Effect.STOP: 0, Effect.CLEAR: 2, Effect.CAUTION: 3, Effect.NOTE: 4}
_UNKNOWN_RANK = 1
_NAME = attrgetter("criterion")
_NOT_MET = Result.NOT_MET  # looked up for every reason of every case


def _rank(reason: Reason) -> int:
    """Of one that is not settled."""
    if reason.result is Result.UNKNOWN:
        return _UNKNOWN_RANK if reason.holds_back else _RANK[Effect.CAUTION]
    return _RANK[reason.effect]


def outcome_of(reasons: Iterable[Reason]) -> Outcome:
    """RUL-01: any stop is a stop; else any unknown stop or clearance row is unknown; else warn; else permit."""
    reasons = tuple(reasons)
    met = {reason.effect for reason in reasons if reason.result is Result.MET}
    if Effect.STOP in met:
        return Outcome.STOP
    if any(reason.result is Result.UNKNOWN and reason.holds_back for reason in reasons):
        return Outcome.UNKNOWN
    accepted = any(reason.cleared for reason in reasons)
    return Outcome.WARN if accepted or met & {Effect.CLEAR, Effect.CAUTION} else Outcome.PERMIT


def cleared(reasons: Iterable[Reason], given: Collection[str]) -> tuple[Reason, ...]:
    """The same reasons with the clearances already given (by criterion id) marked. A stop is never cleared here."""
    return tuple(
        structs.replace(reason, cleared=True) if reason.effect is Effect.CLEAR and reason.criterion in given else reason
        for reason in reasons
    )


def decide(reasons: Iterable[Reason], sheets: Iterable[SheetRef]) -> Decision:
    """All reasons in the order they weigh.

    `missing` is what would settle an unknown outcome: whatever each open stop or clearance row still needs, together
    (`gathering`). Every other outcome stands as it is and asks for nothing.
    """
    weighing: list[Reason] = []
    settled: list[Reason] = []
    for reason in reasons:
        (settled if reason.result is _NOT_MET else weighing).append(reason)
    weighing.sort(key=_NAME)
    weighing.sort(key=_rank)
    settled.sort(key=_NAME)
    outcome = outcome_of([*weighing, *[reason for reason in settled if reason.cleared]])
    open_reasons = [r for r in weighing if r.result is Result.UNKNOWN and r.holds_back]
    missing = gathered(open_reasons) if outcome is Outcome.UNKNOWN else ()
    return Decision(outcome, (*weighing, *settled), missing, in_order(sheets))
