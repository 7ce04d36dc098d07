"""Answers from a number that nobody here has: kept, and somebody's. They may be a patient's, from another telephone."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.outcomes import danger
from ketacare.clinic.outcomes.actions.wishes import known_by
from ketacare.clinic.outcomes.models import UnknownReply, UnknownReplyRead
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Tier
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused

log = logging.getLogger(__name__)
PAGE = "/outbox/"


@transaction.atomic
def receive_unknown(
    *, clinic: Clinic, sender: str, reply_id: str, words: str, at: datetime, held: str = ""
) -> UnknownReply:
    """The desk finds out who it was. What speaks of danger is whoever's is on call, at once (H13, H23), and is answered
    with where help is; `held`: why this number gets no such answer now."""
    reply_id = known_by(reply_id)
    there = UnknownReply.objects.filter(clinic=clinic, reply_id=reply_id).first()
    if there is not None:
        return there
    is_grave = danger.is_grave(words)
    by_mail = is_mail(sender)
    duty = open_grave(clinic, at, held, by_mail=by_mail) if is_grave else open_reading(clinic, at, by_mail=by_mail)
    row = UnknownReply.objects.create(
        organisation_id=clinic.organisation_id,
        clinic=clinic,
        happened_at=at,
        recorded_at=at,
        reply_id=reply_id,
        sender=sender[:40],
        words=words,
        duty=duty,
    )
    if is_grave:
        danger.answer(row, sender, held=held, at=at)
    danger.goes_on(row, sender, at=at)
    audit.note(by=system(clinic), at=at, verb="message.unknown", on=row, because="danger" if is_grave else "words")
    return row


def count_automatic(*, at: datetime) -> None:
    """Software wrote to the address of our letters, and to none of them: nothing of it is kept but that it came."""
    for clinic in Clinic.objects.order_by("pk"):
        with tenancy.tenant(clinic.organisation_id):
            audit.note(by=system(clinic), at=at, verb="message.unknown", because="automatic")


BY_MAIL = "It came by mail, and no number stands with it: find out from the address and the words who it is, and call"


def is_mail(sender: str) -> bool:
    return not any(sign.isdigit() for sign in sender) or "@" in sender


def open_grave(clinic: Clinic, at: datetime, held: str, *, by_mail: bool) -> Duty:
    """Without a patient there is no concern: a duty, by name, about which people are called as about one (H13)."""
    shift = watch.on_call(clinic.pk, at)
    late_at = safety.limits(clinic, Tier.NOW, at)[0] if shift else at
    duty = duties.open_duty(
        kind="message.unknown",
        title=f"Words of danger from an unknown {'mail address' if by_mail else 'number'}",
        patient=None,
        owner_role=shift.role if shift else Role.MD,
        owner=shift.user if shift else None,
        due_at=at,
        late_at=late_at,
        why=BY_MAIL if by_mail else f"{danger.CALL_THEM}. {danger.WHO}" if held == danger.STOPPED else danger.WHO,
        link=PAGE,
        consequence=Consequence.LIFE,
        by=system(clinic),
        at=at,
    )
    safety.call_about(duty, at=at)
    return duty


def open_reading(clinic: Clinic, at: datetime, *, by_mail: bool) -> Duty:
    return duties.open_duty(
        kind="message.unknown",
        title=f"Find out who {'wrote from an unknown mail address' if by_mail else 'answered from an unknown number'}",
        patient=None,
        owner_role=Role.FD,
        due_at=watch.staffed(clinic, at),
        why=f"It may be a patient with another {'address' if by_mail else 'telephone'}, and nobody else reads it",
        link=PAGE,
        consequence=Consequence.SAFETY,
        by=system(clinic),
        at=at,
    )


@transaction.atomic
def see_unknown(*, row: UnknownReply, by: Actor, at: datetime) -> UnknownReply:
    """Seen, and mine: nobody more is called while I find out who it is and call them. It is not answered yet."""
    access.require(by, "concerns", "U")
    if row.duty.consequence == Consequence.LIFE:
        safety.acknowledge_about(row.duty, by=by, at=at)
        audit.note(by=by, at=at, verb="message.unknown_seen", on=row)
    return row


@transaction.atomic
def read_unknown(*, row: UnknownReply, note: str, by: Actor, at: datetime, is_ours: bool = False) -> UnknownReplyRead:
    """Read, with what was found out or done. Read once, it stays read. What speaks of danger is answered by whoever may
    answer a concern, as one is (H13). `is_ours`: it is a patient of this clinic, or it has answered."""
    if row.duty.consequence == Consequence.LIFE:
        access.require(by, "concerns", "U")
    elif not access.may(by, "concerns", "U"):
        access.require(by, "messages", "C")
    there = UnknownReplyRead.objects.filter(reply=row).first()
    if there is not None:
        return there
    if not note.strip():
        raise Refused(Refusal("note", "Nothing is said.", "Say who it was, or what you did to find out."))
    read = keep_read(row, note.strip(), by=by, at=at)
    if is_ours and row.duty.consequence != Consequence.LIFE:
        transaction.on_commit(partial(quiet_others, row, at=at))
    return read


def keep_read(row: UnknownReply, note: str, *, by: Actor, at: datetime) -> UnknownReplyRead:
    read = UnknownReplyRead.objects.create(
        organisation_id=row.organisation_id,
        clinic_id=row.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        reply=row,
        note=note[:300],
    )
    duties.close_duty(row.duty, evidence=read, by=by, at=at)
    safety.nobody_more(row.duty)
    audit.note(by=by, at=at, verb="words.read", on=read)
    return read


def quiet_others(row: UnknownReply, *, at: datetime) -> None:
    """One gateway is every clinic's here, and each had these words: now they are one clinic's, and the others look for
    nobody any more. They are told neither which clinic it was nor whose words they were (H29).
    Once the reader's own word is kept, each in its own transaction: no fault elsewhere undoes it, and where one is,
    that clinic reads for itself."""
    for clinic in Clinic.objects.exclude(pk=row.clinic_id).order_by("pk"):
        try:
            with tenancy.tenant(clinic.organisation_id):
                quiet_in(clinic, row, at=at)
        except Exception as fault:  # noqa: BLE001 - its own text may hold words
            log.warning("what one clinic has read is still looked for in another: %s", type(fault).__name__)


def quiet_in(clinic: Clinic, row: UnknownReply, *, at: datetime) -> None:
    """Never of words of danger: each clinic hears those until one of its own has answered. A duty that somebody holds
    just now is theirs to end."""
    alike = UnknownReply.objects.filter(clinic=clinic, reply_id=row.reply_id, sender=row.sender, words=row.words)
    free = Duty.objects.select_for_update(of=("self",), skip_locked=True).filter(
        unknown_reply__in=alike, consequence=Consequence.SAFETY, state=DutyState.OPEN
    )
    for duty in free:
        other = alike.filter(duty=duty, read=None).first()
        if other is not None:
            other.duty = duty
            keep_read(other, "Another clinic of this gateway has seen to it", by=system(clinic), at=at)
