"""Response and remission by week after the first dose, over everybody who could have been measured."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

import numpy as np

from ketacare.medicine.outcomes.terms import Instrument
from ketacare.medicine.registry.rules.cells import hidden, rounded
from ketacare.medicine.registry.terms import Courses, Floats, Lines, Measures, Rate, Stepped, Week, Yes

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


def told(found: Rate, measures: Measures) -> Stepped:
    """A share that is told. From counts in steps it would lie far from what was counted where these are small: 12 of 23
    would be 10 of 25. So there the share itself is told in steps, with the interval that it has out of about so many:
    from what is told alone, so that nothing finer can be taken from it."""
    of, step = rounded(found.of, measures), measures.share_step
    if of * step >= 100 * measures.export_step:
        counts = stepped(found, measures)
        return Stepped(counts.share or 0.0, counts.low, counts.high, counts.of, counts.met)
    place = _nearest(found.met, found.of, step)
    if 0 < found.met < found.of:
        place = _apart(of, measures.export_step, measures.smallest_cell, step).get(place, place)
    share = place / 100
    least, most = math.floor(share * of), math.ceil(share * of)
    return Stepped(
        share, _wilson(least, of, measures.confidence)[0], _wilson(most, of, measures.confidence)[1], of, None
    )


def _nearest(met: int, of: int, step: int) -> int:
    """In percent, to the nearest step."""
    return step * ((200 * met + step * of) // (2 * step * of))


@lru_cache(maxsize=512)
def _apart(of: int, step: int, smallest: int, share_step: int) -> dict[int, int]:
    """Steps at the ends of what may be shown that only one count has, or one rest: told as the next step inwards. Else
    whoever knows the rules would read that count, and take others from it."""
    counts: dict[int, set[int]] = {}
    rests: dict[int, set[int]] = {}
    for whole in range(max(1, of - step // 2), of + step // 2 + 1):
        for met in range(smallest, whole - smallest + 1):
            place = _nearest(met, whole, share_step)
            counts.setdefault(place, set()).add(met)
            rests.setdefault(place, set()).add(whole - met)
    moved: dict[int, int] = {}
    for places, held, inwards in (
        (sorted(counts), counts, share_step), (sorted(rests, reverse=True), rests, -share_step)
    ):  # fmt: skip
        for place in places[:-1]:
            if len(held[place]) > 1:
                break
            held[place + inwards] |= held[place]
            moved |= {one: place + inwards for one, to in moved.items() if to == place} | {place: place + inwards}
    return moved


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


def four_weeks(courses: Courses, lines: Lines, measures: Measures) -> Week:
    """What a programme is asked for: response and remission out of the measured and out of all who are due, and how
    many of all courses were measured, baseline or none."""
    first, last = measures.four_weeks
    found = _between(courses, round((first + last) / 2 / DAYS), first, last, lines, measures)
    old = courses.followed_days >= last
    scored = int((old & ~np.isnan(score_in(courses, first, last))).sum())
    return replace(found, captured=rate(scored, int(old.sum()), measures))


def _week(courses: Courses, number: int, lines: Lines, measures: Measures) -> Week:
    first, last = number * DAYS - measures.half_window_days, number * DAYS + measures.half_window_days
    return _between(courses, number, first, last, lines, measures)


def _between(courses: Courses, number: int, first: float, last: float, lines: Lines, measures: Measures) -> Week:
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
