"""Drawn = given + wasted + returned, to 0.001 mg (L1, L6); and what a pump gave, from its rate steps."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from ketacare.medicine.pharmacy.terms import Line, LineKind, RateStep, Reconciliation
from ketacare.medicine.quantities.terms import Concentration, Mass, Volume, plain

_MICROSECONDS_PER_HOUR = Decimal(3_600_000_000)
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


def given_mg(
    steps: Sequence[RateStep], concentration: Concentration, until: datetime, *, bag: Volume | None = None
) -> Mass:
    """The mass given by `until`, rounded once; never more than the bag held."""
    volume = given_volume(steps, until)
    if bag is not None and volume > bag:
        volume = bag
    return volume.holding(concentration).rounded()
