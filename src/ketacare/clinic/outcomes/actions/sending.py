"""From the outbox to a gateway and back: taken, delivered, bounced, or never heard of again (H23).

A message that nobody delivers has a person within a minute: of the fault, of the bounce, or of the end of the wait for
a receipt. What is kept of a fault is its kind, never an address or a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.channels import gateways
from ketacare.clinic.channels.actions import FINAL
from ketacare.clinic.channels.bounces import CAME_BACK, HELD_UP, Bounce
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.outcomes.actions.messages import DRIVING, by_hand
from ketacare.clinic.outcomes.models import AskState, MessageOut, MessageState
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Contact
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.medicine.outcomes import reader


def note_sent(row: MessageOut, fault: str, *, at: datetime) -> MessageOut:
    """Handed over is not delivered. A receipt may have come already; a gateway that does not take it is asked again."""
    MessageOut.objects.select_for_update().only("pk").get(pk=row.pk)  # a receipt may be just coming
    row.refresh_from_db(fields=["state", "version", "tries"])
    if row.state != MessageState.READY:
        return row
    by, sheet = system(row.clinic), reader.outreach()
    row.tries, row.version = row.tries + 1, row.version + 1
    if not fault:
        row.state, row.sent_at, row.failure = MessageState.SENT, at, ""
        row.save(update_fields=["state", "sent_at", "failure", "tries", "version"])
        audit.note(by=by, at=at, verb="message.gateway", on=row, patient=row.patient_id, because=row.channel)
        return row
    if fault not in FINAL and not gateways.is_last_word(fault) and row.tries < sheet.tries.integer:
        row.try_after, row.failure = at + timedelta(seconds=sheet.again_after.integer), fault[:80]
        row.save(update_fields=["try_after", "failure", "tries", "version"])
        return row
    row.save(update_fields=["tries", "version"])
    return give_up(row, fault, by=by, at=at)


def give_up(row: MessageOut, fault: str, *, by: Actor, at: datetime) -> MessageOut:
    """It did not arrive, or nobody knows: a person has it now."""
    row.state, row.failure, row.version = MessageState.FAILED, fault[:80], row.version + 1
    row.save(update_fields=["state", "failure", "version"])
    audit.note(by=by, at=at, verb="message.failed", on=row, patient=row.patient_id, because=row.channel)
    if row.ask is not None and row.ask.state in (AskState.ANSWERED, AskState.STOPPED) and row.code != DRIVING:
        return row  # what it asked for is there, or is not asked any more
    kept = row.state
    by_hand(row, f"Not delivered: {fault}"[:300], by=by, at=at)
    if row.state != kept:  # somebody has a duty for this form already; that it failed stays readable
        row.state = kept
        row.save(update_fields=["state"])
    return row


@transaction.atomic
def receive_receipt(*, receipt: UUID, delivered: bool, why: str = "", at: datetime) -> MessageOut | None:
    """The gateway says what became of it. Said twice, it is the same; a delivery is never taken back."""
    rows = MessageOut.objects.select_for_update(of=("self",)).select_related("clinic", "patient", "ask", "duty")
    row = rows.filter(receipt=receipt).exclude(channel="").first()
    if row is None or row.state == MessageState.DELIVERED:
        return row
    by = system(row.clinic)
    if delivered:
        row.state, row.delivered_at, row.failure, row.version = MessageState.DELIVERED, at, "", row.version + 1
        row.save(update_fields=["state", "delivered_at", "failure", "version"])
        if row.duty is not None:
            duties.close_duty(row.duty, evidence=row, by=by, at=at)
        audit.note(by=by, at=at, verb="message.delivered", on=row, patient=row.patient_id, because=row.channel)
    elif row.state == MessageState.READY or (row.state == MessageState.SENT and not is_by_hand(row)):
        give_up(row, kind_of(why), by=by, at=at)
    elif is_news(row, why):
        row.failure, row.version = kind_of(why), row.version + 1
        row.save(update_fields=["failure", "version"])
        if row.duty is not None:
            duties.say_why(row.duty, why=f"Not delivered: {row.failure}", by=by, at=at)
        audit.note(by=by, at=at, verb="message.failed", on=row, patient=row.patient_id, because=row.channel)
    return row


def is_news(row: MessageOut, why: str) -> bool:
    """It was held up on its way, and is given up now: nobody waits for it any more."""
    return row.state == MessageState.FAILED and row.failure.startswith(HELD_UP) and why.startswith(CAME_BACK)


@transaction.atomic
def receive_bounce(bounce: Bounce, *, at: datetime) -> MessageOut | None:
    """A mail came back, or is held up on its way: somebody has it in the same moment. It is not delivered by then, and
    whether it ever is nobody will say."""
    tenancy.enter(organisation_id=bounce.organisation_id)
    if not (bounce.came_back or bounce.is_held_up):
        return None
    return receive_receipt(receipt=bounce.receipt, delivered=False, why=bounce.why, at=at)


def kind_of(why: str) -> str:
    """What a gateway says of a bounce, in its first words; digits and addresses are left out: they name somebody."""
    words = [word for word in why.split() if not any(sign.isdigit() or sign in "@+" for sign in word)]
    return (" ".join(words) or "it bounced")[:60]


def tried_for() -> timedelta:
    """So long a mail relay may still be trying: it gives up after 4 to 5 days (RFC 5321, 4.5.4.1)."""
    return timedelta(days=reader.outreach().mail_tried_for.integer)


def receive_unnamed(addresses: Mapping[str, str], *, at: datetime) -> int:
    """Mail systems that hand nothing back name the address alone: it is the newest mail to it, of each patient of the
    entered tenant who has it, while a relay may still be trying. Said again, it is the same mail: an older one is not
    taken for it. `addresses`: with what is said of it."""
    done = 0
    for address, why in addresses.items():
        theirs = Contact.objects.current().filter(email__iexact=address).values("patient")
        rows = MessageOut.objects.filter(patient__in=theirs, channel=gateways.MAIL, sent_at__gt=at - tried_for())
        newest = {row.patient_id: row for row in rows.order_by("sent_at")}
        for row in newest.values():
            receive_receipt(receipt=row.receipt, delivered=False, why=why, at=at)
            done += 1
    return done


def unheard(at: datetime) -> list[MessageOut]:
    """Messages of the entered tenant that nobody took in time, or of which no receipt came; locked."""
    sheet = reader.outreach()
    rows = MessageOut.objects.select_for_update(of=("self",), skip_locked=True).select_related(
        "clinic", "patient", "ask", "duty"
    )
    not_taken = rows.filter(state=MessageState.READY, ready_at__lte=at - timedelta(seconds=sheet.not_taken.integer))
    # A mail relay tells of bounces only: that nothing came of it means nothing.
    silent = rows.filter(
        state=MessageState.SENT,
        channel=gateways.TEXT,
        failure="",  # one that failed and was given by hand has no receipt to come
        sent_at__lte=at - timedelta(seconds=sheet.no_receipt.integer),
    )
    return [*not_taken[:100], *silent[:100]]


def is_by_hand(row: MessageOut) -> bool:
    """One that failed and was then given by a person: nothing more is awaited of its gateway."""
    return row.state == MessageState.SENT and bool(row.failure)


def unheard_why(row: MessageOut) -> str:
    return row.failure or "the sender did not take it" if row.state == MessageState.READY else "no receipt came"
