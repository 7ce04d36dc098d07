"""How soon a response came, how long it has held, and whether it has been lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from ketacare.medicine.outcomes.rules.scoring import measured
from ketacare.medicine.outcomes.terms import Assessed, Change, Forecasting, Holding, Instrument, Trajectory

DAY = timedelta(days=1)


def complete_since(course: Trajectory) -> list[Assessed]:
    """The scores after the first dose that have a total and count, in time."""
    if not course.doses:
        return []
    found = [one for one in course.points if one.point.counts and one.point.at > course.doses[0]]
    return sorted(found, key=lambda one: one.point.at)


def holding(course: Trajectory, instrument: Instrument, sheet: Forecasting, until: datetime) -> Holding | None:
    """None without a baseline or without a score after the first dose. A score stands for the days after it until the
    next one, but only so long: what lies beyond is not known."""
    scores = complete_since(course)
    if course.baseline is None or not scores:
        return None
    carries = timedelta(days=float(sheet.carries.value))
    ends = [*(later.point.at for _, later in pairwise(scores)), until]
    spans = [
        (one, max(min(end, one.point.at + carries, until) - one.point.at, timedelta()))
        for one, end in zip(scores, ends, strict=True)
    ]
    first = course.doses[0]
    return Holding(
        to_response=None if course.response_at is None else (course.response_at - first) / DAY,
        to_remission=None if course.remission_at is None else (course.remission_at - first) / DAY,
        in_response=sum(span / DAY for one, span in spans if one.change is Change.RESPONSE),
        known=sum(span / DAY for _, span in spans),
        since_first_dose=max((until - first) / DAY, 0.0),
        lost_since=lost_since(course, instrument, sheet),
    )


def lost_since(course: Trajectory, instrument: Instrument, sheet: Forecasting) -> datetime | None:
    """Since when a response is lost, as it stands: every score from then on has lost the sheet's share of the gain from
    baseline to the best score before, and they lie far enough apart. One bad week is none."""
    scores = [one for one in complete_since(course) if course.response_at and one.point.at >= course.response_at]
    if course.baseline is None or course.baseline.total is None:
        return None
    began, share = measured(instrument, course.baseline.total), sheet.loss_of_gain.value / 100
    lost: list[datetime] = []
    best: Decimal | None = None
    for one in scores:
        now = measured(instrument, one.point.total or Decimal(0))
        best = now if best is None else min(best, now)
        gain = began - best
        lost = [*lost, one.point.at] if gain > 0 and now >= best + share * gain else []
    apart = timedelta(days=float(sheet.loss_apart.value))
    return lost[0] if lost and lost[-1] - lost[0] >= apart else None
