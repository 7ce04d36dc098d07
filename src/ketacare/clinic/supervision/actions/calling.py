"""Calling people by the ways they gave: written with the step of the ladder, sent by a process of its own.

A gateway that hangs holds up no alarm: the watch only writes the calls. What was not confirmed in time has by then
brought the next person (D6). No call holds a word about a patient (D7).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from ketacare.clinic import channels
from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties.access import system
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.supervision import queries
from ketacare.clinic.supervision.models import Call, CallState, Channel, Reach, RungTaken, Task
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.supervision.terms import Rung


def whom(visit: Visit, rung: Rung, at: datetime) -> list[User]:
    """The people of this rung: the supervisor before other prescribers, whoever is on call beside the director, and of
    the nurses the others than the one at the chair."""
    found = list(people.colleagues(clinic_id=visit.clinic_id, role=Role(rung.role)))
    held = queries.post(visit, Task.WATCHES if rung.role == Role.RN else Task.SUPERVISES)
    if rung.role == Role.RN and held is not None:
        found = [user for user in found if user.pk != held.person_id]
    elif rung.role == Role.RX and held is not None:
        found = [held.person]
    on_call = safety.on_call(visit.clinic_id, at)
    if on_call is not None and (rung.card or on_call.role == rung.role) and on_call.user not in found:
        found.append(on_call.user)
    return found


def call(row: RungTaken, users: Sequence[User], words: str, *, at: datetime) -> list[Call]:
    """One for each person and each of their ways. A screen that answers this moment has received it already."""
    reaches = {reach.user_id: reach for reach in Reach.objects.filter(clinic_id=row.clinic_id, user__in=users)}
    made = []
    for user in users:
        for channel, address in _ways(user, reaches.get(user.pk)):
            made.append(
                Call.objects.create(
                    organisation_id=row.organisation_id,
                    clinic_id=row.clinic_id,
                    created_at=at,
                    rung=row,
                    user=user,
                    channel=channel,
                    address=address,
                    words=words,
                )
            )
        if queries.answers(user.pk, row.clinic_id, at):
            screen = next(one for one in made if one.user_id == user.pk and one.channel == Channel.SCREEN)
            _delivered(screen, at)
    return made


def _ways(user: User, reach: Reach | None) -> list[tuple[Channel, str]]:
    ways = [(Channel.SCREEN, "")]
    if reach is None:
        return ways
    if reach.mobile and reach.by_text:
        ways.append((Channel.TEXT, reach.mobile))
    if reach.mobile and reach.by_voice:
        ways.append((Channel.VOICE, reach.mobile))
    if reach.by_mail:
        ways.append((Channel.MAIL, user.email))
    return ways


def waiting(at: datetime) -> list[Call]:
    """Calls of the entered tenant to be handed to a gateway now, locked; a screen is not a gateway's to reach."""
    rows = Call.objects.select_for_update(of=("self",), skip_locked=True).select_related("rung__clinic", "clinic")
    rows = rows.filter(state=CallState.WAITING, created_at__lte=at).exclude(channel=Channel.SCREEN)
    return list(rows.order_by("created_at")[:20])


def hand_over(row: Call, through: channels.Gateways) -> str:
    """To its gateway; why not, or nothing. Touches no record, so that many can be handed over at once."""
    try:
        through.send(row)
    except channels.NotSent as fault:
        return str(fault)
    return ""


def note_sent(row: Call, fault: str, *, at: datetime) -> Call:
    """Handed over is not delivered: only a receipt says that, and it may have come already."""
    row.refresh_from_db(fields=["state", "version"])
    if row.state == CallState.WAITING:
        row.state, row.failure = (CallState.FAILED, fault[:60]) if fault else (CallState.SENT, "")
    row.sent_at, row.version = None if fault else at, row.version + 1
    row.save(update_fields=["state", "sent_at", "failure", "version"])
    audit.note(
        by=system(row.clinic), at=at, verb="call.not_sent" if fault else "call.sent", on=row, because=row.channel
    )
    return row


@transaction.atomic
def receive_receipt(*, receipt: UUID, delivered: bool, why: str = "", at: datetime) -> Call | None:
    """The gateway says what became of it. Said twice, it is the same; a delivery is never taken back."""
    row = Call.objects.select_for_update(of=("self",)).select_related("clinic", "user").filter(receipt=receipt).first()
    if row is None or row.state == CallState.DELIVERED:
        return row
    if delivered:
        _delivered(row, at)
    else:
        row.state, row.failure, row.version = CallState.FAILED, why[:60] or "not delivered", row.version + 1
        row.save(update_fields=["state", "failure", "version"])
    audit.note(by=system(row.clinic), at=at, verb=f"call.{row.state}", on=row, because=row.channel)
    return row


def _delivered(row: Call, at: datetime) -> None:
    row.state, row.delivered_at, row.failure, row.version = CallState.DELIVERED, at, "", row.version + 1
    row.save(update_fields=["state", "delivered_at", "failure", "version"])
    rung = RungTaken.objects.select_for_update().get(pk=row.rung_id)
    if rung.confirmed_at is None:
        rung.confirmed_at, rung.version = at, rung.version + 1
        rung.save(update_fields=["confirmed_at", "version"])


def needless(row: RungTaken) -> None:
    """Answered before it was sent: nobody is called any more."""
    row.calls.filter(state=CallState.WAITING).exclude(channel=Channel.SCREEN).update(
        state=CallState.FAILED, failure="answered before it was sent"
    )


@transaction.atomic
def set_reach(*, mobile: str, by_text: bool, by_voice: bool, by_mail: bool, by: Actor, at: datetime) -> Reach:
    """Their own telephone, for alarms only."""
    access.require(by, "alarms", "C")
    mobile = mobile.strip()
    if (by_text or by_voice) and not channels.TELEPHONE.fullmatch(mobile.replace(" ", "")):
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
