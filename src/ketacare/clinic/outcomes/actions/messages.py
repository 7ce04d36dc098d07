"""The messages that carry a link: written, delivered, sent by hand, needless."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import (
    Ask,
    AskState,
    MessageOut,
    MessageState,
    Way,
)
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.models import Visit

DRIVING, NEXT_DAY = "driving", "next_day"


@transaction.atomic
def write_message(
    form: Form, *, kind: str, code: str, title: str, way: Way, send_after: datetime, by: Actor, at: datetime
) -> MessageOut:
    """A message with the link of a form of a room above, whose action has asked for the right to hand it out."""
    row = MessageOut.objects.create(
        organisation_id=form.organisation_id,
        clinic_id=form.clinic_id,
        created_at=at,
        patient=form.patient,
        kind=kind,
        form_id=form.pk,
        form_serial=form.link_serial,
        form_until=form.link_until,
        form_title=title,
        form_language=form.language,
        way=way,
        code=code,
        send_after=send_after,
    )
    audit.note(by=by, at=at, verb="message.write", on=row, patient=form.patient_id, because=kind)
    return row


@transaction.atomic
def write_driving(*, visit: Visit, send_after: datetime, by: Actor, at: datetime) -> MessageOut | None:
    """The next day's word that driving is allowed again after a restful night, with the link of that day's check-in."""
    access.require(by, "scores", "C", patient=visit.patient)
    ask = Ask.objects.filter(visit=visit, key=NEXT_DAY).first()
    if ask is None or MessageOut.objects.filter(ask=ask, code=DRIVING).exists():
        return None
    message = MessageOut.objects.create(
        organisation_id=ask.organisation_id,
        clinic_id=ask.clinic_id,
        created_at=at,
        patient=ask.patient,
        ask=ask,
        code=DRIVING,
        send_after=max(send_after, ask.opens_at),
    )
    audit.note(by=by, at=at, verb="message.write", on=message, patient=ask.patient_id, because=DRIVING)
    return message


@transaction.atomic
def withdraw_messages(form: Form, *, evidence: Model, by: Actor, at: datetime) -> None:
    """The form needs no more messages: those not yet sent stay unsent, and nobody has to send them by hand."""
    for message in queries.messages_of(form).filter(state=MessageState.WAITING):
        set_message(message, MessageState.NEEDLESS, at)
        if message.duty is not None:
            duties.close_duty(message.duty, evidence=evidence, by=by, at=at)
    audit.note(by=by, at=at, verb="message.withdraw", on=form, patient=form.patient_id)


def deliver(message: MessageOut, *, caught: bool, by: Actor, at: datetime) -> MessageOut:
    """In the demo the local outbox catches it. Without a gateway it is the desk's duty, and says so (H23)."""
    driving = message.code == DRIVING  # a word of its own: who has answered waits for it as well
    answered = message.ask is not None and message.ask.state == AskState.ANSWERED and not driving
    if answered or at >= message.link_until or overtaken(message, at):
        return set_message(message, MessageState.NEEDLESS, at)
    if caught:
        return set_message(message, MessageState.CAUGHT, at)
    if not driving and queries.beside(message).filter(duty__isnull=False).exclude(code=DRIVING).exists():
        return set_message(message, MessageState.NEEDLESS, at)  # one duty to send it is enough; the call comes next
    message.duty = duties.open_duty(
        kind="message.send",
        title=title_by_hand(message),
        patient=message.patient,
        owner_role=Role.FD,
        due_at=message.send_after,
        why="No message gateway is connected",
        link="/outbox/",
        consequence=Consequence.CARE if message.ask is None else Consequence.SAFETY,
        by=by,
        at=at,
    )
    message.save(update_fields=["duty"])
    return message


def title_by_hand(message: MessageOut) -> str:
    if message.code == DRIVING:
        return "Say by hand from when driving is allowed"
    if message.kind == "homework":
        return "Send the link of a small act by hand"
    return "Send an intake link by hand" if message.ask is None else "Send a check-in link by hand"


def overtaken(message: MessageOut, at: datetime) -> bool:
    """After an outage one message goes out, the latest: not all that were missed, one after another."""
    if message.code == DRIVING:
        return False
    later = queries.beside(message).filter(send_after__gt=message.send_after, send_after__lte=at)
    return later.exclude(code=DRIVING).exists()


@transaction.atomic
def sent_by_hand(message: MessageOut, *, by: Actor, at: datetime) -> MessageOut:
    """A person gave the link to the patient."""
    access.require(by, "messages", "C", patient=message.patient)
    set_message(message, MessageState.SENT, at)
    if message.duty is not None:
        duties.close_duty(message.duty, evidence=message, by=by, at=at)
    audit.note(by=by, at=at, verb="message.sent", on=message, patient=message.patient_id)
    return message


def set_message(message: MessageOut, state: MessageState, at: datetime) -> MessageOut:
    message.state = state
    message.sent_at = at if state in (MessageState.SENT, MessageState.CAUGHT) else None
    message.version += 1
    message.save(update_fields=["state", "sent_at", "version"])
    return message
