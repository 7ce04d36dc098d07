"""What alarmed in a session, for its note: each alarm once, with when it was there, who saw it, and how far it went;
and the lines it was judged by. Read from the alarm log, which nobody types and nothing changes (A18, workflow 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db.models import Max, Min

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries.badges import SIDES
from ketacare.clinic.dosing.queries.signs import HELP_BUTTON
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring.models import AlarmSignal
from ketacare.clinic.tenancy.alone import Faults
from ketacare.medicine.monitoring.rules import unit_of
from ketacare.medicine.monitoring.rules.limits import sign_key
from ketacare.medicine.monitoring.terms import Channel, Kind, LimitLine, Presence, Priority, Side, SignalState, Timing

GRAVEST = [priority.word for priority in sorted(Priority, reverse=True)]
LOW = Priority.LOW.word
SIGN, HELP = "sign.", sign_key(HELP_BUTTON)


@dataclass
class Episode:
    """One condition, from when it was there until it was no more. Its time and its line are those of its gravest
    level: what rose by steps was not grave before it was (A5)."""

    gravest: AlarmSignal
    priority: str
    began: datetime
    since: datetime
    ended: datetime | None = None
    fell: datetime | None = None
    """When the gravest level was over, where a lesser one went on."""
    lesser: str = ""
    before: tuple[str, datetime] | None = None
    """The level it had before it rose to its gravest, where that was more than a notice, and since when."""
    seen: list[tuple[datetime, str]] = field(default_factory=list)


def episodes(session: Session) -> list[Episode]:
    """Each alarm of the visit that was more than a notice, in the order of their beginnings. What was not taken stands
    among the readings, with its reason."""
    found: dict[str, list[Episode]] = {}
    for row in monitoring.signals(session.visit).exclude(kind=Kind.DUE).select_related("by"):
        of_it = found.setdefault(row.condition, [])
        if row.presence in (Presence.PRESENT, Presence.CLEARING) and (not of_it or is_over(of_it[-1], row.at)):
            since = row.since or row.at
            of_it.append(Episode(row, row.priority or LOW, since, since))
        if of_it:
            follow(of_it, row)
    told = [one for of_it in found.values() for one in of_it if one.priority != LOW]
    return sorted(told, key=lambda one: one.since)


def is_over(known: Episode, at: datetime) -> bool:
    """A graver level that ends while a lesser one goes on is told as both in one moment: that alarm goes on."""
    return known.ended is not None and known.ended != at


def follow(of_it: list[Episode], row: AlarmSignal) -> None:
    """The next that was told of it: graver, less grave, seen by somebody, or over."""
    known = of_it[-1]
    was_over = known.ended is not None
    if row.presence == Presence.ABSENT:
        known.ended = known.ended or row.at
    elif row.priority and not (was_over and row.presence == Presence.PENDING):
        # What is over and only threatens again did not go on meanwhile, though its latched first still stands.
        level(known, row)
    let_go = row.state == SignalState.OFF and was_over and known.priority == GRAVEST[0]
    if row.by is None:
        return
    if row.state == SignalState.ACKNOWLEDGED or let_go:
        unseen = [one for one in of_it[:-1] if one.priority == GRAVEST[0] and not one.seen]
        for one in [*unseen, known]:  # a high one that is over stays until a person lets it go
            one.seen.append((row.at, row.by.name))
    elif is_witnessed(known, row) and row.by.name not in [name for _, name in known.seen]:
        known.seen.append((row.at, row.by.name))


def level(known: Episode, row: AlarmSignal) -> None:
    if GRAVEST.index(row.priority) < GRAVEST.index(known.priority):
        known.before = known.before if known.priority == LOW else (known.priority, known.since)
        known.gravest, known.priority, known.since, known.fell = row, row.priority, row.at, None
    elif row.priority == known.priority:
        known.fell = None
    elif known.ended is not None:
        known.fell, known.lesser = known.ended, row.priority
    known.ended = None


def is_witnessed(known: Episode, row: AlarmSignal) -> bool:
    """A sign was seen by whoever told it and by whoever said that it is over; of a monitor's alarm whose reading ended
    it has not seen it by that. Who presses the button calls for help: that is nobody who came."""
    pressed = known.gravest.condition == HELP and row.presence != Presence.ABSENT
    return row.condition.startswith(SIGN) and not pressed


def name_of(row: AlarmSignal) -> str:
    channel = Channel(row.channel) if row.channel else None
    if row.kind == Kind.TECHNICAL:
        return (
            f"{channel.label} signal lost" if channel and row.rule in ("T2", "T3") else "Fault of a device or a signal"
        )
    if row.condition.startswith(SIGN):
        return row.condition.removeprefix(SIGN).capitalize()
    side = next((words for side, words in SIDES.items() if row.condition.endswith(f".{side}")), "")
    return f"{channel.label} {side}".strip() if channel else row.condition


def extreme(session: Session, one: Episode) -> str:
    """How far it went, by the good readings of that time, and the line that was crossed."""
    row = one.gravest
    if row.kind != Kind.PHYSIOLOGICAL or not row.channel:
        return ""
    channel, is_low = Channel(row.channel), row.condition.endswith(f".{Side.LOW}")
    good = monitoring.readings(session.visit).filter(channel=row.channel, quality="good", taken_at__gte=one.began)
    good = good if one.ended is None else good.filter(taken_at__lte=one.ended)
    worst = good.aggregate(worst=Min("value") if is_low else Max("value"))["worst"]
    line = "" if row.limit is None else f", limit {plain(row.limit)}"
    far = "lowest" if is_low else "highest"
    return "" if worst is None else f", {far} {plain(worst)} {unit_of(channel)}".rstrip() + line


def over(one: Episode, clock: Callable[[datetime], str], *, has_left: bool) -> str:
    """Until when; of one that rose and fell by steps the lesser levels too."""
    still = "not over when they left" if has_left else "goes on"
    rose = f"{one.before[0]} from {clock(one.before[1])}, " if one.before else ""
    if one.fell is not None:
        return f"{rose}over {clock(one.fell)}, {one.lesser} {f'until {clock(one.ended)}' if one.ended else still}"
    return rose + (f"over {clock(one.ended)}" if one.ended else still)


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


# When a pressure that is taken now and then amounts to an alarm (A16).
TIMED = {Timing.NOTICE: " when repeated", Timing.CONFIRM: " when confirmed", Timing.SINGLE: " at one reading"}


def of_channel(channel: Channel, placed: list[LimitLine]) -> str:
    words = [
        f"{line.side} {plain(line.threshold)} {line.priority.word}{TIMED.get(line.timing, '')}"
        for line in sorted(ordered(channel, placed), key=lambda line: (line.side != Side.LOW, -line.priority))
        if line.threshold is not None
    ]
    return f"{channel.label}: {', '.join(words)}"


def ordered(channel: Channel, placed: list[LimitLine]) -> Iterator[LimitLine]:
    return (line for line in placed if line.channel is channel)
