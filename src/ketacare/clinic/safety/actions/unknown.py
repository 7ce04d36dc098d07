"""Calling people about words of danger from a number that nobody has: no concern, because nobody knows whose it would
be, and the ladder of a concern all the same, until somebody has seen them; and once more where nobody has then written
in time what was done (H13)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.channels import actions as channels
from ketacare.clinic.channels.models import CallState, Channel
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.actions.calling import NOT_IN_TIME, people_of, post_of, told
from ketacare.clinic.safety.actions.concerns import limits
from ketacare.clinic.safety.models import ConcernCall, ConcernRung, ConcernState, Tier
from ketacare.medicine.supervision import reader, rules
from ketacare.medicine.supervision.terms import Turn

log = logging.getLogger(__name__)


def call_about(duty: Duty, *, at: datetime) -> None:
    """With the duty, in its transaction. A fault of calling silences nothing: the next look calls."""
    try:
        with transaction.atomic():
            climb_about(duty, at=at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - said; its own text may hold an address
        log.error("nobody was called about words of danger yet: %s", type(fault).__name__)


def climb_about(duty: Duty, *, at: datetime) -> int:
    """Every rung that is due by now; the caller holds the duty. How many were taken."""
    ladder, taken, seen_at = reader.concern_ladder(), 0, queries.words_seen_at(duty)
    stage = ladder.now if duty.kind == queries.UNKNOWN else ladder.same_day
    since = duty.created_at if seen_at is None else max(decide_by(duty), seen_at + stage.again_after)
    while duty.is_open and (turn := rules.turn(stage, since, at, told(duty))):
        take(duty, turn, at=at, is_seen=seen_at is not None)
        taken += 1
    return taken


def decide_by(duty: Duty) -> datetime:
    return limits(duty.clinic, Tier.NOW, duty.due_at)[1]


@transaction.atomic
def acknowledge_about(duty: Duty, *, by: Actor, at: datetime) -> Duty:
    """I have seen it, and it is mine: nobody more is called until it should have been answered. It stays open."""
    access.require(by, "concerns", "U")
    duty = Duty.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=duty.pk)
    if not duty.is_open:
        return duty
    until = max(decide_by(duty), at + reader.concern_ladder().now.again_after)
    duties.hold(duty, until=until, by=by, at=at, reason=queries.WORDS_SEEN)
    nobody_more(duty)
    audit.note(by=by, at=at, verb="words.seen", on=duty)
    return duty


def take(duty: Duty, turn: Turn, *, at: datetime, is_seen: bool = False) -> None:
    rung = turn.rung
    users, role = people_of(rung, duty.clinic_id, duty.owner if is_seen else None, at)
    place = {"organisation_id": duty.organisation_id, "clinic_id": duty.clinic_id, "created_at": at}
    row = ConcernRung.objects.create(
        **place,
        duty=duty,
        rung=rung.id,
        round=turn.round,
        title=rung.title,
        begun_at=at,
        anybody=bool(users),
    )
    what = "Words of danger from an unknown number"
    what = what if duty.kind == queries.UNKNOWN else "What a patient wrote is to be read now"
    words = f"{what}: {settings.PUBLIC_ORIGIN}{duty.link}"
    words = words if len(words) <= 120 else f"{what}. Sign in."
    for user, channel, address in channels.ways(users, duty.clinic_id):
        ConcernCall.objects.create(**place, rung=row, user=user, channel=channel, address=address, words=words)
    if users and users[0].pk != duty.owner_id and not (rung.role == "everybody" and duty.owner_id):
        until = at + reader.concern_ladder().now.again_after
        post, state = post_of(users[0], role, duty.clinic_id), ConcernState.SEEN if is_seen else ConcernState.OPEN
        duties.climb(duty, to_role=post, to=users[0], until=until, reason=NOT_IN_TIME[state], at=at)
    audit.note(by=system(duty.clinic), at=at, verb="concern.call", on=row, because=rung.id)


@transaction.atomic
def note_looked_at(duties_of: Iterable[Duty], *, by: Actor, at: datetime) -> int:
    """Whoever was called and now has the words on their screen has received the call; that is not yet an answer."""
    access.require(by, "messages", "R")
    rows = ConcernCall.objects.select_for_update(of=("self",)).select_related("rung", "clinic")
    mine = rows.filter(rung__duty__in=[duty.pk for duty in duties_of], user_id=by.person_id)
    opened = list(mine.filter(channel=Channel.SCREEN, state=CallState.WAITING))
    for row in opened:
        row.deliver(at)
        audit.note(by=by, at=at, verb="call.delivered", on=row, because=row.channel)
    return len(opened)


def nobody_more(duty: Duty) -> None:
    """Read: nobody is called any more."""
    channels.needless(ConcernCall.objects.filter(rung__duty=duty))
