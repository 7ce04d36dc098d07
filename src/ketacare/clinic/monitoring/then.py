"""How a visit stood at a moment that has passed: what was measured by then, and what alarmed, also if it has ended."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.monitoring import queries
from ketacare.clinic.monitoring.unjudged import FAILED
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring.terms import Channel, Kind, Presence

LASTS = frozenset({Presence.PRESENT, Presence.CLEARING})  # a condition that is clearing has not ended (A4)


def last_taken(visit: Visit, channel: Channel, before: datetime) -> datetime | None:
    """When the newest usable value of before then was taken."""
    rows = queries.readings(visit).filter(channel=channel, quality="good", taken_at__lt=before)
    return rows.order_by("-taken_at").values_list("taken_at", flat=True).first()


def alarmed(visit: Visit, when: datetime, until: datetime | None = None) -> bool:
    """A sign of the patient alarmed, from when it began until it was told as over (A18); then, or between the two."""
    until = until or when
    began: dict[str, datetime] = {}
    rows = queries.signals(visit).filter(kind=Kind.PHYSIOLOGICAL)
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
