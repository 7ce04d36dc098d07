"""Receiving a referral, saying whom it is about, following it, enrolling and signing a plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.enrolment import queries
from ketacare.clinic.enrolment.access import chain_of
from ketacare.clinic.enrolment.models import (
    FINAL_STEPS,
    Enrolment,
    EnrolmentState,
    Plan,
    Referral,
    ReferralStep,
    Source,
    Step,
    Urgency,
)
from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.protocols import queries as adopted
from ketacare.clinic.protocols.models import Adoption
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import reader as outcomes
from ketacare.medicine.protocols import reader
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.quantities.terms import Mass, MassPerWeight

# Within how long somebody must have looked (house defaults until a clinic sets its own).
ANSWER_WITHIN = {
    Urgency.CRISIS: timedelta(hours=1),
    Urgency.URGENT: timedelta(hours=48),
    Urgency.SOON: timedelta(days=7),
    Urgency.ROUTINE: timedelta(days=14),
}
CONSEQUENCE = {Urgency.CRISIS: Consequence.LIFE, Urgency.URGENT: Consequence.SAFETY}


@dataclass(frozen=True)
class Person:
    """Who a referral says it is about, and how they may be reached."""

    family: str
    given: str
    born_on: date
    sex: str = "unknown"
    telephone: str = ""
    email: str = ""
    may_text: bool | None = None
    may_email: bool | None = None
    voicemail_is_safe: bool | None = None


@transaction.atomic
def receive_referral(
    *,
    person: Person,
    source: Source,
    reason: str,
    urgency: Urgency,
    by: Actor,
    at: datetime,
    referrer_name: str = "",
    is_known: Patient | None = None,
) -> Referral:
    """Keep a referral and give it an owner. Whoever may register people says at once whom it is about: `is_known`, or
    somebody new; from anybody else it waits for the front desk."""
    access.require(by, "referral", "C")
    if person.born_on > local_day(at, by.zone):
        raise Refused(Refusal("born_on", f"{person.born_on:%d-%b-%Y} is in the future.", "Check the year."))
    outside = by.role == Role.RC
    referral = Referral.objects.create(
        **stamped(by, at),
        **asdict(person),
        source=Source.CLINICIAN if outside else source,
        referrer_id=by.user_id if outside else None,
        referrer_name=by.name if outside else referrer_name.strip(),
        reason=reason.strip(),
        urgency=urgency,
        answer_due_at=at + ANSWER_WITHIN[urgency],
    )
    audit.note(by=by, at=at, verb="referral.receive", on=referral, because=str(urgency))
    if access.may(by, "demographics", "C"):
        identify(referral=referral, patient=is_known, by=by, at=at)
    else:
        ask_front_desk(referral, by=by, at=at)
    return referral


def ask_front_desk(referral: Referral, *, by: Actor, at: datetime) -> None:
    """A referral from outside names a person, but only the desk may say which one of ours."""
    duties.open_duty(
        kind="identify",
        title="Say whom a new referral is about",
        patient=None,
        owner_role=Role.FD,
        due_at=min(at + timedelta(hours=4), referral.answer_due_at),
        why=f"Referral received, {Urgency(referral.urgency).label.lower()}",
        link=link_to(referral),
        consequence=CONSEQUENCE.get(Urgency(referral.urgency), Consequence.CARE),
        by=by,
        at=at,
    )


@transaction.atomic
def identify(*, referral: Referral, patient: Patient | None, by: Actor, at: datetime) -> Patient:
    """Say whom a referral is about: an existing person, or None for somebody new, who is registered now."""
    access.require(by, "demographics", "C")
    if patient is not None:
        access.require(by, "demographics", "U", patient=patient)
    if queries.waiting(referral, at).patient is not None:
        raise Refused(Refusal("person", "Somebody has already said whom this is about.", "Open it again.", "policy"))
    patient = patient or register(referral, by=by, at=at)
    follow(referral=referral, step=Step.IDENTIFIED, patient=patient, by=by, at=at)
    if referral.referrer_id is not None:
        people.relate(patient=patient, user=User.objects.get(pk=referral.referrer_id), kind="referrer", by=by, at=at)
    ask_for_evaluation(referral, patient, by=by, at=at)
    close_open("identify", referral, by=by, at=at)
    return patient


def register(referral: Referral, *, by: Actor, at: datetime) -> Patient:
    reach = ("telephone", "email", "may_text", "may_email", "voicemail_is_safe")
    return people.register_patient(
        family=referral.family,
        given=referral.given,
        born_on=referral.born_on,
        sex=referral.sex,
        contact={name: getattr(referral, name) for name in reach},
        by=by,
        at=at,
    )


def ask_for_evaluation(referral: Referral, patient: Patient, *, by: Actor, at: datetime) -> None:
    urgency = Urgency(referral.urgency)
    duties.open_duty(
        kind="evaluation",
        title="Call now: referred in crisis" if urgency is Urgency.CRISIS else "Evaluate a referred person",
        patient=patient,
        owner_role=Role.RX,
        due_at=referral.answer_due_at,
        why=f"Referral received, {urgency.label.lower()}",
        link=f"/patients/{patient.pk}/evaluation/",
        consequence=CONSEQUENCE.get(urgency, Consequence.CARE),
        by=by,
        at=at,
    )


def close_open(kind: str, referral: Referral, *, by: Actor, at: datetime) -> None:
    """A duty keeps the link it was opened with, which may be to an earlier version of an amended referral."""
    links = [reverse("referral", args=[version]) for version in chain_of(referral)]
    for duty in Duty.objects.filter(clinic_id=by.clinic_id, kind=kind, link__in=links, state=DutyState.OPEN):
        duties.close_duty(duty, evidence=referral, by=by, at=at)


@transaction.atomic
def follow(
    *, referral: Referral, step: Step, by: Actor, at: datetime, words: str = "", patient: Patient | None = None
) -> ReferralStep:
    """Write down what happened to a referral. Declining and withdrawing say why and end the prescriber's duty."""
    known = patient or queries.waiting(referral, at).patient
    access.require(by, "referral", "U" if step in FINAL_STEPS else "C", patient=known)
    if step in FINAL_STEPS - {Step.ACCEPTED} and not words.strip():
        raise Refused(Refusal("words", "The reason is empty.", "Say in a few words why it ends here."))
    row = ReferralStep.objects.create(
        **stamped(by, at), referral=referral, step=step, patient=patient, words=words.strip()
    )
    audit.note(by=by, at=at, verb=f"referral.{step}", on=row, patient=known)
    if step in FINAL_STEPS and known is not None:
        for duty in owed.open_for(known, "evaluation"):
            duties.close_duty(duty, evidence=row, by=by, at=at)
    return row


@transaction.atomic
def amend_referral(*, referral: Referral, changes: dict[str, Any], reason: str, by: Actor, at: datetime) -> Referral:
    """Write the referral again with what was wrong put right; the old words stay readable beneath (I1)."""
    access.require(by, "referral", "C")
    if not reason.strip():
        raise Refused(Refusal("amend_reason", "The reason is empty.", "Say in a few words what was wrong."))
    if Referral.objects.filter(amends=referral).exists():
        raise Refused(Refusal("reason", "Somebody amended this while you had it open.", "Open it again.", "policy"))
    kept = {
        field.name: getattr(referral, field.attname if field.is_relation else field.name)
        for field in Referral._meta.concrete_fields
        if not field.is_relation and field.name not in {"id", *stamped(by, at), "amend_reason", "in_error"}
    }
    row = Referral.objects.create(
        **stamped(by, at, happened_at=referral.happened_at),
        **{**kept, **changes},
        referrer_id=referral.referrer_id,
        amends=referral,
        amend_reason=reason.strip(),
    )
    audit.note(by=by, at=at, verb="referral.amend", on=row, patient=queries.waiting(row, at).patient)
    return row


@transaction.atomic
def enrol(
    *, patient: Patient, sheet_id: str, judgement_id: UUID, treats: str = "", by: Actor, at: datetime
) -> Enrolment:
    """Put an accepted patient under an adopted protocol. The room above has checked who accepted, when and for what."""
    access.require(by, "plan", "C", patient=patient)
    if queries.current_enrolment(patient) is not None:
        raise Refused(Refusal("protocol", "This person is already enrolled.", "End that enrolment first.", "policy"))
    row = Enrolment.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        patient=patient,
        adoption=adoption_in_force(by.clinic_id, sheet_id),
        sheets={**adopted.versions_in_force(by.clinic_id), "cadence": outcomes.cadence_sheet().version},
        treats=treats,
        judgement_id=judgement_id,
    )
    audit.note(
        by=by, at=at, verb="enrolment.open", on=row, patient=patient, because=f"{row.sheet_id} {row.sheet_version}"
    )
    return row


def adoption_in_force(clinic_id: UUID, sheet_id: str) -> Adoption:
    if (why := reader.unordered(sheet_id)) is not None:
        words = f"{why.words} ({why.rule})."
        raise Refused(Refusal("protocol", words, "Choose a protocol that can be ordered.", "policy"))
    if sheet_id not in {protocol.id for protocol in adopted.protocols_in_force(clinic_id)}:
        raise Refused(
            Refusal(
                "protocol",
                "This protocol is not adopted in this clinic.",
                "Ask the medical director to read and adopt it.",
                "policy",
            )
        )
    row = adopted.adoption(clinic_id, sheet_id)
    assert row is not None
    return row


@transaction.atomic
def sign_plan(
    *,
    enrolment: Enrolment,
    protocol: Protocol,
    first_on: date,
    by: Actor,
    at: datetime,
    dose_mg_per_kg: Decimal | None = None,
    goals: str = "",
    other_product: str = "",
    setting: str = "",
    amend_reason: str = "",
) -> Plan:
    """Sign the plan of a course; a later plan amends the one before and says why."""
    access.require(by, "plan", "S", patient=enrolment.patient)
    earlier = queries.current_plan(enrolment)
    dose = protocol.dose if dose_mg_per_kg is None else MassPerWeight(dose_mg_per_kg)
    raise_if_any(faults_of(enrolment, protocol, dose, first_on, earlier, amend_reason, local_day(at, by.zone)))
    row = Plan.objects.create(
        **people.about(enrolment.patient, by, at),
        enrolment=enrolment,
        sheet_id=protocol.id,
        sheet_version=protocol.version,
        drug=protocol.drug,
        route=protocol.route,
        dose_mg_per_kg=dose.amount if isinstance(dose, MassPerWeight) else None,
        dose_mg=dose.amount if isinstance(dose, Mass) else None,
        infusion_min=None if protocol.minutes is None else protocol.minutes.amount,
        sessions=protocol.sessions,
        first_on=first_on,
        goals=goals.strip(),
        other_product=other_product.strip()[:300],
        setting=setting.strip()[:300],
        amends=earlier,
        amend_reason=amend_reason.strip(),
    )
    Enrolment.objects.filter(pk=enrolment.pk).update(state=EnrolmentState.ACTIVE)
    enrolment.state = EnrolmentState.ACTIVE
    audit.note(
        by=by, at=at, verb="plan.sign", on=row, patient=enrolment.patient, because=f"{protocol.id} {protocol.version}"
    )
    return row


def faults_of(
    enrolment: Enrolment,
    protocol: Protocol,
    dose: MassPerWeight | Mass,
    first_on: date,
    earlier: Plan | None,
    amend_reason: str,
    today: date,
) -> list[Refusal]:
    faults = [fault] if (fault := outside(protocol, dose)) else []
    if protocol.id != enrolment.sheet_id or protocol.version != enrolment.sheet_version:
        faults.append(
            Refusal("protocol", "The sheet changed since enrolment.", "Enrol under the new version.", "policy")
        )
    if first_on < today:
        faults.append(Refusal("first_on", f"{first_on:%d-%b-%Y} is past.", "Choose today or later."))
    if earlier is not None and not amend_reason.strip():
        faults.append(Refusal("amend_reason", "A plan is already signed.", "Say in a few words why it changes."))
    return faults


def outside(protocol: Protocol, dose: MassPerWeight | Mass) -> Refusal | None:
    """A plan stays inside the lines of its sheet; what goes beyond them is decided on the day, by two."""
    lines = protocol.ceilings
    low, high = lines.floor_by_weight, lines.most_by_weight
    if isinstance(dose, Mass) or low is None or high is None:
        return None
    if low <= dose <= high:
        return None
    return Refusal("dose_mg_per_kg", f"{dose} is outside {low} to {high}.", "Choose a dose inside the sheet.")


def raise_if_any(faults: list[Refusal]) -> None:
    if faults:
        raise Refused(faults)


def link_to(referral: Referral) -> str:
    """Where a referral is worked on; duties carry paths, never names."""
    return reverse("referral", args=[referral.pk])


def stamped(by: Actor, at: datetime, happened_at: datetime | None = None) -> dict[str, Any]:
    """The columns every fact carries."""
    return {
        "organisation_id": by.organisation_id,
        "clinic_id": by.clinic_id,
        "happened_at": happened_at or at,
        "recorded_at": at,
        "recorded_by_id": by.user_id,
    }
