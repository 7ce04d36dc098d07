"""The trend as the chart draws it, as a sentence, and as a table."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import dose, rates, schedule, signs, timeline
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring.terms import Channel, Priority, Side

SHOWN = (Channel.NIBP_SYS, Channel.NIBP_DIA, Channel.NIBP_MEAN, Channel.HR, Channel.PR, Channel.SPO2)
# Finer than the pixel; nothing is averaged or filled in (T4).
ONE_POINT_IN = timedelta(seconds=5)
# Of the last session no more than an eye takes in behind this one.
PREVIOUS = (Channel.NIBP_SYS, Channel.NIBP_DIA, Channel.HR, Channel.PR, Channel.SPO2)
PREVIOUS_IN = timedelta(seconds=30)
GIVEN_AT_ONCE = 0.5  # minutes: wide enough to be seen
LETTERS = {
    "nausea": ("N", "Nausea"),
    "vomit": ("V", "Vomiting"),
    "distress": ("D", "Distress"),
    "dissociation": ("S", "Dissociation"),
    "headache": ("H", "Headache"),
    "toilet": ("T", "Toilet"),
    "water": ("W", "Water"),
    "reassured": ("R", "Reassured"),
}


def chart(session: Session, order: Ordered | None, at: datetime, zone: str) -> dict[str, Any]:
    start = session.started_at
    assert start is not None
    points = monitoring.trend(session.visit, channels=SHOWN, one_in=ONE_POINT_IN)
    return {
        "visit": str(session.visit_id),
        "started_at": start.isoformat(),
        "zone": zone,
        "minutes": max(90, int(((session.left_at or at) - start).total_seconds() // 60) + 5),
        "readings": [drawn(channel, point, start) for channel, row in points.items() for point in row],
        "limits": limits(session.visit),
        "baseline": {str(channel): float(value) for channel, value in schedule.baseline(session.visit, start).items()},
        "doses": doses(session, order, at),
        "events": events(session),
        "previous": previous(session),
    }  # fmt: skip


def drawn(channel: Channel, point: monitoring.Point, start: datetime) -> dict[str, Any]:
    """One without a usable value is drawn as nothing, and breaks its line there (T4)."""
    value = None if point.value is None else float(point.value)
    return {"channel": str(channel), "t": minutes(start, point.taken_at), "value": value, "quality": point.quality}


def minutes(start: datetime, at: datetime) -> float:
    return round((at - start).total_seconds() / 60, 2)


ACROSS = (Channel.NIBP_SYS, Channel.SPO2, Channel.HR)


def limits(visit: Visit) -> list[dict[str, Any]]:
    """The first and the gravest line on each side, where they lie for this person, drawn across the trend."""
    placed, _ = monitoring.lines(visit)
    found: dict[tuple[Channel, Decimal], dict[str, Any]] = {}
    for channel, side in product(ACROSS, Side):
        lines = placed.get((channel, side), {})
        if lines:
            first = (max if side is Side.LOW else min)(lines.values())
            # Of the heart rate the first only: more lines hide the pressures.
            gravest = first if channel is Channel.HR else lines.get(Priority.HIGH, first)
            for line in (first, gravest):
                words = f"{line.normalize():f}"
                found[channel, line] = {"channel": str(channel), "value": float(line), "words": words}
    return list(found.values())


def doses(session: Session, order: Ordered | None, at: datetime) -> list[dict[str, Any]]:
    """The dose as bars: one for each stretch in which the pump ran."""
    start = session.started_at
    if order is None or start is None:
        return []
    bars: list[dict[str, Any]] = []
    since: datetime | None = None
    steps = timeline.standing(session.visit, Kind.DOSE)
    for step in steps:
        if step.name in ("start", "resume"):
            since = step.happened_at
        elif step.name in ("given", "piece"):
            at_once = minutes(start, step.happened_at)
            bars.append({"from_t": at_once, "to_t": at_once + GIVEN_AT_ONCE, "words": ""})
        elif step.name in ("pause", "stop", "complete") and since is not None:
            bars.append({"from_t": minutes(start, since), "to_t": minutes(start, step.happened_at), "words": ""})
            since = None
        elif step.name == dose.SECOND_STEP and since is not None:
            first_in = datetime.fromisoformat(step.body["first_in_at"])
            bars.append({"from_t": minutes(start, since), "to_t": minutes(start, first_in), "words": ""})
            since = step.happened_at
    if since is not None:
        until = dose.first_in_at(session, order) or at
        bars.append({"from_t": minutes(start, since), "to_t": minutes(start, min(until, at)), "words": ""})
    if bars:
        bars[-1]["words"] = dose.in_tenths(dose.so_far(session, order, at).given)
    return bars


def events(session: Session) -> list[dict[str, Any]]:
    start = session.started_at
    assert start is not None
    return [
        {"t": minutes(start, row.happened_at), "letter": letter(row), "words": row.words or label(row)}
        for row in timeline.standing(session.visit, Kind.EVENT, Kind.REMARK)
        if row.happened_at >= start
    ]


def letter(row: TimelineEntry) -> str:
    return LETTERS.get(row.name, ("•", ""))[0]


def label(row: TimelineEntry) -> str:
    if row.name == signs.OVER:
        return f"{signs.LABELS.get(row.body['sign'], 'Sign')} over"
    if row.name == rates.PUMP_READ:
        return f"Pump shows {row.body['pump_ml']} mL, {row.body['expected_ml']} mL by rate and time"
    return LETTERS.get(row.name, ("", row.name.replace("_", " ").capitalize()))[1] or "Remark"


def previous(session: Session) -> list[dict[str, Any]]:
    """Last session's pressures, pulse and SpO2 as a faint overlay, on its own clock."""
    earlier = (
        Session.objects.filter(visit__patient=session.visit.patient, started_at__lt=session.started_at)
        .select_related("visit")
        .order_by("-started_at")
        .first()
    )
    if earlier is None or earlier.started_at is None:
        return []
    points = monitoring.trend(earlier.visit, channels=PREVIOUS, one_in=PREVIOUS_IN)
    return [
        {"channel": str(channel), "t": minutes(earlier.started_at, point.taken_at), "value": float(point.value)}
        for channel, row in points.items()
        for point in row
        if point.value is not None
    ]
