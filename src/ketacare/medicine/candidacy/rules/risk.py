"""Suicide risk as a reason: the tier, the safety plan, and the signs that ask for a person to ask."""

from dataclasses import replace
from datetime import date

from ketacare.medicine.candidacy.rules import risk_tier
from ketacare.medicine.candidacy.terms import Case, Knowledge, RiskRows, RiskStanding, Stage
from ketacare.medicine.evidence.rules import day_of, in_order, reason_for, used
from ketacare.medicine.evidence.terms import Criterion, Fact, Facts, Reason, Result
from ketacare.medicine.safety.terms import RiskTier

# What lifts a stop for high risk: the crisis path with its conditions, and no signature alone (RUL-06).
CRISIS_PATH = "EXC-01"
WORKED_OUT = "worked out from what is known"
_PLAN, _ASSESSMENT = "safety_plan_on", "full_risk_assessment_on"


def reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """Every row of suicide risk, judged."""
    rows, now = knowledge.risk, standing(case, knowledge)
    facts = case.facts.with_(*worked_out(case, now))
    return tuple(
        _row(criterion, case, facts, now, rows) for criterion in rows.criteria if _applies(criterion, case, now, rows)
    )


def standing(case: Case, knowledge: Knowledge) -> RiskStanding:
    """The tier that counts at this moment."""
    return risk_tier.standing(case, knowledge.risk)


def worked_out(case: Case, now: RiskStanding) -> list[Fact]:
    """The tier as facts that the rows read; what is not known is left out."""
    known: dict[str, str | bool] = {}
    if now.is_known:
        known |= {"risk_tier": str(now.tier), "risk_t2_or_more": now.tier >= RiskTier.T2}
    elif now.at_least >= RiskTier.T2:
        known["risk_t2_or_more"] = True
    if now.is_known and not now.from_before:
        known["risk_tier_today"] = str(now.tier)
    return [Fact(name, value, None, case.at, WORKED_OUT) for name, value in known.items()]


def _applies(criterion: Criterion, case: Case, now: RiskStanding, rows: RiskRows) -> bool:
    """Beside a high tier from before the screener of the day is due at a dose; before an offer the tier is enough."""
    if criterion.id == "SUI-TX":
        return case.stage is Stage.DOSE or not now.from_before
    if criterion.id in rows.after_a_dose:
        return case.stage is Stage.DOSE or any(case.facts.all(name) for name in rows.reads[criterion.id])
    return True


def _row(criterion: Criterion, case: Case, facts: Facts, now: RiskStanding, rows: RiskRows) -> Reason:
    reason = reason_for(criterion, facts, case.at)
    if criterion.id == "SUI-PLAN":
        return _plan_row(criterion, reason, now)
    if criterion.id in rows.of_the_tier:
        return _tier_row(criterion, reason, case, now, rows)
    if criterion.id in rows.ended_by_screener and reason.result is not Result.NOT_MET:
        return _scale_row(reason, case, now, rows)
    return reason


def _tier_row(criterion: Criterion, reason: Reason, case: Case, now: RiskStanding, rows: RiskRows) -> Reason:
    """Told by the screener's own answers; what is missing are its open questions."""
    words = f"{now.words}. {criterion.words[reason.result]}"
    missing = now.to_ask if reason.result is Result.UNKNOWN else ()
    reason = replace(reason, words=words, facts=now.facts, missing=missing)
    if reason.result is not Result.MET:
        return reason
    if criterion.id == "SUI-T2":
        return _assessed(reason, case, now, rows)
    return replace(reason, override=CRISIS_PATH) if now.tier is RiskTier.T3 else reason


def _plan_row(criterion: Criterion, reason: Reason, now: RiskStanding) -> Reason:
    told = criterion.words[reason.result]
    tier = [] if _PLAN in reason.missing and now.at_least >= RiskTier.T2 else now.to_ask
    plan = [name for name in reason.missing if name == _PLAN]
    return replace(
        reason,
        words=f"{told} ({now.words})" if reason.result is Result.MET else told,
        facts=tuple(fact for fact in reason.facts if fact.source != WORKED_OUT),
        missing=(*tier, *plan) if reason.result is Result.UNKNOWN else (),
    )


def _assessed(reason: Reason, case: Case, now: RiskStanding, rows: RiskRows) -> Reason:
    """A full assessment clears it: one of today, or for behaviour long ago alone one that still counts (RUL-07)."""
    today = day_of(case.at, case.at)
    done = [
        (fact.value, fact)
        for fact in case.facts.all(_ASSESSMENT)
        if isinstance(fact.value, date) and fact.value <= today
    ]
    if not done:
        return replace(reason, words=f"{reason.words}; none is recorded")
    newest, fact = max(done, key=lambda assessment: assessment[0])
    counts = rows.screener.days("assessment_counts") if now.lifetime_only else 0
    age = (today - newest).days
    told = "today" if age == 0 else f"{age} days ago"
    late = "" if age <= counts else ", which counts as absent"
    return replace(
        reason,
        words=f"{reason.words}; the last was {told}{late}",
        facts=in_order([*reason.facts, used(fact, case.at)]),
        cleared=age <= counts,
    )


def _scale_row(reason: Reason, case: Case, now: RiskStanding, rows: RiskRows) -> Reason:
    """A scale asks for the screener; a screener of that day or later has answered it (RUL-07)."""
    today = day_of(case.at, case.at)
    days = [
        today if fact.known_at is None else min(day_of(fact.known_at, case.at), today)
        for name in rows.reads[reason.criterion]
        for fact in case.facts.all(name)
    ]
    if now.screened_on is not None and now.screened_on >= max(days, default=today):
        words = f"{reason.title}: a person has asked the screener since ({now.screened_on:%d-%b-%Y}); its tier counts"
        return replace(reason, result=Result.NOT_MET, words=words, missing=())
    return replace(reason, missing=now.to_ask) if reason.result is Result.UNKNOWN else reason
