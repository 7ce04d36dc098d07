"""Antidepressants and other treatments as they were taken, and a prescriber's word over how far one counts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact


class Adherence(models.TextChoices):
    GOOD = "good", "At least 80 % of days"
    DOUBTFUL = "doubtful", "50 to 79 %"
    POOR = "poor", "Less than half"
    UNKNOWN = "unknown", "Not known"


class AdherenceEvidence(models.TextChoices):
    REPORT = "report", "The patient says so"
    REFILLS = "refills", "Refills at the pharmacy"
    LEVEL = "level", "A drug level"
    WITNESS = "witness", "Somebody who saw it"


class Effect(models.TextChoices):
    NONE = "none", "25 % better or less"
    PARTIAL = "partial", "26 to 49 % better"
    RESPONSE = "response", "Half better or more"
    RELAPSE = "relapse", "Helped, then came back on the same dose"
    UNKNOWN = "unknown", "Not known"


class StoppedBecause(models.TextChoices):
    NO_EFFECT = "no_effect", "It did not help enough"
    SIDE_EFFECTS = "side_effects", "Side effects"
    COST = "cost", "Cost or supply"
    OTHER = "other", "Another reason"
    ONGOING = "ongoing", "Still taking it"
    UNKNOWN = "unknown", "Not known"


class TrialSource(models.TextChoices):
    RECALL = "recall", "Patient's memory"
    DOCUMENTS = "documents", "Patient, with documents"
    CLINICIAN = "clinician", "Clinician's record"
    PHARMACY = "pharmacy", "Pharmacy record"


class LevelUnit(models.TextChoices):
    NG_PER_ML = "ng/mL", "ng/mL"
    MMOL_PER_L = "mmol/L", "mmol/L"


class TrialEntry(PatientFact):
    """A medicine as it was taken, in the words it was told; what is not known stays empty.

    `dose_mg` and `days` are the highest daily dose and the days at it. Where there were several doses or a gap, `steps`
    has them in the order taken: [{"dose_mg": "50", "days": 56}, {"taken": false, "days": 3}, ...].
    """

    medicine = models.CharField(max_length=80)
    form = models.CharField(max_length=10, blank=True)
    dose_mg = models.DecimalField(max_digits=9, decimal_places=4, null=True, blank=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    steps = models.JSONField(default=list, blank=True)
    began_on = models.DateField(null=True, blank=True)
    began_to_month = models.BooleanField(default=False)
    ended_on = models.DateField(null=True, blank=True)
    ended_to_month = models.BooleanField(default=False)
    gap_days = models.PositiveSmallIntegerField(default=0)
    days_since_gap = models.PositiveSmallIntegerField(null=True, blank=True)
    adherence = models.CharField(max_length=10, choices=Adherence, default=Adherence.UNKNOWN)
    adherence_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    adherence_evidence = models.CharField(max_length=10, choices=AdherenceEvidence, blank=True)
    effect = models.CharField(max_length=10, choices=Effect, default=Effect.UNKNOWN)
    better_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    in_current_episode = models.BooleanField(null=True)
    stopped_for_side_effects = models.BooleanField(default=False)
    stopped_because = models.CharField(max_length=12, choices=StoppedBecause, default=StoppedBecause.UNKNOWN)
    started_with = models.JSONField(default=list, blank=True)
    days_alone = models.PositiveSmallIntegerField(null=True, blank=True)
    level = models.DecimalField(max_digits=9, decimal_places=4, null=True, blank=True)
    level_unit = models.CharField(max_length=6, choices=LevelUnit, blank=True)
    reduced_for = models.CharField(max_length=60, blank=True)
    reduced_ceiling_mg = models.DecimalField(max_digits=9, decimal_places=4, null=True, blank=True)
    source = models.CharField(max_length=10, choices=TrialSource, default=TrialSource.RECALL)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=(Q(dose_mg__isnull=True) | Q(dose_mg__gt=0)) & (Q(days__isnull=True) | Q(days__gt=0)),
                name="trial_amounts_positive",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(began_on__isnull=True) | Q(ended_on__gte=models.F("began_on")),
                name="trial_ends_after_it_began",
            ),
            models.CheckConstraint(condition=Q(level__isnull=True) | ~Q(level_unit=""), name="trial_level_has_unit"),
        ]


class Stands(models.TextChoices):
    """How far a trial counts by a prescriber's word; `computed` takes an earlier ruling back."""

    COUNTS = "counts", "Counts"
    NOT = "not", "Does not count"
    COMPUTED = "computed", "As computed"


class TrialRuling(PatientFact):
    """A prescriber's word over one trial as it was then told; once the trial is amended it rules no more."""

    trial = models.ForeignKey(TrialEntry, models.PROTECT, related_name="rulings")
    stands = models.CharField(max_length=8, choices=Stands)
    reason = models.CharField(max_length=300)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(reason=""), name="trial_ruling_says_why"),
        ]


class TherapyKind(models.TextChoices):
    ECT = "ECT", "Electroconvulsive therapy"
    RTMS = "rTMS", "Magnetic stimulation (rTMS, deep, theta-burst)"
    PSYCHOTHERAPY = "psychotherapy", "Psychotherapy"
    VNS = "VNS", "Vagus nerve stimulation"
    ESKETAMINE = "esketamine", "Esketamine, nasal"
    KETAMINE = "ketamine", "Ketamine"


class EctSide(models.TextChoices):
    BILATERAL = "bilateral", "Bilateral"
    UNILATERAL_HIGH = "unilateral, high dose", "Unilateral, high dose"
    UNILATERAL_LOW = "unilateral, low dose", "Unilateral, low dose"


class Response(models.TextChoices):
    HELPED = "helped", "Half better or more"
    NOT = "not", "Less than half better"
    UNKNOWN = "unknown", "Not known"


class TreatmentCourse(PatientFact):
    """A course of another treatment for depression; what is not known stays empty."""

    kind = models.CharField(max_length=13, choices=TherapyKind)
    sessions = models.PositiveSmallIntegerField(null=True, blank=True)
    weeks = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    side = models.CharField(max_length=21, choices=EctSide, blank=True)
    response = models.CharField(max_length=8, choices=Response, default=Response.UNKNOWN)
    in_current_episode = models.BooleanField(null=True)
    by_manual = models.BooleanField(null=True)
    trauma_focused = models.BooleanField(null=True)
    source = models.CharField(max_length=10, choices=TrialSource, default=TrialSource.RECALL)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=(Q(sessions__isnull=True) | Q(sessions__gt=0)) & (Q(weeks__isnull=True) | Q(weeks__gt=0)),
                name="course_amounts_positive",
            ),
            models.CheckConstraint(condition=Q(side="") | Q(kind="ECT"), name="course_side_of_ect"),
        ]


class NothingTried(PatientFact):
    """Asked, and there was none: no antidepressant ever, or no other treatment. Without it an empty list is unknown."""

    class What(models.TextChoices):
        TRIALS = "trials", "No antidepressant ever"
        COURSES = "courses", "No other treatment"

    what = models.CharField(max_length=8, choices=What)
