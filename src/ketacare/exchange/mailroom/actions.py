"""Somebody has seen to it: the line is closed, the messages stay. If they go on, a new line opens."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.models import StrayStream
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.exchange.mailroom import queries
from ketacare.exchange.mailroom.lists import LOOK
from ketacare.exchange.mailroom.models import Message, Refusal, UnknownParameter


@transaction.atomic
def open_message(*, line: Refusal | UnknownParameter | StrayStream, by: Actor, at: datetime) -> Message | None:
    """The last message of a line, raw. It may name a patient, so the opening leaves its audit line."""
    access.require(by, "mailroom", "R")
    audit.note(by=by, at=at, verb="message.open", on=line)
    number = line.last_message if isinstance(line, StrayStream) else line.last_message_id
    return queries.message(by, number)


def line_of(kind: type[Any], line_id: UUID, *, by: Actor) -> Any:
    """A line of this clinic, of one of the three lists."""
    row = kind.objects.filter(pk=line_id, clinic_id=by.clinic_id).first()
    if row is None:
        raise NotHere
    return row


def _nothing_left(evidence: Model, *, by: Actor, at: datetime) -> None:
    """The last line is closed, and with it the duty to look."""
    if queries.refused(by).exists() or queries.unmapped(by).exists():
        return
    for duty in Duty.objects.filter(clinic_id=by.clinic_id, kind=LOOK, state=DutyState.OPEN):
        duties.close_duty(duty, evidence=evidence, by=by, at=at)


@transaction.atomic
def see_unmapped(*, parameter_id: UUID, by: Actor, at: datetime) -> None:
    """Known and not needed, or reported to us for the next version of the map."""
    access.require(by, "mailroom", "U")
    row = line_of(UnknownParameter, parameter_id, by=by)
    UnknownParameter.objects.filter(pk=row.pk, seen_at__isnull=True).update(seen_at=at, seen_by_id=by.user_id)
    audit.note(by=by, at=at, verb="parameter.seen", on=row)
    _nothing_left(row, by=by, at=at)


@transaction.atomic
def close_refusal(*, refusal_id: UUID, by: Actor, at: datetime) -> None:
    access.require(by, "mailroom", "U")
    row = Refusal.objects.select_for_update().filter(pk=refusal_id, clinic_id=by.clinic_id).first()
    if row is None:
        raise NotHere
    Refusal.objects.filter(pk=row.pk, closed_at__isnull=True).update(closed_at=at, closed_by_id=by.user_id)
    audit.note(by=by, at=at, verb="refusal.close", on=row)
    _nothing_left(row, by=by, at=at)


@transaction.atomic
def close_stray(*, stray_id: UUID, by: Actor, at: datetime) -> None:
    access.require(by, "mailroom", "U")
    row = StrayStream.objects.filter(pk=stray_id, clinic_id=by.clinic_id).first()
    if row is None:
        raise NotHere
    monitoring.close_stray(stray=row, by=by, at=at)
