"""The words of blood pressure before a dose: readings, the value that decides, and its lines."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol


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
    """Systolic and diastolic: at most calm, and from severe on."""

    calm: tuple[Decimal, Decimal]
    severe: tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class GateValue:
    """The blood pressure that decides before a dose, and how it came about."""

    systolic: Decimal
    diastolic: Decimal
    severe: bool
    words: str
