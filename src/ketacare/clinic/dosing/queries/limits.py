"""This person's limits as one page: each line beside the last value, where it lies, and what is not monitored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ketacare.clinic.dosing.models import TimelineEntry
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring.queries import Placed, Standing
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring.rules.words import unit_of
from ketacare.medicine.monitoring.terms import CUFF, Channel, LimitLine, Priority, Side, Timing, Unwatched

# What people name with one word; a pulse is counted by more than one device and moves as one.
GROUPS: dict[str, tuple[str, tuple[Channel, ...]]] = {
    "spo2": ("SpO2", (Channel.SPO2,)),
    "hr": ("Heart and pulse rate", (Channel.HR, Channel.PR)),
    "bp": ("Blood pressure", CUFF),
    "rr": ("Respiratory rate", (Channel.RR,)),
    "etco2": ("End-tidal CO2", (Channel.ETCO2,)),
    "apnoea": ("Apnoea", (Channel.APNOEA,)),
    "temp": ("Temperature", (Channel.TEMP,)),
}
TWIN = {Channel.PR: Channel.HR}
HOW = {Timing.NOTICE: "again at the next reading", Timing.CONFIRM: "if confirmed", Timing.SINGLE: "by one reading"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `field` is empty for a line that is measured from the person's own baseline: it moves with that."""

    channel: Channel
    side: str
    priority: str
    how: str
    begun: str
    now: str
    field: str
    moved: bool


@dataclass(frozen=True, slots=True)
class Aside:
    group: str
    label: str
    of: Unwatched


def number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def measured(line: LimitLine, now: Decimal | None) -> str:
    """A line from the baseline in words: from what, and where that is."""
    change = (
        f"{number(abs(line.change))}"
        if line.change is not None
        else f"{number(abs(line.change_percent or Decimal(0)))} %"
    )
    words = f"{change} {'over' if line.side is Side.HIGH else 'under'} their own"
    return f"{words}: {number(now)}" if now is not None else f"{words}, not known yet"


def row(one: Placed) -> Row:
    line = one.line
    absolute = line.threshold is not None
    how = HOW.get(line.timing, f"after {line.delay_s} s")
    return Row(
        channel=line.channel,
        side="Under" if line.side is Side.LOW else "Over",
        priority=line.priority.word,
        how=how,
        begun=number(one.begun_at) if absolute else measured(line, one.now),
        now=number(one.now),
        field=line.id if absolute else "",
        moved=absolute and one.now != one.begun_at,
    )


def groups(visit: Visit, standing: Standing | None, latest: dict[Channel, Any]) -> list[dict[str, Any]]:
    """By what is measured: its lines from the lowest to the highest, beside the last value."""
    placed = monitoring.placed_lines(visit)
    found = []
    for key, (label, channels) in GROUPS.items():
        own = [one for one in placed if one.line.channel in channels and one.line.channel not in TWIN]
        if own:
            shown = [channel for channel in channels if channel in latest]
            found.append({
                "key": key,
                "label": label,
                "parts": [part(channel, own, latest) for channel in channels if lines_of(own, channel)],
                "shown": bool(shown),
                "aside": aside_of(standing, key),
            })  # fmt: skip
    return found


def lines_of(placed: Iterable[Placed], channel: Channel) -> list[Placed]:
    return [one for one in placed if one.line.channel is channel]


def part(channel: Channel, placed: list[Placed], latest: dict[Channel, Any]) -> dict[str, Any]:
    last = latest.get(channel)
    order = {Side.LOW: 0, Side.HIGH: 1}
    lines = sorted(
        lines_of(placed, channel), key=lambda one: (order[one.line.side], one.now is None, one.now or Decimal(0))
    )
    return {
        "label": channel.label,
        "unit": unit_of(channel),
        "last": number(last.value) if last is not None else "",
        "taken_at": last.taken_at if last is not None else None,
        "rows": [row(one) for one in lines],
    }


def aside_of(standing: Standing | None, key: str) -> Unwatched | None:
    if standing is None:
        return None
    return next((standing.aside[channel] for channel in GROUPS[key][1] if channel in standing.aside), None)


def asides(standing: Standing | None) -> list[Aside]:
    """What nobody watches now, to be said aloud on every page of the chair (A9)."""
    found = ((key, label, aside_of(standing, key)) for key, (label, _) in GROUPS.items())
    return [Aside(key, label, of) for key, label, of in found if of is not None]


def said(visit: Visit) -> list[dict[str, Any]]:
    """Who changed which line, from what to what, when and why; newest first (A14)."""
    rows = monitoring.limits_said(visit)
    return [
        {"who": now.recorded_by.name if now.recorded_by else "", "at": now.recorded_at, "why": now.why,
         "changes": changes(before.limits, now.limits)}
        for now, before in pairwise(rows)
    ]  # fmt: skip


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    was = {line["id"]: line.get("threshold") for line in before["lines"]}
    moved = [(line, was.get(line["id"])) for line in now["lines"] if line.get("threshold") != was.get(line["id"])]
    return [
        f"{Channel(line['channel']).label} {line['side']} {number(Decimal(old))} → {number(Decimal(line['threshold']))}"
        f" ({Priority(line['priority']).word} alarm)"
        for line, old in moved
        if old is not None and Channel(line["channel"]) not in TWIN
    ]


def line_words(row: TimelineEntry) -> str:
    """What was done to the alarms of this person, as a line of the timeline and of the note."""
    if row.name == "moved":
        return f"Alarm lines moved: {'; '.join(row.body['changes'])}. {row.words}"
    if row.name == "unproven":
        return f"Started without: {', '.join(row.body['missing'])}. {row.words}"
    label = GROUPS[row.body["group"]][0]
    if row.name == "again":
        return f"{label} monitored again"
    bound = "" if row.body["minutes"] is None else f", for {row.body['minutes']} min at most"
    return f"{label} NOT MONITORED{bound}: {row.words}"
