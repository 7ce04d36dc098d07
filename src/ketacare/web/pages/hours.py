"""The hours after each dose: the scales that look back no further than a day, one panel to a scale."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.medicine.outcomes.rules import bounds
from ketacare.medicine.outcomes.terms import Point
from ketacare.web.pages.curves import Course, Given, ScaleCourse
from ketacare.web.pages.lanes import path

IN_HOURS = ("mood-vas", "anxiety-vas", "madrs-24h", "qids-sr16-24h")
SETTLED = timedelta(hours=24)  # a score so long before a dose stands for before it


@dataclass(frozen=True)
class Hour:
    """One answer in the hours around a dose."""

    hour: float
    value: float | None
    is_late: bool = False  # the window of what was asked was over

    @property
    def words(self) -> str:
        return "missing" if self.value is None else f"{self.value:g}{', late' if self.is_late else ''}"


def hours_of(points: Iterable[Point], dose: Given, ends: datetime) -> list[Hour]:
    """The last before it, and those after it: at the next dose at the latest, whose own hours begin there. What was
    asked about an earlier dose and came late is none of this one's."""
    mine = [point for point in points if point.late_of is None or point.late_of > dose.at - SETTLED]
    after = [point for point in mine if dose.at < point.at <= ends]
    before = [point for point in mine if dose.at - SETTLED <= point.at <= dose.at]
    near = [*before[-1:], *after]
    return [
        Hour(
            (point.at - dose.at) / timedelta(hours=1),
            None if point.total is None else float(point.total),
            point.late_of is not None,
        )
        for point in near
    ]


@dataclass(frozen=True)
class Trace:
    """The answers of one scale after one dose; `path` and `spots` are places in the picture of its hours."""

    dose: Given
    words: str
    lines: tuple[str, ...]
    spots: tuple[tuple[float, float, str], ...]
    missing: tuple[float, ...]
    newest: bool
    label_x: float
    label_y: float


@dataclass(frozen=True)
class HoursPanel:
    """One scale in the hours after each dose, and the same as a table."""

    name: str
    width: int
    height: int
    left: int
    bottom: int
    ticks: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, str], ...]
    missing_y: float
    traces: tuple[Trace, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


H_WIDTH, H_HEIGHT, H_LEFT, H_RIGHT, H_TOP, H_BOTTOM = 460, 222, 40, 26, 22, 26
H_FROM, H_TO = -8.0, 84.0
H_TICKS = (0, 6, 12, 24, 36, 48, 60, 72)
H_COLUMNS = (
    (-24.0, 0.0, "before"),
    (0.0, 12.0, "same day"),
    (12.0, 36.0, "24 h"),
    (36.0, 60.0, "48 h"),
    (60.0, 84.0, "72 h"),
)


def hours(course: Course, scales: Sequence[ScaleCourse]) -> list[HoursPanel]:
    """The scales that look back no further than a day, in the hours after each dose."""
    able = [one for one in scales if one.sheet.id in IN_HOURS and one.course.points and course.given]
    return [hours_panel(course, one) for one in able]


def hours_panel(course: Course, one: ScaleCourse) -> HoursPanel:
    least, most = (float(bound) for bound in bounds(one.sheet))
    points = [assessed.point for assessed in one.course.points]
    told = [(dose, hours_of(points, dose, ends_of(dose, later))) for dose, later in following(course.given)]
    told = [(dose, near) for dose, near in told if any(each.hour > 0 for each in near)]
    lines = [(dose, near) for dose, near in told if any(each.hour > 0 and each.value is not None for each in near)]

    def y(value: float) -> float:
        return round(H_HEIGHT - H_BOTTOM - (value - least) / (most - least) * (H_HEIGHT - H_TOP - H_BOTTOM), 1)

    last = lines[-1][0] if lines else None
    return HoursPanel(
        name=one.sheet.name, width=H_WIDTH, height=H_HEIGHT, left=H_LEFT, bottom=H_HEIGHT - H_BOTTOM,
        ticks=tuple((hour_x(hour), f"{hour} h") for hour in H_TICKS),
        levels=tuple((y(value), f"{value:g}") for value in (least, (least + most) / 2, most)),
        missing_y=H_TOP / 2 - 2,
        traces=tuple(trace(dose, near, y, dose is last) for dose, near in lines),
        heads=("Dose", *(name for _, _, name in H_COLUMNS)),
        rows=tuple(hours_row(course, dose, near) for dose, near in told),
    )  # fmt: skip


def following(given: Sequence[Given]) -> list[tuple[Given, Given | None]]:
    """Each dose with the next one."""
    return list(zip(given, [*given[1:], None], strict=True))


def ends_of(dose: Given, later: Given | None) -> datetime:
    ends = dose.at + timedelta(hours=H_TO)
    return ends if later is None else min(ends, later.at)


def hour_x(hour: float) -> float:
    share = (max(hour, H_FROM) - H_FROM) / (H_TO - H_FROM)
    return round(H_LEFT + share * (H_WIDTH - H_LEFT - H_RIGHT), 1)


def trace(dose: Given, near: Sequence[Hour], y: Callable[[float], float], newest: bool) -> Trace:
    runs: list[list[tuple[float, float]]] = [[]]
    for each in near:
        if each.value is None:
            runs.append([])
        else:
            runs[-1].append((hour_x(each.hour), y(each.value)))
    spots = tuple(
        (hour_x(each.hour), y(each.value), f"{each.value:g} at {each.hour:+.0f} h")
        for each in near
        if each.value is not None
    )
    end = spots[-1] if spots else (0.0, 0.0, "")
    return Trace(
        dose=dose, words=dose.words, lines=tuple(path(run) for run in runs if len(run) > 1), spots=spots,
        missing=tuple(hour_x(each.hour) for each in near if each.value is None), newest=newest,
        label_x=end[0] + 7, label_y=end[1] + 4,
    )  # fmt: skip


def hours_row(course: Course, dose: Given, near: Sequence[Hour]) -> tuple[str, ...]:
    """One cell to a time after the dose: the value, that it is missing, or nothing where nothing was asked."""

    def cell(low: float, high: float) -> str:
        inside = [each for each in near if low < each.hour <= high or (high == 0 and each.hour <= 0)]
        return "; ".join(each.words for each in inside)

    return (f"{dose.words}, {course.date(dose.at)}", *(cell(low, high) for low, high, _ in H_COLUMNS))
