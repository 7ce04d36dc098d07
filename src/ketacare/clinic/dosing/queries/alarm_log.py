"""What alarmed in a session, for its note: each alarm once, with when it was there, who saw it, and how far it went;
and the lines it was judged by. Read from the alarm log, which nobody types and nothing changes (A18, workflow 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db.models import Max, Min

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries.badges import SIDES
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring.models import AlarmSignal
from ketacare.clinic.tenancy.alone import Faults
from ketacare.medicine.monitoring.rules import unit_of
from ketacare.medicine.monitoring.terms import Channel, Kind, LimitLine, Presence, Priority, Side, SignalState

GRAVEST = [priority.word for priority in sorted(Priority, reverse=True)]
LOW = Priority.LOW.word


@dataclass
class Episode:
    """One condition, from when it was there until it was no more."""

    first: AlarmSignal
    priority: str
    since: datetime
    ended: datetime | None = None
    seen: list[tuple[datetime, str]] = field(default_factory=list)


def episodes(session: Session) -> list[Episode]:
    """Each alarm of the visit that was more than a notice, in the order of their beginnings. What was not taken stands
    among the readings, with its reason."""
    open_ones: dict[str, Episode] = {}
    found: list[Episode] = []
    for row in monitoring.signals(session.visit).exclude(kind=Kind.DUE).select_related("by"):
        known = open_ones.get(row.condition)
        if row.presence in (Presence.PRESENT, Presence.CLEARING) and (known is None or known.ended is not None):
            known = open_ones[row.condition] = Episode(row, row.priority or LOW, row.since or row.at)
            found.append(known)
        if known is not None:
            follow(known, row)
    told = [one for one in found if one.priority != LOW]
    return sorted(told, key=lambda one: one.since)


def follow(known: Episode, row: AlarmSignal) -> None:
    """The next that was told of it: graver, seen by somebody, or over. A high one that is over stays until a person
    lets it go; whose reading ended it has not seen it by that."""
    was_over = known.ended is not None
    if row.presence == Presence.ABSENT:
        known.ended = known.ended or row.at
    elif row.priority:
        known.priority = min(known.priority, row.priority, key=GRAVEST.index)
    let_go = row.state == SignalState.OFF and was_over and known.priority == GRAVEST[0]
    answered = row.state == SignalState.ACKNOWLEDGED or let_go
    if answered and row.by is not None:
        known.seen.append((row.at, row.by.name))


def name_of(row: AlarmSignal) -> str:
    channel = Channel(row.channel) if row.channel else None
    if row.kind == Kind.TECHNICAL:
        return (
            f"{channel.label} signal lost" if channel and row.rule in ("T2", "T3") else "Fault of a device or a signal"
        )
    if row.condition.startswith("sign."):
        return row.condition.removeprefix("sign.").capitalize()
    side = next((words for side, words in SIDES.items() if row.condition.endswith(f".{side}")), "")
    return f"{channel.label} {side}".strip() if channel else row.condition


def extreme(session: Session, one: Episode) -> str:
    """How far it went, by the good readings of that time, and the line that was crossed."""
    row = one.first
    if row.kind != Kind.PHYSIOLOGICAL or not row.channel:
        return ""
    channel, is_low = Channel(row.channel), row.condition.endswith(f".{Side.LOW}")
    good = monitoring.readings(session.visit).filter(channel=row.channel, quality="good", taken_at__gte=one.since)
    good = good if one.ended is None else good.filter(taken_at__lte=one.ended)
    worst = good.aggregate(worst=Min("value") if is_low else Max("value"))["worst"]
    line = "" if row.limit is None else f", limit {plain(row.limit)}"
    far = "lowest" if is_low else "highest"
    return "" if worst is None else f", {far} {plain(worst)} {unit_of(channel)}".rstrip() + line


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def limits(session: Session) -> list[str]:
    """The absolute lines at the start, by channel; what was moved since stands in the timeline with its reason."""
    visit = session.visit
    begun = Faults().alone(visit.pk, partial(monitoring.limits_begun_with, visit))
    if begun is None:
        return []  # never watched, or what was kept cannot be read: the rest of the note stands (D9)
    placed = [line for line in begun.lines if line.threshold is not None]
    channels = list(dict.fromkeys(line.channel for line in placed))
    return [f"{begun.id} {begun.version}", *(of_channel(channel, placed) for channel in channels)]


def of_channel(channel: Channel, placed: list[LimitLine]) -> str:
    words = [
        f"{line.side} {plain(line.threshold)} {line.priority.word}"
        for line in sorted(ordered(channel, placed), key=lambda line: (line.side != Side.LOW, -line.priority))
        if line.threshold is not None
    ]
    return f"{channel.label}: {', '.join(words)}"


def ordered(channel: Channel, placed: list[LimitLine]) -> Iterator[LimitLine]:
    return (line for line in placed if line.channel is channel)
