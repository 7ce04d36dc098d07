"""The timeline as it stands: lines with their history, and the facts a decision looks at. Orders are in `ordered`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
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


READ, KINDS = "timeline_read", "timeline_kinds_read"
AS_IT_HAPPENED = ("happened_at", "recorded_at", "id")


def read_once(*visits: Visit, kinds: Collection[Kind] = ()) -> None:
    """For a page that only shows: read whole timelines now, and every question about these visits asks no more. Of some
    kinds alone, for a page of many chairs that shows little of each: what is asked of others asks the database.

    Never before a write in the same request: what is written later is not seen.
    """
    # Each person once: a wall of forty chairs has a thousand lines, and their names were most of its time.
    lines = TimelineEntry.objects.prefetch_related("recorded_by").order_by(*AS_IT_HAPPENED)
    lines = lines.filter(kind__in=kinds) if kinds else lines
    for visit in visits:
        vars(visit).pop(READ, None)  # what was read of other kinds would be left as it is
    prefetch_related_objects(visits, Prefetch("timeline", lines, to_attr=READ))
    for visit in visits:
        setattr(visit, KINDS, frozenset(kinds or Kind))
        by_id = {row.pk: row for row in getattr(visit, READ)}
        for row in by_id.values():  # what amends a line is of its kind
            if row.amends_id in by_id:
                row.amends = by_id[row.amends_id]


def _read(visit: Visit, kinds: Iterable[Kind]) -> list[TimelineEntry] | None:
    """The lines already read, where all of these kinds are among them."""
    known: frozenset[Kind] = getattr(visit, KINDS, frozenset())
    return getattr(visit, READ) if known and known.issuperset(kinds) else None


def entries(visit: Visit) -> list[TimelineEntry]:
    """Every line ever written, in the order things happened."""
    read = _read(visit, Kind)
    if read is not None:
        return read
    rows = TimelineEntry.objects.filter(visit=visit).select_related("recorded_by")
    return list(rows.order_by(*AS_IT_HAPPENED))


def told(visit: Visit) -> list[Told]:
    """Each line once, newest version, with the versions it replaced, oldest first."""
    return _told(entries(visit))


def _told(lines: Iterable[TimelineEntry]) -> list[Told]:
    rows = {row.pk: row for row in lines}
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
    read = _read(visit, kinds)
    if read is not None:
        return [row for row in _current(read) if row.kind in kinds]
    rows = TimelineEntry.objects.current().filter(visit=visit, kind__in=kinds)
    return list(rows.select_related("recorded_by").order_by(*AS_IT_HAPPENED))


def _current(lines: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """Lines neither replaced nor entered in error: as the database says it, of lines already read."""
    return [row.entry for row in _told(lines) if not row.entry.in_error]


def latest(visit: Visit, kind: Kind, name: str | None = None) -> TimelineEntry | None:
    read = _read(visit, [kind])
    if read is not None:
        found = [row for row in _current(read) if row.kind == kind and name in (None, row.name)]
        return max(found, key=lambda row: (row.recorded_at, row.pk), default=None)
    rows = TimelineEntry.objects.current().filter(visit=visit, kind=kind).select_related("recorded_by")
    if name is not None:
        rows = rows.filter(name=name)
    return rows.order_by("recorded_at", "id").last()


def latest_by_name(visit: Visit, kind: Kind) -> dict[str, TimelineEntry]:
    """The last answer to each question of this kind."""
    return {row.name: row for row in standing(visit, kind)}
