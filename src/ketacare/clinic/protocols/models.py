"""What the medical director decided about sheets: which version counts here, and what was amended for this clinic."""

from __future__ import annotations

from django.db import models

from ketacare.clinic.tenancy.models import Fact


class Standing(models.TextChoices):
    ADOPTED = "adopted", "Adopted"
    RESTORED = "restored", "Rolled back to"
    WITHDRAWN = "withdrawn", "Withdrawn"


COUNTS = (Standing.ADOPTED, Standing.RESTORED)


class Adoption(Fact):
    """From `happened_at` on, this version of the sheet is used here, or no longer is (H19).

    `fingerprint` is of the content that was signed; `seen` of the changes in stored cases that were read before.
    """

    sheet_id = models.CharField(max_length=40)
    sheet_version = models.CharField(max_length=20)
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.ADOPTED)
    words = models.CharField(max_length=300, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    seen = models.CharField(max_length=64, blank=True)

    class Meta(Fact.Meta):
        indexes = [models.Index(fields=["clinic", "sheet_id", "recorded_at"])]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.sheet_version}, {self.standing}"


class OwnSheet(Fact):
    """This clinic's amended copy of a sheet, whole, as the loader reads it. It counts once it is adopted."""

    sheet_id = models.CharField(max_length=40)
    sheet_version = models.CharField(max_length=20)
    based_on = models.CharField(max_length=20)
    text = models.TextField()
    fingerprint = models.CharField(max_length=64)

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.UniqueConstraint(fields=["clinic", "sheet_id", "sheet_version"], name="own_sheet_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.sheet_version}"
