"""The second step of an infusion in two: only once the first has run in, and only by somebody who has looked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.dosing.actions.sessions import refuse_in_emergency, when_done
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import dose, ordered, schedule
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.monitoring import actions as acting
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms import Kind as ConditionKind
from ketacare.medicine.protocols.terms import TwoSteps
from ketacare.medicine.quantities.terms import Duration

AT = "second_at"  # its form stands beside that of the pump, whose time is another


@transaction.atomic
def start_second_step(
    *, session: Session, stable: bool, by: Actor, at: datetime, done_at: datetime | None = None
) -> TimelineEntry:
    """Charted as it is done, or later with its time (H17); a second person then reads the pump, as after every change
    (H40)."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    now = Session.objects.select_for_update().get(pk=session.pk)
    order, steps = ordered.order_of(session.visit), schedule.protocol_of(session).steps
    if now.state != SessionState.RUNNING or order is None or steps is None or order.second_ml_per_h is None:
        raise refused("is not waited for.", "Look at the session again.")
    when = when_done(session, done_at, at, field=AT)
    first_in_at = first_in(session, order, when)
    require_stable(now, steps, stable=stable, by=by, at=at, done_at=done_at)
    body = {
        "old_ml_per_h": str(order.rate_ml_per_h),
        "new_ml_per_h": str(order.second_ml_per_h),
        "first_in_at": first_in_at.isoformat(),
        "reason": "stable after the first",
    }
    acting.dose_acting(visit=session.visit, acting=True, by=by, at=at)
    return write(
        visit=session.visit, kind=Kind.DOSE, name=dose.SECOND_STEP, body=body, step="dose:second", by=by, at=at,
        happened_at=when,
    )  # fmt: skip


def first_in(session: Session, order: Ordered, at: datetime) -> datetime:
    """When the first part had run in, by rate and time."""
    if any(row.name == dose.SECOND_STEP for row in dose.steps_of(session)):
        raise refused("was started already.", "Look at the session again.")
    reached = dose.first_in_at(session, order)
    if reached is None or at < reached:
        rate = dose.so_far(session, order, at).rate.written()
        raise refused(f"waits: the first is still running at {rate}.", "Wait until it has run in.")
    return reached


def require_stable(
    session: Session, steps: TwoSteps, *, stable: bool, by: Actor, at: datetime, done_at: datetime | None
) -> None:
    """Somebody says so, on a pressure of these minutes, while no sign of the patient alarms."""
    if not stable:
        raise Refused(Refusal("stable", "Nobody has said that the patient is stable.", "Look, and tick it; or stop."))
    least = timedelta(minutes=float(steps.first.amount))
    if session.started_at is None or (done_at or at) < session.started_at + least:
        raise refused(f"starts {steps.first} after the first at the earliest.", "Wait until then.")
    within, since = steps.pressure_within, session.started_at
    require_calm("Second step", session, within, since=since, by=by, at=at, done_at=done_at)


def require_calm(
    what: str, session: Session, within: Duration, *, since: datetime, by: Actor, at: datetime, done_at: datetime | None
) -> None:
    """Before more of a dose: a pressure of these minutes, taken since the first of it, and no alarm of the patient.
    Where nobody judges alarms, nobody knows that: a prescriber gives it by their own eyes, or nobody (D9). Charted
    later, what began after it was given is no reason against it (H17)."""
    when = done_at or at
    refuse_in_emergency(session, what, when)
    pressure = monitoring.latest(session.visit).get(Channel.NIBP_SYS)
    oldest = when - timedelta(minutes=float(within.amount))
    if pressure is None or pressure.taken_at < max(oldest, since):
        raise refused(f"needs a blood pressure of the last {within}.", "Take one and enter it.", what)
    standing = monitoring.standing(session.visit, at=at)
    unjudged_since = standing.unjudged_since if standing else None
    if unjudged_since is not None and (done_at is None or unjudged_since <= done_at) and not may(by, "plan", "S"):
        words = "is not given by a nurse while the alarms of this session cannot be judged: NOT LIVE."
        raise refused(words, "Call the prescriber to the chair, or give no more.", what)
    conditions = [one for one in (standing.conditions if standing else ()) if one.present]
    stood = [one for one in conditions if done_at is None or one.since is None or one.since <= done_at]
    if any(one.kind is ConditionKind.PHYSIOLOGICAL for one in stood):
        raise refused("does not start while a sign of the patient alarms.", "Wait until it has ended, or stop.", what)


def refused(words: str, remedy: str, what: str = "Second step") -> Refused:
    return Refused(Refusal(what, words, remedy, "policy"))
