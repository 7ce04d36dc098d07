"""The order, the draw, the blind second entry and the time-out: what stands between a plan and a running pump."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from ketacare.clinic.dosing.actions.sessions import advance
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, User
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.pharmacy.models import Container
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.terms import DoseEntry, HoldKind, Order, Working
from ketacare.medicine.quantities.terms import Concentration, Mass, RatePump

SAID_ALOUD = ("patient", "drug", "dose", "route", "allergies", "consent", "escort", "emergency_kit")


def spoken_identity(patient: Patient) -> str:
    """Birth year and initials, as asked again at every act that could reach the wrong person (H4)."""
    person = people.demographics(patient)
    return f"{person.born_on.year} {person.given[:1]}{person.family[:1]}".casefold()


def same_person(patient: Patient, birth_year: str, initials: str) -> bool:
    letters = "".join(character for character in initials if character.isalpha())
    return f"{birth_year.strip()} {letters}".casefold() == spoken_identity(patient)


def require_same_person(patient: Patient, birth_year: str, initials: str) -> None:
    if not same_person(patient, birth_year, initials):
        raise Refused(
            Refusal(
                "birth_year",
                "Birth year and initials are not those of this patient.",
                "Ask the patient again. If they differ, stop: this may be the wrong page or the wrong chair.",
            )
        )


@transaction.atomic
def sign_order(
    *, session: Session, order: Order, drug: str, second: User | None, by: Actor, at: datetime
) -> TimelineEntry:
    """Worked out exactly, twice; refused while a hold stands. The signature is the prescriber's."""
    access.require(by, "plan", "S", patient=session.visit.patient)
    before_the_draw(session)
    working = rules.work_out(order)
    if working.open_holds:
        raise Refused([refusal_of(hold.field, hold.words, hold.kind) for hold in working.open_holds])
    body = order_body(order, working, drug)
    if second is not None and order.two_people is not None:
        body |= {"second": second.name, "second_id": str(second.pk), "reason": order.two_people.reason}
    number = len(timeline.standing(session.visit, Kind.ORDER)) + 1
    return write(visit=session.visit, kind=Kind.ORDER, body=body, step=f"order:{number}", by=by, at=at)


def refusal_of(field: str, words: str, kind: HoldKind) -> Refusal:
    rule, _, remedy = words.partition(". ")
    tier = {HoldKind.REFUSED: "impossible", HoldKind.ASK: "unlikely"}.get(kind, "policy")
    return Refusal(field, f"{rule}.", remedy, tier)  # type: ignore[arg-type]


def order_body(order: Order, working: Working, drug: str) -> dict[str, object]:
    return {
        "drug": drug,
        "route": order.protocol.route,
        "protocol": f"{order.protocol.id} {order.protocol.version}",
        "dose_mg_per_kg": str(order.dose.amount),
        "weight_kg": str(order.weight.amount),
        "weighed_at": order.weighed_at.isoformat(),
        "dose_mg": str(working.dose.amount),
        "vial_mg_per_ml": str(order.vial.amount),
        "draw_ml": str(working.draw.amount),
        "diluent_ml": str(working.diluent.amount),
        "bag_ml": str(working.total.amount),
        "bag_mg_per_ml": str(working.concentration.amount),
        "rate_ml_per_h": str(working.rate.amount),
        "minutes": str(working.minutes.amount),
        "working": [step.words for step in working.steps],
        "holds": [hold.words for hold in working.holds],
    }


def before_the_draw(session: Session) -> None:
    now = Session.objects.select_for_update().get(pk=session.pk)
    if now.state != SessionState.PREPARING:
        raise Refused(
            Refusal("Order", "cannot change once the syringe is drawn.", "Put the drug back first.", "policy")
        )


@transaction.atomic
def draw_dose(*, session: Session, container: Container, by: Actor, at: datetime) -> TimelineEntry:
    """The ordered dose, from a vial of the ordered strength, into one syringe. One draw per order (H1, H16)."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    order = order_in_force(session)
    if container.concentration_mg_per_ml != order.vial_mg_per_ml:
        have, want = Concentration(container.concentration_mg_per_ml), Concentration(order.vial_mg_per_ml)
        raise Refused(
            Refusal("container", f"{container.serial} holds {have}; the order is for {want}.", "Take the ordered vial.")
        )
    decision = timeline.latest(session.visit, Kind.DECISION)
    if decision is None or decision.name != "go":
        raise Refused(Refusal("container", "There is no go for today.", "Finish the readiness list first.", "policy"))
    advance(session, SessionState.DRAWN)
    number = len(timeline.standing(session.visit, Kind.DRAW)) + 1
    line = pharmacy.draw(
        container=container, visit=session.visit, amount_mg=order.dose_mg, step=f"draw:{number}", by=by, at=at
    )
    body = {
        "serial": container.serial,
        "lot": container.lot,
        "expires_on": container.expires_on.isoformat(),
        "vial_mg_per_ml": str(container.concentration_mg_per_ml),
        "drawn_mg": str(order.dose_mg),
        "drawn_ml": str(order.draw_ml),
        "ledger_entry": str(line.pk),
    }
    return write(visit=session.visit, kind=Kind.DRAW, body=body, step=f"draw:{number}", by=by, at=at)


def order_in_force(session: Session) -> timeline.Order:
    order = timeline.order_of(session.visit)
    if order is None:
        raise Refused(Refusal("Order", "is not signed.", "Ask the prescriber for an order.", "policy"))
    return order


@transaction.atomic
def check_blind(
    *,
    session: Session,
    birth_year: str,
    initials: str,
    drug: str,
    dose: Mass,
    concentration: Concentration,
    rate: RatePump,
    by: Actor,
    at: datetime,
) -> tuple[str, ...]:
    """A second person's own entry against the first. Returns the fields that differ, by name only; none opens the way.

    A mismatch is kept as a line of the timeline like a match, and leaves the session where it was: stopped.
    """
    access.require(by, "dose", "C", patient=session.visit.patient)
    now = Session.objects.select_for_update().get(pk=session.pk)
    drawn = timeline.latest(session.visit, Kind.DRAW)
    if now.state != SessionState.DRAWN or drawn is None:
        raise Refused(Refusal("Double check", "is not waited for.", "Look at the session again.", "policy"))
    if drawn.recorded_by_id == by.user_id:
        raise Refused(
            Refusal("Double check", "needs a second person.", "Ask somebody who did not draw the dose.", "policy")
        )
    order = order_in_force(session)
    differing = rules.compare(first_entry(session, order), DoseEntry(
        f"{birth_year.strip()} {''.join(c for c in initials if c.isalpha())}", drug, dose, concentration, rate
    ))  # fmt: skip
    names = {"first": drawn.recorded_by.name if drawn.recorded_by else "", "second": by.name}
    body = {"matched": not differing, "differing": list(differing), **names}
    write(visit=session.visit, kind=Kind.DOUBLE_CHECK, body=body, by=by, at=at)
    if not differing:
        advance(session, SessionState.CHECKED)
    return differing


def first_entry(session: Session, order: timeline.Order) -> DoseEntry:
    return DoseEntry(
        spoken_identity(session.visit.patient),
        order.drug,
        Mass(order.dose_mg),
        Concentration(order.vial_mg_per_ml),
        RatePump(order.rate_ml_per_h),
    )


@transaction.atomic
def time_out(
    *, session: Session, said: set[str], birth_year: str, initials: str, by: Actor, at: datetime
) -> TimelineEntry:
    """Twenty seconds, aloud, by the two people at the chair; good for ten minutes."""
    access.require(by, "dose", "S", patient=session.visit.patient)
    if session.state != SessionState.CHECKED:
        raise Refused(Refusal("Time-out", "comes after a matching double check.", "Finish the double check.", "policy"))
    missing = [item for item in SAID_ALOUD if item not in said]
    if missing:
        words = ", ".join(item.replace("_", " ") for item in missing)
        raise Refused(Refusal("said", f"Not said aloud: {words}.", "Read each one aloud, then tick it."))
    require_same_person(session.visit.patient, birth_year, initials)
    return write(visit=session.visit, kind=Kind.TIME_OUT, body={"said": list(SAID_ALOUD)}, by=by, at=at)


@transaction.atomic
def undo_draw(*, session: Session, witness: User | None, reason: str, by: Actor, at: datetime) -> None:
    """The syringe goes back into its vial, witnessed, and the session waits for a new draw."""
    access.require(by, "dose", "C", patient=session.visit.patient)
    if not reason.strip():
        raise Refused(Refusal("reason", "A return says why.", "Choose or write a reason."))
    container = ledger.drawn_container(session.visit)
    amounts = ledger.amounts_of(session.visit)
    advance(session, SessionState.PREPARING)
    if container is not None and amounts.open_mg > Decimal(0):
        pharmacy.return_unused(
            container=container, visit=session.visit, amount_mg=amounts.open_mg, witness=witness, reason=reason,
            by=by, at=at,
        )  # fmt: skip
    write(visit=session.visit, kind=Kind.DRAW, name="undone", body={"reason": reason}, by=by, at=at)
