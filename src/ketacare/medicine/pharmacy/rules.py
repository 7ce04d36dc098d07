"""Drawn = given + wasted + returned, to 0.001 mg (L1, L6); and what a pump gave, from its rate steps."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from ketacare.medicine.pharmacy.terms import GivenStep, Line, LineKind, RateStep, Reconciliation
from ketacare.medicine.quantities.terms import Concentration, Mass, Volume, plain

_MICROSECONDS_PER_HOUR = Decimal(3_600_000_000)
_MICROSECONDS_PER_MINUTE = Decimal(60_000_000)
_LEAST = Decimal("0.001")


class StepsOutOfOrder(ValueError):
    """Rate steps that do not follow one another, or an end before the last of them."""


def reconcile(lines: Iterable[Line]) -> Reconciliation:
    """Does every milligram drawn have a place? A session cannot close until it does (H17)."""
    totals = dict.fromkeys(LineKind, Decimal(0))
    for line in lines:
        totals[line.kind] += line.amount.amount
    placed = totals[LineKind.GIVEN] + totals[LineKind.WASTED] + totals[LineKind.RETURNED]
    open_mg = (totals[LineKind.DRAWN] - placed).quantize(_LEAST, ROUND_HALF_EVEN)
    return Reconciliation(open_mg, open_mg == 0, _told(totals, open_mg))


def _told(totals: dict[LineKind, Decimal], open_mg: Decimal) -> str:
    told = ", ".join(f"{kind} {Mass(total).written()}" for kind, total in totals.items())
    if open_mg > 0:
        return f"{told}: {plain(open_mg)} mg not accounted for. Record what was given, wasted or returned."
    if open_mg < 0:
        return f"{told}: {plain(-open_mg)} mg more accounted for than drawn. Correct a line."
    return f"{told}: balanced."


def given_volume(steps: Sequence[RateStep], until: datetime) -> Volume:
    """What left the pump from the first step to `until`; exact, not rounded."""
    if not steps:
        return Volume(Decimal(0))
    moments = [step.at for step in steps] + [until]
    if any(later < earlier for earlier, later in pairwise(moments)):
        raise StepsOutOfOrder("Rate steps: each must follow the one before, and the end the last. Correct the times.")
    spans = ((later - earlier) // timedelta(microseconds=1) for earlier, later in pairwise(moments))
    volumes = (step.rate.amount * span for step, span in zip(steps, spans, strict=True))
    return Volume(sum(volumes, Decimal(0)) / _MICROSECONDS_PER_HOUR)


def moment_of(steps: Sequence[RateStep], volume: Volume) -> datetime | None:
    """When this much has left the pump, its last rate going on; None where it never will."""
    left = volume.amount
    ends = [*(step.at for step in steps[1:]), None][: len(steps)]
    for step, end in zip(steps, ends, strict=True):
        if step.rate.amount:
            needs = timedelta(microseconds=int(left * _MICROSECONDS_PER_HOUR / step.rate.amount))
            if end is None or step.at + needs <= end:
                return step.at + needs
        if end is not None:
            left -= step.rate.amount * ((end - step.at) // timedelta(microseconds=1)) / _MICROSECONDS_PER_HOUR
    return None


def given_mg(
    steps: Sequence[RateStep], concentration: Concentration, until: datetime, *, bag: Volume | None = None
) -> Mass:
    """The mass given by `until`, rounded once; never more than the bag held."""
    volume = given_volume(steps, until)
    if bag is not None and volume > bag:
        volume = bag
    return volume.holding(concentration).rounded()


def course(
    steps: Sequence[RateStep], concentration: Concentration, until: datetime, *, bag: Volume
) -> tuple[GivenStep, ...]:
    """The infusion as it was given up to `until`: one stretch for each rate, none for a pause, none after the bag is
    empty. Minutes count from the first step; masses are exact, so they add up to `given_mg` before its rounding."""
    given_volume(steps, until)  # refuses steps out of order
    moments = [step.at for step in steps] + [until]
    left, told = bag.amount, []
    for step, begin, end in zip(steps, moments, moments[1:], strict=False):
        span = Decimal((end - begin) // timedelta(microseconds=1))
        whole = step.rate.amount * span / _MICROSECONDS_PER_HOUR
        volume = min(left, whole)
        if volume > 0:
            minutes = minutes_of(end - begin) if volume == whole else volume * 60 / step.rate.amount
            mass = Volume(volume).holding(concentration)
            told.append(GivenStep(minutes_of(begin - moments[0]), minutes, mass))
            left -= volume
    return tuple(told)


def scaled(steps: Sequence[GivenStep], given: Mass) -> tuple[GivenStep, ...]:
    """The same course for what was really given: where the pump showed another volume than rate and time, each stretch
    keeps its share."""
    whole = sum((step.mass.amount for step in steps), Decimal(0))
    if not whole:
        return tuple(steps)
    factor = given.amount / whole
    return tuple(GivenStep(step.start_min, step.minutes, step.mass.times(factor)) for step in steps)


def minutes_of(span: timedelta) -> Decimal:
    """Exact, in minutes."""
    return Decimal(span // timedelta(microseconds=1)) / _MICROSECONDS_PER_MINUTE
