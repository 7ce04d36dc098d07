"""What was asked of somebody, or of staff about them, and has no score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from ketacare.clinic.outcomes.models import Ask, AskState, Score
from ketacare.medicine.outcomes.terms import Point

A_NIGHT = timedelta(hours=12)  # no quiet hours are longer


def gaps(name: str, asks: Iterable[Ask], scores: Sequence[Score]) -> Iterator[Point]:
    """Of the patient's own forms those of an ask that was missed, unless it was answered and never sent; of what staff
    rate, those that somebody has seen to, or that nobody waits for any more."""
    answered, asks = {score.ask_id for score in scores}, list(asks)
    for ask in asks:
        missed = ask.state == AskState.MISSED and name in ask.instruments and ask.pk not in answered
        over = name in ask.staff_instruments and ask.staff_duty is not None and not ask.staff_duty.is_open
        if missed or (over and not was_rated(ask, scores, next_opens(ask, name, asks))):
            yield Point(ask.due_at, None, due=True)


def next_opens(ask: Ask, name: str, asks: Iterable[Ask]) -> datetime | None:
    """From when a rating belongs to the next ask of the same scale."""
    later = (one.opens_at for one in asks if name in one.staff_instruments and one.opens_at > ask.opens_at)
    return min(later, default=None)


def was_rated(ask: Ask, scores: Sequence[Score], until: datetime | None = None) -> bool:
    """In its window and the night after it; or later, by whoever closed what was owed with it."""
    closed_at = ask.staff_duty.closed_at if ask.staff_duty is not None else None
    for score in scores:
        in_time = ask.opens_at <= score.happened_at < ask.closes_at + A_NIGHT
        paid = closed_at is not None and ask.opens_at <= score.happened_at and score.recorded_at <= closed_at
        if in_time or (paid and (until is None or score.happened_at < until)):
            return True
    return False
