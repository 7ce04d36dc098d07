"""Beginning the programme: the plan is signed and its visits are booked together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.as_accepted import refuse_unlike
from ketacare.clinic.candidacy.actions.consenting import consent_of_course
from ketacare.clinic.candidacy.actions.following import ask_again_before_it_ends
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
from ketacare.medicine.candidacy.rules.disorders import diagnosis_of
from ketacare.medicine.protocols import rules as course
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.scheduling.terms import NEVER_LIFTED, Booked, Kind, PlaceKind, Rule, Span, Violation

# A dosing visit as booked: preparation, infusion, watching. A house default until a clinic sets chair times.
VISIT_LENGTH = timedelta(hours=2, minutes=30)

OF_THE_CHAIR = frozenset({Rule.PLACE, Rule.OUT_OF_ORDER, Rule.PLACE_TWICE})
HELD_TO = frozenset({Rule.HOURS, Rule.LAST_START, Rule.OUT_OF_ORDER, Rule.PLACE_TWICE, Rule.PATIENT_TWICE, Rule.FLOOR})


@dataclass(frozen=True)
class Proposal:
    """A course before it is signed: the protocol, its days, the hour and the chair."""

    protocol: Protocol
    days: tuple[date, ...]
    starts: time
    chair: Chair | None = None


def propose(
    *, protocol: Protocol, first_on: date, starts: time, chair: Chair | None, closed_on: frozenset[date] = frozenset()
) -> Proposal:
    """The days the sheet proposes; refused in words when there is no open day near. A weekday that a
    person names is open, also at a weekend, and the first day is the one named. No day of it is closed, unless the site
    is closed for so long that the course would not fit: then whoever signs says why."""
    open_weekdays = course.WEEKDAYS | {first_on.weekday()}
    try:
        days = course.course_dates(protocol, first_on, open_weekdays=open_weekdays, closed_on=closed_on - {first_on})
    except course.NoRoomForDose:
        days = past_closure(protocol, first_on, open_weekdays)
    return Proposal(protocol, days, starts, chair)


def past_closure(protocol: Protocol, first_on: date, open_weekdays: Collection[int]) -> tuple[date, ...]:
    try:
        return course.course_dates(protocol, first_on, open_weekdays=open_weekdays)
    except course.NoRoomForDose as fault:
        raise Refused(Refusal("first_on", str(fault), ""))


@transaction.atomic
def begin_programme(
    *,
    patient: Patient,
    proposal: Proposal,
    by: Actor,
    at: datetime,
    dose_mg_per_kg: Decimal | None = None,
    goals: str = "",
    override: str = "",
    other_product: str = "",
    setting: str = "",
) -> Plan:
    """Enrol, sign the plan and book its visits, all or nothing. Only after the prescriber has accepted, and only what
    was accepted: judged anew today, for this protocol. Another product, or a place that a path by exception asks for,
    with a word (`other_product`, `setting`). Days and chair are held to the rules of the site; against one of them only
    with a reason (`override`)."""
    access.require(by, "plan", "S", patient=patient)
    accepted = queries.acceptance(patient)
    if accepted is None:
        raise Refused(
            Refusal("protocol", "No acceptance of them is in force.", "Decide in the evaluation first.", "policy")
        )
    refuse_unlike(accepted, proposal.protocol, other_product=other_product, setting=setting, at=at, zone=by.zone)
    row = enrolment.enrol(
        patient=patient,
        sheet_id=proposal.protocol.id,
        judgement_id=accepted.pk,
        treats=diagnosis_of(queries.case_now(patient, at=at, zone=by.zone)) or "",
        by=by,
        at=at,
    )
    plan = enrolment.sign_plan(
        enrolment=row,
        protocol=proposal.protocol,
        first_on=proposal.days[0],
        dose_mg_per_kg=dose_mg_per_kg,
        goals=goals,
        other_product=other_product,
        setting=setting,
        by=by,
        at=at,
    )
    book_course(patient, proposal, override=override, by=by, at=at)
    for duty in owed.open_for(patient, "enrol"):
        duties.close_duty(duty, evidence=plan, by=by, at=at)
    ask_again_before_it_ends(accepted, by=by, at=at)
    consent_of_course(patient, proposal.protocol, by=by, at=at)
    audit.note(by=by, at=at, verb="programme.begin", on=plan, patient=patient)
    return plan


def book_course(patient: Patient, proposal: Proposal, *, override: str, by: Actor, at: datetime) -> list[Visit]:
    places = {PlaceKind.CHAIR: str(proposal.chair.pk)} if proposal.chair else {}
    planned = []
    for number, day in enumerate(proposal.days, start=1):
        starts_at = datetime.combine(day, proposal.starts, tzinfo=ZoneInfo(by.zone))
        span = Span(starts_at, starts_at + VISIT_LENGTH)
        planned.append(Booked("new", str(patient.pk), Kind.DOSE, span, places, number=number))
    faults = [broken_by(one, by) for one in planned]
    refuse_broken(list(zip(proposal.days, faults, strict=True)), patient, override=override, by=by)
    visits = []
    for one, against in zip(planned, faults, strict=True):
        visit = scheduling.book_visit(
            patient=patient,
            kind=VisitKind.DOSE,
            starts_at=one.span.starts,
            ends_at=one.span.ends,
            chair=proposal.chair,
            number_in_course=one.number,
            by=by,
            at=at,
        )
        scheduling.note_override(visit, one, against, override, by=by, at=at)
        visits.append(visit)
    return visits


def broken_by(one: Booked, by: Actor) -> list[Violation]:
    """By day, hour and chair; who is with the patient is settled later, as is a chair on the day."""
    asked = HELD_TO | {Rule.PLACE} if one.places else HELD_TO
    return [fault for fault in scheduling.faults_of(one, by=by) if fault.rule in asked]


def refuse_broken(found: list[tuple[date, list[Violation]]], patient: Patient, *, override: str, by: Actor) -> None:
    faults = [(day, fault) for day, among in found for fault in among]
    fast = [(day, fault) for day, fault in faults if fault.rule in NEVER_LIFTED]
    if not faults or (not fast and override.strip() and scheduling.may_override(by, patient)):
        return
    remedy = "Choose another one, or another day." if fast else "Choose another day or hour, or say why it is right."
    raise Refused(
        [
            Refusal(
                "chair" if fault.rule in OF_THE_CHAIR else "starts",
                f"{day:%a %d %b}: {fault.rule}. {fault.words}",
                remedy,
                "policy",
            )
            for day, fault in (fast or faults)[:4]
        ]
    )
