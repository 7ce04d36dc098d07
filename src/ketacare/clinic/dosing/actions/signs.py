"""A sign that alarms, seen at the chair, over again, or never there: the timeline and the alarm say the same (A17)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.dosing.actions import danger, timeline
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import signs
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def seen(
    *, session: Session, sign: str, by: Actor, at: datetime, words: str = "", happened_at: datetime | None = None
) -> TimelineEntry:
    """One tap: a line, and an alarm at once. What reaches us after the patient has left sounds nowhere any more:
    whoever is on call hears of it."""
    entry = timeline.record(
        session=session, kind=Kind.EVENT, name=sign, words=words, by=by, at=at, happened_at=happened_at
    )
    heard(session, entry, by=by, at=at)
    if watch.standing(session.visit, at=at) is not None or session.left_at is None:
        monitoring.observe_sign(visit=session.visit, sign=sign, by=by, at=at)
    return entry


def heard(session: Session, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """Whoever must hear of it beside the chair's alarms, whichever way it was charted. Of "leaving" nobody is called
    about somebody who has left."""
    intent = danger.heed(session, entry, by=by, at=at)
    gone = session.left_at is not None and watch.standing(session.visit, at=at) is None
    if gone and intent is None and entry.name != signs.LEAVING:
        danger.came_late(session, entry, by=by, at=at)


@transaction.atomic
def over(*, session: Session, sign: str, by: Actor, at: datetime, happened_at: datetime | None = None) -> TimelineEntry:
    """Whoever may say that it is there may say that it is over; who and when stand in the timeline. A high one stays
    latched until somebody has seen it (A6)."""
    access.require(by, "alarms", "C", patient=session.visit.patient)
    watched = watch.standing(session.visit, at=at)
    if watched is None or watched.unjudged_since is not None:  # by the record, where no alarm tells
        stands = signs.stands(session, sign)
    else:
        stands = sign in {one.sign for one in signs.standing(watched)}
    if not stands:
        raise Refused(Refusal("sign", "This sign does not stand.", "Look at the session again.", "policy"))
    entry = timeline.record(
        session=session, kind=Kind.EVENT, name=signs.OVER, body={"sign": sign}, by=by, at=at, happened_at=happened_at
    )
    if watched is not None:
        monitoring.observe_sign(visit=session.visit, sign=sign, present=False, by=by, at=at)
    return entry
