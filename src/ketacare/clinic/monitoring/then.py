"""How a visit stood at a moment that has passed: what was measured by then, and what alarmed, also if it has ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.monitoring import queries
from ketacare.clinic.monitoring.models import AlarmSignal
from ketacare.clinic.monitoring.unjudged import FAILED
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring.rules.pressure import OfTheDose, of_the_dose
from ketacare.medicine.monitoring.terms import CUFF, Channel, Kind, Presence, Priority, Side

LOUD = (Priority.MEDIUM.word, Priority.HIGH.word)
LASTS = frozenset({Presence.PRESENT, Presence.CLEARING})  # a condition that is clearing has not ended (A4)


def last_taken(visit: Visit, channel: Channel, before: datetime) -> datetime | None:
    """When the newest usable value of before then was taken."""
    rows = queries.readings(visit).filter(channel=channel, quality="good", taken_at__lt=before)
    return rows.order_by("-taken_at").values_list("taken_at", flat=True).first()


def pressure_of_dose(visit: Visit, since: datetime, before: datetime) -> OfTheDose:
    """What the pressures of a dose that began then, taken until before then, say of more of it."""
    rows = queries.readings(visit).filter(channel__in=CUFF, quality="good", taken_at__gte=since, taken_at__lt=before)
    values = rows.order_by("taken_at", "id").values_list("channel", "taken_at", "value")
    judged = ((Channel(channel), taken_at, value) for channel, taken_at, value in values if value is not None)
    return of_the_dose(judged, queries.limits_that_hold(visit))


def alarmed(visit: Visit, when: datetime, until: datetime | None = None) -> bool:
    """A sign of the patient alarmed, from when it began until it was told as over (A18); then, or between the two."""
    return _alarmed(queries.signals(visit).filter(kind=Kind.PHYSIOLOGICAL), when, until or when)


def alarmed_low(visit: Visit, channels: Iterable[Channel], when: datetime, until: datetime) -> bool:
    """One of these was so low that a medium or a high alarm told of it."""
    low = [f"{channel}.{Side.LOW}" for channel in channels]
    rows = queries.signals(visit).filter(kind=Kind.PHYSIOLOGICAL, condition__in=low)
    return _alarmed(rows.filter(Q(priority__in=LOUD) | ~Q(presence__in=LASTS)), when, until)


def _alarmed(rows: QuerySet[AlarmSignal], when: datetime, until: datetime) -> bool:
    began: dict[str, datetime] = {}
    for condition, presence, since, at in rows.values_list("condition", "presence", "since", "at"):
        if presence in LASTS:
            began.setdefault(condition, since or at)
        elif (begin := began.pop(condition, None)) is not None and begin <= until and when < at:
            return True
    return any(begin <= until for begin in began.values())


def was_unjudged(visit: Visit, when: datetime, until: datetime | None = None) -> bool:
    """Nobody judged its alarms then, or at some moment between the two (D9)."""
    rows = Duty.objects.filter(clinic_id=visit.clinic_id, visit_id=visit.pk, kind=FAILED, consequence=Consequence.LIFE)
    return rows.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=when), created_at__lte=until or when).exists()
