"""A watched session in which anybody may do anything at any time: the engine alone, its inputs, and what it then shows.

A course is a list of `(seconds from the one before, what, which)`. Between two acts the monitor sends every five
seconds, and every moment at which the engine itself has something to do is visited, so that nothing happens unseen.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Acknowledge,
    Arrived,
    Ask,
    Channel,
    Done,
    DoseActing,
    Emergency,
    EmergencyOver,
    Given,
    MonitorAlarms,
    Observe,
    Pair,
    Pause,
    Quality,
    Reading,
    Rewatch,
    Schedule,
    SetBaseline,
    Signal,
    State,
    Tick,
    Unpair,
    Unpause,
    Unwatch,
)

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
EVERY = timedelta(seconds=5)
STREAMED = (Channel.SPO2, Channel.HR)
VALUES = {Channel.SPO2: (97, 93, 88, 80), Channel.HR: (70, 125, 155, 45)}
PRESSURES = ((120, 80), (165, 90), (185, 112), (205, 125), (78, 45), (80, 120))
SIGNS = ("vomiting", "chest pain", "help button")
GAPS_S = (0, 1, 1, 2, 5, 10, 30, 60, 115, 120)

Act = tuple[int, str, int]
Course = Sequence[Act]
Step = Callable[[State, Given], tuple[State, tuple[Signal, ...]]]


@dataclass
class Session:
    """The engine with a patient, a monitor and people. `seen` is called with the state after every step."""

    seen: Callable[[State], None] = lambda state: None
    step: Step = rules.step
    state: State = field(default_factory=lambda: rules.begin(reader.limits(), T0))
    values: dict[Channel, int] = field(default_factory=lambda: {channel: own[0] for channel, own in VALUES.items()})
    sends: bool = True
    given: list[Given] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    sent_at: datetime = T0

    def __post_init__(self) -> None:
        self.give(Pair(T0, "monitor", STREAMED, int(EVERY.total_seconds())))

    @property
    def now(self) -> datetime:
        return self.state.at

    def give(self, one: Given) -> None:
        self.given.append(one)
        self.state, signals = self.step(self.state, one)
        self.signals += signals
        self.seen(self.state)

    def play(self, course: Course, then_s: int = 200) -> None:
        for gap_s, what, which in course:
            self.wait(gap_s)
            self.give(self.act(what, which))
        self.wait(then_s)

    def wait(self, seconds: int) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self.sent_at + EVERY <= until:
            self._visit(self.sent_at + EVERY)
            self.sent_at += EVERY
            if self.sends:
                self.give(Arrived(self.sent_at, tuple(self._reading(channel) for channel in STREAMED)))
        self._visit(until)
        self.give(Tick(until))

    def _visit(self, until: datetime) -> None:
        while (moment := rules.next_deadline(self.state)) is not None and moment < until:
            self.give(Tick(moment))

    def _reading(self, channel: Channel) -> Reading:
        return Reading(channel, Decimal(self.values[channel]), self.sent_at, self.sent_at, device="monitor")

    def act(self, what: str, which: int) -> Given:
        return ACTS[what](self, which)


def _value(session: Session, which: int) -> Given:
    channel = STREAMED[which % 2]
    session.values[channel] = VALUES[channel][which // 2 % 4]
    return Tick(session.now)


def _cut(session: Session, which: int) -> Given:
    session.sends = which % 2 == 0
    return Tick(session.now)


def _cuff(session: Session, which: int) -> Given:
    parts = zip(CUFF, PRESSURES[which % len(PRESSURES)], strict=False)
    at = session.now
    return Arrived(at, tuple(Reading(channel, Decimal(part), at, at, device="monitor") for channel, part in parts))


def _leap(session: Session, which: int) -> Given:
    at = session.now
    return Arrived(at, (Reading(Channel.SPO2, Decimal(50 + which), at, at, device="monitor"),))


def _condition(session: Session, which: int) -> str:
    known = sorted(session.state.conditions)
    return known[which % len(known)] if known else "SPO2.low"


def _nothing(session: Session, which: int) -> Given:
    at = session.now
    return Arrived(at, (Reading(STREAMED[which % 2], None, at, at, Quality.NONE, "probe off", device="monitor"),))


def _ask(session: Session, which: int) -> Given:
    due_at = session.now + timedelta(seconds=60 * which)
    return Schedule(session.now, (Ask("bp", "Blood pressure", due_at, CUFF),))


# What people and machines may do. Limits stay: a record's door bounds who moves them, and how far.
ACTS: dict[str, Callable[[Session, int], Given]] = {
    "value": _value,
    "cut": _cut,
    "cuff": _cuff,
    "nothing": _nothing,
    "leap": _leap,
    "baseline": lambda s, n: SetBaseline(s.now, {Channel.NIBP_SYS: Decimal(110 + 5 * n)}),
    "ask": _ask,
    "acknowledge": lambda s, n: Acknowledge(s.now, _condition(s, n), "Bob"),
    "pause": lambda s, n: Pause(s.now, "Bob"),
    "unpause": lambda s, n: Unpause(s.now),
    "sign": lambda s, n: Observe(s.now, SIGNS[n % 3], "Bob"),
    "sign over": lambda s, n: Observe(s.now, SIGNS[n % 3], "Bob", present=False),
    "dose": lambda s, n: DoseActing(s.now, n % 2 == 0),
    "emergency": lambda s, n: Emergency(s.now, "Bob"),
    "emergency over": lambda s, n: EmergencyOver(s.now, "Bob"),
    "set aside": lambda s, n: Unwatch(s.now, (*STREAMED, Channel.NIBP_SYS)[n % 3], "Dr Lee", "probe moved"),
    "watch again": lambda s, n: Rewatch(s.now, (*STREAMED, Channel.NIBP_SYS)[n % 3]),
    "done": lambda s, n: Done(s.now, s.state.asks[n % len(s.state.asks)].key if s.state.asks else "bp"),
    "unpair": lambda s, n: Unpair(s.now, "monitor"),
    "pair": lambda s, n: Pair(s.now, "monitor", STREAMED, 5),
    "own alarms": lambda s, n: MonitorAlarms(s.now, "monitor", n % 2 == 0),
}
# People who want quiet press these far more often than anything else happens.
OFTEN = ("acknowledge", "acknowledge", "acknowledge", "pause", "pause", "value", "value", "unpause", "sign")


def course_from(seed: int, length: int = 60) -> list[Act]:
    draw = random.Random(seed)
    names = (*ACTS, *OFTEN)
    return [(draw.choice(GAPS_S), draw.choice(names), draw.randrange(8)) for _ in range(length)]


def courses_from(first: int, count: int) -> Iterator[tuple[int, list[Act]]]:
    return ((seed, course_from(seed)) for seed in range(first, first + count))
