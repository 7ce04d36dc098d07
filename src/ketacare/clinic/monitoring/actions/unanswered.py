"""A high alarm that nobody answers climbs: the nurses, the prescriber, the medical director (D6).

Read from the alarm log, so a restart neither forgets a step nor takes one twice. Each step is a duty of its own:
nobody who was told stops seeing it when the next is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.monitoring.models import AlarmSignal, Watch
from ketacare.clinic.people.models import Role
from ketacare.medicine.monitoring.terms import Kind, Priority, SignalState

KIND = "alarm.unanswered"
LADDER = (
    (timedelta(seconds=30), Role.RN),
    (timedelta(seconds=60), Role.RX),
    (timedelta(seconds=120), Role.MD),
)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Rings since, without a break: an acknowledgement that wore out (A7) begins it anew."""

    condition: str
    since: datetime


def visits_concerned(clinic_id: UUID) -> set[UUID]:
    """Visits whose ladder may have a step to take or to undo now."""
    running = list(Watch.objects.filter(clinic_id=clinic_id, ended_at__isnull=True).only("visit_id", "organisation_id"))
    newest = _newest({watch.visit_id for watch in running}, {watch.organisation_id for watch in running})
    ringing = {row.visit_id for row in newest if _rings(row)}
    told = Duty.objects.filter(clinic_id=clinic_id, kind=KIND, state=DutyState.OPEN)
    return ringing | {visit_id for visit_id in told.values_list("visit_id", flat=True) if visit_id}


def climb(watch: Watch, *, at: datetime) -> None:
    """Every step of the ladder that is due by now and was not taken; and closed, what was answered or has ended."""
    newest = _newest({watch.visit_id}, {watch.organisation_id})
    ringing = [] if watch.ended_at else [_since(row) for row in newest if _rings(row)]
    for one in ringing:
        for after, role in LADDER:
            if at >= one.since + after:
                _tell(watch, one, after, role, at=at)
    _close(watch, newest, ringing, at=at)


def _newest(visits: set[UUID], organisations: set[UUID]) -> list[AlarmSignal]:
    """The last word on each physiological condition."""
    rows = AlarmSignal.objects.filter(organisation_id__in=organisations, visit_id__in=visits, kind=Kind.PHYSIOLOGICAL)
    return list(rows.order_by("visit_id", "condition", "-id").distinct("visit_id", "condition"))


def _rings(row: AlarmSignal) -> bool:
    """High and not acknowledged, heard or paused: a pause is no answer. What is only latched has ended."""
    return row.state == SignalState.ON and row.priority == Priority.HIGH.word


def _since(row: AlarmSignal) -> Unanswered:
    """When the unbroken row of high signals that ends with this one began."""
    earlier = AlarmSignal.objects.filter(
        organisation_id=row.organisation_id, visit_id=row.visit_id, condition=row.condition, id__lte=row.pk
    )
    since = row.at
    for before in earlier.order_by("-id").iterator(chunk_size=50):
        if not _rings(before):
            break
        since = before.at
    return Unanswered(row.condition, since)


def _tell(watch: Watch, one: Unanswered, after: timedelta, role: Role, *, at: datetime) -> None:
    due_at, link = one.since + after, _link(watch, one.condition)
    known = Duty.objects.filter(clinic_id=watch.clinic_id, kind=KIND, visit_id=watch.visit_id, link=link, due_at=due_at)
    if known.exists():
        return
    chair = watch.visit.chair.name if watch.visit.chair else "a session without a chair"
    seconds = int(after.total_seconds())
    # No patient: the words are the same for everybody, and must reach people whatever anybody is called.
    duties.open_duty(
        kind=KIND,
        title="Answer a high alarm",
        why=f"Not answered for {seconds} s, {chair}. Go there, or call emergency services.",
        link=link,
        patient=None,
        visit_id=watch.visit_id,
        owner_role=role,
        due_at=due_at,
        consequence=Consequence.LIFE,
        by=system(watch.clinic),
        at=at,
    )


def _link(watch: Watch, condition: str) -> str:
    return f"/sessions/{watch.visit_id}/#alarm-{quote(condition)}"


def _close(watch: Watch, newest: Iterable[AlarmSignal], ringing: Iterable[Unanswered], *, at: datetime) -> None:
    """By its acknowledgement or its end: the signal that says so is the evidence."""
    still = {_link(watch, one.condition): one.since for one in ringing}
    evidence = {_link(watch, row.condition): row for row in newest}
    for duty in Duty.objects.filter(
        clinic_id=watch.clinic_id, kind=KIND, visit_id=watch.visit_id, state=DutyState.OPEN
    ):
        if duty.link not in still or duty.due_at - still[duty.link] not in dict(LADDER):
            duties.close_duty(duty, evidence=evidence[duty.link], by=system(watch.clinic), at=at)
