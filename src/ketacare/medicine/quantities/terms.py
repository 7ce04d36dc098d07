"""Exact amounts whose unit is their type.

Adding mg to mL, or comparing mL/h with mg/min, is refused by the type checker and again when run. Amounts are
Decimal; a binary float never gets in. Arithmetic keeps full precision; rounding happens once, at the end, half-even
(safety I12), and written amounts follow the ISMP list (safety I13): 0.5 mg, 5 mg, 1,000 mg.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import ClassVar, Self

KG_PER_POUND = Decimal("0.45359237")  # exact by the international yard and pound agreement of 1959
_MINUTES_PER_HOUR = Decimal(60)
# As typed, or as Decimal writes itself: its E is never typed, and what is no number is told by its own words.
_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(E[+-][0-9]{1,2})?|NaN|-?Infinity")


class ImpossibleAmount(ValueError):
    """An amount that cannot exist: not a number, negative, or zero where there must be some."""


@dataclass(frozen=True, order=True, slots=True)
class Quantity:
    """An exact amount of one kind. Use a subclass; the base itself has no unit."""

    amount: Decimal

    unit: ClassVar[str] = ""
    name: ClassVar[str] = "Amount"
    places: ClassVar[int] = 3
    may_be_zero: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if type(self) is Quantity:
            raise TypeError("Amount: choose a kind, such as Mass or Volume.")
        if not isinstance(self.amount, Decimal):
            raise TypeError(
                f"{self.name}: {self.amount!r} is not exact. Use Decimal, or {type(self).__name__}.of('0.5')."
            )
        if not self.amount.is_finite():
            raise ImpossibleAmount(f"{self.name}: {self.amount} is not a number. Enter an amount in {self.unit}.")
        if self.amount < 0 or (self.amount == 0 and not self.may_be_zero):
            least = "cannot be below zero" if self.may_be_zero else "must be above zero"
            raise ImpossibleAmount(f"{self.name}: {self.amount} {self.unit} {least}. Check the entry.")

    @classmethod
    def of(cls, amount: str | int | Decimal) -> Self:
        """From digits as typed; refuses floats, words, and anything that is not a plain number."""
        if isinstance(amount, (bool, float)):
            raise TypeError(f"{cls.name}: {amount!r} is not exact. Give the digits as text.")
        try:
            if isinstance(amount, str) and not _PLAIN.fullmatch(amount.strip()):
                raise InvalidOperation
            return cls(Decimal(amount))
        except InvalidOperation:
            raise ImpossibleAmount(f"{cls.name}: {amount!r} is not a number. Enter an amount in {cls.unit}.")

    def __add__(self, other: Self) -> Self:
        return type(self)(self.amount + self._same(other))

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.amount - self._same(other))

    def times(self, factor: int | Decimal) -> Self:
        return type(self)(self.amount * factor)

    def share_of(self, whole: Self) -> Decimal:
        """This amount as a fraction of another of its kind."""
        return self.amount / self._same(whole)

    def _same(self, other: Self) -> Decimal:
        if type(other) is not type(self):
            raise TypeError(f"{self.name} in {self.unit} cannot meet {getattr(other, 'unit', None) or repr(other)}.")
        return other.amount

    def rounded(self) -> Self:
        """To the places of this kind, half-even: done once, at the end."""
        return type(self)(self.amount.quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_EVEN))

    def written(self) -> str:
        """As the ISMP list asks: leading zero, no trailing zero, comma from 1,000, space before the unit."""
        return f"{plain(self.rounded().amount)} {self.unit}"

    def __str__(self) -> str:
        return self.written()


def plain(number: Decimal) -> str:
    """0.50 -> 0.5, 5.0 -> 5, 1000 -> 1,000."""
    digits = f"{number:,f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


@dataclass(frozen=True, order=True, slots=True)
class Mass(Quantity):
    unit: ClassVar[str] = "mg"
    name: ClassVar[str] = "Mass"

    def at(self, concentration: "Concentration") -> "Volume":
        """The volume that holds this mass."""
        return Volume(self.amount / concentration.amount)

    def dissolved_in(self, volume: "Volume") -> "Concentration":
        return Concentration(self.amount / volume.amount)

    def over(self, duration: "Duration") -> "RateDose":
        return RateDose(self.amount / duration.amount)

    def per_kg(self, weight: "Weight") -> "MassPerWeight":
        return MassPerWeight(self.amount / weight.amount)


@dataclass(frozen=True, order=True, slots=True)
class Weight(Quantity):
    unit: ClassVar[str] = "kg"
    name: ClassVar[str] = "Weight"
    places: ClassVar[int] = 1
    may_be_zero: ClassVar[bool] = False

    @classmethod
    def from_pounds(cls, pounds: str | int | Decimal) -> Self:
        """Weighed in pounds; kept in kg to one place, which is how it is dosed."""
        return cls(cls.of(pounds).amount * KG_PER_POUND).rounded()

    @property
    def pounds(self) -> Decimal:
        return (self.amount / KG_PER_POUND).quantize(Decimal("0.1"), ROUND_HALF_EVEN)

    def written_both(self) -> str:
        """Both units at once, so a slip is seen: 72 kg (158.7 lb)."""
        return f"{self.written()} ({plain(self.pounds)} lb)"


@dataclass(frozen=True, order=True, slots=True)
class MassPerWeight(Quantity):
    unit: ClassVar[str] = "mg/kg"
    name: ClassVar[str] = "Dose by weight"

    def for_weight(self, weight: Weight) -> Mass:
        return Mass(self.amount * weight.amount)


@dataclass(frozen=True, order=True, slots=True)
class Volume(Quantity):
    unit: ClassVar[str] = "mL"
    name: ClassVar[str] = "Volume"

    def holding(self, concentration: "Concentration") -> Mass:
        """The mass in this volume."""
        return Mass(self.amount * concentration.amount)

    def over(self, duration: "Duration") -> "RatePump":
        return RatePump(self.amount * _MINUTES_PER_HOUR / duration.amount)


@dataclass(frozen=True, order=True, slots=True)
class Concentration(Quantity):
    unit: ClassVar[str] = "mg/mL"
    name: ClassVar[str] = "Concentration"
    may_be_zero: ClassVar[bool] = False


@dataclass(frozen=True, order=True, slots=True)
class Duration(Quantity):
    unit: ClassVar[str] = "min"
    name: ClassVar[str] = "Time"
    may_be_zero: ClassVar[bool] = False


@dataclass(frozen=True, order=True, slots=True)
class RatePump(Quantity):
    """What is set on the pump. Zero is a paused pump. One place is the step of common pumps."""

    unit: ClassVar[str] = "mL/h"
    name: ClassVar[str] = "Pump rate"
    places: ClassVar[int] = 1

    def during(self, duration: Duration) -> Volume:
        return Volume(self.amount * duration.amount / _MINUTES_PER_HOUR)


@dataclass(frozen=True, order=True, slots=True)
class RateDose(Quantity):
    unit: ClassVar[str] = "mg/min"
    name: ClassVar[str] = "Dose rate"

    def during(self, duration: Duration) -> Mass:
        return Mass(self.amount * duration.amount)
