"""Paths by exception: who opened one and why, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact, Role


class ExceptionOpening(PatientFact):
    """The prescriber goes a path by its name, with a reason. `needs_director`: it counts once the director agrees; what
    a director opened, once a prescriber does."""

    path = models.CharField(max_length=10)
    reason = models.CharField(max_length=2000)
    needs_director = models.BooleanField()
    sheet = models.CharField(max_length=40)
    opened_as = models.CharField(max_length=2, blank=True, help_text="The role in which it was signed")

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["patient", "path"])]
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(reason=""), name="exception_says_why"),
        ]

    @property
    def second_role(self) -> Role:
        """Whose word stands beside the first: the director's, whoever opened it, or a prescriber's beside theirs."""
        return Role.RX if self.opened_as == Role.MD else Role.MD

    def may_be_read_by(self, role: str) -> bool:
        """Two directors may sign together: either is a prescriber as well."""
        return role in (Role.MD, self.second_role)


class ExceptionVerdict(models.TextChoices):
    AGREED = "agreed", "Agrees"
    NOT_AGREED = "not_agreed", "Does not agree"
    TAKEN_BACK = "taken_back", "Taken back"


class ExceptionStep(PatientFact):
    """The director's finding, or that the path was taken back. The newest counts."""

    opening = models.ForeignKey(ExceptionOpening, models.PROTECT, related_name="steps")
    verdict = models.CharField(max_length=12, choices=ExceptionVerdict)
    words = models.CharField(max_length=2000)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(words=""), name="exception_step_says_why"),
            models.UniqueConstraint(
                fields=["opening"], condition=Q(verdict__in=["agreed", "not_agreed"]), name="exception_reviewed_once"
            ),
            models.UniqueConstraint(
                fields=["opening"], condition=Q(verdict="taken_back"), name="exception_taken_back_once"
            ),
        ]
