"""The words of a programme's outcomes. Many courses are arrays: one row per course, one row per score."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ketacare.medicine.evidence.terms import Figure, Grade, SheetHeader, weakest

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Yes = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Lines:
    """Where an instrument draws response, remission and the least baseline that counts."""

    response_percent: float
    remission_under: float
    least_baseline: float


@dataclass(frozen=True, slots=True)
class Courses:
    """One row per course. `followed_days`: from the first dose until now. `baseline`: NaN where none was taken in time.

    `course` (sorted), `day` after the first dose (sorted inside a course) and `total` are one row per score.
    """

    site: Whole
    followed_days: Floats
    baseline: Floats
    course: Whole
    day: Floats
    total: Floats

    def __post_init__(self) -> None:
        if not len(self.site) == len(self.followed_days) == len(self.baseline):
            raise ValueError("courses: site, followed_days and baseline have one row per course. Give each its row.")
        if not len(self.course) == len(self.day) == len(self.total):
            raise ValueError("scores: course, day and total have one row per score. Give each its row.")

    def __len__(self) -> int:
        return len(self.site)


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many, with its interval as shares of one. `hidden`: so few that a person could be recognised."""

    met: int
    of: int
    low: float
    high: float
    hidden: bool

    @property
    def share(self) -> float | None:
        return self.met / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Stepped:
    """A rate as it is told: in steps so coarse that no count can be taken from it. `met`: where counts are told; where
    the share is told in steps of its own none is, the two together would tell more than each."""

    share: float
    low: float
    high: float
    of: int
    met: int | None


@dataclass(frozen=True, slots=True)
class Week:
    """One week after the first dose. `captured`: with a baseline and a score then, of all courses that are old enough.
    `due`: those of them whose baseline counts; the rates are over the measured of these, and over all of these."""

    week: int
    due: int
    captured: Rate
    response: Rate
    remission: Rate
    response_if_missing_is_not: Rate
    remission_if_missing_is_not: Rate


@dataclass(frozen=True, slots=True)
class Durations:
    """Days to an event, or to the last look at those who had none (censored)."""

    days: Floats
    happened: Yes

    def __len__(self) -> int:
        return len(self.days)


@dataclass(frozen=True, slots=True)
class Curve:
    """Kaplan–Meier: share still without the event from each day on, its interval, how many were at risk before it.
    The median is the first day from which no more than half are without; its interval holds the days on which that of
    the share holds a half (Brookmeyer and Crowley 1982), and has no end where the upper line never comes so low."""

    day: Floats
    without: Floats
    low: Floats
    high: Floats
    at_risk: Whole
    median_days: float | None
    median_low: float | None
    median_high: float | None
    started: int
    events: int


@dataclass(frozen=True, slots=True)
class Runs:
    """What a row of values over time shows by the rules of a run chart. `useful`: those that are not on the middle."""

    middle: float
    useful: int
    longest: int
    longest_by_chance: int
    crossings: int
    crossings_by_chance: int

    @property
    def long(self) -> bool:
        return self.longest > self.longest_by_chance

    @property
    def few(self) -> bool:
        return self.crossings < self.crossings_by_chance


@dataclass(frozen=True, slots=True)
class Measures:
    """How this programme counts: every figure from the sheet."""

    header: SheetHeader
    last_week: int
    half_window_days: float
    four_weeks: tuple[float, float]
    loss_of_gain: float
    loss_apart_days: float
    response_drawn_days: float
    kept_drawn_days: float
    smallest_cell: int
    compared_from: int
    least_sites: int
    export_step: int
    share_step: int
    kept_days: float
    confidence: float
    capture_aim: Figure
    windows_aim: Figure
    run_longest: int
    run_crossings: float
    run_least_points: int
    run_months: int
    run_quarters: int


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One published row: never to be shown without its instrument, time, arm, control group and caveat."""

    id: str
    study: str
    design: str
    arm: str
    control: str
    instrument: str
    measured: str
    remission_is: str
    caveat: str
    n: Figure | None
    responded: Figure | None
    control_responded: Figure | None
    remitted: Figure | None
    control_remitted: Figure | None
    source: str

    @property
    def grade(self) -> Grade:
        """As weak as its weakest figure."""
        figures = (self.n, self.responded, self.control_responded, self.remitted, self.control_remitted)
        return weakest([figure.grade for figure in figures if figure is not None])


@dataclass(frozen=True, slots=True)
class Kept:
    """How long others kept what they had gained: share kept at times after it began."""

    id: str
    study: str
    design: str
    instrument: str
    words: str
    caveat: str
    points: tuple[tuple[Figure, Figure], ...]

    def days(self) -> tuple[tuple[str, float, Decimal], ...]:
        """Each point: when in its own words, as a day, share kept in percent."""
        return tuple(
            (f"{WORDS_OF[after.unit]} {after.value:f}", float(after.value) * DAYS_IN[after.unit], kept.value)
            for after, kept in self.points
        )


@dataclass(frozen=True, slots=True)
class Reached:
    """How soon others had responded: share at times after the first dose, or after so many infusions. `median`: how
    many infusions, where no share was published."""

    id: str
    study: str
    design: str
    instrument: str
    words: str
    caveat: str
    points: tuple[tuple[Figure, Figure], ...]
    median: Figure | None = None

    def days(self) -> tuple[tuple[str, float | None, Decimal], ...]:
        """Each point: when in its own words, as a day where there is one, share in percent."""
        return tuple((_when(after), _day(after), reached.value) for after, reached in self.points)


def _when(after: Figure) -> str:
    return f"after {after.value:f} infusions" if after.unit == "1" else f"{WORDS_OF[after.unit]} {after.value:f}"


def _day(after: Figure) -> float | None:
    return None if after.unit == "1" else float(after.value) * DAYS_IN[after.unit]


DAYS_IN = {"d": 1.0, "wk": 7.0, "mo": 365.25 / 12}
WORDS_OF = {"d": "day", "wk": "week", "mo": "month"}


@dataclass(frozen=True, slots=True)
class Effect:
    """How often others saw a side effect."""

    term: str
    study: str
    design: str
    words: str
    caveat: str
    share: Figure


@dataclass(frozen=True, slots=True)
class PerSession:
    """How often others saw something in a session, beside the safety measure of this `kind`."""

    kind: str
    study: str
    design: str
    words: str
    caveat: str
    share: Figure


@dataclass(frozen=True, slots=True)
class Caveat:
    """`step`: of the way through the programme, where it says what others saw of one."""

    words: str
    source: str
    grade: Grade
    step: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """Everything of the benchmark sheet."""

    header: SheetHeader
    benchmarks: tuple[Benchmark, ...]
    kept: tuple[Kept, ...]
    reached: tuple[Reached, ...]
    effects: tuple[Effect, ...]
    sessions: tuple[PerSession, ...]
    caveats: tuple[Caveat, ...]
