"""The words of how others define resistance, read side by side with our own count."""

from dataclasses import dataclass
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, Grade, Result, Source, weakest


class Window(StrEnum):
    EPISODE = "episode"
    LIFETIME = "lifetime"


@dataclass(frozen=True)
class Definition:
    """How many failures of which kind; None where it does not say, then our own line is used and said."""

    id: str
    title: str
    words: str
    window: Window
    count: Figure | None = None
    days: Figure | None = None
    days_over: Figure | None = None
    failure_at_most: Figure | None = None
    failure_under: Figure | None = None
    partial_days: Figure | None = None
    in_episode: Figure | None = None
    augmentations: Figure | None = None
    different_classes: bool = False
    oral: bool = False
    not_stated: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()

    @property
    def figures(self) -> tuple[Figure, ...]:
        named = (self.count, self.days, self.days_over, self.failure_at_most, self.failure_under, self.partial_days)
        return tuple(figure for figure in (*named, self.in_episode, self.augmentations) if figure is not None)

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(dict.fromkeys(source for figure in self.figures for source in figure.sources))

    @property
    def grade(self) -> Grade:
        return weakest([figure.grade for figure in self.figures])


@dataclass(frozen=True)
class DefinitionCount:
    """Certain and possible failures under one definition; `met` is None where it gives no count to reach."""

    definition: Definition
    certain: int
    possible: int
    met: Result | None
    trials: tuple[str, ...]
    missing: tuple[str, ...] = ()
