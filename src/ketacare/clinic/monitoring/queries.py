"""Reads of the watch: trends, the latest values with their age, alarms as they stand, the wall, devices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Func, Q, QuerySet, Value

from ketacare.clinic.monitoring import glances, states, unjudged
from ketacare.clinic.monitoring.models import (
    AlarmSignal,
    Beat,
    Device,
    LimitsInForce,
    Pairing,
    Reading,
    StrayStream,
    Watch,
)
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.alone import Faults
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.clinic.tenancy.models import ClinicHead
from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.rules.acknowledge import to_take_back
from ketacare.medicine.monitoring.rules.due import REPEAT, RepeatOwed, repeat_owed
from ketacare.medicine.monitoring.rules.limits import threshold
from ketacare.medicine.monitoring.terms import (
    Ask,
    Channel,
    Condition,
    LimitLine,
    Limits,
    Priority,
    Shown,
    Side,
    State,
    Unwatched,
)

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def readings(*visits: Visit) -> QuerySet[Reading]:
    """What stands of these visits: not corrected since, not entered in error."""
    organisations = {visit.organisation_id for visit in visits}
    return Reading.objects.filter(
        organisation_id__in=organisations, visit__in=visits, amended_by__isnull=True, in_error=False
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


# One step down the index of the trend for each visit, channel, and moment, not a walk along hours of a stream.
NEWEST = """
select newest.id
from unnest(%s::uuid[], %s::uuid[]) watched (organisation, visit) cross join unnest(%s::text[]) named
cross join lateral (
  select id from monitoring_reading r
  where organisation_id = watched.organisation and visit_id = watched.visit and channel = named and quality = 'good'
    and not in_error and not exists (select from monitoring_reading a where a.amends_id = r.id)
  order by taken_at desc, id desc limit 1
) newest
"""
NEAREST = """
select asked.visit, named, near.taken_at, near.value
from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) asked (organisation, visit, moment)
cross join unnest(%s::text[]) named cross join lateral (
  select taken_at, value from (
    (select taken_at, value from monitoring_reading r
     where organisation_id = asked.organisation and visit_id = asked.visit and channel = named and quality = 'good'
       and source = 'device' and taken_at between moment - %s and moment
       and not r.in_error and not exists (select from monitoring_reading a where a.amends_id = r.id)
     order by taken_at desc limit 1)
    union all
    (select taken_at, value from monitoring_reading r
     where organisation_id = asked.organisation and visit_id = asked.visit and channel = named and quality = 'good'
       and source = 'device' and taken_at > moment and taken_at <= moment + %s
       and not r.in_error and not exists (select from monitoring_reading a where a.amends_id = r.id)
     order by taken_at limit 1)
  ) sides order by greatest(taken_at - moment, moment - taken_at) limit 1
) near
"""


def latest(visit: Visit) -> dict[Channel, Reading]:
    """The newest usable value of each channel; its age is for the caller to show."""
    return latest_of([visit])[visit.pk]


def latest_of(
    visits: Sequence[Visit], channels: Sequence[Channel] = tuple(Channel)
) -> dict[UUID, dict[Channel, Reading]]:
    """As latest, for many visits at once."""
    organisations, ids = [visit.organisation_id for visit in visits], [visit.pk for visit in visits]
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [organisations, ids, [str(channel) for channel in channels]])
        newest = [row[0] for row in cursor.fetchall()]
    found: dict[UUID, dict[Channel, Reading]] = {visit_id: {} for visit_id in ids}
    for row in Reading.objects.filter(pk__in=newest).order_by("channel"):
        found[row.visit_id][Channel(row.channel)] = row
    return found


def nearest(
    visit: Visit, channels: Sequence[Channel], moments: Sequence[datetime], within: timedelta
) -> list[tuple[Channel, datetime, Decimal]]:
    """What the monitor said nearest to each moment; what was left out as an artefact no longer stands (I2)."""
    return nearest_of([(visit, moment) for moment in moments], channels, within)[visit.pk]


def nearest_of(
    asked: Sequence[tuple[Visit, datetime]], channels: Sequence[Channel], within: timedelta
) -> dict[UUID, list[tuple[Channel, datetime, Decimal]]]:
    """As nearest, for the moments of many visits at once."""
    places = [(visit.organisation_id, visit.pk, moment) for visit, moment in asked]
    columns = [list(column) for column in zip(*places, strict=True)] or [[], [], []]
    found: dict[UUID, list[tuple[Channel, datetime, Decimal]]] = defaultdict(list)
    with connection.cursor() as cursor:
        given: list[Any] = [*columns, [str(channel) for channel in channels], within, within]
        cursor.execute(NEAREST, given)
        for visit_id, name, taken_at, value in cursor.fetchall():
            found[visit_id].append((Channel(name), taken_at, value))
    return found


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
    aside: Mapping[Channel, Unwatched]  # nobody watches these: who said so, why, and until when (A9)
    interval_s: Mapping[Channel, int]  # what each stream promises: a slow one is not stale between two values (T2)
    slips: Mapping[str, tuple[Condition, datetime]]  # acknowledged a moment ago, and until when it is taken back (V5)
    unjudged_since: datetime | None = None  # nothing here is of now: it is watched by eye (D9)

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


state_of, states_of, _remembered = states.state_of, states.states_of, states._remembered


@looked_up
def _numbered(visit: Visit) -> tuple[int, Watch | None]:
    """The watch, and the number of the last live event it includes: read first, so that none is missed."""
    number = ClinicHead.objects.values_list("live_number", flat=True).get(clinic_id=visit.clinic_id)
    return number, Watch.objects.filter(visit=visit).first()


@looked_up
def _state_of(watch: Watch) -> State | None:
    """Of one that cannot be read, nothing. A page about one chair leads it on once, whatever it shows of it."""
    return states.readable([watch]).get(watch.pk)


def _running(visit: Visit) -> State | None:
    _, watch = _numbered(visit)
    return None if watch is None or watch.ended_at is not None else _state_of(watch)


def asks_owed(visit: Visit) -> tuple[Ask, ...]:
    """What people still owe at a moment, as the watch has it; repeats that a reading called for are its own."""
    state = _running(visit)
    return () if state is None else tuple(ask for ask in state.asks if not ask.key.startswith(REPEAT))


def repeat_of(visit: Visit) -> RepeatOwed | None:
    """The blood pressure that a reading called for again, as the watch has it."""
    state = _running(visit)
    return None if state is None else repeat_owed(state)


def only_high_sounds(visit: Visit) -> bool | None:
    """Whether an emergency holds back the sound of what is not high: it does so no longer when nobody acted for a while
    (A20). None where nothing is watched."""
    state = _running(visit)
    return None if state is None else state.emergency is not None


def standing(visit: Visit, *, at: datetime) -> Standing | None:
    """The watch as it stands, with the number of the last live event it includes; None when nobody watches. One that
    cannot be read stands empty and says that it is not judged: nothing of it keeps anybody from the session (D9)."""
    number, watch = _numbered(visit)
    if watch is None or watch.ended_at is not None:
        return None
    since = unjudged.since_of(visit.clinic_id, [visit.pk]).get(visit.pk)
    state = _state_of(watch)
    stands = standing_of(watch, state or _empty(watch), number, at=at)
    return replace(stands, unjudged_since=since or (at if state is None else None))


def _empty(watch: Watch) -> State:
    """In the place of what cannot be read, with the lines that hold."""
    return rules.begin(limits_that_hold(watch.visit), watch.begun_at)


def standing_of(watch: Watch, state: State, live_number: int, *, at: datetime) -> Standing:
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
        aside=dict(state.unwatched),
        interval_s={channel: stream.interval_s for channel, stream in state.streams.items()},
        slips=_slips(state, at),
    )


def _slips(state: State, at: datetime) -> dict[str, tuple[Condition, datetime]]:
    bound = timedelta(seconds=state.limits.times.undo_s)
    found = ((one, one.answered.at + bound) for one in to_take_back(state) if one.answered is not None)
    return {one.key: (one, until) for one, until in found if at <= until}


@dataclass(frozen=True, slots=True)
class Bay:
    """One running chair on the wall: the chair and the visit, no name (V4)."""

    visit: Visit
    standing: Standing


def wall(actor: Actor, *, at: datetime) -> list[Bay]:
    """Every running watch of the clinic, by chair. The caller has been let through the door of the wall."""
    number = ClinicHead.objects.values_list("live_number", flat=True).get(clinic_id=actor.clinic_id)
    running = Watch.objects.filter(clinic_id=actor.clinic_id, ended_at__isnull=True)
    watches = list(running.select_related("visit__chair").defer("state").order_by("visit__chair__name", "visit_id"))
    known = glances.readable(watches)
    since = {watch.visit_id: at for watch in watches if watch.pk not in known}
    since |= unjudged.since_of(actor.clinic_id) if watches else {}
    shown = [known.get(watch.pk) or (watch, rules.begin(reader.limits(), at)) for watch in watches]
    stand = [Bay(watch.visit, standing_of(watch, state, number, at=at)) for watch, state in shown]
    return [replace(one, standing=replace(one.standing, unjudged_since=since.get(one.visit.pk))) for one in stand]


def signals(visit: Visit) -> QuerySet[AlarmSignal]:
    """The alarm log of a visit, in order (A18)."""
    return AlarmSignal.objects.filter(organisation_id=visit.organisation_id, visit=visit).order_by("id")


def limits_begun_with(visit: Visit) -> Limits:
    """The lines of the sheet under which the watch began, whatever was moved or adopted since (A14, H19)."""
    first = LimitsInForce.objects.filter(visit=visit).order_by("recorded_at").first()
    assert first is not None  # a watch begins with its limits
    return rules.limits_from_plain(first.limits)


def limits_now(visit: Visit) -> Limits | None:
    """The lines that judge this visit now; None before its watch has begun."""
    row = LimitsInForce.objects.filter(visit=visit).order_by("recorded_at").last()
    return None if row is None else rules.limits_from_plain(row.limits)


def limits_that_hold(visit: Visit) -> Limits:
    """As limits_now; those of the sheet that ships while nothing is watched, or where what was kept is unreadable: then
    nothing is judged, and what a person charts is kept all the same (D9)."""
    return Faults().alone(visit.pk, partial(limits_now, visit)) or reader.limits()


def checks_early(visits: Sequence[Visit]) -> dict[UUID, timedelta]:
    """So long before it is due a check already answers what is asked at each visit (T5, T6): by the lines under which
    it is watched, and by those that ship where there are none, or what was kept is unreadable."""
    rows = LimitsInForce.objects.filter(visit__in=visits).order_by("visit_id", "-recorded_at").distinct("visit_id")
    kept = dict(rows.values_list("visit_id", "limits__times__due_early_s"))
    shipped = reader.limits().times.due_early_s
    return {
        visit.pk: timedelta(seconds=found if isinstance(found := kept.get(visit.pk), int) else shipped)
        for visit in visits
    }


def check_early(visit: Visit) -> timedelta:
    return checks_early([visit])[visit.pk]


Lines = dict[tuple[Channel, Side], dict[Priority, Decimal]]


def lines(visit: Visit) -> tuple[Lines, Mapping[Channel, Decimal]]:
    """Where each line lies for this person now, and how far inside of it a value counts as clear; nothing unwatched."""
    _, watch = _numbered(visit)
    if watch is None:
        return {}, {}
    state = _state_of(watch) or _empty(watch)
    placed = {(channel, side): rules.strictest(state, channel, side) for channel in Channel for side in Side}
    return {place: found for place, found in placed.items() if found}, state.limits.dead_bands


@dataclass(frozen=True, slots=True)
class Placed:
    """One line: where it lay when the watch began, where it lies now; None while it waits for a baseline."""

    line: LimitLine
    begun_at: Decimal | None
    now: Decimal | None


def placed_lines(visit: Visit) -> list[Placed]:
    """Every line that judges this visit, in the order of its sheet."""
    watch = Watch.objects.get(visit=visit)
    state = states.readable([watch]).get(watch.pk) or _empty(watch)
    first = Faults().alone(visit.pk, partial(limits_begun_with, visit)) or state.limits
    begun = {line.id: line for line in first.lines}
    return [
        Placed(line, threshold(begun.get(line.id, line), state.baseline), threshold(line, state.baseline))
        for line in state.limits.lines
    ]


def limits_said(visit: Visit) -> list[LimitsInForce]:
    """Each set of limits this visit was judged by, with who and why, newest first."""
    return list(LimitsInForce.objects.filter(visit=visit).select_related("recorded_by").order_by("-recorded_at"))


# -- devices -----------------------------------------------------------------------------------------------------------


def devices(actor: Actor) -> QuerySet[Device]:
    return Device.objects.filter(clinic_id=actor.clinic_id, retired_at__isnull=True).order_by("name")


def open_pairings(visit: Visit) -> list[Pairing]:
    return list(Pairing.objects.filter(visit=visit, ended_at__isnull=True).select_related("device", "device__clock"))


def strays(actor: Actor) -> QuerySet[StrayStream]:
    """Monitors that send and are on nobody (H26)."""
    return StrayStream.objects.filter(clinic_id=actor.clinic_id, closed_at__isnull=True).order_by("-last_at")


BEATS_WITHIN, GONE_AFTER = timedelta(seconds=2), timedelta(seconds=30)


def lateness(at: datetime) -> timedelta:
    """How late the gateways and the watch are, at the worst, by their own account. Of one that is silent: for how long;
    until it is gone, which screens say and no giving way mends."""
    asked = Q(process="watch") | Q(process__startswith="gateway ")
    beats = Beat.objects.filter(asked, at__gt=at - GONE_AFTER).values_list("at", "late_ms")
    late = [max(timedelta(milliseconds=late_ms), at - then - BEATS_WITHIN) for then, late_ms in beats]
    return max(late, default=timedelta())


def last_beat(process: str) -> datetime | None:
    return Beat.objects.filter(process=process).values_list("at", flat=True).first()
