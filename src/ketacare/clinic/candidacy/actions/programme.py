"""Beginning the programme: the plan is signed and its visits are booked together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.enrolment import actions as enrolment
from ketacare.clinic.enrolment.models import Plan
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Chair, Visit, VisitKind
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.protocols import rules as course
from ketacare.medicine.protocols.terms import Protocol

# A dosing visit as booked: preparation, infusion, watching. A house default until a clinic sets chair times.
VISIT_LENGTH = timedelta(hours=2, minutes=30)


@dataclass(frozen=True)
class Proposal:
    """A course before it is signed: the protocol, its days, the hour and the chair."""

    protocol: Protocol
    days: tuple[date, ...]
    starts: time
    chair: Chair | None = None


def propose(*, protocol: Protocol, first_on: date, starts: time, chair: Chair | None) -> Proposal:
    """The days the sheet proposes; refused in words when there is no open day near. A weekday that a
    person names is open, also at a weekend."""
    try:
        days = course.course_dates(protocol, first_on, open_weekdays=course.WEEKDAYS | {first_on.weekday()})
    except course.NoRoomForDose as fault:
        raise Refused(Refusal("first_on", str(fault), ""))
    return Proposal(protocol, days, starts, chair)


@transaction.atomic
def begin_programme(
    *,
    patient: Patient,
    proposal: Proposal,
    by: Actor,
    at: datetime,
    dose_mg_per_kg: Decimal | None = None,
    goals: str = "",
) -> Plan:
    """Enrol, sign the plan and book its visits, all or nothing. Only after the prescriber has accepted."""
    access.require(by, "plan", "S", patient=patient)
    accepted = queries.acceptance(patient)
    if accepted is None:
        raise Refused(
            Refusal("protocol", "Nobody has accepted this person yet.", "Decide in the evaluation first.", "policy")
        )
    row = enrolment.enrol(patient=patient, sheet_id=proposal.protocol.id, judgement_id=accepted.pk, by=by, at=at)
    plan = enrolment.sign_plan(
        enrolment=row,
        protocol=proposal.protocol,
        first_on=proposal.days[0],
        dose_mg_per_kg=dose_mg_per_kg,
        goals=goals,
        by=by,
        at=at,
    )
    book_course(patient, proposal, by=by, at=at)
    for duty in owed.open_for(patient, "enrol"):
        duties.close_duty(duty, evidence=plan, by=by, at=at)
    audit.note(by=by, at=at, verb="programme.begin", on=plan, patient=patient)
    return plan


def book_course(patient: Patient, proposal: Proposal, *, by: Actor, at: datetime) -> list[Visit]:
    zone = ZoneInfo(by.zone)
    visits = []
    for number, day in enumerate(proposal.days, start=1):
        starts_at = datetime.combine(day, proposal.starts, tzinfo=zone)
        visits.append(
            scheduling.book_visit(
                patient=patient,
                kind=VisitKind.DOSE,
                starts_at=starts_at,
                ends_at=starts_at + VISIT_LENGTH,
                chair=proposal.chair,
                number_in_course=number,
                by=by,
                at=at,
            )
        )
    return visits
