"""A re-plan in plain values: what it is judged by, what would move, and who is left without a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ketacare.medicine.scheduling.terms import Booked, CourseRules, House, Span


@dataclass(frozen=True)
class Move:
    """One visit that changes; `moves_patient` says that somebody must be told another time."""

    before: Booked
    after: Booked

    @property
    def moves_patient(self) -> bool:
        return self.before.span != self.after.span


@dataclass(frozen=True)
class Replan:
    moves: tuple[Move, ...]
    without_place: tuple[Booked, ...]
    proven: bool = True
    """No plan disturbs fewer; else the search was cut short and a better one may exist."""

    @property
    def disturbed(self) -> int:
        """Patients who are told another time, or that there is none."""
        told = {move.before.patient for move in self.moves if move.moves_patient}
        return len(told | {visit.patient for visit in self.without_place})


@dataclass(frozen=True)
class Setting:
    """Everything a re-plan is judged by."""

    house: House
    calendar: tuple[Booked, ...]
    courses: Mapping[str, CourseRules]
    """By patient."""
    horizon: Span
    given: tuple[Booked, ...] = ()
    """Doses before these: they hold nothing, and open a window and an interval."""
    notice: timedelta = timedelta()
    """No dose gets another time nearer than this."""
