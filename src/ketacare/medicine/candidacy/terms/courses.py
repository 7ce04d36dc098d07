"""The words of courses of other treatments: ECT, magnetic stimulation, psychotherapy, VNS, ketamine before."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, Grade, Result, Series


class CourseKind(StrEnum):
    ECT = "ECT"
    RTMS = "rTMS"
    PSYCHOTHERAPY = "psychotherapy"
    VNS = "VNS"
    ESKETAMINE = "esketamine"
    KETAMINE = "ketamine"


class Side(StrEnum):
    """Where ECT was given; low-dose unilateral treatment is not adequate."""

    BILATERAL = "bilateral"
    UNILATERAL_HIGH = "unilateral, high dose"
    UNILATERAL_LOW = "unilateral, low dose"


class ToldBy(StrEnum):
    """By whose word a trial or a course is known (TRIAL-10); all but memory are records."""

    RECALL = "recall"
    DOCUMENTS = "documents"
    CLINICIAN = "clinician"
    PHARMACY = "pharmacy"


@dataclass(frozen=True, slots=True)
class Course:
    """One course as it was given. None is unknown, never no. `by_manual` and `trauma_focused` are of psychotherapy."""

    kind: CourseKind
    sessions: int | None = None
    weeks: Decimal | None = None
    side: Side | None = None
    responded: bool | None = None
    in_current_episode: bool | None = None
    by_manual: bool | None = None
    trauma_focused: bool | None = None
    source: str = ToldBy.RECALL

    def __post_init__(self) -> None:
        if self.sessions is not None and self.sessions < 1:
            raise ValueError(f"{self.kind} sessions: {self.sessions} is not a number of sessions. Enter 1 or more.")
        if self.weeks is not None and (not self.weeks.is_finite() or self.weeks <= 0):
            raise ValueError(f"{self.kind} weeks: {self.weeks} is not a duration. Enter weeks, or leave it out.")
        if self.side is not None and self.kind is not CourseKind.ECT:
            raise ValueError(f"{self.kind} side: only ECT has a side. Leave it out.")


@dataclass(frozen=True)
class CourseLine:
    """When a course of this kind was adequate."""

    id: str
    title: str
    words: str
    sessions: Figure | None = None
    judged_at: Series | None = None
    usual_sessions: Series | None = None
    weeks: Figure | None = None
    accelerated_sessions: Figure | None = None
    accelerated_days: Figure | None = None
    within_months: Figure | None = None
    months: Figure | None = None

    @property
    def grade(self) -> Grade:
        """Every figure of a row has the row's grade."""
        figure = self.sessions or self.months
        return Grade.D if figure is None else figure.grade


@dataclass(frozen=True, slots=True)
class CourseJudgement:
    """Was it adequate, and did it fail? `failed` is met only for an adequate course without response."""

    course: Course
    line: CourseLine
    adequate: Result
    failed: Result
    why: tuple[str, ...]
    missing: tuple[str, ...] = ()
