"""What the passing of time does to clearances."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.duties.access import system
from ketacare.clinic.tenancy.actions import for_each_organisation


def tell_ends(at: datetime) -> int:
    """Every clearance that ends soon or has ended, in every organisation, told once each; how many."""
    return for_each_organisation(
        lambda: queries.ending(at), lambda row: actions.tell_end(row, by=system(row.clinic), at=at)
    )
