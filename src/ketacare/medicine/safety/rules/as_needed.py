"""May this medicine be given now under the order set: amount and route on the sheet, not too soon, not too much. And
what is asked about once of one that a prescriber ordered by themselves."""

from collections.abc import Iterable, Sequence
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
    elif (total := _total(medicine, before, route) + amount) > (most := _most(way, total)):
        faults.append(("amount", f"{medicine.name}: {total} {way.amount.unit} in all is over {most}."))
    return (*faults, *_too_soon(medicine, before, at))


def _listed(words: Sequence[str]) -> str:
    return " or ".join(word.replace("_", " ") for word in words)


def _covers(dose: NeededDose, amount: Decimal) -> bool:
    low, high = dose.amount.values
    return low <= amount <= high


def _total(medicine: NeededMedicine, before: Sequence[GivenBefore], route: str) -> Decimal:
    """What went in this way; and in one that the sheet does not have, typed by hand: it may have been this one."""
    others = {dose.route.casefold() for dose in medicine.doses} - {route.casefold()}
    return sum((one.amount for one in before if one.route.casefold() not in others), Decimal(0))


def _most(way: NeededDose, total: Decimal) -> Decimal:
    return total if way.most is None else way.most.value


def _too_soon(medicine: NeededMedicine, before: Sequence[GivenBefore], at: datetime) -> list[tuple[str, str]]:
    if medicine.repeat is None or not before:
        return []
    again_at = max(one.at for one in before) + timedelta(minutes=medicine.repeat.integer)
    if at >= again_at:
        return []
    return [("drug", f"{medicine.name}: again not before {medicine.repeat.integer} min after the last.")]


def asked_once(
    medicine: NeededMedicine | None,
    *,
    name: str,
    route: str,
    amount: Decimal,
    unit: str,
    before: Sequence[GivenBefore],
    allergies: Iterable[str],
    at: datetime,
) -> tuple[str, ...]:
    """What is unlikely of a medicine that was given by a prescriber's own order: it is asked about once and kept if it
    is said to be right. Of one that is on no sheet nobody here knows what is usual: it is read a second time."""
    faults = [f"{name}: an allergy to {one} is known." for one in allergies if _names(one, name)]
    if medicine is None:
        return (*faults, f"{amount.normalize():f} {unit} of {name}: no sheet knows how much is usual.")
    ways = [dose for dose in medicine.doses if dose.route.lower() == route.lower()]
    if not ways:
        listed = _listed(sorted({dose.route for dose in medicine.doses}))
        return (*faults, f"{name}: the sheet has it {listed}, not {route}.", *_soon(medicine, before, at))
    if not any(_covers(dose, amount) for dose in ways):
        faults.append(f"{name}: the sheet has {', or '.join(dose.words for dose in ways)}.")
    most = [dose.most.value for dose in ways if dose.most is not None]
    total = sum((one.amount for one in before), amount)  # by whatever way: it acts all the same
    if len(most) == len(ways) and before and total > max(most):
        faults.append(f"{name}: {total.normalize():f} {unit} in all is over {max(most).normalize():f}.")
    return (*faults, *_soon(medicine, before, at))


def _soon(medicine: NeededMedicine, before: Sequence[GivenBefore], at: datetime) -> list[str]:
    return [words for _, words in _too_soon(medicine, before, at)]


def _names(substance: str, medicine: str) -> bool:
    """A word of one begins a word of the other: "opiate" is not "naloxone", and "morphine sulfate" is "morphine"."""
    one, other = ([word for word in text.lower().split() if len(word) > 3] for text in (substance, medicine))
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)
