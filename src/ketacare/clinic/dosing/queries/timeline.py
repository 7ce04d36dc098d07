"""The timeline as it stands: lines with their history, and the facts a decision looks at. Orders are in `ordered`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.scheduling.models import Visit


@dataclass(frozen=True)
class Told:
    """A line as it stands, with what it said before."""

    entry: TimelineEntry
    earlier: tuple[TimelineEntry, ...] = ()


READ = "timeline_read"
AS_IT_HAPPENED = ("happened_at", "recorded_at", "id")


def read_once(*visits: Visit) -> None:
    """For a page that only shows: read whole timelines now, and every question about these visits asks no more.

    Never before a write in the same request: what is written later is not seen.
    """
    # Each person once: a wall of forty chairs has a thousand lines, and their names were most of its time.
    lines = TimelineEntry.objects.prefetch_related("recorded_by").order_by(*AS_IT_HAPPENED)
    prefetch_related_objects(visits, Prefetch("timeline", lines, to_attr=READ))
    for visit in visits:
        by_id = {row.pk: row for row in entries(visit)}
        for row in by_id.values():
            if row.amends_id in by_id:
                row.amends = by_id[row.amends_id]


def entries(visit: Visit) -> list[TimelineEntry]:
    """Every line ever written, in the order things happened."""
    read: list[TimelineEntry] | None = getattr(visit, READ, None)
    if read is not None:
        return read
    rows = TimelineEntry.objects.filter(visit=visit).select_related("recorded_by")
    return list(rows.order_by(*AS_IT_HAPPENED))


def told(visit: Visit) -> list[Told]:
    """Each line once, newest version, with the versions it replaced, oldest first."""
    rows = {row.pk: row for row in entries(visit)}
    replaced = {row.amends_id for row in rows.values() if row.amends_id}
    return [Told(row, history(row, rows)) for row in rows.values() if row.pk not in replaced]


def history(row: TimelineEntry, rows: dict[Any, TimelineEntry]) -> tuple[TimelineEntry, ...]:
    earlier: list[TimelineEntry] = []
    while row.amends_id and row.amends_id in rows:
        row = rows[row.amends_id]
        earlier.insert(0, row)
    return tuple(earlier)


def standing(visit: Visit, *kinds: Kind) -> list[TimelineEntry]:
    """Lines that still stand, of these kinds, in the order things happened."""
    if hasattr(visit, READ):
        return [row for row in current(visit) if row.kind in kinds]
    rows = TimelineEntry.objects.current().filter(visit=visit, kind__in=kinds)
    return list(rows.select_related("recorded_by").order_by(*AS_IT_HAPPENED))


def current(visit: Visit) -> list[TimelineEntry]:
    """Lines neither replaced nor entered in error: as the database says it, of lines already read."""
    return [row.entry for row in told(visit) if not row.entry.in_error]


def latest(visit: Visit, kind: Kind, name: str | None = None) -> TimelineEntry | None:
    if hasattr(visit, READ):
        read = [row for row in current(visit) if row.kind == kind and name in (None, row.name)]
        return max(read, key=lambda row: (row.recorded_at, row.pk), default=None)
    rows = TimelineEntry.objects.current().filter(visit=visit, kind=kind).select_related("recorded_by")
    if name is not None:
        rows = rows.filter(name=name)
    return rows.order_by("recorded_at", "id").last()


def latest_by_name(visit: Visit, kind: Kind) -> dict[str, TimelineEntry]:
    """The last answer to each question of this kind."""
    return {row.name: row for row in standing(visit, kind)}
