"""Scores that staff entered, and those of them that were entered wrongly."""

from __future__ import annotations

from django.db.models import QuerySet

from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people.models import Patient


def struck(patient: Patient) -> QuerySet[Score]:
    """What staff entered in error: readable, and counted nowhere."""
    rows = Score.objects.filter(patient=patient, in_error=True, amends__isnull=False)
    return rows.select_related("recorded_by").order_by("-recorded_at")


def is_entered(score: Score) -> bool:
    """By staff, at the desk: with the word of who rated."""
    return hasattr(score.answers, "rating")
