"""The door to caregivers: the patient's own, or of a patient whose consents one may record; and the link."""

from __future__ import annotations

from uuid import UUID

from ketacare.clinic.caregivers.models import Caregiver
from ketacare.clinic.links import access as links
from ketacare.clinic.people.access import NotHere
from ketacare.clinic.people.models import Patient


def caregiver_of(patient: Patient, caregiver_id: UUID) -> Caregiver:
    """Of this patient, whose door has been passed."""
    row = Caregiver.objects.filter(pk=caregiver_id, patient=patient).select_related("patient").first()
    if row is None:
        raise NotHere
    return row


def token_for(row: Caregiver) -> str:
    return links.token_for(Caregiver.KIND, row)


def by_token(token: str) -> Caregiver:
    """The caregiver of a link, its tenant entered. Forged links and those taken back look alike."""
    caregiver_id, serial = links.named_by(Caregiver.KIND, token)
    rows = Caregiver.objects.select_related("patient", "clinic")
    row = rows.filter(pk=caregiver_id, link_serial=serial, ended_at__isnull=True).first()
    if row is None:
        raise NotHere
    return row
