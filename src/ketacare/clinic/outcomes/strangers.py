"""Links that reached somebody else."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.outcomes.models import MessageWish, WishBy
from ketacare.clinic.people.models import Patient


def went_elsewhere(patient: Patient, handed_out: datetime) -> bool:
    """Whoever got one said that it is not for them, after this one was handed out: nobody knows who holds it."""
    rows = MessageWish.objects.filter(patient=patient, came=WishBy.OTHER, in_error=False)
    return rows.filter(recorded_at__gte=handed_out).exists()
