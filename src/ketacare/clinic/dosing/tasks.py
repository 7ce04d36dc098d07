"""What the passing of time does to a course: its reviews fall due."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.actions import reviewing
from ketacare.clinic.dosing.queries import reviewing as queries
from ketacare.clinic.duties.access import system
from ketacare.clinic.tenancy.actions import for_each_organisation


def open_reviews(at: datetime) -> int:
    """Every review that is owed and has no owner yet gets one, in every organisation."""
    return for_each_organisation(
        lambda: queries.to_open(at),
        lambda found: reviewing.open_review(found, by=system(found.enrolment.clinic), at=at),
    )
