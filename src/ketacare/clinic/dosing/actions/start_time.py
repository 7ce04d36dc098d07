"""When the dose was begun, put right with a reason; what counts from T0 follows (I2, I3, I10). It is never struck out:
what was given is in the ledger.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import F

from ketacare.clinic.dosing.actions import against, driving
from ketacare.clinic.dosing.actions.held import hold
from ketacare.clinic.dosing.actions.read_aloud import time_out_before
from ketacare.clinic.dosing.models import Session, TimelineEntry
from ketacare.clinic.dosing.queries import answered, dose, going_home, ordered, rates, readiness
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.quantities.terms import Mass


def right_time(
    session: Session, entry: TimelineEntry, happened_at: datetime | None, *, in_error: bool, by: Actor
) -> datetime:
    """The time as it stands from now on, or why it cannot; of the minute of the time-out, the time-out came first."""
    hold(session)
    if not may(by, "plan", "S") and not rates.is_by(entry, by.user_id):
        words = "When a dose was begun is put right by whoever began it, or by a prescriber."
        raise Refused(Refusal("happened_at", words, "Ask one of them; or add a remark.", "policy"))
    if in_error or happened_at is None:
        words = "Of the start of a dose the time is put right; it is not struck out."
        raise Refused(Refusal("happened_at", words, "Enter when it was begun.", "policy"))
    read = time_out_before(session, happened_at)
    if read is None:
        raise Refused(Refusal("happened_at", "is before the time-out.", "Enter when it was begun, after it was read."))
    when = max(happened_at, read.recorded_at)
    later = [row for row in dose.steps_of(session) if not dose.is_start(row)]
    if later and when >= later[0].happened_at:
        raise Refused(Refusal("happened_at", "is after a later step of the dose.", "Put the time of that right first."))
    if session.left_at is not None and when >= session.left_at:
        raise Refused(Refusal("happened_at", "is after the patient had left.", "Enter when it was begun."))
    if any(row.name == dose.SECOND_STEP for row in later):
        words = "The second step was reckoned from it: what the first gave would no longer be right."
        raise Refused(Refusal("happened_at", words, "Write the right time in a remark.", "policy"))
    return when


def put_right(session: Session, start: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """In the transaction of the correction, once the line stands."""
    when, order = start.happened_at, ordered.order_of(session.visit)
    assert order is not None  # nothing starts without one
    refuse_another_amount(session, order)
    # What is given at once has ended when it was given, and one piece of one with it.
    at_once = not order.infused and session.dose_ended_at == session.started_at
    moved = {"started_at": when, **({"dose_ended_at": when} if at_once else {})}
    Session.objects.filter(pk=session.pk).update(version=F("version") + 1, **moved)
    session.refresh_from_db(fields=["version", *moved])
    scheduling.begin_put_right(visit=session.visit, began_at=when, by=by, at=at)
    if session.left_at is None:
        watch_from(session, by=by, at=at)
        return
    ready_at = going_home.release(session, at=session.left_at, zone=session.visit.clinic.zone).ready_at
    Session.objects.filter(pk=session.pk).update(ready_at=ready_at)
    session.refresh_from_db(fields=["ready_at"])
    driving.put_off(session, by=by, at=at)
    against.owe_a_look_at_the_start(session, by=by, at=at)


def refuse_another_amount(session: Session, order: ordered.Ordered) -> None:
    """Where no volume of the pump was read, what is in the ledger was reckoned from the start."""
    end = dose.steps_of(session)[-1]
    if end.name not in dose.ENDED or end.body.get("pump_ml") is not None or not order.infused:
        return
    booked, now = Mass(Decimal(end.body["given_mg"])), dose.given_by_pump(session, order, end.happened_at)
    if booked != now:
        words = (
            f"The ledger has {dose.in_tenths(booked)}, by rate and time; it would be {dose.in_tenths(now)} from then."
        )
        raise Refused(Refusal("happened_at", words, "Correct the ledger, and add a remark with the time.", "policy"))


def watch_from(session: Session, *, by: Actor, at: datetime) -> None:
    """What is asked for has other times, and the patient's own values are those of before the dose. Where the watch
    cannot be read, nothing of that keeps a time from being right, and somebody looks at what it asks (D9)."""
    standing = watch.standing(session.visit, at=at)
    if standing is None or session.started_at is None:
        return
    if standing.unjudged_since is not None:
        against.owe_a_look_at_the_checks(session, by=by, at=at)
        return
    own = readiness.baseline(session, session.started_at)
    monitoring.set_baseline(visit=session.visit, baseline=own, by=by, at=at)
    monitoring.schedule_checks(visit=session.visit, asks=answered.still_owed(session, at), by=by, at=at)
