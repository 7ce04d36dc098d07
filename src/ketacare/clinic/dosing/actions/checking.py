"""The second person: a blind entry against the first, at the draw and at every change of rate; the time-out.

A mismatch is kept as a line of the timeline like a match. It names fields, never values, and stops what it is for.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.dosing.actions import in_force
from ketacare.clinic.dosing.actions.identity import NOT_THE_SAME, same_person, spoken_identity
from ketacare.clinic.dosing.actions.preparing import require_go_for_more, require_still_go
from ketacare.clinic.dosing.actions.sessions import advance, refuse_in_emergency
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import dose, rates, schedule, syringes
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.dosing.queries.syringes import Stage
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.terms import DoseEntry
from ketacare.medicine.protocols.reader import check_tries
from ketacare.medicine.quantities.terms import Concentration, Mass, RatePump, Volume

SAID_ALOUD = ("patient", "drug", "dose", "route", "allergies", "consent", "escort", "emergency_kit")
RATE = "rate"


@transaction.atomic
def check_blind(*, session: Session, found: DoseEntry, by: Actor, at: datetime) -> tuple[str, ...]:
    """A second person's own entry against the first. Returns the fields that differ; none opens the way."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    Session.objects.select_for_update().get(pk=session.pk)
    syringe = syringes.in_hand(session)
    if syringe.stage is not Stage.DRAWN or syringe.drawn is None or syringe.order is None:
        raise Refused(Refusal("Double check", "is not waited for.", "Look at the session again.", "policy"))
    refuse_the_same(syringe.drawn, by)
    in_force.require_weight(session, syringe.order)
    if syringes.is_spent(session, syringe):
        raise spent("Undo the draw with a witness, and draw again.")
    first = first_entry(session, syringe.order, syringe.drawn)
    differing = rules.compare(first, found)
    body = compared(syringe.drawn, differing, by) | {"number": syringe.number}
    write(visit=session.visit, kind=Kind.DOUBLE_CHECK, body=body, by=by, at=at)
    if not differing and syringe.number == syringes.FIRST:
        advance(session, SessionState.CHECKED)
    return differing


def spent(remedy: str) -> Refused:
    """Entries that differ are few: whoever tries on and on is guessing."""
    return Refused(Refusal("Double check", f"differed {check_tries()} times.", remedy, "policy"))


def refuse_the_same(first: TimelineEntry, by: Actor) -> None:
    if first.recorded_by_id == by.user_id:
        raise Refused(
            Refusal("Double check", "needs a second person.", "Ask somebody who did not enter the first.", "policy")
        )


def compared(first: TimelineEntry, differing: tuple[str, ...], by: Actor) -> dict[str, object]:
    """Names and fields; no value, so that nobody is led by it later either."""
    who = first.recorded_by.name if first.recorded_by else ""
    return {"matched": not differing, "differing": list(differing), "first": who, "second": by.name}


def first_entry(session: Session, order: Ordered, drawn: TimelineEntry) -> DoseEntry:
    infused = order.infused
    piece = None if order.piece_mg is None else schedule.protocol_of(session).piece(Mass(order.piece_mg))
    serials = drawn.body.get("serials", ()) if piece is not None and piece.serial_each else ()
    return DoseEntry(
        patient=spoken_identity(session.visit.patient),
        drug=order.drug,
        dose=Mass(order.drawn_mg),
        concentration=None if order.vial_mg_per_ml is None else Concentration(order.vial_mg_per_ml),
        volume=None if order.draw_ml is None else Volume(order.draw_ml),
        total=Volume(order.bag_ml) if infused and order.bag_ml is not None else None,
        rate=RatePump(order.rate_ml_per_h) if infused and order.rate_ml_per_h is not None else None,
        pieces=order.pieces,
        serials=tuple(str(serial).casefold() for serial in serials),
        route=order.route,
    )


@transaction.atomic
def check_rate(*, session: Session, rate: RatePump, by: Actor, at: datetime) -> tuple[str, ...]:
    """The pump's rate as a second person reads it, after every change (H40). A slower rate is charted already and stays
    owed until it matches; a rise is only made once it does."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    now = Session.objects.select_for_update().get(pk=session.pk)
    waiting = rates.waiting(session)
    if waiting is None or now.state not in (SessionState.RUNNING, SessionState.PAUSED):
        raise Refused(Refusal("Double check", "is not waited for.", "Look at the session again.", "policy"))
    refuse_the_same(rates.as_entered(waiting), by)
    if waiting.name == dose.ASKED:
        refuse_in_emergency(session, "A faster rate", at)
    if rates.is_spent(session, waiting):
        raise spent("Read the pump together; then one of you enters its rate anew, and the other checks that.")
    differing = () if str(rate) == str(rates.new_rate(waiting)) else (RATE,)
    body = compared(rates.as_entered(waiting), differing, by) | {"of": str(waiting.pk)}
    write(visit=session.visit, kind=Kind.DOUBLE_CHECK, name=RATE, body=body, by=by, at=at)
    if not differing and waiting.name == dose.ASKED:
        write(visit=session.visit, kind=Kind.DOSE, name="rate", body=waiting.body | {"agreed": True}, by=by, at=at)
    return differing


@transaction.atomic
def time_out(
    *, session: Session, said: set[str], birth_year: str, initials: str, by: Actor, at: datetime
) -> TimelineEntry:
    """Twenty seconds, aloud, by the two people at the chair; good for ten minutes."""
    access.require(by, "dose", "S", patient=session.visit.patient)
    syringe = syringes.in_hand(session)
    if syringe.stage is not Stage.CHECKED:
        raise Refused(Refusal("Time-out", "comes after a matching double check.", "Finish the double check.", "policy"))
    faults = [] if same_person(session.visit.patient, birth_year, initials) else [NOT_THE_SAME]  # first of all (H4)
    missing = ", ".join(item.replace("_", " ") for item in SAID_ALOUD if item not in said)
    if missing:
        faults.append(Refusal("said", f"Not said aloud: {missing}.", "Read each one aloud, then tick it."))
    if faults:
        raise Refused(faults)
    if syringe.number == syringes.FIRST:  # the last page before somebody's hand is on the pump
        require_still_go(session, at=at, zone=by.zone)
    else:
        require_go_for_more(session, at=at, zone=by.zone)
    body = {"said": list(SAID_ALOUD), "number": syringe.number}
    return write(visit=session.visit, kind=Kind.TIME_OUT, body=body, by=by, at=at)
