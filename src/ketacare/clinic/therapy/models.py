"""The note of an integration visit. Psychotherapy notes proper have a store of their own and are not kept here."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact
from ketacare.clinic.scheduling.models import Visit


class IntegrationNote(PatientFact):
    """That the visit took place, how long, and what it is agreed to work on. `visit` is the dose it follows."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="integration_notes")
    minutes = models.PositiveSmallIntegerField()
    summary = models.TextField()
    next_step = models.TextField(blank=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=240), name="integration_minutes_plausible"),
            models.CheckConstraint(condition=~Q(summary=""), name="integration_note_says_something"),
        ]
