"""How long nobody supervised or watched a session, and when, in the words of its note and its timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import supervising
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.supervision.models import Post, Task
from ketacare.medicine.supervision.terms import Gap, Missing


def words(session: Session, zone: str) -> list[list[str]]:
    """Known once the patient has left, and of what the watch saw."""
    start, end = session.started_at, session.left_at
    if start is None or end is None:
        return []
    asked = (Missing.SUPERVISOR, "Without a supervisor"), (Missing.WATCHER, "Without anybody watching")
    looked = supervision.counted_from([session.visit_id])
    found = []
    for what, called in asked:
        tail = supervising.uncounted(looked.get((session.visit_id, str(what))), session, end, zone)
        spent = supervising.spent(supervision.time_without(session.visit, what, start, end))
        found.append([called, tail if tail == supervising.NOT_SEEN else f"{spent}{tail}"])
    return found


@dataclass(frozen=True)
class Lapse:
    """A stretch without somebody. `until` is empty while it goes on."""

    missing: Missing
    since: datetime
    until: datetime | None
    words: str


def lapses(session: Session) -> list[Lapse]:
    """Each as it happened, in order: the watch's own log, which nobody types (D4, H38)."""
    if session.started_at is None:
        return []
    gaps = {missing: supervision.gaps(session.visit, missing) for missing in (Missing.SUPERVISOR, Missing.WATCHER)}
    posts = supervision.held(session.visit, Task.SUPERVISES) if gaps[Missing.SUPERVISOR] else []
    found = [
        Lapse(missing, gap.since, gap.until, lapse_words(missing, gap, posts))
        for missing, each in gaps.items()
        for gap in each
    ]
    return sorted(found, key=lambda one: one.since)


def lapse_words(missing: Missing, gap: Gap, supervisors: Sequence[Post]) -> str:
    """`supervisors`: all who supervised the session, read once however often one was not heard."""
    lasts = f"for {supervising.spent(gap.until - gap.since)}" if gap.until else "goes on"
    if missing is Missing.WATCHER:  # any page of somebody who may watch answers for the chair, the station's too (D4)
        return f"No screen answered for this chair: not watched, {lasts}"
    held = supervision.held_at(supervisors, gap.since)
    if held is None:
        return f"Nobody supervised, {lasts}"
    return f"{held.person.name}, {held.get_place_display().lower()}, was not heard: not supervised, {lasts}"
