"""A medicine by a prescriber's own order: charted as it was given, asked about once where it is unlikely, and
confirmed by whoever is said to have ordered it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from ketacare.clinic.dosing.actions import driving, timeline
from ketacare.clinic.dosing.actions.as_needed import also_owe, recheck_key
from ketacare.clinic.dosing.actions.order_words import ask_to_confirm
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import as_needed
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.terms import Ask
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import NeededMedicine


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """What a prescriber ordered by themselves: a medicine of the list by its id, or another by its name. `confirmed`:
    what was asked about once is right as entered."""

    medicine: str
    name: str
    route: str
    amount: Decimal
    unit: str
    why: str
    prescriber: User | None
    confirmed: bool = False


@transaction.atomic
def give_ordered(
    *, session: Session, order: OwnOrder, by: Actor, at: datetime, given_at: datetime | None = None
) -> TimelineEntry:
    """Given by a prescriber's own word: nothing forbids it, everything is charted, and release waits for it. Of another
    medicine nobody knows here what it does: as long as for the one with the longest wait."""
    visit, when = session.visit, given_at or at
    access.require(by, "dose", "C", patient=visit.patient)
    Session.objects.select_for_update().get(pk=session.pk)
    timeline.still_open(session)
    if session.started_at is None:
        words = "Nothing is given as needed before the dose."
        raise Refused(Refusal("own_drug", words, "Call it off, or go to hospital.", "policy"))
    if not session.started_at <= when <= at:
        raise Refused(Refusal("own_given_at", "is before the dose, or in the future.", "Enter when it was given."))
    listed = reader.needed_sheet().medicines
    known, name = listed.get(order.medicine), order.name.strip()
    unit = known.doses[0].amount.unit if known else order.unit.strip()
    who = None if may(by, "plan", "S") else prescriber_named(order.prescriber, by)
    faults = faults_of(order, known, unit)
    if who is None and not may(by, "plan", "S"):
        faults.append(Refusal("ordered_by", "Whose order was it?", "Choose the prescriber who gave it.", "policy"))
    if faults:
        raise Refused(faults)
    ask_if_unlikely(session, order, known, unit, at=when)
    soonest = min((one.recheck for one in listed.values()), key=lambda figure: figure.integer)
    due_at = when + timedelta(minutes=(known.recheck if known else soonest).integer)
    body = {
        "name": known.name if known else name, "kind": known.kind if known else "other",
        "route": as_needed.way_of(order.route), "amount": str(order.amount), "unit": unit, "why": order.why.strip(),
        "waits": known.waits if known else as_needed.UNKNOWN, "recheck_at": due_at.isoformat(), "not_if": [],
        "order_set": "", "own_order": True, "signed_by": who.name if who else by.name,
        "prescriber": str(who.pk if who else by.user_id), "asked_and_confirmed": order.confirmed,
    }  # fmt: skip
    entry = write(
        visit=visit,
        kind=Kind.MEDICINE,
        name=known.id if known else as_needed.OFF_THE_SHEET,
        body=body,
        by=by,
        at=at,
        happened_at=when,
    )
    also_owe(session, Ask(recheck_key(entry), f"Effect of {body['name']}", due_at), by=by, at=at)
    driving.put_off(session, by=by, at=at)
    if who is not None:
        ask_to_confirm(session, entry, who, by=by, at=at)
    return entry


def faults_of(order: OwnOrder, known: NeededMedicine | None, unit: str) -> list[Refusal]:
    faults = []
    if order.medicine and known is None:
        faults.append(Refusal("own_drug", "is not in the list.", "Choose from the list, or write its name."))
    elif known is None and not order.name.strip():
        faults.append(Refusal("own_name", "Which medicine?", "Choose it, or write its name."))
    for field, text in (("own_route", order.route), ("own_unit", order.unit), ("own_why", order.why)):
        if not text.strip():
            faults.append(Refusal(field, "is empty.", "Choose or write it."))
    if order.amount <= 0:
        faults.append(Refusal("own_amount", "is empty.", "Enter what was given."))
    if known and order.unit.strip() not in ("", unit):
        said = f"{known.name} is counted in {unit}, not in {order.unit}."
        faults.append(Refusal("own_unit", said, f"Choose {unit}, and read the amount again."))
    return faults


def ask_if_unlikely(
    session: Session, order: OwnOrder, known: NeededMedicine | None, unit: str, *, at: datetime
) -> None:
    """A slip of the pen, a known allergy, a second one too soon: asked once, and kept if it is right (H2, H15, H16)."""
    who = people.identity(session.visit.patient)
    name = known.name if known else order.name.strip()
    before = as_needed.before(session, known.id) if known else []
    found = rules.asked_once(
        known, name=name, route=as_needed.way_of(order.route), amount=order.amount, unit=unit, before=before, at=at,
        allergies=[what for what, _ in who.allergies],
    )  # fmt: skip
    if who.allergy_state == "not_asked":
        found = (*found, "Nobody has asked for allergies yet.")
    if found and not order.confirmed:
        raise Refused(Refusal("own_amount", " ".join(found), "Read it again; confirm if it is right.", "unlikely"))


def prescriber_named(user: User | None, by: Actor) -> User | None:
    """A prescriber of this clinic, as whoever heard the order names them."""
    found = people.colleagues(clinic_id=by.clinic_id, role=Role.RX)
    return user if user is not None and found.filter(pk=user.pk).exists() else None


def may_confirm(entry: TimelineEntry, by: Actor) -> bool:
    is_named = entry.body.get("prescriber") == str(by.user_id)
    return entry.recorded_by_id != by.user_id and may(by, "plan", "S") and (is_named or by.role == Role.MD)


@transaction.atomic
def confirm(
    *, session: Session, entry: TimelineEntry, was_theirs: bool | None, words: str, by: Actor, at: datetime
) -> TimelineEntry:
    """The word of whoever is named, or where they cannot be asked of the medical director; never of whoever gave it."""
    access.require(by, "plan", "S", patient=session.visit.patient)
    if entry.kind != Kind.MEDICINE or entry.visit_id != session.visit_id or not entry.body.get("own_order"):
        raise Refused(Refusal("medicine", "was not given here by an own order.", "Look at the session again."))
    is_named = entry.body.get("prescriber") == str(by.user_id)
    if not may_confirm(entry, by):
        words = f"is confirmed by {entry.body['signed_by']}, or by the medical director."
        raise Refused(Refusal("Order", words, "Ask them.", "policy"))
    if was_theirs is None:
        raise Refused(Refusal("was_theirs", "Was it ordered?", "Say yes or no."))
    if not (was_theirs and is_named) and not words.strip():
        raise Refused(Refusal("words", "is empty.", "Say what you know of it."))
    if as_needed.word_on(entry) is not None:
        raise Refused(Refusal("Order", "was answered already.", "Look at the page again.", "policy"))
    said = "confirmed" if was_theirs else "NOT ordered"
    row = write(
        visit=session.visit, kind=Kind.REMARK, name=as_needed.CONFIRM, step=as_needed.step_of_word(entry),
        body={"order": str(entry.pk), "was_theirs": was_theirs},
        words=". ".join(filter(None, [f"Order of {entry.body['name']} {said}", words.strip()])), by=by, at=at,
    )  # fmt: skip
    for duty in as_needed.waiting_for_word(entry):
        duties.close_duty(duty, evidence=row, by=by, at=at)
    if not was_theirs:
        duties.open_duty(
            kind=as_needed.DENIED,
            title="A medicine was given that nobody ordered",
            why="Whoever was named as the prescriber says it was not their order. Find out, and decide what follows.",
            link=as_needed.link_of(entry),
            patient=session.visit.patient,
            visit_id=session.visit_id,
            owner_role=Role.MD,
            due_at=at,
            consequence=Consequence.SAFETY,
            by=by,
            at=at,
        )
    return row
