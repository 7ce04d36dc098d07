"""Whether somebody wants messages: said by a link, by answering STOP, or to staff. Never silently nothing: who stops
messages is called."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.outcomes import danger, queries, unheard
from ketacare.clinic.outcomes.actions.telling import heed
from ketacare.clinic.outcomes.models import MessageReply, MessageWish, WishBy
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import reader, rules

REPLY_ID_MOST = 80
ELSEWHERE = "said not to be for whoever got it"
READ = duties.ends_by_word("message.reply", "What it said, and what was done about it")


@transaction.atomic
def stop_messages(*, patient: Patient, came: WishBy, by: Actor, at: datetime) -> MessageWish:
    """The patient wants no more: from this moment none goes out, and staff have the duty to ask how else. By the holder
    of a message's link, or of the number that answered it. Said again, it is the same."""
    if by.patient_id != patient.pk and by.user_id is not None:
        access.require(by, "messages", "C", patient=patient)
    earlier, is_theirs = queries.wish(patient), came != WishBy.OTHER
    if is_theirs and earlier is not None and not earlier.wanted:
        return earlier
    if earlier is not None and earlier.came == WishBy.OTHER and not earlier.wanted:
        return keep(patient, False, came, ELSEWHERE, earlier, by=by, at=at)  # the call is owed already
    why = "Check-ins after a dose are asked by telephone from now on"
    duty = duties.open_duty(
        kind="message.stopped" if is_theirs else "message.misdirected",
        title="Ask how to reach them: they stopped our messages" if is_theirs else "Call: a link reached somebody else",
        patient=patient,
        owner_role=Role.FD,
        due_at=watch.staffed(patient.clinic, at),
        why=why if is_theirs else "Look at the number and the address with them. Until then nothing is sent",
        link=f"/patients/{patient.pk}/messages/",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
    words = "stopped by the patient" if is_theirs else ELSEWHERE
    return keep(patient, False, came, words, earlier, duty=duty, by=by, at=at)


@transaction.atomic
def set_wish(*, patient: Patient, wanted: bool, words: str, zone: str, by: Actor, at: datetime) -> MessageWish:
    """What they told staff. Messages are begun again only with a reason: who asked for it, and how."""
    access.require(by, "messages", "C", patient=patient)
    words, zone = words.strip(), zone.strip()
    earlier = queries.wish(patient)
    if not words:
        remedy = "Say who asked for it, and how: on the telephone, at the desk."
        raise Refused(Refusal("words", "The reason is empty.", remedy))
    if zone and not is_zone(zone):
        raise Refused(Refusal("zone", f"{zone} is no time zone.", "Write it as America/Denver, or leave it empty."))
    row = keep(patient, wanted, WishBy.STAFF, words, earlier, zone=zone, by=by, at=at)
    asked = earlier
    while asked is not None:
        if asked.duty is not None:
            duties.close_duty(asked.duty, evidence=row, by=by, at=at)
        asked = asked.amends if isinstance(asked.amends, MessageWish) else None
    return row


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def keep(
    patient: Patient,
    wanted: bool,
    came: WishBy,
    words: str,
    earlier: MessageWish | None,
    *,
    by: Actor,
    at: datetime,
    **more: object,
) -> MessageWish:
    row = MessageWish.objects.create(
        **about(patient, by, at),
        wanted=wanted,
        came=came,
        words=words[:200],
        amends=earlier,
        amend_reason=words[:300] if earlier else "",
        **({"zone": earlier.zone if earlier else ""} | more),
    )
    audit.note(by=by, at=at, verb="message.wish", on=row, patient=patient, because="wanted" if wanted else "stopped")
    return row


@transaction.atomic
def receive_reply(
    *,
    patient: Patient,
    reply_id: str,
    words: str,
    at: datetime,
    sender: str = "",
    held: str = "",
    is_automatic: bool = False,
) -> MessageReply:
    """Somebody answered a message. A word that means stop stops them; anything else, also after it, a person reads at
    once, and words of danger are answered with where help is; `held`: why this number gets no such answer now. What
    software answered is kept to be read, and says nothing for the patient."""
    by = system(patient.clinic)
    reply_id = known_by(reply_id)
    there = MessageReply.objects.filter(patient=patient, reply_id=reply_id).first()
    if there is not None:
        return there
    is_stop = not is_automatic and rules.is_stop(words, reader.outreach())
    duty = None if is_stop or is_automatic else open_reading(patient, by=by, at=at)
    row = MessageReply.objects.create(
        **about(patient, by, at), reply_id=reply_id, sender=sender[:40], words=words, is_stop=is_stop, duty=duty
    )
    because = "automatic" if is_automatic else "stop" if is_stop else "words"
    audit.note(by=by, at=at, verb="message.reply", on=row, patient=patient, because=because)
    if is_automatic:
        return row
    back = sender
    if not sender:
        back, held = danger.way_back(patient, at)
    why = danger.why_call(held)
    says_more = not is_stop and rules.bars_carriers(words, reader.outreach()) is None
    heard = heed(row, reason_code=watch.SAID_IN_REPLY, why=why, says_more=says_more, by=by, at=at)
    if heard is not None or (says_more and unheard.hand_to_on_call(row, at=at)):
        danger.answer(row, back, held=held, at=at)
    danger.goes_on(row, sender, at=at)
    if is_stop or rules.begins_with_stop(words, reader.outreach()):
        stop_messages(patient=patient, came=WishBy.REPLY, by=by, at=at)
    return row


def known_by(reply_id: str) -> str:
    """The gateway's own number of it; of one that is longer than there is room for, what no other has."""
    return reply_id if len(reply_id) <= REPLY_ID_MOST else sha256(reply_id.encode()).hexdigest()


def open_reading(patient: Patient, *, by: Actor, at: datetime) -> Duty:
    return duties.open_duty(
        kind=READ,
        title="Read what somebody answered to a message",
        patient=patient,
        owner_role=Role.RN,
        due_at=at,
        why="Nobody else reads it, and it may say that they are not well",
        link=f"/patients/{patient.pk}/messages/",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
