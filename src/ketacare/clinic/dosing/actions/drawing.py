"""From the cabinet into the hand: a syringe drawn, devices taken out; and back again, witnessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from ketacare.clinic.dosing.actions import in_force
from ketacare.clinic.dosing.actions.sessions import advance
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import syringes, timeline
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.dosing.queries.syringes import Stage, Syringe
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import User
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def draw_dose(*, session: Session, containers: Sequence[Container], by: Actor, at: datetime) -> TimelineEntry:
    """What the order needs, from vials or devices of the ordered product alone. One draw per order (H1, H16)."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    now = Session.objects.select_for_update().get(pk=session.pk)
    syringe = syringes.in_hand(session)
    order = order_in_force(syringe)
    in_force.require_weight(session, order)
    for container in containers:
        require_ordered_product(container, order)
    decision = timeline.latest(session.visit, Kind.DECISION)
    if decision is None or decision.name != "go":
        raise Refused(Refusal("container", "There is no go for today.", "Finish the readiness list first.", "policy"))
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
    return write(visit=session.visit, kind=Kind.DRAW, body=draw_body(parts, order), step=step, by=by, at=at)


def order_in_force(syringe: Syringe) -> Ordered:
    if syringe.order is None:
        raise Refused(Refusal("Order", "is not signed.", "Ask the prescriber for an order.", "policy"))
    return syringe.order


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


def draw_body(parts: list[tuple[Container, Decimal]], order: Ordered) -> dict[str, object]:
    first = parts[0][0]
    return {
        "number": order.number,
        "serial": first.serial,
        "serials": [one.serial for one, _ in parts if one.content_mg == order.piece_mg],
        "lot": ", ".join(sorted({container.lot for container, _ in parts})),
        "expires_on": min(container.expires_on for container, _ in parts).isoformat(),
        "product": first.label,
        "vial_mg_per_ml": None if order.vial_mg_per_ml is None else str(order.vial_mg_per_ml),
        "drawn_mg": str(order.drawn_mg),
        "drawn_ml": None if order.draw_ml is None else str(order.draw_ml),
    }


@transaction.atomic
def undo_draw(*, session: Session, witness: User | None, reason: str, by: Actor, at: datetime) -> None:
    """What was drawn goes back where it came from, witnessed, and the session waits for a new draw."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    if not reason.strip():
        raise Refused(Refusal("reason", "A return says why.", "Choose or write a reason."))
    syringe = syringes.in_hand(session)
    if syringe.number == syringes.FIRST:
        advance(session, SessionState.PREPARING)
    elif syringe.stage not in (Stage.DRAWN, Stage.CHECKED):
        raise Refused(Refusal("Session", "has no syringe to put back.", "Look at the session again.", "policy"))
    return_open(session, witness, reason, by=by, at=at)
    body = {"reason": reason, "number": syringe.number}
    write(visit=session.visit, kind=Kind.DRAW, name="undone", body=body, by=by, at=at)


def return_open(session: Session, witness: User | None, reason: str, *, by: Actor, at: datetime) -> None:
    for container, open_mg in ledger.open_in(session.visit):
        pharmacy.return_unused(
            container=container, visit=session.visit, amount_mg=open_mg, witness=witness, reason=reason, by=by, at=at
        )
