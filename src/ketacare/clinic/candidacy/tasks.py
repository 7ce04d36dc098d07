"""What the passing of time does to clearances and to what was accepted by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from uuid import UUID

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.queries.ending import AcceptanceEnd
from ketacare.clinic.duties.access import system
from ketacare.clinic.tenancy.actions import SomeFailed, for_each_organisation

# The day on which each clinic was last judged to the end. A worker that was started again judges once more, and tells
# nothing twice.
_judged: dict[UUID, date] = {}


def tell_ends(at: datetime) -> int:
    """Every clearance, and everything accepted by name, that ends soon or has ended, in every organisation, told once
    each; how many. A clinic of which something failed is judged again in the next round; the others are not."""
    due: dict[UUID, date] = {}
    failing: set[UUID] = set()

    def to_tell() -> list[tuple[UUID, Callable[[], object]]]:
        here = queries.clinics_to_judge(at, _judged)
        due.update(here)
        ends, broken = queries.ending(at, here)
        return [
            *((end.row.clinic_id, partial(actions.tell_end, end, by=system(end.row.clinic), at=at)) for end in ends),
            *((end.row.clinic_id, end.fail) for end in broken),
            *((one.judgement.clinic_id, partial(accepted, one)) for one in queries.acceptances_untold(at)),
        ]

    def accepted(end: AcceptanceEnd) -> None:
        by = system(end.judgement.clinic)
        actions.tell_it_ends(end.judgement, end.until, end.criterion, by=by, at=at)

    def tell(one: tuple[UUID, Callable[[], object]]) -> None:
        clinic, act = one
        try:
            act()
        except Exception:
            failing.add(clinic)
            raise

    def mark() -> None:
        _judged.update({clinic: day for clinic, day in due.items() if clinic not in failing})

    try:
        told = for_each_organisation(to_tell, tell)
    except SomeFailed:
        mark()
        raise
    mark()
    return told
