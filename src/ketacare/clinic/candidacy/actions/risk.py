"""Writing down what was asked and found about suicide risk. What is grave is a concern in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.actions.facts import record_history
from ketacare.clinic.candidacy.actions.found_since import own_what_was_found
from ketacare.clinic.candidacy.models import (
    CallResult,
    FoundTier,
    RiskAssessment,
    RiskCall,
    RiskScreening,
    ScreenerForm,
    Source,
)
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as concerns
from ketacare.clinic.safety.models import Tier
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.rules import cssrs_tier
from ketacare.medicine.safety.terms import Dosing, RiskTier

MEANS = "means_counselled"


@transaction.atomic
def record_screening(
    *,
    patient: Patient,
    form: str,
    answers: Mapping[str, bool],
    by: Actor,
    at: datetime,
    refused: bool = False,
    happened_at: datetime | None = None,
    amends: RiskScreening | None = None,
    amend_reason: str = "",
) -> RiskScreening:
    """The screener as one person asked it. Moderate and above, or left open, is told to whoever is on call."""
    access.require(by, "evaluation", "C", patient=patient)
    sheet = queries.sheet(patient).risk.screener
    refuse_screening(form, answers, refused, sheet.questions.keys())
    screened = cssrs_tier(answers, sheet, since_last_visit=form == ScreenerForm.SINCE_LAST_VISIT)
    row = RiskScreening.objects.create(
        **about(patient, by, at, happened_at),
        form=form,
        answers=dict(answers),
        refused=refused,
        tier=str(screened.tier),
        at_least=str(screened.at_least),
        sheet=f"{sheet.sheet.header.id} {sheet.sheet.header.version}",
        **amending(amends, amend_reason),
    )
    audit.note(by=by, at=at, verb="risk.screen", on=row, patient=patient, because=row.tier)
    if screened.tier is not RiskTier.TX:  # what was left open or refused is still to be asked
        for duty in [*owed.open_for(patient, queries.RISK_NOT_ASKED), *owed.open_for(patient, queries.RISK_UNSAID)]:
            duties.close_duty(duty, evidence=row, by=by, at=at)
        outcomes.asked(patient, queries.ASKED_AS[form], evidence=row, happened_at=row.happened_at, by=by, at=at)
    put_up_flag(patient, screened.certain, f"C-SSRS screener: {screened.certain}", by=by, at=at)
    if not queries.is_settled(screened, patient, at, by.zone):
        tell(row, screened.at_least, code="cssrs", by=by, at=at)
        follow_up(patient, screened.at_least, by=by, at=at)
    own_what_was_found(patient, by=by, at=at)
    return row


def refuse_screening(form: str, answers: Mapping[str, bool], refused: bool, known: Collection[str]) -> None:
    faults = []
    if form not in ScreenerForm.values:
        faults.append(Refusal("which", "It is not said which form was asked.", "Choose the form on your paper."))
    if set(answers) - set(known):
        faults.append(Refusal("answers", "A question is not of this screener.", "Answer the questions listed."))
    if not answers and not refused:
        faults.append(Refusal("1", "No question is answered.", "Answer what was asked, or say that it was refused."))
    if faults:
        raise Refused(faults)


@transaction.atomic
def record_assessment(
    *,
    patient: Patient,
    found: str,
    finding: str,
    by: Actor,
    at: datetime,
    is_full: bool = False,
    action: str = "",
    means: str = "",
    happened_at: datetime | None = None,
    amends: RiskAssessment | None = None,
    amend_reason: str = "",
) -> RiskAssessment:
    """A clinician's own finding. A full assessment is a prescriber's to sign."""
    access.require(by, "evaluation", "C", patient=patient)
    if is_full:
        access.require(by, "evaluation", "S", patient=patient)
    refuse_assessment(found, finding, action)
    row = RiskAssessment.objects.create(
        **about(patient, by, at, happened_at),
        found=found,
        is_full=is_full,
        finding=finding.strip(),
        action=action.strip(),
        **amending(amends, amend_reason),
    )
    audit.note(by=by, at=at, verb="risk.assess", on=row, patient=patient, because=found)
    if is_full:  # a prescriber's own full assessment stands in for the screener
        after = queries.ASKED_AS[ScreenerForm.SINCE_LAST_VISIT]
        safety.interview_held(patient, after, evidence=row, happened_at=row.happened_at, by=by, at=at)
    if means:
        record_history(
            patient=patient, name=MEANS, answer=means, source=Source.CLINICIAN, happened_at=happened_at, by=by, at=at
        )
    put_up_flag(patient, RiskTier(found), finding, by=by, at=at)
    if RiskTier(found) >= RiskTier.T3:
        tell(row, RiskTier(found), code="found", by=by, at=at)
    follow_up(patient, RiskTier(found), by=by, at=at)
    own_what_was_found(patient, by=by, at=at)
    return row


def refuse_assessment(found: str, finding: str, action: str) -> None:
    faults = []
    if found not in FoundTier.values:
        faults.append(Refusal("found", "No tier is chosen.", "Choose what you found; if you cannot say, ask first."))
    if not finding.strip():
        faults.append(Refusal("finding", "What you found is empty.", "Write it in your own words."))
    if found in (FoundTier.T3, FoundTier.T4) and not action.strip():
        faults.append(Refusal("action", "What is done is empty.", "Say who stays, who was called and what comes next."))
    if faults:
        raise Refused(faults)


def put_up_flag(patient: Patient, tier: RiskTier, words: str, *, by: Actor, at: datetime) -> None:
    """What stops a dose puts up the flag; only two people take it down again, whatever is found later."""
    if reader.risk_findings()[tier].dosing is Dosing.STOP:
        safety.raise_flag(patient=patient, words=words, by=by, at=at)


def tell(row: RiskScreening | RiskAssessment, tier: RiskTier, *, code: str, by: Actor, at: datetime) -> None:
    """The concern and its owner exist, or nothing was saved (H13). One already waiting for this is not doubled,
    except what must be answered now."""
    raises = reader.risk_findings()[tier].raises
    if raises is None:
        return
    reason = f"{code}.{tier}"
    level = Tier(int(raises.removeprefix("T")))
    waiting = concerns.standing(row.patient).filter(reason_code=reason).exists()
    if level == Tier.NOW or not waiting:
        safety.raise_concern(patient=row.patient, tier=level, reason_code=reason, source=row, by=by, at=at)
    outcomes.ask_next_time(row.patient, by=by, at=at)


def follow_up(patient: Patient, tier: RiskTier, *, by: Actor, at: datetime) -> None:
    """Calls after a moderate or higher risk, each a duty of the nurses; those already owed are not doubled."""
    if tier < RiskTier.T2 or queries.calls_due(patient):
        return
    for hours in reader.safety_plan_sheet().contacts_h.values:
        duties.open_duty(
            kind=queries.CALL,
            title=f"Call about safety, {in_words(int(hours))} after",
            patient=patient,
            owner_role=Role.RN,
            due_at=at + timedelta(hours=int(hours)),
            why="A moderate or higher risk was found; the call is owed whatever comes between",
            link=f"/patients/{patient.pk}/evaluation/#risk",
            consequence=Consequence.SAFETY,
            by=by,
            at=at,
        )


def in_words(hours: int) -> str:
    return f"{hours} h" if hours <= 72 else f"{hours // 24} days"


@transaction.atomic
def record_call(*, patient: Patient, result: str, words: str, by: Actor, at: datetime) -> RiskCall:
    """Reached, the call that was due first is done; worried, a clinician judges; not reached, it stays owed."""
    access.require(by, "evaluation", "C", patient=patient)
    due = queries.calls_due(patient)
    faults = []
    if result not in CallResult.values:
        faults.append(Refusal("result", "What came of the call is not said.", "Choose one."))
    if not due:
        faults.append(Refusal("result", "No call is owed.", "Ask the screener anew if you are worried.", "policy"))
    if result == CallResult.WORRIED and not words.strip():
        faults.append(Refusal("words", "What worries you is empty.", "Write it for whoever answers next."))
    if faults:
        raise Refused(faults)
    row = RiskCall.objects.create(**about(patient, by, at), result=result, words=words.strip())
    audit.note(by=by, at=at, verb="risk.call", on=row, patient=patient, because=result)
    if result == CallResult.WORRIED:
        safety.raise_concern(patient=patient, tier=Tier.NOW, reason_code="risk.call.worried", source=row, by=by, at=at)
    if result != CallResult.NOT_REACHED:
        duties.close_duty(due[0], evidence=row, by=by, at=at)
    return row
