"""The words of staging: an instrument's score in parts, each known or with the range that it can have."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ketacare.medicine.evidence.terms import Figure, Grade, SheetHeader, Source


@dataclass(frozen=True, slots=True)
class Band:
    """From `least` to `most` (None is open), so many points; `name` is what it is called."""

    name: str
    least: Figure | None
    most: Figure | None
    points: Figure | None = None

    def holds(self, value: Decimal) -> bool:
        return (self.least is None or value >= self.least.value) and (self.most is None or value <= self.most.value)


@dataclass(frozen=True)
class ScaleLines:
    """Where a severity begins on one scale."""

    scale: str
    mild: Figure
    moderate: Figure
    severe: Figure


@dataclass(frozen=True)
class StagingSheet:
    header: SheetHeader
    duration: tuple[Band, ...]
    severity: Mapping[str, Figure]
    failures: tuple[Band, ...]
    maudsley: Mapping[str, Figure]
    bands: tuple[Band, ...]
    scales: tuple[ScaleLines, ...]
    thase_rush: Mapping[str, str]
    major_classes: Mapping[str, str]
    thase_rush_lines: Mapping[str, Figure]
    mgh: Mapping[str, Figure]
    european: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: `least` and `most` differ while it is unknown, and `missing` says what would settle it."""

    name: str
    least: Decimal
    most: Decimal
    words: str
    missing: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return self.least == self.most


@dataclass(frozen=True)
class Score:
    """A staging: not applicable with words, or parts whose sum is a number only when every part is known."""

    name: str
    parts: tuple[Part, ...]
    band: str
    counted: tuple[str, ...]
    applies: bool
    words: str
    sources: tuple[Source, ...]
    grade: Grade

    @property
    def least(self) -> Decimal:
        return sum((part.least for part in self.parts), Decimal(0))

    @property
    def most(self) -> Decimal:
        return sum((part.most for part in self.parts), Decimal(0))

    @property
    def total(self) -> Decimal | None:
        return self.least if self.applies and self.least == self.most else None

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for part in self.parts if not part.known for name in part.missing))


@dataclass(frozen=True)
class Staging:
    """Every instrument side by side; none of them decides anything alone."""

    maudsley: Score
    thase_rush: Score
    mgh: Score
    european: Score
