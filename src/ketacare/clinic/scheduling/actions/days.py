"""What becomes of a visit on its day: late, not come, cancelled; each with its reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.actions.courses import change
from ketacare.clinic.scheduling.actions.keeping import as_shown
from ketacare.clinic.scheduling.actions.reasons import Reason, reason_in
from ketacare.clinic.scheduling.actions.telling import because, tell
from ketacare.clinic.scheduling.actions.visits import move_visit
from ketacare.clinic.scheduling.actions.wording import fitting
from ketacare.clinic.scheduling.models import Happened, Visit, VisitChange, VisitKind, VisitState
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

# Whoever decides so decides also whether there is another time.
ENDS_IT = (Reason.CLINICAL, Reason.PAUSED)
# Room is left for how late.
SAID_LATE = 270


@transaction.atomic
def note_late(
    *, visit: Visit, expected_at: datetime, reason: str, by: Actor, at: datetime, words: str = ""
) -> VisitChange:
    """Somebody said that they will be late: nothing moves, and everybody who waits for them can see it."""
    access.require(by, "appointments", "U", patient=visit.patient)
    why = reason_in(reason, words)
    visit = as_shown(visit, by)
    if visit.state != VisitState.BOOKED:
        raise Refused(Refusal("visit", "has begun or is over.", "Only a visit that is booked can be late.", "policy"))
    if expected_at <= visit.starts_at:
        raise Refused(Refusal("expected_at", "is not later than booked.", "Give the time at which they come."))
    minutes = int((expected_at - visit.starts_at).total_seconds() // 60)
    row = change(visit, Happened.LATE, why, by=by, at=at, words=f"{minutes} min late. {fitting(words, SAID_LATE)}")
    audit.note(by=by, at=at, verb="visit.late", on=visit, patient=visit.patient, because=why)
    return row


@transaction.atomic
def give_up_visit(
    *, visit: Visit, to: VisitState, reason: str, by: Actor, at: datetime, words: str = ""
) -> VisitChange:
    """Cancelled before it, or not come to; its chair and people are free from now on."""
    access.require(by, "appointments", "U", patient=visit.patient)
    why = reason_in(reason, words)
    if to not in (VisitState.CANCELLED, VisitState.NO_SHOW):
        raise Refused(Refusal("to", "is neither cancelled nor not come.", "Choose one of the two."))
    if to == VisitState.NO_SHOW and at < visit.starts_at:
        raise Refused(Refusal("to", "cannot be before it was due to begin.", "Cancel it instead.", "policy"))
    visit = as_shown(visit, by)
    row = change(
        visit, Happened.CANCELLED if to == VisitState.CANCELLED else Happened.NO_SHOW, why, by=by, at=at, words=words
    )
    move_visit(visit=visit, to=to, by=by, at=at)
    if visit.kind == VisitKind.DOSE and why not in ENDS_IT:
        tell(visit, "Find another time for a dose that does not take place", because(why), by=by, at=at)
    return row


@transaction.atomic
def note_arrival(*, visit: Visit, by: Actor, at: datetime) -> Visit:
    """Here for a visit that is no dose: those check in at their session."""
    row = no_dose(visit, by=by)
    if local_day(row.starts_at, by.zone) != local_day(at, by.zone):
        raise Refused(Refusal("visit", "is not on this day.", "Move it to today first.", "policy"))
    move_visit(visit=row, to=VisitState.CHECKED_IN, by=by, at=at)
    return row


@transaction.atomic
def note_done(*, visit: Visit, by: Actor, at: datetime) -> Visit:
    """It took place and is over; also where nobody noted that they had come."""
    row = no_dose(visit, by=by)
    if row.state == VisitState.BOOKED:
        if at < row.starts_at:
            raise Refused(Refusal("visit", "has not begun.", "Note that they are here, or wait for it.", "policy"))
        move_visit(visit=row, to=VisitState.CHECKED_IN, by=by, at=at)
    move_visit(visit=row, to=VisitState.CLOSED, by=by, at=at)
    return row


def no_dose(visit: Visit, *, by: Actor) -> Visit:
    access.require(by, "appointments", "U", patient=visit.patient)
    row = as_shown(visit, by)
    if row.kind == VisitKind.DOSE:
        raise Refused(Refusal("visit", "is a dose.", "Check in and close it in its session.", "policy"))
    return row
