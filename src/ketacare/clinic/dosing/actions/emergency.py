"""An emergency at the chair: one press begins the event clock and holds back lesser sounds (A20); each act a line."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.dosing.actions.timeline import not_ahead, still_open, write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import emergencies
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def begin(*, session: Session, by: Actor, at: datetime) -> TimelineEntry:
    """The clock of the event runs from here. Pressed twice it is the same event."""
    access.require(by, "alarms", "C", patient=session.visit.patient)
    still_open(session)
    known = emergencies.event_begun(session)
    if known is not None:
        return known
    monitoring.begin_emergency(visit=session.visit, by=by, at=at)
    return write(visit=session.visit, kind=Kind.EMERGENCY, name=emergencies.BEGIN, by=by, at=at)


@transaction.atomic
def act(
    *, session: Session, what: str, words: str = "", by: Actor, at: datetime, done_at: datetime | None = None
) -> TimelineEntry:
    """One tap, stamped; what was given says how much; charted later it says when. Each act keeps the lesser sounds back
    for longer. What is told afterwards of an event that ended at the door is kept as well."""
    access.require(by, "readings", "C", patient=session.visit.patient)
    still_open(session)
    if emergencies.event_begun(session) is None and not (session.left_at and emergencies.was_one(session)):
        raise Refused(Refusal("Emergency", "has not begun.", "Press “Emergency” first: the clock starts.", "policy"))
    if what not in dict(emergencies.ACTS):
        raise Refused(Refusal("what", "is none of the acts.", "Tap one of the buttons, or write a remark."))
    if what in emergencies.NEEDS_WORDS and not words.strip():
        raise Refused(Refusal("words", "What was given is empty.", "Write drug, amount and route."))
    not_ahead(done_at, at)
    if watch.standing(session.visit, at=at) is not None:
        monitoring.begin_emergency(visit=session.visit, by=by, at=at)
    return write(
        visit=session.visit, kind=Kind.EMERGENCY, name=what, words=words.strip(), by=by, at=at, happened_at=done_at
    )


@transaction.atomic
def end(*, session: Session, words: str, by: Actor, at: datetime) -> TimelineEntry:
    """Over, and how: what is still there sounds again."""
    access.require(by, "alarms", "C", patient=session.visit.patient)
    if emergencies.event_begun(session) is None:
        raise Refused(Refusal("Emergency", "is not under way.", "Look at the page again.", "policy"))
    if not words.strip():
        raise Refused(Refusal("ended", "How it ended is empty.", "Write it: settled, handed over, transferred."))
    if watch.standing(session.visit, at=at) is not None:
        monitoring.end_emergency(visit=session.visit, by=by, at=at)
    return write(visit=session.visit, kind=Kind.EMERGENCY, name=emergencies.END, words=words.strip(), by=by, at=at)
