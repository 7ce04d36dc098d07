"""A supervisor's advice, its reading back, and whether that is what was meant: open until the adviser says so (H40)."""

from __future__ import annotations

from dataclasses import dataclass

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import timeline

CONFIRMED, DENIED = "confirmed", "denied"


@dataclass(frozen=True, slots=True)
class Heard:
    """`read` waits for the adviser's word; `denied`: how often it was not what was meant."""

    entry: TimelineEntry
    read: TimelineEntry | None
    denied: int
    closed: bool


def of(session: Session, advice: TimelineEntry) -> Heard:
    return _of(advice, timeline.standing(session.visit, Kind.READ_BACK))


def still_open(session: Session) -> list[Heard]:
    """Every advice of which nobody yet knows that it was understood."""
    rows = timeline.standing(session.visit, Kind.READ_BACK)
    told = [_of(advice, rows) for advice in timeline.standing(session.visit, Kind.ADVICE)]
    return [one for one in told if not one.closed]


def _of(advice: TimelineEntry, rows: list[TimelineEntry]) -> Heard:
    mine = [row for row in rows if row.body["advice"] == str(advice.pk)]
    judged = {row.body["read"]: row.name for row in mine if row.name}
    waiting = [row for row in mine if not row.name and str(row.pk) not in judged]
    return Heard(
        advice,
        waiting[-1] if waiting else None,
        sum(name == DENIED for name in judged.values()),
        CONFIRMED in judged.values(),
    )


def line_words(row: TimelineEntry) -> str:
    who = "The adviser" if row.body.get("by_adviser", True) else "Another prescriber, not the adviser"
    said = {CONFIRMED: f"{who}: that is what was meant", DENIED: f"{who}: that is not what was meant"}
    return said.get(row.name) or f"Read back: {row.words}"
