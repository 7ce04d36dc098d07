"""Whoever is booked for therapy may open the record: they are assigned to the patient with the booking."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Patient, Role, Staff, User
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.scheduling.queries.house import needs_relation, strangers
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.terms import Booked

# Who stands in for the patient's own therapist sees the record no longer than this after the visit (safety.md, 6).
AFTER_CARE = timedelta(days=30)


def assign_for(row: Visit, one: Booked, *, by: Actor, at: datetime) -> list[CareRelation]:
    """With the same words in a course, by hand and in a re-plan; a therapist of another practice never: they are
    assigned by name, with their last day."""
    day, made = local_day(one.span.starts, by.zone), []
    patient = Patient.objects.get(pk=row.patient_id)
    for user in User.objects.filter(pk__in=[UUID(key) for key in strangers(row.patient_id, needs_relation(one), day)]):
        if not Staff.objects.filter(user=user, clinic_id=row.clinic_id, ended_at=None, role=Role.TH).exists():
            rule = f"{user.name} is of another practice, and is not assigned to this patient on that day."
            raise Refused(Refusal("person", rule, "Assign them by name, with their last day, first.", "policy"))
        if not access.granted(by.role, "demographics", "U", access.relations_to(by, patient)):
            rule = f"{user.name} is not assigned to this patient, and could not open the record."
            raise Refused(Refusal("person", rule, "Choose a therapist who is, or let the desk book it.", "policy"))
        until = last_day(patient, user, day, by, at)
        made.append(people.relate(patient=patient, user=user, kind="therapist", by=by, at=at, until=until))
    return made


def last_day(patient: Patient, user: User, day: date, by: Actor, at: datetime) -> date | None:
    """Who becomes the patient's own therapist stays; who stands in for another, or had a last day, goes."""
    team = [row for row in known.care_team(patient, local_day(at, by.zone)) if row.kind == "therapist"]
    goes = any(row.until is None or row.user_id == user.pk for row in team)
    return day + AFTER_CARE if goes else None
