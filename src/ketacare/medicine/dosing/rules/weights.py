"""Questions about an entered weight: pounds taken for kilograms, a change that asks to work the dose out again (H3)."""

from decimal import Decimal

from ketacare.medicine.dosing.rules.descriptors import Descriptors
from ketacare.medicine.dosing.terms import Hold, HoldKind
from ketacare.medicine.protocols.terms import WeightRules
from ketacare.medicine.quantities.terms import Weight, plain

_HUNDRED = Decimal(100)


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


def order_outdated(ordered: Weight, now: Weight, rules: WeightRules, *, corrected: bool = False) -> Hold | None:
    """An order signed on a weight that no longer stands is not given: `corrected` where that measure was amended, or
    the standing one differs by more than asks to recalculate (H3)."""
    change = change_percent(now, ordered)
    if not corrected and change <= rules.recalculate_percent:
        return None
    off = plain(change.quantize(Decimal("0.1")))
    told = f"was corrected; {now} stands" if corrected else f"differs by {off} % from {now}, which stands now"
    words = f"Weight: {ordered}, which the order rests on, {told}. "
    return Hold("H3", "weight", HoldKind.REFUSED, words + "Sign the order again on the weight that stands.")


def descriptor_outdated(rests_on: str, ordered: Weight, by_house: str, now: Descriptors) -> Hold | None:
    """The weight a dose was worked out by, ideal or adjusted, follows the height: once that is corrected, the same
    weight on the scale gives another one, or the house rule takes another."""
    stands = next((one.weight for one in now.offered if one.name == rests_on), None)
    if stands == ordered and by_house == now.default.name:
        return None
    told = f"{stands} by the height that stands" if stands else "not worked out from the height that stands"
    if stands == ordered:
        told = f"not what the house rule takes by the height that stands: {now.default.name} weight"
    words = f"Weight: {ordered} ({rests_on}), which the order rests on, is {told}. "
    return Hold("H3", "weight", HoldKind.REFUSED, words + "Sign the order again on the weight that stands.")


def change_percent(now: Weight, dosing: Weight) -> Decimal:
    """By how many percent the weight differs from the dosing weight, whichever way."""
    return abs(now.amount - dosing.amount) * _HUNDRED / dosing.amount
