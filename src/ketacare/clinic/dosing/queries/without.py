"""How long nobody supervised or watched a session, in the words of its note."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import supervising
from ketacare.clinic.supervision import queries as supervision
from ketacare.medicine.supervision.terms import Missing


def words(session: Session, clock: Callable[[datetime], str]) -> list[list[str]]:
    """Known once the patient has left, and of what the watch saw: of a time at which it did not look, it is not known
    whether anybody was there, and nought would say that somebody was (E7, D4)."""
    start, end = session.started_at, session.left_at
    if start is None or end is None:
        return []
    asked = (Missing.SUPERVISOR, "Without a supervisor"), (Missing.WATCHER, "Without anybody watching")
    looked = supervision.counted_from([session.visit_id])
    found = []
    for what, called in asked:
        first = looked.get((session.visit_id, str(what)))
        counted = supervising.spent(supervision.time_without(session.visit, what, start, end))
        if first is None or first >= end:
            counted = "not known: the watch saw none of it"
        elif first - start >= timedelta(minutes=1):
            counted = f"{counted} from {clock(first)} on; before that not known"
        found.append([called, counted])
    return found
