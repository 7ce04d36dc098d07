"""Somebody is not ready long after they might have been: the prescriber has a duty, which ends when they have left."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.actions.owing import owe
from ketacare.clinic.dosing.models import Session, TimelineEntry
from ketacare.clinic.dosing.queries import answered, staying
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role

ENDS = {
    kind: duties.ends_by_word(kind, "What was found, and what was decided")
    for kind in (staying.REVIEW, staying.CLOSING, staying.LONGEST)
}


def open_owed(session: Session, *, by: Actor, at: datetime) -> int:
    """Once each, in the caller's transaction: the session is locked, and what was opened meanwhile is known."""
    now = Session.objects.select_for_update(no_key=True, of=("self",)).get(pk=session.pk)
    if now.left_at is not None:
        return 0
    found = staying.owed(session, at)
    for one in found:
        duties.open_duty(
            kind=ENDS[one.kind],
            title=one.title,
            why=one.why,
            link=f"/sessions/{session.visit_id}/release/",
            patient=session.visit.patient,
            visit_id=session.visit_id,
            owner_role=Role.RX,
            due_at=at,
            late_at=at if one.kind == staying.LONGEST else None,
            consequence=Consequence.LIFE if one.kind == staying.LONGEST else Consequence.SAFETY,
            by=by,
            at=at,
        )
    return len(found)


def go_on_asking(session: Session, *, by: Actor, at: datetime) -> int:
    """Nobody is here for so long, and somebody is: they are looked after as before, until they leave (H7, T6)."""
    now = Session.objects.select_for_update(no_key=True, of=("self",)).get(pk=session.pk)
    more = answered.to_come(now, at)
    owe(now, more, by=by, at=at)
    return len(more)


def no_longer_stays(session: Session, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """The patient has left: nobody stays any more."""
    for kind in ENDS:
        for duty in waiting.open_for(session.visit.patient, kind).filter(visit_id=session.visit_id):
            duties.close_duty(duty, evidence=entry, by=by, at=at)
