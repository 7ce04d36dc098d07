"""What the passing of time does to asks: messages go out, windows close."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.duties.access import system
from ketacare.clinic.outcomes import actions
from ketacare.clinic.outcomes.models import Ask, AskState, MessageOut, MessageState
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.models import Organisation


def deliver_due(at: datetime, *, caught: bool) -> int:
    """Every message whose time has come, in every organisation."""
    count = 0
    for organisation in Organisation.objects.all():
        with tenant(organisation.pk):
            rows = MessageOut.objects.select_for_update(of=("self",), skip_locked=True)
            due = rows.filter(state=MessageState.WAITING, send_after__lte=at, duty__isnull=True)
            for message in due.select_related("ask", "clinic", "patient")[:200]:
                actions.deliver(message, caught=caught, by=system(message.clinic), at=at)
                count += 1
    return count


def close_missed(at: datetime) -> int:
    """Every ask whose window closed unanswered."""
    count = 0
    for organisation in Organisation.objects.all():
        with tenant(organisation.pk):
            rows = Ask.objects.select_for_update(of=("self",), skip_locked=True)
            late = rows.filter(state=AskState.WAITING, closes_at__lte=at).order_by("closes_at")
            for ask in late.select_related("patient", "clinic")[:200]:
                actions.miss(ask, by=system(ask.clinic), at=at)
                count += 1
    return count
