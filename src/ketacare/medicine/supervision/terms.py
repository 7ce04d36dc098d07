"""The words of supervision: what is missed, how gravely, and the rungs of the ladder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.evidence.terms import SheetHeader


class Missing(StrEnum):
    """What a running session may be without (D4)."""

    WATCHER = "unwatched"
    SOUND = "inaudible"
    SUPERVISOR = "unsupervised"


class Level(StrEnum):
    """How gravely it weighs that somebody is missing. Low is counted, and no alarm."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Watching:
    """The times by which a session counts as watched."""

    header: SheetHeader
    answers_within: timedelta
    unwatched_high: timedelta
    chair_sounds_after: timedelta
    presence_every: timedelta
    emergency_quiet: timedelta
    clock_offset_most: timedelta
    pump_read_after: timedelta
    pump_apart: Decimal  # as a share
    pump_over_bag_ml: Decimal
    pump_ahead_most: timedelta
    own_order_confirmed_within: timedelta


@dataclass(frozen=True, slots=True)
class Rung:
    """Who hears next, how long after the alarm began; `card` lays the emergency card before everybody."""

    id: str
    title: str
    after: timedelta
    role: str
    card: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    header: SheetHeader
    confirmed_within: timedelta
    same_within: timedelta
    high: tuple[Rung, ...]
    medium: tuple[Rung, ...]

    def rungs(self, priority: str) -> tuple[Rung, ...]:
        return {"high": self.high, "medium": self.medium}.get(priority, ())


class Manner(StrEnum):
    """How an alarm was told: it rings; nothing of it rings and nobody has seen it; somebody answered; it is over."""

    RINGS = "rings"
    QUIET = "quiet"
    ANSWERED = "answered"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Telling:
    """One change of one alarm, as people were told of it."""

    at: datetime
    manner: Manner
    priority: str


@dataclass(frozen=True, slots=True)
class Episode:
    """An alarm that nobody answered: when it first rang, when first at its priority, and whether it does now."""

    began: datetime
    since: datetime
    priority: str
    rings: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """The rungs for one urgency of concern; `role` of a rung is owner, backup, everybody or a role. So long after the
    last one the first is taken again, for as long as nobody answers."""

    rungs: tuple[Rung, ...]
    confirmed_within: timedelta
    again_after: timedelta


@dataclass(frozen=True, slots=True)
class Turn:
    """A rung of a ladder that goes round, and which time round it is."""

    round: int
    rung: Rung


@dataclass(frozen=True, slots=True)
class Retry:
    """How often one call is handed to its gateway, and how long after a failure."""

    tries: int
    again_after: timedelta


@dataclass(frozen=True, slots=True)
class ConcernLadder:
    """Who is called about a concern, and how far ahead a gap in the roster is told. `suicidality`: the reasons for
    which somebody is called though the concern may wait for the next dose."""

    header: SheetHeader
    now: Stage
    same_day: Stage
    look_ahead: timedelta
    longest_shift: timedelta
    retry: Retry
    suicidality: frozenset[str]


@dataclass(frozen=True, slots=True)
class Told:
    """A rung that was taken: when it began, whether there was anybody to tell, and when one of them had it."""

    begun_at: datetime
    anybody: bool
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without; open while it has no end."""

    since: datetime
    until: datetime | None
