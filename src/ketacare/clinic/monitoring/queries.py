"""Reads of the watch: trends, the latest values with their age, alarms as they stand, the wall, devices."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Func, QuerySet, Value

from ketacare.clinic.monitoring.models import AlarmSignal, Beat, Device, Pairing, Reading, StrayStream, Watch, WatchStep
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.models import ClinicHead
from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import Channel, Condition, Shown, Signal, State

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def readings(visit: Visit) -> QuerySet[Reading]:
    """What stands of a visit: not corrected since, not entered in error."""
    return Reading.objects.filter(
        organisation_id=visit.organisation_id, visit=visit, amended_by__isnull=True, in_error=False
    )


@dataclass(frozen=True, slots=True)
class Point:
    """One place on a trend. Without a value the line breaks there (T4)."""

    taken_at: datetime
    value: Decimal | None
    quality: str
    source: str


def trend(
    visit: Visit,
    *,
    channels: Sequence[Channel] = (),
    since: datetime | None = None,
    one_in: timedelta | None = None,
) -> dict[Channel, list[Point]]:
    """The points of each channel, oldest first; nothing averaged, filled in or carried forward.

    `one_in` keeps the first of each so long stretch: the database leaves the others where they are.
    """
    rows = readings(visit)
    if channels:
        rows = rows.filter(channel__in=[str(channel) for channel in channels])
    if since is not None:
        rows = rows.filter(taken_at__gte=since)
    rows, columns = rows.order_by("channel", "taken_at", "id"), ["channel", "taken_at", "value", "quality", "source"]
    if one_in is not None:
        stretch = Func(Value(one_in), "taken_at", Value(EPOCH), function="date_bin", output_field=DateTimeField())
        rows = rows.annotate(stretch=stretch).order_by("channel", "stretch", "taken_at", "id")
        rows, columns = rows.distinct("channel", "stretch"), [*columns, "stretch"]
    found: dict[Channel, list[Point]] = defaultdict(list)
    for channel, taken_at, value, quality, source, *_ in rows.values_list(*columns).iterator(chunk_size=5000):
        found[Channel(channel)].append(Point(taken_at, value if quality == "good" else None, quality, source))
    return dict(found)


# One step down the index of the trend for each channel, and moment, instead of a walk along hours of a stream.
NEWEST = """
select newest.id from unnest(%s::text[]) named cross join lateral (
  select id from monitoring_reading r
  where organisation_id = %s and visit_id = %s and channel = named and quality = 'good' and not in_error
    and not exists (select from monitoring_reading a where a.amends_id = r.id)
  order by taken_at desc, id desc limit 1
) newest
"""
NEAREST = """
select named, near.taken_at, near.value
from unnest(%s::text[]) named cross join unnest(%s::timestamptz[]) moment cross join lateral (
  select taken_at, value from (
    (select taken_at, value from monitoring_reading
     where organisation_id = %s and visit_id = %s and channel = named and quality = 'good' and source = 'device'
       and taken_at between moment - %s and moment order by taken_at desc limit 1)
    union all
    (select taken_at, value from monitoring_reading
     where organisation_id = %s and visit_id = %s and channel = named and quality = 'good' and source = 'device'
       and taken_at > moment and taken_at <= moment + %s order by taken_at limit 1)
  ) sides order by greatest(taken_at - moment, moment - taken_at) limit 1
) near
"""


def latest(visit: Visit) -> dict[Channel, Reading]:
    """The newest usable value of each channel; its age is for the caller to show."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [[str(channel) for channel in Channel], visit.organisation_id, visit.pk])
        ids = [row[0] for row in cursor.fetchall()]
    return {Channel(row.channel): row for row in Reading.objects.filter(pk__in=ids).order_by("channel")}


def nearest(
    visit: Visit, channels: Sequence[Channel], moments: Sequence[datetime], within: timedelta
) -> list[tuple[Channel, datetime, Decimal]]:
    """What the monitor said nearest to each moment. Its values are never amended, so none is hidden behind another."""
    place: tuple[Any, ...] = (visit.organisation_id, visit.pk, within)
    with connection.cursor() as cursor:
        cursor.execute(NEAREST, [[str(channel) for channel in channels], list(moments), *place, *place])
        return [(Channel(name), taken_at, value) for name, taken_at, value in cursor.fetchall()]


def pressures(visit: Visit) -> list[Reading]:
    """Every cuff value that stands, oldest first: for the flowsheet."""
    return list(readings(visit).filter(channel__startswith="NIBP").order_by("taken_at", "id"))


# -- alarms ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """The whole watch over a visit at a moment, for a screen that opens or has lost its place."""

    visit_id: UUID
    version: int
    at: datetime
    live_number: int
    shown: tuple[Shown, ...]
    conditions: tuple[Condition, ...]
    loudest: Condition | None
    paused_until: datetime | None
    sounding: frozenset[str]

    def as_json(self) -> dict[str, Any]:
        return {
            "visit": str(self.visit_id),
            "version": self.version,
            "at": self.at.isoformat(),
            "live_number": self.live_number,
            "shown": rules.plain(self.shown),
            "conditions": rules.plain(self.conditions),
            "loudest": rules.plain(self.loudest),
            "sounding": sorted(self.sounding),
            "paused_until": self.paused_until.isoformat() if self.paused_until else None,
        }


REMEMBERED_MOST = 256
_remembered: OrderedDict[UUID, tuple[int, State]] = OrderedDict()
_remembering = Lock()


def state_of(watch: Watch) -> State:
    """The engine's state at the watch's version: as this process remembers it, or from its copy and the steps since."""
    with _remembering:
        version, known = _remembered.get(watch.pk, (0, None))
    if known is not None and version == watch.version:
        return known
    state = rules.from_json(watch.state)
    steps = WatchStep.objects.filter(organisation_id=watch.organisation_id, visit_id=watch.visit_id)
    since = steps.filter(number__gt=watch.state_version, number__lte=watch.version).order_by("number")
    for given in since.values_list("given", flat=True):
        for one in given:
            state, _ = rules.step(state, rules.given_from_plain(one))
    return state


def remember(watch_id: UUID, version: int, state: State) -> None:
    """Called after the commit only: what was rolled back must not be taken for the version somebody else then made."""
    with _remembering:
        _remembered[watch_id] = (version, state)
        _remembered.move_to_end(watch_id)
        while len(_remembered) > REMEMBERED_MOST:
            _remembered.popitem(last=False)


def standing(visit: Visit, *, at: datetime) -> Standing | None:
    """The watch as it stands, with the number of the last live event it includes; None when nobody watches."""
    number = ClinicHead.objects.values_list("live_number", flat=True).get(clinic_id=visit.clinic_id)
    watch = Watch.objects.filter(visit=visit, ended_at__isnull=True).first()
    return None if watch is None else _standing(watch, number, at=at)


def _standing(watch: Watch, live_number: int, *, at: datetime) -> Standing:
    state = state_of(watch)
    return Standing(
        visit_id=watch.visit_id,
        version=watch.version,
        at=at,
        live_number=live_number,
        shown=rules.visible(state, at),
        conditions=rules.listed(state),
        loudest=rules.loudest(state),
        paused_until=state.pause.until if state.pause else None,
        sounding=frozenset(one.key for one in rules.listed(state) if rules.sounding(state, one)),
    )


@dataclass(frozen=True, slots=True)
class Bay:
    """One running chair on the wall: the chair and the visit, no name (V4)."""

    visit: Visit
    standing: Standing


def wall(actor: Actor, *, at: datetime) -> list[Bay]:
    """Every running watch of the clinic, by chair. The caller has been let through the door of the wall."""
    number = ClinicHead.objects.values_list("live_number", flat=True).get(clinic_id=actor.clinic_id)
    running = Watch.objects.filter(clinic_id=actor.clinic_id, ended_at__isnull=True)
    watches = running.select_related("visit__chair", "visit__patient").order_by("visit__chair__name", "visit_id")
    return [Bay(watch.visit, _standing(watch, number, at=at)) for watch in watches]


def signals(visit: Visit) -> QuerySet[AlarmSignal]:
    """The alarm log of a visit, in order (A18)."""
    return AlarmSignal.objects.filter(organisation_id=visit.organisation_id, visit=visit).order_by("id")


def replayed(visit: Visit) -> list[Signal]:
    """The signals the kept steps give when stepped again: the same as were logged, or something is wrong (A1)."""
    watch = Watch.objects.get(visit=visit)
    first = visit.limits.order_by("recorded_at").first()
    assert first is not None
    state = rules.begin(rules.limits_from_plain(first.limits), watch.begun_at)
    found: list[Signal] = []
    for given in WatchStep.objects.filter(visit=visit).order_by("number").values_list("given", flat=True):
        for one in given:
            state, more = rules.step(state, rules.given_from_plain(one))
            found += more
    return found


# -- devices -----------------------------------------------------------------------------------------------------------


def devices(actor: Actor) -> QuerySet[Device]:
    return Device.objects.filter(clinic_id=actor.clinic_id, retired_at__isnull=True).order_by("name")


def open_pairings(visit: Visit) -> list[Pairing]:
    return list(Pairing.objects.filter(visit=visit, ended_at__isnull=True).select_related("device", "device__clock"))


def strays(actor: Actor) -> QuerySet[StrayStream]:
    """Monitors that send and are on nobody (H26)."""
    return StrayStream.objects.filter(clinic_id=actor.clinic_id, closed_at__isnull=True).order_by("-last_at")


def last_beat(process: str) -> datetime | None:
    return Beat.objects.filter(process=process).values_list("at", flat=True).first()
