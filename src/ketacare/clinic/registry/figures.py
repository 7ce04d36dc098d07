"""The programme's pictures as values: what is drawn, what it says, how it was computed, and the same as a table.

Nothing here is small enough to show a person: a point whose count is hidden is not drawn and its cells read so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ketacare.clinic.registry.queries import Captured, Reported, Told
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Benchmark, Curve, Kept, Measures, Published, Rate, Week


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
    """`kind`: points with intervals, or a curve in steps with its band."""

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


def said(rate: Rate, measures: Measures) -> str:
    """A rate as a table says it."""
    if rate.of == 0:
        return "nobody yet"
    if rate.hidden:
        return "too few to show"
    return f"{percent(rate.share)} ({100 * rate.low:.0f} to {100 * rate.high:.0f}), {rate.met} of {rate.of}"


def point(x: float, rate: Rate) -> Point | None:
    if rate.hidden or rate.share is None:
        return None
    return Point(x, 100 * rate.share, 100 * rate.low, 100 * rate.high)


def drawn(found: Iterable[Point | None]) -> tuple[Point, ...]:
    return tuple(one for one in found if one is not None)


# -- by week -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ByWeek:
    """One of the measures by week: what it is called and which published figure stands beside it."""

    id: str
    title: str
    rate: Callable[[Week], Rate]
    beside: str
    how: str


MEASURED_ONLY = "Over those who were measured in that week; the score nearest to its middle counts. {interval}."
BY_WEEK = (
    ByWeek(
        "response",
        "Response by week",
        lambda week: week.response,
        "responded",
        "A fall of at least {response} % from the last score before the first dose, {name}. " + MEASURED_ONLY,
    ),
    ByWeek(
        "remission",
        "Remission by week",
        lambda week: week.remission,
        "remitted",
        "A {name} under {remission}. " + MEASURED_ONLY,
    ),
)


def by_week(which: ByWeek, weeks: Sequence[Week], told: Told, published: Published, measures: Measures) -> Figure:
    lines = rules.lines_of(told.instrument)
    how = which.how.format(
        name=told.instrument.name,
        response=f"{lines.response_percent:g}",
        remission=f"{lines.remission_under:g}",
        interval=interval_words(measures),
    )
    enough = any(rules.beside(which.rate(week).of, measures) for week in weeks)
    return Figure(
        id=which.id,
        title=which.title,
        sentence=week_sentence(which, weeks),
        how=how + f" Only courses that began at {lines.least_baseline:g} or more.",
        kind="points",
        x_words="weeks after the first dose",
        x_most=measures.last_week,
        x_step=1,
        points=drawn(point(week.week, which.rate(week)) for week in weeks),
        companions=tuple(companions(which.beside, told, published)) if enough else (),
        heads=("Week", which.title.split(" by ")[0], "Due", "If who is missing has not"),
        rows=tuple(
            (
                str(week.week),
                said(which.rate(week), measures),
                str(week.due),
                said(week.response_if_missing_is_not, measures) if which.id == "response" else "",
            )
            for week in weeks
        ),
        counted=tuple(row_of(week.week, which.rate(week)) for week in weeks),
    )


def row_of(x: object, rate: Rate) -> tuple[object, ...]:
    return (x, None if rate.hidden else rate)


def week_sentence(which: ByWeek, weeks: Sequence[Week]) -> str:
    shown = [week for week in weeks if not which.rate(week).hidden]
    if not shown:
        return "Too few courses were measured to show a rate. It appears with the eleventh."
    week = next((week for week in shown if week.week == 4), shown[-1])
    rate = which.rate(week)
    name = which.title.split(" by ")[0].lower()
    return (
        f"In week {week.week}, {name} in {percent(rate.share)} of the {rate.of} measured "
        f"({100 * rate.low:.0f} to {100 * rate.high:.0f} %)."
    )


def interval_words(measures: Measures) -> str:
    return f"Interval: {measures.confidence:.0%} by Wilson"


def companions(name: str, told: Told, published: Published) -> Iterable[Companion]:
    """Rows on the same instrument only; a trial is never shown without its control group."""
    for row in same_scale(told, published):
        figure, control = getattr(row, name), getattr(row, f"control_{name}")
        if figure is not None:
            yield Companion(float(figure.value), f"{row.study}, {row.measured}")
            if control is not None:
                yield Companion(float(control.value), f"{row.study}, {row.control}", control=True)


def same_scale(told: Told, published: Published) -> tuple[Benchmark, ...]:
    return tuple(row for row in published.benchmarks if row.instrument == told.instrument.id)


def capture(weeks: Sequence[Week], measures: Measures) -> Figure:
    aim = measures.capture_aim
    rates = [week.measured for week in weeks]
    fourth = rates[3]
    words = "Too few courses are old enough." if fourth.hidden else f"Week 4 was measured in {percent(fourth.share)}."
    return Figure(
        id="capture",
        title="How many were measured",
        sentence=words,
        how="Courses with a score in that week, of all that are old enough and had a baseline that counts. "
        + interval_words(measures)
        + ".",
        kind="points",
        x_words="weeks after the first dose",
        x_most=measures.last_week,
        x_step=1,
        points=drawn(point(week.week, week.measured) for week in weeks),
        companions=(Companion(float(aim.value), "our aim"),),
        heads=("Week", "Measured"),
        rows=tuple((str(week.week), said(week.measured, measures)) for week in weeks),
        counted=tuple(row_of(week.week, week.measured) for week in weeks),
    )


# -- times -------------------------------------------------------------------------------------------------------------


def time_to_response(curve: Curve | None, measures: Measures) -> Figure:
    return times(
        curve, measures, id="time-to-response", title="Time to response", most=84, rising=True, companions=(),
        sentence=lambda median: f"Half had responded by day {median:.0f}.",
        none="Fewer than half have responded so far.",
        how="Kaplan–Meier, from the first dose to the first score at half or less. Who has not responded counts until "
        "their last score. A score is seen only on the day it is asked: the true day lies before it.",
    )  # fmt: skip


def kept_response(curve: Curve | None, kept: Sequence[Kept], measures: Measures) -> Figure:
    marks = [Companion(float(share), f"{one.study}: {one.words}", x=days) for one in kept for days, share in one.days()]
    return times(
        curve, measures, id="kept-response", title="Response kept", most=180, rising=False, companions=tuple(marks),
        sentence=lambda median: f"Half had lost their response {median:.0f} days after it began.",
        none="More than half keep their response as long as they have been followed.",
        how=f"Kaplan–Meier, from the first response until {measures.loss_of_gain:.0%} of the gain is gone in two "
        f"scores at least {measures.loss_apart_days:g} days apart, with or without further doses. Others counted "
        "without maintenance, on other scales and in other people: see the table of what was published.",
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
    few = curve is None or curve.started < measures.smallest_cell
    words = "Too few to show. The curve appears with the eleventh course."
    points: tuple[Point, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    if curve is not None and not few:
        words = none if curve.median_days is None else sentence(curve.median_days)
        points = steps(curve, most, measures, rising=rising)
        rows = tuple(monthly(curve, most, measures, rising=rising))
    within = [mark for mark in companions if mark.x is None or mark.x <= most]
    return Figure(
        id=id,
        title=title,
        sentence=words,
        how=how
        + f" Interval: {measures.confidence:.0%}, log-log. Drawn while {measures.smallest_cell} or more are followed.",
        kind="steps",
        x_words="days after the first dose" if rising else "days after response",
        x_most=most,
        x_step=14 if rising else 30,
        points=points,
        companions=tuple(within) if curve is not None and rules.beside(curve.started, measures) else (),
        heads=("Day", "Responded" if rising else "Kept", "Still followed"),
        rows=rows,
    )


def steps(curve: Curve, most: float, measures: Measures, *, rising: bool) -> tuple[Point, ...]:
    """From day 0; ends where fewer are followed than may be shown."""
    found = [Point(0, 0 if rising else 100, 0 if rising else 100, 0 if rising else 100)]
    for day, share, low, high, at_risk in zip(
        curve.day, curve.without, curve.low, curve.high, curve.at_risk, strict=True
    ):
        if day > most or at_risk < measures.smallest_cell:
            break
        if rising:
            share, low, high = 1 - share, 1 - high, 1 - low
        found.append(Point(float(day), 100 * float(share), 100 * float(low), 100 * float(high)))
    return tuple(found)


def monthly(curve: Curve, most: float, measures: Measures, *, rising: bool) -> Iterable[tuple[str, ...]]:
    points = steps(curve, most, measures, rising=rising)
    for day in range(0, int(most) + 1, 14 if rising else 30):
        before = [one for one in points if one.x <= day]
        followed = int((curve.at_risk[curve.day >= day]).max(initial=0))
        if followed >= measures.smallest_cell or day == 0:
            last = before[-1]
            yield str(day), f"{last.y:.0f} % ({last.low:.0f} to {last.high:.0f})", str(followed)


# -- bars --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """A share with its name; `companion` is what others published, with its words."""

    name: str
    words: str
    point: Point | None
    companion: float | None = None
    companion_words: str = ""


@dataclass(frozen=True)
class Bars:
    id: str
    title: str
    how: str
    bars: tuple[Bar, ...]
    counted: tuple[tuple[object, ...], ...]


def check_ins(found: Sequence[Captured], measures: Measures) -> Bars:
    return Bars(
        "check-ins",
        "Check-ins answered",
        "Answered in time, of all whose window has closed.",
        tuple(Bar(one.title, said(one.answered, measures), point(0, one.answered)) for one in found),
        tuple(row_of(one.title, one.answered) for one in found),
    )


def effects(found: Sequence[Reported], published: Published, measures: Measures) -> Bars:
    known = {one.term: one for one in published.effects}

    def bar(one: Reported) -> Bar:
        beside = known.get(one.term.lower())
        words = f"{beside.study}: {beside.share.value} % {beside.words}" if beside else ""
        enough = beside is not None and rules.beside(one.named.of, measures)
        return Bar(
            one.term,
            said(one.named, measures),
            point(0, one.named),
            float(beside.share.value) if beside and enough else None,
            words if enough else "",
        )

    return Bars(
        "side-effects",
        "Side effects named in check-ins",
        "Check-ins after a dose in which it was named, of all answered ones. Trials count patients, not check-ins.",
        tuple(bar(one) for one in found),
        tuple(row_of(one.term, one.named) for one in found),
    )
