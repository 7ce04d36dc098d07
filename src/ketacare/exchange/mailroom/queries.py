"""What waits for a person: messages refused, and monitors that send while paired with nobody."""

from __future__ import annotations

from django.db.models import QuerySet

from ketacare.clinic.monitoring.models import StrayStream
from ketacare.clinic.people.access import Actor
from ketacare.exchange.mailroom.models import Message, Refusal, UnknownParameter


def refused(actor: Actor) -> QuerySet[Refusal]:
    rows = Refusal.objects.filter(clinic_id=actor.clinic_id, closed_at__isnull=True)
    return rows.order_by("-last_at")


def strays(actor: Actor) -> QuerySet[StrayStream]:
    rows = StrayStream.objects.filter(clinic_id=actor.clinic_id, closed_at__isnull=True)
    return rows.select_related("device").order_by("-last_at")


def unmapped(actor: Actor) -> QuerySet[UnknownParameter]:
    rows = UnknownParameter.objects.filter(clinic_id=actor.clinic_id, seen_at__isnull=True)
    return rows.order_by("-last_at", "code")


def message(actor: Actor, number: int | None) -> Message | None:
    """A kept message of this clinic."""
    return Message.objects.filter(
        organisation_id=actor.organisation_id, clinic_id=actor.clinic_id, pk=number or 0
    ).first()


SHOWN_MOST = 20_000


def as_text(row: Message) -> str:
    """The message as it came, a segment to a line; what is no text is made visible."""
    text = bytes(row.body[: SHOWN_MOST + 1]).decode("utf-8", "replace")
    lines = text[:SHOWN_MOST].replace("\r\n", "\r").replace("\n", "\r").split("\r")
    shown = "\n".join("".join(c if c.isprintable() else "\u00b7" for c in line) for line in lines)
    return shown + ("\n\u2026" if len(text) > SHOWN_MOST else "")
