"""The event clock of an emergency: whether one is under way, and its acts with the minutes since it began."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.medicine.evidence.terms import Fact

BEGIN, END = "begin", "end"
ACTS = (
    ("ems_called", "Emergency services called"),
    ("ems_here", "Emergency services here"),
    ("oxygen", "Oxygen"),
    ("airway", "Airway opened"),
    ("compressions", "Compressions"),
    ("shock", "Shock"),
    ("drug", "Drug given"),
    ("handed_over", "Handed over"),
)
OXYGEN, DRUG = "oxygen", "drug"
TOLD_WITHIN = timedelta(hours=12)
NEEDS_WORDS = frozenset({"drug"})


def event_begun(session: Session) -> TimelineEntry | None:
    """The emergency that is under way; one that was ended is none."""
    begun: TimelineEntry | None = None
    for row in timeline.standing(session.visit, Kind.EMERGENCY):
        if row.name == BEGIN:
            begun = row
        elif row.name == END:
            begun = None
    return begun


def under_way(session: Session, when: datetime, until: datetime | None = None) -> TimelineEntry | None:
    """The emergency that lasted at that moment, or between the two, whether or not it is over by now."""
    begun: TimelineEntry | None = None
    for row in timeline.standing(session.visit, Kind.EMERGENCY):
        if row.name == BEGIN and row.happened_at <= (until or when):
            begun = row
        elif row.name == END and row.happened_at < when:
            begun = None
    return begun


def is_act(row: TimelineEntry) -> bool:
    return row.kind == Kind.EMERGENCY and row.name not in (BEGIN, END)


def was_one(session: Session) -> bool:
    return any(row.name == BEGIN for row in timeline.standing(session.visit, Kind.EMERGENCY))


def was_taken_before_the_dose(session: Session, at: datetime) -> bool:
    """To hospital in an emergency, with no dose given: what was done until they were handed over is told afterwards."""
    if session.state != SessionState.CALLED_OFF or not was_one(session):
        return False
    return any(
        row.body.get("way") == "transfer" and at - row.happened_at <= TOLD_WITHIN
        for row in timeline.standing(session.visit, Kind.RELEASE)
    )


def is_told_after(session: Session, at: datetime) -> bool:
    """Called off with no dose given: what was done in its emergency is told afterwards, for some hours (H41, H17)."""
    if session.state != SessionState.CALLED_OFF or not was_one(session):
        return False
    called_off = timeline.standing(session.visit, Kind.CLOSE)
    return any(at - row.recorded_at <= TOLD_WITHIN for row in called_off)


def before_the_dose(session: Session, at: datetime) -> dict[str, Any]:
    """For the pages before the chairside page: the event, what may be told of it, and whether it is told afterwards."""
    begun = event_begun(session)
    return {
        "event_since": begun.happened_at if begun else None,
        "event_sound": sound_words(session),
        "event_lines": event_lines(session),
        "event_acts": ACTS,
        "event_told": is_told_after(session, at),
        "event_taken": was_taken_before_the_dose(session, at),
    }


def sound_words(session: Session) -> str:
    """Which alarms are heard in an emergency that is still open (A20)."""
    only_high = monitoring.only_high_sounds(session.visit)
    if only_high is None:
        return ""
    return (
        "only high alarms sound" if only_high else "every alarm sounds again, as nobody has charted an act for a while"
    )


def event_lines(session: Session) -> list[tuple[datetime, str, str]]:
    """Each act with its time and the minutes since the emergency began, oldest first."""
    found: list[tuple[datetime, str, str]] = []
    begun: datetime | None = None
    for row in timeline.standing(session.visit, Kind.EMERGENCY):
        begun = row.happened_at if row.name == BEGIN else begun
        seconds = int((row.happened_at - begun).total_seconds()) if begun else 0
        found.append((row.happened_at, f"{seconds // 60:02d}:{seconds % 60:02d}", line_words(row)))
    return found


def line_words(row: TimelineEntry) -> str:
    if row.name == BEGIN:
        return "Emergency"
    if row.name == END:
        return f"Emergency over: {row.words}"
    return " – ".join(part for part in (dict(ACTS).get(row.name, row.name), row.words) if part)


def given_lines(session: Session) -> list[tuple[datetime, str]]:
    """What was given in emergencies, in the words of whoever gave it."""
    rows = timeline.standing(session.visit, Kind.EMERGENCY)
    return [(row.happened_at, line_words(row)) for row in rows if row.name in (DRUG, OXYGEN)]


def release_facts(session: Session) -> list[Fact]:
    """An emergency disturbs what was found before its end; oxygen in it ends "on room air", and what was given in
    free words makes everybody wait as after the medicine with the longest wait."""
    rows = timeline.standing(session.visit, Kind.EMERGENCY)
    edges = [row for row in rows if row.name == BEGIN or (row.name == END and not ends_at_the_door(session, row))]
    disturbed = [Fact("sign_at", row.happened_at, None, row.happened_at, "emergency") for row in edges]
    given = [Fact("medicine_at", row.happened_at, None, row.happened_at, row.words) for row in rows if row.name == DRUG]
    return disturbed + given + [off_air(row) for row in rows if row.name == OXYGEN]


def ends_at_the_door(session: Session, row: TimelineEntry) -> bool:
    """Nobody finds anything here after it, and it changes nothing of how they were when they left."""
    return session.left_at is not None and row.happened_at >= session.left_at


def drug_at(session: Session) -> list[datetime]:
    """In free words it may be anything, a sedative too."""
    return [row.happened_at for row in timeline.standing(session.visit, Kind.EMERGENCY) if row.name == DRUG]


def off_air(row: TimelineEntry) -> Fact:
    return Fact("on_air", False, None, row.happened_at, "oxygen")
