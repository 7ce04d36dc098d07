"""What part of a nurse a visit takes from when until when, as the model of a day counts it."""

from __future__ import annotations

from datetime import timedelta

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
