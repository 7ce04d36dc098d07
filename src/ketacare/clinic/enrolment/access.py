"""The doors to a referral and to an enrolment."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from ketacare.clinic.enrolment.models import Enrolment, Referral, ReferralStep
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Patient, Role

WHOLE_CLINIC = frozenset({"clinic"})


def referral_of(actor: Actor, referral_id: UUID, act: str = "R", *, at: datetime) -> Referral:
    """The referral as it reads now, however old the link; a referring clinician reaches only those they sent."""
    referral: Referral | None = Referral.objects.filter(pk=referral_id, clinic_id=actor.clinic_id).first()
    if referral is None:
        raise NotHere
    while later := Referral.objects.filter(amends=referral).first():
        referral = later
    patient = patient_in(referral)
    if not may_reach(actor, referral, patient, act):
        raise NotAllowed("referral", act)
    if patient is not None:
        access.opened(actor, patient, "referral", at=at)
    return referral


def may_reach(actor: Actor, referral: Referral, patient: Patient | None, act: str) -> bool:
    if actor.role == Role.RC:
        return referral.referrer_id == actor.user_id and access.may(actor, "referral", act)
    if patient is not None:
        return access.granted(actor.role, "referral", act, access.relations_to(actor, patient))
    return access.granted(actor.role, "referral", act, WHOLE_CLINIC)


def referrals_visible_to(actor: Actor) -> QuerySet[Referral]:
    """Referrals that still stand, through the same door as one (P1)."""
    rows = Referral.objects.current().filter(clinic_id=actor.clinic_id)
    if actor.role == Role.RC:
        return rows.filter(referrer_id=actor.user_id)
    if access.granted(actor.role, "referral", "R", WHOLE_CLINIC):
        return rows
    theirs = Patient.objects.filter(access.patients_visible_to(actor, "referral"))
    return rows.filter(pk__in=[row.pk for row in rows if patient_in(row) in set(theirs)])


def chain_of(referral: Referral) -> list[UUID]:
    """Ids of a referral and of everything it amends: steps stay with the version they were written beside."""
    ids = [referral.pk]
    earlier = referral.amends
    while earlier is not None:
        ids.append(earlier.pk)
        earlier = earlier.amends
    return ids


def patient_in(referral: Referral) -> Patient | None:
    """Whom the front desk found it to be about."""
    step = (
        ReferralStep.objects.current()
        .filter(referral__in=chain_of(referral), patient__isnull=False)
        .select_related("patient")
        .order_by("recorded_at")
        .last()
    )
    return step.patient if step else None


def enrolment_of(actor: Actor, enrolment_id: UUID, act: str = "R", *, at: datetime) -> Enrolment:
    row = (
        Enrolment.objects.filter(pk=enrolment_id, clinic_id=actor.clinic_id)
        .select_related("patient", "adoption")
        .first()
    )
    if row is None:
        raise NotHere
    access.require(actor, "plan", act, patient=row.patient)
    access.opened(actor, row.patient, "plan", at=at)
    return row
