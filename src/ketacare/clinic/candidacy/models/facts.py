"""What somebody answered, and what was measured at an evaluation."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact


class Source(models.TextChoices):
    PATIENT = "patient", "The patient says"
    RECORD = "record", "A record says"
    CLINICIAN = "clinician", "Found by a clinician"
    RELATIVE = "relative", "A relative says"
    TEST = "test", "A test shows"


class Answer(models.TextChoices):
    """Why a value is missing is an answer of its own (I14); none of the last three is ever a no."""

    YES = "yes", "Yes"
    NO = "no", "No"
    NOT_ASKED = "not_asked", "Not asked"
    REFUSED = "refused", "Did not want to say"
    UNABLE = "unable", "Could not say"


MISSING = frozenset({Answer.NOT_ASKED, Answer.REFUSED, Answer.UNABLE})


class HistoryAnswer(PatientFact):
    """One answer to one question of the vocabulary. Sources may disagree; a prescriber's ruling settles it.

    `answer` is canonical text, read back by the kind of the fact: yes, no, one of its choices, a number in the unit of
    the vocabulary, a day as 2026-03-14, or why it is missing. `typed` keeps what a person wrote, if that differs.
    """

    name = models.CharField(max_length=60)
    answer = models.CharField(max_length=80)
    typed = models.CharField(max_length=80, blank=True)
    to_month = models.BooleanField(default=False, help_text="Only the month is known; the day kept is its last")
    source = models.CharField(max_length=10, choices=Source)
    settles = models.BooleanField(default=False)
    words = models.CharField(max_length=300, blank=True)

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["patient", "name", "happened_at"])]


class Vitals(PatientFact):
    """Pressure, pulse and saturation at an evaluation; those of a session belong to the monitoring room."""

    systolic_mmhg = models.PositiveSmallIntegerField()
    diastolic_mmhg = models.PositiveSmallIntegerField()
    pulse_per_min = models.PositiveSmallIntegerField(null=True, blank=True)
    spo2_percent = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(systolic_mmhg__gt=models.F("diastolic_mmhg")), name="vitals_systolic_above_diastolic"
            ),
        ]
