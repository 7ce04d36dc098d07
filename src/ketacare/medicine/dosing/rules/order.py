"""From the order to the pump, the needle or the device: exact, rounded once to the syringe's scale, each step in words.

The first path goes through the quantity types. The second (`recheck`) is deliberately another road: micrograms as
fractions, no shared code. They must agree or the order does not exist (H1).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from ketacare.medicine.dosing.rules import pump
from ketacare.medicine.dosing.rules.holds import holds_of, injections, line_above
from ketacare.medicine.dosing.terms import Order, Step, Working
from ketacare.medicine.protocols.terms import Means, Syringe
from ketacare.medicine.quantities.terms import Duration, Mass, MassPerWeight, Quantity, RateDose, Volume, plain

_MINUTES_PER_HOUR = Decimal(60)


class ArithmeticDisagrees(ArithmeticError):
    """Two independent computations of a dose differ: nothing may be given."""


class DoesNotFit(ValueError):
    """The volume to draw is larger than the bag it is to be made up to, or smaller than every mark of a syringe."""


def work_out(order: Order) -> Working:
    """The whole working of an order with every hold; rechecked by a second code path before it is handed out."""
    dose = order.mass_of(order.dose)
    working = _counted(order, dose) if order.protocol.means is Means.COUNTED else _drawn(order, dose)
    recheck(order, working)
    told = _counted_steps if order.protocol.means is Means.COUNTED else _drawn_steps
    return replace(working, steps=told(order, working), holds=holds_of(order, dose, working.draw, working.drawn))


def _counted(order: Order, dose: Mass) -> Working:
    """Devices, sprays, lozenges: whole pieces of one content."""
    pieces = 0
    if order.piece is not None and order.piece.amount:
        pieces = int(dose.share_of(order.piece).to_integral_value(ROUND_FLOOR))
    held = Mass.of(0) if order.piece is None else order.piece.times(pieces)
    return Working(dose=dose.rounded(), drawn=held.rounded(), pieces=pieces)


def _drawn(order: Order, dose: Mass) -> Working:
    """From a vial into a syringe; an infusion is made up further and has a rate."""
    assert order.vial is not None  # what is drawn has a strength
    exact = dose.at(order.vial)
    syringe = order.protocol.syringe_for(exact)
    draw = _to_a_mark(exact, syringe, line_above(order, dose).at(order.vial))
    if not draw.amount:
        raise DoesNotFit(f"Dose: {dose.rounded()} is too little for any syringe. Choose a weaker vial or another dose.")
    drawn = draw.holding(order.vial)
    total = draw if order.bag is None else order.bag
    if draw > total:
        raise DoesNotFit(
            f"Bag: {draw.rounded()} of drug do not fit in {total.rounded()}. Choose a stronger vial or larger bag."
        )
    vial = order.protocol.vial(order.vial)
    vials = 1 if vial is None else max(1, int(drawn.share_of(vial.content).to_integral_value(ROUND_CEILING)))
    working = Working(
        dose=dose.rounded(),
        drawn=drawn.rounded(),
        draw=draw.rounded(),
        syringe=syringe,
        vials=vials,
        left_in_vials=Mass.of(0) if vial is None else (vial.content.times(vials) - drawn).rounded(),
        injections=injections(order, draw),
    )
    return _infused(order, working, drawn, draw, total) if order.protocol.means is Means.INFUSION else working


def _infused(order: Order, working: Working, drawn: Mass, draw: Volume, total: Volume) -> Working:
    assert order.minutes is not None  # an infusion has a time
    steps = order.protocol.steps
    if steps is not None and order.minutes <= steps.first:
        words = f"Time: {order.minutes} leave nothing for the second step after {steps.first}. Order more minutes."
        raise DoesNotFit(words)
    first, *rest = [(volume, volume.over(minutes).rounded()) for volume, minutes in pump.parts(order, total)]
    takes = pump.runs_for(order, total)
    return replace(
        working,
        diluent=(total - draw).rounded(),
        total=total.rounded(),
        concentration=drawn.dissolved_in(total).rounded(),
        minutes=order.minutes,
        runs_for=takes.rounded(),
        ends_at=_ends_at(order, takes),
        rate=first[1],
        dose_rate=RateDose(first[1].amount * drawn.amount / total.amount / _MINUTES_PER_HOUR).rounded(),
        first_total=first[0].rounded() if rest else None,
        second_rate=rest[0][1] if rest else None,
    )


def _to_a_mark(exact: Volume, syringe: Syringe | None, most: Volume) -> Volume:
    """The nearest mark of the scale, half-even; the one below where the nearest would pass a line (WD-4)."""
    if syringe is None:
        return exact
    marks = exact.share_of(syringe.step)
    near = syringe.step.times(marks.to_integral_value(ROUND_HALF_EVEN))
    if near <= most or exact > most:
        return near
    return syringe.step.times(marks.to_integral_value(ROUND_FLOOR))


def _ends_at(order: Order, takes: Duration) -> datetime | None:
    if order.starts_at is None:
        return None
    return order.starts_at + timedelta(microseconds=int(takes.amount * 60_000_000))


# --- in words ---------------------------------------------------------------------------------------------------------


def _ordered(order: Order, w: Working) -> Step:
    if isinstance(order.dose, MassPerWeight):
        return Step("ordered", f"{order.dose} x {_weight_words(order)} = {w.dose}")
    return Step("ordered", f"{w.dose}, the same for every weight")


def _weight_words(order: Order) -> str:
    both = order.weight.written_both()
    return both if order.actual is None else f"{both}, {order.rests_on} weight (actual {order.actual})"


def _counted_steps(order: Order, w: Working) -> tuple[Step, ...]:
    piece = None if order.piece is None else order.protocol.piece(order.piece)
    if piece is None:
        return (_ordered(order, w),)
    steps = (_ordered(order, w), Step("pieces", f"{w.pieces} x {piece.label} = {w.drawn}"))
    if piece.rest is None or (w.pieces or 0) < 2:
        return steps
    return (*steps, Step("time", f"one after the other, {piece.rest} after each before the next"))


def _drawn_steps(order: Order, w: Working) -> tuple[Step, ...]:
    assert order.vial is not None
    vial = order.protocol.vial(order.vial)
    strength = order.vial.written() if vial is None else f"vial of {vial.label}"
    steps = [_ordered(order, w), Step("concentration", f"{w.dose} from {strength} = {_mark_words(order, w)}")]
    if w.rate is None:
        return (*steps, *_given_steps(order, w))
    made = "given undiluted" if order.bag is None else f"{w.draw} + {w.diluent} of 0.9 % saline = {w.total}"
    ends = "" if w.ends_at is None else f", from {order.starts_at:%H:%M} to {w.ends_at:%H:%M}"
    return (
        *steps,
        Step("volume", f"{made} at {w.concentration}"),
        Step("rate", _rate_words(order, w)),
        Step("time", f"{_time_words(w)}{ends}"),
    )


def _rate_words(order: Order, w: Working) -> str:
    if order.protocol.steps is None or w.total is None or w.first_total is None or w.minutes is None:
        return f"{w.total} in {w.minutes} = {w.rate} ({w.dose_rate})"
    first, rest = order.protocol.steps.first, w.minutes - order.protocol.steps.first
    then = f"{w.total - w.first_total} in {rest} = {w.second_rate}"
    return f"first {w.first_total} in {first} = {w.rate} ({w.dose_rate}); then stop and look; if stable {then}"


def _time_words(w: Working) -> str:
    """The minutes ordered; where the pump's step makes them longer or shorter, both."""
    takes = None if w.runs_for is None else w.runs_for.amount.quantize(Decimal("0.1"))
    if w.minutes is None or takes is None or takes == w.minutes.amount:
        return f"{w.minutes}"
    return f"{w.minutes} ordered, {plain(takes)} min at the set rate"


def _mark_words(order: Order, w: Working) -> str:
    """What is drawn; where the scale cannot show the exact volume, both and the dose really drawn."""
    assert order.vial is not None
    exact = order.mass_of(order.dose).at(order.vial).rounded()
    if w.drawn == w.dose or w.syringe is None:
        return f"{w.draw}"
    off = (w.drawn.amount - w.dose.amount) * 100 / w.dose.amount
    told = f"{'+' if off > 0 else '-'}{plain(abs(off).quantize(Decimal('0.1')))} %"
    return f"{exact}; a {w.syringe.size} syringe shows {w.syringe.step} steps: draw {w.draw} = {w.drawn} ({told})"


def _given_steps(order: Order, w: Working) -> tuple[Step, ...]:
    if order.protocol.means is Means.MEASURED:
        return (Step("volume", f"{w.draw} of the injection solution, swallowed"),)
    parts = "in one injection" if w.injections == 1 else f"in {w.injections} injections, none above the site's volume"
    return (Step("volume", f"{w.draw} into the {order.site}, {parts}"),)


# --- the second path ------------------------------------------------------------------------------------------------


def recheck(order: Order, working: Working) -> None:
    """Compute every amount again in whole micrograms and fractions; raise if any differs beyond rounding."""
    dose = Fraction(str(order.dose.amount))
    if isinstance(order.dose, MassPerWeight):
        dose *= Fraction(str(order.weight.amount))
    again: list[tuple[Quantity | None, Fraction]] = [(working.dose, dose)]
    if order.protocol.means is Means.COUNTED:
        piece = Fraction(str(order.piece.amount)) if order.piece is not None else Fraction(0)
        again.append((working.drawn, piece * (working.pieces or 0)))
        _agree(again)
        if not 0 <= dose - piece * (working.pieces or 0) < (piece or dose + 1):
            raise ArithmeticDisagrees(f"Pieces: {working.pieces} differs from the second computation. Give nothing.")
        return
    assert order.vial is not None
    drug_ml = _on_the_scale(dose / Fraction(str(order.vial.amount)), order, working)
    held = drug_ml * Fraction(str(order.vial.amount))
    again += [(working.draw, drug_ml), (working.drawn, held)]
    if order.protocol.means is Means.INFUSION and order.minutes is not None:
        total_ml = drug_ml if order.bag is None else Fraction(str(order.bag.amount))
        minutes = Fraction(str(order.minutes.amount))
        again += [
            (working.diluent, total_ml - drug_ml),
            (working.concentration, held / total_ml),
            *_rates_again(order, working, held, total_ml, minutes),
        ]
    _agree(again)


def _rates_again(
    order: Order, working: Working, held: Fraction, total_ml: Fraction, minutes: Fraction
) -> list[tuple[Quantity | None, Fraction]]:
    steps = order.protocol.steps
    if steps is None:
        return _one_rate_again(working, held, total_ml, total_ml, minutes)
    first_min, part = Fraction(str(steps.first.amount)), Fraction(str(steps.first_share_percent)) / 100
    first_ml, rest_ml, rest_min = total_ml * part, total_ml - total_ml * part, minutes - first_min
    second = _set(rest_ml / rest_min * 60)
    return [
        (working.first_total, first_ml),
        *_one_rate_again(working, held, total_ml, first_ml, first_min, rest_ml / second * 60 if second else rest_min),
        (working.second_rate, rest_ml / rest_min * 60),
    ]


def _one_rate_again(
    w: Working, held: Fraction, total_ml: Fraction, volume_ml: Fraction, minutes: Fraction, then: Fraction = Fraction(0)
) -> list[tuple[Quantity | None, Fraction]]:
    """The rate; what runs in a minute, and how long all of it takes, at what the pump can be set to."""
    set_to = _set(volume_ml / minutes * 60)
    takes = volume_ml / set_to * 60 if set_to else minutes
    return [
        (w.rate, volume_ml / minutes * 60), (w.dose_rate, set_to * held / total_ml / 60), (w.runs_for, takes + then),
    ]  # fmt: skip


def _set(rate: Fraction) -> Fraction:
    return Fraction(round(rate * 10), 10)


def _on_the_scale(exact: Fraction, order: Order, working: Working) -> Fraction:
    """The mark again, in whole steps of the scale; the one below is right only where the nearest passes a ceiling."""
    if working.syringe is None:
        return exact
    step, strength = Fraction(str(working.syringe.step.amount)), Fraction(str(order.vial.amount if order.vial else 1))
    near = round(exact / step) * step
    lines, kg = order.protocol.ceilings, Fraction(str(order.weight.amount))
    most = Fraction(str(lines.most.amount))
    by_weight = [Fraction(str(line.amount)) * kg for line in (lines.most_by_weight, lines.last_by_weight) if line]
    under = [min(most, line) for line in by_weight or [most]]
    if order.second_of is not None and order.protocol.second is not None:
        share, today = order.protocol.second.most_share_percent, Fraction(str(order.given_today.amount))
        under += [Fraction(str(order.second_of.amount)) * Fraction(str(share)) / 100, under[0] - today]
    if all(near * strength <= line for line in under if exact * strength <= line):
        return near
    return exact // step * step


def _agree(again: list[tuple[Quantity | None, Fraction]]) -> None:
    for amount, expected in again:
        if amount is None or abs(Fraction(str(amount.amount)) - expected) > Fraction(1, 2 * 10**amount.places):
            name = "Amount" if amount is None else amount.name
            raise ArithmeticDisagrees(f"{name}: {amount} differs from the second computation. Give nothing.")
