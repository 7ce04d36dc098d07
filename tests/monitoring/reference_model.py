"""The alarm rules written out a second time, slowly and plainly, from the rules alone.

Nothing is carried from moment to moment but lists that only grow: what was given, which readings were taken in, and
what was told (A18). Every answer is worked out by walking through these lists again. Time is looked at in small even
steps, and after everything that is given; no deadline is computed ahead. Seconds count from the session's start; `turn`
counts what was given, so that of two things in one moment the earlier is known.

The rules are quoted by number; where they leave a choice, docs/decisions says what was chosen.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from ketacare.medicine.monitoring.terms import (
    Channel,
    Freshness,
    Kind,
    Limits,
    Presence,
    Priority,
    Quality,
    Reading,
    Side,
    SignalState,
)
from tests.monitoring.reference_lines import Lines
from tests.monitoring.reference_looking import Looking
from tests.monitoring.reference_readings import Readings
from tests.monitoring.reference_sound import Sound
from tests.monitoring.reference_striking import Striking
from tests.monitoring.reference_words import (
    Act,
    Coming,
    Ear,
    Heard,
    InForce,
    Kept,
    Level,
    Owed,
    Place,
    Slip,
    Stands,
    Told,
    about,
)


class Reference(Readings, Lines, Looking, Sound, Striking):
    def __init__(self, limits: Limits, at: datetime, grain: float = 1.0) -> None:
        self.zero, self.grain, self.now, self.turn = at, grain, 0.0, 0
        self.looked_at = 0.0
        self.acts: dict[type, list[Act]] = {}
        self.arrivals: list[tuple[float, Channel]] = []  # of everything usable: when it happened
        self.then = InForce(limits, {})
        self.heard: dict[Channel, list[Heard]] = {channel: [] for channel in Channel}
        self.walked: dict[Channel, dict[str, list[Heard]]] = {channel: {} for channel in Channel}
        self.promised: dict[Channel, Act | None] = {}
        self.gave: dict[Channel, list[tuple[int, str]]] = {channel: [] for channel in Channel}  # newest, by whom
        self.values: dict[tuple[str, Channel, datetime], list[Decimal | None]] = {}
        self.disputes: dict[Channel, list[tuple[int, float]]] = {}
        self.repeats: list[Owed] = []
        self.too_late: dict[str, list[Decimal]] = {}  # of each review: what nobody has looked at yet
        self.leaps: dict[Channel, tuple[Reading, float]] = {}
        self.events: list[tuple[float, float]] = []  # of each emergency: when it began, when somebody last acted
        self.told: dict[str, list[Level]] = {}
        self.kinds: dict[str, tuple[Kind, Channel | None, Side | None]] = {}
        self.left: dict[str, list[Kept]] = {}
        self.worst_from: dict[str, tuple[Place, Coming]] = {}  # a graver level ended: with which value, before which
        self.ears: dict[str, list[Ear]] = {}
        self.slips: dict[str, Slip] = {}
        self.taken_back: list[int] = []  # the turns of acts that were slips
        self.measured: list[tuple[float, bool]] = []  # pressures since one was beyond a line: when, and if still so
        self.exhausted: dict[str, list[int]] = {}
        self.outlasted: dict[str, tuple[int, float]] = {}  # in which turn, and when, its silence had lasted long enough
        self.returned: dict[Channel, list[int]] = {}

    # -- told ----------------------------------------------------------------------------------------------------------

    def stands(self) -> Stands:
        keys = {f"{channel}.{side}" for channel, side in self.then.sides if self.heard[channel]}
        keys |= set(self.told) | {f"due.{one.ask.key}" for one in self.owed() if self.now >= one.due_at}
        told = {key: self.told_of(key) for key in keys}
        told = {key: one for key, one in told.items() if one.presence is not Presence.ABSENT or one.left is not None}
        pause = self.pause(self.now)
        return Stands(
            told,
            None if pause is None else pause.moment + self.limits.times.pause_s,
            max((one.priority for one in told.values() if one.sounding and one.priority), default=None),
            {channel: self.shown(channel) for channel in Channel if self.is_shown(channel)},
        )

    def told_of(self, key: str) -> Told:
        level, left = self.level(key), self.left_of(key)
        if level is None:
            since = self.pending_since(key)
            presence = Presence.ABSENT if since is None else Presence.PENDING
            signal = SignalState.LATCHED if self.is_latched(key) else SignalState.OFF
            return Told(presence, None, signal, False, since, self.pending_extreme(key), left)
        ear, told = self.ears[key][-1], self.told[key][-1]
        return Told(
            Presence.CLEARING if self.is_clearing(key) else Presence.PRESENT,
            level,
            SignalState.ACKNOWLEDGED if ear.acknowledged else SignalState.ON,
            not ear.quiet and not self.is_told_by_another(key) and not self.is_held_back(level),
            told.since,
            self.extreme(key, told.worst_from, (told.counts_after, told.since)),
            left,
        )

    def left_of(self, key: str) -> tuple[Priority, float, float, Decimal | None] | None:
        """A6: latched until acknowledged, from the first start to the last end; a medium "was" line for ten minutes."""
        latched = self.latched(key)
        if latched:
            extremes = [kept.extreme for kept in latched if kept.extreme is not None]
            worst = max if about(key)[1] is Side.HIGH else min
            extreme = worst(extremes) if extremes else None
            return Priority.HIGH, latched[0].since, latched[-1].ended, extreme
        for kept in reversed(self.left.get(key, [])):
            if kept.priority is Priority.MEDIUM:
                is_over = self.now - kept.ended >= self.limits.times.was_line_s
                return None if is_over else (kept.priority, kept.since, kept.ended, kept.extreme)
        return None

    def pending_extreme(self, key: str) -> Decimal | None:
        channel, side = about(key)
        if channel is None or side is None or self.pending_since(key) is None:
            return None
        began = min(run[0].place for line in self.then.sides[channel, side] if (run := self.run(line)))
        ended_at, counts_after = self.worst_from.get(key, (began, self.next_to_come(channel)))
        return self.extreme(key, max(began, ended_at), (counts_after, began[0]))

    def pending_since(self, key: str) -> float | None:
        if key.startswith("due."):
            owed = [one.due_at for one in self.owed() if f"due.{one.ask.key}" == key and one.due_at <= self.now]
            return min(owed, default=None)
        channel, side = about(key)
        if channel is None or side is None or not self.is_watched(channel, self.now):
            return None
        lines = self.then.sides[channel, side]
        return min((run[0].happened for line in lines if (run := self.run(line))), default=None)

    def is_clearing(self, key: str) -> bool:
        channel, side = about(key)
        return channel is not None and side is not None and bool(self.stay(key, channel, side))

    def is_shown(self, channel: Channel) -> bool:
        return bool(self.stream(channel) or self.good(channel)) or not self.is_watched(channel, self.now)

    def shown(self, channel: Channel) -> tuple[Freshness, Decimal | None]:
        """T1 to T3: a number with its state; lost or doubted it is dashes."""
        good, faults, stream = self.good(channel), self.faults(channel), self.stream(channel)
        value = good[-1].value if good else None
        if not self.is_watched(channel, self.now):
            return Freshness.NOT_MONITORED, None
        if self.taken_off_at(channel) is not None:
            return Freshness.LOST, None
        if faults:
            gone = faults[-1].quality is Quality.NONE and stream is not None
            return (Freshness.LOST if gone else Freshness.BAD_QUALITY), None
        if stream is None:
            is_measured_once = channel.intermittent or not good or good[-1].by_hand
            return (Freshness.INTERMITTENT, value) if is_measured_once else (Freshness.LOST, None)
        age = self.now - self.newest_of_stream(channel, stream)
        if age >= self.lost_after(channel):
            return Freshness.LOST, None
        return (Freshness.STALE if age >= self.stale_after(channel) else Freshness.LIVE), value
