"""What is counted of sessions: minutes that are billed, and the numbers of a run chart. All from the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import TruncMonth

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import dose, effects, ordered, timeline
from ketacare.clinic.dosing.queries.as_needed import RESCUE
from ketacare.clinic.dosing.queries.effects import Rows
from ketacare.clinic.monitoring.models import AlarmSignal, Reading
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.safety import reader

KINDS = {
    "pressure": "Pressure beyond its limits twice",
    "oxygen": "SpO2 under 90 %",
    "rescue": "Rescue medicine",
    "panic": "Distress 7 or more",
    "vomiting": "Vomiting",
    "fall": "Fall",
    "transfer": "Taken to hospital",
    "against_advice": "Left against advice",
    "adverse": "Adverse event of grade 3 or more",
}
GRAVE, YEAR = 3, 12
HELD = "visit__dosing__started_at"


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
        flowed(session),
        between(session.started_at, session.left_at),
        between(came, session.left_at),
    )


def flowed(session: Session) -> int | None:
    """How long the pump ran: its pauses are no infusion, and what is given at once has none."""
    order, end = ordered.order_of(session.visit), session.dose_ended_at
    if order is None or not order.infused or end is None:
        return None
    steps = [(step.at, step.rate.amount > 0) for step in dose.rate_steps(dose.steps_of(session), order)]
    runs = [min(after, end) - at for (at, flows), (after, _) in pairwise([*steps, (end, False)]) if flows and at < end]
    return int(sum(runs, timedelta()).total_seconds() // 60)


def between(start: datetime | None, end: datetime | None) -> int | None:
    return None if start is None or end is None else int((end - start).total_seconds() // 60)


@dataclass(frozen=True)
class Month:
    """One month of sessions: how many, and of each kind how many of them had it."""

    first: str
    sessions: int
    counts: dict[str, int]


def by_month(clinics: Sequence[UUID], *, at: datetime, zone: str, months: int = YEAR) -> list[Month]:
    """So many whole months and the one that runs, the newest first, without those in which nobody had a dose; a session
    counts once for each kind. One statement a kind, however many sessions there are."""
    here = ZoneInfo(zone)
    since = beginning(at.astimezone(here), months)
    sessions = Session.objects.filter(clinic__in=clinics, started_at__gte=since, started_at__lte=at)
    held = counted(sessions, "started_at", Count("pk"), here)
    these = {"visit__clinic__in": clinics, f"{HELD}__gte": since, f"{HELD}__lte": at}
    visits = Count("visit", distinct=True)
    kinds = {kind: counted(rows.filter(**these), HELD, visits, here) for kind, rows in what_counts().items()}
    return [
        Month(first, held[first], {kind: found.get(first, 0) for kind, found in kinds.items()})
        for first in sorted(held, reverse=True)
    ]


def beginning(now: datetime, months: int) -> datetime:
    """The first instant of the month so many before this one, by the clock of the place."""
    whole = 12 * now.year + now.month - 1 - months
    return datetime(whole // 12, whole % 12 + 1, 1, tzinfo=now.tzinfo)


def counted(rows: Rows, when: str, what: Count, here: ZoneInfo) -> dict[str, int]:
    months = rows.values_list(TruncMonth(when, tzinfo=here)).annotate(count=what).order_by()
    return {f"{first:%Y-%m}": count for first, count in months}


def what_counts() -> dict[str, Rows]:
    """By kind, the rows that show it; each names its visit."""
    lines = reader.effects_sheet().lines
    readings = Reading.objects.filter(quality="good", in_error=False, amended_by__isnull=True)
    entries = TimelineEntry.objects.current()
    signals = AlarmSignal.objects.filter(condition__in=effects.PRESSURE, presence="present")
    same = {"visit": OuterRef("visit"), "channel": OuterRef("channel"), "value": OuterRef("value")}
    stands, struck = readings.filter(**same), Reading.objects.filter(**same, in_error=True)
    return {
        "pressure": signals.filter(priority__in=["medium", "high"]).filter(Exists(stands) | ~Exists(struck)),
        "oxygen": readings.filter(channel=Channel.SPO2, value__lt=lines["spo2_under"].value),
        "rescue": entries.filter(kind=Kind.MEDICINE, body__waits=RESCUE),
        "panic": readings.filter(channel=Channel.DISTRESS, value__gte=lines["distress_3"].value),
        "vomiting": entries.filter(kind=Kind.EVENT, name=effects.VOMIT),
        "fall": effects.standing_events().filter(effect="fall"),
        "transfer": entries.filter(kind=Kind.RELEASE, body__way="transfer"),
        "against_advice": entries.filter(kind=Kind.RELEASE, body__way="against_advice"),
        "adverse": effects.standing_events().filter(grade__gte=GRAVE),
    }
