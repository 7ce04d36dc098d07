"""Calling people about a concern until one of them has acknowledged it, at any hour (H13).

Every step is worked out from the concern and from what was taken so far, so that a process killed at any moment neither
forgets a step nor takes one twice. The first is taken with the concern itself, the others by whichever process looks
first. No call holds a word about a patient.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.channels import actions as channels
from ketacare.clinic.channels.models import CallState, Channel
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.models import Concern, ConcernCall, ConcernRung, ConcernState, Tier
from ketacare.medicine.supervision import reader, rules
from ketacare.medicine.supervision.terms import Rung, Stage, Told, Turn

HOW_SOON = {Tier.NOW: "now", Tier.SAME_DAY: "today", Tier.BEFORE_NEXT_DOSE: "today"}
NOT_IN_TIME = {ConcernState.OPEN: "not seen in time", ConcernState.SEEN: "not decided in time"}
log = logging.getLogger(__name__)


def call_at_once(concern: Concern, *, at: datetime) -> None:
    """With the concern, in its transaction. A fault of calling silences no concern: the next look calls."""
    try:
        with transaction.atomic():
            climb(concern, at=at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - said; its own text may hold an address
        log.error("nobody was called about a concern yet: %s", type(fault).__name__)


def climb(concern: Concern, *, at: datetime) -> int:
    """Every rung that is due by now and was not taken; the caller holds the concern. How many were taken."""
    stage, taken = stage_of(concern), 0
    since = None if stage is None else called_since(concern, stage)
    if stage is None or since is None:
        return 0
    while turn := rules.turn(stage, since, at, told(concern)):
        take(concern, turn, at=at)
        taken += 1
    return taken


def stage_of(concern: Concern) -> Stage | None:
    """A concern that may wait for the next dose is a duty, and calls nobody; unless it speaks of suicide."""
    ladder = reader.concern_ladder()
    if concern.tier == Tier.NOW:
        return ladder.now
    is_called = concern.tier == Tier.SAME_DAY or concern.reason_code in ladder.suicidality
    return ladder.same_day if is_called else None


def called_since(concern: Concern, stage: Stage) -> datetime | None:
    """From when people are called: until it is seen; and once more when it was seen and not decided in its time.
    Whoever then says again that it is theirs has another while."""
    if concern.state == ConcernState.OPEN:
        return concern.raised_at if concern.seen_at is None else more_since(concern)
    if concern.state == ConcernState.CLOSED:
        return None
    seen_at = concern.steps.filter(step="seen").order_by("-happened_at").values_list("happened_at", flat=True).first()
    return max(concern.decide_by, seen_at + stage.again_after) if seen_at else concern.decide_by


def more_since(concern: Concern) -> datetime:
    """When more was written of what had been seen: the first of it, so that what is written on and on delays nobody."""
    seen_at = concern.steps.filter(step="seen").order_by("-recorded_at").values_list("recorded_at", flat=True).first()
    more = concern.steps.filter(step="raised", recorded_at__gte=seen_at or concern.raised_at)
    return more.order_by("recorded_at").values_list("recorded_at", flat=True).first() or concern.raised_at


def told(about: Concern | Duty) -> dict[int, dict[str, Told]]:
    found: dict[int, dict[str, Told]] = {}
    for row in about.rungs.all():
        found.setdefault(row.round, {})[row.rung] = Told(row.begun_at, row.anybody, row.confirmed_at)
    return found


def take(concern: Concern, turn: Turn, *, at: datetime) -> ConcernRung:
    """The rung, a call to each of its people by each of their ways, and the concern theirs."""
    rung = turn.rung
    users, role = whom(concern, rung, at)
    place = {"organisation_id": concern.organisation_id, "clinic_id": concern.clinic_id, "created_at": at}
    row = ConcernRung.objects.create(
        **place,
        concern=concern,
        rung=rung.id,
        round=turn.round,
        title=rung.title,
        begun_at=at,
        anybody=bool(users),
    )
    for user, channel, address in channels.ways(users, concern.clinic_id):
        ConcernCall.objects.create(**place, rung=row, user=user, channel=channel, address=address, words=words(concern))
    if users and not (rung.role == "everybody" and concern.owner_id):
        give(concern, users[0], post_of(users[0], role, concern.clinic_id), at=at)
    audit.note(
        by=system(concern.clinic), at=at, verb="concern.call", on=row, patient=concern.patient_id, because=rung.id
    )
    return row


def whom(concern: Concern, rung: Rung, at: datetime) -> tuple[list[User], str]:
    """The people of a rung who work here and are not on leave, and the role they have it in. The last rung always has
    somebody, where anybody may take up a concern at all."""
    holder = concern.owner if concern.seen_at is not None else None
    return people_of(rung, concern.clinic_id, holder, at)


def people_of(rung: Rung, clinic_id: UUID, holder: User | None, at: datetime) -> tuple[list[User], str]:
    """`holder`: whoever has said that it is theirs."""
    watch = queries.shift_of(clinic_id, at)
    role = watch.role if watch else str(Role.RX)
    match rung.role:
        case "owner":
            found = [watch.user] if watch else []
            if holder is not None:  # it is theirs: they hear first
                found = [holder, *(user for user in found if user != holder)]
        case "backup":
            found = [watch.backup] if watch and watch.backup else []
        case "everybody":
            found = list(people.colleagues(clinic_id=clinic_id, role=Role(role))) or anybody(clinic_id)
        case _:
            role = rung.role
            found = list(people.colleagues(clinic_id=clinic_id, role=Role(role)))
    here, away = queries.answering(clinic_id), queries.on_leave(clinic_id, at)
    found = [user for user in found if user.pk in here]
    at_work = [user for user in found if user.pk not in away]
    if rung.role == "everybody" and not at_work:
        # All of that role are on leave. Whoever else may take it up is called; with nobody at work, all: better one
        # call on a holiday than none at all.
        others = anybody(clinic_id)
        at_work = [user for user in others if user.pk not in away] or others
    return at_work, role


def anybody(clinic_id: UUID) -> list[User]:
    """With nobody of the role, whoever may take up a concern."""
    return list({post.user_id: post.user for post in queries.may_answer(clinic_id)}.values())


def post_of(user: User, role: str, clinic_id: UUID) -> str:
    """The role in which they have it: the rung's, or one of their own."""
    roles = list(queries.may_answer(clinic_id).filter(user=user).values_list("role", flat=True))
    return role if role in roles or not roles else str(roles[0])


def give(concern: Concern, user: User, role: str, *, at: datetime) -> None:
    """Theirs by name from now on, with its duty; the duty's own escalation waits one step longer."""
    if concern.owner_id == user.pk:
        return
    concern.owner, concern.version = user, concern.version + 1
    concern.save(update_fields=["owner", "version"])
    until = max(at + (concern.see_by - concern.raised_at), concern.see_by)
    duties.climb(
        concern.duty, to_role=role, to=user, until=until, reason=NOT_IN_TIME[ConcernState(concern.state)], at=at
    )


def words(concern: Concern) -> str:
    """How soon, and where: the address names a concern and opens nothing to whoever has not signed in."""
    what = "answered" if concern.state == ConcernState.OPEN else "decided"
    soon = f"A concern is to be {what} {HOW_SOON[Tier(concern.tier)]}"
    linked = f"{soon}: {settings.PUBLIC_ORIGIN}{queries.page(concern.pk)}"
    return linked if len(linked) <= 120 else f"{soon}. Sign in."


def needless(concern: Concern) -> None:
    """Acknowledged: nobody is called any more."""
    channels.needless(ConcernCall.objects.filter(rung__concern=concern))


def receive_receipt(*, receipt: UUID, delivered: bool, why: str = "", at: datetime) -> ConcernCall | None:
    retry = reader.concern_ladder().retry
    return channels.receive_receipt(ConcernCall, receipt=receipt, delivered=delivered, why=why, retry=retry, at=at)


@transaction.atomic
def note_opened(concern: Concern, *, by: Actor, at: datetime) -> int:
    """Whoever was called and now has it on their screen has received it; that is not yet an answer."""
    access.require(by, "concerns", "R", patient=concern.patient)
    rows = ConcernCall.objects.select_for_update(of=("self",)).select_related("rung", "clinic")
    mine = rows.filter(rung__concern=concern, user_id=by.person_id, channel=Channel.SCREEN, state=CallState.WAITING)
    opened: Sequence[ConcernCall] = list(mine)
    for row in opened:
        row.deliver(at)
        audit.note(by=by, at=at, verb="call.delivered", on=row, patient=concern.patient_id, because=row.channel)
    return len(opened)
