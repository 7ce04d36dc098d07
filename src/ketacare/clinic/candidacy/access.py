"""The door to a person's evaluation and its facts."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar, cast
from uuid import UUID

from ketacare.clinic.candidacy.models import ClearanceRequest, Intake
from ketacare.clinic.links import access as links
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Patient, PatientFact, Role

FactOf = TypeVar("FactOf", bound=PatientFact)
# These roles read the decision once it is made, in plain words; the working page is for those who work on it.
SUMMARY_ONLY = frozenset({Role.PT, Role.TH, Role.RC})


def reads_conditions(actor: Actor) -> bool:
    """What whoever cleared a person asks of those who treat is a part of the clearance, which these roles read in
    plain words: one rule for every page. The emergency card alone keeps it from nobody at the chair."""
    return actor.role not in SUMMARY_ONLY


def patient_in(actor: Actor, patient_id: UUID, act: str = "R", *, at: datetime) -> Patient:
    return access.patient_of(actor, patient_id, "evaluation", act, at=at)


def fact_of(kind: type[FactOf], patient: Patient, fact_id: UUID) -> FactOf:
    """A fact of this patient, whose door has been passed; another patient's is not here (H4)."""
    row = cast(FactOf | None, kind._default_manager.filter(pk=fact_id, patient=patient).first())
    if row is None:
        raise NotHere
    return row


# -- the intake --------------------------------------------------------------------------------------------------------

INTAKE = "intake"


def patient_for_intake(actor: Actor, patient_id: UUID, act: str = "R", *, at: datetime) -> Patient:
    """For whoever hands the intake out; what was said in it is behind the door of the evaluation."""
    return access.patient_of(actor, patient_id, INTAKE, act, at=at)


def token_for(intake: Intake, at: datetime | None = None) -> str:
    """`at`: when it is handed out; else when it was sent."""
    return links.token_for(INTAKE, intake, at or intake.sent_at)


def link_ends(intake: Intake, token: str) -> datetime:
    """A day for a link (K1); the intake itself may be gone on with for longer."""
    return links.link_ends(INTAKE, token, intake, intake.sent_at)


def handed_out(intake: Intake, token: str) -> datetime:
    return links.handed_out(INTAKE, token, intake.sent_at)


def intake_by_link(token: str) -> Intake:
    """The intake of a link, its tenant entered. Forged and replaced links look alike; one taken back says so."""
    intake_id, serial = links.named_by(INTAKE, token)
    rows = Intake.objects.select_related("patient", "clinic", "duty")
    found = rows.filter(pk=intake_id, link_serial=serial).first()
    if found is None:
        raise NotHere
    return found


# -- clearances ---------------------------------------------------------------------------------------------------

CLEARANCE = "clearance"


def request_of(patient: Patient, request_id: UUID) -> ClearanceRequest:
    """A request about this patient, whose door has been passed."""
    rows = ClearanceRequest.objects.select_related("patient", "clinic", "asked_by")
    row = rows.filter(pk=request_id, patient=patient).first()
    if row is None:
        raise NotHere
    return row


def clearance_token(row: ClearanceRequest) -> str:
    return links.token_for(CLEARANCE, row)


def clearance_by_link(token: str) -> ClearanceRequest:
    """The request of a link, its tenant entered. Forged, renewed and unknown links look alike."""
    request_id, serial = links.named_by(CLEARANCE, token)
    rows = ClearanceRequest.objects.select_related("patient", "clinic", "asked_by")
    row = rows.filter(pk=request_id, link_serial=serial).first()
    if row is None:
        raise NotHere
    return row


def may_answer(actor: Actor, row: ClearanceRequest) -> None:
    """Only the holder of this request's link answers it."""
    if not links.holds_link(actor, row.patient, row, object_name="evaluation", act="C"):
        raise NotAllowed("evaluation", "C")
