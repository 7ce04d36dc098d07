"""Suicide risk as a reason: the tier, the safety plan, and the signs that ask for a person to ask."""

from dataclasses import replace as replace_case
from datetime import date, datetime

from msgspec.structs import replace

from ketacare.medicine.candidacy.rules import risk_tier
from ketacare.medicine.candidacy.rules.by_themselves import by_a_person
from ketacare.medicine.candidacy.terms import Case, Knowledge, RiskRows, RiskStanding, Stage
from ketacare.medicine.evidence.rules import day_of, in_order, used
from ketacare.medicine.evidence.rules.decisions import reason_of
from ketacare.medicine.evidence.rules.facts import AsOf, as_of
from ketacare.medicine.evidence.rules.settling import leaves
from ketacare.medicine.evidence.terms import Criterion, Effect, Fact, Reason, Result, Within
from ketacare.medicine.safety.terms import Dosing, RiskTier

TIER, PLAN = "CI-40", "SUI-PLAN"
REVIEWED = "SUI-09"  # stops until it is reviewed: what two signed about one worsening holds until the next one
WORKED_OUT = "worked out from what is known"
_OPENING, _AFTER_A_YES = ("cssrs_1", "cssrs_2"), ("cssrs_3", "cssrs_4", "cssrs_5")
_PLAN_ON, _ASSESSED_ON = "safety_plan_on", "full_risk_assessment_on"


def reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """Every row of suicide risk, judged."""
    rows, now = knowledge.risk, standing(case, knowledge)
    known = as_of(case.facts.with_(*worked_out(case, now), *_passed_over(case)), case.at)
    said = [_row(criterion, case, known, now, rows) for criterion in rows.criteria if _applies(criterion, case, rows)]
    plan_counts = next((leaf.days for leaf in _plan(rows)), 0)
    return tuple(
        [one if one.criterion == REVIEWED else replace(one, valid_days=_days(one, plan_counts)) for one in said]
    )


def _days(reason: Reason, plan_counts: int) -> int:
    return plan_counts if reason.criterion == PLAN else 0


def _plan(rows: RiskRows) -> list[Within]:
    """A danger is looked at on the day it counts (RUL-07), and what lifts it lasts that day; what lifts a missing plan
    lasts as long as a plan that is written."""
    found = [leaf for row in rows.criteria if row.id == PLAN for leaf in leaves(row.condition)]
    return [leaf for leaf in found if isinstance(leaf, Within) and leaf.fact == _PLAN_ON]


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


def _passed_over(case: Case) -> list[Fact]:
    """Questions that the screener of today does not come to after a no to its first two: nobody owes an answer to
    them. One that was answered all the same counts as it was."""
    known, today = as_of(case.facts, case.at), 0
    first = [known.standing(name).current(today, None, case.at) for name in _OPENING]
    if not all(isinstance(one, Fact) and one.value is False for one in first):
        return []
    return [
        Fact(name, False, None, case.at, WORKED_OUT) for name in _AFTER_A_YES if not known.standing(name).within(today)
    ]


def _applies(criterion: Criterion, case: Case, rows: RiskRows) -> bool:
    """Before an offer nobody is asked how a dose went; what is recorded of one counts all the same."""
    if criterion.id not in rows.after_a_dose or case.stage is Stage.DOSE:
        return True
    return any(case.facts.all(name) for name in rows.reads[criterion.id])


def _row(criterion: Criterion, case: Case, known: AsOf, now: RiskStanding, rows: RiskRows) -> Reason:
    reason = reason_of(criterion, known)
    if criterion.id == TIER:
        return _tier_row(criterion, reason, case, now, rows)
    if criterion.id == PLAN:
        return _plan_row(criterion, reason, case, now, rows)
    if criterion.id in rows.ended_by_screener and reason.result is not Result.NOT_MET:
        return _scale_row(reason, case, now, rows)
    return reason


# No signature by itself goes on against these (RUL-06): what does instead.
_INSTEAD = {
    RiskTier.T3: "the crisis path EXC-01 alone, with every condition recorded and both signatures",
    RiskTier.T4: "emergency services",
}
_EFFECTS = {
    Dosing.ALLOWED: Effect.NOTE,
    Dosing.CLEARANCE: Effect.CLEAR,
    Dosing.STOP: Effect.STOP,
    Dosing.NOT_READY: Effect.STOP,
}


def _tier_row(criterion: Criterion, reason: Reason, case: Case, now: RiskStanding, rows: RiskRows) -> Reason:
    """Told by the screener's own answers, with what the tier means and asks for; what is missing are open questions."""
    asks_for = "; ".join(now.finding.actions) if reason.result is Result.MET else criterion.words[reason.result]
    reason = replace(
        reason,
        effect=_EFFECTS[now.finding.dosing] if reason.result is Result.MET else reason.effect,
        words=f"{now.words}. {asks_for}",
        facts=now.facts,
        missing=now.to_ask if reason.result is Result.UNKNOWN else (),
        override="none" if now.tier in _INSTEAD else now.finding.override,
        alternative=_INSTEAD.get(now.tier, "") if reason.result is Result.MET else "",
    )
    return _assessed(reason, case, now, rows) if reason.effect is Effect.CLEAR else reason


def _plan_row(criterion: Criterion, reason: Reason, case: Case, now: RiskStanding, rows: RiskRows) -> Reason:
    told = criterion.words[reason.result]
    tier = [] if _PLAN_ON in reason.missing and now.at_least >= RiskTier.T2 else now.to_ask
    plan = [name for name in reason.missing if name == _PLAN_ON]
    is_open = reason.result is Result.UNKNOWN
    return replace(
        reason,
        words=f"{told} ({now.words.partition(':')[0]})" if reason.result is Result.MET else told,
        facts=tuple(fact for fact in reason.facts if fact.source != WORKED_OUT),
        missing=(*tier, *plan) if is_open else (),
        enough=now.to_ask if is_open and plan and _stops_or_needs_no_plan(case, now, rows) else (),
    )


# A yes to one of these stops (section 4.2), whatever the plan.
_STOPPING = frozenset({"cssrs_4", "cssrs_5", "cssrs_6_within_3_months", "imminent_risk"})


def _stops_or_needs_no_plan(case: Case, now: RiskStanding, rows: RiskRows) -> bool:
    """Would a yes to any question that is open stop, and a no to all of them leave no need of a plan? Then the
    questions settle the whole, and the plan need not be known."""
    if not now.to_ask or not _STOPPING.issuperset(now.to_ask):
        return False
    asked = case.facts.with_(*[Fact(name, False, None, case.at, "supposed") for name in now.to_ask])
    then = risk_tier.standing(replace_case(case, facts=asked), rows)
    return then.is_known and then.tier < RiskTier.T2


def _assessed(reason: Reason, case: Case, now: RiskStanding, rows: RiskRows) -> Reason:
    """A full assessment clears it: one of today, or for behaviour long ago alone one that still counts (RUL-07)."""
    today = day_of(case.at, case.at)
    done = [
        (fact.value, fact)
        for fact in case.facts.all(_ASSESSED_ON)
        if isinstance(fact.value, date) and fact.value <= today and by_a_person(fact)
    ]
    if not done:
        return replace(reason, words=f"{reason.words}. No full assessment is recorded")
    newest, fact = max(done, key=lambda assessment: assessment[0])
    counts = rows.screener.days("assessment_counts") if now.lifetime_only else 0
    age = (today - newest).days
    told = "today" if age == 0 else f"{age} days ago"
    late = "" if age <= counts else ", which counts as absent"
    return replace(
        reason,
        words=f"{reason.words}. The last full assessment was {told}{late}",
        facts=in_order([*reason.facts, used(fact, case.at)]),
        cleared=age <= counts,
    )


def _is_answered(told: list[Fact], case: Case, now: RiskStanding) -> bool:
    if now.screened_on is None:
        return False
    today = day_of(case.at, case.at)
    days = [today if fact.known_at is None else min(day_of(fact.known_at, case.at), today) for fact in told]
    if now.screened_on != (newest := max(days, default=today)):
        return now.screened_on > newest
    moments = [fact.known_at for fact in told if isinstance(fact.known_at, datetime)]
    return now.screened_at is None or now.screened_at >= max(moments, default=now.screened_at)


def _scale_row(reason: Reason, case: Case, now: RiskStanding, rows: RiskRows) -> Reason:
    """A scale asks for the screener; one of a later day, or later that day, has answered it (RUL-07)."""
    told = [fact for name in rows.reads[reason.criterion] for fact in case.facts.all(name)]
    if _is_answered(told, case, now):
        words = f"{reason.title}: a person has asked the screener since ({now.screened_on:%d-%b-%Y}); its tier counts"
        return replace(reason, result=Result.NOT_MET, words=words, missing=())
    return replace(reason, missing=now.to_ask) if reason.result is Result.UNKNOWN else reason
