"""The words of medicines given as needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, weakest


@dataclass(frozen=True, slots=True)
class NeededDose:
    """One way a medicine is given: from the first to the second amount, at most so much in a session."""

    route: str
    only: str
    amount: Series
    most: Figure | None

    @property
    def words(self) -> str:
        low, high = self.amount.values
        span = f"{low.normalize():f}" if low == high else f"{low.normalize():f} to {high.normalize():f}"
        return f"{span} {self.amount.unit} {self.route}" + (f", for {self.only} only" if self.only else "")


@dataclass(frozen=True, slots=True)
class NeededMedicine:
    """A pre-signed medicine. `waits` names what release waits for after it; `not_if` is asked each time. `meant_for`
    says for whom, and `how` what stands beside the amounts."""

    id: str
    name: str
    kind: str
    why: tuple[str, ...]
    not_if: tuple[str, ...]
    waits: str
    repeat: Figure | None
    recheck: Figure
    doses: tuple[NeededDose, ...]
    meant_for: str = ""
    how: str = ""

    @property
    def grade(self) -> Grade:
        return weakest([dose.amount.grade for dose in self.doses])


@dataclass(frozen=True)
class NeededSheet:
    """The order set a medical director adopts."""

    sheet: Sheet
    medicines: Mapping[str, NeededMedicine]


@dataclass(frozen=True, slots=True)
class GivenBefore:
    """What this session has had of the same medicine."""

    amount: Decimal
    route: str
    at: datetime
