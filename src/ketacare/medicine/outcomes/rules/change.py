"""How a score stands against baseline, and the course over time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.outcomes.rules.scoring import bounds, measured
from ketacare.medicine.outcomes.terms import Assessed, Change, Instrument, Point, Spread, Trajectory


def percent_fall(baseline: Decimal, now: Decimal) -> Decimal | None:
    """Exact; None from a baseline of zero, which cannot fall."""
    return None if baseline == 0 else 100 * (baseline - now) / baseline


def assess(instrument: Instrument, baseline: Decimal | None, point: Point) -> Assessed:
    """One point against baseline. Without either, or without the figure that decides, the answer is unknown."""
    if point.total is None or baseline is None or point.too_soon:
        return Assessed(point, None, None, None, None)
    began, now = measured(instrument, baseline), measured(instrument, point.total)
    return Assessed(
        point=point,
        percent_fall=percent_fall(began, now) if _counts_from_zero(instrument) else None,
        change=_change(instrument, began, now),
        remission=_remission(instrument, began, now),
        reliable=_reliable(instrument, began, now),
        index=reliable_change_index(instrument, began, now),
    )


def _counts_from_zero(instrument: Instrument) -> bool:
    """A percentage of a baseline means something only where nothing is 0, and less is better."""
    return not instrument.higher_is_better and measured(instrument, bounds(instrument)[0]) == 0


def _change(instrument: Instrument, began: Decimal, now: Decimal) -> Change | None:
    response, partial = instrument.response_percent, instrument.partial_percent
    fall = percent_fall(began, now)
    if _worse(instrument, began, now):
        return Change.WORSE
    if response is None:
        return _by_points(instrument, began, now)
    if fall is None:
        return None
    if fall >= response.value:
        return Change.RESPONSE
    return Change.PARTIAL if partial is not None and fall >= partial.value else Change.NONE


def _by_points(instrument: Instrument, began: Decimal, now: Decimal) -> Change | None:
    """Of a scale that knows no response, and whose improvement is published in points."""
    least, reliable = instrument.least_change, instrument.reliable_change
    if least is None or reliable is None:
        return None
    gain = (now - began) if instrument.higher_is_better else (began - now)
    if gain >= reliable.value:
        return Change.RELIABLY
    return Change.IMPROVED if gain >= least.value else None


def _worse(instrument: Instrument, began: Decimal, now: Decimal) -> bool:
    """Up by the reliable change, or into a worse band by at least what people notice. Of a scale whose least change is
    unknown the band alone says it: what may be worse is shown, not left out."""
    sign = -1 if instrument.higher_is_better else 1
    rise, reliable, least = sign * (now - began), _reliable_change(instrument), instrument.least_change
    if reliable is not None and rise >= reliable:
        return True
    is_up = sign * (_place(instrument, now) - _place(instrument, began)) > 0
    return is_up and rise >= (least.value if least is not None else 0)


def _place(instrument: Instrument, number: Decimal) -> int:
    """Of its band, counted from the lowest numbers."""
    return sum(number >= band.low for band in instrument.bands)


def _risen_from(instrument: Instrument, since: Sequence[Assessed]) -> Point | None:
    """The best score since the first dose, where the last one is worse than it."""
    known = [one.point for one in since if one.point.is_known]
    if len(known) < 2:
        return None
    *before, last = known
    best = (max if instrument.higher_is_better else min)(before, key=lambda point: point.total or Decimal(0))
    began, now = (measured(instrument, point.total or Decimal(0)) for point in (best, last))
    return best if _worse(instrument, began, now) else None


def _remission(instrument: Instrument, began: Decimal, now: Decimal) -> bool | None:
    """Nobody remits who began within the line: then it is unknown, not achieved."""
    under, at_most = instrument.remission_under, instrument.remission_at_most
    if under is not None:
        return None if began < under.value else now < under.value
    if at_most is not None:
        return None if began <= at_most.value else now <= at_most.value
    return None


def _reliable(instrument: Instrument, began: Decimal, now: Decimal) -> bool | None:
    figure = _reliable_change(instrument)
    return None if figure is None else abs(began - now) >= figure


def _reliable_change(instrument: Instrument) -> Decimal | None:
    """As it is published; else as the scale's own spread has it."""
    if instrument.reliable_change is not None:
        return instrument.reliable_change.value
    return None if instrument.spread is None else reliable_from(instrument.spread)


def reliable_change_index(instrument: Instrument, began: Decimal, now: Decimal) -> Decimal | None:
    """The change in standard errors of a difference (Jacobson and Truax); below 0 is a fall."""
    spread = instrument.spread
    return None if spread is None else (now - began) / _difference_error(spread)


def reliable_from(spread: Spread) -> Decimal:
    """The change that is more than what the scale varies by itself."""
    return spread.line.value * _difference_error(spread)


def _difference_error(spread: Spread) -> Decimal:
    return spread.deviation.value * (2 * (1 - spread.reliability.value)).sqrt()


def on_other_scales(instrument: Instrument, total: Decimal) -> dict[str, tuple[Decimal, Decimal]]:
    """About what a total would be on other scales: shown with its source, never stored, never judged by."""
    return {one.to: (one.lows.values[int(total)], one.highs.values[int(total)]) for one in instrument.crosswalks}


def trajectory(instrument: Instrument, points: Iterable[Point], doses: Iterable[datetime]) -> Trajectory:
    """The course: baseline, each point against it, what is missing, and when response and remission were first seen."""
    ordered, given = sorted(points, key=lambda p: p.at), tuple(sorted(doses))
    baseline = _baseline(ordered, given, timedelta(days=instrument.baseline_days))
    from_total = baseline.total if baseline else None
    assessed = tuple(assess(instrument, from_total, point) for point in ordered)
    since = [a for a in assessed if given and a.point.at > given[0]]
    return Trajectory(
        instrument=instrument.id,
        baseline=baseline,
        points=assessed,
        missing=tuple(point.at for point in ordered if point.total is None),
        doses=given,
        response_at=next((a.point.at for a in since if a.point.counts and a.change is Change.RESPONSE), None),
        remission_at=next((a.point.at for a in since if a.point.counts and a.remission), None),
        risen_from=_risen_from(instrument, since),
    )


def _baseline(ordered: Sequence[Point], doses: Sequence[datetime], within: timedelta) -> Point | None:
    """The last complete score before dose 1, if not too old; before any dose, the last there is."""
    complete = [point for point in ordered if point.is_known]
    if not doses:
        return complete[-1] if complete else None
    oldest = doses[0] - within
    before = [point for point in complete if oldest <= point.at <= doses[0]]
    return before[-1] if before else None
