"""What somebody takes now."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact


class ListState(models.TextChoices):
    LISTED = "listed", "Medicines listed"
    NONE = "none", "Takes none"
    NOT_ASKED = "not_asked", "Not yet asked"


class MedicineList(PatientFact):
    """What somebody takes, as a whole list; asked again, it replaces the one before."""

    state = models.CharField(max_length=10, choices=ListState)
    entries = models.JSONField(default=list, help_text='[{"name": "...", "dose": "..."}]')

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state="listed") & ~Q(entries=[]) | ~Q(state="listed") & Q(entries=[]),
                name="medicines_listed_has_entries",
            ),
        ]
