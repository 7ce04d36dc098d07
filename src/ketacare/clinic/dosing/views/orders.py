"""The order: an empty form, worked out and looked at, signed; and a second signature where a line asks for two."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from ketacare.clinic.dosing.actions import in_force, orders
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import between, dose, ordered, predicting, readiness, schedule, syringes
from ketacare.clinic.dosing.views.page import answered, now, opened, page, reader, shown, visit_url
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, guarded
from ketacare.clinic.pharmacy import access as pharmacy
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.descriptors import ACTUAL, Described, Descriptors
from ketacare.medicine.dosing.rules.holds import most_of
from ketacare.medicine.dosing.rules.order import DoesNotFit
from ketacare.medicine.dosing.terms import AtHome, HoldKind, Order, Working
from ketacare.medicine.protocols.terms import Means, Protocol
from ketacare.medicine.quantities.terms import (
    Concentration,
    Duration,
    ImpossibleAmount,
    Mass,
    MassPerWeight,
    Volume,
    Weight,
)

UNDILUTED, AGAINST = "undiluted", "against-"


@guarded("plan", "S")
def order(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """An empty order has no dose. It is worked out first, looked at, then signed with the prescriber's own password."""
    session, actor, at = opened(request, visit_id, "S", "plan")
    if request.method != "POST":
        return order_page(request, session)
    if reader(request).text("act") == "withdraw":
        return withdrawn(request, session, actor, at)
    try:
        asked = order_asked(request, session, at)
        working = rules.work_out(asked)
    except (Refused, ImpossibleAmount, DoesNotFit) as wrong:
        return order_page(request, session, refusals=refusals_of(wrong))
    if reader(request).text("act") != "sign":
        return order_page(request, session, working=working, asked=asked)

    def act() -> None:
        form = reader(request)
        pharmacy.confirmed(actor.user_id, form.typed.get("password", ""))
        orders.sign_order(session=session, order=asked, by=actor, at=at)

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        return order_page(request, session, working=working, asked=asked, refusals=refused)

    return answered(request, act, again, visit_url(session.visit) + "#order")


def withdrawn(request: HttpRequest, session: Session, actor: Actor, at: datetime) -> HttpResponse:
    """What is ordered and not drawn is taken back, with a reason and the prescriber's own password."""

    def act() -> None:
        form = reader(request)
        pharmacy.confirmed(actor.user_id, form.typed.get("withdraw_password", ""))
        orders.withdraw(session=session, reason=form.text("withdraw_reason"), by=actor, at=at)

    return answered(
        request,
        act,
        lambda refused: order_page(request, session, refusals=refused),
        visit_url(session.visit) + "#order",
    )


def refusals_of(wrong: Exception) -> list[dict[str, str]]:
    if isinstance(wrong, Refused):
        return [shown(refusal) for refusal in wrong.refusals]
    return [{"field": "dose", "rule": str(wrong), "remedy": "", "kind": "impossible"}]


def order_asked(request: HttpRequest, session: Session, at: datetime) -> Order:
    """What the form asks for, not yet judged."""
    form, sheet, visit = reader(request), schedule.protocol_of(session), session.visit
    unit = MassPerWeight.unit if sheet.by_weight else Mass.unit
    amount = form.positive("dose", "Dose", unit)
    measure, plan = people.latest_measure(visit.patient), enrolment.plan_for(visit.patient)
    if measure is None:
        form.refuse("dose", "There is no weight.", "Weigh the patient first.")
    product = product_asked(form, sheet)
    weighed = None if measure is None else weight_asked(form, session, sheet, Weight(measure.weight_kg))
    form.done()
    assert measure is not None
    assert weighed is not None
    second = session.started_at is not None
    order = Order(
        protocol=sheet,
        dose=MassPerWeight(amount) if sheet.by_weight else Mass(amount),
        weight=weighed.weight,
        rests_on=weighed.name,
        actual=None if weighed.name == ACTUAL else Weight(measure.weight_kg),
        weighed_at=measure.happened_at,
        at=at,
        **product,
        **place_asked(form, session, sheet),
        planned=plan.dose if plan and plan.sheet_id == sheet.id else None,
        last_given=None if second else between.last_given(session, sheet),
        second_of=dose.of_first_syringe(session) if second else None,
        confirmed_by_prescriber=form.text("confirm_high") == "yes",
        reasons={name.removeprefix(AGAINST): form.text(name) for name in form.typed if name.startswith(AGAINST)},
    )
    return in_force.as_of_now(order, session, at)


def product_asked(form: Any, sheet: Protocol) -> dict[str, Any]:
    """Vial and bag, vial and site, or piece: what the means of this protocol need. One field, one unit (H2)."""
    if sheet.means is Means.COUNTED:
        piece = form.positive("piece", "Product", "mg")
        return {"piece": Mass(piece)}
    vial = form.positive("vial", "Vial", "mg/mL")
    if sheet.means is not Means.INFUSION:
        return {"vial": Concentration(vial), "site": form.text("site")}
    minutes = form.positive("minutes", "Time", "min")
    return {"vial": Concentration(vial), "minutes": Duration(minutes), "bag": bag_asked(form, sheet)}


def usual_weight(session: Session, weights: Descriptors) -> str:
    """Chosen once and kept for the course (WD-2); before that the house rule's."""
    kept = next((one.rests_on for _, one in between.given_before(session) if one.dose_mg_per_kg is not None), "")
    return kept if any(one.name == kept for one in weights.offered) else weights.default.name


def weight_asked(form: Any, session: Session, sheet: Protocol, actual: Weight) -> Described:
    """The weight that the dose rests on: of those offered, the one chosen."""
    weights = predicting.weights_of(session.visit.patient, actual)
    if not sheet.by_weight:
        return weights.offered[0]
    name = form.text("rests_on") or usual_weight(session, weights)
    chosen = next((one for one in weights.offered if one.name == name), None)
    if chosen is None:
        form.refuse("rests_on", f"{name.capitalize()} weight is not offered.", "Choose one of the list.")
    return chosen or weights.offered[0]


def place_asked(form: Any, session: Session, sheet: Protocol) -> dict[str, Any]:
    """Of a protocol that may be taken at home: where, under which conditions, and what is done after holding it."""
    if sheet.home is None:
        return {}
    said = {name: form.text(name) == "yes" for name in ("video", "law", "reviewed")}
    home = AtHome(dose.watched_here(session), form.text("chaperone"), **said)
    return {"afterwards": form.text("afterwards"), "at_home": home if form.text("place") == "home" else None}


def bag_asked(form: Any, sheet: Protocol) -> Volume | None:
    """Made up to one of the sheet's volumes; the standard bag unless said otherwise; or undiluted."""
    if form.text("bag") == UNDILUTED:
        return None
    chosen = form.amount("bag", "Made up to", "mL")
    if chosen is None:
        return sheet.bag
    if Volume(chosen) not in sheet.bags:
        form.refuse("bag", f"{chosen} mL is not a volume of this protocol.", "Choose one of the list.")
    return Volume(chosen)


def order_page(
    request: HttpRequest,
    session: Session,
    *,
    working: Working | None = None,
    asked: Order | None = None,
    refusals: list[dict[str, str]] | None = None,
) -> HttpResponse:
    sheet, visit, at = schedule.protocol_of(session), session.visit, now(request)
    kinds = {hold.kind for hold in working.holds} if working else set()
    measure = people.latest_measure(visit.patient)
    weights = predicting.weights_of(visit.patient, Weight(measure.weight_kg)) if measure and sheet.by_weight else None
    return page(
        request, "order", visit, session, status=422 if refusals else 200,
        sheet=sheet,
        route=ordered.ROUTES.get(sheet.route, sheet.route),
        plan=enrolment.plan_for(visit.patient),
        measure=measure,
        weights=weights,
        rests_on=usual_weight(session, weights) if weights else "",
        dosing_weight=readiness.dosing_weight(visit),
        asked=asked,
        working=working,
        chain=chain(asked, working) if asked and working else None,
        two_people=HoldKind.TWO_PEOPLE in kinds,
        confirm=HoldKind.CONFIRM in kinds,
        refused_hold=HoldKind.REFUSED in kinds,
        earlier=between.given_before(session)[:3],
        today=dose.today(session, at),
        in_tenths=dose.in_tenths,
        most=most_of(sheet, Weight(measure.weight_kg)) if measure else sheet.ceilings.most,
        watched=dose.watched_here(session) if sheet.home else 0,
        standing=order_to_withdraw(session),
        second=syringes.may_order_second(session),
        form=request.POST,
        refusals=refusals or [],
    )  # fmt: skip


def order_to_withdraw(session: Session) -> ordered.Ordered | None:
    """What the next syringe would be drawn by, or the one that waits for its second person."""
    number = syringes.FIRST if session.started_at is None else syringes.SECOND
    waiting = ordered.proposed(session.visit)
    return waiting if waiting and waiting.number == number else ordered.orders_of(session.visit).get(number)


LABELS = {
    "ordered": "Dose",
    "concentration": "Draw",
    "volume": "Make up to",
    "rate": "Set the pump to",
    "time": "For",
    "pieces": "Take",
}


def chain(asked: Order, working: Working) -> list[dict[str, str]]:
    """mg/kg → mg → mL → bag → mL/h, each with its working; what a route does not have is not a link of its chain."""
    words = {step.name: step.words for step in working.steps}
    if working.minutes is not None and working.ends_at is None:
        _, _, at_the_set_rate = words.get("time", "").partition(" ordered, ")
        words["time"] = "; ".join(filter(None, (at_the_set_rate, "by hand on the pump; nothing is sent to it")))
    amounts = {
        "ordered": working.dose.written(),
        "concentration": f"{working.draw}" if working.draw else "",
        "volume": f"{working.total}" if working.total else "",
        "rate": f"{working.rate}" if working.rate else "",
        "pieces": f"{working.pieces} pcs" if working.pieces is not None else "",
        "time": f"{working.minutes}" if working.minutes else "",
    }
    links = [
        {"label": LABELS[name], **parts(amount), "working": words.get(name, "")}
        for name, amount in amounts.items()
        if amount
    ]
    if working.total is None and "volume" in words:
        links.append({"label": "Give", **parts(working.drawn.written()), "working": words["volume"]})
    if working.pieces is not None and "time" in words:
        links.append({"label": "Give", **parts(working.drawn.written()), "working": words["time"]})
    return links


def parts(written: str) -> dict[str, str]:
    value, _, unit = written.partition(" ")
    return {"value": value, "unit": unit}


# --- the second of two people ----------------------------------------------------------------------------------------


@guarded("dose", "C")
def second_person(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Signed in for themselves, with their own reason and password: why this unusual dose is meant."""
    session, actor, at = opened(request, visit_id, "C", "dose")
    proposal = ordered.proposed(session.visit)

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        return page(
            request, "order_second", session.visit, session, status=422 if refused else 200, order=proposal,
            mine=proposal is not None and proposal.entry.recorded_by_id == actor.user_id,
            refusals=refused,
        )  # fmt: skip

    if request.method != "POST":
        return again([])

    def act() -> None:
        form = reader(request)
        chosen = proposal.entry if proposal and form.typed.get("order") == str(proposal.entry.pk) else None
        if proposal and chosen is None:
            words = "This is not the order you read: it was written anew."
            raise Refused(Refusal("order", words, "Read and work out this one.", "policy"))
        pharmacy.confirmed(actor.user_id, form.typed.get("password", ""))
        reasons = {
            name.removeprefix(ordered.SECOND): form.text(name) for name in form.typed if name.startswith(ordered.SECOND)
        }
        orders.second_order(session=session, proposal=chosen, reasons=reasons, by=actor, at=at)

    return answered(request, act, again, visit_url(session.visit) + "#order")
