"""What is counted of sessions: minutes that are billed, and the numbers of a run chart. All from the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

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
    counts once for each kind. One statement, however many sessions there are."""
    here = ZoneInfo(zone)
    begins = [beginning(at.astimezone(here), back) for back in range(months, -1, -1)]
    shown = [rows.order_by().values("visit_id").query.sql_with_params() for rows in what_counts().values()]
    union = " union all ".join(f"select visit_id, %s as kind from ({sql}) one" for sql, _ in shown)  # noqa: S608 - ours
    params: list[Any] = [begins, list(clinics), begins[0], at]
    for kind, (_, given) in zip(KINDS, shown, strict=True):
        params += [kind, *given]
    with transaction.atomic(), connection.cursor() as cursor:
        # Row by row is the planner's choice only where it knows too little of the tables, as after an import.
        cursor.execute("set local enable_nestloop = off")
        cursor.execute(BY_MONTH.format(shown=union), params)
        found = {(month, kind): count for month, kind, count in cursor.fetchall()}
        cursor.execute("set local enable_nestloop = on")
    return [
        Month(f"{first:%Y-%m}", found[month, ""], {kind: found.get((month, kind), 0) for kind in KINDS})
        for month, first in reversed(list(enumerate(begins, start=1)))
        if (month, "") in found
    ]


# Months begin by the clock of the place. `kind` is empty where all sessions of a month are counted.
BY_MONTH = """
with held as materialized (
  select visit_id, width_bucket(started_at, %s::timestamptz[]) as month from dosing_session
  where clinic_id = any(%s::uuid[]) and started_at >= %s and started_at <= %s
), shown as materialized ({shown})
select month, '' as kind, count(*) from held group by month
union all
select month, kind, count(distinct visit_id) from held join shown using (visit_id) group by month, kind
"""


def beginning(now: datetime, months: int) -> datetime:
    """The first instant of the month so many before this one, by the clock of the place."""
    whole = 12 * now.year + now.month - 1 - months
    return datetime(whole // 12, whole % 12 + 1, 1, tzinfo=now.tzinfo)


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
