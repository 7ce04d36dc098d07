"""The evaluation with its working text, and what the prescriber decided on which sheets."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import Patient, PatientFact
from ketacare.clinic.tenancy.models import Work


class EvaluationState(models.TextChoices):
    OPEN = "open", "Open"
    DECIDED = "decided", "Decided"


class Evaluation(Work):
    """One evaluation with its working text, which several people may write in, one after another."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="evaluations")
    state = models.CharField(max_length=8, choices=EvaluationState, default=EvaluationState.OPEN)
    impression = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient"], condition=Q(state="open"), name="one_open_evaluation")
        ]

    def __str__(self) -> str:
        return self.impression


class Choice(models.TextChoices):
    ACCEPT = "accept", "Accept"
    CLEARANCE = "clearance", "Needs clearance first"
    NOT_NOW = "not_now", "Not now"
    NO = "no", "No"


class Judgement(PatientFact):
    """What the prescriber decided, beside what the sheets answered then: outcome, every reason, sheets and versions."""

    evaluation = models.ForeignKey(Evaluation, models.PROTECT, related_name="judgements")
    choice = models.CharField(max_length=10, choices=Choice)
    reason = models.CharField(max_length=1000, blank=True)
    outcome = models.CharField(max_length=8)
    answer = models.JSONField(help_text="The answer of the sheets in full, as candidacy tells it to other tools")
    overrides = models.JSONField(default=list, help_text="Criteria this decision goes against, by id")
    agreed_with = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(choice="accept", overrides=[]) | ~Q(reason=""), name="judgement_says_why"
            ),
        ]
