"""The states of a session and the acts that move it: check in, start, pause, resume, change rate, stop, close."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions.preparing import require_still_go
from ketacare.clinic.dosing.actions.timeline import tell, write
from ketacare.clinic.dosing.models import Kind, Session, SessionState
from ketacare.clinic.dosing.queries import dose, schedule, timeline
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Chair, Visit, VisitState
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.reader import limits_of

S = SessionState
TIME_OUT_LASTS = timedelta(minutes=10)
ALLOWED: dict[SessionState, frozenset[SessionState]] = {
    S.PREPARING: frozenset({S.DRAWN, S.CALLED_OFF}),
    S.DRAWN: frozenset({S.CHECKED, S.PREPARING, S.CALLED_OFF}),
    S.CHECKED: frozenset({S.RUNNING, S.PREPARING, S.CALLED_OFF}),
    S.RUNNING: frozenset({S.PAUSED, S.RECOVERY}),
    S.PAUSED: frozenset({S.RUNNING, S.RECOVERY}),
    S.RECOVERY: frozenset({S.LEFT}),
    S.LEFT: frozenset({S.CLOSED}),
    S.CLOSED: frozenset(),
    S.CALLED_OFF: frozenset(),
}


def advance(session: Session, to: SessionState, **times: datetime | None) -> None:
    """Take the step in one statement: of two at once the second waits, finds nothing to move, and is refused."""
    sources = [state for state, reachable in ALLOWED.items() if to in reachable]
    moved = Session.objects.filter(pk=session.pk, state__in=sources).update(
        state=to, version=session.version + 1, **times
    )
    if not moved:
        now = Session.objects.get(pk=session.pk)
        raise Refused(
            Refusal(
                "Session",
                f"is now “{now.get_state_display()}”; it cannot become “{to.label}”.",
                "Somebody may have done it already: look at the page again.",
                "policy",
            )
        )
    session.refresh_from_db(fields=["state", "version", *times])
    tell(session.visit, "state", {"state": str(to)})


@transaction.atomic
def check_in(
    *, visit: Visit, protocol_id: str, protocol_version: str, chair: Chair, by: Actor, at: datetime
) -> Session:
    """The patient is here: a chair, and a session that keeps the versions its course began with to its end (H19)."""
    access.require(by, "session", "C", patient=visit.patient)
    if Session.objects.filter(visit=visit).exists():
        raise Refused(Refusal("Visit", "is already checked in.", "Open its session.", "policy"))
    scheduling.seat(visit=visit, chair=chair, by=by, at=at)
    scheduling.move_visit(visit=visit, to=VisitState.CHECKED_IN, by=by, at=at)
    session = Session.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        visit=visit,
        protocol_id=protocol_id,
        protocol_version=protocol_version,
        sheets=enrolment.sheets_of(visit.patient) | {protocol_id: protocol_version},
    )
    write(visit=visit, kind=Kind.CHECK_IN, body={"chair": chair.name}, step="check_in", by=by, at=at)
    limits = limits_of(schedule.protocol_of(session).limits)
    monitoring.begin_watch(visit=visit, limits=limits, by=by, at=at)
    audit.note(by=by, at=at, verb="session.open", on=session, patient=visit.patient)
    return session


@transaction.atomic
def start_infusion(*, session: Session, by: Actor, at: datetime) -> Session:
    """T0, once (H16): only after a matching double check and a time-out, and only while the go still stands (H14)."""
    visit = session.visit
    access.require(by, "dose", "C", patient=visit.patient)
    order = order_at_start(session, at)
    require_still_go(session, at=at, zone=by.zone)
    advance(session, S.RUNNING, started_at=at)
    scheduling.move_visit(visit=visit, to=VisitState.RUNNING, by=by, at=at)
    body = {"rate_ml_per_h": str(order.rate_ml_per_h), "dose_mg": str(order.dose_mg), "minutes": str(order.minutes)}
    write(visit=visit, kind=Kind.DOSE, name="start", body=body, step="dose:start", by=by, at=at)
    monitoring.set_baseline(visit=visit, baseline=schedule.baseline(visit, at), by=by, at=at)
    monitoring.dose_acting(visit=visit, acting=True, by=by, at=at)
    monitoring.schedule_checks(visit=visit, asks=schedule.asks(session), by=by, at=at)
    return session


def order_at_start(session: Session, at: datetime) -> timeline.Order:
    """The order whose syringe was checked, if the time-out is fresh."""
    order = timeline.order_of(session.visit)
    pause = timeline.latest(session.visit, Kind.TIME_OUT)
    check = timeline.latest(session.visit, Kind.DOUBLE_CHECK)
    if order is None or check is None or not check.body["matched"]:
        raise Refused(Refusal("Start", "needs a matching double check.", "Ask a second person.", "policy"))
    if pause is None or pause.recorded_at < check.recorded_at or at - pause.recorded_at > TIME_OUT_LASTS:
        raise Refused(Refusal("Start", "needs a time-out in the last 10 minutes.", "Read it aloud again.", "policy"))
    return order


@transaction.atomic
def pause(*, session: Session, reason: str, by: Actor, at: datetime) -> None:
    dose_step(session, S.PAUSED, "pause", {"reason": said(reason)}, by=by, at=at)


@transaction.atomic
def resume(*, session: Session, reason: str, by: Actor, at: datetime) -> None:
    """Back to the rate before the pause. From “ready to start” one starts, not resumes."""
    if session.state != S.PAUSED:
        raise Refused(Refusal("Session", "is not paused.", "Look at the page again.", "policy"))
    dose_step(session, S.RUNNING, "resume", {"reason": said(reason)}, by=by, at=at)


@transaction.atomic
def change_rate(
    *, session: Session, old_ml_per_h: str, new_ml_per_h: str, reason: str, by: Actor, at: datetime
) -> None:
    """Time, old, new and why (H40). The version claimed makes two changes at once two answers, not one lost."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    running = Session.objects.select_for_update().get(pk=session.pk)
    if running.state != S.RUNNING:
        raise Refused(Refusal("Session", "is not infusing.", "Resume it before changing the rate.", "policy"))
    body = {"old_ml_per_h": old_ml_per_h, "new_ml_per_h": new_ml_per_h, "reason": said(reason)}
    write(visit=session.visit, kind=Kind.DOSE, name="rate", body=body, by=by, at=at)


@transaction.atomic
def stop(
    *, session: Session, reason: str, by: Actor, at: datetime, complete: bool = False, pump_ml: Decimal | None = None
) -> None:
    """The dose ends, as planned or before; what was given goes into the ledger; recovery begins.

    The volume the pump shows decides; without it rate and time do.
    """
    visit = session.visit
    access.require(by, "dose", "C", patient=visit.patient)
    order = timeline.order_of(visit)
    assert order is not None  # nothing starts without one
    given = dose.given_by_pump(session, order, at) if pump_ml is None else dose.given_from_volume(order, pump_ml)
    advance(session, S.RECOVERY, dose_ended_at=at)
    scheduling.move_visit(visit=visit, to=VisitState.RECOVERY, by=by, at=at)
    body = {
        "reason": reason.strip() if complete else said(reason),
        "given_mg": str(given.amount),
        "pump_ml": None if pump_ml is None else str(pump_ml),
    }
    name = "complete" if complete else "stop"
    write(visit=visit, kind=Kind.DOSE, name=name, body=body, step="dose:end", by=by, at=at)
    enter_given(session, given.amount, by=by, at=at)


def enter_given(session: Session, given_mg: Decimal, *, by: Actor, at: datetime) -> None:
    container = ledger.drawn_container(session.visit)
    if container is not None and given_mg > 0:
        pharmacy.give(container=container, visit=session.visit, amount_mg=given_mg, step="give:1", by=by, at=at)


def dose_step(session: Session, to: SessionState, name: str, body: dict[str, Any], *, by: Actor, at: datetime) -> None:
    access.require(by, "dose", "C", patient=session.visit.patient)
    advance(session, to)
    write(visit=session.visit, kind=Kind.DOSE, name=name, body=body, by=by, at=at)


def said(reason: str) -> str:
    if not reason.strip():
        raise Refused(Refusal("reason", "A dose step says why.", "Choose or write a reason."))
    return reason.strip()
