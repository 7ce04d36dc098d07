"""Today's sessions, sorted by what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.dosing.models import Kind, Session, SessionState
from ketacare.clinic.dosing.queries import closing, going_home, ordered, rates, readiness, schedule, timeline
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.queries import Identity
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import Visit, VisitKind


@dataclass(frozen=True)
class DayRow:
    """One visit with its phase, what it waits for, and how much of it is missing."""

    visit: Visit
    session: Session | None
    who: Identity
    phase: str
    missing: tuple[str, ...]
    late: bool
    rank: int


Held = Callable[[Session], Sequence[str]]


def sessions_of_day(actor: Actor, *, at: datetime, held: Held) -> list[DayRow]:
    """Who needs something first; then by time. `held`: what stands against the go of a session, if anything does."""
    visits = scheduling.visits_of_day(actor, VisitKind.DOSE, at=at)
    sessions = {session.visit_id: session for session in Session.objects.filter(visit__in=visits)}
    rows = [row(visit, sessions.get(visit.pk), actor, at, held) for visit in visits]
    return sorted(rows, key=lambda row: (row.rank, -len(row.missing), row.visit.starts_at))


def row(visit: Visit, session: Session | None, actor: Actor, at: datetime, held: Held) -> DayRow:
    who = people.identity(visit.patient)
    if session is None:
        late = at > visit.starts_at
        return DayRow(visit, None, who, "Booked", ("not checked in",), late, 1 if late else 3)
    session.visit = visit
    rank, missing = waiting(session, actor.zone, at)
    if fallen := tuple(held(session)):
        rank, missing = 0, fallen
    return DayRow(visit, session, who, schedule.state_words(session), missing, False, rank)


def waiting(session: Session, zone: str, at: datetime) -> tuple[int, tuple[str, ...]]:
    match session.state:
        case SessionState.PREPARING:
            return 1, preparing(session, zone, at)
        case SessionState.DRAWN:
            return 0, ("second person: double check",)
        case SessionState.CHECKED:
            return 0, ("time-out and start",)
        case SessionState.RECOVERY:
            judged = going_home.release(session, at=at, zone=zone)
            return 1, ("ready to leave",) if judged.ready else tuple(f"{c.title}" for c in judged.unmet)
        case SessionState.LEFT:
            return 2, tuple(closing.missing(session)) or ("close the session",)
    if session.state not in (SessionState.RUNNING, SessionState.PAUSED):
        return 4, ()
    return 0, () if rates.waiting(session) is None else ("second person: read the pump",)


def preparing(session: Session, zone: str, at: datetime) -> tuple[str, ...]:
    decided = timeline.latest(session.visit, Kind.DECISION)
    if decided is not None and decided.name == "go":
        if ordered.proposed(session.visit) is not None:
            return ("second person: the order",)
        return ("order",) if ordered.order_of(session.visit) is None else ("draw the dose",)
    reasons = readiness.decision(session, at=at, zone=zone).reasons
    return tuple(reason.title for reason in reasons if reason.holds_back) or ("go or no-go",)
