"""What whoever cleared this person asks of those who treat: the conditions of every clearance that is in date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ketacare.clinic.candidacy.queries.clearance import giving, titles
from ketacare.clinic.people.models import Patient


@dataclass(frozen=True)
class Under:
    """One clearance's conditions; `key` is of its record: conditions that are amended have another."""

    key: str
    criterion: str
    title: str
    words: str
    by: str
    until: date | None


def under(patient: Patient, day: date) -> tuple[Under, ...]:
    """By criterion. What has ended for another reason than its day is still told: to know more harms nobody."""
    rows = sorted((row for row in giving(patient) if row.holds_on(day) and row.conditions), key=lambda r: r.criterion)
    called = titles(patient) if rows else {}
    return tuple(
        Under(
            key=str(row.pk),
            criterion=row.criterion,
            title=called.get(row.criterion, row.criterion),
            words=row.conditions,
            by=row.given_by,
            until=row.until,
        )
        for row in rows
    )
