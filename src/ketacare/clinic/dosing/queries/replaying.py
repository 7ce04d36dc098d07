"""A finished session as it went, for looking at it again: the numbers, the alarms as they stood, what was written.

The alarms come from the kept steps, stepped once more (A1); nothing is judged anew by today's sheets.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import chairside, timeline, timeline_words, trend
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring import replays
from ketacare.medicine.monitoring.terms import Channel

TILES = (
    ("HR", "Heart rate", "/min", "live"),
    ("SPO2", "SpO2", "%", "live"),
    ("NIBP_SYS NIBP_DIA", "Blood pressure", "mmHg", "intermittent"),
)
NEEDED = (Channel.HR, Channel.SPO2, Channel.NIBP_SYS, Channel.NIBP_DIA)
# A copy for teaching keeps the clock and drops the calendar.
NO_DAY = {"year": 2000, "month": 1, "day": 1}


def tiles() -> list[dict[str, Any]]:
    blank = {"value": "---", "taken_at": None, "age_seconds": None, "interval_s": 1, "limits": "", "state": "lost"}
    return [blank | {"channel": channel, "label": label, "unit": unit} for channel, label, unit, _ in TILES]


def course(session: Session, at: datetime) -> dict[str, Any]:
    """Everything the page plays, in seconds since the start. `at` is when the person left."""
    start = session.started_at
    assert start is not None
    timeline.read_once(session.visit)
    numbers, frames = values(session, start), alarms(session, start)
    told = [*(frame["t"] for frame in frames), *(row[0] for rows in numbers.values() for row in rows)]
    return {
        "from": min([-60, *told]),
        "until": max([second(start, at), *told]),
        "values": numbers,
        "said": {channel: said for channel, _, _, said in TILES},
        "alarms": frames,
        "lines": [line(row, start) for row in reversed(timeline_words.entries(session, at)) if not row["error"]],
    }


def second(start: datetime, at: datetime) -> int:
    return round((at - start).total_seconds())


def values(session: Session, start: datetime) -> dict[str, list[list[Any]]]:
    """Every value as it was taken; one without a usable value is kept, and breaks what stood before it (T4)."""
    points = monitoring.trend(session.visit, channels=NEEDED)
    return {
        str(channel): [
            [
                second(start, point.taken_at),
                None if point.value is None else float(point.value),
                *([True] if point.source == "hand" else []),
            ]
            for point in row
        ]
        for channel, row in points.items()
    }


def alarms(session: Session, start: datetime) -> list[dict[str, Any]]:
    """The alarm bar after each change that people were told of."""
    return [
        {"t": second(start, standing.at), "alarms": [shown(one) for one in bar(standing)]}
        for standing in replays.course(session.visit)
    ]


def bar(standing: monitoring.Standing) -> list[dict[str, Any]]:
    return chairside.alarms(standing, standing.at, lambda condition: None, "")


def shown(alarm: dict[str, Any]) -> dict[str, Any]:
    """As the bar draws it: silent, and with no button, because nothing is happening."""
    kept = ("id", "condition", "priority", "technical", "state", "words", "acknowledged_by")
    since = alarm["since"].isoformat() if alarm["since"] and not alarm.get("ended") else None
    words = f"{alarm['words']} – sounding" if alarm["sounding"] else alarm["words"]
    return {name: alarm[name] for name in kept} | {"words": words, "sounding": False, "since": since}


def line(row: dict[str, Any], start: datetime) -> dict[str, Any]:
    words = row["words"] + (f" ({row['late']})" if row["late"] else "")
    return {
        "t": second(start, row["at"]),
        "mark": row["t"],
        "words": words,
        "who": row["who"],
        "kind": str(row["kind"]),
    }


def chart(session: Session, order: Ordered | None, at: datetime, zone: str) -> dict[str, Any]:
    return trend.chart(session, order, at, zone)


def without_names(course: dict[str, Any], chart: dict[str, Any], start: datetime) -> None:
    """A copy for teaching: no person, no day, and no words that somebody wrote freely."""
    shift = start.replace(**NO_DAY)  # type: ignore[arg-type]
    chart |= {"visit": "", "started_at": shift.isoformat(), "previous": []}
    chart["events"] = [event | {"words": event["letter"]} for event in chart["events"]]
    for row in course["lines"]:
        row["who"] = ""
        if row["kind"] not in (Kind.EVENT, Kind.SCALE, Kind.DOSE):
            row["words"] = row["kind"].replace("_", " ").capitalize()
    names: dict[str, str] = {}
    for frame in course["alarms"]:
        for alarm in frame["alarms"]:
            known = names.setdefault(alarm["id"], f"alarm {len(names) + 1}")  # its own may hold a date
            alarm["id"] = alarm["condition"] = known
            alarm["acknowledged_by"] = "somebody" if alarm["acknowledged_by"] else None
            if alarm["since"]:
                since = datetime.fromisoformat(alarm["since"])
                alarm["since"] = (since - start + shift).isoformat()
