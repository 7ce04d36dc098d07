"""The messages that carry a link: written, delivered, sent by hand, needless."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Model, Q

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, DutyState
from ketacare.clinic.links.models import Form
from ketacare.clinic.outcomes import fresh, queries, ways
from ketacare.clinic.outcomes.above import above
from ketacare.clinic.outcomes.fresh import FRESH
from ketacare.clinic.outcomes.models import (
    Ask,
    AskState,
    MessageOut,
    MessageState,
    Way,
    WishBy,
)
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.models import Visit

DRIVING, NEXT_DAY = "driving", "next_day"
ARRIVED = (MessageState.SENT, MessageState.DELIVERED)


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
def put_off_driving(*, visit: Visit, until: datetime, by: Actor, at: datetime) -> None:
    """Something that makes drowsy was charted after the patient had left: the word waits as long as it should have."""
    access.require(by, "scores", "C", patient=visit.patient)
    waiting = MessageOut.objects.filter(ask__visit=visit, code=DRIVING, state=MessageState.WAITING)
    for message in waiting.filter(send_after__lt=until):
        message.send_after = until
        message.save(update_fields=["send_after"])
        audit.note(by=by, at=at, verb="message.put_off", on=message, patient=visit.patient_id, because=DRIVING)


@transaction.atomic
def withdraw_messages(form: Form, *, evidence: Model, by: Actor, at: datetime) -> None:
    """The form needs no more messages: those not yet sent stay unsent, and nobody has to send them by hand."""
    for message in queries.messages_of(form).filter(state=MessageState.WAITING):
        set_message(message, MessageState.NEEDLESS, at)
        if message.duty is not None:
            duties.close_duty(message.duty, evidence=evidence, by=by, at=at)
    audit.note(by=by, at=at, verb="message.withdraw", on=form, patient=form.patient_id)


def deliver(
    message: MessageOut, *, caught: bool, by: Actor, at: datetime, channels: frozenset[str] = frozenset()
) -> MessageOut:
    """Its time has come: to the gateway of a way the patient allows, into the demo's outbox, or to a person who does it
    by hand (H23). `channels`: those that have a gateway here. In quiet hours it waits for the morning."""
    driving = message.code == DRIVING  # a word of its own: who has answered waits for it as well
    over = message.ask is not None and message.ask.state in (AskState.ANSWERED, AskState.STOPPED) and not driving
    if over or at >= message.link_until or overtaken(message, at):
        return set_message(message, MessageState.NEEDLESS, at)
    if above.has_died(message.patient):
        return set_message(message, MessageState.NEEDLESS, at)
    if why := unwanted(message):
        return by_hand(message, why, by=by, at=at)
    if (until := quiet_until(message, at)) is not None:
        return hold(message, until, at)
    if caught:
        return set_message(message, MessageState.CAUGHT, at)
    if not channels:
        return by_hand(message, "No message gateway is connected", by=by, at=at)
    channel, why_not = ways.way_out(message, channels)
    if channel is None:
        return by_hand(message, why_not, by=by, at=at)
    message.channel, message.ready_at, message.try_after = channel, at, at
    message.state, message.version = MessageState.READY, message.version + 1
    message.save(update_fields=["channel", "ready_at", "try_after", "state", "version"])
    return message


UNWANTED, ELSEWHERE = "They want no messages", "A link reached somebody else: the number or the address may be wrong"


def unwanted(message: MessageOut) -> str:
    """Why it does not go; nothing where it may."""
    wish = queries.wish(message.patient)
    if wish is None or wish.wanted:
        return ""
    return ELSEWHERE if wish.came == WishBy.OTHER else UNWANTED


def called_off(message: MessageOut, *, by: Actor, at: datetime) -> bool:
    """What came while it waited for its gateway: the patient has said stop, or has died. Then it does not go."""
    if above.has_died(message.patient):
        set_message(message, MessageState.NEEDLESS, at)
        return True
    if not (why := unwanted(message)):
        return False
    set_message(message, MessageState.WAITING, at)
    by_hand(message, why, by=by, at=at)
    return True


def quiet_until(message: MessageOut, at: datetime) -> datetime | None:
    """What is asked by night goes by night while it is asked; once its window is over, as where leaving is charted
    late, it waits as the others do."""
    if message.code == FRESH:
        return None  # the hour was looked at when it was asked for
    ask = message.ask
    if ask is not None and at < ask.closes_at and queries.rule_for(ask).is_sent_at_night:
        return None
    return fresh.quiet_until(message.patient, message.clinic, at)


def hold(message: MessageOut, until: datetime, at: datetime) -> MessageOut:
    """Until the morning; of several that wait for it, the last one goes. Where the link is dead by then, none does, and
    the duty to call stands already."""
    waiting = queries.beside(message).filter(state=MessageState.WAITING, duty__isnull=True).exclude(pk=message.pk)
    last = not waiting.filter(send_after__gt=message.send_after, send_after__lte=until).exclude(code=DRIVING).exists()
    if until >= message.link_until or not (last or message.code == DRIVING):
        return set_message(message, MessageState.NEEDLESS, at)
    message.send_after, message.version = until, message.version + 1
    message.save(update_fields=["send_after", "version"])
    return message


def by_hand(message: MessageOut, why: str, *, by: Actor, at: datetime) -> MessageOut:
    """A person has it from now on. One duty for a form is enough; the call comes next."""
    driving = message.code == DRIVING
    others = queries.beside(message).exclude(pk=message.pk).exclude(code=DRIVING).filter(duty__isnull=False)
    # A duty that ended without the link reaching anybody, as by a pause, is nobody's work any more.
    held = Q(duty__state=DutyState.OPEN)
    if message.code != FRESH:  # what arrived before has ended by then
        held |= Q(state__in=ARRIVED)
    if not driving and others.filter(held).exists():
        return set_message(message, MessageState.NEEDLESS, at)
    message.duty = duties.open_duty(
        kind="message.send",
        title=title_by_hand(message, why),
        patient=message.patient,
        owner_role=Role.FD,
        due_at=message.send_after,
        why=why,
        link=f"/patients/{message.patient_id}/messages/",
        consequence=Consequence.CARE if message.ask is None else Consequence.SAFETY,
        by=by,
        at=at,
    )
    message.version += 1
    message.save(update_fields=["duty", "version"])
    return message


def title_by_hand(message: MessageOut, why: str) -> str:
    if message.code == DRIVING:
        return "Say by hand from when driving is allowed"
    if why in (UNWANTED, ELSEWHERE):
        return f"Call instead of a message: {message.title.lower()}"[:120]
    if message.kind == "homework":
        return "Send the link of a small act by hand"
    if message.kind == "reminder":
        return "Send a reminder by hand"
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
