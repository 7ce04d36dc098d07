"""The programme's pictures as values: what is drawn, what it says, how it was computed, and the same as a table.

Nothing here is small enough to show a person: a point whose count is hidden is not drawn and its cells read so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ketacare.clinic.registry.queries import Told
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Benchmark, Curve, Kept, Measures, Published, Rate, Reached, Stepped, Week

WEEK, FORTNIGHT, FOUR_WEEKS = 7, 14, 28


@dataclass(frozen=True)
class Point:
    """A share in percent at a place on the x axis, with its interval."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True)
class Companion:
    """What others published: a line across (no x) or a mark at one place."""

    y: float
    words: str
    x: float | None = None
    control: bool = False


@dataclass(frozen=True)
class Figure:
    """`kind`: points with intervals, or a curve that joins them with its band."""

    id: str
    title: str
    sentence: str
    how: str
    kind: str
    x_words: str
    x_most: float
    x_step: float
    points: tuple[Point, ...]
    companions: tuple[Companion, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    counted: tuple[tuple[object, ...], ...] = ()


def percent(share: float | None) -> str:
    return "not known" if share is None else f"{100 * share:.0f} %"


def many(count: int, measures: Measures) -> str:
    """A count as a page says it: never a small one, and none so exact that it can be taken from another."""
    if count == 0:
        return "none"
    if count < measures.smallest_cell:
        return "few"
    return f"about {rules.rounded(count, measures):,}"


def said(rate: Rate | None, measures: Measures) -> str:
    """A rate as a table says it; None is one that would give another away."""
    if rate is not None and rate.of == 0:
        return "nobody yet"
    if rate is None or rate.hidden:
        return "not shown"
    told = rules.told(rate, measures)
    return f"{about(told)} ({100 * told.low:.0f} to {100 * told.high:.0f}) of {many(rate.of, measures)}"


def about(told: Stepped) -> str:
    """The share as it is told: where it stands in steps it says so."""
    return f"about {percent(told.share)}" if told.met is None else percent(told.share)


def point(x: float, rate: Rate | None, measures: Measures) -> Point | None:
    """As a table says it: where it lies would else give away the counts that the table does not."""
    if rate is None or rate.hidden:
        return None
    if rate.of == 0:
        return None
    told = rules.told(rate, measures)
    return Point(x, 100 * told.share, 100 * told.low, 100 * told.high)


def drawn(found: Iterable[Point | None]) -> tuple[Point, ...]:
    return tuple(one for one in found if one is not None)


# -- by week -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ByWeek:
    """One of the measures by week: what it is called and which published figure stands beside it."""

    id: str
    title: str
    beside: str
    how: str


MEASURED_ONLY = "Over those who were measured in that week; the score nearest to its middle counts. {interval}."
BY_WEEK = (
    ByWeek(
        "response",
        "Response by week",
        "responded",
        "A fall of at least {response} % from the last score before the first dose, {name}. " + MEASURED_ONLY,
    ),
    ByWeek(
        "remission",
        "Remission by week",
        "remitted",
        "A {name} under {remission}. " + MEASURED_ONLY,
    ),
)


@dataclass(frozen=True)
class Shown:
    """What may stand of a week: None is small, or would give away what is small by being taken from another."""

    week: int
    response: Rate | None
    remission: Rate | None
    due: int | None
    response_of_all: Rate | None
    remission_of_all: Rate | None

    def rate(self, name: str) -> Rate | None:
        found: Rate | None = getattr(self, name)
        return found

    def of_all(self, name: str) -> Rate | None:
        return self.rate(f"{name}_of_all")


def shown(week: Week, measures: Measures) -> Shown:
    def small(count: int) -> bool:
        return 0 < count < measures.smallest_cell

    response = None if week.response.hidden else week.response
    between = response is not None and small(response.met - week.remission.met)
    remission = None if week.remission.hidden or between else week.remission
    unmeasured = small(week.due - week.response.of)
    alone = [week.response_if_missing_is_not, week.remission_if_missing_is_not]
    of_all = [
        None if unmeasured or rate.hidden or beside is None else rate
        for rate, beside in zip(alone, (response, remission), strict=True)
    ]
    return Shown(week.week, response, remission, None if unmeasured else week.due, *of_all)


def by_week(
    which: ByWeek, weeks: Sequence[Week], four_weeks: Week, told: Told, published: Published, measures: Measures
) -> Figure:
    lines = rules.lines_of(told.instrument)
    how = which.how.format(
        name=told.instrument.name,
        response=f"{lines.response_percent:g}",
        remission=f"{lines.remission_under:g}",
        interval=interval_words(measures),
    )
    seen, fourth = [shown(week, measures) for week in weeks], shown(four_weeks, measures)
    rates = [(week.week, week.rate(which.id)) for week in seen]
    enough = any(rate is not None and rules.beside(rate.of, measures) for _, rate in rates)
    return Figure(
        id=which.id,
        title=which.title,
        sentence=at_four_weeks(which, fourth, measures, is_any=any(rate is not None for _, rate in rates)),
        how=how + f" Only courses that began at {lines.least_baseline:g} or more. " + steps_words(measures),
        kind="points",
        x_words="weeks after the first dose",
        x_most=measures.last_week,
        x_step=1,
        points=drawn(point(week, rate, measures) for week, rate in rates),
        companions=tuple(companions(which.beside, told, published)) if enough else (),
        heads=("Week", which.title.split(" by ")[0], "Due", "If who is missing has not"),
        rows=tuple(
            (
                name,
                said(week.rate(which.id), measures),
                "not shown" if week.due is None else many(week.due, measures),
                said(week.of_all(which.id), measures),
            )
            for name, week in [(days_words(measures), fourth), *((str(week.week), week) for week in seen)]
        ),
        counted=(
            row_of(days_words(measures), fourth.rate(which.id)),
            row_of(days_words(measures) + ", if who is missing has not", fourth.of_all(which.id)),
            *(row_of(week, rate) for week, rate in rates),
        ),
    )


def row_of(x: object, rate: Rate | None) -> tuple[object, ...]:
    return (x, None if rate is None or rate.hidden else rate)


def at_four_weeks(which: ByWeek, week: Shown, measures: Measures, *, is_any: bool = True) -> str:
    """Out of the measured, and out of all who are due: who was not measured has not, for all anybody knows. `is_any`:
    of some week a rate is shown."""
    name, (first, last) = which.title.split(" by ")[0].lower(), measures.four_weeks
    measured, everybody = week.rate(which.id), week.of_all(which.id)
    if measured is None or measured.of == 0:
        return f"{'At four weeks no' if is_any else 'No'} rate is shown: a small group could be recognised by it."
    told = rules.told(measured, measures)
    words = (
        f"At four weeks (day {first:g} to {last:g}): {name} in {about(told)} of {many(measured.of, measures)} measured "
        f"({100 * told.low:.0f} to {100 * told.high:.0f} %)"
    )
    if everybody is None:
        return words + ". Out of all it is not shown: a small group could be recognised by it."
    of_all = rules.told(everybody, measures)
    return words + f"; if who is missing has not, in {about(of_all)} of {many(everybody.of, measures)}."


def days_words(measures: Measures) -> str:
    first, last = measures.four_weeks
    return f"4, day {first:g} to {last:g}"


def steps_words(measures: Measures) -> str:
    return (
        f"Counts are told to the nearest {measures.export_step}; a share of fewer than "
        f"{100 * measures.export_step // measures.share_step} to the nearest {measures.share_step} %, with the "
        f"interval of about so many."
    )


def interval_words(measures: Measures) -> str:
    return f"Interval: {measures.confidence:.0%} by Wilson"


def companions(name: str, told: Told, published: Published) -> Iterable[Companion]:
    """Rows on the same instrument only; a trial is never shown without its control group."""
    for row in same_scale(told, published):
        figure, control = getattr(row, name), getattr(row, f"control_{name}")
        if figure is not None:
            cut = f", remission {row.remission_is or 'with a cut-off not said'}" if name == "remitted" else ""
            words = f"{row.study}: {row.arm}, {row.measured}{cut} ({row.design}; {row.caveat})"
            yield Companion(float(figure.value), words)
            if control is not None:
                yield Companion(float(control.value), f"{row.study}, control group: {row.control}", control=True)


def same_scale(told: Told, published: Published) -> tuple[Benchmark, ...]:
    return tuple(row for row in published.benchmarks if row.instrument == told.instrument.id)


# -- times -------------------------------------------------------------------------------------------------------------


def beside(rows: Sequence[Kept | Reached], told: Told) -> tuple[Companion, ...]:
    """What was published on the same scale: a mark on its day, or a line across where no day was published."""
    return tuple(
        Companion(float(share), f"{one.study}, {when}: {one.words} ({one.design}; {one.caveat})", x=days)
        for one in rows
        if one.instrument == told.instrument.id
        for when, days, share in one.days()
    )


def told_in_words(rows: Sequence[Reached], told: Told) -> str:
    """What was published on the same scale without a share or a day: it has no place in the picture."""
    return "".join(
        f" {one.study}, {one.median.value:f} infusions: {one.words} ({one.design}; {one.caveat})."
        for one in rows
        if one.instrument == told.instrument.id and one.median is not None
    )


def time_to_response(curve: Curve | None, told: Told, reached: Sequence[Reached], measures: Measures) -> Figure:
    return times(
        curve, measures, id="time-to-response", title="Time to response", rising=True,
        most=measures.response_drawn_days, companions=beside(reached, told),
        sentence=lambda median: f"Half had responded by day {median:.0f}.",
        none="Fewer than half have responded so far.",
        how="Kaplan–Meier, from the first dose to the first score at half or less. Who has not responded counts until "
        "their last score. A score is seen only on the day it is asked: the true day lies before it."
        + told_in_words(reached, told),
    )  # fmt: skip


def kept_response(curve: Curve | None, told: Told, kept: Sequence[Kept], measures: Measures) -> Figure:
    return times(
        curve, measures, id="kept-response", title="Response kept", rising=False,
        most=measures.kept_drawn_days, companions=beside(kept, told),
        sentence=lambda median: f"Half had lost their response {median:.0f} days after it began.",
        none="More than half keep their response as long as they have been followed.",
        how=f"Kaplan–Meier, from the first response until {measures.loss_of_gain:.0%} of the gain is gone in two "
        f"scores at least {measures.loss_apart_days:g} days apart, with or without further doses.",
    )  # fmt: skip


def times(
    curve: Curve | None,
    measures: Measures,
    *,
    id: str,
    title: str,
    most: float,
    rising: bool,
    companions: tuple[Companion, ...],
    sentence: Callable[[float], str],
    none: str,
    how: str,
) -> Figure:
    few = curve is None or rules.hidden(curve.events, curve.started, measures)
    words = "Not shown: a small group could be recognised by it."
    points: tuple[Point, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    within = [mark for mark in companions if mark.x is None or mark.x <= most]
    if curve is not None and not few:
        words = none if curve.median_days is None else f"{sentence(curve.median_days)} {between(curve, measures)}"
        points = on_days(curve, days_of(most, within), measures, rising=rising)
        rows = tuple(row_of_day(one, curve, measures) for one in points)
    return Figure(
        id=id,
        title=title,
        sentence=words,
        how=f"{how} Worked out from the days of the scores and told for the days of the table, which the line joins. "
        f"Interval: {percent(measures.confidence)}, log-log. Shares and intervals are told to the nearest "
        f"{measures.export_step} %, however many there are, and an end that is not the share itself a step apart from "
        f"it. How many are followed is told to the nearest {measures.export_step}. "
        f"Drawn while {measures.smallest_cell} or more are followed.",
        kind="curve",
        x_words="days after the first dose" if rising else "days after response",
        x_most=most,
        x_step=FORTNIGHT if rising else FOUR_WEEKS,
        points=points,
        companions=tuple(within) if curve is not None and rules.beside(curve.started, measures) else (),
        heads=("Day", "Responded" if rising else "Kept", "Still followed"),
        rows=rows,
    )


def between(curve: Curve, measures: Measures) -> str:
    """The interval of the median, whose end may lie beyond what was followed."""
    low = "not known" if curve.median_low is None else f"{curve.median_low:.0f}"
    high = "not reached" if curve.median_high is None else f"{curve.median_high:.0f}"
    return f"{percent(measures.confidence)} interval: day {low} to {high}."


def days_of(until: float, marks: Iterable[Companion]) -> list[float]:
    """Every week, and the days of what stands beside it: there the two are held against each other."""
    return sorted({*range(0, int(until) + 1, WEEK), *(mark.x for mark in marks if mark.x is not None)})


def on_days(curve: Curve, days: Iterable[float], measures: Measures, *, rising: bool) -> tuple[Point, ...]:
    """The curve on the days of its table and not on the days of people, and to the step in which counts are told: one
    person more or less moves nothing that could be counted back. It ends where fewer are followed than may be shown."""
    found = []
    for day in days:
        if followed(curve, day) < measures.smallest_cell:
            break
        place = int(np.searchsorted(curve.day, day, side="right")) - 1
        share, low, high = (1.0, 1.0, 1.0) if place < 0 else (curve.without[place], curve.low[place], curve.high[place])
        if rising:
            share, low, high = 1 - share, 1 - high, 1 - low
        at, least, most = (in_steps(float(value), measures) for value in (share, low, high))
        # An end that is not the share itself is not told as if it were.
        least = at - measures.export_step if low < share and least >= at else least
        most = at + measures.export_step if high > share and most <= at else most
        found.append(Point(day, at, max(least, 0.0), min(most, 100.0)))
    return tuple(found)


def in_steps(share: float, measures: Measures) -> float:
    return float(measures.export_step * round(100 * share / measures.export_step))


def followed(curve: Curve, day: float) -> int:
    """How many are still without the event and still looked at on this day."""
    return curve.started if day == 0 else int(curve.at_risk[curve.day >= day].max(initial=0))


def row_of_day(one: Point, curve: Curve, measures: Measures) -> tuple[str, ...]:
    return f"{one.x:g}", f"{one.y:.0f} % ({one.low:.0f} to {one.high:.0f})", many(followed(curve, one.x), measures)
