"""The intake: what a person is asked by link before the first visit, and every screen as they answered it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.links.models import Form
from ketacare.clinic.people.models import Patient, PatientFact


class IntakeState(models.TextChoices):
    SENT = "sent", "Sent, not opened yet"
    OPENED = "opened", "Opened"
    HANDED_IN = "handed_in", "Handed in"
    REVOKED = "revoked", "Taken back"


class IntakeWay(models.TextChoices):
    """How the link reaches the patient."""

    TEXT = "text", "By text message"
    EMAIL = "email", "By e-mail"
    HAND = "hand", "Given or read out by the clinic"
    TABLET = "tablet", "On the clinic's tablet"


class Intake(Form):
    """One intake of one patient. Its link opens it, and the birth year keeps a forwarded link shut."""

    OPEN: ClassVar[tuple[IntakeState, ...]] = (IntakeState.SENT, IntakeState.OPENED)

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="intakes")
    duty = models.OneToOneField(Duty, models.PROTECT, related_name="intake")
    state = models.CharField(max_length=10, choices=IntakeState, default=IntakeState.SENT)
    way = models.CharField(max_length=8, choices=IntakeWay)
    sent_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    handed_in_at = models.DateTimeField(null=True, blank=True)
    wrong_years = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, blank=True)
    large_print = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(state__in=["sent", "opened"]), name="one_open_intake_per_patient"
            ),
            models.CheckConstraint(
                condition=Q(state="handed_in", handed_in_at__isnull=False)
                | ~Q(state="handed_in") & Q(handed_in_at__isnull=True),
                name="intake_handed_in_has_its_time",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def __str__(self) -> str:
        return f"intake {str(self.pk)[:8]}"


class Said(PatientFact):
    """One screen as it was answered. Answered again, the new row amends the one before; nothing is overwritten."""

    intake = models.ForeignKey(Intake, models.PROTECT, related_name="said")
    screen = models.CharField(max_length=20)
    values = models.JSONField(help_text="question -> what was answered; a list of what was added, for lists")
    became = models.JSONField(default=dict, help_text="question or entry -> the fact that this answer became")

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["intake", "screen"])]
