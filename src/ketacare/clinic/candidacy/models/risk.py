"""What was asked and found about the risk of suicide, and who called afterwards."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact


class ScreenerForm(models.TextChoices):
    LIFETIME = "lifetime", "Lifetime and past month"
    SINCE_LAST_VISIT = "since last visit", "Since the last visit"


class FoundTier(models.TextChoices):
    """As a clinician finds it; unknown is not found but left open."""

    T0 = "T0", "None"
    T1 = "T1", "Low"
    T2 = "T2", "Moderate"
    T3 = "T3", "High"
    T4 = "T4", "Imminent"


class RiskScreening(PatientFact):
    """The C-SSRS screener as one person asked it, by number: the questions' wording is licensed and stays on its form.

    `answers` holds what was answered, true or false by question; what was skipped is absent. `tier` and `at_least` are
    what these answers alone came to, by the sheet named: the tier that counts is worked out from all raters together.
    """

    form = models.CharField(max_length=16, choices=ScreenerForm)
    answers = models.JSONField(default=dict)
    refused = models.BooleanField(default=False)
    tier = models.CharField(max_length=2)
    at_least = models.CharField(max_length=2)
    sheet = models.CharField(max_length=40)

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["patient", "happened_at"])]
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(answers={}) | Q(refused=True), name="screening_asked_or_refused"),
        ]


class RiskAssessment(PatientFact):
    """What a clinician found, beside any screener; `is_full` marks a whole assessment, signed."""

    found = models.CharField(max_length=2, choices=FoundTier)
    is_full = models.BooleanField(default=False)
    finding = models.TextField()
    action = models.TextField(blank=True)

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["patient", "happened_at"])]
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(finding=""), name="risk_assessment_says_what_was_found"),
        ]


class CallResult(models.TextChoices):
    WELL = "well", "Reached, safe"
    WORRIED = "worried", "Reached, worried"
    NOT_REACHED = "not_reached", "Not reached"


class RiskCall(PatientFact):
    """A follow-up call after a moderate or higher risk."""

    result = models.CharField(max_length=12, choices=CallResult)
    words = models.CharField(max_length=500, blank=True)
