"""A version of the plan as it was signed, the letters it went out in, and who the family doctor is."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact, Role


class CarePlanVersion(PatientFact):
    """What the plan said when somebody signed it: content, the patient's copy, and the digest of both (I3).
    `recorded_by` is the signature. The page itself is always made from the record; this is what it was."""

    number = models.PositiveSmallIntegerField()
    content = models.JSONField()
    copies = models.JSONField(help_text="The patient's copy in each language, as it was released with this version")
    digest = models.CharField(max_length=64)
    meaning = models.CharField(max_length=160)
    signed_as = models.CharField(max_length=2, choices=Role)

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.UniqueConstraint(fields=["patient", "number"], name="care_plan_numbered_once"),
            models.CheckConstraint(condition=~Q(content=[]), name="care_plan_says_something"),
        ]

    def __str__(self) -> str:
        return f"care plan {self.number}"

    def copy(self, language: str) -> list[dict[str, Any]]:
        """The patient's copy in a language of ours, else in English."""
        copies: dict[str, list[dict[str, Any]]] = self.copies
        return copies.get(language[:2]) or copies["en"]


class FamilyDoctor(PatientFact):
    """Who the general practitioner is, and whether the patient agrees that we write to them. An empty name is none."""

    name = models.CharField(max_length=200, blank=True)
    address = models.TextField(blank=True)
    agrees = models.BooleanField()

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(condition=~Q(name="") | Q(agrees=False), name="no_letter_to_nobody"),
        ]

    def __str__(self) -> str:
        return f"family doctor {str(self.pk)[:8]}"


class Addressee(models.TextChoices):
    REFERRER = "referrer", "Referrer"
    FAMILY_DOCTOR = "gp", "Family doctor (GP)"


class CarePlanLetter(PatientFact):
    """A letter about one version, kept as it was written."""

    version = models.ForeignKey(CarePlanVersion, models.PROTECT, related_name="letters")
    to = models.CharField(max_length=8, choices=Addressee)
    body = models.JSONField()

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.UniqueConstraint(fields=["version", "to"], name="one_letter_to_each_about_a_version"),
        ]

    def __str__(self) -> str:
        return f"letter to {self.get_to_display()} about {self.version}"
