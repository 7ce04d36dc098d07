"""From the cabinet into the hand: a syringe drawn, devices taken out; and back again, witnessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from ketacare.clinic.dosing.actions import in_force
from ketacare.clinic.dosing.actions.preparing import require_go_for_more, require_still_go
from ketacare.clinic.dosing.actions.sessions import advance
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import ordered, syringes, timeline
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.dosing.queries.syringes import Stage, Syringe
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import User
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.pharmacy.models import Container, Place
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.quantities.terms import Volume


@transaction.atomic
def draw_dose(
    *, session: Session, containers: Sequence[Container], by: Actor, at: datetime, drawn_ml: Decimal | None = None
) -> TimelineEntry:
    """What the order needs, from vials or devices of the ordered product alone. One draw per order (H1, H16).

    `drawn_ml`: what whoever draws reads from the syringe, a fact of its own and held against the order.
    """
    access.require(by, "dose", "C", patient=session.visit.patient)
    now = Session.objects.select_for_update().get(pk=session.pk)
    syringe = syringes.in_hand(session)
    order = order_in_force(syringe)
    require_none_waiting(session)
    in_force.require_weight(session, order)
    for container in containers:
        require_ordered_product(container, order)
    require_at_the_mark(order, drawn_ml)
    if syringe.number == syringes.FIRST:
        require_still_go(session, at=at, zone=by.zone)
    else:
        require_go_for_more(session, at=at, zone=by.zone)
    parts = parts_of(containers, order)
    if syringe.number == syringes.FIRST:
        advance(session, SessionState.DRAWN)
    elif now.state != SessionState.RECOVERY or syringe.stage is not Stage.ORDERED:
        raise Refused(Refusal("container", "is not waited for.", "Look at the session again.", "policy"))
    step = f"draw:{len(timeline.standing(session.visit, Kind.DRAW)) + 1}"
    for place, (container, amount) in enumerate(parts):
        pharmacy.draw(
            container=container, visit=session.visit, amount_mg=amount, step=f"{step}:{place + 1}", by=by, at=at
        )
    return write(visit=session.visit, kind=Kind.DRAW, body=draw_body(parts, order, drawn_ml), step=step, by=by, at=at)


def order_in_force(syringe: Syringe) -> Ordered:
    if syringe.order is None:
        raise Refused(Refusal("Order", "is not signed.", "Ask the prescriber for an order.", "policy"))
    return syringe.order


def require_none_waiting(session: Session) -> None:
    """While a newer order waits for its second person, the one before it is not what the prescriber wants."""
    if ordered.proposed(session.visit) is not None:
        remedy = "Let a second person agree to it, or the prescriber withdraw it."
        raise Refused(Refusal("Order", "A newer one waits for its second person.", remedy, "policy"))


def require_at_the_mark(order: Ordered, drawn_ml: Decimal | None) -> None:
    """The volume in the hand, as read from the scale: what is ordered, or nothing is kept."""
    if order.draw_ml is None or drawn_ml == order.draw_ml:
        return
    if not drawn_ml:
        raise Refused(Refusal("drawn_ml", "Volume drawn is empty.", "Read it from the syringe, in mL."))
    words = f"Volume drawn: {Volume(drawn_ml)} is not the {Volume(order.draw_ml)} of the order."
    raise Refused(Refusal("drawn_ml", words, "Draw to the mark of the order; read the scale again.", "policy"))


def require_ordered_product(container: Container, order: Ordered) -> None:
    """Route, product and order must agree: drug, and strength or content of a piece (H1)."""
    wanted = (order.drug, order.vial_mg_per_ml, order.piece_mg)
    if (container.drug, container.concentration_mg_per_ml, container.piece_mg) == wanted:
        return
    have = container.label if container.drug == order.drug else f"{container.drug}, {container.label}"
    words = f"{container.serial} holds {have}; the order is for {order.product_words}."
    raise Refused(Refusal("container", words, "Take the ordered product."))


def parts_of(containers: Sequence[Container], order: Ordered) -> list[tuple[Container, Decimal]]:
    """How much comes out of each. A device is one container and whole; anything else is one vial or pack."""
    if len({container.pk for container in containers}) != len(containers) or not containers:
        raise Refused(Refusal("container", "The same one was chosen twice, or none.", "Choose each once, by serial."))
    if order.piece_mg is not None and all(one.content_mg == order.piece_mg for one in containers):
        if len(containers) != order.pieces:
            words = f"{len(containers)} chosen; the order is for {order.pieces} of {order.product_words}."
            raise Refused(Refusal("container", words, "Choose exactly that many."))
        return [(container, order.piece_mg) for container in containers]
    if len(containers) > 1:
        raise Refused(Refusal("container", "More than one vial was chosen.", "Draw the dose from one."))
    return [(containers[0], order.drawn_mg)]


def draw_body(parts: list[tuple[Container, Decimal]], order: Ordered, drawn_ml: Decimal | None) -> dict[str, object]:
    first = parts[0][0]
    return {
        "number": order.number,
        "serial": first.serial,
        "serials": [one.serial for one, _ in parts if one.content_mg == order.piece_mg],
        "lot": ", ".join(sorted({container.lot for container, _ in parts})),
        "expires_on": min(container.expires_on for container, _ in parts).isoformat(),
        "product": first.label,
        "vial_mg_per_ml": None if order.vial_mg_per_ml is None else str(order.vial_mg_per_ml),
        "drawn_mg": str(sum((amount for _, amount in parts), Decimal(0))),
        "drawn_ml": None if drawn_ml is None else str(drawn_ml),
    }


@transaction.atomic
def undo_draw(*, session: Session, witness: User | None, reason: str, by: Actor, at: datetime) -> None:
    """What was drawn is wasted, and what is counted goes back where it came from; witnessed, and the session waits for
    a new draw. Nothing that was in a syringe returns to a vial (L1)."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    if not reason.strip():
        raise Refused(Refusal("reason", "Whoever undoes a draw says why.", "Choose or write a reason."))
    syringe = syringes.in_hand(session)
    if syringe.number == syringes.FIRST:
        advance(session, SessionState.PREPARING)
    elif syringe.stage not in (Stage.DRAWN, Stage.CHECKED):
        raise Refused(Refusal("Session", "has no draw to undo.", "Look at the session again.", "policy"))
    put_back = all(container.piece_mg is not None for container, _ in ledger.open_in(session.visit))
    place_open(session, witness, reason, by=by, at=at)
    body = {"reason": reason, "number": syringe.number, "put_back": put_back}
    write(visit=session.visit, kind=Kind.DRAW, name="undone", body=body, by=by, at=at)


def place_open(session: Session, witness: User | None, reason: str, *, by: Actor, at: datetime) -> None:
    """What is open of each container: drawn into a syringe, to waste; counted and unopened, back."""
    for container, open_mg in ledger.open_in(session.visit):
        told: dict[str, Any] = {"visit": session.visit, "witness": witness, "reason": reason, "by": by, "at": at}
        if container.piece_mg is None:
            pharmacy.waste(container=container, source=Place.SYRINGE, amount_mg=open_mg, **told)
        else:
            pharmacy.return_unused(container=container, amount_mg=open_mg, **told)
