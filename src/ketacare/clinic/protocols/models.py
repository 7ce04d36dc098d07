"""An adoption: the medical director makes one version of a sheet this clinic's own (safety.md H19)."""

from __future__ import annotations

from django.db import models

from ketacare.clinic.tenancy.models import Fact


class Standing(models.TextChoices):
    ADOPTED = "adopted", "Adopted"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Adoption(Fact):
    """From `happened_at` on, this version of the sheet is used here, or no longer is."""

    sheet_id = models.CharField(max_length=40)
    sheet_version = models.CharField(max_length=20)
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.ADOPTED)
    words = models.CharField(max_length=300, blank=True)

    class Meta(Fact.Meta):
        indexes = [models.Index(fields=["clinic", "sheet_id", "recorded_at"])]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.sheet_version}, {self.standing}"
