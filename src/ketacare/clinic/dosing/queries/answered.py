"""Which timed checks something that still stands answers: asked when what answered them was struck out (T5, T6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import schedule, signs, timeline
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading
from ketacare.medicine.monitoring.rules import limits
from ketacare.medicine.monitoring.terms import CUFF, Ask, Channel

AGAIN = "again"
AHEAD = timedelta(hours=1)


def unanswered(session: Session, upto: datetime, column: str = "") -> list[Ask]:
    """Asks that nobody is asked for any more though nothing standing answers them: of this column, or due by `upto`."""
    if session.started_at is None or session.left_at is not None:
        return []
    owed = {ask.key for ask in watch.asks_owed(session.visit)}
    wanted = set(schedule.asks_of_column(session, column)) if column else None
    early = schedule.early(session)
    return [
        ask
        for ask in without_answer(session, upto)
        if ask.key not in owed and (ask.due_at - early <= upto if wanted is None else ask.key in wanted)
    ]


def without_answer(session: Session, upto: datetime) -> list[Ask]:
    """All that the schedule asks from T0 on, of a long stay up to a moment, and nothing standing answers."""
    done, early, found = told(session), schedule.early(session), []
    latest, present = newest(session), last_present(session)
    for ask in schedule.asks(session, upto):
        taken = [latest[channel] for channel in ask.channels if channel in latest]
        if ask.key.startswith(schedule.LOOK) and present is not None:
            taken.append(present)
        if ask.key not in done and not any(at >= ask.due_at - early for at in taken):
            found.append(ask)
    return found


def still_owed(session: Session, at: datetime) -> list[Ask]:
    """Where T0 is another than it was: what the schedule asks from then on, and what was asked for beside it."""
    beside = [ask for ask in watch.asks_owed(session.visit) if not ask.key.rpartition("@")[2].isdigit()]
    return [*without_answer(session, at + AHEAD), *beside]


def to_come(session: Session, at: datetime) -> list[Ask]:
    """What the watch does not know of yet, as nobody should be here so long: of the hour to come (H7)."""
    return [ask for ask in unanswered(session, at + AHEAD) if ask.due_at > at]


def pressure_again(session: Session, struck: Reading, at: datetime) -> list[Ask]:
    """A pressure beyond a line was to be repeated (A16), and only the struck one did so: as long after the last that
    still stands as it was asked for then, and nothing is missed before it is asked. Where only the struck one lay
    beyond a line, nothing that stands asks for another."""
    repeat = watch.repeat_of(session.visit)
    if repeat is None or Channel(struck.channel) not in CUFF or not _was_called_for(session, struck):
        return []
    now = datetime.max.replace(tzinfo=struck.taken_at.tzinfo)
    standing = [row.taken_at for row in schedule.readings_before(session.visit, CUFF, now)]
    if any(taken_at >= struck.taken_at for taken_at in standing):
        return []
    every = timedelta(seconds=watch.limits_that_hold(session.visit).times.repeat_s)
    due_at = max(at, min(max(standing) + every if standing else struck.taken_at, repeat.due_at))
    return [Ask(f"{AGAIN}@{due_at.isoformat()}", "Blood pressure again: the last was struck out", due_at, CUFF)]


def _was_called_for(session: Session, struck: Reading) -> bool:
    start = session.started_at
    own = schedule.baseline(session.visit, start) if start is not None else {}
    lines = watch.limits_that_hold(session.visit).lines
    return any(
        limits.beyond(row.value, place, line)
        for row in schedule.readings_before(session.visit, CUFF, struck.taken_at)
        if row.taken_at < struck.taken_at and row.value is not None
        for line in lines
        if line.channel is Channel(row.channel) and (place := limits.threshold(line, own)) is not None
    )


def told(session: Session) -> set[str]:
    """Answered by a scale of its own, or by a reason for its column."""
    keys: set[str] = set()
    for row in timeline.standing(session.visit, Kind.SCALE, Kind.SKIPPED):
        if row.kind == Kind.SKIPPED:
            keys.update(schedule.asks_of_column(session, row.body["column"]))
        else:
            keys.update(schedule.asks_before(session, row.name, row.happened_at))
    return keys


def newest(session: Session) -> dict[Channel, datetime]:
    """When each channel was last read, of what still stands."""
    channels = tuple(channel for group in schedule.CHANNELS.values() for channel in group)
    rows = schedule.readings_before(session.visit, channels, datetime.max.replace(tzinfo=session.created_at.tzinfo))
    return {Channel(row.channel): row.taken_at for row in rows}


def last_present(session: Session) -> datetime | None:
    rows = [row for row in timeline.standing(session.visit, Kind.EVENT) if row.name == signs.PRESENT]
    return max((row.happened_at for row in rows), default=None)
