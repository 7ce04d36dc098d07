"""A person whom the patient named, and what they may see until when."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from ketacare.clinic.links.models import Form
from ketacare.clinic.people.models import Patient


class Part(models.TextChoices):
    """What a caregiver sees. The first four are the page itself; the others only where the patient says so."""

    DATES = "dates", "Next dates: when and where"
    ESCORT = "escort", "What an escort does"
    WATCH = "watch", "What to watch for"
    CRISIS = "crisis", "Help in a crisis"
    SAFETY_PLAN = "safety_plan", "The safety plan"
    WELL = "staying_well", "The plan for staying well: early signs, what helps, whom to call"
    SCORES = "scores", "The last score of the mood questionnaire"


ALWAYS = (Part.DATES, Part.ESCORT, Part.WATCH, Part.CRISIS)
IF_AGREED = (Part.SAFETY_PLAN, Part.WELL, Part.SCORES)


class Caregiver(Form):
    """Opens by its link until it ends or is taken back; answers nothing, and no chart is behind it."""

    KIND: ClassVar[str] = "caregiver"

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="caregivers")
    name = models.CharField(max_length=120)
    relation = models.CharField(max_length=80, blank=True)
    agreed = models.JSONField(default=list, help_text="What of the parts beyond the page itself")
    ended_at = models.DateTimeField(null=True, blank=True)
    wrong_years = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, blank=True, help_text="Too many wrong years: the link opens no more")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="a_caregiver_has_a_name")]
        indexes = [models.Index(fields=["patient", "ended_at"])]

    def __str__(self) -> str:
        return f"caregiver {str(self.pk)[:8]}"

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*ALWAYS, *(part for part in IF_AGREED if part in self.agreed))

    def opens(self, at: datetime) -> bool:
        return self.lives(at) and self.locked_at is None

    def lives(self, at: datetime) -> bool:
        """Neither over nor taken back; it may be locked."""
        return self.ended_at is None and at <= self.link_until
