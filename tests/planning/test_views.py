"""What the calendar shows of a day and of a week, over both changes of the clocks and where days open differently:
every visit once, and every row of the table whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.planning.tests.factories import Site
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.scheduling.queries import calendar
from ketacare.clinic.scheduling.queries.calendar import ROW, Shown, column, day_span, side_by_side, times_of
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.terms import House, Place, PlaceKind, Span
from tests.planning.invented import at

HOUR = timedelta(hours=1)
# A day on which an hour is left out, one on which an hour comes twice, and one of every year.
DAYS = [
    ("America/New_York", date(2026, 3, 8), 23), ("America/New_York", date(2026, 11, 1), 25),
    ("Europe/Berlin", date(2026, 3, 29), 23), ("Europe/Berlin", date(2026, 10, 25), 25),
    ("Australia/Sydney", date(2026, 4, 5), 25), ("Australia/Sydney", date(2026, 10, 4), 23),
    ("America/New_York", date(2026, 6, 7), 24),
]  # fmt: skip


def a_day(zone: str, on: date, opens: Span | None = None):
    """Open from midnight to midnight, or as said, with a visit of 45 minutes in every hour."""
    span = day_span(on, zone)
    within = opens or span
    rules = replace(lengths().site, end_before_closing=timedelta())
    house = House(zone, (within,), (), (Place("c", "Chair", PlaceKind.CHAIR),), rules)
    shown, moment = [], within.starts
    while moment < within.ends:
        row = cast(Any, SimpleNamespace(starts_at=moment, ends_at=moment + 3 * ROW))
        shown.append(Shown(row, "N. Name", (), ""))
        moment += HOUR
    times = times_of(house, shown, span)
    return times, shown, column(f"{on:%a}", "c", shown, times, house)


@pytest.mark.parametrize(("zone", "on", "hours"), DAYS)
def test_a_day_shows_every_visit_once_also_when_an_hour_comes_twice_or_not(zone, on, hours):
    times, shown, col = a_day(zone, on)
    assert (len(times), len(shown)) == (4 * hours, hours)
    assert [cell.shown for cell in col.cells.values() if cell.shown] == shown
    assert sum(cell.rows for cell in col.cells.values()) == len(times)
    free = [cell for cell in col.cells.values() if cell.shown is None]
    assert [cell.starts_at.astimezone(ZoneInfo("UTC")) for cell in free] == [one.visit.ends_at for one in shown]


@pytest.mark.parametrize(("zone", "on", "hours"), DAYS)
def test_a_week_of_one_chair_shows_every_visit_once_and_keeps_its_columns(zone, on, hours):
    """The day of the change beside the day before, and beside one that opens at noon."""
    before, late = on - timedelta(days=1), on + timedelta(days=1)
    days = [
        a_day(zone, before),
        a_day(zone, on),
        a_day(zone, late, Span(at(late, "12:00", zone), at(late, "15:00", zone))),
    ]
    grid = side_by_side([(times, col) for times, _, col in days], on, zone)
    assert len(grid.times) == (100 if hours == 25 else 96)
    for (_, shown, _), col in zip(days, grid.columns, strict=True):
        assert [cell.shown for cell in col.cells.values() if cell.shown] == shown
        assert sum(cell.rows for cell in col.cells.values()) == len(grid.times)
        for mark, cell in col.cells.items():  # each stands in the row of its own clock
            assert cell.is_open is False or f"{cell.starts_at:%H:%M}" == f"{mark:%H:%M}"
    assert sum(cell.is_open for cell in grid.columns[2].cells.values()) == 6


def test_the_week_has_a_visit_on_the_day_of_the_wall_also_in_the_night_of_the_change(db):
    site = Site()
    zone = ZoneInfo(site.clinic.zone)
    assert str(zone) == "America/New_York"
    for on, clock in ((date(2026, 3, 7), "23:30"), (date(2026, 3, 8), "00:30"), (date(2026, 3, 8), "03:30")):
        starts = at(on, clock)
        Visit.objects.create(
            organisation_id=site.clinic.organisation_id, clinic=site.clinic, created_at=AT, patient=site.patient,
            kind=VisitKind.REVIEW, starts_at=starts, ends_at=starts + timedelta(minutes=20),
        )  # fmt: skip
    week = {one.on: len(one.shown) for one in calendar.week_of(site.desk, date(2026, 3, 2))}
    assert (week[date(2026, 3, 7)], week[date(2026, 3, 8)]) == (1, 2)
