"""What is counted of sessions: minutes that are billed, and the numbers of a run chart. All from the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import effects, timeline
from ketacare.clinic.dosing.queries.as_needed import RESCUE
from ketacare.clinic.monitoring.models import AlarmSignal, Reading
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.safety import reader

KINDS = {
    "pressure": "Pressure beyond its limits twice",
    "oxygen": "SpO2 under 90 %",
    "rescue": "Rescue medicine",
    "panic": "Distress 7 or more",
    "vomiting": "Vomiting",
    "transfer": "Taken to hospital",
    "against_advice": "Left against advice",
    "adverse": "Adverse event of grade 3 or more",
}
LOOKED_BACK = timedelta(days=365)
GRAVE = 3


@dataclass(frozen=True)
class Minutes:
    """Whole minutes, from times that are already in the record; None while one of them is missing."""

    prepared: int | None
    infused: int | None
    watched: int | None
    in_all: int | None


def minutes(session: Session) -> Minutes:
    arrived = timeline.latest(session.visit, Kind.CHECK_IN)
    came = None if arrived is None else arrived.happened_at
    return Minutes(
        between(came, session.started_at),
        between(session.started_at, session.dose_ended_at),
        between(session.started_at, session.left_at),
        between(came, session.left_at),
    )


def between(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else int((end - start).total_seconds() // 60)


@dataclass(frozen=True)
class Month:
    """One month of sessions: how many, and of each kind how many of them had it."""

    first: str
    sessions: int
    counts: dict[str, int]

    def per_hundred(self, kind: str) -> Decimal:
        return (Decimal(100) * self.counts.get(kind, 0) / self.sessions).quantize(Decimal("0.1"))


def by_month(clinic_id: UUID, *, at: datetime, zone: str) -> list[Month]:
    """The last year, the newest month first; a session counts once for each kind."""
    rows = Session.objects.filter(clinic_id=clinic_id, started_at__gte=at - LOOKED_BACK, started_at__lte=at)
    sessions = list(rows.select_related("visit"))
    had = found_in(sessions)
    months: dict[str, list[Session]] = {}
    for session in sessions:
        assert session.started_at is not None
        months.setdefault(f"{session.started_at.astimezone(ZoneInfo(zone)):%Y-%m}", []).append(session)
    return [
        Month(first, len(held), Counter({kind: sum(one.visit_id in ids for one in held) for kind, ids in had.items()}))
        for first, held in sorted(months.items(), reverse=True)
    ]


def found_in(sessions: Iterable[Session]) -> dict[str, set[UUID]]:
    """By kind, the visits that had it: one statement a kind, however many sessions there are."""
    visits = [session.visit_id for session in sessions]
    lines = reader.effects_sheet().lines
    readings = Reading.objects.filter(visit__in=visits, quality="good", in_error=False, amended_by__isnull=True)
    during = readings.filter(visit__dosing__started_at__isnull=False)
    entries = TimelineEntry.objects.current().filter(visit__in=visits)
    signals = AlarmSignal.objects.filter(visit__in=visits, condition__in=effects.PRESSURE, presence="present")
    low = during.filter(channel=Channel.SPO2, value__lt=lines["spo2_under"].value)
    distressed = during.filter(channel=Channel.DISTRESS, value__gte=lines["distress_3"].value)
    return {
        "pressure": ids(signals.filter(priority__in=["medium", "high"])),
        "oxygen": ids(low),
        "rescue": ids(entries.filter(kind=Kind.MEDICINE, body__waits=RESCUE)),
        "panic": ids(distressed),
        "vomiting": ids(entries.filter(kind=Kind.EVENT, name=effects.VOMIT)),
        "transfer": ids(entries.filter(kind=Kind.RELEASE, body__way="transfer")),
        "against_advice": ids(entries.filter(kind=Kind.RELEASE, body__way="against_advice")),
        "adverse": ids(effects.events_of(visits).filter(grade__gte=GRAVE)),
    }


def ids(rows: effects.Rows) -> set[UUID]:
    return set(rows.values_list("visit_id", flat=True).distinct().order_by())
