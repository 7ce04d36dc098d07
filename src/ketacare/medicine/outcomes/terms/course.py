"""Answers, the score they make, and scores over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

Answers = Mapping[str, int | None]


class AnswersRefused(ValueError):
    """Answers that cannot belong to the instrument: the item, the rule, the remedy."""


@dataclass(frozen=True, slots=True)
class Score:
    """`total` and `band` are None as soon as one scored item is; `sum_answered` is then not a score."""

    instrument: str
    version: str
    total: Decimal | None
    sum_answered: Decimal
    complete: bool
    missing: tuple[str, ...]
    band: str | None
    subscales: Mapping[str, Decimal | bool | None]
    flags: tuple[str, ...]
    sources: tuple[str, ...]


class Change(StrEnum):
    """Against baseline, always said with its time point."""

    RESPONSE = "response"
    PARTIAL = "partial response"
    NONE = "no response"
    RELIABLY = "reliably improved"
    IMPROVED = "improved"
    WORSE = "worse"


# --- over time ---


@dataclass(frozen=True, slots=True)
class Point:
    """One score in time; without a total it is drawn as missing, never as zero. `late_of`: it came when the window of
    what was asked was over, and this is the dose that was asked about. `too_soon`: it looks back mostly on the days
    before a dose, and is another measure. Both are shown, and nothing is reached by them."""

    at: datetime
    total: Decimal | None
    due: bool = False
    late_of: datetime | None = None
    too_soon: bool = False

    @property
    def is_known(self) -> bool:
        return self.total is not None and not self.too_soon

    @property
    def counts(self) -> bool:
        """Towards when something was reached and how long it held. What came late may still say that it got worse."""
        return self.is_known and self.late_of is None


@dataclass(frozen=True, slots=True)
class Assessed:
    """A point held against baseline. `index` is the reliable change index, where its figures are known."""

    point: Point
    percent_fall: Decimal | None
    change: Change | None
    remission: bool | None
    reliable: bool | None
    index: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Trajectory:
    instrument: str
    baseline: Point | None
    points: tuple[Assessed, ...]
    missing: tuple[datetime, ...]
    doses: tuple[datetime, ...]
    response_at: datetime | None
    remission_at: datetime | None
    risen_from: Point | None = None  # the best score since the first dose, where the last one is worse than it

    @property
    def latest(self) -> Assessed | None:
        return next((assessed for assessed in reversed(self.points) if assessed.point.total is not None), None)


class Anchor(StrEnum):
    """What an ask is counted from."""

    DOSE = "dose"
    NEXT_DOSE = "next_dose"
    COURSE = "course"


@dataclass(frozen=True, slots=True)
class AskRule:
    """From the cadence sheet: what is asked when, in hours from its anchor; of a course, every so many days.
    `takes_in`: what would open beside it is asked with it. `until_next_dose`: it ends with the next dose, not with the
    questions before it. `room_h`: those wait for what is asked of the dose before, where so many hours are left.
    `if_flagged`: what a person asks then too, after a sign of suicide since the ask before. `if_rated`: what they rate
    again if it was flagged after the dose."""

    key: str
    title: str
    instruments: tuple[str, ...]
    opens_h: int
    due_h: int
    closes_h: int
    past_next_dose: bool = False
    until_next_dose: bool = False
    room_h: int = 0
    only_with: str = ""
    anchor: Anchor = Anchor.DOSE
    every_days: int = 0
    in_place_of: str = ""
    takes_in: str = ""
    staff: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    has_words: bool = False
    is_sent_at_night: bool = False
    after_end: bool = False
    unless: tuple[tuple[str, str], ...] = ()
    if_flagged: tuple[str, ...] = ()
    if_rated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Treated:
    """For what somebody is treated, by which protocol, and how many doses they have had, where that is known."""

    diagnosis: str = ""
    protocol: str = ""
    doses: int | None = None


UNSAID = Treated()


@dataclass(frozen=True, slots=True)
class Addition:
    """What comes to an ask: by diagnosis, by protocol, after so many doses; for everybody where none is said."""

    to: str
    diagnoses: frozenset[str] = frozenset()
    protocols: frozenset[str] = frozenset()
    after_doses: frozenset[int] = frozenset()
    instruments: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    unless: tuple[tuple[str, str], ...] = ()

    def is_for(self, treated: Treated) -> bool:
        named = bool(self.diagnoses or self.protocols)
        meant = treated.diagnosis in self.diagnoses or treated.protocol in self.protocols
        return (meant or not named) and (not self.after_doses or treated.doses in self.after_doses)


@dataclass(frozen=True, slots=True)
class Cadence:
    """What is asked when, in one version of its sheet. `rests`: for so many days, what looks back on none.
    `fresh_days`: how old a baseline may be without its age being shown; 0 where that version does not say."""

    version: str
    rules: tuple[AskRule, ...]
    additions: tuple[Addition, ...] = ()
    rests: tuple[tuple[str, int], ...] = ()
    fresh_days: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to the patient for one moment after one dose. Half-open: from `opens_at` until before `closes_at`."""

    key: str
    title: str
    instruments: tuple[str, ...]
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    left_out: tuple[str, ...] = field(default=())
    staff: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
