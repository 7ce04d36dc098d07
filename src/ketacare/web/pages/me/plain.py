"""The curve in sentences a tired person can read, and drawn without a word in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.clinic.candidacy.queries.plain_words import written_day
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.outcomes.terms import Change, Instrument, Point, Trajectory
from ketacare.web.pages.curves import LONG_BEFORE
from ketacare.web.pages.me.door import PHRASES
from ketacare.web.pages.outcome import Dose, number

Say = Callable[..., str]
WORDS = {
    Change.RESPONSE: "change_response",
    Change.PARTIAL: "change_partial",
    Change.NONE: "change_none",
    Change.WORSE: "change_worse",
    Change.IMPROVED: "change_improved",
    Change.RELIABLY: "change_improved",
}
# The drawing, in its own units.
WIDTH, HEIGHT, EDGE, FOOT = 640, 260, 34, 44


def plain(
    sheet: Instrument, course: Trajectory, language: str = "en", zone: str = "UTC", *, in_doubt: bool = False
) -> list[str]:
    """With what it cannot say. The last score has its day: it may be months old. `in_doubt`: something that they said
    waits for a clinician, and no number is called good before that (H13)."""

    def say(key: str, **values: object) -> str:
        return PHRASES.say(language, key, **values)

    latest = next((one for one in reversed(course.points) if one.point.is_known), None)
    if latest is None:
        return [say("no_score")]
    most = sum(item.high for item in sheet.scored_items)
    day = written_day(local_day(latest.point.at, zone), language)
    words = [say("last_score", scale=sheet.name, day=day, total=number(latest.point.total), most=most)]
    if course.baseline is not None and course.baseline is not latest.point:
        words.append(say("before_treatment", total=number(course.baseline.total)))
        told = latest.change in WORDS and (latest.change is Change.WORSE or not in_doubt)
        words += [say(WORDS[latest.change])] if told and latest.change else []
        if course.risen_from is not None:
            words.append(say("risen_from", total=number(course.risen_from.total)))
    return [*words, say("scores_vary")]


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    total: str
    at: datetime


@dataclass(frozen=True)
class Drawing:
    """Scores as dots joined by a line that breaks where one is missing; doses as ticks beneath."""

    width: int
    height: int
    floor: int
    marks: tuple[Mark, ...]
    lines: tuple[str, ...]
    doses: tuple[float, ...]
    missing: int


def drawn(sheet: Instrument, course: Trajectory, doses: list[Dose]) -> Drawing | None:
    """None with fewer than two scores: one dot is no curve. A score so soon after a dose that it is mostly about the
    days before it is another measure: staff see it beside the line, and here it is none of it."""
    since = min((dose.at for dose in doses), default=None)
    from_ = None if since is None else since - timedelta(days=LONG_BEFORE)
    asked = [one.point for one in course.points if not one.point.too_soon]
    points = [point for point in asked if from_ is None or point.at >= from_]
    known = [point for point in points if point.total is not None]
    if len(known) < 2:
        return None
    moments = [point.at for point in points] + [dose.at for dose in doses]
    first, last = min(moments), max(moments)
    span = max((last - first).total_seconds(), 1)
    most = sum(item.high for item in sheet.scored_items)
    floor = HEIGHT - FOOT

    def x(at: datetime) -> float:
        return round(EDGE + (at - first).total_seconds() / span * (WIDTH - 2 * EDGE), 1)

    def y(total: Decimal) -> float:
        return round(floor - float(total) / most * (floor - EDGE), 1)

    marks = [
        Mark(x(point.at), y(point.total), number(point.total), point.at) for point in known if point.total is not None
    ]
    runs = [" ".join(f"{x(at)},{y(total)}" for at, total in run) for run in unbroken(points)]
    return Drawing(
        WIDTH, HEIGHT, floor, tuple(marks), tuple(runs), tuple(x(dose.at) for dose in doses), len(points) - len(known)
    )


def unbroken(points: Iterable[Point]) -> list[list[tuple[datetime, Decimal]]]:
    """Stretches of two or more scores with none missing between them."""
    runs: list[list[tuple[datetime, Decimal]]] = [[]]
    for point in points:
        if point.total is None:
            runs.append([])
        else:
            runs[-1].append((point.at, point.total))
    return [run for run in runs if len(run) > 1]
