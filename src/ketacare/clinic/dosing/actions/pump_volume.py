"""The volume the pump shows, against what is in the bag."""

from __future__ import annotations

from decimal import Decimal

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import dose, rates, schedule
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.quantities.terms import Mass


def require_whole(session: Session, order: Ordered, given: Mass, *, by_rate: bool) -> None:
    """Complete is the whole bag: by the volume the pump shows, or nearly so by rate and time."""
    pump = schedule.protocol_of(session).pump
    assert pump is not None  # only an infusion has a bag
    if given.amount * 100 >= order.drawn_mg * pump.complete_from_percent:
        return
    told = "by rate and time" if by_rate else "by the volume the pump shows"
    words = f"Dose: {dose.in_tenths(given)} of {Mass(order.drawn_mg).written()} has run in {told}."
    remedy = "Enter the volume that the pump shows; or stop, and say why." if by_rate else "Stop, and say why."
    raise Refused(Refusal("pump_ml", words, remedy, "policy"))


def refuse_over_bag(order: Ordered, pump_ml: Decimal | None, field: str) -> None:
    over = None if pump_ml is None else rates.over_bag(order, pump_ml, field)
    if over is not None:
        raise Refused(over)
