"""What the passing of time does to asks: messages go out, windows close."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.duties.access import system
from ketacare.clinic.outcomes import actions
from ketacare.clinic.outcomes.models import Ask, AskState, MessageOut, MessageState
from ketacare.clinic.tenancy.actions import for_each_organisation

AT_ONCE = 200


def deliver_due(at: datetime, *, caught: bool) -> int:
    """Every message whose time has come, in every organisation."""

    def due() -> list[MessageOut]:
        rows = MessageOut.objects.select_for_update(of=("self",), skip_locked=True)
        waiting = rows.filter(state=MessageState.WAITING, send_after__lte=at, duty__isnull=True)
        return list(waiting.select_related("ask", "clinic", "patient").order_by("send_after")[:AT_ONCE])

    return for_each_organisation(
        due, lambda message: actions.deliver(message, caught=caught, by=system(message.clinic), at=at)
    )


def close_missed(at: datetime) -> int:
    """Every ask whose window closed unanswered."""

    def late() -> list[Ask]:
        rows = Ask.objects.select_for_update(of=("self",), skip_locked=True)
        waiting = rows.filter(state=AskState.WAITING, closes_at__lte=at)
        return list(waiting.select_related("patient", "clinic").order_by("closes_at")[:AT_ONCE])

    return for_each_organisation(late, lambda ask: actions.miss(ask, by=system(ask.clinic), at=at))
