"""Whom a rung calls, and the calls written with it; how they leave is the same for all that call people (D6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ketacare.clinic.channels import actions as channels
from ketacare.clinic.channels.models import Channel
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.supervision import queries
from ketacare.clinic.supervision.models import Call, RungTaken, Task
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
    made = [
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
        for user, channel, address in channels.ways(users, row.clinic_id)
    ]
    for one in made:
        if one.channel == Channel.SCREEN and queries.answers(one.user_id, row.clinic_id, at):
            one.deliver(at)
    return made


<<<<<<< HEAD
=======
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
    """To its gateway; why not, or nothing. Touches no record, so that many go at once. An exercise rings nobody's
    telephone: what is not taken on this machine leaves no training clinic (H39)."""
    if row.clinic.is_training and not through.stays_here(row.channel):
        return "a training clinic sends nothing out"
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
>>>>>>> c7bd8f2 (feat(dosing): limits at the chair, sound on again, what is not monitored said loudly; a dose acts from its last part; serials and the pump read; nothing stale on the chair and the wall (A9, A14, V5, T2, T5, D5, G18, H25, H37, H39, H40))
def receive_receipt(*, receipt: UUID, delivered: bool, why: str = "", at: datetime) -> Call | None:
    return channels.receive_receipt(Call, receipt=receipt, delivered=delivered, why=why, at=at)


def needless(row: RungTaken) -> None:
    channels.needless(row.calls.all())
