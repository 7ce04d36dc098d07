"""Lines, ranges and times: what a step judges by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum

from ketacare.medicine.monitoring.terms.readings import Channel


class Priority(IntEnum):
    """By harm and speed of onset (IEC 60601-1-8, table 1)."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Side(StrEnum):
    LOW = "low"
    HIGH = "high"


class Timing(StrEnum):
    """How a crossing becomes an alarm: after a delay, or by the three lines of intermittent pressure (A16)."""

    CONTINUOUS = "continuous"
    NOTICE = "notice"  # first reading: `first_priority`; second: `priority`
    CONFIRM = "confirm"  # first reading: `first_priority`; still beyond minutes later: `priority`
    SINGLE = "single"  # one reading: `priority`


@dataclass(frozen=True, slots=True)
class Range:
    low: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"Range: low {self.low} must be under high {self.high}.")

    def holds(self, value: Decimal) -> bool:
        return self.low <= value <= self.high


LONGEST_DELAY_S = 15  # what bedside monitors let a user set (A15)


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One line. Either a threshold, or a change from the patient's own baseline (points, or percent)."""

    id: str
    channel: Channel
    side: Side
    timing: Timing
    priority: Priority
    first_priority: Priority | None = None
    threshold: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    and_beyond: Decimal | None = None
    or_equal: bool = False
    delay_s: int = 0

    def __post_init__(self) -> None:
        given = [part for part in (self.threshold, self.change, self.change_percent) if part is not None]
        if len(given) != 1:
            raise ValueError(f"{self.id}: a line is a threshold, a change or a percentage. Give exactly one.")
        if not 0 <= self.delay_s <= LONGEST_DELAY_S:
            raise ValueError(f"{self.id}: a delay of {self.delay_s} s, at most {LONGEST_DELAY_S} s. Shorten it.")
        if self.timing is not Timing.CONTINUOUS and self.delay_s:
            raise ValueError(f"{self.id}: only a continuous line has a delay. Remove it.")
        if self.timing in (Timing.NOTICE, Timing.CONFIRM) and self.first_priority is None:
            raise ValueError(f"{self.id}: says nothing of the first reading. Give first_priority.")


@dataclass(frozen=True, slots=True)
class Jump:
    """More than `points` away within `within_s` is no change of the body but of the probe, until it repeats (T7)."""

    points: Decimal
    within_s: int


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds. Their sources stand in the sheet."""

    lateness_s: int
    clear_s: int
    acknowledge_s: int
    pause_s: int
    pause_renewal_window_s: int
    was_line_s: int
    stale_s: int
    lost_s: int
    lost_high_s: int
    confirm_s: int
    confirm_slack_s: int
    repeat_s: int
    due_early_s: int
    late_s: int
    missed_s: int
    supervisor_s: int
    after_dose_s: int
    unwatched_s: int
    emergency_s: int = 0  # a set kept before there was an emergency mode holds nothing back
    undo_s: int = 0
    settled_s: int = 0
    settled_after: int = 0  # so many measurements inside
    cycle_s: int = 0  # of a cuff: sooner it measures no second time


class _ByChannelAndSide:
    """The lines of a set, found once: a step asks for them thirty times a message. No part of what the set says."""

    __slots__ = ("_found",)


@dataclass(frozen=True, slots=True)
class Limits(_ByChannelAndSide):
    """One adopted set: all that a step needs to judge, so a kept state can be judged again with what held then."""

    id: str
    version: str
    lines: tuple[LimitLine, ...]
    dead_bands: Mapping[Channel, Decimal]
    plausible: Mapping[Channel, Range]
    signs: Mapping[str, Priority]
    times: Times
    jumps: Mapping[Channel, Jump] = field(default_factory=dict)
    reach: Mapping[Channel, Range] = field(default_factory=dict)  # no line is laid outside, whoever changes it (A14)
    signs_of_pressure: tuple[str, ...] = ()  # high with any reading of the cuff (A16)

    def __post_init__(self) -> None:
        for channel in {line.channel for line in self.lines}:
            lows, highs = self._thresholds(channel, Side.LOW), self._thresholds(channel, Side.HIGH)
            if lows and highs and max(lows) >= min(highs):
                raise ValueError(f"{self.id}: {channel} low {max(lows)} must be under high {min(highs)}.")

    def out_of_reach(self, line: LimitLine) -> Range | None:
        """Where this line may lie at all, if it lies outside or nothing that is believed lies beyond it (A2, A14)."""
        believed = self.plausible.get(line.channel)
        if line.threshold is None or believed is None:
            return None
        may_lie = self.reach.get(line.channel) or believed
        beyond = believed.high > line.threshold if line.side is Side.HIGH else believed.low < line.threshold
        return None if may_lie.holds(line.threshold) and beyond else may_lie

    def _thresholds(self, channel: Channel, side: Side) -> list[Decimal]:
        return [t for line in self.of(channel, side) if (t := line.threshold) is not None]

    def of(self, channel: Channel, side: Side) -> tuple[LimitLine, ...]:
        found: dict[tuple[Channel, Side], tuple[LimitLine, ...]] | None = getattr(self, "_found", None)
        if found is None:  # not asked yet, or a copy
            found = {}
            for line in self.lines:
                found[line.channel, line.side] = (*found.get((line.channel, line.side), ()), line)
            object.__setattr__(self, "_found", found)
        return found.get((channel, side), ())
