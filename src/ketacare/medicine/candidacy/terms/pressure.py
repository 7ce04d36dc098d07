"""The words of blood pressure before a dose: readings, the value that decides, and its lines."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ketacare.medicine.evidence.terms import Figure, Series


class Reading(Protocol):
    """One seated reading."""

    @property
    def systolic(self) -> int: ...
    @property
    def diastolic(self) -> int: ...
    @property
    def taken_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class PressureLines:
    """Systolic and diastolic: at most calm, and from severe on; `most`: how many readings make one gate value;
    `rest_minutes` before the second reading, `again_minutes` before the third; `apart_minutes`: what is read sooner
    after another is no repeat of it."""

    calm: tuple[Decimal, Decimal]
    severe: tuple[Decimal, Decimal]
    most: int
    rest_minutes: int
    again_minutes: int
    apart_minutes: int


@dataclass(frozen=True, slots=True)
class ExpectedRise:
    """By how much a product raises blood pressure at most in the mean, and who measured it; mmHg. With a `share`: how
    many of a hundred had at least such a rise of one of the two."""

    title: str
    words: str
    systolic: Figure
    diastolic: Figure
    share: Series | None = None


class Awaited(StrEnum):
    """Which reading is due next: a severe one is repeated at once, a raised one after a rest, and once more."""

    AT_ONCE = "at once"
    AFTER_REST = "after a rest"
    ONCE_MORE = "once more"


@dataclass(frozen=True, slots=True)
class GateValue:
    """The blood pressure that decides before a dose, and how it came about."""

    systolic: Decimal
    diastolic: Decimal
    severe: bool
    words: str
