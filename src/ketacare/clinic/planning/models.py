"""The reminder before a visit, and what the patient answered to it."""

from __future__ import annotations

from django.db import models

from ketacare.clinic.links.models import Form
from ketacare.clinic.people.models import Patient, PatientFact
from ketacare.clinic.scheduling.models import Visit, VisitKind


class Reminder(Form):
    """What to do before one visit, by a signed link. A visit that moves gets a new one; the old link is dead."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="reminders")
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="reminder")
    visit_at = models.DateTimeField(help_text="The beginning that it was written for")

    def __str__(self) -> str:
        return f"reminder {str(self.pk)[:8]}"

    @property
    def is_of_a_dose(self) -> bool:
        """Before a dose somebody fasts, and is fetched; before any other visit nobody is asked for that."""
        return self.visit.kind == VisitKind.DOSE

    @property
    def replies_asked(self) -> tuple[Reply, ...]:
        return tuple(Reply) if self.is_of_a_dose else (Reply.YES, Reply.CANNOT)


class Reply(models.TextChoices):
    YES = "yes", "Comes"
    CANNOT = "cannot", "Cannot come"
    ATE = "ate", "Ate or drank"


class ReminderReply(PatientFact):
    """One answer; a later one stands beside it, and the newest counts."""

    reminder = models.ForeignKey(Reminder, models.PROTECT, related_name="replies")
    reply = models.CharField(max_length=8, choices=Reply)
    escort_name = models.CharField(max_length=120, blank=True)
    escort_phone = models.CharField(max_length=40, blank=True)
