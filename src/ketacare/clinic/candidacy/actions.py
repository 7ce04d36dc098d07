"""Writing down what is known of a person, deciding, and beginning the programme."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import (
    Choice,
    Evaluation,
    EvaluationState,
    HistoryAnswer,
    Judgement,
    ListState,
    MedicineList,
    Source,
    TrialEntry,
    Vitals,
)
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.enrolment import actions as enrolment
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.models import FINAL_STEPS, Plan, Step
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Chair, Visit, VisitKind
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.reader import answer_to_json
from ketacare.medicine.evidence.terms import Decision, Reason
from ketacare.medicine.protocols import reader as protocols
from ketacare.medicine.protocols import rules as course
from ketacare.medicine.protocols.terms import Protocol

# A dosing visit as booked: preparation, infusion, watching. A house default until a clinic sets chair times.
VISIT_LENGTH = timedelta(hours=2, minutes=30)
REVIEW_WITHIN = timedelta(days=1)
NEEDS_REASON = frozenset({Choice.CLEARANCE, Choice.NOT_NOW, Choice.NO})


# -- facts --------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_history(
    *,
    patient: Patient,
    name: str,
    answer: str,
    source: Source,
    by: Actor,
    at: datetime,
    settles: bool = False,
    words: str = "",
    happened_at: datetime | None = None,
    amends: HistoryAnswer | None = None,
    amend_reason: str = "",
) -> HistoryAnswer:
    """One answer from one source. Only a prescriber or the director may rule between sources that disagree."""
    access.require(by, "evaluation", "C", patient=patient)
    if settles:
        access.require(by, "evaluation", "S", patient=patient)
    kind = queries.sheet().facts.get(name)
    allowed = set(kind.choices or ("yes", "no")) | {"not_asked", "refused", "unable"} if kind else set()
    if answer not in allowed:
        raise Refused(Refusal(name, "Nothing is chosen that this question allows.", "Choose one of the answers."))
    row = HistoryAnswer.objects.create(
        **about(patient, by, at, happened_at),
        name=name,
        answer=answer,
        source=source,
        settles=settles,
        words=words.strip(),
        **amending(amends, amend_reason),
    )
    audit.note(by=by, at=at, verb="history.record", on=row, patient=patient, because=name)
    return row


@transaction.atomic
def record_trial(
    *,
    patient: Patient,
    by: Actor,
    at: datetime,
    amends: TrialEntry | None = None,
    amend_reason: str = "",
    **told: Any,
) -> TrialEntry:
    access.require(by, "evaluation", "C", patient=patient)
    began = amends.happened_at if amends else None
    row = TrialEntry.objects.create(**about(patient, by, at, began), **told, **amending(amends, amend_reason))
    audit.note(by=by, at=at, verb="trial.record", on=row, patient=patient)
    return row


@transaction.atomic
def record_medicines(
    *, patient: Patient, state: ListState, entries: list[dict[str, str]], by: Actor, at: datetime
) -> MedicineList:
    """The whole list as told today; the list before stays readable beneath it."""
    access.require(by, "evaluation", "C", patient=patient)
    earlier = queries.medicines(patient)
    row = MedicineList.objects.create(
        **about(patient, by, at),
        state=state,
        entries=entries,
        amends=earlier,
        amend_reason="asked again" if earlier else "",
    )
    audit.note(by=by, at=at, verb="medicines.record", on=row, patient=patient)
    return row


@transaction.atomic
def record_vitals(
    *,
    patient: Patient,
    systolic_mmhg: int,
    diastolic_mmhg: int,
    by: Actor,
    at: datetime,
    pulse_per_min: int | None = None,
    spo2_percent: int | None = None,
    amends: Vitals | None = None,
    amend_reason: str = "",
) -> Vitals:
    access.require(by, "evaluation", "C", patient=patient)
    row = Vitals.objects.create(
        **about(patient, by, at, amends.happened_at if amends else None),
        systolic_mmhg=systolic_mmhg,
        diastolic_mmhg=diastolic_mmhg,
        pulse_per_min=pulse_per_min,
        spo2_percent=spo2_percent,
        **amending(amends, amend_reason),
    )
    audit.note(by=by, at=at, verb="vitals.record", on=row, patient=patient)
    return row


def amending(earlier: Any, reason: str) -> dict[str, Any]:
    """The columns of an amendment; refused without a reason, or when somebody amended it first."""
    if earlier is None:
        return {}
    if not reason.strip():
        raise Refused(Refusal("amend_reason", "The reason is empty.", "Say in a few words what was wrong."))
    if type(earlier).objects.filter(amends=earlier).exists():
        raise Refused(Refusal("amend_reason", "Somebody amended this already.", "Open it again.", "policy"))
    return {"amends": earlier, "amend_reason": reason.strip()}


# -- the working text ---------------------------------------------------------------------------------------------


@transaction.atomic
def begin_evaluation(*, patient: Patient, by: Actor, at: datetime) -> Evaluation:
    """The open evaluation of a person, begun now if there is none; the referral shows that it has begun."""
    access.require(by, "evaluation", "C", patient=patient)
    found = queries.open_evaluation(patient)
    if found is not None:
        return found
    row = Evaluation.objects.create(
        organisation_id=by.organisation_id, clinic_id=by.clinic_id, created_at=at, patient=patient
    )
    audit.note(by=by, at=at, verb="evaluation.begin", on=row, patient=patient)
    return row


@transaction.atomic
def write_impression(*, evaluation: Evaluation, text: str, version: int, by: Actor, at: datetime) -> Evaluation:
    """Save the working text, unless somebody saved first: then both texts are shown (I4)."""
    access.require(by, "evaluation", "U", patient=evaluation.patient)
    tenancy.claim_version(evaluation, version, yours=text)
    Evaluation.objects.filter(pk=evaluation.pk).update(impression=text)
    evaluation.impression = text
    audit.note(by=by, at=at, verb="impression.write", on=evaluation, patient=evaluation.patient)
    return evaluation


# -- the decision -------------------------------------------------------------------------------------------------


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


# -- the programme ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """A course before it is signed: the protocol, its days, the hour and the chair."""

    protocol: Protocol
    days: tuple[date, ...]
    starts: time
    chair: Chair | None = None


def propose(*, sheet_id: str, first_on: date, starts: time, chair: Chair | None) -> Proposal:
    """The days the sheet proposes; refused in words when there is no open day near."""
    protocol = protocols.protocol(sheet_id)
    try:
        days = course.course_dates(protocol, first_on)
    except course.NoRoomForDose as fault:
        raise Refused(Refusal("first_on", str(fault), ""))
    return Proposal(protocol, days, starts, chair)


@transaction.atomic
def begin_programme(
    *,
    patient: Patient,
    proposal: Proposal,
    by: Actor,
    at: datetime,
    dose_mg_per_kg: Decimal | None = None,
    goals: str = "",
) -> Plan:
    """Enrol, sign the plan and book its visits, all or nothing. Only after the prescriber has accepted."""
    access.require(by, "plan", "S", patient=patient)
    accepted = queries.judgement(patient)
    if accepted is None or accepted.choice != Choice.ACCEPT:
        raise Refused(
            Refusal("protocol", "Nobody has accepted this person yet.", "Decide in the evaluation first.", "policy")
        )
    row = enrolment.enrol(patient=patient, sheet_id=proposal.protocol.id, judgement_id=accepted.pk, by=by, at=at)
    plan = enrolment.sign_plan(
        enrolment=row,
        protocol=proposal.protocol,
        first_on=proposal.days[0],
        dose_mg_per_kg=dose_mg_per_kg,
        goals=goals,
        by=by,
        at=at,
    )
    book_course(patient, proposal, by=by, at=at)
    for duty in owed.open_for(patient, "enrol"):
        duties.close_duty(duty, evidence=plan, by=by, at=at)
    audit.note(by=by, at=at, verb="programme.begin", on=plan, patient=patient)
    return plan


def book_course(patient: Patient, proposal: Proposal, *, by: Actor, at: datetime) -> list[Visit]:
    zone = ZoneInfo(by.zone)
    visits = []
    for number, day in enumerate(proposal.days, start=1):
        starts_at = datetime.combine(day, proposal.starts, tzinfo=zone)
        visits.append(
            scheduling.book_visit(
                patient=patient,
                kind=VisitKind.DOSE,
                starts_at=starts_at,
                ends_at=starts_at + VISIT_LENGTH,
                chair=proposal.chair,
                number_in_course=number,
                by=by,
                at=at,
            )
        )
    return visits
