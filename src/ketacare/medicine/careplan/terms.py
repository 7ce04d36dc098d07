"""The words of a care plan: statements in sections, the difference of two, and what is told to patients."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, Grade, SheetHeader, Source


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing a plan says. The key stays while the value changes; an empty value is not known, never none."""

    key: str
    label: str
    value: str
    note: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    statements: tuple[Statement, ...]


class Kind(StrEnum):
    ADDED = "new"
    REMOVED = "no longer"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """What one statement said before and says now; None where it was not there."""

    section: str
    label: str
    kind: Kind
    before: Statement | None
    now: Statement | None


@dataclass(frozen=True, slots=True)
class AfterDose:
    """Until which clock of the next day somebody who was given a dose is shown least."""

    header: SheetHeader
    until: Figure


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of ours in each language; where it states a fact, with its source."""

    words: Mapping[str, str]
    sources: tuple[Source, ...]
    grade: Grade | None
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    id: str
    title: Mapping[str, str]
    passages: tuple[Passage, ...]
    caregiver: bool = False
    number: str = ""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Each source once, in the order of the text."""
        return tuple(dict.fromkeys(source for passage in self.passages for source in passage.sources))


@dataclass(frozen=True, slots=True)
class Education:
    header: SheetHeader
    topics: tuple[Topic, ...]


Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class TakeHome:
    """What goes home on paper after a dose; `number` of a part says whose telephone number stands beside it."""

    header: SheetHeader
    patient: tuple[Topic, ...]
    escort: tuple[Topic, ...]
    medicines: Words
    labels: Words
    stays: Figure
