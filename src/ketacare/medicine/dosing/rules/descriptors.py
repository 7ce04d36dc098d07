"""Which weight a dose may rest on: actual, ideal, adjusted or capped, each with its working, and which is used and why.

The order asks which one a dose rests on, the house rule's by default, and all are shown side by side.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from ketacare.medicine.evidence.terms import Figure, Grade, Series, Source, weakest
from ketacare.medicine.protocols import reader
from ketacare.medicine.protocols.terms import DosingRule
from ketacare.medicine.quantities.terms import Mass, MassPerWeight, Weight, plain

AMOUNTS, HIGH_INDEX, CONFIRMATION, DESCRIPTOR = "amounts-1", "WD-2", "WD-3", "WD-1"
ACTUAL, IDEAL, ADJUSTED, CAPPED = "actual", "ideal", "adjusted", "capped"
_CM_PER_INCH = Decimal("2.54")  # exact by the international yard and pound agreement of 1959
_CM_PER_M = 100
_BASES = {"male": "ideal_base_male", "female": "ideal_base_female"}


@dataclass(frozen=True, slots=True)
class Described:
    """One weight a dose could rest on."""

    name: str
    weight: Weight
    working: str
    grade: Grade
    sources: tuple[Source, ...]

    def dose(self, by_weight: MassPerWeight) -> Mass:
        return by_weight.for_weight(self.weight).rounded()


@dataclass(frozen=True, slots=True)
class Descriptors:
    """`default` is what the house rule would take, `why` its reason; what could not be worked out is in `missing`."""

    offered: tuple[Described, ...]
    default: Described
    why: str
    index: Decimal | None
    missing: tuple[str, ...]

    @property
    def side_by_side(self) -> bool:
        return len(self.offered) > 1


def rules_by_id(sheet_id: str) -> Mapping[str, DosingRule]:
    """The shipped rules of a sheet by their ids."""
    return {rule.id: rule for rule in reader.dosing_rules(sheet_id)}


def figure(rule: DosingRule, name: str) -> Figure:
    """One figure of a rule; KeyError where the rule has a series of them, or none."""
    found = rule.figures[name]
    if isinstance(found, Series):
        raise KeyError(name)
    return found


def days_of(rule: DosingRule, name: str) -> timedelta:
    found = figure(rule, name)
    if found.unit != "d":
        raise ValueError(f"{rule.id}, {name}: in {found.unit}, not in d. Write days.")
    return timedelta(days=found.integer)


def descriptors(actual: Weight, height_cm: Decimal | None, sex: str) -> Descriptors:
    """Every weight that is offered for this person, the actual one first."""
    rules = rules_by_id(AMOUNTS)
    by_index = rules[HIGH_INDEX]
    first = _actual(actual, rules[DESCRIPTOR])
    capped = _capped(actual, rules[CONFIRMATION])
    if height_cm is None:
        words = "Height: not known, so body mass index, ideal and adjusted weight are not worked out. Measure it."
        return Descriptors((first, *capped), first, _usual(rules[DESCRIPTOR]), None, (words,))
    exact = actual.amount / (height_cm / _CM_PER_M) ** 2
    index = _shown(exact, by_index)
    if exact < figure(by_index, "offer_from").value:
        return Descriptors((first, *capped), first, _usual(rules[DESCRIPTOR]), index, ())
    ideal, missing = _ideal(height_cm, sex, by_index)
    if ideal is None:
        return Descriptors((first, *capped), first, _usual(rules[DESCRIPTOR]), index, missing)
    adjusted = _adjusted(actual, ideal, by_index)
    line = figure(by_index, "adjusted_from")
    default, why = first, f"Body mass index {plain(index)} kg/m2 is under {plain(line.value)}: the actual weight."
    if exact >= line.value:
        default = adjusted
        why = f"Body mass index {plain(index)} kg/m2 is {plain(line.value)} or more: adjusted weight by the house rule."
    return Descriptors((first, ideal, adjusted, *capped), default, why, index, ())


def _shown(exact: Decimal, rule: DosingRule) -> Decimal:
    """To a tenth, and never over a line that the index itself is under."""
    usual, down = (exact.quantize(Decimal("0.1"), way) for way in (ROUND_HALF_EVEN, ROUND_FLOOR))
    lines = [figure(rule, name).value for name in ("offer_from", "adjusted_from")]
    return down if any(exact < line <= usual for line in lines) else usual


def _usual(rule: DosingRule) -> str:
    return f"{rule.words}."


def _actual(actual: Weight, rule: DosingRule) -> Described:
    return Described(ACTUAL, actual, "as weighed", rule.grade, rule.sources)


def _capped(actual: Weight, rule: DosingRule) -> tuple[Described, ...]:
    cap = figure(rule, "weight_cap")
    if actual.amount <= cap.value:
        return ()
    return (Described(CAPPED, Weight(cap.value), "the cap some clinics set", cap.grade, cap.sources),)


def _ideal(height_cm: Decimal, sex: str, rule: DosingRule) -> tuple[Described | None, tuple[str, ...]]:
    if sex not in _BASES:
        return None, ("Sex: not known as female or male, so ideal and adjusted weight are not worked out.",)
    names = (_BASES[sex], "ideal_per_inch", "ideal_from_inches")
    base, per_inch, start = (figure(rule, name) for name in names)
    inches = height_cm / _CM_PER_INCH - start.value
    if inches < 0:
        least = plain(start.value * _CM_PER_INCH)
        return None, (f"Height: the formula of ideal weight begins at {least} cm, so it is not worked out.",)
    weight = Weight(base.value + per_inch.value * inches).rounded()
    over = plain(inches.quantize(Decimal("0.1")))
    working = f"{plain(base.value)} kg + {plain(per_inch.value)} kg x {over} in above {plain(start.value)} in"
    return Described(IDEAL, weight, working, weakest([base.grade, per_inch.grade]), base.sources), ()


def _adjusted(actual: Weight, ideal: Described, rule: DosingRule) -> Described:
    share = figure(rule, "adjusted_share")
    weight = Weight(ideal.weight.amount + share.value * (actual.amount - ideal.weight.amount)).rounded()
    working = f"{ideal.weight} + {plain(share.value)} x ({actual} - {ideal.weight})"
    return Described(ADJUSTED, weight, working, weakest([ideal.grade, share.grade]), share.sources)
