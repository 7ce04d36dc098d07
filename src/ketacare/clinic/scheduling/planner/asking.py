"""What is asked of a course: its visits, the patient's wishes, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ketacare.medicine.scheduling.terms import Booked, Kind, Span, Watch


@dataclass(frozen=True)
class Need:
    """One visit of a course. Doses follow each other; the others stand within `span`, or between minutes after (or,
    negative, before) the start of the dose `after`."""

    key: str
    kind: Kind
    length: timedelta
    number: int = 0
    after: str = ""
    from_min: int = 0
    until_min: int = 0
    span: Span | None = None
    devices: bool = False
    sits: bool = False
    watch: Watch = Watch.USUAL
    words: str = ""
    stands: Booked | None = None
    """It is booked already, and stays where it is: the others are placed around it."""


@dataclass(frozen=True)
class Wishes:
    """What the patient asked for. Days that are impossible are kept free; the rest is weighed."""

    never_weekdays: frozenset[int] = frozenset()
    away: tuple[Span, ...] = ()
    part: str = ""
    """ "morning", "afternoon" or nothing."""
    people: tuple[str, ...] = ()


NO_WISHES = Wishes()


@dataclass(frozen=True)
class Alternative:
    """One way to place the whole course, and how it differs."""

    name: str
    words: str
    visits: tuple[Booked, ...]


@dataclass(frozen=True)
class Held:
    """No way, and why, in words."""

    reasons: tuple[str, ...]


class CutShort(Exception):
    """The search ended before it knew: neither a plan nor that there is none."""


@dataclass(frozen=True)
class Profile:
    """What one alternative prefers."""

    name: str
    words: str
    soon: int
    steady: int
    even: int = 0
    part: str = ""
    apart: timedelta = timedelta(hours=2)
    """How far from those shown before two doses in three stand: half a day is another day."""
