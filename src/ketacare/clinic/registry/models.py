"""What was learned of a clinic's courses together, kept so that a page need not learn it again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ketacare.clinic.tenancy.models import Work


class FadingPool(Work):
    """How gains fade in this clinic by one scale, as of a day. It names nobody and is worked out again from the scores;
    without people in it there were none to learn from."""

    instrument = models.CharField(max_length=40)
    instrument_version = models.CharField(max_length=20)
    sheet_version = models.CharField(max_length=20, help_text="Of the sheet of the forecast")
    learned_at = models.DateTimeField()
    people = models.PositiveIntegerField()
    body = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "instrument"], name="one_fading_pool_per_scale"),
            models.CheckConstraint(condition=Q(people=0) | ~Q(body={}), name="fading_pool_of_somebody_has_a_body"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument}, {self.people} people"
