"""Deciding, and what follows from it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.text import begin_evaluation
from ketacare.clinic.candidacy.models import Choice, Evaluation, EvaluationState, Judgement
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.enrolment import actions as enrolment
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.models import FINAL_STEPS, Step
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.reader import answer_to_json
from ketacare.medicine.evidence.terms import Decision, Reason

REVIEW_WITHIN = timedelta(days=1)
NEEDS_REASON = frozenset({Choice.CLEARANCE, Choice.NOT_NOW, Choice.NO})


@transaction.atomic
def decide(
    *, patient: Patient, choice: Choice, reason: str, by: Actor, at: datetime, agreed_with: User | None = None
) -> Judgement:
    """The prescriber's decision beside the sheets' answer of this moment. Going against a criterion names it, says
    why, and is listed for the medical director; a criterion that nobody may override stays."""
    access.require(by, "evaluation", "S", patient=patient)
    evaluation = begin_evaluation(patient=patient, by=by, at=at) if may_begin(by) else open_or_refuse(patient)
    decision = queries.answer_so_far(patient, at=at, zone=by.zone).decision
    against = list(decision.deciding) if choice is Choice.ACCEPT else []
    refuse_decision(choice, reason, against)
    row = Judgement.objects.create(
        **about(patient, by, at),
        evaluation=evaluation,
        choice=choice,
        reason=reason.strip(),
        outcome=str(decision.outcome),
        answer=answer_to_json(decision),
        overrides=[item.criterion for item in against],
        agreed_with=agreed_with,
    )
    audit.note(by=by, at=at, verb=f"candidacy.{choice}", on=row, patient=patient, because=str(decision.outcome))
    if choice in (Choice.ACCEPT, Choice.NO):
        Evaluation.objects.filter(pk=evaluation.pk).update(state=EvaluationState.DECIDED)
    after_decision(row, decision, by=by, at=at)
    return row


def may_begin(by: Actor) -> bool:
    return access.may(by, "evaluation", "C")


def open_or_refuse(patient: Patient) -> Evaluation:
    found = queries.open_evaluation(patient)
    if found is None:
        raise Refused(Refusal("choice", "No evaluation is open.", "A prescriber begins one first.", "policy"))
    return found


def refuse_decision(choice: Choice, reason: str, against: list[Reason]) -> None:
    faults = [
        Refusal(
            "choice",
            f"{item.title} holds this back and nobody may override it.",
            "Record what is missing, or decide otherwise.",
            "policy",
        )
        for item in against
        if item.override == "none"
    ]
    if (against or choice in NEEDS_REASON) and not reason.strip():
        faults.append(Refusal("reason", "The reason is empty.", "Say why in words a colleague would understand."))
    if faults:
        raise Refused(faults)


def after_decision(row: Judgement, decision: Decision, *, by: Actor, at: datetime) -> None:
    """Duties that this decision ends and begins, and the step that the referrer sees."""
    if row.choice in (Choice.ACCEPT, Choice.NO):
        for duty in owed.open_for(row.patient, "evaluation"):
            duties.close_duty(duty, evidence=row, by=by, at=at)
        tell_referrals(row, by=by, at=at)
    if row.overrides:
        ask(row, "review_override", "Review a decision against the sheet", Role.MD, by=by, at=at)
    if row.choice == Choice.ACCEPT:
        ask(row, "enrol", "Enrol and sign the plan", Role.RX, page="enrolment", by=by, at=at)
    if row.choice == Choice.CLEARANCE:
        ask(row, "clearance", "Ask for the clearance", Role.RX, by=by, at=at, within=timedelta(days=3))


def tell_referrals(row: Judgement, *, by: Actor, at: datetime) -> None:
    step = Step.ACCEPTED if row.choice == Choice.ACCEPT else Step.DECLINED
    for referral in enrolled.referrals_about(row.patient):
        if enrolled.waiting(referral, at).step not in FINAL_STEPS:
            enrolment.follow(referral=referral, step=step, words=row.get_choice_display(), by=by, at=at)


def ask(
    row: Judgement,
    kind: str,
    title: str,
    owner_role: Role,
    *,
    by: Actor,
    at: datetime,
    page: str = "evaluation",
    within: timedelta = REVIEW_WITHIN,
) -> None:
    duties.open_duty(
        kind=kind,
        title=title,
        patient=row.patient,
        owner_role=owner_role,
        due_at=at + within,
        why=f"Decided: {row.get_choice_display().lower()}",
        link=f"/patients/{row.patient_id}/{page}/",
        by=by,
        at=at,
    )
