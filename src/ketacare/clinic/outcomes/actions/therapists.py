"""Whose the integration visit is: nobody's whose access ends before its window does, since they could not open it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Patient, Role, Staff
from ketacare.clinic.tenancy.days import local_day

INTEGRATION = "therapy.integration"
THERAPISTS = (Role.TH, Role.ET)
NO_MORE = "The therapist is not assigned until the window closes"


def assigned_until(patient: Patient, day: date) -> CareRelation | None:
    """Who is the patient's therapist up to this day and through it."""
    rows = CareRelation.objects.filter(patient=patient, kind="therapist", ended_at__isnull=True)
    rows = rows.filter(Q(until__isnull=True) | Q(until__gte=day))
    return rows.select_related("user").order_by("created_at").first()


def role_of(relation: CareRelation) -> Role:
    """From another practice, or of this clinic."""
    posts = Staff.objects.filter(user=relation.user_id, clinic=relation.clinic_id, ended_at__isnull=True)
    return Role.ET if posts.filter(role=Role.ET).exists() else Role.TH


@transaction.atomic
def hand_back(patient: Patient, *, by: Actor, at: datetime) -> int:
    """Integration visits of somebody who is on this case no more go to whoever is, else to the desk that must find
    somebody; how many did."""
    if by.role:  # the hour that it is looked at is nobody's act
        access.require(by, "demographics", "U", patient=patient)
    moved = 0
    for duty in Duty.objects.filter(patient=patient, kind=INTEGRATION, state=DutyState.OPEN, owner_role__in=THERAPISTS):
        last = local_day(duty.late_at, patient.clinic.zone)
        if duty.owner_id is None or is_theirs(patient, duty, last):
            continue
        other = assigned_until(patient, last)
        to_role = role_of(other) if other else Role.FD
        duties.move(duty, to_role=to_role, to=other.user if other else None, reason=NO_MORE, by=by, at=at)
        audit.note(by=by, at=at, verb="integration.hand_back", on=duty, patient=patient)
        moved += 1
    return moved


def is_theirs(patient: Patient, duty: Duty, day: date) -> bool:
    rows = CareRelation.objects.filter(patient=patient, user=duty.owner_id, kind="therapist", ended_at__isnull=True)
    return rows.filter(Q(until__isnull=True) | Q(until__gte=day)).exists()
