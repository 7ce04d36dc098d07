"""The grid: columns stand before they are filled, from the protocol's schedule on this session's clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import schedule, timeline
from ketacare.clinic.dosing.queries.bounds import Bounds
from ketacare.clinic.dosing.queries.moments import STREAM_NEAR, Column, Value, fill
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring.models import Reading, Source
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.protocols.terms import Need

LATE = timedelta(minutes=2)
# How long what a dose has come to may stand on a page as it was drawn, and all else that time changes.
FLOWING_STANDS, STILL_STANDS = timedelta(seconds=15), timedelta(seconds=60)
MEASURED = (
    ("bp", "Blood pressure", "mmHg", "pressure"),
    ("hr", "Heart rate", "/min", None),
    ("spo2", "SpO2", "%", None),
    ("rr", "Breaths", "/min", None),
)
MIND = (
    ("moaas", "Sedation MOAA/S", "0–5", None),
    ("dissociation", "Dissociation", "0–10", None),
    ("distress", "Distress", "0–10", None),
    ("nausea", "Nausea", "0–10", None),
)
# Where it is to be watched, or a monitor gives it.
ETCO2 = ("etco2", "EtCO2", "mmHg", None)
TYPED = tuple(key for key, *_ in (*MEASURED, *MIND))
SCALES = ("dissociation", "nausea")
SINGLE = {
    "hr": Channel.HR,
    "spo2": Channel.SPO2,
    "rr": Channel.RR,
    "etco2": Channel.ETCO2,
    "moaas": Channel.MOAAS,
    "distress": Channel.DISTRESS,
}


JUDGED = {
    "bp": (Channel.NIBP_SYS, Channel.NIBP_DIA),
    "hr": (Channel.HR,),
    "spo2": (Channel.SPO2,),
    "rr": (Channel.RR,),
}


def marked(columns: list[Column], own: Mapping[Channel, Bounds]) -> None:
    """Outside the person's own lines, and where it is going: by shape, because colour only adds."""
    for key, channels in JUDGED.items():
        before: list[Decimal] | None = None
        for cell in taken_of(columns, key):
            parts = [Decimal(part) for part in cell["value"].split("/")]
            sides = [own[channel].side(part) for channel, part in zip(channels, parts, strict=False) if channel in own]
            cell["abnormal"] = next((side for side in sides if side), None)
            band = own[channels[0]].band if channels[0] in own else None
            if before and band and abs(parts[0] - before[0]) > band:
                cell["trend"] = "up" if parts[0] > before[0] else "down"
            before = parts


def taken_of(columns: Iterable[Column], key: str) -> list[dict[str, Any]]:
    """The cells of one row in the order in which they were taken, which is not that of the moments they stand at."""
    return sorted((column.cells[key] for column in columns if key in column.cells), key=lambda cell: cell["at"])


def grid(columns: list[Column], own: Mapping[Channel, Bounds] | None = None, *, breath: bool = False) -> dict[str, Any]:
    """The sheet as the component reads it. Only one column takes entries: the one that is due, or a new one. `breath`:
    the carbon dioxide of breath is to be watched."""
    marked(columns, own or {})
    measured = (*MEASURED, ETCO2) if breath or any(ETCO2[0] in column.cells for column in columns) else MEASURED
    return {
        "caption": "Flowsheet",
        "columns": [vars(column) for column in columns],
        "groups": [group("Vital signs", measured, columns), group("Mind and stomach", MIND, columns)],
        "totals": [],
        "open": next((column for column in columns if column.state in ("due_now", "late")), None),
        "unexplained": [column for column in columns if column.state == "skipped" and not column.reason],
    }


def group(name: str, rows: Iterable[tuple[str, str, str, str | None]], columns: list[Column]) -> dict[str, Any]:
    made = [
        {"key": key, "name": label, "unit": unit, "input": True, "parse": parse,
         "cells": [column.cells.get(key) for column in columns]}
        for key, label, unit, parse in rows
    ]  # fmt: skip
    return {"name": name, "closed": False, "rows": made}


def filled(session: Session, at: datetime, taken: Taken | None = None) -> list[Column]:
    """What was planned, with what was taken: read here, unless it was read for many sheets at once."""
    columns, taken = planned(session, at), taken or taken_in([session])[session.visit_id]
    start = session.started_at
    assert start is not None
    entered = [*pressures(taken.entered), *singles(taken.entered), *scales(session)]
    fill(columns, entered, taken.streamed, start, taken.early)
    mark(columns, skipped(session), session, at, taken.early)
    return sorted(columns, key=lambda column: column.at)


def as_kept(session: Session) -> list[Column]:
    """All that a note has: until the patient left, or as far as the dose has come; nothing before it was begun."""
    until = session.left_at or session.dose_ended_at or session.started_at
    return [] if until is None or session.started_at is None else filled(session, until)


def planned(session: Session, at: datetime | None = None) -> list[Column]:
    """The baseline, then every minute at which a person owes something; after the last of the schedule those that have
    come, and the next."""
    start = session.started_at
    assert start is not None
    wanted: dict[int, set[str]] = {}
    for due in [*schedule.owed(session), *(schedule.later_by(session, at) if at else [])]:
        if due.minute is not None:
            wanted.setdefault(due.minute, set()).update([due.parameter] if due.need is Need.REQUIRED else [])
    columns = [
        Column(str(minute), f"T+{minute}", start + timedelta(minutes=minute), "due", frozenset(keys))
        for minute, keys in sorted(wanted.items())
        if minute > 0
    ]
    return [Column("before", "Before", start, "done"), *columns]


def next_look(due: Column | None, again_by: datetime | None, at: datetime, *, running: bool) -> datetime:
    """When time alone makes untrue what a page says: a check falls due or late, or the dose has run on. A stream's
    values are painted as they come and are no reason to draw the page anew."""
    moments: list[datetime | None] = [again_by, *((due.at, due.at + LATE) if due else ())]
    stands = at + (FLOWING_STANDS if running else STILL_STANDS)
    return min([stands, *(moment for moment in moments if moment is not None and moment > at)])


# --- values ----------------------------------------------------------------------------------------------------------


def all_values(session: Session) -> list[Value]:
    rows = list(good([session]))
    return [*pressures(rows), *singles(rows), *scales(session)]


@dataclass
class Taken:
    """The readings one sheet is filled from: what people typed and every cuff, and what of the stream it can show.
    `early`: so long before it is due the watch of this session takes an answer."""

    early: timedelta
    entered: list[Reading] = field(default_factory=list)
    streamed: list[Value] = field(default_factory=list)


def taken_in(sessions: Sequence[Session]) -> dict[UUID, Taken]:
    """By visit, in as many statements for ten sheets as for one."""
    early = monitoring.checks_early([session.visit for session in sessions])
    found = {session.visit_id: Taken(early[session.visit_id]) for session in sessions}
    for row in good(sessions).filter(Q(source=Source.HAND) | Q(channel__startswith="NIBP")):
        found[row.visit_id].entered.append(row)
    for visit_id, value in streamed(sessions):
        found[visit_id].streamed.append(value)
    return found


def good(sessions: Sequence[Session]) -> QuerySet[Reading]:
    rows = monitoring.readings(*(session.visit for session in sessions)).filter(quality="good")
    return rows.select_related("amends").order_by("taken_at")


def streamed(sessions: Sequence[Session]) -> Iterator[tuple[UUID, Value]]:
    """Of the monitor's stream only what a column could show: hours of it hold a value a second."""
    keys = {channel: key for key, channel in SINGLE.items()}
    rows = good(sessions).filter(source=Source.DEVICE, channel__in=keys)
    before = rows.filter(taken_at__lt=F("visit__dosing__started_at")).order_by("visit_id", "channel", "-taken_at")
    for row in before.distinct("visit_id", "channel"):
        yield row.visit_id, singles([row])[0]
    moments = [(session.visit, column.at) for session in sessions for column in planned(session)[1:]]
    for visit_id, near in monitoring.nearest_of(moments, list(keys), STREAM_NEAR).items():
        for channel, at, value in near:
            yield visit_id, Value(keys[channel], at, words(value), Source.DEVICE, False)


def pressures(rows: list[Reading]) -> list[Value]:
    pairs: dict[tuple[datetime, Any], dict[str, Reading]] = {}
    for row in rows:
        if row.channel in ("NIBP_SYS", "NIBP_DIA"):
            pairs.setdefault((row.taken_at, row.device_id), {})[row.channel] = row
    return [
        Value("bp", moment, f"{whole(pair['NIBP_SYS'])}/{whole(pair['NIBP_DIA'])}", pair["NIBP_SYS"].source,
              any(row.amends_id for row in pair.values()), was_pressure(pair), late_minutes(pair["NIBP_SYS"]))
        for (moment, _), pair in pairs.items()
        if len(pair) == 2
    ]  # fmt: skip


def was_pressure(pair: dict[str, Reading]) -> str:
    if not any(row.amends_id for row in pair.values()):
        return ""
    old = [whole(row.amends or row) for row in (pair["NIBP_SYS"], pair["NIBP_DIA"])]
    return "/".join(old)


def singles(rows: list[Reading]) -> list[Value]:
    keys = {str(channel): key for key, channel in SINGLE.items()}
    return [
        Value(keys[row.channel], row.taken_at, whole(row), row.source, bool(row.amends_id),
              whole(row.amends) if row.amends else "", late_minutes(row))
        for row in rows
        if row.channel in keys
    ]  # fmt: skip


def late_minutes(row: Reading) -> int:
    """How long after it was taken a typed value was saved, when that is long."""
    return int((row.received_at - row.taken_at).total_seconds() // 60) if row.is_late_entry and not row.amends_id else 0


def whole(row: Reading) -> str:
    return words(row.value)


def words(value: Decimal | None) -> str:
    return f"{Decimal(value or 0).normalize():f}"


def scales(session: Session) -> list[Value]:
    return [
        Value(row.name, row.happened_at, row.body["value"], "hand", bool(row.amends_id),
              previous_score(row))
        for row in timeline.standing(session.visit, Kind.SCALE)
    ]  # fmt: skip


def previous_score(row: TimelineEntry) -> str:
    return str(row.amends.body.get("value", "")) if isinstance(row.amends, TimelineEntry) else ""


# --- states ----------------------------------------------------------------------------------------------------------


def skipped(session: Session) -> dict[str, TimelineEntry]:
    return {row.body["column"]: row for row in timeline.standing(session.visit, Kind.SKIPPED)}


def mark(
    columns: list[Column], reasons: dict[str, TimelineEntry], session: Session, at: datetime, early: timedelta
) -> None:
    """Due, due now, late, done, skipped. A late column is overtaken by the next one that comes due."""
    until = session.left_at or at
    early = early if session.left_at is None else timedelta()  # nobody owed what was to come after they had left
    coming = [column for column in columns if not column.extra and column.id != "before"]
    opened: Column | None = None
    for column in sorted(coming, key=lambda column: column.at, reverse=True):
        entry = reasons.get(column.id)
        if entry is not None:
            column.state, column.reason = "skipped", entry.words
        elif not column.missing and column.cells:
            column.state = "done"
        elif column.at - early > until:
            column.state = "due"
        elif opened is None and session.left_at is None:
            column.state = "due_now" if until <= column.at + LATE else "late"
            opened = column
        else:
            column.state = "skipped" if column.missing else "done"
    if opened is None and session.state in (SessionState.RUNNING, SessionState.PAUSED, SessionState.RECOVERY):
        minute = int((at - (session.started_at or at)).total_seconds() // 60)
        columns.append(Column("now", f"T+{minute}", at, "due_now", extra=True))
