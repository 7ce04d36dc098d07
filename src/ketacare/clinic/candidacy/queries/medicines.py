"""What somebody takes now."""

from __future__ import annotations

from ketacare.clinic.candidacy.models import MedicineList
from ketacare.clinic.people.models import Patient


def medicines(patient: Patient) -> MedicineList | None:
    row: MedicineList | None = (
        MedicineList.objects.current()
        .filter(patient=patient)
        .select_related("recorded_by")
        .order_by("recorded_at")
        .last()
    )
    return row
