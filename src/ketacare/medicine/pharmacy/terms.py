"""The words of the controlled-drug ledger's arithmetic."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.quantities.terms import Mass, RateDose, RatePump


class LineKind(StrEnum):
    DRAWN = "drawn"
    GIVEN = "given"
    WASTED = "wasted"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Line:
    """One ledger line of a session: how much went where."""

    kind: LineKind
    amount: Mass


@dataclass(frozen=True, slots=True)
class RateStep:
    """From this moment the pump runs at this rate; a rate of 0 is a pause or the stop."""

    at: datetime
    rate: RatePump

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise TypeError("Rate step: a time needs its zone.")


@dataclass(frozen=True, slots=True)
class GivenStep:
    """One stretch of a dose as it was given, in minutes from T0. `minutes` 0 is at once, and then has no rate."""

    start_min: Decimal
    minutes: Decimal
    mass: Mass

    @property
    def rate(self) -> RateDose | None:
        return None if not self.minutes else RateDose(self.mass.amount / self.minutes)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What of the drawn drug is still unexplained; negative when more was accounted for than drawn."""

    open_mg: Decimal
    balanced: bool
    words: str
