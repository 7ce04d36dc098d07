"""How many courses were measured, as a value that is drawn: by week, and at four weeks beside our aim."""

from __future__ import annotations

from collections.abc import Sequence

from ketacare.clinic.registry.figures import (
    Companion,
    Figure,
    about,
    days_words,
    drawn,
    interval_words,
    point,
    row_of,
    said,
    steps_words,
)
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures, Week

AIM = "our aim at four weeks, {days}; the dots are of single weeks and are not held against it"


def capture(weeks: Sequence[Week], four_weeks: Week, measures: Measures) -> Figure:
    aim, (first, last) = measures.capture_aim, measures.four_weeks
    rates = [(week.week, None if week.captured.hidden else week.captured) for week in weeks]
    fourth = None if four_weeks.captured.hidden else four_weeks.captured
    days = f"day {first:g} to {last:g}"
    ours = drawn([point(4, fourth, measures)])
    words = "Four weeks are not shown: a small group could be recognised by it."
    if fourth is not None:
        told = rules.told(fourth, measures)
        words = f"At four weeks ({days}) {about(told)} of all courses were measured."
    return Figure(
        id="capture",
        title="How many were measured",
        sentence=words,
        how="At four weeks, to which our aim belongs: courses with a score in those days, of all that are old enough. "
        "By week: with a baseline too, and a score in that week. "
        + f"{interval_words(measures)}. {steps_words(measures)}",
        kind="points",
        x_words="weeks after the first dose",
        x_most=measures.last_week,
        x_step=1,
        points=drawn(point(week, rate, measures) for week, rate in rates),
        companions=(
            *(Companion(round(one.y), f"measured at four weeks, {days}, of all courses", x=one.x) for one in ours),
            Companion(float(aim.value), AIM.format(days=days)),
        ),
        heads=("Week", "Measured"),
        rows=tuple((str(week), said(rate, measures)) for week, rate in [(days_words(measures), fourth), *rates]),
        counted=(row_of(days_words(measures), fourth), *(row_of(week, rate) for week, rate in rates)),
    )
