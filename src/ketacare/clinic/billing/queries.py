"""The facts that bill, read from the record of each visit: nothing is typed for them, and no word of the chart is among
them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.billing import access
from ketacare.clinic.billing.models import BillingMark, Outcome
from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import numbers, ordered
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.pharmacy.models import Move
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.supervision.models import Post, Task
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.quantities.terms import Mass
from ketacare.medicine.supervision.terms import Missing

LOOK_BACK = timedelta(days=365)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Figures:
    """What a claim is made of. None is not known, and never none: the watch did not see the whole of it."""

    began: str
    left: str
    from_dose_to_leaving: int | None
    monitored: int | None
    supervised: int | None
    infused: int | None
    drug: str
    mg: str
    route: str
    devices: int | None
    lots: tuple[str, ...]
    supervised_by: tuple[str, ...]

    def kept(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def digest(self) -> str:
        """By which a press is known to be about what its page showed."""
        return hashlib.sha256(json.dumps(self.kept(), sort_keys=True, default=str).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Row:
    """One visit as the desk sees it."""

    session: Session
    name: str
    record_number: str
    figures: Figures
    mark: BillingMark | None
    earlier: tuple[BillingMark, ...]
    differs: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return self.mark is None or self.mark.outcome == Outcome.OPEN

    @property
    def is_closed(self) -> bool:
        """What was given may still be put right until then."""
        return self.session.state == SessionState.CLOSED


def day_of(actor: Actor, day: date, zone: str) -> list[Row]:
    """The finished visits of one day on the clinic's clock, in the order they began."""
    here = ZoneInfo(zone)
    first, last = (datetime.combine(one, time(), tzinfo=here) for one in (day, day + timedelta(days=1)))
    rows = access.finished(actor).filter(started_at__gte=first, started_at__lt=last).order_by("started_at")
    sessions = list(rows)
    marks = marks_of([session.visit_id for session in sessions])
    record = people.record_numbers({session.visit.patient_id for session in sessions})
    return [row_of(session, marks.get(session.visit_id, []), record, zone) for session in sessions]


def row_of(session: Session, marks: list[BillingMark], record: dict[UUID, str], zone: str) -> Row:
    person, found = people.identity(session.visit.patient), figures(session, zone)
    mark = marks[-1] if marks else None
    said = mark.figures if mark is not None and mark.outcome == Outcome.BILLED else {}
    now = found.kept()
    return Row(
        session=session,
        name=f"{person.family.upper()}, {person.given}",
        record_number=record.get(session.visit.patient_id, ""),
        figures=found,
        mark=mark,
        earlier=tuple(marks[:-1]),
        differs=tuple(name for name in said if said[name] != now.get(name)),
    )


def marks_of(visits: Iterable[UUID]) -> dict[UUID, list[BillingMark]]:
    """What was said of each visit, the oldest first."""
    found: dict[UUID, list[BillingMark]] = {}
    rows = list(BillingMark.objects.filter(visit_id__in=list(visits)).select_related("recorded_by"))
    replaced = {row.amends_id for row in rows}
    for row in sorted(rows, key=lambda row: (row.recorded_at, row.pk not in replaced)):
        found.setdefault(row.visit_id, []).append(row)
    return found


def open_days(actor: Actor, at: datetime, zone: str) -> list[tuple[date, int]]:
    """Days before today with visits of which nobody has said anything, the oldest first, and how many."""
    said = BillingMark.objects.current().exclude(outcome=Outcome.OPEN).values("visit_id")
    rows = access.finished(actor).filter(started_at__gte=at - LOOK_BACK).exclude(visit_id__in=said)
    days: dict[date, int] = {}
    for session in rows.order_by("started_at"):
        assert session.started_at is not None
        day = local_day(session.started_at, zone)
        days[day] = days.get(day, 0) + 1
    return [(day, count) for day, count in days.items() if day < local_day(at, zone)]


def figures(session: Session, zone: str) -> Figures:
    visit, here = session.visit, ZoneInfo(zone)
    order, taken = ordered.order_of(visit), numbers.minutes(session)
    lines = [line for line in ledger.entries_of(visit) if line.kind == Move.GIVE]
    pieces = [line for line in lines if line.container.piece]
    assert session.started_at is not None
    assert session.left_at is not None
    return Figures(
        began=f"{session.started_at.astimezone(here):%H:%M}",
        left=f"{session.left_at.astimezone(here):%H:%M}",
        from_dose_to_leaving=taken.watched,
        monitored=minutes_with(session, Missing.WATCHER),
        supervised=minutes_with(session, Missing.SUPERVISOR),
        infused=taken.infused,
        drug=order.drug if order else "",
        mg=Mass(ledger.amounts_of(visit).given_mg).written(),
        route=order.route_words if order else "",
        devices=len(pieces) if pieces else None,
        lots=tuple(dict.fromkeys(line.container.lot for line in lines)),
        supervised_by=supervisors(session),
    )


def minutes_with(session: Session, missing: Missing) -> int | None:
    """From the dose to leaving, less the time in which nobody was there. Where the watch did not look from the dose on,
    nobody knows whether anybody was: then the whole is not known."""
    start, end = session.started_at, session.left_at
    first = supervision.counted_from([session.visit_id]).get((session.visit_id, str(missing)))
    if start is None or end is None or first is None or first - start >= MINUTE:
        return None
    return int((end - start - supervision.time_without(session.visit, missing, start, end)).total_seconds() // 60)


def supervisors(session: Session) -> tuple[str, ...]:
    """Who held the post while the patient was here, in order."""
    posts = Post.objects.filter(visit=session.visit, task=Task.SUPERVISES).exclude(ended_at__lte=session.started_at)
    held = posts.exclude(since__gte=session.left_at).select_related("person").order_by("since")
    return tuple(dict.fromkeys(post.person.name for post in held))
