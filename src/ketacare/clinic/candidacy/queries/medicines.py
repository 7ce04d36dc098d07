"""What somebody takes now."""

from __future__ import annotations

from ketacare.clinic.candidacy.models import ListState, MedicineList
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy.terms import TakenMedicine


def medicines(patient: Patient) -> MedicineList | None:
    row: MedicineList | None = (
        MedicineList.objects.current()
        .filter(patient=patient)
        .select_related("recorded_by")
        .order_by("recorded_at")
        .last()
    )
    return row


def taken(row: MedicineList | None) -> tuple[TakenMedicine, ...] | None:
    """The list as it is judged: None while nobody has asked, which is not the same as none."""
    if row is None or row.state == ListState.NOT_ASKED:
        return None
    return tuple(TakenMedicine(entry["name"]) for entry in row.entries)
