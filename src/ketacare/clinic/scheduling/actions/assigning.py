"""Whoever is booked for therapy may open the record: they are assigned to the patient with the booking, and no longer
than they have a visit with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Patient, Role, Staff, User
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.models import GIVEN_UP, Hold, Visit, VisitState
from ketacare.clinic.scheduling.queries.house import needs_relation, strangers
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.terms import Booked

# Who stands in for the patient's own therapist sees the record no longer than this after the visit (safety.md, 6).
AFTER_CARE = timedelta(days=30)
# Who is booked anew within this time after a cancelling was never gone.
SAME_DAY = timedelta(days=1)


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
        first = comes_back(patient, user, by, at)
        until = None if first else last_day(patient, user, day, by, at)
        made.append(
            people.relate(
                patient=patient, user=user, kind="therapist", by=by, at=at, until=until, by_booking=True, goes_on=first
            )
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


def own(patient: Patient, by: Actor, at: datetime) -> list[CareRelation]:
    team = known.care_team(patient, local_day(at, by.zone))
    return [row for row in team if row.kind == "therapist" and row.until is None]


def has_own(patient: Patient, by: Actor, at: datetime) -> bool:
    return bool(own(patient, by, at))


def comes_back(patient: Patient, user: User, by: Actor, at: datetime) -> CareRelation | None:
    """They were the patient's own by a booking, their visit was cancelled, and they are booked anew within the day: the
    first of their assignments that this one goes on with. What the patient shared with them is theirs to read, and not
    what was shared between; who stood in for them and became the own one meanwhile stands in again. Whom somebody took
    off by name does not come back by a booking."""
    rows = CareRelation.objects.filter(patient=patient, user=user, kind="therapist", ended_at__gt=at - SAME_DAY)
    gone = rows.order_by("ended_at").last()
    if gone is None or gone.ended_at is None or not gone.by_booking or gone.until is not None:
        return None
    if not last_placings(gone).filter(visit__state__in=GIVEN_UP).exists():
        return None
    now = own(patient, by, at)
    if not all(row.by_booking and row.created_at < gone.ended_at for row in now):
        return None
    for row in now:
        ends = last_placings(row).order_by("ends_at").values_list("ends_at", flat=True).last() or at
        until = local_day(max(ends, at), by.zone) + AFTER_CARE
        people.relate(patient=patient, user=row.user, kind=row.kind, by=by, at=at, until=until, by_booking=True)
    return gone.goes_on or gone


def take_back(visits: Iterable[Visit], *, by: Actor, at: datetime) -> None:
    """After an act as a whole: whom bookings alone assigned, and who has no visit with this patient any more, sees the
    record no more. Where that was their own therapist, whoever stands in by a booking and has a visit ahead is that
    from here on."""
    of: dict[UUID, list[Visit]] = defaultdict(list)
    for visit in visits:
        of[visit.patient_id].append(visit)
    for patient in Patient.objects.filter(pk__in=of).order_by("pk"):
        take_back_of(patient, of[patient.pk], by=by, at=at)


def take_back_of(patient: Patient, visits: list[Visit], *, by: Actor, at: datetime) -> None:
    held = Hold.objects.filter(visit__in=visits).exclude(user=None).values("user_id")
    gone = [row for row in by_booking(patient).filter(user_id__in=held) if not works_with(row)]
    for row in gone:
        people.close_relation(row, because=people.WITH_BOOKING, by=by, at=at)
    if gone:
        tell(patient, by=by, at=at)
    if all(row.until is not None for row in gone):
        return
    if access.granted(by.role, "demographics", "U", access.relations_to(by, patient)) and succeed(patient, by, at):
        tell(patient, by=by, at=at)


def succeed(patient: Patient, by: Actor, at: datetime) -> bool:
    """Where the patient's own therapist is that no more, whoever stands in by a booking and has a visit ahead is it
    from here on; whether there is somebody. Part of an act that was allowed."""
    if has_own(patient, by, at):
        return False
    standing = by_booking(patient).filter(Q(until=None) | Q(until__gte=local_day(at, by.zone)))
    for row in standing.order_by("created_at", "pk"):
        if last_placings(row).filter(is_held=True, ends_at__gt=at).exists():
            people.set_last_day(row, None, by_booking=True, because="nobody else is", by=by, at=at)
            return True
    return False


def by_booking(patient: Patient) -> QuerySet[CareRelation]:
    return CareRelation.objects.filter(patient=patient, kind="therapist", ended_at=None, by_booking=True)


def last_placings(row: CareRelation) -> QuerySet[Hold]:
    """What they hold or held of this patient's visits, each as it was placed last: an earlier placing went to somebody
    else, or to another hour."""
    newer = Hold.objects.filter(visit=OuterRef("visit"), created_at__gt=OuterRef("created_at"))
    return Hold.objects.filter(~Exists(newer), user=row.user_id, visit__patient=row.patient_id)


def works_with(row: CareRelation) -> bool:
    """A visit with this patient is theirs, or took place with them; one that the patient did not come to did not."""
    took_place = ~Q(visit__state__in=(VisitState.BOOKED, *GIVEN_UP))
    return last_placings(row).filter(Q(is_held=True) | took_place).exists()
