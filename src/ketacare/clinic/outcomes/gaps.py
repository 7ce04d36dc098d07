"""What was asked of somebody, or of staff about them, and has no score."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ketacare.clinic.outcomes.models import Ask, AskState, Score
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.rules.alike import is_too_soon
from ketacare.medicine.outcomes.terms import Anchor, Instrument, Point


def a_night() -> timedelta:
    """No quiet hours are longer."""
    return timedelta(hours=reader.outreach().night.integer)


def gaps(name: str, asks: Iterable[Ask], scores: Sequence[Score]) -> Iterator[Point]:
    """Of the patient's own forms those of an ask that was missed, unless it was answered and never sent, and of one
    after a dose what came when its window was over: it is kept, and was missing all the same. Of what staff rate, those
    that somebody has seen to, or that nobody waits for any more."""
    answered, asks = {score.ask_id for score in scores}, list(asks)
    late = {score.ask_id for score in scores if not score.in_window}
    for ask in asks:
        missed = ask.state == AskState.MISSED and name in ask.instruments and ask.pk not in answered
        missed |= ask.pk in late and is_of_hours(ask, name)
        over = name in ask.staff_instruments and ask.staff_duty is not None and not ask.staff_duty.is_open
        if missed or (over and not was_rated(ask, scores, next_opens(ask, name, asks))):
            yield Point(ask.due_at, None, due=True)


def is_of_hours(ask: Ask, name: str) -> bool:
    """Whether it asks how somebody is so many hours after a dose: an answer at another time is none to it. A form of
    weeks that comes late is about the same weeks."""
    if name not in reader.INSTRUMENTS or reader.instrument(name).recall_days > 1:
        return False
    rule = reader.ask_rules(ask.cadence or reader.BEFORE_KEPT).get(ask.key.split("-")[0])
    return rule is not None and rule.anchor is Anchor.DOSE


def too_soon() -> timedelta:
    """How long after a dose a form of weeks asks mostly about the time before it."""
    return timedelta(hours=float(reader.forecasting().too_soon.value))


def point_of(score: Score, asks: Mapping[UUID, Ask], sheet: Instrument, doses: Sequence[datetime]) -> Point:
    """With what keeps it from being held against the others: see `Point`."""
    ask = asks.get(score.ask_id) if score.ask_id and not score.in_window else None
    return Point(
        score.happened_at,
        score.total,
        late_of=ask.dose_at if ask is not None and is_of_hours(ask, sheet.id) else None,
        too_soon=is_too_soon(sheet, score.happened_at, doses, overlaps=score.overlaps_recall, within=too_soon()),
    )


def next_opens(ask: Ask, name: str, asks: Iterable[Ask]) -> datetime | None:
    """From when a rating belongs to the next ask of the same scale."""
    later = (one.opens_at for one in asks if name in one.staff_instruments and one.opens_at > ask.opens_at)
    return min(later, default=None)


def was_rated(ask: Ask, scores: Sequence[Score], until: datetime | None = None) -> bool:
    """In its window and the night after it; or later, by whoever closed what was owed with it."""
    closed_at = ask.staff_duty.closed_at if ask.staff_duty is not None else None
    for score in scores:
        in_time = ask.opens_at <= score.happened_at < ask.closes_at + a_night()
        paid = closed_at is not None and ask.opens_at <= score.happened_at and score.recorded_at <= closed_at
        if in_time or (paid and (until is None or score.happened_at < until)):
            return True
    return False
