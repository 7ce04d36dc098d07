"""The calendar as a grid: columns of quarter hours, each with a visit, the rest of one, or a free place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from ketacare.clinic.people.access import Actor, patients_visible_to
from ketacare.clinic.people.models import Demographics, Patient
from ketacare.clinic.scheduling.models import (
    GIVEN_UP,
    Chair,
    Happened,
    Hold,
    ResourceKind,
    Visit,
    VisitChange,
    VisitState,
)
from ketacare.clinic.scheduling.queries.house import house_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.scheduling.rules import day_of
from ketacare.medicine.scheduling.terms import House, PlaceKind, Span

ROW = timedelta(minutes=15)


@dataclass(frozen=True)
class Shown:
    """A visit as the calendar shows it: a name only to whoever may see this patient's appointments."""

    visit: Visit
    who: str
    people: tuple[str, ...]
    late: str
    person: str = ""
    """The key of whoever stands first in `people`."""
    room: str = ""

    @property
    def may_move(self) -> bool:
        return bool(self.who) and self.visit.state == VisitState.BOOKED


@dataclass(frozen=True)
class Cell:
    """One place of the grid. `shown` is a visit with the rows it takes; else a free beginning or closed."""

    starts_at: datetime
    rows: int = 1
    shown: Shown | None = None
    is_open: bool = True


@dataclass(frozen=True)
class Column:
    title: str
    chair: str
    cells: dict[datetime, Cell]
    out: str = ""
    person: str = ""


@dataclass(frozen=True)
class Grid:
    times: tuple[datetime, ...]
    columns: tuple[Column, ...]
    beside: tuple[Shown, ...] = ()
    """Visits that are in no chair: their columns stand right of the chairs."""


@dataclass(frozen=True)
class DayList:
    on: date
    is_open: bool
    shown: tuple[Shown, ...]


def day_span(on: date, zone: str, days: int = 1) -> Span:
    local = ZoneInfo(zone)
    return Span(
        datetime.combine(on, time(), tzinfo=local), datetime.combine(on + timedelta(days=days), time(), tzinfo=local)
    )


def shown_in(actor: Actor, span: Span) -> list[Shown]:
    """Every visit of these days that is or was kept."""
    rows = list(
        Visit.objects.filter(clinic_id=actor.clinic_id, starts_at__lt=span.ends, ends_at__gt=span.starts)
        .exclude(state=VisitState.CANCELLED)
        .select_related("patient", "chair")
        .order_by("starts_at", "pk")
    )
    names = names_of(actor, {row.patient_id for row in rows})
    people, rooms = held_people(rows), rooms_of(rows)
    late = {
        row.visit_id: row.words.partition(".")[0]
        for row in VisitChange.objects.current().filter(visit__in=rows, what=Happened.LATE).order_by("recorded_at")
    }
    return [
        Shown(
            row,
            names.get(row.patient_id, ""),
            tuple(name for _, name in people[row.pk]),
            late.get(row.pk, ""),
            next((key for key, _ in people[row.pk]), ""),
            rooms.get(row.pk, ""),
        )
        for row in rows
    ]


def placings(rows: Iterable[Visit]) -> QuerySet[Hold]:
    """What these visits hold; of one that took place what it held last."""
    newer = Hold.objects.filter(visit=OuterRef("visit"), created_at__gt=OuterRef("created_at"))
    took_place = Q(~Exists(newer), visit__state__in=(VisitState.DISCHARGED, VisitState.CLOSED))
    return Hold.objects.filter(visit__in=list(rows)).filter(Q(is_held=True) | took_place)


def held_people(rows: Iterable[Visit]) -> dict[UUID, list[tuple[str, str]]]:
    """Key and name of everybody who is held for these visits: who watches, who sits, who talks."""
    people: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    held = placings(rows).filter(user__isnull=False).exclude(lane=0, lane_until=1)
    for hold in held.select_related("user").order_by("-lane", "pk"):
        people[hold.visit_id].append((str(hold.user_id), hold.user.name if hold.user else ""))
    return people


def rooms_of(rows: Iterable[Visit]) -> dict[UUID, str]:
    """In which room each of these visits is, if it holds one."""
    held = placings(rows).filter(resource__kind=ResourceKind.ROOM)
    return dict(held.values_list("visit_id", "resource__name"))


def names_of(actor: Actor, patients: Iterable[UUID]) -> dict[UUID, str]:
    visible = Patient.objects.filter(patients_visible_to(actor, "appointments"), pk__in=list(patients))
    named = Demographics.objects.current().filter(patient__in=visible).order_by("recorded_at")
    return {row.patient_id: f"{row.given[:1]}. {row.family}" for row in named}


def grid_of_day(actor: Actor, on: date) -> Grid:
    """Chairs side by side, then everybody who has visits in rooms."""
    span = day_span(on, actor.zone)
    house = house_of(Clinic.objects.get(pk=actor.clinic_id), span)
    shown = shown_in(actor, span)
    times = times_of(house, shown, span)
    columns = [
        column(place.name, place.id, [one for one in shown if str(one.visit.chair_id) == place.id], times, house)
        for place in house.places_of(PlaceKind.CHAIR)
    ]
    others: dict[tuple[str, str], list[Shown]] = defaultdict(list)
    for one in shown:
        if one.visit.chair_id is None:
            others[one.people[0] if one.people else "No chair", one.person].append(one)
    columns += [column(name, "", group, times, house, person) for (name, person), group in sorted(others.items())]
    return Grid(times, tuple(columns), tuple(one for one in shown if one.visit.chair_id is None))


def grid_of_chair(actor: Actor, chair: Chair, monday: date) -> Grid:
    """One chair through a week; the times are of the wall's clock."""
    clinic = Clinic.objects.get(pk=actor.clinic_id)
    days = []
    for n in range(7):
        span = day_span(monday + timedelta(days=n), actor.zone)
        house = house_of(clinic, span)
        shown = [one for one in shown_in(actor, span) if one.visit.chair_id == chair.pk]
        if not house.opens and not shown:
            continue
        times = times_of(house, shown, span)
        days.append((times, column(f"{monday + timedelta(days=n):%a %d %b}", str(chair.pk), shown, times, house)))
    return side_by_side(days, monday, actor.zone)


def side_by_side(days: Sequence[tuple[tuple[datetime, ...], Column]], monday: date, zone: str) -> Grid:
    """Days under one clock: where one is shut, or its clock leaps, its column is closed there; the hour that comes
    twice stands twice."""
    local = ZoneInfo(zone)
    rows = sorted({row_of(moment, local) for times, _ in days for moment in times})
    marks = [datetime.combine(monday, time(hour, minute, 0, fold), tzinfo=local) for hour, fold, minute in rows]
    place = {row: n for n, row in enumerate(rows)}

    def under(times: tuple[datetime, ...], one: Column) -> Column:
        cells: dict[datetime, Cell] = {}

        def shut(first: int, until: int) -> None:
            cells.update({mark: Cell(mark, is_open=False) for mark in marks[first:until]})

        reached = 0
        for moment, cell in one.cells.items():
            last = times[times.index(moment) + cell.rows - 1]
            begins, ends = place[row_of(moment, local)], place[row_of(last, local)] + 1
            shut(reached, begins)
            cells[marks[begins]] = replace(cell, rows=ends - begins)
            reached = ends
        shut(reached, len(marks))
        return replace(one, cells=cells)

    return Grid(tuple(marks), tuple(under(times, one) for times, one in days))


def row_of(moment: datetime, local: ZoneInfo) -> tuple[int, int, int]:
    """By the wall's clock; when an hour comes twice, the second of it after the first."""
    there = moment.astimezone(local)
    return there.hour, there.fold, there.minute


def week_of(actor: Actor, monday: date) -> list[DayList]:
    span = day_span(monday, actor.zone, 7)
    house = house_of(Clinic.objects.get(pk=actor.clinic_id), span)
    shown = shown_in(actor, span)
    open_days = {day_of(one.starts, actor.zone) for one in house.opens}
    days = [monday + timedelta(days=n) for n in range(7)]
    lists = [
        DayList(on, on in open_days, tuple(x for x in shown if local_day(x.visit.starts_at, actor.zone) == on))
        for on in days
    ]
    return [one for one in lists if one.is_open or one.shown or one.on.weekday() < 5]


def times_of(house: House, shown: list[Shown], span: Span) -> tuple[datetime, ...]:
    """From opening, or the first visit before it, to closing, or the last visit after it."""
    firsts = [one.starts for one in house.opens] + [max(one.visit.starts_at, span.starts) for one in shown]
    lasts = [one.ends for one in house.opens] + [min(one.visit.ends_at, span.ends) for one in shown]
    if not firsts:
        return ()
    first, last = floored(min(firsts), span.starts), max(lasts)
    found = []
    while first < last:  # in UTC: by the wall's clock an hour that comes twice would be one
        found.append(first)
        first += ROW
    return tuple(found)


def floored(moment: datetime, midnight: datetime) -> datetime:
    return midnight + (moment - midnight) // ROW * ROW


def column(
    title: str, chair: str, shown: list[Shown], times: tuple[datetime, ...], house: House, person: str = ""
) -> Column:
    cells: dict[datetime, Cell] = {}
    local = ZoneInfo(house.zone)
    taken_until = times[0] if times else None
    waiting = sorted(shown, key=lambda one: one.visit.starts_at)
    for place, moment in enumerate(times):
        if taken_until is not None and moment < taken_until:
            continue
        if waiting and waiting[0].visit.starts_at < moment + ROW:
            one = waiting.pop(0)
            rows = max(1, min(-((moment - one.visit.ends_at) // ROW), len(times) - place))
            cells[moment] = Cell(moment.astimezone(local), rows, one)
            taken_until = times[place] + rows * ROW
        else:
            is_open = any(opens.starts <= moment < opens.ends for opens in house.opens)
            cells[moment] = Cell(moment.astimezone(local), 1, None, is_open)
    places = {place.id: place for place in house.places}
    out = "out of order" if chair in places and places[chair].out else ""
    return Column(title, chair, cells, out, person)


def given_up_in(actor: Actor, span: Span) -> list[Shown]:
    rows = list(
        Visit.objects.filter(clinic_id=actor.clinic_id, starts_at__lt=span.ends, starts_at__gte=span.starts)
        .filter(state__in=GIVEN_UP)
        .select_related("patient", "chair")
        .order_by("starts_at")
    )
    names = names_of(actor, {row.patient_id for row in rows})
    said = {
        row.visit_id: row.words or row.reason
        for row in VisitChange.objects.current().filter(visit__in=rows).order_by("recorded_at")
    }
    return [Shown(row, names.get(row.patient_id, ""), (), said.get(row.pk, "")) for row in rows]
