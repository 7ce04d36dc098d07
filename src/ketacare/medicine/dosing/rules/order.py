"""From mg/kg to the pump: exact, rounded once, each step in words, every hold at once, recomputed a second way.

The first path goes through the quantity types. The second (`recheck`) is deliberately another road: micrograms as
fractions, no shared code. They must agree to the rounding or the order does not exist (H1).
"""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

from ketacare.medicine.dosing.terms import DoseEntry, Hold, HoldKind, Order, Step, Working
from ketacare.medicine.evidence.rules import day_of
from ketacare.medicine.protocols.terms import WeightRules
from ketacare.medicine.quantities.terms import (
    Mass,
    MassPerWeight,
    Quantity,
    Volume,
    Weight,
    plain,
)

_HUNDRED = Decimal(100)


class ArithmeticDisagrees(ArithmeticError):
    """Two independent computations of a dose differ: nothing may be given."""


class DoesNotFit(ValueError):
    """The drawn volume is larger than the bag it is to be made up to."""


def work_out(order: Order) -> Working:
    """The whole working of an order with every hold; rechecked by a second code path before it is handed out."""
    dose = order.dose.for_weight(order.weight)
    draw = dose.at(order.vial)
    total = draw if order.bag is None else order.bag
    if draw > total:
        raise DoesNotFit(
            f"Bag: {draw.written()} of drug do not fit in {total.written()}. Choose a stronger vial or larger bag."
        )
    content = _content(order)
    vials = 1 if content is None else max(1, int(dose.share_of(content).to_integral_value(ROUND_CEILING)))
    working = Working(
        dose=dose.rounded(),
        draw=draw.rounded(),
        diluent=(total - draw).rounded(),
        total=total.rounded(),
        concentration=dose.dissolved_in(total).rounded(),
        rate=total.over(order.minutes).rounded(),
        dose_rate=dose.over(order.minutes).rounded(),
        minutes=order.minutes,
        ends_at=_ends_at(order),
        vials=vials,
        left_in_vials=Mass.of(0) if content is None else (content.times(vials) - dose).rounded(),
        steps=(),
        holds=_holds(order, dose, draw),
    )
    recheck(order, working)
    return _with_steps(order, working)


def _content(order: Order) -> Mass | None:
    vial = order.protocol.vial(order.vial)
    return None if vial is None else vial.content


def _ends_at(order: Order) -> datetime | None:
    if order.starts_at is None:
        return None
    microseconds = int(order.minutes.amount * 60_000_000)
    return order.starts_at + timedelta(microseconds=microseconds)


def _with_steps(order: Order, working: Working) -> Working:
    return Working(**{**vars(working), "steps": _steps(order, working)})


def _steps(order: Order, w: Working) -> tuple[Step, ...]:
    vial = order.protocol.vial(order.vial)
    strength = order.vial.written() if vial is None else f"vial of {vial.label}"
    made = "given undiluted" if order.bag is None else f"{w.draw} + {w.diluent} of 0.9 % saline = {w.total}"
    steps = [
        Step("ordered", f"{order.dose} x {order.weight.written_both()} = {w.dose}"),
        Step("concentration", f"{w.dose} from {strength} = {w.draw}"),
        Step("volume", f"{made} at {w.concentration}"),
        Step("rate", f"{w.total} in {w.minutes} = {w.rate} ({w.dose_rate})"),
    ]
    ends = "" if w.ends_at is None else f", from {order.starts_at:%H:%M} to {w.ends_at:%H:%M}"
    return (*steps, Step("time", f"{w.minutes}{ends}"))


# --- the second path ------------------------------------------------------------------------------------------------


def recheck(order: Order, working: Working) -> None:
    """Compute every amount again in whole micrograms and fractions; raise if any differs beyond rounding."""
    micrograms = Fraction(str(order.dose.amount)) * Fraction(str(order.weight.amount)) * 1000
    drug_ml = micrograms / 1000 / Fraction(str(order.vial.amount))
    total_ml = drug_ml if order.bag is None else Fraction(str(order.bag.amount))
    minutes = Fraction(str(order.minutes.amount))
    again: list[tuple[Quantity, Fraction]] = [
        (working.dose, micrograms / 1000),
        (working.draw, drug_ml),
        (working.diluent, total_ml - drug_ml),
        (working.concentration, micrograms / 1000 / total_ml),
        (working.rate, total_ml / minutes * 60),
        (working.dose_rate, micrograms / 1000 / minutes),
    ]
    for amount, expected in again:
        tolerance = Fraction(1, 2 * 10**amount.places)
        if abs(Fraction(str(amount.amount)) - expected) > tolerance:
            raise ArithmeticDisagrees(f"{amount.name}: {amount} differs from the second computation. Give nothing.")


# --- holds ----------------------------------------------------------------------------------------------------------


def _holds(order: Order, dose: Mass, draw: Volume) -> tuple[Hold, ...]:
    found = (
        _vial_unknown(order),
        _undiluted(order, draw),
        _weight_stale(order),
        _over_most(order, dose),
        _over_plan(order),
        _over_last(order),
        _fast_and_high(order),
        _outside_range(order),
        _confirm(order, dose),
    )
    return tuple(hold for hold in found if hold is not None)


def _vial_unknown(order: Order) -> Hold | None:
    if order.protocol.vial(order.vial) is not None:
        return None
    known = ", ".join(vial.concentration.written() for vial in order.protocol.vials)
    return _refused("H1", "vial", f"Vial: {order.vial} is not a strength of this protocol. Choose one of {known}.")


def _undiluted(order: Order, draw: Volume) -> Hold | None:
    vial = order.protocol.vial(order.vial)
    if vial is None or not vial.dilute_first:
        return None
    if order.bag is not None and order.bag - draw >= draw:
        return None
    words = f"Vial: {order.vial} is never given intravenously undiluted. Dilute with at least {draw.rounded()}."
    return _refused("H1", "bag", words)


def _weight_stale(order: Order) -> Hold | None:
    age = (day_of(order.at, order.at) - day_of(order.weighed_at, order.at)).days
    limit = order.protocol.weight.valid_days
    if 0 <= age <= limit:
        return None
    told = "in the future" if age < 0 else f"{age} days old; no dose from a weight older than {limit} days"
    return _refused("H3", "weight", f"Weight: {order.weight} is {told}. Weigh the patient today.")


def _over_most(order: Order, dose: Mass) -> Hold | None:
    most = order.protocol.ceilings
    if dose <= most.most and order.dose <= most.most_by_weight:
        return None
    limit = f"{most.most_by_weight} and {most.most}"
    return _refused("WD-4", "dose", f"Dose: {order.dose} = {dose} is above the most allowed, {limit}. Lower the dose.")


def _over_plan(order: Order) -> Hold | None:
    planned = order.planned or order.protocol.dose
    times = order.protocol.ceilings.two_people_times_plan
    if order.dose <= planned.times(times):
        return None
    return _two_people(order, "H2", f"Dose: {order.dose} is more than {times} times the plan ({planned}).")


def _over_last(order: Order) -> Hold | None:
    times = order.protocol.ceilings.two_people_times_last
    if order.last_given is None or order.dose <= order.last_given.times(times):
        return None
    words = f"Dose: {order.dose} is more than {times} times the last one given ({order.last_given})."
    return _two_people(order, "TI-5", words)


def _fast_and_high(order: Order) -> Hold | None:
    lines = order.protocol.ceilings
    if order.dose < lines.two_people_over_by_weight or order.minutes >= lines.two_people_under:
        return None
    return _two_people(order, "H2", f"Dose: {order.dose} in {order.minutes} is faster than {lines.two_people_under}.")


def _outside_range(order: Order) -> Hold | None:
    floor = order.protocol.ceilings.floor_by_weight
    if order.dose >= floor and order.minutes >= order.protocol.minutes:
        return None
    words = f"Dose: {order.dose} in {order.minutes} is outside the sheet ({floor} or more, {order.protocol.minutes})."
    return _two_people(order, "TI-5", words)


def _confirm(order: Order, dose: Mass) -> Hold | None:
    line = order.protocol.ceilings.confirm_over
    if dose <= line:
        return None
    words = f"Dose: {dose.rounded()} is over {line}. The prescriber confirms it."
    return Hold("WD-3", "dose", HoldKind.CONFIRM, words, lifted=order.confirmed_by_prescriber)


def _refused(rule: str, field: str, words: str) -> Hold:
    return Hold(rule, field, HoldKind.REFUSED, words)


def _two_people(order: Order, rule: str, words: str) -> Hold:
    remedy = "Check mg against mg/kg; otherwise two people give the reason."
    return Hold(rule, "dose", HoldKind.TWO_PEOPLE, f"{words} {remedy}", lifted=order.two_people is not None)


# --- weight ---------------------------------------------------------------------------------------------------------


def weight_holds(
    entered: Weight, rules: WeightRules, *, dosing: Weight | None = None, height_cm: Decimal | None = None
) -> tuple[Hold, ...]:
    """Questions about an entered weight: pounds taken for kg, a change that asks to work the dose out again (H3)."""
    found = (_against_dosing(entered, rules, dosing), _against_height(entered, rules, height_cm))
    return tuple(hold for hold in found if hold is not None)


def _against_dosing(entered: Weight, rules: WeightRules, dosing: Weight | None) -> Hold | None:
    if dosing is None:
        return None
    change = change_percent(entered, dosing)
    if change > rules.question_percent:
        times = plain(entered.share_of(dosing).quantize(Decimal("0.1")))
        words = f"Weight: {entered} is {times} times the dosing weight ({dosing}). {_pounds_question(entered)}"
        return Hold("H3", "weight", HoldKind.ASK, words)
    if change > rules.recalculate_percent:
        words = f"Weight: {entered} differs by {plain(change.quantize(Decimal('0.1')))} % from the dosing weight "
        return Hold("H3", "weight", HoldKind.CONFIRM, words + f"({dosing}). Work the dose out again.")
    return None


def _against_height(entered: Weight, rules: WeightRules, height_cm: Decimal | None) -> Hold | None:
    if height_cm is None:
        return None
    bmi = entered.amount / (height_cm / _HUNDRED) ** 2
    if rules.bmi_low <= bmi <= rules.bmi_high:
        return None
    words = f"Weight: {entered} at {plain(height_cm)} cm is a BMI of {plain(bmi.quantize(Decimal('0.1')))}. "
    return Hold("H3", "weight", HoldKind.ASK, words + _pounds_question(entered))


def _pounds_question(entered: Weight) -> str:
    as_kg = Weight.from_pounds(entered.amount)
    return f"If you weighed in pounds choose lb ({plain(entered.amount)} lb = {as_kg}); otherwise confirm."


def change_percent(now: Weight, dosing: Weight) -> Decimal:
    """By how many percent the weight differs from the dosing weight, whichever way."""
    return abs(now.amount - dosing.amount) * _HUNDRED / dosing.amount


# --- the blind second entry -----------------------------------------------------------------------------------------


def compare(first: DoseEntry, second: DoseEntry) -> tuple[str, ...]:
    """The fields that differ, by name only: naming a value would unblind the second person."""
    pairs = {
        "patient": (first.patient.strip().casefold(), second.patient.strip().casefold()),
        "drug": (first.drug.strip().casefold(), second.drug.strip().casefold()),
        "dose": (first.dose, second.dose),
        "concentration": (first.concentration, second.concentration),
        "rate": (first.rate, second.rate),
    }
    return tuple(field for field, (one, other) in pairs.items() if one != other)


def planned_entry(patient: str, drug: str, order: Order, working: Working) -> DoseEntry:
    """What the second person ought to arrive at, blind."""
    return DoseEntry(patient, drug, working.dose, order.vial, working.rate)


def per_kg(dose: Mass, weight: Weight) -> MassPerWeight:
    """The same dose by weight, shown beside the absolute one (H2)."""
    return dose.per_kg(weight).rounded()
