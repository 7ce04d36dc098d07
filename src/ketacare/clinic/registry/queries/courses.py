"""Every course with its scores as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ketacare.clinic.registry.queries.keeping import Counted, Records, counted
from ketacare.clinic.registry.queries.sites import Site
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.rules.alike import first_of_course, in_line
from ketacare.medicine.outcomes.terms import Instrument
from ketacare.medicine.registry.terms import Courses, Floats, Whole, Yes

DAY_S = 86_400


@dataclass(frozen=True)
class Told:
    """The courses of an instrument, and how many doses each has had of how many planned (0: no plan). `apart`: how many
    scores are held against nothing, as they are not of the line of their course."""

    instrument: Instrument
    courses: Courses
    doses: Whole
    planned: Whole
    apart: int = 0

    @property
    def completed(self) -> Yes:
        found: Yes = (self.planned > 0) & (self.doses >= self.planned)
        return found


def told(of: Sequence[Site], name: str, *, since: datetime | None, at: datetime, found: Counted | None = None) -> Told:
    """Courses whose first dose was at or after `since`, as they stand at `at`, the oldest first."""
    sheet, found = reader.instrument(name), found or counted(of, name)
    first = found.course["first"].astype(float)
    until, begins = at.timestamp(), -np.inf if since is None else since.timestamp()
    order = np.argsort(first, kind="stable")
    order = order[(first[order] >= begins) & (first[order] <= until)]
    place = np.full(len(first), -1)
    place[order] = np.arange(len(order))
    whose = place[np.repeat(np.arange(len(first)), (found.course["length"] // found.score.dtype.itemsize).astype(int))]
    seen = (whose >= 0) & (found.score["at"] <= until)
    whose, score = whose[seen], found.score[seen]
    sorted_by = np.argsort(whose, kind="stable")
    whose, score = whose[sorted_by], score[sorted_by]
    alike = in_line(whose, marks_of(score), first_of_course(score["day"].astype(float)))
    apart = int((~alike).sum())
    whose, score = whose[alike], score[alike]
    day, total, course = score["day"].astype(float), score["total"].astype(float), found.course[order]
    courses = Courses(
        site=course["site"].astype(np.int64),
        followed_days=(until - course["first"].astype(float)) / DAY_S,
        baseline=_baseline(len(order), whose, day, total),
        course=whose,
        day=day,
        total=total,
    )
    return Told(sheet, courses, course["doses"].astype(np.int64), course["planned"].astype(np.int64), apart)


def marks_of(score: Records) -> Whole:
    """As the rule takes them: another measure or not, edition, blinding. (n, 3)"""
    packed = score["marks"].astype(np.int64)
    return np.stack((packed & 1, packed >> 3, packed >> 1 & 3), axis=1)


def _baseline(n: int, whose: Whole, day: Floats, total: Floats) -> Floats:
    """The last score before the first dose; rows come in order of day, and older ones are not among them."""
    found = np.full(n, np.nan)
    before = day <= 0
    found[whose[before]] = total[before]
    return found
