"""An emergency at the chair: one press begins the event clock and holds back lesser sounds (A20); each act a line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from ketacare.clinic.dosing.actions import driving
from ketacare.clinic.dosing.actions.timeline import not_ahead, still_open, write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import emergencies
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.reader import limits

# What an act begins is written before it, and stands before it where both happened at one moment.
BEFORE_ITS_ACT = timedelta(microseconds=1)


@transaction.atomic
def begin(*, session: Session, by: Actor, at: datetime, happened_at: datetime | None = None) -> TimelineEntry:
    """The clock of the event runs from the press. Pressed twice it is the same event. A press that waited for the line
    holds no sound back once its time is over, and is over itself where another has ended it or they have left."""
    access.require(by, "alarms", "C", patient=session.visit.patient)
    still_open(session)
    not_ahead(happened_at, at)
    began = happened_at or at
    known = emergencies.event_begun(session) or emergencies.under_way(session, began)
    return known if known is not None else begun(session, began, by=by, at=at, written_at=at)


def begun(session: Session, began: datetime, *, by: Actor, at: datetime, written_at: datetime) -> TimelineEntry:
    lines: dict[str, Any] = {"visit": session.visit, "kind": Kind.EMERGENCY, "by": by, "at": written_at}
    entry = write(**lines, name=emergencies.BEGIN, happened_at=began)
    if session.left_at and began < session.left_at:
        write(**lines, name=emergencies.END, words="Left", happened_at=session.left_at)
    if emergencies.event_begun(session) is not None and is_fresh(began, at):
        monitoring.begin_emergency(visit=session.visit, by=by, at=at)
    return entry


def is_fresh(when: datetime, at: datetime) -> bool:
    """What waited for the line longer than lesser sounds are held back for holds none back any more (A20)."""
    return at - when < timedelta(seconds=limits().times.emergency_s)


@transaction.atomic
def act(
    *, session: Session, what: str, words: str = "", by: Actor, at: datetime, done_at: datetime | None = None
) -> TimelineEntry:
    """One tap, stamped; what was given says how much; charted later it says when. Each act keeps the lesser sounds back
    for longer. Whoever acts before anybody has pressed “Emergency” has begun it (H22, H41). What is told afterwards of
    an event that is over is kept as well, with a time at which it lasted; of a session that is called off never as if
    it were done now (H17)."""
    access.require(by, "readings" if what == emergencies.DRUG else "alarms", "C", patient=session.visit.patient)
    taken, told_after = emergencies.was_taken_before_the_dose(session, at), emergencies.is_told_after(session, at)
    if not told_after:
        still_open(session)
    elif done_at is None:
        raise Refused(Refusal("done_at", "When was it done? The time is empty.", "Enter it, as 0930 or -5."))
    when = done_at or at
    was_one, has_left = emergencies.was_one(session), session.left_at is not None and session.left_at <= when
    gone = taken or (session.left_at and was_one)
    if not (emergencies.event_begun(session) or emergencies.under_way(session, when) or gone):
        if was_one:
            raise Refused(Refusal("done_at", "No emergency lasted then.", "Write when it was done, or begin anew."))
        if has_left:
            raise Refused(
                Refusal("Emergency", "has not begun.", "Press “Emergency” first: the clock starts.", "policy")
            )
    if what not in dict(emergencies.ACTS):
        raise Refused(Refusal("what", "is none of the acts.", "Tap one of the buttons, or write a remark."))
    if what in emergencies.NEEDS_WORDS and not words.strip():
        raise Refused(Refusal("words", "What was given is empty.", "Write drug, amount and route."))
    not_ahead(done_at, at)
    if not was_one:
        begun(session, when, by=by, at=at, written_at=at - BEFORE_ITS_ACT)
    elif emergencies.event_begun(session) and is_fresh(when, at) and watch.standing(session.visit, at=at) is not None:
        monitoring.begin_emergency(visit=session.visit, by=by, at=at)
    entry = write(
        visit=session.visit, kind=Kind.EMERGENCY, name=what, words=words.strip(), by=by, at=at, happened_at=done_at
    )
    if what == emergencies.DRUG:
        driving.put_off(session, by=by, at=at)
    return entry


@transaction.atomic
def end(*, session: Session, words: str, by: Actor, at: datetime, done_at: datetime | None = None) -> TimelineEntry:
    """Over, and how: what is still there sounds again. Charted later it keeps its time, after the last of its acts."""
    access.require(by, "alarms", "C", patient=session.visit.patient)
    not_ahead(done_at, at)
    if done_at is not None and any(when > done_at for when, _, _ in emergencies.event_lines(session)):
        raise Refused(Refusal("done_at", "is before an act of the emergency.", "Look at its times; enter it again."))
    if emergencies.event_begun(session) is None:
        raise Refused(Refusal("Emergency", "is not under way.", "Look at the page again.", "policy"))
    if not words.strip():
        raise Refused(Refusal("ended", "How it ended is empty.", "Write it: settled, handed over, transferred."))
    if watch.standing(session.visit, at=at) is not None:
        monitoring.end_emergency(visit=session.visit, by=by, at=at)
    return write(
        visit=session.visit, kind=Kind.EMERGENCY, name=emergencies.END, words=words.strip(), by=by, at=at,
        happened_at=done_at,
    )  # fmt: skip
