"""The hours after each dose: whose relief is drawn, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ketacare.medicine.outcomes.terms import Point
from ketacare.web.pages import hours
from ketacare.web.pages.curves import Given

AT = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def of_each(doses: tuple[int, ...], *told: tuple[int, int | None]) -> list[list[tuple[float, float | None]]]:
    given = [Given(AT + hour * HOUR, number, None) for number, hour in enumerate(doses, start=1)]
    points = [Point(AT + hour * HOUR, None if value is None else Decimal(value)) for hour, value in told]
    found = [hours.hours_of(points, dose, hours.ends_of(dose, later)) for dose, later in hours.following(given)]
    return [[(each.hour, each.value) for each in near] for near in found]


def test_the_relief_of_the_next_dose_is_not_this_ones():
    first, second = of_each((0, 48), (-1, 80), (5, 40), (24, 30), (47, 75), (53, 30), (72, 10))
    assert first == [(-1, 80), (5, 40), (24, 30), (47, 75)]
    assert second == [(-1, 75), (5, 30), (24, 10)]


def test_two_doses_a_day_apart_share_no_hour():
    first, second = of_each((0, 24), (-1, 90), (5, 50), (23, 60), (29, 20), (48, 30))
    assert [hour for hour, _ in first] == [-1, 5, 23]
    assert [hour for hour, _ in second] == [-1, 5, 24]


def test_what_comes_in_the_last_hours_of_its_window_is_drawn():
    (only,) = of_each((0,), (-1, 80), (24, None), (79, 30), (85, 10))
    assert only == [(-1, 80), (24, None), (79, 30)]
    assert hours.hour_x(79) < hours.H_WIDTH - hours.H_RIGHT


def test_in_the_table_what_came_late_says_so():
    given = Given(AT, 1, None)
    points = [Point(AT + 24 * HOUR, None), Point(AT + 30 * HOUR, Decimal(85), late_of=AT)]
    near = hours.hours_of(points, given, hours.ends_of(given, None))
    assert "; ".join(each.words for each in near) == "missing; 85, late"
