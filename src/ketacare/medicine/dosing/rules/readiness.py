"""Ready to begin? Go, prescriber decides, or no-go, from recorded facts; unknown is never go.

How the three words map on a decision: go is permit; prescriber is a clearance still to be given; no-go is stop. A
strict check with an unknown or stale fact is unknown with the weight of a stop, any other of a clearance.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise

from ketacare.medicine.dosing.rules.order import change_percent
from ketacare.medicine.dosing.terms import BpReading, GateValue
from ketacare.medicine.evidence.rules import cleared, decide, evaluate
from ketacare.medicine.evidence.terms import Decision, Effect, Fact, Facts, Reason, Result, Verdict
from ketacare.medicine.protocols.terms import Check, Protocol
from ketacare.medicine.quantities.terms import Weight

# BP-1 and BP-4 of the rest-and-repeat rule; RD-04 of the sheet holds the same lines for the decision itself.
_CALM = (140, 90)
_SEVERE = (180, 110)


def readiness(facts: Facts, protocol: Protocol, at: datetime, *, given: Collection[str] = ()) -> Decision:
    """Every check of the protocol's list judged at once; `given` are ids the prescriber has cleared with a reason.

    `at` carries the clinic's zone: "today" is the clinic's day.
    """
    reasons = [_checked(check, facts, at) for check in protocol.readiness.checks]
    return decide(cleared(reasons, given), [protocol.ref, protocol.readiness.ref])


def _checked(check: Check, facts: Facts, at: datetime) -> Reason:
    no_go = evaluate(check.no_go, facts, at)
    if no_go.result is Result.MET:
        return _reason(check, no_go, Result.MET, Effect.STOP, "no_go")
    asks = Verdict(Result.NOT_MET) if check.prescriber is None else evaluate(check.prescriber, facts, at)
    if Result.UNKNOWN in (no_go.result, asks.result):
        open_one = no_go if no_go.result is Result.UNKNOWN else asks
        return _reason(check, open_one, Result.UNKNOWN, check.effect_when_unknown, "unknown")
    if asks.result is Result.MET:
        return _reason(check, asks, Result.MET, Effect.CLEAR, "prescriber")
    return _reason(check, no_go, Result.NOT_MET, check.effect_when_unknown, "go")


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


# --- blood pressure -------------------------------------------------------------------------------------------------


def bp_gate(readings: Sequence[BpReading]) -> GateValue | None:
    """The value that decides: the first reading if calm, else the mean of the last two of up to three (RUL-08).

    Severe (180/110) is confirmed by the reading taken at once after it. Means are rounded up to whole mmHg. None while
    nothing is measured or a raised first reading awaits its repeat.
    """
    taken = sorted(readings, key=lambda reading: reading.taken_at)
    if not taken:
        return None
    if len(taken) == 1 and not _within(taken[0]):
        return None
    if _within(taken[0]):
        return GateValue(Decimal(taken[0].systolic), Decimal(taken[0].diastolic), False, f"first reading {taken[0]}")
    last, before = taken[-1], taken[-2]
    severe = any(_reaches(one, _SEVERE) and _reaches(two, _SEVERE) for one, two in pairwise(taken))
    words = f"mean of {before} and {last}, all {len(taken)} kept"
    return GateValue(_mean(before.systolic, last.systolic), _mean(before.diastolic, last.diastolic), severe, words)


def _within(reading: BpReading) -> bool:
    return reading.systolic <= _CALM[0] and reading.diastolic <= _CALM[1]


def _reaches(reading: BpReading, line: tuple[int, int]) -> bool:
    return reading.systolic >= line[0] or reading.diastolic >= line[1]


def _mean(one: int, other: int) -> Decimal:
    return (Decimal(one + other) / 2).to_integral_value(ROUND_CEILING)


def bp_facts(readings: Sequence[BpReading], source: str) -> tuple[Fact, ...]:
    """The gate value as facts for `readiness`; nothing when it is not settled."""
    gate = bp_gate(readings)
    if gate is None:
        return ()
    at = max(reading.taken_at for reading in readings)
    return (
        Fact("gate_sbp", gate.systolic, "mmHg", at, source),
        Fact("gate_dbp", gate.diastolic, "mmHg", at, source),
        Fact("gate_severe", gate.severe, None, at, source),
    )


def weight_change_fact(now: Weight, dosing: Weight, weighed_at: datetime, source: str) -> Fact:
    """Today's weight against the dosing weight, as the fact RD-08 reads."""
    return Fact("weight_change", change_percent(now, dosing), "%", weighed_at, source)
