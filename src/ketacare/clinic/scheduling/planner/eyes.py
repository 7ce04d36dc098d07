"""What part of a nurse a visit takes from when until when, as the model of a day counts it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from ketacare.medicine.scheduling.rules import WHOLE, part
from ketacare.medicine.scheduling.terms import Booked, Kind, Span, Watched

MINUTE = timedelta(minutes=1)


def eyes_of(dose: Booked, begins: int, watched: Watched) -> list[tuple[int, int, int]]:
    """From which minute of a dose how long what part is taken: all the while as in recovery, and more while it acts."""
    length = dose.span.length // MINUTE
    resting, acting = (part(watched, dose.watch, acting=acts) for acts in (False, True))
    acts = min(watched.acts // MINUTE, length - begins)
    return [(0, length, resting)] + ([(begins, acts, acting - resting)] if acting > resting and acts > 0 else [])


def taken_by(visit: Booked, watched: Watched) -> list[tuple[Span, int]]:
    """Of a visit that stands; one that is no dose takes the whole of whoever it is with."""
    if visit.kind is not Kind.DOSE:
        return [(visit.span, WHOLE)]
    starts = visit.span.starts
    return [
        (Span(starts + offset * MINUTE, starts + (offset + long) * MINUTE), taken)
        for offset, long, taken in eyes_of(visit, visit.before // MINUTE, watched)
    ]


def united(spans: Iterable[Span]) -> list[Span]:
    """One span where some of them meet or touch."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.starts <= found[-1].ends:
            found[-1] = Span(found[-1].starts, max(found[-1].ends, span.ends))
        else:
            found.append(span)
    return found


def summed(parts: Iterable[tuple[Span, int]]) -> list[tuple[Span, int]]:
    """What is taken at each time by all of them together."""
    parts = list(parts)
    edges = sorted({edge for span, _ in parts for edge in (span.starts, span.ends)})
    each = [Span(first, then) for first, then in pairwise(edges)]
    totals = [(here, sum(taken for span, taken in parts if here.within(span))) for here in each]
    return [(here, total) for here, total in totals if total]
