"""What was asked of somebody, or of staff about them, and has no score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from ketacare.clinic.outcomes.models import Ask, AskState, Score
from ketacare.medicine.outcomes.terms import Point

A_NIGHT = timedelta(hours=12)  # no quiet hours are longer


def gaps(name: str, asks: Iterable[Ask], scores: Sequence[Score]) -> Iterator[Point]:
    """Of the patient's own forms those of an ask that was missed, unless it was answered and never sent; of what staff
    rate, those that somebody has seen to, or that nobody waits for any more."""
    answered = {score.ask_id for score in scores}
    for ask in asks:
        missed = ask.state == AskState.MISSED and name in ask.instruments and ask.pk not in answered
        over = name in ask.staff_instruments and ask.staff_duty is not None and not ask.staff_duty.is_open
        if missed or (over and not was_rated(ask, scores)):
            yield Point(ask.due_at, None, due=True)


def was_rated(ask: Ask, scores: Sequence[Score]) -> bool:
    return any(ask.opens_at <= score.happened_at < ask.closes_at + A_NIGHT for score in scores)
