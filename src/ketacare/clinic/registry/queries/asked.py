"""How many check-ins were answered, and which side effects they named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ketacare.clinic.registry.queries.keeping import Counted, asked_kinds, counted
from ketacare.clinic.registry.queries.sites import Site
from ketacare.medicine.outcomes.reader import cadence
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.terms import Measures, Rate
from ketacare.medicine.safety import reader as safety


@dataclass(frozen=True)
class Captured:
    """One kind of check-in: answered of all whose window has closed. One that was stopped asked nobody."""

    title: str
    answered: Rate


@dataclass(frozen=True)
class Reported:
    """One side effect: named in how many of the check-ins in which it was asked and answered."""

    term: str
    named: Rate


def captured(
    of: Sequence[Site], *, since: datetime | None, at: datetime, measures: Measures, found: Counted | None = None
) -> tuple[Captured, ...]:
    rows = (found or counted(of, "")).check_ins
    rows = rows[(rows["closes"] <= at.timestamp()) & (rows["dose"] >= began(since))]
    kinds, most = rows["kind"].astype(int), len(asked_kinds()) + 1
    asked, answered = np.bincount(kinds, minlength=most), np.bincount(kinds[rows["in_time"] > 0], minlength=most)
    return tuple(
        Captured(rule.title, rules.rate(int(answered[place]), int(asked[place]), measures))
        for place, rule in enumerate(cadence(), start=1)
        if asked[place]
    )


def reported(
    of: Sequence[Site], *, since: datetime | None, measures: Measures, found: Counted | None = None
) -> tuple[Reported, ...]:
    """How often each was named of how often it was answered: whoever ended before the question, or would rather not
    say, has not said "no". The commonest first."""
    rows = (found or counted(of, "")).effects
    rows = rows[rows["dose"] >= began(since)]
    answered, named = (rows[name].astype(np.int64) for name in ("answered", "named"))
    told = [
        (effect.term, int((named >> place & 1).sum()), int((answered >> place & 1).sum()))
        for place, effect in enumerate(safety.side_effects())
    ]
    told.sort(key=lambda one: -one[1])
    return tuple(Reported(term, rules.rate(met, asked, measures)) for term, met, asked in told if met)


def began(since: datetime | None) -> float:
    return -np.inf if since is None else since.timestamp()
