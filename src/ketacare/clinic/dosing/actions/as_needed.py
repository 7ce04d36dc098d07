"""Medicines as needed: by the order set that the medical director adopted, with who, when, why, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from ketacare.clinic.dosing.actions import driving, timeline
from ketacare.clinic.dosing.actions.timeline import record, write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import as_needed
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.terms import Ask
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.rules import known


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be given, and why."""

    medicine: str
    route: str
    amount: Decimal
    why: str
    unit: str


@transaction.atomic
def give(
    *, session: Session, wanted: Wanted, none_apply: bool, by: Actor, at: datetime, given_at: datetime | None = None
) -> TimelineEntry:
    """Under the adopted order set alone: amount, route and reason on it, not too soon, and nothing stands against.
    Charted later, everything that follows counts from when it was given."""
    visit = session.visit
    access.require(by, "dose", "C", patient=visit.patient)
    Session.objects.select_for_update().get(pk=session.pk)
    timeline.still_open(session)
    if session.started_at is None:
        raise Refused(Refusal("drug", "Nothing is given as needed before the dose.", "Ask the prescriber.", "policy"))
    when = given_at or at
    if not session.started_at <= when <= at:
        raise Refused(Refusal("given_at", "is before the dose, or in the future.", "Enter when it was given."))
    adopted = as_needed.adopted(visit.clinic_id)
    if adopted is None:
        words = "The medical director has not adopted the order set here, so nobody gives by it."
        raise Refused(Refusal("drug", words, "Call the prescriber for an order.", "policy"))
    medicine = reader.needed_sheet().medicines.get(wanted.medicine)
    if medicine is None:
        raise Refused(Refusal("drug", "is not in the order set.", "Choose from the list, or call the prescriber."))
    faults = rules.not_now(
        medicine, route=wanted.route, amount=wanted.amount, why=wanted.why,
        before=as_needed.before(session, medicine.id), at=when,
    )  # fmt: skip
    unit = medicine.doses[0].amount.unit
    if wanted.unit != unit:
        said = f"{medicine.name} is counted in {unit}, not in {wanted.unit or 'no unit'}."
        raise Refused(Refusal("unit", said, f"Choose {unit}, and read the amount again."))
    refusals = [Refusal(field, words, "Call the prescriber for anything else.", "policy") for field, words in faults]
    stands = known.stands_against(medicine, as_needed.values_at(session, when))
    refusals += [Refusal("none_apply", words, "Call the prescriber for anything else.", "policy") for words in stands]
    if medicine.not_if and not none_apply:
        listed = ", ".join(medicine.not_if)
        refusals.append(Refusal("none_apply", f"Not if: {listed}. Nobody said that none applies.", "Ask, then tick."))
    if refusals:
        raise Refused(refusals)
    due_at = when + timedelta(minutes=medicine.recheck.integer)
    body = {
        "name": medicine.name, "kind": medicine.kind, "route": wanted.route, "amount": str(wanted.amount),
        "unit": unit, "why": wanted.why, "waits": medicine.waits,
        "recheck_at": due_at.isoformat(), "not_if": list(medicine.not_if), "order_set": adopted.sheet_version,
        "signed_by": adopted.recorded_by.name if adopted.recorded_by else "",
    }  # fmt: skip
    entry = write(visit=visit, kind=Kind.MEDICINE, name=medicine.id, body=body, by=by, at=at, happened_at=when)
    also_owe(session, Ask(recheck_key(entry), f"Effect of {medicine.name}", due_at), by=by, at=at)
    driving.put_off(session, by=by, at=at)
    return entry


def recheck_key(entry: TimelineEntry) -> str:
    return timeline.recheck_key(entry.pk)


def also_owe(session: Session, ask: Ask, *, by: Actor, at: datetime) -> None:
    """One more act with a due time, beside those already owed (T5)."""
    standing = watch.standing(session.visit, at=at)
    if standing is None:
        return
    owed = watch.asks_owed(session.visit)
    monitoring.schedule_checks(visit=session.visit, asks=[*owed, ask], by=by, at=at)


@transaction.atomic
def record_effect(*, session: Session, entry: TimelineEntry, words: str, by: Actor, at: datetime) -> TimelineEntry:
    """Looked at again, and what it did: the medicine is no longer waited for."""
    access.require(by, "readings", "C", patient=session.visit.patient)
    if entry.kind != Kind.MEDICINE or entry.visit_id != session.visit_id:
        raise Refused(Refusal("medicine", "was not given here.", "Look at the session again."))
    if not words.strip():
        raise Refused(Refusal("words", "What did it do?", "Write what you found."))
    kept = record(
        session=session, kind=Kind.REMARK, name="", words=f"{entry.body['name']}: {words.strip()}",
        body={"of": str(entry.pk)}, by=by, at=at,
    )  # fmt: skip
    monitoring.check_done(visit=session.visit, ask=recheck_key(entry), by=by, at=at)
    return kept
