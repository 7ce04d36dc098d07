"""Times to response and to its loss, and how many are still without: Kaplan and Meier's estimate by SciPy."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ketacare.medicine.registry.rules.counting import counts, responds
from ketacare.medicine.registry.terms import Courses, Curve, Durations, Floats, Lines, Measures, Yes

HAIR = 1e-9


def response_day(courses: Courses, lines: Lines) -> Floats:
    """Of each course the day of the first score at half or less; NaN without. (n,)"""
    after = _after(courses, lines)
    return _first_day(courses, after & responds(courses.baseline[courses.course], courses.total, lines))


def measured(courses: Courses, lines: Lines) -> Yes:
    """Of each course whether its change was measured at all: before the first dose and once after it. (n,)"""
    return ~np.isnan(_last_day(courses, _after(courses, lines)))


def loss_day(courses: Courses, lines: Lines, measures: Measures) -> Floats:
    """Of each course the day from which the gain is lost and stays lost; NaN without. (n,)

    Lost: a run of scores, none better between them, that spans `loss_apart_days` and in which at least the share
    `loss_of_gain` of the gain from baseline to the best score so far is gone. It counts from the first of the run.
    """
    since = _after(courses, lines) & (courses.day >= response_day(courses, lines)[courses.course])
    return _first_day(courses, _starts_of_loss(courses, since, measures))


def to_response(courses: Courses, lines: Lines) -> Durations:
    """From the first dose to response; without one, to the last score. Courses that were never scored after the
    first dose tell nothing and are left out."""
    first, last = response_day(courses, lines), _last_day(courses, _after(courses, lines))
    seen = ~np.isnan(last)
    happened = ~np.isnan(first) & seen
    return Durations(np.where(happened, first, last)[seen], happened[seen])


def to_loss(courses: Courses, lines: Lines, measures: Measures) -> Durations:
    """From the first response until the gain is lost and stays lost; without that, to the last score."""
    response, lost = response_day(courses, lines), loss_day(courses, lines, measures)
    responders, happened = ~np.isnan(response), ~np.isnan(lost)
    end = np.where(happened, lost, _last_day(courses, _after(courses, lines)))
    return Durations((end - response)[responders], happened[responders])


def kept(courses: Courses, lines: Lines, measures: Measures, days: float) -> Yes:
    """Who is known to have kept the response so many days: lost later, or still scored then and not lost. (n,)"""
    response, lost = response_day(courses, lines), loss_day(courses, lines, measures)
    end = np.where(np.isnan(lost), _last_day(courses, _after(courses, lines)), lost)
    return end - response >= days


def curve(durations: Durations, measures: Measures) -> Curve | None:
    """None of nobody. The interval is the log-log one, which stays between 0 and 1."""
    if not len(durations):
        return None
    # The statistics cost every start a second and a half; they are asked for by one page.
    from scipy.stats import CensoredData, ecdf

    sample = CensoredData(uncensored=durations.days[durations.happened], right=durations.days[~durations.happened])
    without = ecdf(sample).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # before the first event and after the last none is defined
        interval: Any = without.confidence_interval(measures.confidence, method="log-log")
    share = np.asarray(without.probabilities, dtype=np.float64)
    day = np.asarray(without.quantiles, dtype=np.float64)
    low, high = (np.asarray(bound.probabilities, dtype=np.float64) for bound in (interval.low, interval.high))
    return Curve(
        day=day,
        without=share,
        low=_or(low, share),
        high=_or(high, share),
        at_risk=len(durations) - np.searchsorted(np.sort(durations.days), day, side="left"),
        median_days=_halved(day, share),
        median_low=_halved(day, low),
        median_high=_halved(day, high),
        started=len(durations),
        events=int(durations.happened.sum()),
    )


def _halved(day: Floats, line: Floats) -> float | None:
    """The first day on which a line is at a half or below. It is a product of many fractions, of which a half may come
    out a hair above itself; where a bound is not defined it is at no half."""
    found = np.flatnonzero(line <= 0.5 + HAIR)
    return float(day[found[0]]) if len(found) else None


def _or(bound: Floats, share: Floats) -> Floats:
    """The bound, or the estimate itself where there is none."""
    return np.where(np.isnan(bound), share, bound)


def _after(courses: Courses, lines: Lines) -> Yes:
    """The scores after the first dose of courses whose baseline counts. (scores,)"""
    return (courses.day > 0) & counts(courses, lines)[courses.course]


def _first_day(courses: Courses, which: Yes) -> Floats:
    """Of each course the day of the first such score; NaN without. (n,)"""
    found = np.full(len(courses), np.nan)
    whose, first = np.unique(courses.course[which], return_index=True)
    found[whose] = courses.day[which][first]
    return found


def _last_day(courses: Courses, which: Yes) -> Floats:
    found = np.full(len(courses), np.nan)
    found[courses.course[which]] = courses.day[which]  # in order of day: the last one stays
    return found


def _starts_of_loss(courses: Courses, since: Yes, measures: Measures) -> Yes:
    """Marks the first score of every run that is lost and spans long enough. (scores,)"""
    baseline, best = courses.baseline[courses.course], _best_so_far(courses)
    gain = baseline - best
    gone = since & (gain > 0) & (courses.total >= best + measures.loss_of_gain * gain)
    starts = gone & ~(np.roll(gone, 1) & _same_course_as_before(courses))
    marked = np.zeros(len(courses.day), dtype=np.bool_)
    first = np.flatnonzero(starts)
    if len(first):
        run = np.cumsum(starts) - 1
        last_day = np.full(len(first), -np.inf)
        last_day[run[gone]] = courses.day[gone]
        marked[first[last_day - courses.day[first] >= measures.loss_apart_days]] = True
    return marked


def _same_course_as_before(courses: Courses) -> Yes:
    same = np.zeros(len(courses.course), dtype=np.bool_)
    same[1:] = courses.course[1:] == courses.course[:-1]
    return same


def _best_so_far(courses: Courses) -> Floats:
    """The lowest score since the first dose of the same course, itself included. Scores before it count for nothing."""
    if not len(courses.total):
        return courses.total
    apart, worst = float(np.ptp(courses.total)) + 1, courses.total.max()
    total = np.where(courses.day > 0, courses.total, worst)
    shift = (len(courses) - courses.course) * apart  # a later course lies wholly below an earlier one
    best: Floats = np.minimum.accumulate(total + shift) - shift
    return best
