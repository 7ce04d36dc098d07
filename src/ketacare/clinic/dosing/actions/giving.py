"""The dose into the patient: T0, rate changes, the end; at once, or device after device; each into the ledger."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from ketacare.clinic.dosing.actions import against, driving, in_force, proving, supervising
from ketacare.clinic.dosing.actions.late_start import began_at
from ketacare.clinic.dosing.actions.preparing import require_go_for_more, require_still_go
from ketacare.clinic.dosing.actions.pump_volume import refuse_over_bag, require_whole
from ketacare.clinic.dosing.actions.read_aloud import checked_order, require_its_time, require_time_out
from ketacare.clinic.dosing.actions.second_step import calm_rules, refuse_alarm
from ketacare.clinic.dosing.actions.sessions import (
    advance,
    refuse_in_emergency,
    refuse_paused,
    refuse_while_it_lasts,
    said,
    when_done,
)
from ketacare.clinic.dosing.actions.stopped_by import require_pressure_settled
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import dose, ordered, rates, readiness, schedule, syringes
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.dosing.queries.syringes import Stage
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitState
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.quantities.terms import Mass, RatePump

S = SessionState


@transaction.atomic
def start(
    *,
    session: Session,
    by: Actor,
    at: datetime,
    words: str = "",
    serial: str = "",
    unproven: str = "",
    begun_at: datetime | None = None,
    all_the_same: str = "",
) -> Session:
    """T0, once (H16): only after a matching double check and a time-out, and only while the go still stands (H14).

    An infusion runs from here; an injection, a swallowed or a held dose is given in this moment; of devices and sprays
    the first is. `words`: why whoever starts watches one chair more than one person may. `serial`: of the first device.
    `unproven`: why it is started though no screen was tried, no monitor is paired (D10) or nobody supervises (H38).
    `begun_at`: of one that could not be charted as it was begun, when; what spoke against it is charted too (H17).
    """
    visit = session.visit
    access.require(by, "dose", "C", patient=visit.patient)
    syringe = syringes.syringe_of(session, syringes.FIRST)
    order = checked_order(syringe)
    when, given = began_at(session, begun_at, at), begun_at is not None
    refuse_while_it_lasts(session, "Start", when)
    spoke = against.weighed(
        lambda: require_time_out(session, syringe, at, when if given else None),
        lambda: in_force.require_all(session, order, when, given=given),
        lambda: refuse_in_emergency(session, "Start", when),
        lambda: require_still_go(session, at=when, zone=by.zone),
        given=given,
        why=all_the_same,
    ) | ({"begun_late": True} if given else {})
    proving.require(session, unproven, by=by, at=at)
    advance(session, S.RUNNING, started_at=when)
    scheduling.move_visit(visit=visit, to=VisitState.RUNNING, by=by, at=at, began_at=when)
    monitoring.set_baseline(visit=visit, baseline=readiness.baseline(session, when), by=by, at=at)
    monitoring.dose_acting(visit=visit, acting=True, by=by, at=at)
    monitoring.schedule_checks(visit=visit, asks=schedule.asks(session), by=by, at=at)
    supervising.begin(session, by=by, at=at, words=words)
    if order.infused:
        body = {
            "rate_ml_per_h": str(order.rate_ml_per_h),
            "dose_mg": str(order.drawn_mg),
            "minutes": str(order.minutes),
            **spoke,
        }
        write(visit=visit, kind=Kind.DOSE, name="start", body=body, step="dose:start", by=by, at=at, happened_at=when)
    elif order.one_by_one:
        enter_piece(session, order, serial, by=by, at=at, done_at=when, spoke=spoke)
    else:
        enter_at_once(session, order, by=by, at=at, done_at=when, spoke=spoke)
        end(session, by=by, at=at, ended_at=when)
    against.owe_a_look(session, spoke, by=by, at=at)
    return session


def end(session: Session, *, by: Actor, at: datetime, ended_at: datetime | None = None) -> None:
    """Nothing more is given: recovery begins."""
    advance(session, S.RECOVERY, dose_ended_at=ended_at or at)
    scheduling.move_visit(visit=session.visit, to=VisitState.RECOVERY, by=by, at=at)


# --- an infusion -----------------------------------------------------------------------------------------------------


@transaction.atomic
def change_rate(
    *,
    session: Session,
    new_ml_per_h: Decimal,
    reason: str,
    by: Actor,
    at: datetime,
    done_at: datetime | None = None,
) -> TimelineEntry:
    """Time, old, new and why (H40). Slower is charted as it is done, and a second person then reads the pump; faster,
    up to the ordered rate, is only asked for, and made once the second person agrees. Where too many readings differed
    the present rate is entered anew."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    running = Session.objects.select_for_update().get(pk=session.pk)
    if running.state != S.RUNNING:
        raise Refused(Refusal("Session", "is not infusing.", "Resume it before changing the rate.", "policy"))
    order = the_order(session)
    when = when_done(session, done_at, at)
    so_far = dose.so_far(session, order, when)
    if so_far.first_step_is_in:
        raise Refused(Refusal("Session", "has run in its first step.", "Start the second, or stop.", "policy"))
    old, new, most = so_far.rate, RatePump(new_ml_per_h).rounded(), dose.ordered_rate(session, order)
    if new.amount == 0 or new > most:
        words = f"New rate: {new} is not between 0 and the ordered {most}."
        raise Refused(
            Refusal("new_ml_per_h", words, "Pause to stop the flow; faster than ordered needs the prescriber.")
        )
    if new > old and schedule.protocol_of(session).never_raised:
        words = f"New rate: {new} is more than {old}; with this protocol a rate is lowered and never raised."
        raise Refused(Refusal("new_ml_per_h", words, "Leave it, lower it, or stop.", "policy"))
    waiting = rates.waiting(session)
    anew = waiting is not None and rates.is_spent(session, waiting)
    if new == old and not anew:
        raise Refused(Refusal("new_ml_per_h", f"New rate: {new} is the present one.", "Enter what the pump is set to."))
    body = {"old_ml_per_h": str(old.amount), "new_ml_per_h": str(new.amount), "reason": said(reason)}
    name = dose.ASKED if new > old else "rate"
    if name == dose.ASKED and done_at is not None:
        words = "A faster rate is asked for now, and set once a second person agrees."
        raise Refused(Refusal("done_at", words, "Leave the time empty.", "policy"))
    if name == dose.ASKED:
        refuse_in_emergency(session, "A faster rate", when)
    return write(visit=session.visit, kind=Kind.DOSE, name=name, body=body, by=by, at=at, happened_at=when)


@transaction.atomic
def stop(
    *,
    session: Session,
    reason: str,
    by: Actor,
    at: datetime,
    complete: bool = False,
    pump_ml: Decimal | None = None,
    done_at: datetime | None = None,
) -> None:
    """The dose ends, as planned or before; what was given goes into the ledger; recovery begins. A pump that was
    stopped before it could be charted ran until then and no longer (H17).

    The volume the pump shows decides; without it rate and time do. Of devices, those given count.
    """
    visit = session.visit
    access.require(by, "dose", "C", patient=visit.patient)
    order = the_order(session)
    if complete and dose.first_in_at(session, order) is not None:
        raise Refused(
            Refusal("Dose", "has its second step still in the bag.", "Start it, or stop and say why.", "policy")
        )
    name, ended_at = "complete" if complete else "stop", when_done(session, done_at, at)
    step: dict[str, Any] = {"step": "dose:end", "by": by, "at": at, "happened_at": ended_at}
    if not order.infused:
        given = dose.so_far(session, order, ended_at).given
        end(session, by=by, at=at, ended_at=ended_at)
        body: dict[str, Any] = {"reason": said(reason), "given_mg": str(given.amount)}
        write(visit=visit, kind=Kind.DOSE, name=name, body=body, **step)
        return
    refuse_over_bag(order, pump_ml, "pump_ml")
    given = dose.given_by_pump(session, order, ended_at) if pump_ml is None else dose.given_from_volume(order, pump_ml)
    if complete:
        require_whole(session, order, given, by_rate=pump_ml is None)
    end(session, by=by, at=at, ended_at=ended_at)
    monitoring.dose_acting(visit=visit, acting=True, by=by, at=at)  # what ran acts from now on (T5)
    body = {
        "reason": reason.strip() if complete else said(reason),
        "given_mg": str(given.amount),
        "pump_ml": None if pump_ml is None else str(pump_ml),
    }
    write(visit=visit, kind=Kind.DOSE, name=name, body=body, **step)
    enter_given(session, given.amount, "give:1", by=by, at=at)


@transaction.atomic
def read_pump(*, session: Session, pump_ml: Decimal, by: Actor, at: datetime) -> TimelineEntry:
    """The volume the pump shows early on, beside that by rate and time: a pump set otherwise is found (H40)."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    if not rates.flows(session):
        raise Refused(Refusal("Session", "is not infusing.", "Look at the page again.", "policy"))
    refuse_over_bag(the_order(session), pump_ml, "shown_ml")
    expected = rates.expected_ml(session, the_order(session), at)
    body = {"pump_ml": str(pump_ml), "expected_ml": str(expected.quantize(Decimal("0.1")))}
    return write(visit=session.visit, kind=Kind.EVENT, name=rates.PUMP_READ, body=body, by=by, at=at)


def the_order(session: Session) -> Ordered:
    order = ordered.order_of(session.visit)
    assert order is not None  # nothing starts without one
    return order


def enter_given(session: Session, given_mg: Decimal, step: str, *, by: Actor, at: datetime) -> None:
    """Into the ledger, against the container it came out of."""
    left = given_mg
    for place, (container, open_mg) in enumerate(ledger.open_in(session.visit)):
        amount = min(left, open_mg)
        if amount > 0:
            pharmacy.give(
                container=container, visit=session.visit, amount_mg=amount, step=f"{step}:{place}" if place else step,
                by=by, at=at,
            )  # fmt: skip
            left -= amount
    if left > 0:
        words = f"{Mass(given_mg).rounded()} cannot be booked: {Mass(left).rounded()} of it was not drawn here."
        raise Refused(Refusal("Ledger", words, "Look at what was drawn and wasted; nothing was saved.", "policy"))


# --- at once ---------------------------------------------------------------------------------------------------------


def enter_at_once(
    session: Session,
    order: Ordered,
    *,
    by: Actor,
    at: datetime,
    done_at: datetime | None = None,
    spoke: dict[str, Any] | None = None,
) -> None:
    body = {
        "mg": str(order.drawn_mg),
        "number": order.number,
        "route": order.route,
        "site": order.site,
        **(spoke or {}),
    }
    step = f"dose:given:{order.number}"
    write(visit=session.visit, kind=Kind.DOSE, name="given", body=body, step=step, by=by, at=at, happened_at=done_at)
    enter_given(session, order.drawn_mg, f"give:{order.number}", by=by, at=at)


@transaction.atomic
def give_second(
    *, session: Session, by: Actor, at: datetime, done_at: datetime | None = None, all_the_same: str = ""
) -> Session:
    """A second injection: its own order, draw, double check and time-out, in the time the protocol has for it,
    on a pressure of these minutes and while no sign of the patient alarms. Charted later, until the session is closed,
    it keeps its time and is judged by that; what spoke against it then is charted with it, with why it was given
    `all_the_same`, and is the prescriber's to look at (H17)."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    now = Session.objects.select_for_update().get(pk=session.pk)
    syringe = syringes.syringe_of(session, syringes.SECOND)
    given = done_at is not None
    here = now.state == S.RECOVERY or (given and now.state == S.LEFT)
    if not here or syringe.stage is not Stage.CHECKED:
        raise Refused(Refusal("Second dose", "is not checked and ready.", "Look at the session again.", "policy"))
    when = when_done(session, done_at, at)
    if now.left_at is not None and when > now.left_at:
        raise Refused(Refusal("done_at", "is after the patient had left.", "Enter when it was given."))
    order = checked_order(syringe)
    rule = schedule.protocol_of(session).second
    assert rule is not None  # nothing orders a second without one
    assert now.started_at is not None
    calm = calm_rules("Second dose", now, rule.pressure_within, by=by, at=at, done_at=done_at)
    spoke = against.weighed(
        lambda: refuse_paused(session.visit, done_at),
        lambda: require_time_out(session, syringe, at, done_at),
        lambda: in_force.require_all(session, order, when, given=given),
        lambda: require_its_time(now, rule, when),
        # Charted later it is not judged by what may have been found since: its time-out was judged.
        *([] if given else [lambda: require_go_for_more(session, at=at, zone=by.zone)]),
        *calm,
        given=given,
        why=all_the_same,
    )
    enter_at_once(session, order, by=by, at=at, done_at=when, spoke=spoke)
    if now.left_at is None:
        monitoring.dose_acting(visit=session.visit, acting=True, by=by, at=at)
    Session.objects.filter(pk=session.pk).update(dose_ended_at=when, version=now.version + 1)
    session.refresh_from_db(fields=["dose_ended_at", "left_at", "version"])
    against.owe_a_look(session, spoke, by=by, at=at)
    driving.put_off(session, by=by, at=at)
    return session


# --- piece by piece --------------------------------------------------------------------------------------------------


@transaction.atomic
def give_piece(
    *,
    session: Session,
    serial: str,
    early: str,
    by: Actor,
    at: datetime,
    done_at: datetime | None = None,
    all_the_same: str = "",
) -> TimelineEntry:
    """The next device or spray, locked until the rest is over, and while a sign of the patient alarms (H7). Early it is
    given by a prescriber, by name, with a reason. Charted later it keeps its time (H17), and the rest before it counts
    until then; so does what spoke against it."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    now = Session.objects.select_for_update().get(pk=session.pk)
    order = the_order(session)
    if now.state != S.RUNNING or not order.one_by_one:
        raise Refused(Refusal("Device", "is not waited for.", "Look at the session again.", "policy"))
    due, when = dose.next_piece_at(session, order), when_done(session, done_at, at)
    given = done_at is not None
    refuse_while_it_lasts(session, f"The next {order.piece}", when)
    spoke = against.weighed(
        lambda: refuse_in_emergency(session, f"The next {order.piece}", when),
        lambda: require_pressure_settled(f"The next {order.piece}", now, by, at, done_at),
        lambda: refuse_alarm(f"The next {order.piece}", now, at, done_at),
        lambda: in_force.require_all(session, order, when, given=given),
        given=given,
        why=all_the_same,
    )
    if due is not None and when < due:
        if not early.strip():
            words = f"The next {order.piece} is locked for {int((due - when).total_seconds())} s more."
            raise Refused(Refusal("early", words, "Wait; or the prescriber says why it is given now.", "policy"))
        if not may(by, "plan", "S"):
            raise Refused(Refusal("early", "Only a prescriber gives it early.", "Wait until it is due.", "policy"))
    is_early = due is not None and when < due
    against.owe_a_look(session, spoke, by=by, at=at)
    return enter_piece(
        session, order, serial, early=early.strip() if is_early else "", by=by, at=at, done_at=when, spoke=spoke
    )


def enter_piece(
    session: Session,
    order: Ordered,
    serial: str,
    *,
    early: str = "",
    by: Actor,
    at: datetime,
    done_at: datetime | None = None,
    spoke: dict[str, Any] | None = None,
) -> TimelineEntry:
    """Counted, and by its serial where it has one: the same device is never given twice."""
    given = dose.pieces_given(session)
    place = len(given) + 1
    taken = [row.body["serial"] for row in given]
    container = next_container(session, serial, taken)
    assert order.piece_mg is not None
    assert order.pieces is not None
    body = {
        "mg": str(order.piece_mg), "serial": container.serial, "place": place, "of": order.pieces, "piece": order.piece,
        "early": early, **(spoke or {}),
    }  # fmt: skip
    row = write(
        visit=session.visit, kind=Kind.DOSE, name="piece", body=body, step=f"dose:piece:{place}", by=by, at=at,
        happened_at=done_at,
    )  # fmt: skip
    pharmacy.give(
        container=container, visit=session.visit, amount_mg=order.piece_mg, step=f"give:1:{place}", by=by, at=at
    )
    monitoring.dose_acting(visit=session.visit, acting=True, by=by, at=at)
    if place == order.pieces:
        end(session, by=by, at=at, ended_at=done_at)
    return row


def next_container(session: Session, serial: str, taken: list[str]) -> Container:
    """The container with this serial that still holds something. A piece without a serial of its own is the first; of
    what has one, nobody counts a device that nobody read (H37)."""
    if not serial.strip() and schedule.serial_each(session):
        raise Refused(Refusal("serial", "The serial is empty.", "Read it from the device in your hand."))
    still = ledger.open_in(session.visit)
    wanted = serial.strip().casefold()
    found = [one for one, _ in still if not wanted or one.serial.casefold() == wanted]
    if found:
        return found[0]
    words = f"{serial} was given already." if serial in taken else f"{serial or 'None'} is not one that was taken out."
    raise Refused(Refusal("serial", words, "Read the serial of the device in your hand."))
