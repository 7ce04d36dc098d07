"""Signing an order: worked out exactly, twice; by two people where a line asks for two, each with an own sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime

from django.db import transaction

from ketacare.clinic.dosing.actions import in_force, reviewing
from ketacare.clinic.dosing.actions.in_force import asked_again
from ketacare.clinic.dosing.actions.preparing import require_not_fallen
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import ordered, predicting, syringes, timeline
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.terms import Hold, HoldKind, Order, TwoPeople, Working
from ketacare.medicine.quantities.terms import Mass, MassPerWeight, Quantity


@transaction.atomic
def sign_order(*, session: Session, order: Order, by: Actor, at: datetime) -> TimelineEntry:
    """The prescriber's signature, with a reason of its own for each hold that a reason can lift. Where only two people
    can mean it, it is kept as proposed and waits for the second, who signs in for themselves and gives a reason of
    their own (H2)."""
    access.require(by, "plan", "S", patient=session.visit.patient)
    order = in_force.as_of_now(replace(order, two_people=None), session, at)
    if (held := reviewing.held_back(session.visit.patient)) is not None:
        raise Refused(held)
    number = before_the_draw(session)
    require_not_fallen(session, at=at, zone=by.zone)
    working = rules.work_out(order)
    meant = {hold.name for hold in working.holds if hold.name and order.reasons.get(hold.name, "").strip()}
    waiting = [hold for hold in working.open_holds if hold.kind is HoldKind.TWO_PEOPLE and hold.name in meant]
    refuse_if_any([hold for hold in working.open_holds if hold not in waiting])
    signed = {"number": number, "signed_by": by.name, "by_house": by_house(session, order)}
    body = order_body(order, working) | signed
    count = len(timeline.standing(session.visit, Kind.ORDER)) + 1
    return write(
        visit=session.visit, kind=Kind.ORDER, name=ordered.PROPOSED if waiting else ordered.IN_FORCE, body=body,
        step=f"order:{count}", by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def second_order(
    *, session: Session, proposal: TimelineEntry | None, reasons: Mapping[str, str], by: Actor, at: datetime
) -> TimelineEntry:
    """The second person says why as well, of each line that takes two by its name. Worked out anew: what changed since,
    a weight gone old, refuses it now."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    before_the_draw(session)
    standing = ordered.proposed(session.visit)
    if standing is None or proposal is None or standing.entry.pk != proposal.pk:
        raise Refused(Refusal("Order", "does not wait for a second person.", "Look at the session again.", "policy"))
    if proposal.recorded_by_id == by.user_id:
        raise Refused(Refusal("Order", "needs a second person.", "Ask somebody else to sign in.", "policy"))
    require_reasons(standing, reasons)
    in_force.require_weight(session, standing)
    require_not_fallen(session, at=at, zone=by.zone)
    first = str(proposal.body["signed_by"])
    asked = asked_again(proposal, session, at)
    order = replace(asked, two_people=TwoPeople(first, by.name, reasons))
    working = rules.work_out(order)
    refuse_if_any(list(working.open_holds))
    kept = {name: proposal.body[name] for name in ("number", "signed_by", "by_house") if name in proposal.body}
    second = {"second": by.name, "second_id": str(by.user_id)}
    count = len(timeline.standing(session.visit, Kind.ORDER)) + 1
    body = order_body(order, working) | kept | second
    return write(visit=session.visit, kind=Kind.ORDER, body=body, step=f"order:{count}", by=by, at=at)


@transaction.atomic
def withdraw(*, session: Session, reason: str, by: Actor, at: datetime) -> TimelineEntry:
    """A prescriber takes back what is ordered for the syringe to be drawn next, signed or proposed. What was drawn by
    it goes to waste first."""
    access.require(by, "plan", "S", patient=session.visit.patient)
    number = before_the_draw(session)
    rows = ordered.lines(session.visit, ordered.IN_FORCE, ordered.PROPOSED)
    mine = [row for row in rows if int(row.body.get("number", syringes.FIRST)) == number]
    if not mine:
        raise Refused(Refusal("Order", "There is none to withdraw.", "Look at the session again.", "policy"))
    if not reason.strip():
        raise Refused(Refusal("withdraw_reason", "The reason is empty.", "Say why the order is withdrawn."))
    count = len(timeline.standing(session.visit, Kind.ORDER)) + 1
    body = {"number": number, "of": [str(row.pk) for row in mine], "reason": reason.strip()}
    return write(
        visit=session.visit, kind=Kind.ORDER, name=ordered.WITHDRAWN, body=body, step=f"order:{count}", by=by, at=at
    )


def require_reasons(proposal: ordered.Ordered, reasons: Mapping[str, str]) -> None:
    """One of their own for each line that takes two."""
    empty = [one for one in proposal.against if one.by_two and not reasons.get(one.name, "").strip()]
    remedy = "Say in your own words why this is meant, or leave the order waiting."
    if empty:
        words = "Your reason for {} is empty. {}"
        raise Refused([Refusal(one.second_field, words.format(one.rule, one.line), remedy, "missing") for one in empty])


def refuse_if_any(holds: list[Hold]) -> None:
    if holds:
        raise Refused([refusal_of(hold) for hold in holds])


def refusal_of(hold: Hold) -> Refusal:
    rule, _, remedy = hold.words.partition(". ")
    if hold.name:  # a reason lifts it, and none was given
        return Refusal(hold.field, f"The reason for {hold.rule} is empty. {rule}.", remedy, "missing")
    if hold.kind is HoldKind.CONFIRM:
        return Refusal("confirm_high", f"{rule}.", "Tick that you mean this dose, or lower it.", "policy")
    tier = {HoldKind.REFUSED: "impossible", HoldKind.ASK: "unlikely"}.get(hold.kind, "policy")
    return Refusal(hold.field, f"{rule}.", remedy, tier)  # type: ignore[arg-type]


def order_body(order: Order, working: Working) -> dict[str, object]:
    """Everything the later steps need, as exact text."""
    piece = None if order.piece is None else order.protocol.piece(order.piece)

    def text(quantity: Quantity | None) -> str | None:
        return None if quantity is None else str(quantity.amount)

    return {
        "drug": order.protocol.drug,
        "route": order.protocol.route,
        "means": str(order.protocol.means),
        "protocol": f"{order.protocol.id} {order.protocol.version}",
        "dose_mg_per_kg": text(order.dose) if isinstance(order.dose, MassPerWeight) else None,
        "weight_kg": text(order.weight),
        "rests_on": order.rests_on,
        "actual_kg": text(order.actual or order.weight),
        "weighed_at": order.weighed_at.isoformat(),
        "dose_mg": text(working.dose),
        "drawn_mg": text(working.drawn),
        "vial_mg_per_ml": text(order.vial),
        "draw_ml": text(working.draw),
        "syringe_ml": text(working.syringe.size if working.syringe else None),
        "diluent_ml": text(working.diluent),
        "bag_ml": text(working.total),
        "bag_mg_per_ml": text(working.concentration),
        "rate_ml_per_h": text(working.rate),
        "first_ml": text(working.first_total),
        "first_min": text(order.protocol.steps.first if order.protocol.steps else None),
        "second_ml_per_h": text(working.second_rate),
        "minutes": text(working.minutes),
        "runs_min": text(working.runs_for),
        "piece": piece.name if piece else "",
        "piece_mg": text(order.piece),
        "pieces": working.pieces,
        "rest_min": text(piece.rest if piece else None),
        "site": order.site,
        "afterwards": order.afterwards,
        "at_home": asdict(order.at_home) if order.at_home else None,
        "injections": working.injections,
        "planned": kept_dose(order.planned),
        "last_given": kept_dose(order.last_given),
        "confirmed": order.confirmed_by_prescriber,
        "working": [step.words for step in working.steps],
        "holds": [hold.words for hold in working.holds],
        "against": [against(hold, order) for hold in working.holds if hold.name],
    }


def against(hold: Hold, order: Order) -> dict[str, object]:
    """A line that the order goes beyond, with the prescriber's reason, and the second person's where it takes two."""
    by_two = hold.kind is HoldKind.TWO_PEOPLE
    second = order.two_people.reasons.get(hold.name, "") if order.two_people and by_two else ""
    said = {"reason": order.reasons[hold.name].strip(), "by_two": by_two, "second_reason": second.strip()}
    return {"name": hold.name, "rule": hold.rule, "words": hold.words} | said


def by_house(session: Session, order: Order) -> str:
    """Which weight the house rule would take, by the height that stands at the signature."""
    return predicting.weights_of(session.visit.patient, order.actual or order.weight).default.name


def kept_dose(dose: MassPerWeight | Mass | None) -> str | None:
    return None if dose is None else f"{dose.amount} {dose.unit}"


def before_the_draw(session: Session) -> int:
    """The number of the syringe that an order now is for. A drawn one must go back before another order."""
    now = Session.objects.select_for_update().get(pk=session.pk)
    if now.state == SessionState.PREPARING:
        return 1
    if syringes.may_order_second(now):
        return syringes.SECOND
    raise Refused(Refusal("Order", "cannot change once the syringe is drawn.", "Undo the draw first.", "policy"))
