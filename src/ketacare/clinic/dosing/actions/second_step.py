"""The second step of an infusion: only once the first has run in, and only by somebody who has looked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.dosing.actions import against
from ketacare.clinic.dosing.actions.sessions import (
    refuse_in_emergency,
    refuse_while_it_lasts,
    when_done,
)
from ketacare.clinic.dosing.actions.stopped_by import require_pressure_settled
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.actions.typed_minute import its_minute_ends, last_of_its_minute
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import dose, ordered, schedule
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.monitoring import actions as acting
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring import then
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
    *,
    session: Session,
    stable: bool,
    by: Actor,
    at: datetime,
    done_at: datetime | None = None,
    all_the_same: str = "",
) -> TimelineEntry:
    """Charted as it is done, or later with its time (H17); a second person then reads the pump, as after every change
    (H40). `all_the_same`: of one that was started although something spoke against it, why."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    now = Session.objects.select_for_update().get(pk=session.pk)
    order, steps = ordered.order_of(session.visit), schedule.protocol_of(session).steps
    if now.state != SessionState.RUNNING or order is None or steps is None or order.second_ml_per_h is None:
        raise refused("is not waited for.", "Look at the session again.")
    when = when_done(session, done_at, at, field=AT)
    first_in_at = first_in(session, order, when)
    if not stable:
        raise Refused(Refusal("stable", "Nobody has said that the patient is stable.", "Look, and tick it; or stop."))
    calm = calm_rules("Second step", now, steps.pressure_within, by=by, at=at, done_at=done_at)
    spoke = against.weighed(lambda: refuse_early(now, steps, when), *calm, given=done_at is not None, why=all_the_same)
    body = {
        "old_ml_per_h": str(order.rate_ml_per_h),
        "new_ml_per_h": str(order.second_ml_per_h),
        "first_in_at": first_in_at.isoformat(),
        "reason": "stable after the first",
        **spoke,
    }
    acting.dose_acting(visit=session.visit, acting=True, by=by, at=at)
    against.owe_a_look(session, spoke, by=by, at=at)
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


def refuse_early(session: Session, steps: TwoSteps, when: datetime) -> None:
    least = timedelta(minutes=float(steps.first.amount))
    if session.started_at is None or when < session.started_at + least:
        raise refused(f"starts {steps.first} after the first at the earliest.", "Wait until then.")


# --- more of a dose ---------------------------------------------------------------------------------------------------


def calm_rules(
    what: str, session: Session, within: Duration, *, by: Actor, at: datetime, done_at: datetime | None
) -> tuple[Callable[[], None], ...]:
    """Before more of a dose: no emergency, a pressure of these minutes, taken since the first of it, none that stopped
    it, and no alarm of the patient. Where nobody judges alarms, nobody knows that: a prescriber gives it by their own
    eyes, or nobody (D9). Charted later it is held to when it was given (H17): what began or was measured since counts
    for nothing, and what has ended since still counts. An emergency that still lasts refuses at once."""
    refuse_while_it_lasts(session, what, done_at or at)
    return (
        lambda: refuse_in_emergency(session, what, done_at or at),
        lambda: require_pressure(what, session, within, at, done_at),
        lambda: require_pressure_settled(what, session, by, at, done_at),
        lambda: refuse_unjudged(what, session, by, at, done_at),
        lambda: refuse_alarm(what, session, at, done_at),
    )


def require_pressure(what: str, session: Session, within: Duration, at: datetime, done_at: datetime | None) -> None:
    if done_at is None:
        newest = monitoring.latest(session.visit).get(Channel.NIBP_SYS)
        taken_at = None if newest is None else newest.taken_at
    else:
        taken_at = then.last_taken(session.visit, Channel.NIBP_SYS, its_minute_ends(done_at))
    oldest = (done_at or at) - timedelta(minutes=float(within.amount))
    if taken_at is None or taken_at < max(oldest, session.started_at or oldest):
        raise refused(f"needs a blood pressure of the last {within}.", "Take one and enter it.", what)


def refuse_unjudged(what: str, session: Session, by: Actor, at: datetime, done_at: datetime | None) -> None:
    if done_at is None:
        standing = monitoring.standing(session.visit, at=at)
        unjudged = standing is not None and standing.unjudged_since is not None
    else:
        unjudged = then.was_unjudged(session.visit, done_at, last_of_its_minute(done_at))
    if unjudged and not may(by, "plan", "S"):
        words = "is not given by a nurse while the alarms of this session cannot be judged: NOT LIVE."
        raise refused(words, "Call the prescriber to the chair, or give no more.", what)


def refuse_alarm(what: str, session: Session, at: datetime, done_at: datetime | None) -> None:
    if done_at is None:
        standing = monitoring.standing(session.visit, at=at)
        conditions = () if standing is None else standing.conditions
        alarms = any(one.present and one.kind is ConditionKind.PHYSIOLOGICAL for one in conditions)
    else:
        alarms = then.alarmed(session.visit, done_at, last_of_its_minute(done_at))
    if alarms:
        remedy = "Wait until it has ended, or stop. If it was given already, enter when."
        raise refused("does not start while a sign of the patient alarms.", remedy, what)


def refused(words: str, remedy: str, what: str = "Second step") -> Refused:
    return Refused(Refusal(what, words, remedy, "policy"))
