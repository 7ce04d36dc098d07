"""Who may stand as the rater of a scale, or as whoever took it: never the patient, never a machine's account."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.medicine.outcomes.terms import Instrument, Rated

RATES = (Role.RN, Role.RX, Role.TH, Role.MD)
TAKES = (*RATES, Role.FD)  # hands out a form, or reads it aloud


def raters(patient: Patient, sheet: Instrument, clinic_id: UUID) -> QuerySet[User]:
    roles = RATES if sheet.rated is Rated.RATER else TAKES
    posts = Staff.objects.filter(clinic_id=clinic_id, ended_at__isnull=True, role__in=roles)
    rows = User.objects.filter(pk__in=posts.values("user_id"), is_active=True)
    return rows.exclude(pk=patient.user_id).order_by("name") if patient.user_id else rows.order_by("name")


def is_patients(name: str, patient: Patient) -> bool:
    """Whether this is the patient's own name, whichever part is written first."""
    theirs = people.demographics(patient)
    said = in_parts(name)
    return any(said == in_parts(f"{first} {theirs.family}") for first in (theirs.given, theirs.preferred) if first)


def in_parts(name: str) -> list[str]:
    return sorted(name.casefold().replace(",", " ").split())
