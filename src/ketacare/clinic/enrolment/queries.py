"""Where referrals stand, and under which plan a patient is treated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.enrolment.access import chain_of, patient_in, referrals_visible_to
from ketacare.clinic.enrolment.models import (
    FINAL_STEPS,
    Enrolment,
    EnrolmentState,
    Plan,
    Referral,
    ReferralStep,
    Step,
    Urgency,
)
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient

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
    rows = [waiting(row, at) for row in referrals_visible_to(actor).select_related("amends", "recorded_by")]
    chosen = [row for row in rows if row.is_open is not closed]
    if closed:
        return sorted(chosen, key=lambda row: row.referral.happened_at, reverse=True)
    return sorted(chosen, key=lambda row: (RANK[Urgency(row.referral.urgency)], row.referral.answer_due_at))


def referrals_about(patient: Patient) -> list[Referral]:
    """Every referral that was found to be about this person, newest first."""
    steps = ReferralStep.objects.current().filter(patient=patient).select_related("referral")
    found = {newest(step.referral).pk: newest(step.referral) for step in steps}
    return sorted(found.values(), key=lambda row: row.happened_at, reverse=True)


def newest(referral: Referral) -> Referral:
    while later := Referral.objects.filter(amends=referral).first():
        referral = later
    return referral


def current_enrolment(patient: Patient) -> Enrolment | None:
    """The enrolment that has not ended; there is at most one."""
    return (
        Enrolment.objects.filter(patient=patient)
        .exclude(state=EnrolmentState.ENDED)
        .select_related("patient", "adoption")
        .first()
    )


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
