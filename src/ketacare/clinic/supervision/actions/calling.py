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


def told_already(visit: Visit, rung: Rung, words: str, at: datetime) -> RungTaken | None:
    """Another alarm of this chair by which the same people are called this very moment, with the same words: two
    channels of one monitor are lost together, and whoever comes sees both (H9)."""
    same = RungTaken.objects.filter(visit=visit, rung=rung.id, begun_at=at, ended_at__isnull=True, told_with=None)
    return same.filter(calls__words=words).order_by("created_at", "pk").first()


def call(row: RungTaken, users: Sequence[User], words: str, *, at: datetime) -> list[Call]:
    """One for each person and each of their ways, and none by which they were called of this alarm this very moment;
    of one that was told with another nothing leaves the house again. A screen that answers this moment has received it
    already."""
    of_it = {"rung__visit": row.visit_id, "rung__condition": row.condition, "rung__since": row.since}
    just_called = set(Call.objects.filter(**of_it, created_at=at).values_list("user_id", "channel"))
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
        if (user.pk, str(channel)) not in just_called and (row.told_with_id is None or channel == Channel.SCREEN)
    ]
    for one in made:
        if one.channel == Channel.SCREEN and queries.answers(one.user_id, row.clinic_id, at):
            one.deliver(at)
    return made


def receive_receipt(*, receipt: UUID, delivered: bool, why: str = "", at: datetime) -> Call | None:
    return channels.receive_receipt(Call, receipt=receipt, delivered=delivered, why=why, at=at)


def needless(row: RungTaken) -> None:
    """Nobody is called of it any more, unless the same call is for another alarm that still rings."""
    first = row.told_with or row
    if first.ended_at is not None and not first.told_too.filter(ended_at__isnull=True).exists():
        channels.needless(first.calls.all())
    if first != row:
        channels.needless(row.calls.all())
