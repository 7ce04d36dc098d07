"""Where referrals stand, and under which plan a patient is treated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ketacare.clinic.enrolment.access import chain_of, patient_in, referrals_visible_to
from ketacare.clinic.enrolment.models import (
    ENDS_THE_COURSE,
    FINAL_STEPS,
    Enrolment,
    EnrolmentState,
    Plan,
    Referral,
    ReferralStep,
    Review,
    Step,
    Urgency,
)
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import ahead_of
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.candidacy.terms import Knowledge
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.protocols.terms import Protocol

RANK = {urgency: place for place, urgency in enumerate(Urgency)}


@dataclass(frozen=True)
class Waiting:
    """A referral with what last happened to it and what it waits for."""

    referral: Referral
    patient: Patient | None
    last: ReferralStep | None
    at: datetime

    @property
    def step(self) -> Step:
        return Step(self.last.step) if self.last else Step.RECEIVED

    @property
    def is_open(self) -> bool:
        return self.step not in FINAL_STEPS

    @property
    def is_late(self) -> bool:
        return self.is_open and self.at > self.referral.answer_due_at

    @property
    def waits_for(self) -> str:
        if not self.is_open:
            return ""
        if self.patient is None:
            return "Front desk: say which person this is"
        return "Prescriber: evaluate"

    @property
    def seconds_waited(self) -> float:
        return (self.at - self.referral.happened_at).total_seconds()


def waiting(referral: Referral, at: datetime) -> Waiting:
    last = steps_of(referral)[:1]
    return Waiting(referral, patient_in(referral), last[0] if last else None, at)


def steps_of(referral: Referral) -> list[ReferralStep]:
    """Newest first."""
    rows = ReferralStep.objects.current().filter(referral__in=chain_of(referral)).select_related("recorded_by")
    return list(rows.order_by("-recorded_at", "-id"))


def earlier_versions(referral: Referral) -> list[Referral]:
    """What was written before it was amended, newest first."""
    return list(
        Referral.objects.filter(pk__in=chain_of(referral)[1:]).select_related("recorded_by").order_by("-recorded_at")
    )


def listed(actor: Actor, at: datetime, *, closed: bool = False) -> list[Waiting]:
    """Open ones by urgency and then by how soon an answer is due; closed ones newest first."""
    rows = [row for row in all_waiting(actor, at) if row.is_open is not closed]
    if closed:
        return sorted(rows, key=lambda row: row.referral.happened_at, reverse=True)
    return sorted(rows, key=lambda row: (RANK[Urgency(row.referral.urgency)], row.referral.answer_due_at))


def all_waiting(actor: Actor, at: datetime) -> list[Waiting]:
    """Every referral this person may see, with its steps read once for all of them."""
    referrals = list(referrals_visible_to(actor).select_related("amends__amends", "recorded_by"))
    chains = {referral.pk: chain_of(referral) for referral in referrals}
    steps: dict[UUID, list[ReferralStep]] = {}
    everywhere = [pk for chain in chains.values() for pk in chain]
    rows = ReferralStep.objects.current().filter(referral__in=everywhere).select_related("patient")
    for step in rows.order_by("recorded_at", "id"):
        steps.setdefault(step.referral_id, []).append(step)
    return [
        waiting_with(referral, [step for pk in reversed(chains[referral.pk]) for step in steps.get(pk, ())], at)
        for referral in referrals
    ]


def waiting_with(referral: Referral, steps: list[ReferralStep], at: datetime) -> Waiting:
    """Where a referral stands, from its steps in order of time."""
    patients = [step.patient for step in steps if step.patient is not None]
    return Waiting(referral, patients[-1] if patients else None, steps[-1] if steps else None, at)


def referrals_about(patient: Patient) -> list[Referral]:
    """Every referral that was found to be about this person, as it reads now, newest first."""
    if ahead_of(ReferralStep, patient) == []:
        return []
    steps = ReferralStep.objects.current().filter(patient=patient).values("referral_id")
    found = {row.pk: row for row in Referral.objects.filter(pk__in=steps).select_related("recorded_by")}
    while later := list(Referral.objects.filter(amends__in=found).select_related("recorded_by")):
        replaced = {row.amends_id for row in later}
        found = {key: row for key, row in found.items() if key not in replaced} | {row.pk: row for row in later}
    return sorted(found.values(), key=lambda row: row.happened_at, reverse=True)


@looked_up
def current_enrolment(patient: Patient) -> Enrolment | None:
    """The enrolment that has not ended; there is at most one."""
    ahead = ahead_of(Enrolment, patient)
    if ahead is not None:
        return next((row for row in ahead if row.state != EnrolmentState.ENDED), None)
    return (
        Enrolment.objects.filter(patient=patient)
        .exclude(state=EnrolmentState.ENDED)
        .select_related("patient", "adoption")
        .first()
    )


def ended_after(patient: Patient, at: datetime) -> Enrolment | None:
    """The course that ran then and has ended since."""
    rows = Enrolment.objects.filter(patient=patient, created_at__lte=at, ended_at__gte=at)
    return rows.select_related("patient", "adoption").order_by("created_at").last()


def began_before(patient: Patient, last_dose_at: datetime) -> datetime | None:
    """When the course began to which that dose belongs: the baseline of an earlier one is none of it."""
    rows = Enrolment.objects.filter(patient=patient, created_at__lte=last_dose_at).order_by("-created_at")
    return rows.values_list("created_at", flat=True).first()


def sheets_of(patient: Patient) -> dict[str, str]:
    """The versions that this person's course began with and is judged by (H19); empty before any course."""
    enrolment = current_enrolment(patient)
    return dict(enrolment.sheets) if enrolment else {}


@looked_up
def knowledge_for(patient: Patient) -> Knowledge:
    """What this person is judged by: the versions the course began with, else those in force in the clinic today."""
    kept = sheets_of(patient)
    return protocols.knowledge_under(patient.clinic_id, kept or protocols.versions_in_force(patient.clinic_id))


@looked_up
def sheet_for(patient: Patient, sheet_id: str) -> Sheet:
    """One sheet of candidacy, in the version this person's course began with, else as it is in force here (H19)."""
    kept = sheets_of(patient) or versions_in_force(patient.clinic_id)
    return protocols.sheet_under(patient.clinic_id, sheet_id, kept)


@looked_up
def versions_in_force(clinic_id: UUID) -> dict[str, str]:
    """The same for everybody of a clinic who has no course."""
    return protocols.versions_in_force(clinic_id)


def protocol_for(enrolment: Enrolment) -> Protocol:
    """The protocol of a course, in the versions that it began with."""
    versions = enrolment.sheets or {enrolment.sheet_id: enrolment.sheet_version}
    return protocols.protocol_under(enrolment.clinic_id, enrolment.sheet_id, versions)


def current_plan(enrolment: Enrolment) -> Plan | None:
    """The signed plan that stands; None until a prescriber has signed one."""
    row: Plan | None = (
        Plan.objects.current()
        .filter(enrolment=enrolment)
        .select_related("recorded_by", "amends")
        .order_by("recorded_at")
        .last()
    )
    return row


def plan_for(patient: Patient) -> Plan | None:
    """The plan a dose of this patient is judged against."""
    enrolment = current_enrolment(patient)
    return current_plan(enrolment) if enrolment else None


def last_plan(patient: Patient) -> Plan | None:
    """The plan of the newest course, also when it has ended."""
    rows = Enrolment.objects.filter(patient=patient).select_related("patient", "adoption").order_by("created_at")
    row = rows.last()
    return current_plan(row) if row is not None else None


def open_enrolments(patient_ids: list[UUID]) -> list[Enrolment]:
    """The enrolments that have not ended, of several people."""
    rows = Enrolment.objects.filter(patient__in=patient_ids).exclude(state=EnrolmentState.ENDED)
    return list(rows.select_related("adoption"))


def stops(patient_ids: list[UUID]) -> list[Review]:
    """The decisions that ended a course of these people, oldest first: the last of each is the newest."""
    rows = Review.objects.current().filter(patient__in=patient_ids, choice__in=ENDS_THE_COURSE)
    return list(rows.select_related("recorded_by").order_by("recorded_at"))


def stopped_since(patient: Patient, since: datetime) -> Review | None:
    """By what the last course ended since then, where none is under way."""
    row = next(reversed(stops([patient.pk])), None) if current_enrolment(patient) is None else None
    return row if row is not None and row.recorded_at > since else None


def referred(patient_ids: list[UUID]) -> set[UUID | None]:
    """Who of these people was ever referred."""
    steps = ReferralStep.objects.current().filter(patient__in=patient_ids)
    return set(steps.values_list("patient_id", flat=True))
