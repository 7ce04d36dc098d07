"""May this medicine be given now under the order set: amount and route on the sheet, not too soon, not too much."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.safety.terms import GivenBefore, NeededDose, NeededMedicine


def not_now(
    medicine: NeededMedicine, *, route: str, amount: Decimal, why: str, before: Sequence[GivenBefore], at: datetime
) -> tuple[tuple[str, str], ...]:
    """Every reason against it as field and rule; none means that the order set covers it."""
    if why not in medicine.why:
        return (("why", f"{medicine.name} is in the order set for {_listed(medicine.why)}, not for this."),)
    ways = [dose for dose in medicine.doses if dose.route == route and dose.only in ("", why)]
    if not ways:
        return (("route", f"{medicine.name} is not in the order set {route or 'without a route'} for this."),)
    faults = []
    way = next((dose for dose in ways if _covers(dose, amount)), None)
    if way is None:
        faults.append(("amount", f"{medicine.name}: the order set has {', or '.join(dose.words for dose in ways)}."))
    elif (total := _total(before, route) + amount) > (most := _most(way, total)):
        faults.append(("amount", f"{medicine.name}: {total} {way.amount.unit} in all is over {most}."))
    return (*faults, *_too_soon(medicine, before, at))


def _listed(words: Sequence[str]) -> str:
    return " or ".join(word.replace("_", " ") for word in words)


def _covers(dose: NeededDose, amount: Decimal) -> bool:
    low, high = dose.amount.values
    return low <= amount <= high


def _total(before: Sequence[GivenBefore], route: str) -> Decimal:
    return sum((one.amount for one in before if one.route == route), Decimal(0))


def _most(way: NeededDose, total: Decimal) -> Decimal:
    return total if way.most is None else way.most.value


def _too_soon(medicine: NeededMedicine, before: Sequence[GivenBefore], at: datetime) -> list[tuple[str, str]]:
    if medicine.repeat is None or not before:
        return []
    again_at = max(one.at for one in before) + timedelta(minutes=medicine.repeat.integer)
    if at >= again_at:
        return []
    return [("drug", f"{medicine.name}: again not before {medicine.repeat.integer} min after the last.")]
