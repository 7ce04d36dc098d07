"""Whoever is booked for therapy may open the record: they are assigned to the patient with the booking, and no longer
than they have a visit with them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Patient, Role, Staff, User
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.models import Hold, Visit, VisitState
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
        made.append(
            people.relate(patient=patient, user=user, kind="therapist", by=by, at=at, until=until, by_booking=True)
        )
    if made:
        tell(patient, by=by, at=at)
    return made


def tell(patient: Patient, *, by: Actor, at: datetime) -> None:
    for follows in above.team_changed:
        follows(patient, by, at)


def last_day(patient: Patient, user: User, day: date, by: Actor, at: datetime) -> date | None:
    """Who becomes the patient's own therapist stays; who stands in for another, or had a last day, goes."""
    had = CareRelation.objects.filter(patient=patient, user=user, kind="therapist", ended_at=None).exclude(until=None)
    return day + AFTER_CARE if had.exists() or has_own(patient, by, at) else None


def has_own(patient: Patient, by: Actor, at: datetime) -> bool:
    team = known.care_team(patient, local_day(at, by.zone))
    return any(row.kind == "therapist" and row.until is None for row in team)


def take_back(visit: Visit, *, by: Actor, at: datetime) -> None:
    """Whom bookings alone assigned, and who has no visit with this patient any more, sees the record no more. Where
    that was their own therapist, whoever stood in by a booking and has their visits now is that from here on."""
    patient = Patient.objects.get(pk=visit.patient_id)
    held = Hold.objects.filter(visit=visit).exclude(user=None).values("user_id")
    gone = [row for row in by_booking(patient).filter(user_id__in=held) if not works_with(row)]
    for row in gone:
        people.close_relation(row, because="booking", by=by, at=at)
    if gone:
        tell(patient, by=by, at=at)
    if all(row.until is not None for row in gone) or has_own(patient, by, at):
        return
    if not access.granted(by.role, "demographics", "U", access.relations_to(by, patient)):
        return
    for row in by_booking(patient).order_by("created_at", "pk"):
        if works_with(row):
            people.relate(patient=patient, user=row.user, kind=row.kind, by=by, at=at, by_booking=True)
            tell(patient, by=by, at=at)
            return


def by_booking(patient: Patient) -> QuerySet[CareRelation]:
    return CareRelation.objects.filter(patient=patient, kind="therapist", ended_at=None, by_booking=True)


def works_with(row: CareRelation) -> bool:
    """A visit with this patient is theirs, or took place; also one that the patient did not come to."""
    visits = Hold.objects.filter(user=row.user_id, visit__patient=row.patient_id)
    took_place = ~Q(visit__state__in=(VisitState.BOOKED, VisitState.CANCELLED))
    return visits.filter(Q(is_held=True) | took_place).exists()
