"""What the prescriber thought through before deciding: diagnoses weighed, capacity, alternatives, what was told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact


class Weight(models.TextChoices):
    MAIN = "main", "Main diagnosis"
    ALSO = "also", "Present as well"
    POSSIBLE = "possible", "Possible, not settled"
    UNLIKELY = "unlikely", "Considered, unlikely"
    EXCLUDED = "excluded", "Ruled out"


class ConsideredDiagnosis(PatientFact):
    """One diagnosis that was weighed, with what speaks for it and what against."""

    diagnosis = models.CharField(max_length=120)
    weight = models.CharField(max_length=10, choices=Weight)
    speaks_for = models.CharField(max_length=500, blank=True)
    speaks_against = models.CharField(max_length=500, blank=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(diagnosis=""), name="considered_diagnosis_is_named"),
        ]


class Ability(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    UNSURE = "unsure", "Not settled"


class CapacityAssessment(PatientFact):
    """Capacity for this decision, by the four abilities, on one day. A no in any of them is no capacity."""

    understands = models.CharField(max_length=6, choices=Ability)
    appreciates = models.CharField(max_length=6, choices=Ability)
    reasons = models.CharField(max_length=6, choices=Ability)
    chooses = models.CharField(max_length=6, choices=Ability)
    words = models.CharField(max_length=1000, blank=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(understands="yes", appreciates="yes", reasons="yes", chooses="yes") | ~Q(words=""),
                name="capacity_in_doubt_says_why",
            ),
        ]

    @property
    def abilities(self) -> tuple[str, str, str, str]:
        return self.understands, self.appreciates, self.reasons, self.chooses

    @property
    def holds(self) -> bool | None:
        """Yes, no, or not settled: nobody's capacity is assumed away."""
        if Ability.NO in self.abilities:
            return False
        return None if Ability.UNSURE in self.abilities else True


class Alternative(models.TextChoices):
    MEDICINES = "medicines", "Another antidepressant"
    AUGMENTATION = "augmentation", "Adding to the antidepressant"
    THERAPY = "therapy", "Psychotherapy"
    ECT = "ect", "ECT"
    TMS = "tms", "TMS"
    NOTHING = "nothing", "No treatment, or waiting"


class Stand(models.TextChoices):
    OFFERED = "offered", "Offered as well"
    TRIED = "tried", "Tried before"
    DECLINED = "declined", "Declined"
    NOT_SUITABLE = "not_suitable", "Not suitable"


class AlternativeConsidered(PatientFact):
    """One other treatment, where it stands for this person, and why: nobody gets this as a first resort."""

    alternative = models.CharField(max_length=12, choices=Alternative)
    stand = models.CharField(max_length=12, choices=Stand)
    reason = models.CharField(max_length=300, blank=True)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=Q(stand="offered") | ~Q(reason=""), name="an_alternative_says_why"),
        ]


class InformationGiven(PatientFact):
    """What the person was told before deciding, element by element, by the version of the sheet that lists them."""

    sheet_id = models.CharField(max_length=40)
    sheet_version = models.CharField(max_length=20)
    elements = models.JSONField(default=list, help_text="Ids of the sheet's elements that were told and asked back")
    words = models.CharField(max_length=500, blank=True)
