"""What the passing of time does to clearances and to what was accepted by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from uuid import UUID

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.duties.access import system
from ketacare.clinic.tenancy.actions import for_each_organisation

# The day on which each clinic was last judged to the end. A worker that was started again judges once more, and tells
# nothing twice.
_judged: dict[UUID, date] = {}


def tell_ends(at: datetime) -> int:
    """Every clearance, and everything accepted by name, that ends soon or has ended, in every organisation, told once
    each; how many."""
    due: dict[UUID, date] = {}

    def to_tell() -> list[Callable[[], object]]:
        here = queries.clinics_to_judge(at, _judged)
        due.update(here)
        clearances = [
            partial(actions.tell_end, end, by=system(end.row.clinic), at=at) for end in queries.ending(at, here)
        ]
        accepted = [
            partial(
                actions.tell_it_ends, end.judgement, end.until, end.criterion, by=system(end.judgement.clinic), at=at
            )
            for end in queries.acceptances_untold(at)
        ]
        return [*clearances, *accepted]

    told = for_each_organisation(to_tell, lambda tell: tell())
    _judged.update(due)
    return told
