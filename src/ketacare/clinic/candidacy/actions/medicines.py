"""Writing down what somebody takes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import ListState, MedicineList
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient


@transaction.atomic
def record_medicines(
    *,
    patient: Patient,
    state: ListState,
    entries: list[dict[str, str]],
    by: Actor,
    at: datetime,
    through: Form | None = None,
) -> MedicineList:
    """The whole list as told today; the list before stays readable beneath it."""
    if not holds_link(by, patient, through, object_name="evaluation", act="C"):
        access.require(by, "evaluation", "C", patient=patient)
    earlier = queries.medicines(patient)
    row = MedicineList.objects.create(
        **about(patient, by, at),
        state=state,
        entries=entries,
        amends=earlier,
        amend_reason="asked again" if earlier else "",
    )
    audit.note(by=by, at=at, verb="medicines.record", on=row, patient=patient)
    return row
