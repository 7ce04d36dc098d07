"""What a pump can be set to: its steps are coarse, so what really runs is worked out from the set rate (H40)."""

from decimal import Decimal

from ketacare.medicine.dosing.terms import Hold, HoldKind, Order
from ketacare.medicine.quantities.terms import Duration, RatePump, Volume, plain

_HUNDRED, _MINUTES_PER_HOUR = Decimal(100), Decimal(60)


def parts(order: Order, total: Volume) -> tuple[tuple[Volume, Duration], ...]:
    """What runs in which time: all of it, or the two steps one after the other."""
    minutes, steps = order.minutes, order.protocol.steps
    assert minutes is not None  # an infusion has a time
    if steps is None:
        return ((total, minutes),)
    first = total.times(steps.first_share_percent / _HUNDRED)
    return ((first, steps.first), (total - first, minutes - steps.first))


def runs_for(order: Order, total: Volume) -> Duration:
    """How long it takes at the rates that the pump is set to."""
    taken = Decimal(0)
    for volume, minutes in parts(order, total):
        rate = volume.over(minutes).rounded()
        taken += volume.amount * _MINUTES_PER_HOUR / rate.amount if rate.amount else minutes.amount
    return Duration(taken)


def too_coarse(order: Order, draw: Volume | None) -> Hold | None:
    """A rate that the pump's step leaves too far off: more volume makes the step small."""
    rules = order.protocol.pump
    if rules is None or draw is None:
        return None
    for volume, minutes in parts(order, order.bag or draw):
        exact = volume.over(minutes)
        off = off_percent(exact)
        if abs(off) > rules.rate_most_off_percent:
            told = f"{'+' if off > 0 else '-'}{plain(abs(off).quantize(Decimal('0.1')))} %"
            worked = plain(exact.amount.quantize(Decimal("0.001")))
            words = f"Pump: it would be set to {exact.rounded()}, {told} off the {worked} mL/h worked out"
            remedy = f"(most {plain(rules.rate_most_off_percent)} %). Make it up to a larger volume."
            return Hold("H40", "bag", HoldKind.REFUSED, f"{words} {remedy}")
    return None


def off_percent(exact: RatePump) -> Decimal:
    """By how many percent the set rate is above, or below, the one worked out."""
    return (exact.rounded().amount - exact.amount) * _HUNDRED / exact.amount
