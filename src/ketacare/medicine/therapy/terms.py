"""The words of therapy: a window after a dose and where it stands, what goals are, what a small act is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, Grade, SheetRef


@dataclass(frozen=True, slots=True)
class Placement:
    """When the work is placed after a dose, from the sheet, with the honest limit that goes on every page."""

    sheet: SheetRef
    opens: Figure
    closes: Figure
    skills_until: Figure
    least_minutes: Figure
    every_after_induction: Figure
    limit: str


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one programme that was studied places the work. Without hours it belongs to no single dose."""

    id: str
    title: str
    what: str
    opens: Figure | None
    closes: Figure | None
    count: Figure | None
    most_minutes: Figure | None
    grade: Grade

    @property
    def has_hours(self) -> bool:
        return self.opens is not None


@dataclass(frozen=True, slots=True)
class WindowSheet:
    sheet: SheetRef
    rows: tuple[Placed, ...]
    floor: Mapping[str, str]

    def row(self, name: str) -> Placed | None:
        return next((row for row in self.rows if row.id == name), None)


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open: from `opens_at` until before `closes_at`."""

    opens_at: datetime
    closes_at: datetime

    def __post_init__(self) -> None:
        if self.closes_at <= self.opens_at:
            raise ValueError("Window: closes before it opens. Give it a length above zero.")

    def holds(self, moment: datetime) -> bool:
        return self.opens_at <= moment < self.closes_at


@dataclass(frozen=True, slots=True)
class Visit:
    starts_at: datetime
    done: bool


class Came(StrEnum):
    """What came of a dose that was planned."""

    PLANNED = "planned"
    GIVEN = "given"
    STOPPED = "stopped early"
    NOT_GIVEN = "not given"


@dataclass(frozen=True, slots=True)
class Dose:
    planned_at: datetime
    started_at: datetime | None
    came: Came


@dataclass(frozen=True, slots=True)
class AfterDose:
    """When a dose began, the morning after it by the clinic's clock, and whether the patient had been released by the
    moment asked about."""

    began: datetime
    morning: datetime
    is_released: bool


class WindowState(StrEnum):
    NOT_YET = "not yet open"
    OPEN = "open, not booked"
    BOOKED = "booked"
    DONE = "done"
    DONE_OUTSIDE = "done, outside the window"
    MISSED = "missed"
    PLANNED = "the dose is planned"
    NONE_OWED = "none owed after this dose"
    NO_DOSE = "no dose, no window"


@dataclass(frozen=True, slots=True)
class Scaling:
    """How goals become one score, from the sheet."""

    sheet: SheetRef
    centre: Figure
    spread: Figure
    correlation: Figure
    least_goals: Figure
    most_goals: Figure
    most_weight: Figure
    least_confidence: Figure
    least_people: Figure
    levels: Mapping[str, str]
    domains: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ScaledGoal:
    """One goal with its weight, its level at the start, and the level it stands at now if anybody has said."""

    title: str
    weight: Decimal
    start: int
    level: int | None


@dataclass(frozen=True, slots=True)
class GoalScore:
    """T of one person: shown after the words, as change from their own start, never as a rank among people."""

    now: Decimal
    start: Decimal
    left_out: tuple[str, ...]

    @property
    def change(self) -> Decimal:
        return self.now - self.start


@dataclass(frozen=True, slots=True)
class Skill:
    """A coping skill in our own words, in both languages."""

    id: str
    title: str
    words: str
    title_es: str
    words_es: str

    def in_language(self, language: str) -> tuple[str, str]:
        spanish = language.startswith("es")
        return (self.title_es, self.words_es) if spanish else (self.title, self.words)


@dataclass(frozen=True, slots=True)
class Practice:
    """The words and figures of the therapist's work; each mapping is an ordered set of choices by key."""

    sheet: SheetRef
    least_days: Figure
    most_days: Figure
    most_minutes: Figure
    checklist: Mapping[str, str]
    shown: Mapping[str, str]
    agenda: Mapping[str, str]
    out_of_scope: Mapping[str, str]
    missed: Mapping[str, str]
    said_by: Mapping[str, str]
    stamps: Mapping[str, str]
    music: Mapping[str, str]
    relapse: Mapping[str, str]
    signs: tuple[str, ...]
    skills: tuple[Skill, ...]

    def skill(self, name: str) -> Skill | None:
        return next((skill for skill in self.skills if skill.id == name), None)
