"""The door to caregivers: the patient's own, or of a patient whose consents one may record; and the link."""

from __future__ import annotations

from datetime import datetime
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


def token_for(row: Caregiver, at: datetime | None = None) -> str:
    """`at`: when it is handed out; else when they were named."""
    return links.token_for(Caregiver.KIND, row, at or row.created_at)


def link_ends(row: Caregiver, token: str) -> datetime:
    """A day for a link (K1): a browser that came by it with the birth year stays known for longer."""
    return links.link_ends(Caregiver.KIND, token, row, row.created_at)


def by_token(token: str) -> Caregiver:
    """The caregiver of a link, its tenant entered. Forged links and those taken back look alike."""
    caregiver_id, serial = links.named_by(Caregiver.KIND, token)
    rows = Caregiver.objects.select_related("patient", "clinic")
    row = rows.filter(pk=caregiver_id, link_serial=serial, ended_at__isnull=True).first()
    if row is None:
        raise NotHere
    return row
