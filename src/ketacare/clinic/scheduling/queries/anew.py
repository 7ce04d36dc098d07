"""What a re-plan is judged by: the site as it now is, every visit of the coming days, the rules of their courses."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Course, Visit, VisitState
from ketacare.clinic.scheduling.planner import Setting, displaced_in
from ketacare.clinic.scheduling.queries.house import booked_in, course_rules_of, house_of
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.scheduling.terms import Span

DAYS = 14


def setting_now(actor: Actor, at: datetime) -> tuple[Setting, list[str]]:
    """From the next quarter hour on; whoever was booked with nobody in particular has lost nothing."""
    local = at.astimezone(ZoneInfo(actor.zone))
    starts = local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    horizon = Span(starts, starts + timedelta(days=DAYS))
    clinic = Clinic.objects.get(pk=actor.clinic_id)
    around = Span(starts - timedelta(days=DAYS), horizon.ends + timedelta(days=DAYS))
    calendar = tuple(booked_in(clinic.pk, around))
    rows = Course.objects.filter(clinic_id=clinic.pk, ended_at=None)
    courses = {str(row.patient_id): course_rules_of(row) for row in rows}
    setting = Setting(house_of(clinic, around), calendar, courses, horizon)
    ahead = Visit.objects.filter(clinic_id=clinic.pk, state=VisitState.BOOKED, starts_at__gte=starts)
    booked = {str(pk) for pk in ahead.filter(starts_at__lt=horizon.ends).values_list("pk", flat=True)}
    planned = {one.key for one in calendar if one.person}
    return setting, [key for key in displaced_in(setting, after=starts) if key in booked & planned]
