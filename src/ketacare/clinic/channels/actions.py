"""Calling people by the ways they gave: written by the room that calls, sent by a process of its own.

A gateway that hangs holds up nobody who must be told: whoever calls only writes the calls. What was not confirmed in
time has by then brought the next person (D6). No call holds a word about a patient (D7).
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.channels.gateways import TELEPHONE, Gateways, Letter, NotSent, is_last_word
from ketacare.clinic.channels.models import CallState, Channel, OneCall, Reach, reaches
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, system
from ketacare.clinic.people.models import User
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic, Organisation
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.supervision.terms import Retry

Kind = TypeVar("Kind", bound=OneCall)
ONCE = Retry(1, timedelta())
AT_ONCE = 8
# Longer than the longest talk, a mail of eight steps; a sender that died is followed by another after it.
TAKEN_FOR = timedelta(seconds=60)
TRAINING = "a training clinic sends nothing out"
# Faults that another try within seconds will not mend.
FINAL = ("no gateway is configured", TRAINING)


def ways(users: Iterable[User], clinic_id: UUID) -> list[tuple[User, Channel, str]]:
    """Each person's screen, and each way they gave."""
    users = list(users)
    found = reaches([user.pk for user in users], clinic_id)
    return [(user, channel, to) for user in users for channel, to in _ways(user, found.get(user.pk))]


def _ways(user: User, reach: Reach | None) -> list[tuple[Channel, str]]:
    found = [(Channel.SCREEN, "")]
    if reach is None:
        return found
    number = reach.mobile.replace(" ", "")  # as a gateway takes it: one that is refused wakes nobody
    if number and reach.by_text:
        found.append((Channel.TEXT, number))
    if number and reach.by_voice:
        found.append((Channel.VOICE, number))
    if reach.by_mail:
        found.append((Channel.MAIL, user.email))
    return found


def waiting(kind: type[Kind], at: datetime) -> list[Kind]:
    """Calls of the entered tenant to be handed to a gateway now, locked; a screen is not a gateway's to reach."""
    rows = kind._default_manager.select_for_update(of=("self",), skip_locked=True).select_related("rung", "clinic")
    rows = rows.filter(state=CallState.WAITING, created_at__lte=at).exclude(channel=Channel.SCREEN)
    rows = rows.filter(Q(try_after=None) | Q(try_after__lte=at), Q(taken_until=None) | Q(taken_until__lte=at))
    return list(rows.order_by("created_at")[:AT_ONCE])


def send_due(kind: type[Kind], through: Gateways, *, at: datetime, retry: Retry = ONCE) -> int:
    """Every call that waits, in every organisation; a gateway that hangs for one holds up no other."""
    sent, began = 0, monotonic()
    for organisation in Organisation.objects.all():
        with tenancy.tenant(organisation.pk):
            rows = take(kind, at + timedelta(seconds=monotonic() - began))  # the one before may have hung
        if rows:
            faults = _handed_over(rows, through)
            with tenancy.tenant(organisation.pk):
                for row, fault in zip(rows, faults, strict=True):
                    note_sent(row, fault, retry=retry, at=at)
        sent += len(rows)
    return sent


def take(kind: type[Kind], at: datetime) -> list[Kind]:
    """What waits is this sender's for a while, and committed as such before anybody is talked to: a gateway that hangs
    keeps no lock for which an alarm, an acknowledgement or a receipt would wait."""
    rows = waiting(kind, at)
    for row in rows:
        row.taken_until, row.tries, row.version = at + TAKEN_FOR, row.tries + 1, row.version + 1
        row.save(update_fields=["taken_until", "tries", "version"])
    return rows


def _handed_over(rows: list[Kind], through: Gateways) -> list[str]:
    with ThreadPoolExecutor(AT_ONCE) as lines:  # only the network: no line touches the database
        return list(lines.map(lambda row: hand_over(row, through, row.clinic), rows))


def hand_over(letter: Letter, through: Gateways, clinic: Clinic) -> str:
    """To its gateway; why not, or nothing. Touches no record, so that many can be handed over at once. A training
    clinic reaches nobody outside this machine (H39)."""
    if clinic.is_training and not through.stays_here(letter.channel):
        return TRAINING
    try:
        through.send(letter)
    except NotSent as fault:
        return str(fault)
    return ""


def note_sent(row: Kind, fault: str, *, at: datetime, retry: Retry = ONCE) -> Kind:
    """Handed over is not delivered: only a receipt says that. Whoever spoke meanwhile knows more: a receipt that came
    before the gateway's own answer, an acknowledgement that made the call needless, a sender that has it since."""
    now = type(row)._default_manager.select_for_update(of=("self",)).select_related("clinic").get(pk=row.pk)
    if now.taken_until != row.taken_until:
        return now
    if now.version == row.version:
        now.state, now.failure = (after_fault(now, fault, retry, at), fault[:60]) if fault else (CallState.SENT, "")
    now.sent_at, now.taken_until, now.version = None if fault else at, None, now.version + 1
    now.save(update_fields=["state", "sent_at", "failure", "try_after", "taken_until", "version"])
    audit.note(
        by=system(now.clinic), at=at, verb="call.not_sent" if fault else "call.sent", on=now, because=now.channel
    )
    return now


def after_fault(row: OneCall, fault: str, retry: Retry, at: datetime) -> CallState:
    """Handed over again soon, or failed for good. Meanwhile it confirms nothing, so that the next person is called."""
    if fault in FINAL or is_last_word(fault) or row.tries >= retry.tries:
        return CallState.FAILED
    row.try_after = at + retry.again_after
    return CallState.WAITING


@transaction.atomic
def receive_receipt(
    kind: type[Kind], *, receipt: UUID, delivered: bool, why: str = "", at: datetime, retry: Retry = ONCE
) -> Kind | None:
    """The gateway says what became of it. Said twice, it is the same; a delivery is never taken back."""
    rows = kind._default_manager.select_for_update(of=("self",)).select_related("clinic", "user", "rung")
    row = rows.filter(receipt=receipt).first()
    if row is None or row.state == CallState.DELIVERED:
        return row
    if delivered:
        row.deliver(at)
    else:
        is_on_its_way_again = row.state == CallState.WAITING and row.try_after is not None and row.try_after > at
        is_taken = row.state == CallState.WAITING and row.taken_until is not None
        is_being_handed_over = is_taken and not is_on_its_way_again
        if row.state == CallState.SENT or is_being_handed_over:
            row.state = after_fault(row, why, retry, at)
        elif not is_on_its_way_again:
            row.state = CallState.FAILED
        row.failure, row.version = why[:60] or "not delivered", row.version + 1
        row.save(update_fields=["state", "failure", "try_after", "version"])
    audit.note(by=system(row.clinic), at=at, verb=f"call.{row.state}", on=row, because=row.channel)
    return row


def needless(calls: QuerySet[Kind]) -> None:
    """Answered before it was sent: nobody is called any more."""
    calls.filter(state=CallState.WAITING).exclude(channel=Channel.SCREEN).update(
        state=CallState.FAILED, failure="answered before it was sent", version=F("version") + 1
    )


@transaction.atomic
def set_reach(*, mobile: str, by_text: bool, by_voice: bool, by_mail: bool, by: Actor, at: datetime) -> Reach:
    """Their own telephone, for alarms and concerns only."""
    access.require(by, "alarms", "C")
    mobile = mobile.strip()
    if (by_text or by_voice) and not TELEPHONE.fullmatch(mobile.replace(" ", "")):
        raise Refused(
            Refusal("mobile", f"{mobile or 'Nothing'} is no number that can be called.", "Begin with +, then digits.")
        )
    values = {"mobile": mobile, "by_text": by_text, "by_voice": by_voice, "by_mail": by_mail}
    row, _ = Reach.objects.update_or_create(
        clinic_id=by.clinic_id,
        user_id=by.person_id,
        defaults=values,
        create_defaults={**values, "organisation_id": by.organisation_id, "created_at": at},
    )
    audit.note(by=by, at=at, verb="reach.set", on=row)
    return row
