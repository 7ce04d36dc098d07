"""Trials on one line of time: where each bar begins and how long it is, as shares of the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from ketacare.clinic.candidacy.models import StoppedBecause, TrialEntry
from ketacare.medicine.candidacy.terms import DoseStep, TrialJudgement
from ketacare.medicine.evidence.rules import day_of

if TYPE_CHECKING:
    from ketacare.clinic.candidacy.queries.tried import TrialRow

_MONTH = Decimal(365) / 12
_TICKS = 6
Share = Callable[[date], float]


@dataclass(frozen=True)
class Segment:
    """A part of a bar, in percent of the width: at an adequate dose, at a lower one, without it, or not known."""

    start: float
    width: float
    kind: str


@dataclass(frozen=True)
class Bar:
    name: str
    words: str
    standing: str
    segments: tuple[Segment, ...]

    @property
    def start(self) -> float:
        return self.segments[0].start


@dataclass(frozen=True)
class Tick:
    at: float
    words: str


@dataclass(frozen=True)
class Timeline:
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    episode: float | None
    undated: int


def timeline_of(rows: Iterable[TrialRow], at: date | datetime, episode_months: Decimal | None) -> Timeline | None:
    """None where no trial has a day on which it began."""
    rows, today = list(rows), day_of(at, at)
    dated = [row for row in rows if row.entry.began_on is not None]
    if not dated:
        return None
    began = None if episode_months is None else today - timedelta(days=int(episode_months * _MONTH))
    firsts = [row.entry.began_on for row in dated if row.entry.began_on] + ([began] if began else [])
    first = min(firsts)
    whole = max((today - first).days, 1)

    def share(day: date) -> float:
        return round(100 * max(0, (day - first).days) / whole, 2)

    bars = tuple(
        Bar(
            name=row.entry.medicine,
            words=", ".join(part for part in (row.dose, row.span) if part),
            standing=row.chip[0],
            segments=tuple(segments_of(row.entry, row.judgement, today, share, whole)),
        )
        for row in dated
    )
    episode = None if began is None else share(began)
    return Timeline(bars, tuple(ticks_of(first, today, share)), episode, len(rows) - len(dated))


def segments_of(
    entry: TrialEntry, judgement: TrialJudgement, today: date, share: Share, whole: int
) -> Iterable[Segment]:
    """The steps one after the other from the first day; without durations one bar to the last day."""
    assert entry.began_on is not None
    day, steps = entry.began_on, judgement.trial.steps
    last = entry.ended_on or (today if entry.stopped_because == StoppedBecause.ONGOING else None)
    if len(steps) == 1 or any(step.days is None for step in steps):
        days = steps[0].days if len(steps) == 1 else None
        end = last or day + timedelta(days=days or 0)
        yield Segment(
            share(day), max(round(100 * (min(end, today) - day).days / whole, 2), 1.0), kind_of(steps[0], judgement)
        )
        return
    for step in steps:
        length = timedelta(days=step.days or 0)
        yield Segment(share(day), round(100 * length.days / whole, 2), kind_of(step, judgement))
        day += length


def kind_of(step: DoseStep, judgement: TrialJudgement) -> str:
    if not step.taken:
        return "gap"
    if step.dose_mg is None or judgement.least_mg is None:
        return "unknown"
    return "enough" if step.dose_mg >= judgement.least_mg else "low"


def ticks_of(first: date, today: date, share: Share) -> Iterable[Tick]:
    """The first days of years, or of quarters where that would be too few."""
    years = [date(year, 1, 1) for year in range(first.year + 1, today.year + 1)]
    step = len(years) // _TICKS + 1
    if len(years) > 2:
        yield from (Tick(share(day), str(day.year)) for day in years[::step])
        return
    quarters = [date(y, m, 1) for y in range(first.year, today.year + 1) for m in (1, 4, 7, 10)]
    inside = [day for day in quarters if first < day <= today]
    yield from (Tick(share(day), day.strftime("%b %Y")) for day in inside[:: len(inside) // 4 + 1])
