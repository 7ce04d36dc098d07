"""The safety plan, a version each time it is made or reviewed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact


class PlanState(models.TextChoices):
    MADE = "made", "Made together"
    REFUSED = "refused", "Offered and refused"


class SafetyPlan(PatientFact):
    """One version of the plan, or that it was refused. The version before stays readable."""

    state = models.CharField(max_length=8, choices=PlanState)
    number = models.PositiveSmallIntegerField()
    entries = models.JSONField(default=dict, help_text="Each field of the sheet by its id, as written")
    made_with = models.CharField(max_length=160, blank=True)
    review_on = models.DateField(null=True, blank=True)
    copy_given = models.BooleanField(null=True, blank=True)
    consent_to_share = models.BooleanField(null=True, blank=True)
    refusal = models.CharField(max_length=500, blank=True)
    sheet = models.CharField(max_length=40)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state="refused", entries={}) & ~Q(refusal="")
                | Q(state="made", review_on__isnull=False, refusal="") & ~Q(entries={}) & ~Q(made_with=""),
                name="safety_plan_made_or_refused",
            ),
            models.UniqueConstraint(fields=["patient", "number"], name="safety_plan_numbered_once"),
        ]
