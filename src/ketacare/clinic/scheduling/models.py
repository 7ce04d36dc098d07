"""Chairs and visits. A visit is what readings, doses and notes point to."""

from __future__ import annotations

from django.db import models

from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.models import Work


class Chair(Work):
    """A chair, recliner or bed with its room."""

    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "name"], name="chair_named_once")]

    def __str__(self) -> str:
        return self.name


class VisitKind(models.TextChoices):
    EVALUATION = "evaluation", "Evaluation"
    DOSE = "dose", "Dosing session"
    INTEGRATION = "integration", "Integration therapy"


class VisitState(models.TextChoices):
    """Where a visit stands; each change leaves an audit line and, in a session, a timeline entry."""

    BOOKED = "booked", "Booked"
    CHECKED_IN = "checked_in", "Checked in"
    RUNNING = "running", "Running"
    RECOVERY = "recovery", "Recovery"
    DISCHARGED = "discharged", "Discharged"
    CLOSED = "closed", "Closed"
    CANCELLED = "cancelled", "Cancelled"


class Visit(Work):
    """One appointment that takes place, or was meant to."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="visits")
    kind = models.CharField(max_length=12, choices=VisitKind)
    state = models.CharField(max_length=12, choices=VisitState, default=VisitState.BOOKED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    chair = models.ForeignKey(Chair, models.PROTECT, null=True, blank=True, related_name="visits")
    number_in_course = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["clinic", "starts_at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="visit_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["chair"],
                condition=models.Q(state__in=["checked_in", "running", "recovery"]),
                name="one_person_in_a_chair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.pk)[:8]}"
