"""The door to a care plan: those who treat read it as a page; the patient and a referrer read what was signed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ketacare.clinic.careplan.models import CarePlanLetter, CarePlanVersion
from ketacare.clinic.careplan.queries.letters import may_go
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Patient, Role

PLAN, LETTERS = "plan", "referral"
# The page holds duties, risk and what is not known yet: it is for those who work with it.
SIGNED_ONLY = frozenset({Role.PT, Role.RC})


def patient_in(actor: Actor, patient_id: UUID, act: str = "R", *, at: datetime) -> Patient:
    patient = access.patient_of(actor, patient_id, PLAN, act, at=at)
    if actor.role in SIGNED_ONLY:
        raise NotAllowed(PLAN, act)
    return patient


def version_of(patient: Patient, number: int) -> CarePlanVersion:
    """A version of this patient, whose door has been passed."""
    row = CarePlanVersion.objects.filter(patient=patient, number=number).select_related("recorded_by").first()
    if row is None:
        raise NotHere
    return row


def letter_of(actor: Actor, patient_id: UUID, to: str, *, at: datetime) -> CarePlanLetter:
    """The newest letter to this addressee, for whoever may read letters about this patient; an own letter of the
    referrer's is theirs to read, one to the family doctor is not."""
    patient = access.patient_of(actor, patient_id, LETTERS, "R", at=at)
    if actor.role == Role.RC and to != "referrer":
        raise NotAllowed(LETTERS, "R")
    rows = CarePlanLetter.objects.filter(patient=patient, to=to).select_related("version", "patient")
    row = rows.order_by("-version__number").first()
    if row is None:
        raise NotHere
    if not may_go(row):  # the patient's word may have changed since it was written
        raise NotAllowed(LETTERS, "R")
    return row
