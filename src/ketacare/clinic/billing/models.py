"""Whether a visit was billed or cannot be, by which numbers, and what the record said then."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact
from ketacare.clinic.scheduling.models import Visit


class Outcome(models.TextChoices):
    BILLED = "billed", "Billed"
    NOT_BILLABLE = "not_billable", "Not billable"
    OPEN = "open", "Open again"


class BillingMark(PatientFact):
    """One word about one visit. Another word amends it, with a reason; what was billed by stays readable beside it."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="billing_marks")
    outcome = models.CharField(max_length=12, choices=Outcome)
    number = models.CharField(max_length=60, blank=True, help_text="Of the claim or the invoice")
    authorisation = models.CharField(max_length=60, blank=True, help_text="The payer's, where one was asked for")
    reason = models.CharField(max_length=200, blank=True, help_text="Why it is not billed")
    figures = models.JSONField(default=dict, help_text="What the record said when this was said")

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.UniqueConstraint(
                fields=["visit"], condition=Q(amends__isnull=True), name="a_visit_has_one_first_mark"
            ),
            models.CheckConstraint(condition=~Q(outcome="not_billable") | ~Q(reason=""), name="not_billable_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {str(self.pk)[:8]}"
