"""Ready to begin? Go, prescriber decides, or no-go, from recorded facts; unknown is never go.

How the three words map on a decision: go is permit; prescriber is a clearance still to be given; no-go is stop. A
strict check with an unknown or stale fact is unknown with the weight of a stop, any other of a clearance.
"""

from collections.abc import Collection
from datetime import datetime

from ketacare.medicine.dosing.rules.weights import change_percent
from ketacare.medicine.evidence.rules import cleared, decide, evaluate
from ketacare.medicine.evidence.terms import Condition, Decision, Effect, Fact, Facts, Reason, Result, Verdict
from ketacare.medicine.protocols.terms import Check, Protocol
from ketacare.medicine.quantities.terms import Weight


def readiness(facts: Facts, protocol: Protocol, at: datetime, *, given: Collection[str] = ()) -> Decision:
    """Every check of the list that this drug and route ask for, at once; `given` the prescriber cleared with a reason.

    `at` carries the clinic's zone: "today" is the clinic's day.
    """
    asked = [check for check in protocol.readiness.checks if check.is_asked(protocol.drug, protocol.route)]
    reasons = [_checked(check, facts, at) for check in asked]
    return decide(cleared(reasons, given), [protocol.ref, protocol.readiness.ref])


def _checked(check: Check, facts: Facts, at: datetime) -> Reason:
    no_go = _held(check.no_go, facts, at)
    if no_go.result is Result.MET:
        return _reason(check, no_go, Result.MET, Effect.STOP, "no_go")
    asks = _held(check.prescriber, facts, at)
    if Result.UNKNOWN in (no_go.result, asks.result):
        open_one = no_go if no_go.result is Result.UNKNOWN else asks
        return _reason(check, open_one, Result.UNKNOWN, check.effect_when_unknown, "unknown")
    if asks.result is Result.MET:
        return _reason(check, asks, Result.MET, Effect.CLEAR, "prescriber")
    told = no_go if check.no_go is not None else asks
    word = "not_held" if _is_free(check, told) else "go"
    return _reason(check, told, Result.NOT_MET, check.effect_when_unknown, word)


def _is_free(check: Check, told: Verdict) -> bool:
    """The row has words for a fact that is a recorded "no": there is nothing it could be held to."""
    return "not_held" in check.words and any(fact.value is False for fact in told.facts)


def _held(condition: Condition | None, facts: Facts, at: datetime) -> Verdict:
    """A row without this condition never comes to it."""
    return Verdict(Result.NOT_MET) if condition is None else evaluate(condition, facts, at)


def _reason(check: Check, verdict: Verdict, result: Result, effect: Effect, word: str) -> Reason:
    words = check.words.get(word, f"{check.title}: {result}")
    return Reason(
        criterion=check.id,
        title=check.title,
        result=result,
        effect=effect,
        words=f"{words} ({'; '.join(verdict.why)})" if verdict.why else words,
        facts=verdict.facts,
        missing=verdict.missing,
        sources=check.sources,
        grade=check.grade,
        override="P" if effect is Effect.CLEAR else "none",
    )


def weight_change_fact(now: Weight, dosing: Weight, weighed_at: datetime, source: str) -> Fact:
    """Today's weight against the dosing weight, as the fact RD-08 reads."""
    return Fact("weight_change", change_percent(now, dosing), "%", weighed_at, source)
