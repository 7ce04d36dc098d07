"""What a sitting therapist may see of a session: a dot in a word, and the lines that are about the person. No number of
a vital sign, no alarm's name: the nurse has those."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import helping, timeline, timeline_words
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.medicine.therapy import reader

MOST = 40
SAID, DISTRESS, STOP_WORD, REASSURED = "said", "distress", "stop_word", "reassured"
CALLS = (DISTRESS, STOP_WORD)  # the nurse, at once


@dataclass(frozen=True)
class Calm:
    """One dot: its kind for the eye, its words for everybody."""

    kind: str  # calm | look | act | unknown | over
    words: str


def calm(session: Session, at: datetime) -> Calm:
    if session.state in (SessionState.LEFT, SessionState.CLOSED, SessionState.CALLED_OFF):
        return Calm("over", "The session is over")
    if session.started_at is None:
        return Calm("unknown", "Not started yet")
    if not helping.alarms_are_judged(session.visit, at):
        return Calm("unknown", "Not live: ask the nurse")
    standing = monitoring.standing(session.visit, at=at)
    words = {one.priority.word for one in standing.conditions if one.present and one.priority} if standing else set()
    if "high" in words:
        return Calm("act", "The nurse is needed here now")
    return Calm("look", "The nurse is looking at something") if words else Calm("calm", "All is calm")


@dataclass(frozen=True)
class Line:
    at: datetime
    t: str
    words: str
    kind: str  # said | music | stamp | event


def told(session: Session) -> list[Line]:
    """Newest first: the patient's words, music, stamps, and what was tapped about the person. What a nurse writes in
    words of their own may hold a figure, and hangs where the patient can read it: it is not among them."""
    rows = timeline.standing(session.visit, Kind.EVENT, Kind.REMARK)
    rows = [row for row in rows if row.kind != Kind.REMARK or row.name == SAID]
    return [line(session, row) for row in reversed(rows[-MOST:])]


def line(session: Session, row: TimelineEntry) -> Line:
    practice = reader.practice()
    started = session.started_at
    t = f"T+{int((row.happened_at - started).total_seconds() // 60)}" if started and row.happened_at >= started else ""
    if row.kind == Kind.REMARK:
        return Line(row.happened_at, t, row.words, "said")
    if row.name in practice.music:
        return Line(row.happened_at, t, with_words(practice.music[row.name], row), "music")
    if row.name in practice.stamps:
        return Line(row.happened_at, t, with_words(practice.stamps[row.name], row), "stamp")
    if row.name in (DISTRESS, REASSURED):
        return Line(row.happened_at, t, timeline_words.words_of(row), "event")
    return Line(row.happened_at, t, timeline_words.named(row), "event")


def with_words(title: str, row: TimelineEntry) -> str:
    return f"{title}: {row.words}" if row.words else title
