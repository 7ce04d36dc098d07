"""Facts of an evaluation, its working text, and what the prescriber decided on which sheets."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import Patient, PatientFact
from ketacare.clinic.tenancy.models import Work


class Source(models.TextChoices):
    PATIENT = "patient", "The patient says"
    RECORD = "record", "A record says"
    CLINICIAN = "clinician", "Found by a clinician"
    RELATIVE = "relative", "A relative says"
    TEST = "test", "A test shows"


class Answer(models.TextChoices):
    """Why a value is missing is an answer of its own (safety.md I14); none of the last three is ever a no."""

    YES = "yes", "Yes"
    NO = "no", "No"
    NOT_ASKED = "not_asked", "Not asked"
    REFUSED = "refused", "Did not want to say"
    UNABLE = "unable", "Could not say"


MISSING = frozenset({Answer.NOT_ASKED, Answer.REFUSED, Answer.UNABLE})


class HistoryAnswer(PatientFact):
    """One answer to one question of the candidacy sheet. Sources may disagree; a prescriber's ruling settles it."""

    name = models.CharField(max_length=60)
    answer = models.CharField(max_length=40, help_text="yes, no, one of the question's choices, or why it is missing")
    source = models.CharField(max_length=10, choices=Source)
    settles = models.BooleanField(default=False)
    words = models.CharField(max_length=300, blank=True)

    class Meta(PatientFact.Meta):
        indexes = [models.Index(fields=["patient", "name", "happened_at"])]


class Adherence(models.TextChoices):
    GOOD = "good", "At least 80 % of days"
    DOUBTFUL = "doubtful", "50 to 79 %"
    POOR = "poor", "Less than half"
    UNKNOWN = "unknown", "Not known"


class Effect(models.TextChoices):
    NONE = "none", "25 % better or less"
    PARTIAL = "partial", "26 to 49 % better"
    RESPONSE = "response", "Half better or more"
    RELAPSE = "relapse", "Helped, then came back on the same dose"
    UNKNOWN = "unknown", "Not known"


class TrialSource(models.TextChoices):
    RECALL = "recall", "Patient's memory"
    CLINICIAN = "clinician", "Clinician's record"
    PHARMACY = "pharmacy", "Pharmacy record"


class TrialEntry(PatientFact):
    """An antidepressant as it was taken, in the words it was told; what is not known stays empty."""

    medicine = models.CharField(max_length=80)
    form = models.CharField(max_length=10, blank=True)
    dose_mg = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    adherence = models.CharField(max_length=10, choices=Adherence, default=Adherence.UNKNOWN)
    effect = models.CharField(max_length=10, choices=Effect, default=Effect.UNKNOWN)
    in_current_episode = models.BooleanField(null=True)
    stopped_for_side_effects = models.BooleanField(default=False)
    source = models.CharField(max_length=10, choices=TrialSource, default=TrialSource.RECALL)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=(Q(dose_mg__isnull=True) | Q(dose_mg__gt=0)) & (Q(days__isnull=True) | Q(days__gt=0)),
                name="trial_amounts_positive",
            ),
        ]


class ListState(models.TextChoices):
    LISTED = "listed", "Medicines listed"
    NONE = "none", "Takes none"
    NOT_ASKED = "not_asked", "Not yet asked"


class MedicineList(PatientFact):
    """What somebody takes, as a whole list; asked again, it replaces the one before."""

    state = models.CharField(max_length=10, choices=ListState)
    entries = models.JSONField(default=list, help_text='[{"name": "...", "dose": "..."}]')

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state="listed") & ~Q(entries=[]) | ~Q(state="listed") & Q(entries=[]),
                name="medicines_listed_has_entries",
            ),
        ]


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
