"""Writing down antidepressants as they were taken."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.models import TrialEntry
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient


@transaction.atomic
def record_trial(
    *,
    patient: Patient,
    by: Actor,
    at: datetime,
    amends: TrialEntry | None = None,
    amend_reason: str = "",
    through: Form | None = None,
    **told: Any,
) -> TrialEntry:
    """As it was told; the holder of an intake's link tells of themselves."""
    if not holds_link(by, patient, through, object_name="evaluation", act="C"):
        access.require(by, "evaluation", "C", patient=patient)
    began = amends.happened_at if amends else None
    row = TrialEntry.objects.create(**about(patient, by, at, began), **told, **amending(amends, amend_reason))
    audit.note(by=by, at=at, verb="trial.record", on=row, patient=patient)
    return row
