"""Between the timeline's JSON and the facts a judgement reads: typed both ways, so a number never becomes a word."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.dosing.terms import BpReading
from ketacare.medicine.evidence.terms import Fact, FactValue

Known = dict[str, Any]


def known(value: FactValue, unit: str | None = None) -> Known:
    """A value as it is kept: its type beside it."""
    match value:
        case bool():
            return {"type": "yes_no", "value": value}
        case Decimal():
            return {"type": "number", "value": str(value), "unit": unit}
        case datetime():
            return {"type": "moment", "value": value.isoformat()}
        case date():
            return {"type": "day", "value": value.isoformat()}
    return {"type": "words", "value": str(value)}


def value_of(kept: Known) -> FactValue:
    text = kept["value"]
    match kept["type"]:
        case "yes_no":
            return bool(text)
        case "number":
            return Decimal(text)
        case "moment":
            return datetime.fromisoformat(text)
        case "day":
            return date.fromisoformat(text)
    return str(text)


def facts_in(entry: TimelineEntry) -> list[Fact]:
    """The facts one line recorded, dated when they were true."""
    source = entry.recorded_by.name if entry.recorded_by else ""
    return [
        Fact(name, value_of(kept), kept.get("unit"), entry.happened_at, source)
        for name, kept in entry.body.get("facts", {}).items()
    ]


def recorded(visit: Visit, kind: Kind) -> list[Fact]:
    """Every fact that stands, oldest first. Of readiness items only the last answer to each speaks."""
    rows = timeline.standing(visit, kind)
    if kind == Kind.FACT:
        rows = list({row.name: row for row in rows}.values())
    return [fact for row in rows for fact in facts_in(row)]


def pressures_in(readings: list[Reading]) -> list[BpReading]:
    """Cuff values joined by the moment they were taken."""
    by_moment: dict[datetime, dict[str, int]] = {}
    for row in readings:
        if row.channel in ("NIBP_SYS", "NIBP_DIA") and row.value is not None:
            by_moment.setdefault(row.taken_at, {})[row.channel] = int(row.value)
    return [
        BpReading(pair["NIBP_SYS"], pair["NIBP_DIA"], taken_at)
        for taken_at, pair in sorted(by_moment.items())
        if len(pair) == 2
    ]
