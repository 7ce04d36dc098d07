"""The words of Child-Pugh: lines between the points of each finding, and between the classes of their sum."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ChildPughLines:
    """`rising` and `falling` hold both lines of a finding: between them, either line included, is the middle."""

    rising: Mapping[str, tuple[Decimal, Decimal]]
    falling: Mapping[str, tuple[Decimal, Decimal]]
    graded: Mapping[str, tuple[str, ...]]
    points: tuple[int, ...]
    classes: Mapping[str, tuple[int, int]]
    valid_days: int

    @property
    def findings(self) -> tuple[str, ...]:
        return (*self.rising, *self.falling, *self.graded)
