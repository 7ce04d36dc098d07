"""What the passing of time does to clearances and to what was accepted by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.duties.access import system
from ketacare.clinic.tenancy.actions import for_each_organisation


def tell_ends(at: datetime) -> int:
    """Every clearance, and everything accepted by name, that ends soon or has ended, in every organisation, told once
    each; how many."""

    def to_tell() -> list[Callable[[], object]]:
        clearances = [partial(actions.tell_end, end, by=system(end.row.clinic), at=at) for end in queries.ending(at)]
        accepted = [
            partial(
                actions.tell_it_ends, end.judgement, end.until, end.criterion, by=system(end.judgement.clinic), at=at
            )
            for end in queries.acceptances_untold(at)
        ]
        return [*clearances, *accepted]

    return for_each_organisation(to_tell, lambda tell: tell())
