"""Who is not ready long after they might have been: what is owed about them, by whom, since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import answered, going_home, schedule
from ketacare.clinic.duties.models import Duty

REVIEW, CLOSING, LONGEST = "staying.review", "staying.closing", "staying.longest"


@dataclass(frozen=True, slots=True)
class Owed:
    kind: str
    title: str
    why: str
    since: datetime


def here() -> QuerySet[Session]:
    """Everybody in recovery."""
    return begun().filter(state=SessionState.RECOVERY)


def begun() -> QuerySet[Session]:
    """Everybody to whom something was given and who is still here."""
    under_way = (SessionState.RUNNING, SessionState.PAUSED, SessionState.RECOVERY)
    found = Session.objects.filter(state__in=under_way, started_at__isnull=False)
    return found.select_related("visit__patient", "visit__clinic").order_by("pk")


def outlasting(at: datetime) -> list[Session]:
    """Those for whom what the watch was told at the beginning will not do for another hour."""
    return [one for one in begun() if answered.to_come(one, at)]


def owed(session: Session, at: datetime) -> list[Owed]:
    """What is due by now and was not opened before; nothing about somebody who is ready. Who was to be home, or in
    hospital, and is still here, is decided about again as long after the last word as a review comes after the least
    time."""
    known = Duty.objects.filter(visit_id=session.visit_id, kind__startswith="staying.")
    opened = {duty.kind: duty for duty in known.order_by("created_at")}
    due = [one for one in by_time(session, at) if one.since <= at and is_owed_now(one, opened, session, at)]
    if not due or going_home.release(session, at=at, zone=session.visit.clinic.zone).ready:
        return []
    return due


def is_owed_now(one: Owed, opened: Mapping[str, Duty], session: Session, at: datetime) -> bool:
    last, again = opened.get(one.kind), schedule.protocol_of(session).release.figures.get("review_after")
    if last is None or again is None or one.kind == REVIEW:
        return last is None
    return last.closed_at is not None and at >= last.closed_at + timedelta(minutes=again.integer)


def by_time(session: Session, at: datetime) -> list[Owed]:
    """Each with its figure in the sheet; a clinic's own older copy may not say."""
    figures, start = schedule.protocol_of(session).release.figures, session.started_at
    least, closes = going_home.earliest(session, at), closing(session)
    found: list[Owed] = []
    if least is not None and (figure := figures.get("review_after")) is not None:
        why = f"{figure.integer} min after the least time. Find the cause: a sedative, pressure, anxiety, glucose."
        found.append(Owed(REVIEW, "Not ready: review", why, least + timedelta(minutes=figure.integer)))
    if closes is not None and (figure := figures.get("before_closing")) is not None:
        why = "A second person stays. Decide: stay, hospital, or hand over to a named one. Nobody is left alone."
        found.append(Owed(CLOSING, "Not ready at closing time", why, closes - timedelta(minutes=figure.integer)))
    if start is not None and (figure := figures.get("not_ready_most")) is not None:
        why = f"{figure.integer} min after the dose began: hospital, or say why not."
        since = start + timedelta(minutes=figure.integer)
        found.append(Owed(LONGEST, "Not ready: to hospital, unless you say why not", why, since))
    return found


def closing(session: Session) -> datetime | None:
    """When the last patient is to be home on the day of this dose; none where somebody stays the night."""
    clinic = session.visit.clinic
    if clinic.doses_over_by is None or clinic.is_open_all_night or session.started_at is None:
        return None
    day = session.started_at.astimezone(ZoneInfo(clinic.zone)).date()
    return datetime.combine(day, clinic.doses_over_by, ZoneInfo(clinic.zone))
