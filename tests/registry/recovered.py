"""How often the intervals of the programme's page hold the true rates of simulated networks. No database."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ketacare.medicine.outcomes.reader import instrument
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.reader import measures
from ketacare.medicine.registry.terms import Courses, Rate
from ketacare.web.demo import network

KINDS = ("response", "remission")
Place = tuple[str, int]  # which rate, in which week


@dataclass(frozen=True)
class Year:
    """What the page finds in one network, and which of it lies outside its interval."""

    off: dict[Place, float]
    missed: tuple[Place, ...]


def played(seeds: int, people: int) -> list[dict[Place, Rate]]:
    """Each seed is a network."""
    lines = rules.lines_of(instrument("phq-9"))
    return [
        {
            (kind, week.week): getattr(week, kind)
            for week in rules.weekly(courses_of(network.people(people, seed)), lines, measures())
            for kind in KINDS
        }
        for seed in range(seeds)
    ]


def held_against(networks: list[dict[Place, Rate]], true: network.Truth, apart: float = 0.0) -> list[Year]:
    """`apart`: the true rates are taken for so much higher, as a control."""
    rates = {"response": true.response_by_week, "remission": true.remission_by_week}
    return [
        Year(
            {(kind, week): (rate.share or 0.0) - rates[kind][week] for (kind, week), rate in found.items()},
            tuple(
                (kind, week)
                for (kind, week), rate in found.items()
                if not rate.low <= rates[kind][week] + apart <= rate.high
            ),
        )
        for found in networks
    ]


def count(years: list[Year]) -> tuple[int, int]:
    """Missed, of so many."""
    return sum(len(year.missed) for year in years), sum(len(year.off) for year in years)


def courses_of(people: list[network.Person]) -> Courses:
    return Courses(
        site=np.array([one.clinic for one in people]),
        followed_days=np.array([one.began_days_ago for one in people]),
        baseline=np.array([float(one.forms[0]) for one in people]),
        course=np.repeat(np.arange(len(people)), [len(one.forms) for one in people]),
        day=np.concatenate([one.form_days for one in people]),
        total=np.concatenate([one.forms for one in people]).astype(float),
    )
