"""What becomes of a visit on its day: late, not come, cancelled; each with its reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.actions.courses import change
from ketacare.clinic.scheduling.actions.keeping import as_shown
from ketacare.clinic.scheduling.actions.reasons import NotHere, Reason, reason_in
from ketacare.clinic.scheduling.actions.resources import fact_of
from ketacare.clinic.scheduling.actions.telling import because, tell
from ketacare.clinic.scheduling.actions.visits import move_visit
from ketacare.clinic.scheduling.actions.wording import SHORT, fitting
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
    change(row, Happened.ARRIVED, "at_the_door", by=by, at=at)
    return row


@transaction.atomic
def take_arrival_back(*, visit: Visit, reason: str, by: Actor, at: datetime, words: str = "") -> VisitChange:
    """They are not here after all: the visit is booked as before, and what was noted is amended with its reason. What
    was begun because they were here stands in the way."""
    access.require(by, "appointments", "U", patient=visit.patient)
    said = fitting(words, SHORT)
    why = not_here(reason, said)
    row = as_shown(visit, by)
    if row.state != VisitState.CHECKED_IN:
        rule = "Only a visit that is checked in can be taken back."
        raise Refused(Refusal("visit", rule, "Look at it as it is now.", "policy"))
    if row.kind == VisitKind.DOSE:
        rule = "A session was begun with this check-in."
        raise Refused(Refusal("visit", rule, "Call it off in the session, with its reason.", "policy"))
    noted = VisitChange.objects.current().filter(visit=row, what=Happened.ARRIVED).order_by("recorded_at").last()
    since = noted.recorded_at if noted else row.starts_at
    begun = [rule for asks in above.begun_since for rule in asks(row, since)]
    if begun:
        remedy = "Strike that first, or let the visit take place."
        raise Refused([Refusal("visit", rule, remedy, "policy") for rule in begun])
    Visit.objects.filter(pk=row.pk).update(state=VisitState.BOOKED, version=F("version") + 1)
    row.refresh_from_db()
    taken = VisitChange.objects.create(
        **fact_of(by, at), patient_id=row.patient_id, visit=row, what=Happened.TAKEN_BACK, reason=reason, words=said,
        from_at=row.starts_at, amends=noted, amend_reason=why if noted else "",
    )  # fmt: skip
    audit.note(by=by, at=at, verb="visit.arrival_back", on=row, patient=row.patient, because=reason)
    return taken


def not_here(reason: str, words: str) -> str:
    """In words, as the page and the amendment have it."""
    try:
        said = NotHere(reason)
    except ValueError:
        raise Refused(Refusal("reason", "Why is not chosen.", "Choose a reason from the list."))
    if said is NotHere.OTHER and not words.strip():
        raise Refused(Refusal("words", "is empty.", "Say the reason in a few words."))
    return ": ".join(part for part in (said.label, words.strip()) if part)


@transaction.atomic
def note_done(*, visit: Visit, by: Actor, at: datetime) -> Visit:
    """It took place and is over; also where nobody noted that they had come."""
    row = no_dose(visit, by=by)
    if at < row.starts_at:
        rule = "It has not begun yet."
        raise Refused(Refusal("visit", rule, "Note that they are here, and that it took place afterwards.", "policy"))
    if row.state == VisitState.BOOKED:
        move_visit(visit=row, to=VisitState.CHECKED_IN, by=by, at=at)
    move_visit(visit=row, to=VisitState.CLOSED, by=by, at=at)
    return row


def no_dose(visit: Visit, *, by: Actor) -> Visit:
    access.require(by, "appointments", "U", patient=visit.patient)
    row = as_shown(visit, by)
    if row.kind == VisitKind.DOSE:
        raise Refused(Refusal("visit", "is a dose.", "Check in and close it in its session.", "policy"))
    return row
