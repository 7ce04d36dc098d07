"""Asking somebody outside for a clearance, and what was given: by whom, under which conditions, until when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q

from ketacare.clinic.links.models import Form
from ketacare.clinic.people.models import PatientFact
from ketacare.medicine.candidacy.terms import Signatures


class RequestState(models.TextChoices):
    ASKED = "asked", "Waiting for an answer"
    ANSWERED = "answered", "Answered"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ClearanceRequest(Form):
    """A letter to a specialist with a link to answer by. Answers are facts; this is only what waits for them."""

    criteria = models.JSONField(help_text='[{"id": "CI-07", "title": "...", "words": "..."}]: what is to be cleared')
    specialty = models.CharField(max_length=80)
    to_name = models.CharField(max_length=120)
    to_address = models.CharField(max_length=300, blank=True)
    question = models.CharField(max_length=2000)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=RequestState, default=RequestState.ASKED)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(Form.Meta):
        indexes = [models.Index(fields=["patient", "state"])]
        constraints = [
            models.CheckConstraint(condition=~Q(criteria=[]), name="clearance_request_asks_something"),
            models.CheckConstraint(
                condition=Q(state="asked", ended_at__isnull=True) | ~Q(state="asked") & Q(ended_at__isnull=False),
                name="clearance_request_ended_has_its_time",
            ),
        ]

    @property
    def is_waiting(self) -> bool:
        return self.state == RequestState.ASKED


class Verdict(models.TextChoices):
    CLEARED = "cleared", "Cleared"
    CONDITIONS = "conditions", "Cleared under conditions"
    REFUSED = "refused", "Not cleared"
    UNSURE = "unsure", "Cannot say without more"


GIVEN = frozenset({Verdict.CLEARED, Verdict.CONDITIONS})


class ClearanceAnswer(PatientFact):
    """One criterion answered by one person. A withdrawal amends it with a reason and gives nothing."""

    criterion = models.CharField(max_length=20)
    verdict = models.CharField(max_length=10, choices=Verdict)
    signatures = models.CharField(max_length=24, choices=[(mark.value, mark.value) for mark in Signatures])
    given_by = models.CharField(max_length=160, help_text="Name and profession as they signed")
    conditions = models.CharField(max_length=1000, blank=True)
    words = models.CharField(max_length=1000, blank=True)
    until = models.DateField(null=True, blank=True)
    withdrawn = models.BooleanField(default=False)
    given_for = models.CharField(max_length=20, blank=True, help_text="What the row came to when it was cleared")
    request = models.ForeignKey(ClearanceRequest, models.PROTECT, null=True, blank=True, related_name="answers")

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["patient", "criterion", "recorded_at"])]
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(verdict="conditions") | ~Q(conditions=""), name="clearance_conditions_are_written"
            ),
            models.CheckConstraint(
                condition=~Q(verdict__in=["cleared", "conditions"]) | Q(until__isnull=False),
                name="clearance_given_ends_some_day",
            ),
        ]

    @property
    def gives(self) -> bool:
        return self.verdict in GIVEN and not self.withdrawn

    @property
    def by_link(self) -> bool:
        """A specialist wrote it, nobody of the clinic."""
        return self.request_id is not None and self.recorded_by_id is None

    def waits_in(self, unread: Collection[UUID]) -> bool:
        """Is it the answer of a letter that no prescriber has read and accepted yet?"""
        return self.by_link and self.request_id in unread

    def holds_on(self, day: date) -> bool:
        return self.gives and self.until is not None and day <= self.until
