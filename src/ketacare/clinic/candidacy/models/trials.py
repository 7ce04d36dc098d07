"""Antidepressants as they were taken."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact


class Adherence(models.TextChoices):
    GOOD = "good", "At least 80 % of days"
    DOUBTFUL = "doubtful", "50 to 79 %"
    POOR = "poor", "Less than half"
    UNKNOWN = "unknown", "Not known"


class Effect(models.TextChoices):
    NONE = "none", "25 % better or less"
    PARTIAL = "partial", "26 to 49 % better"
    RESPONSE = "response", "Half better or more"
    RELAPSE = "relapse", "Helped, then came back on the same dose"
    UNKNOWN = "unknown", "Not known"


class TrialSource(models.TextChoices):
    RECALL = "recall", "Patient's memory"
    CLINICIAN = "clinician", "Clinician's record"
    PHARMACY = "pharmacy", "Pharmacy record"


class TrialEntry(PatientFact):
    """An antidepressant as it was taken, in the words it was told; what is not known stays empty."""

    medicine = models.CharField(max_length=80)
    form = models.CharField(max_length=10, blank=True)
    dose_mg = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    adherence = models.CharField(max_length=10, choices=Adherence, default=Adherence.UNKNOWN)
    effect = models.CharField(max_length=10, choices=Effect, default=Effect.UNKNOWN)
    in_current_episode = models.BooleanField(null=True)
    stopped_for_side_effects = models.BooleanField(default=False)
    source = models.CharField(max_length=10, choices=TrialSource, default=TrialSource.RECALL)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=(Q(dose_mg__isnull=True) | Q(dose_mg__gt=0)) & (Q(days__isnull=True) | Q(days__gt=0)),
                name="trial_amounts_positive",
            ),
        ]
