"""The words of the reference model, and one value against one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ketacare.medicine.monitoring.terms import (
    CUFF,
    Ask,
    Channel,
    Freshness,
    LimitLine,
    Limits,
    Presence,
    Priority,
    Quality,
    Side,
    SignalState,
)

Place = tuple[float, int]  # of a reading among the others: when it happened, and of two in one moment which came first
Coming = tuple[int, int]  # when a reading came: in which turn, and as which of its channel
VITAL = (Channel.SPO2, *CUFF)  # never off between dose and discharge for longer than the bound (A9)
RENEWED = "pause.renewed"
RENEWALS = 3  # the third in ten minutes is told to the prescriber (A8)


@dataclass(frozen=True)
class Act:
    turn: int
    moment: float
    given: Any
    arrivals: int = 0  # how many readings had arrived
    looked_at: float = 0.0  # as of when all had been told before it


class InForce:
    """The lines that hold from one change to the next, and where each lies for this patient (A14); a relative one lies
    nowhere without a baseline."""

    def __init__(self, limits: Limits, baseline: Mapping[Channel, Decimal]) -> None:
        self.limits, self.baseline = limits, baseline
        self.sides = {(channel, side): limits.of(channel, side) for channel in Channel for side in Side}
        self.places = {line.id: (line, own_place(line, baseline)) for line in limits.lines}


@dataclass(frozen=True)
class Heard:
    """A reading that came in time and is no twin. Without a value it was no good. `judged` by what held when it came;
    one that came while nobody watched the channel is not."""

    turn: int
    happened: float
    value: Decimal | None
    quality: Quality
    judged: bool
    then: InForce
    order: int = 0  # of coming
    follows_within: float = 0.0  # of the one before it: further apart nobody knows what was between
    by_hand: bool = False
    device: str = ""
    is_let_go: bool = False  # it came of a monitor that was let go: in the row of all, in no sender's
    struck: tuple[int, Decimal] | None = None  # in which turn, and what it was until then (I2)
    at_most: frozenset[str] | None = None  # corrected too late it is beyond these lines and no other (A13)

    @property
    def place(self) -> Place:
        return self.happened, self.order

    @property
    def came(self) -> Coming:
        return self.turn, self.order

    def as_in(self, turn: int) -> Heard:
        """A value up to the turn in which it was struck out."""
        if self.struck is None or self.struck[0] <= turn:
            return self
        return replace(self, value=self.struck[1])

    @property
    def is_some_senders(self) -> bool:
        """A row of one sender begins with it (H4)."""
        return not self.by_hand and not self.is_let_go


@dataclass(frozen=True)
class Level:
    """From this moment on this much was told: a priority, or that it is over."""

    turn: int
    moment: float
    priority: Priority | None
    since: float
    is_new: bool = False  # began or worsened: what was pressed before counts no more
    worst_from: Place = (0.0, 0)
    by_symptom: bool = False
    counts_after: Coming = (0, 0)  # what comes from then on counts for the extreme wherever it lies


@dataclass(frozen=True)
class Kept:
    """What an ended condition leaves (A6)."""

    turn: int
    priority: Priority
    since: float
    ended: float
    extreme: Decimal | None
    seen_in: int | None = None  # high that ended while acknowledged: the turn of that act


@dataclass(frozen=True)
class Slip:
    """The last acknowledgement that did anything, until it is taken back (V5); and what it closed."""

    turn: int
    moment: float
    closed: Level | None


@dataclass(frozen=True)
class Ear:
    """What people could hear of a condition at one look."""

    moment: float
    quiet: bool
    acknowledged: bool


@dataclass(frozen=True)
class Told:
    """All that people are told of one condition at one moment."""

    presence: Presence
    priority: Priority | None
    signal: SignalState
    sounding: bool
    since: float | None
    extreme: Decimal | None
    left: tuple[Priority, float, float, Decimal | None] | None


@dataclass(frozen=True)
class Stands:
    """A whole moment."""

    conditions: Mapping[str, Told]
    paused_until: float | None
    loudest: Priority | None
    shown: Mapping[Channel, tuple[Freshness, Decimal | None]]


@dataclass(frozen=True)
class Owed:
    ask: Ask
    due_at: float
    known_turn: int
    known_arrivals: int


ABOUT = {f"{channel}.{side}": (channel, side) for channel in Channel for side in Side}


def about(key: str) -> tuple[Channel | None, Side | None]:
    """The channel and side that a limit condition is of."""
    return ABOUT.get(key, (None, None))


# -- one value against one line (A2, A4, A14) ------------------------------------------------------------------------


def own_place(line: LimitLine, baseline: Mapping[Channel, Decimal]) -> Decimal | None:
    if line.threshold is not None:
        return line.threshold
    own = baseline.get(line.channel)
    if own is None:
        return None
    if line.change is not None:
        place = own + line.change
    else:
        assert line.change_percent is not None
        place = own + own * line.change_percent / Decimal(100)
    if line.and_beyond is None:
        return place
    return min(place, line.and_beyond) if line.side is Side.LOW else max(place, line.and_beyond)  # beyond both


def is_beyond(heard: Heard, line: LimitLine) -> bool:
    """A2: strictly, unless the sheet says "at least"."""
    then, place = heard.then.places[line.id]
    if place is None or heard.value is None or (heard.at_most is not None and line.id not in heard.at_most):
        return False
    if heard.value == place:
        return then.or_equal
    return heard.value < place if then.side is Side.LOW else heard.value > place


def is_well_inside(heard: Heard, line: LimitLine) -> bool:
    """A4: by the dead-band."""
    then, place = heard.then.places[line.id]
    if place is None or heard.value is None:
        return True
    band = heard.then.limits.dead_bands.get(then.channel, Decimal(0))
    return heard.value >= place + band if then.side is Side.LOW else heard.value <= place - band
