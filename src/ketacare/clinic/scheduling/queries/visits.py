"""Reads of the day's visits that other rooms share."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ketacare.clinic.people.access import Actor, patients_visible_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import (
    Chair,
    Hold,
    Resource,
    ResourceKind,
    Visit,
    VisitKind,
    VisitState,
    WeekHours,
)
from ketacare.clinic.scheduling.models.visits import IS_HELD

RUNNING = (VisitState.CHECKED_IN, VisitState.RUNNING, VisitState.RECOVERY)


def clinic_day(zone: str, at: datetime) -> tuple[datetime, datetime]:
    """The clinic's own day around an instant, half-open; 23 or 25 hours long when its clocks change."""
    local = at.astimezone(ZoneInfo(zone))
    start = datetime.combine(local.date(), time(), tzinfo=local.tzinfo)
    return start, datetime.combine(local.date() + timedelta(days=1), time(), tzinfo=local.tzinfo)


def visits_of_day(actor: Actor, kind: VisitKind, *, at: datetime, object_name: str = "session") -> list[Visit]:
    """Today's visits of one kind that this person may see, and any older one that is still open."""
    start, end = clinic_day(actor.zone, at)
    visible = Patient.objects.filter(patients_visible_to(actor, object_name))
    visits = Visit.objects.filter(clinic_id=actor.clinic_id, kind=kind, patient__in=visible).exclude(
        state__in=[VisitState.CANCELLED, VisitState.NO_SHOW]
    )
    today = visits.filter(starts_at__gte=start, starts_at__lt=end)
    still_open = visits.filter(starts_at__lt=start, state__in=[*RUNNING, VisitState.DISCHARGED])
    return list((today | still_open).select_related("patient", "chair").order_by("starts_at"))


def my_visits_to_come(actor: Actor, *, at: datetime, most: int = 6) -> list[Visit]:
    """What this person is booked for after today, of patients whose appointments they may see."""
    if actor.user_id is None:
        return []
    mine = Hold.objects.filter(user_id=actor.user_id, is_held=True, starts_at__gte=clinic_day(actor.zone, at)[1])
    visits = Visit.objects.filter(
        clinic_id=actor.clinic_id,
        state=VisitState.BOOKED,
        pk__in=mine.values("visit_id"),
        patient__in=Patient.objects.filter(patients_visible_to(actor, "appointments")),
    )
    return list(visits.order_by("starts_at")[:most])


def chairs(clinic_id: UUID) -> QuerySet[Chair]:
    return Chair.objects.filter(clinic_id=clinic_id, retired_at=None).order_by("name")


def rooms(clinic_id: UUID) -> list[tuple[UUID, str]]:
    rows = Resource.objects.filter(clinic_id=clinic_id, kind=ResourceKind.ROOM, retired_at=None)
    return list(rows.order_by("name").values_list("pk", "name"))


def visits_in_chairs(clinic_id: UUID) -> QuerySet[Visit]:
    return Visit.objects.filter(clinic_id=clinic_id, state__in=RUNNING).select_related("patient", "chair")


def free_chairs(visit: Visit) -> list[Chair]:
    """Where this visit may be seated: nobody sits there, and no other visit has it at that time."""
    sat_in = {busy.chair_id for busy in visits_in_chairs(visit.clinic_id)}
    at_that_time = Visit.objects.filter(
        IS_HELD, clinic_id=visit.clinic_id, starts_at__lt=visit.ends_at, ends_at__gt=visit.starts_at
    )
    taken = sat_in | set(at_that_time.exclude(pk=visit.pk).values_list("chair_id", flat=True))
    return [chair for chair in chairs(visit.clinic_id) if chair.pk not in taken]


def earlier_visits(visit: Visit) -> QuerySet[Visit]:
    """Visits of the same kind that took place before this one, latest first."""
    return (
        Visit.objects.filter(patient_id=visit.patient_id, kind=visit.kind, starts_at__lt=visit.starts_at)
        .exclude(state__in=[VisitState.CANCELLED, VisitState.NO_SHOW, VisitState.BOOKED])
        .order_by("-starts_at")
    )


def week_row(clinic_id: UUID, user_id: UUID | None) -> WeekHours | None:
    """The usual week that stands, of one person or of the clinic itself."""
    rows = WeekHours.objects.current().filter(clinic_id=clinic_id)
    row: WeekHours | None = (rows.filter(user_id=user_id) if user_id else rows.filter(user=None)).first()
    return row


def dose_begun(patient: Patient, *, since: datetime, until: datetime) -> datetime | None:
    """T0 of the last dose begun in this stretch."""
    return doses_begun(patient, since, until).last()


def first_dose(patient: Patient, *, since: datetime, until: datetime) -> datetime | None:
    """T0 of the first dose begun in this stretch."""
    return doses_begun(patient, since, until).first()


def doses_begun(patient: Patient, since: datetime, until: datetime) -> QuerySet[Visit, datetime | None]:
    rows = Visit.objects.filter(patient=patient, dose_began_at__gte=since, dose_began_at__lte=until)
    return rows.order_by("dose_began_at").values_list("dose_began_at", flat=True)
