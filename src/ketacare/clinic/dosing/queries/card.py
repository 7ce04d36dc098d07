"""The emergency card: everything somebody from outside asks in the first minute, on one page (H41)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import ListState, MedicineEntry
from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import dose, emergencies, ordered, timeline, timeline_words
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.quantities.terms import Weight
from ketacare.medicine.safety import reader as safety
from ketacare.medicine.safety.terms import EmergencySheet

SHOWN = (
    (Channel.SPO2, "SpO2", "%"),
    (Channel.HR, "Heart rate", "/min"),
    (Channel.NIBP_SYS, "Systolic", "mmHg"),
    (Channel.NIBP_DIA, "Diastolic", "mmHg"),
    (Channel.RR, "Breaths", "/min"),
)
NOT_ASKED = "Not yet asked"


@dataclass(frozen=True)
class Card:
    chair: str
    clinic: str
    address: str
    telephone: str
    emergency: str
    drug: str
    given: str
    ordered: str
    route: str
    weight: str
    dose_words: list[tuple[datetime, str]]
    given_more: list[tuple[datetime, str]]
    vitals: list[dict[str, Any]]
    medicines: list[str]
    medicines_words: str
    event_since: datetime | None
    event: list[tuple[datetime, str, str]]


def card(session: Session, latest: dict[Channel, Reading], at: datetime, *, hidden: UUID | None = None) -> Card:
    """As of now, each value with its time. What was not asked says so, and is never blank.

    `hidden`: the dose step whose figure a second person has yet to read from the pump.
    """
    visit, clinic = session.visit, session.visit.clinic
    order, line = ordered.order_of(visit), crisis_line(clinic)
    begun = emergencies.event_begun(session)
    listed, words = medicines(visit.patient)
    return Card(
        chair=visit.chair.name if visit.chair else "No chair",
        clinic=clinic.name,
        address=clinic.address or "Address not recorded",
        telephone=clinic.telephone,
        emergency=line.emergency if line else "",
        drug=order.drug if order else "No order",
        given=given_words(session, order, at),
        ordered=order.held_words if order else "",
        route=order.route_words if order else "",
        weight=Weight(order.weight_kg).written() if order else "Not recorded",
        dose_words=[
            (row.happened_at, timeline_words.dose_words(row))
            for row in timeline.standing(visit, Kind.DOSE)
            if row.pk != hidden
        ],
        given_more=given_more(session),
        vitals=[vital(latest.get(channel), label, unit) for channel, label, unit in SHOWN],
        medicines=listed,
        medicines_words=words,
        event_since=begun.happened_at if begun else None,
        event=emergencies.event_lines(session),
    )


def first_acts() -> EmergencySheet:
    """What is done first, by what happens, and when emergency services are called."""
    return safety.emergencies()


def given_words(session: Session, order: Ordered | None, at: datetime) -> str:
    """Of the dose, up to now."""
    return dose.in_tenths(dose.so_far(session, order, at).given) if order and session.started_at else "none"


def given_more(session: Session) -> list[tuple[datetime, str]]:
    """What was given besides the dose, as needed and in an emergency: nobody gives it a second time unknowing (H41)."""
    rows = [(row.happened_at, timeline_words.words_of(row)) for row in timeline.standing(session.visit, Kind.MEDICINE)]
    return sorted(rows + emergencies.given_lines(session))


def vital(row: Reading | None, label: str, unit: str) -> dict[str, Any]:
    value = None if row is None or row.value is None else f"{row.value.normalize():f}"
    return {"label": label, "unit": unit, "value": value, "at": row.taken_at if row else None}


def medicines(patient: Patient) -> tuple[list[str], str]:
    """What is taken, as listed; else in words why there is no list."""
    row = candidacy.medicines(patient)
    if row is None or row.state == ListState.NOT_ASKED:
        return [], NOT_ASKED
    if row.state == ListState.NONE:
        return [], "Takes none"
    return [listed(one) for one in row.medicines], ""


def listed(one: MedicineEntry) -> str:
    """With its dose; a name that nobody could match says so, and the patient's own word stands by, unsettled."""
    says = f"(the patient says: {one.says.how})" if one.says is not None and one.disputed else ""
    return " ".join(part for part in (one.name, one.dose, "" if one.drug else "(not checked)", says) if part)
