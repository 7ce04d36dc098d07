"""Somebody has seen to it: the line is closed, the messages stay. If they go on, a new line opens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.models import StrayStream
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.exchange.mailroom.models import Refusal


@transaction.atomic
def close_refusal(*, refusal_id: UUID, by: Actor, at: datetime) -> None:
    access.require(by, "mailroom", "U")
    row = Refusal.objects.select_for_update().filter(pk=refusal_id, clinic_id=by.clinic_id).first()
    if row is None:
        raise NotHere
    Refusal.objects.filter(pk=row.pk, closed_at__isnull=True).update(closed_at=at, closed_by_id=by.user_id)
    audit.note(by=by, at=at, verb="refusal.close", on=row)


@transaction.atomic
def close_stray(*, stray_id: UUID, by: Actor, at: datetime) -> None:
    access.require(by, "mailroom", "U")
    row = StrayStream.objects.filter(pk=stray_id, clinic_id=by.clinic_id).first()
    if row is None:
        raise NotHere
    monitoring.close_stray(stray=row, by=by, at=at)
