"""The course of therapy beside the course of doses, on one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.outcomes import queries as outcomes
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.therapy.models import GoalLevel, HomeworkTick, Preparation
from ketacare.clinic.therapy.queries.goals import goals as worked_on
from ketacare.clinic.therapy.queries.windows import DoseWindow, windows
from ketacare.medicine.therapy.terms import Came, WindowState

PHQ9, PHQ9_MOST = "phq-9", Decimal(27)
GIVEN = (Came.GIVEN, Came.STOPPED)


@dataclass(frozen=True)
class Mark:
    """Something at one moment, in percent of the span shown, and in words."""

    at: float
    words: str
    kind: str = ""
    height: float = 0


@dataclass(frozen=True)
class Bar:
    start: float
    width: float
    words: str
    kind: str


@dataclass(frozen=True)
class Course:
    """Five lines over one axis, each with its words for a table and a screen reader."""

    doses: list[Mark]
    windows: list[Bar]
    visits: list[Mark]
    homework: list[Mark]
    goals: list[Mark]
    due: list[Mark]
    scores: list[Mark]
    days: list[Mark]
    now: float
    sentence: str
    later: list[str]
    last_score: str
    last_goals: str


def course(patient: Patient, at: datetime, told: list[DoseWindow] | None = None) -> Course | None:
    """None while there is neither a dose nor a visit to draw."""
    told = windows(patient, at) if told is None else told
    zone = ZoneInfo(Clinic.objects.get(pk=patient.clinic_id).zone)
    scores = [row for row in outcomes.scores(patient, PHQ9) if row.total is not None]
    prepared = list(Preparation.objects.filter(patient=patient).order_by("happened_at"))
    coming = booked(patient, told, at)
    moments = [one.dose.started_at or one.dose.planned_at for one in told]
    moments += [row.happened_at for row in scores] + [row.happened_at for row in prepared]
    moments += [visit.starts_at for visit, _ in coming]
    if not moments:
        return None
    ends = [one.window.closes_at for one in told if one.window] or [at]
    first, last = min([*moments, at]) - timedelta(hours=12), max([*moments, *ends, at]) + timedelta(hours=12)
    agreed = days_agreed(patient, zone)
    last = max([last, *(moment + timedelta(hours=12) for moment in agreed if moment <= last + (last - first) / 2)])
    span = (last - first).total_seconds()

    def place(moment: datetime) -> float:
        return round((moment - first).total_seconds() / span * 100, 2)

    ticks = HomeworkTick.objects.current().filter(patient=patient).order_by("day")
    levels = list(GoalLevel.objects.current().filter(patient=patient).order_by("happened_at"))
    visits = [Mark(place(note.happened_at), "Integration visit", "held") for one in told for note in one.notes]
    visits += [Mark(place(row.happened_at), "Preparation", "prepared") for row in prepared]
    visits += [Mark(place(visit.starts_at), words, "booked") for visit, words in coming]
    return Course(
        doses=[dose_mark(one, place(one.dose.started_at or one.dose.planned_at)) for one in told],
        windows=[window_bar(one, place(one.window.opens_at), place(one.window.closes_at)) for one in told
                 if one.window],
        visits=visits,
        homework=[Mark(place(noon(t.day, zone)), "Small act done" if t.done else "Not done", str(t.done))
                  for t in ticks],
        goals=[Mark(place(row.happened_at), f"Goal at {row.level:+d}", height=(row.level + 2) / 4) for row in levels],
        due=[Mark(place(moment), f"By {moment:%d-%b}: {'; '.join(goals)}") for moment, goals in agreed.items()
             if moment <= last],
        scores=[
            Mark(place(row.happened_at), f"PHQ-9 {whole(row.total)}", height=float((row.total or 0) / PHQ9_MOST))
            for row in scores
        ],
        days=axis(first.astimezone(zone), last, place),
        now=place(at),
        sentence=sentence(told),
        later=[f"{told_of(goals)} by {moment:%d-%b-%Y}" for moment, goals in agreed.items() if moment > last],
        last_score=whole(scores[-1].total) if scores else "",
        last_goals=between({row.goal: row.level for row in levels}.values()),
    )  # fmt: skip


def booked(patient: Patient, told: list[DoseWindow], at: datetime) -> list[tuple[Visit, str]]:
    """What is still to come, and an hour that has passed without a note: neither is a visit that took place."""
    found = []
    for one in told:
        for visit in one.booked:
            if visit.starts_at > at and visit.state == VisitState.BOOKED:
                found.append((visit, "Integration visit, booked"))
            elif not one.notes and one.dose.came in GIVEN and one.window and one.window.holds(visit.starts_at):
                found.append((visit, "Integration visit, no note yet"))
    rows = Visit.objects.filter(patient=patient, kind=VisitKind.PREPARATION, state=VisitState.BOOKED, starts_at__gt=at)
    found += [(visit, "Preparation, booked") for visit in rows]
    return list({visit.pk: (visit, words) for visit, words in found}.values())


def days_agreed(patient: Patient, zone: ZoneInfo) -> dict[datetime, list[str]]:
    """The days by which, each once with all its goals."""
    found: dict[datetime, list[str]] = {}
    for goal in worked_on(patient):
        if goal.by_on is not None:
            found.setdefault(noon(goal.by_on, zone), []).append(goal.title)
    return dict(sorted(found.items()))


def told_of(goals: list[str]) -> str:
    return goals[0] if len(goals) == 1 else f"{len(goals)} goals"


def whole(total: Decimal | None) -> str:
    """A total as it is said: 21, not 21.00."""
    return "" if total is None else f"{total.normalize():f}"


def between(levels: Iterable[int]) -> str:
    """Where the goals stand now: one level, or from the lowest to the highest."""
    found = sorted(levels)
    if not found:
        return ""
    ends = [f"{level:+d}".replace("-", "\N{MINUS SIGN}") if level else "0" for level in (found[0], found[-1])]
    return ends[0] if found[0] == found[-1] else " to ".join(ends)


def noon(day: date, zone: ZoneInfo) -> datetime:
    """Where something that belongs to a whole day stands."""
    return datetime.combine(day, time(12), tzinfo=zone)


def axis(first: datetime, last: datetime, place: Callable[[datetime], float]) -> list[Mark]:
    days = max((last - first).days, 1)
    step = timedelta(days=max(days // 6, 1))
    marks, moment = [], first + timedelta(hours=12)
    while moment < last:
        marks.append(Mark(place(moment), f"{moment:%d-%b}"))
        moment += step
    return marks


def dose_mark(one: DoseWindow, at: float) -> Mark:
    number = f"Dose {one.visit.number_in_course}" if one.visit.number_in_course else "Dose"
    return Mark(
        at, f"{number}, {one.dose.came}", {Came.NOT_GIVEN: "none", Came.PLANNED: "planned"}.get(one.dose.came, "")
    )


def window_bar(one: DoseWindow, start: float, end: float) -> Bar:
    kind = {
        WindowState.DONE: "used", WindowState.DONE_OUTSIDE: "outside", WindowState.MISSED: "missed",
        WindowState.OPEN: "open", WindowState.BOOKED: "booked",
        WindowState.NONE_OWED: "none",
    }.get(one.state, "ahead")  # fmt: skip
    if one.state is WindowState.PLANNED and one.place is not None:
        return Bar(start, max(end - start, 0.6), "Window: the dose is planned, a visit is booked", "booked")
    return Bar(start, max(end - start, 0.6), f"Window: {one.state}", kind)


def sentence(told: list[DoseWindow]) -> str:
    """The honest count: of windows that are over, how many were used."""
    given = [one for one in told if one.dose.came in GIVEN]
    over = [one for one in given if one.state in (WindowState.DONE, WindowState.DONE_OUTSIDE, WindowState.MISSED)]
    used = sum(one.state is WindowState.DONE for one in over)
    outside = sum(one.state is WindowState.DONE_OUTSIDE for one in over)
    if not given:
        return "No dose has been given yet."
    words = f"{len(given)} {'dose' if len(given) == 1 else 'doses'} given; {used} of {len(over)} windows used"
    return words + (f", {outside} visited outside" if outside else "") + "."
