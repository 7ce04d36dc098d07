"""Response and remission by week after the first dose, over everybody who could have been measured."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

import numpy as np

from ketacare.medicine.outcomes.terms import Instrument
from ketacare.medicine.registry.rules.cells import hidden, rounded
from ketacare.medicine.registry.terms import Courses, Floats, Lines, Measures, Rate, Week, Yes

DAYS = 7.0


def lines_of(instrument: Instrument, least_band: str = "moderate") -> Lines:
    """ValueError for an instrument without a response, a remission or that band: it has no rates."""
    response, remission = instrument.response_percent, remission_under(instrument)
    least = next((band.low for band in instrument.bands if band.name == least_band), None)
    if response is None or remission is None or least is None:
        raise ValueError(f"{instrument.id}: its sheet has no response, remission or {least_band} band. Choose another.")
    return Lines(float(response.value), float(remission), float(least))


def remission_under(instrument: Instrument) -> Decimal | None:
    """Totals are whole numbers: at most 10 is under 11."""
    if instrument.remission_under is not None:
        return instrument.remission_under.value
    return None if instrument.remission_at_most is None else instrument.remission_at_most.value + 1


def rate(met: int, of: int, measures: Measures) -> Rate:
    """With the interval of Wilson; out of none it reaches from nothing to everything."""
    if of == 0:
        return Rate(0, 0, 0.0, 1.0, hidden=True)
    low, high = _wilson(met, of, measures.confidence)
    return Rate(met, of, low, high, hidden=hidden(met, of, measures))


@lru_cache(maxsize=65_536)
def _wilson(met: int, of: int, confidence: float) -> tuple[float, float]:
    """A page asks for the same few counts thousands of times."""
    # The statistics cost every start a second and a half; they are asked for by one page.
    from scipy.stats import binomtest

    interval = binomtest(met, of).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def stepped(found: Rate, measures: Measures) -> Rate:
    """As a rate leaves the clinic: from the counts as they leave it. A share and its interval would else give away,
    however few their digits, the counts they were taken from."""
    told = rate(rounded(found.met, measures), rounded(found.of, measures), measures)
    return replace(told, hidden=found.hidden)


def score_in(courses: Courses, first_day: float, last_day: float) -> Floats:
    """Of each course the score in these days that is nearest to their middle; NaN where there is none. (n,)"""
    distance = np.abs(courses.day - (first_day + last_day) / 2)
    inside = np.flatnonzero((courses.day >= first_day) & (courses.day <= last_day))
    nearest = inside[np.lexsort((distance[inside], courses.course[inside]))]
    whose, first = np.unique(courses.course[nearest], return_index=True)
    found = np.full(len(courses), np.nan)
    found[whose] = courses.total[nearest[first]]
    return found


def weekly(courses: Courses, lines: Lines, measures: Measures) -> tuple[Week, ...]:
    return tuple(_week(courses, number, lines, measures) for number in range(1, measures.last_week + 1))


def _week(courses: Courses, number: int, lines: Lines, measures: Measures) -> Week:
    first, last = number * DAYS - measures.half_window_days, number * DAYS + measures.half_window_days
    old = courses.followed_days >= last
    due = counts(courses, lines) & old
    now = score_in(courses, first, last)
    seen = due & ~np.isnan(now)
    responded = int((seen & responds(courses.baseline, now, lines)).sum())
    remitted = int((seen & (now < lines.remission_under)).sum())
    measured, everybody = int(seen.sum()), int(due.sum())
    scored = int((old & ~np.isnan(courses.baseline) & ~np.isnan(now)).sum())
    return Week(
        week=number,
        due=everybody,
        captured=rate(scored, int(old.sum()), measures),
        response=rate(responded, measured, measures),
        remission=rate(remitted, measured, measures),
        response_if_missing_is_not=rate(responded, everybody, measures),
        remission_if_missing_is_not=rate(remitted, everybody, measures),
    )


def counts(courses: Courses, lines: Lines) -> Yes:
    """A baseline was taken, and it is high enough to fall from. NaN compares as no."""
    return courses.baseline >= lines.least_baseline


def responds(baseline: Floats, now: Floats, lines: Lines) -> Yes:
    return 100 * (baseline - now) >= lines.response_percent * baseline
