"""What waits for a person: messages refused, and monitors that send while paired with nobody."""

from __future__ import annotations

from django.db.models import QuerySet

from ketacare.clinic.monitoring.models import StrayStream
from ketacare.clinic.people.access import Actor
from ketacare.exchange.mailroom.models import Refusal


def refused(actor: Actor) -> QuerySet[Refusal]:
    rows = Refusal.objects.filter(clinic_id=actor.clinic_id, closed_at__isnull=True)
    return rows.order_by("-last_at")


def strays(actor: Actor) -> QuerySet[StrayStream]:
    rows = StrayStream.objects.filter(clinic_id=actor.clinic_id, closed_at__isnull=True)
    return rows.select_related("device").order_by("-last_at")
