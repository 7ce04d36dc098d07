"""What the passing of time does to licences."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.people.access import system
from ketacare.clinic.posts import actions, queries
from ketacare.clinic.tenancy.actions import for_each_organisation


def tell_licences(at: datetime) -> int:
    """Every licence of somebody who works in a clinic that ends soon or has ended, told to its director once; how many
    were looked at."""
    return for_each_organisation(
        lambda: queries.licences_to_tell(at),
        lambda found: actions.tell_licence(*found, by=system(found[1].clinic), at=at),
    )
