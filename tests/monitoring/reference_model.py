"""The alarm rules written out a second time, slowly and plainly, from the rules alone.

Nothing is carried from moment to moment but lists that only grow: what was given, which readings were taken in, and
what was told (A18). Every answer is worked out by walking through these lists again. Time is looked at in small even
steps, and after everything that is given; no deadline is computed ahead. Seconds count from the session's start; `turn`
counts what was given, so that of two things in one moment the earlier is known.

The rules are quoted by number; where they leave a choice, docs/decisions says what was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ketacare.medicine.monitoring.terms import (
    ARTERIAL_LINE,
    CUFF,
    Acknowledge,
    Arrived,
    Ask,
    Channel,
    Done,
    DoseActing,
    Emergency,
    EmergencyOver,
    Freshness,
    Given,
    Jump,
    Kind,
    LimitLine,
    Limits,
    MonitorAlarms,
    Observe,
    Pair,
    Pause,
    Presence,
    Priority,
    Quality,
    Reading,
    Rewatch,
    Schedule,
    SetBaseline,
    SetLimits,
    Side,
    SignalState,
    Tick,
    Timing,
    Unpair,
    Unpause,
    Unwatch,
)

Place = tuple[float, int]  # of a reading among the others: when it happened, and of two in one moment which came first
VITAL = (Channel.SPO2, *CUFF)  # never off between dose and discharge for longer than the bound (A9)
RENEWED = "pause.renewed"
RENEWALS = 3  # the third in ten minutes is told to the prescriber (A8)


@dataclass(frozen=True)
class Act:
    turn: int
    moment: float
    given: Any
    arrivals: int = 0  # how many readings had arrived


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

    @property
    def place(self) -> Place:
        return self.happened, self.order


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
    counts_after: int = 0  # the turn after which a value counts for the extreme wherever it lies


@dataclass(frozen=True)
class Kept:
    """What an ended condition leaves (A6)."""

    turn: int
    priority: Priority
    since: float
    ended: float
    extreme: Decimal | None


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


class Reference:
    def __init__(self, limits: Limits, at: datetime, grain: float = 1.0) -> None:
        self.zero, self.grain, self.now, self.turn = at, grain, 0.0, 0
        self.looked_at = 0.0
        self.acts: dict[type, list[Act]] = {}
        self.arrivals: list[tuple[float, Channel]] = []  # of everything usable: when it happened
        self.then = InForce(limits, {})
        self.heard: dict[Channel, list[Heard]] = {channel: [] for channel in Channel}
        self.values: dict[tuple[str, Channel, datetime], list[Decimal | None]] = {}
        self.disputes: dict[Channel, list[tuple[int, float]]] = {}
        self.repeats: list[Owed] = []
        self.leaps: dict[Channel, tuple[Reading, float]] = {}
        self.events: list[tuple[float, float]] = []  # of each emergency: when it began, when somebody last acted
        self.told: dict[str, list[Level]] = {}
        self.kinds: dict[str, tuple[Kind, Channel | None, Side | None]] = {}
        self.left: dict[str, list[Kept]] = {}
        self.worst_from: dict[str, Place] = {}
        self.ears: dict[str, list[Ear]] = {}
        self.exhausted: dict[str, list[int]] = {}
        self.returned: dict[Channel, list[int]] = {}

    # -- given ---------------------------------------------------------------------------------------------------------

    def give(self, given: Given) -> None:
        """Time passes up to this moment and is looked at; then the thing is given, and looked at. What is given in the
        moment in which a time runs out comes first: a value back inside at the tenth second was not ten seconds out."""
        moment = self.seconds(given.at)
        while self.now + self.grain < moment:
            self.now += self.grain
            self.look(self.now)
        self.now = moment
        self.turn += 1
        self.keep_event_open(given)
        if isinstance(given, Arrived):
            self.take_in(given)
        elif isinstance(given, Acknowledge):
            self.note_acknowledgement(given)
        elif isinstance(given, Pause):
            self.note_pause(given)
        else:
            self.note(given, moment)
        self.look(moment)

    def note(self, given: Given, moment: float) -> None:
        if isinstance(given, SetLimits):
            self.then = InForce(given.limits, self.then.baseline)
        if isinstance(given, SetBaseline):
            self.then = InForce(self.then.limits, given.baseline)
        self.acts.setdefault(type(given), []).append(Act(self.turn, moment, given, len(self.arrivals)))

    def seconds(self, at: datetime) -> float:
        return (at - self.zero).total_seconds()

    def given(self, kind: type) -> list[Act]:
        return self.acts.get(kind, [])

    def last(self, kind: type) -> Act | None:
        acts = self.given(kind)
        return acts[-1] if acts else None

    @property
    def limits(self) -> Limits:
        return self.then.limits

    @property
    def dose_since(self) -> float | None:
        """The last dose, as long as it acts (T2, T5)."""
        act = self.last(DoseActing)
        return act.moment if act is not None and act.given.acting else None

    def signs(self) -> list[str]:
        """What a person said is there, and has not said is over (A17)."""
        last: dict[str, bool] = {}
        for act in self.given(Observe):
            last[act.given.sign] = act.given.present
        return [sign for sign, present in last.items() if present]

    # -- readings ------------------------------------------------------------------------------------------------------

    def take_in(self, message: Arrived) -> None:
        readings = message.readings
        for reading in readings:
            happened, usable = self.seconds(reading.taken_at), self.is_value(reading, readings)
            is_late = self.now - happened > self.limits.times.lateness_s
            if not is_late and self.is_twin(reading):
                continue
            if happened - self.now > self.limits.times.lateness_s:  # no clock of ours
                usable = False
            happened = min(happened, self.now)  # nothing happened after it was heard of
            if is_late:
                self.arrived(reading.channel, happened, usable)
                self.review(reading, usable)
            else:
                self.hear_or_doubt(reading, happened, usable)
        self.ask_repeat(readings)

    def arrived(self, channel: Channel, happened: float, usable: bool) -> None:
        if usable:
            self.arrivals.append((happened, channel))

    def is_twin(self, reading: Reading) -> bool:
        """T8: told before, with this value: dropped. With another: told too, and the first stands."""
        values = self.values.setdefault((reading.device, reading.channel, reading.taken_at), [])
        is_first, is_known = not values, reading.value in values
        values.append(reading.value)
        if not is_first and not is_known:
            happened = self.seconds(reading.taken_at)
            self.disputes.setdefault(reading.channel, []).append((len(self.heard[reading.channel]), happened))
            key = f"{reading.channel}.conflict"
            self.tell(key, None, happened, (Kind.TECHNICAL, reading.channel, None))
            self.tell(key, Priority.LOW, happened, (Kind.TECHNICAL, reading.channel, None))
        return not is_first

    def is_value(self, reading: Reading, message: tuple[Reading, ...]) -> bool:
        """A2, T7: bad quality is no value; nor what cannot be; nor a pressure of which one part cannot be."""
        if not reading.usable or not self.is_plausible(reading):
            return False
        for site in (CUFF, ARTERIAL_LINE):
            if reading.channel in site:
                return self.is_one_measurement(reading, [one for one in message if one.channel in site])
        return True

    def is_plausible(self, reading: Reading) -> bool:
        plausible = self.limits.plausible.get(reading.channel)
        return plausible is None or reading.value is None or plausible.holds(reading.value)

    def is_one_measurement(self, reading: Reading, site: list[Reading]) -> bool:
        parts = [one for one in site if (one.device, one.taken_at) == (reading.device, reading.taken_at)]
        if any(not one.usable or not self.is_plausible(one) for one in parts):
            return False
        values = {one.channel.split("_")[1]: one.value for one in parts}
        systolic, diastolic = values.get("SYS"), values.get("DIA")
        return systolic is None or diastolic is None or systolic > diastolic

    def review(self, reading: Reading, usable: bool) -> None:
        """A13: too late to sound; would it have been high, somebody looks at it."""
        if not usable:
            return
        heard = Heard(self.turn, 0.0, reading.value, Quality.GOOD, True, self.then)
        high = [
            line for line in self.limits.lines if line.channel is reading.channel and line.priority is Priority.HIGH
        ]
        if any(is_beyond(heard, line) for line in high):
            key = f"review.{reading.channel}.{reading.taken_at.isoformat()}"
            self.tell(key, None, 0.0, (Kind.DUE, reading.channel, None))
            self.tell(key, Priority.LOW, self.seconds(reading.taken_at), (Kind.DUE, reading.channel, None))

    def hear_or_doubt(self, reading: Reading, happened: float, usable: bool) -> None:
        """T7: a leap no body makes is doubted until the next value says the same; then both are believed."""
        jump, channel = self.limits.jumps.get(reading.channel), reading.channel
        good = self.good(channel)
        if jump is None or not usable or reading.source == "hand" or not good or happened < good[-1].happened:
            self.hear(reading, happened, usable)
            if usable and (not good or happened >= good[-1].happened):
                self.leaps.pop(channel, None)
            return
        if not self.leaps_to(good[-1].happened, good[-1].value, happened, reading.value, jump):
            self.leaps.pop(channel, None)
            self.hear(reading, happened, True)
            return
        before = self.leaps.get(channel)
        if before is not None and self.agrees(before[1], before[0].value, happened, reading.value, jump):
            self.leaps.pop(channel)
            self.hear(before[0], before[1], True)
            self.hear(reading, happened, True)
            return
        self.leaps[channel] = (reading, happened)
        self.hear(reading, happened, False)

    def leaps_to(self, was_at: float, was: Any, now_at: float, now: Any, jump: Jump) -> bool:
        return abs(now - was) > jump.points and 0 < now_at - was_at <= jump.within_s

    def agrees(self, was_at: float, was: Any, now_at: float, now: Any, jump: Jump) -> bool:
        return abs(now - was) <= jump.points and 0 < now_at - was_at <= jump.within_s

    def hear(self, reading: Reading, happened: float, usable: bool) -> None:
        """Into its place by when it happened (A1). The newest is judged at its own time as well, so that what one
        message brings together counts as if it had come one by one."""
        channel, row = reading.channel, self.heard[reading.channel]
        self.arrived(channel, happened, usable)
        heard = Heard(
            self.turn,
            happened,
            reading.value if usable else None,
            Quality.GOOD if usable else (Quality.NONE if reading.quality is Quality.NONE else Quality.BAD),
            self.is_watched(channel, self.looked_at),
            self.then,
            len(row),
            self.stale_after(channel) if self.stream(channel) is not None else float("inf"),
        )
        is_newest = all(other.happened <= happened for other in row if other.value is not None)
        if is_newest and usable and heard.judged:
            self.judge(channel, happened, before=True)
        row.append(heard)
        row.sort(key=lambda one: one.happened)
        if usable and heard.judged:
            self.judge(channel, self.good(channel)[-1].happened)

    def good(self, channel: Channel) -> list[Heard]:
        return [heard for heard in self.heard[channel] if heard.value is not None]

    # -- lines (A2 to A5, A14, A16) ------------------------------------------------------------------------------------

    def judge(self, channel: Channel, as_of: float, *, before: bool = False) -> None:
        """Tell what this channel has come to as of a time, or just before it."""
        for side in Side:
            lines = self.then.sides[channel, side]
            if lines:
                self.judge_side(f"{channel}.{side}", channel, side, as_of, before)

    def judge_side(self, key: str, channel: Channel, side: Side, as_of: float, before: bool) -> None:
        lines, kind = self.then.sides[channel, side], (Kind.PHYSIOLOGICAL, channel, side)
        runs = {line.id: run for line in lines if (run := self.run(line))}
        reached = [self.reached(line, runs[line.id], as_of, before) for line in lines if line.id in runs]
        wanted = max((one for one in reached if one is not None), default=None)
        by_symptom = wanted is not None and wanted < Priority.HIGH and self.is_with_symptom(channel, side)
        wanted = Priority.HIGH if by_symptom else wanted
        began = min((run[0].place for run in runs.values()), default=(0.0, 0))
        level = self.level(key)
        if level is not None and self.has_ended(key, channel, side, as_of, before):
            self.tell(key, None, as_of, kind)  # this level; still beyond lesser lines, a lesser one goes on (A4, A5)
            if wanted is not None:
                self.tell(key, wanted, began[0], kind, is_new=False, by_symptom=by_symptom)
            elif runs:
                self.worst_from[key] = self.good(channel)[-1].place
        elif wanted is not None and (level is None or wanted > level):  # A5: never lowered
            self.tell(key, wanted, began[0], kind, by_symptom=by_symptom, worst_from=began)

    def is_with_symptom(self, channel: Channel, side: Side) -> bool:
        """A16: a symptom with any reading of the cuff beyond a line is high; a mean is worked out and not read."""
        return channel in CUFF and not channel.mean_pressure and side is Side.HIGH and bool(self.signs())

    def run(self, line: LimitLine) -> list[Heard]:
        """The newest values in an unbroken row beyond the line, oldest first. One inside ends the row (A3)."""
        row: list[Heard] = []
        for heard in reversed(self.heard[line.channel]):
            if heard.value is None:
                continue  # not a value (A2)
            if not self.counts(heard, line.channel) or not is_beyond(heard, line):
                break
            row.append(heard)
        return row[::-1]

    def counts(self, heard: Heard, channel: Channel) -> bool:
        """Judged when it came, and the channel was not set aside since (A9)."""
        return heard.judged and not any(
            act.given.channel is channel and act.turn > heard.turn for act in self.given(Unwatch)
        )

    def reached(self, line: LimitLine, run: list[Heard], as_of: float, before: bool) -> Priority | None:
        if line.timing is Timing.CONTINUOUS:  # A3: the crossing has lasted the delay; missing readings do not reset it
            lasted = as_of - run[0].happened
            return line.priority if (lasted > line.delay_s if before else lasted >= line.delay_s) else None
        if line.timing is Timing.SINGLE:  # A16
            return line.priority
        if line.timing is Timing.NOTICE:  # A16: the first low, the second medium
            return line.priority if len({heard.happened for heard in run}) > 1 else line.first_priority
        times = self.limits.times  # A16, confirm: two readings five minutes apart; a cuff itself takes its time
        is_confirmed = run[-1].happened - run[0].happened >= times.confirm_s - times.confirm_slack_s
        return line.priority if is_confirmed else line.first_priority

    def has_ended(self, key: str, channel: Channel, side: Side, as_of: float, before: bool) -> bool:
        """A4: inside by the dead-band for the clear time, continuously; for a pressure one value is enough."""
        stay = self.stay(key, channel, side)
        if not stay:
            return False
        if channel.intermittent:
            return True
        over = stay[0].happened + self.limits.times.clear_s
        was_live = not self.is_old(channel, max(over, stay[-1].happened), stay[-1].happened)
        return was_live and (as_of > over if before else as_of >= over)

    def stay(self, key: str, channel: Channel, side: Side) -> list[Heard]:
        """The newest values in an unbroken row inside, by the dead-band, every line that can raise what was reached, or
        more; after a symptom, every line. Where a value grew stale before the next one came, nobody knows that it
        stayed inside: the row begins after."""
        level, row = self.told[key][-1], []
        for heard in reversed(self.heard[channel]):
            if heard.value is None:
                continue
            lines = [
                line
                for line in heard.then.sides[channel, side]
                if level.by_symptom or level.priority is None or line.priority >= level.priority
            ]
            if not self.counts(heard, channel) or not all(is_well_inside(heard, line) for line in lines):
                break
            if row and row[-1].happened - heard.happened >= row[-1].follows_within:
                break
            row.append(heard)
        return row[::-1]

    def is_old(self, channel: Channel, at: float, happened: float) -> bool:
        return self.stream(channel) is not None and at - happened >= self.stale_after(channel)

    # -- telling -------------------------------------------------------------------------------------------------------

    def level(self, key: str) -> Priority | None:
        log = self.told.get(key)
        return log[-1].priority if log else None

    def tell(
        self,
        key: str,
        priority: Priority | None,
        since: float,
        kind: tuple[Kind, Channel | None, Side | None],
        *,
        is_new: bool = True,
        by_symptom: bool = False,
        worst_from: Place = (0.0, 0),
    ) -> None:
        log = self.told.setdefault(key, [])
        self.kinds[key] = kind
        before = log[-1] if log else None
        was = before.priority if before else None
        if was is priority:
            return
        if priority is None:
            self.leave(key, kind)
        goes_on = before is not None and was is not None
        began = before.since if before is not None and goes_on else since
        counts_after = self.turn
        if not is_new and kind[1] is not None:
            worst_from, counts_after = self.good(kind[1])[-1].place, self.turn
        elif before is not None and goes_on:
            worst_from, counts_after = before.worst_from, before.counts_after
        elif priority is not None:
            worst_from = max(worst_from, self.worst_from.pop(key, worst_from))
        began_anew = priority is not None and is_new
        log.append(Level(self.turn, self.now, priority, began, began_anew, worst_from, by_symptom, counts_after))

    def leave(self, key: str, kind: tuple[Kind, Channel | None, Side | None]) -> None:
        """A6: a high physiological one stays latched, unless somebody had just acknowledged it; a medium one leaves a
        line; a latch is not replaced by such a line."""
        level = self.told[key][-1]
        if kind[0] is not Kind.PHYSIOLOGICAL or level.priority in (None, Priority.LOW):
            return
        if level.priority is Priority.HIGH and self.was_acknowledged(key):
            return
        kept = Kept(self.turn, level.priority, level.since, self.now, self.extreme(key, level.worst_from, level))
        self.left.setdefault(key, []).append(kept)

    def extreme(self, key: str, since: Place, level: Level | None = None) -> Decimal | None:
        """The worst value since then; of a level that followed a graver one, also what came later and lay in it."""
        channel, side = about(key)
        if channel is None or side is None:
            return None
        values = [
            one.value
            for one in self.good(channel)
            if one.judged
            if one.place >= since
            or (level is not None and one.turn > level.counts_after and one.happened >= level.since)
        ]
        worst: Callable[..., Decimal] = min if side is Side.LOW else max
        return worst(values) if values else None

    # -- looking -------------------------------------------------------------------------------------------------------

    def look(self, moment: float) -> None:
        """What holds at this moment, told where it is not what was told last."""
        for channel in Channel:
            if self.heard[channel]:
                if self.is_watched(channel, moment):
                    self.judge(channel, moment)
                else:
                    self.let_go(channel)
            self.look_at_loss(channel, moment)
        self.look_at_signs(moment)
        self.look_at_disputes()
        self.look_at_own_alarms(moment)
        self.look_at_asks(moment)
        self.listen(moment)
        self.looked_at = moment

    def let_go(self, channel: Channel) -> None:
        """A9: not monitored, by name and with a reason."""
        for side in Side:
            key = f"{channel}.{side}"
            if self.level(key) is not None:
                self.tell(key, None, 0.0, self.kinds[key])

    def is_watched(self, channel: Channel, moment: float) -> bool:
        acts = [act for act in self.given(Unwatch) if act.given.channel is channel]
        back = [act.turn for act in self.given(Rewatch) if act.given.channel is channel]
        if not acts:
            return True
        aside = [act for act in acts if not back or act.turn > back[-1]]
        while aside:  # set aside again while it is: nothing new; after its bound: anew
            until = self.aside_until(channel, aside[0])
            if until is None or moment < until:
                return False
            aside = [act for act in aside if act.moment > until]
        return True

    def aside_until(self, channel: Channel, act: Act) -> float | None:
        """A9: oxygen and pressure come back by themselves ten minutes into a dose, or after they were set aside in
        one."""
        if channel not in VITAL:
            return None
        doses = self.given(DoseActing)
        at_the_time = [dose for dose in doses if dose.turn < act.turn]
        later = [dose.moment for dose in doses if dose.turn > act.turn and dose.given.acting]
        if at_the_time and at_the_time[-1].given.acting:
            return act.moment + self.limits.times.unwatched_s
        return later[0] + self.limits.times.unwatched_s if later else None

    def look_at_signs(self, moment: float) -> None:
        """A17: at once by a person's word, over by a person's word."""
        there = self.signs()
        for sign in {act.given.sign for act in self.given(Observe)}:
            key, kind = f"sign.{sign}", (Kind.PHYSIOLOGICAL, None, None)
            if sign not in there:
                self.tell(key, None, moment, kind)
                continue
            said = [act for act in self.given(Observe) if act.given.sign == sign]
            if self.level(key) is None:
                self.tell(key, self.limits.signs[sign], moment, kind)
            elif said[-1].turn > self.told[key][-1].turn:  # seen again: heard again
                told = self.told[key][-1]
                self.told[key].append(replace(told, turn=self.turn, moment=moment, is_new=True))

    # -- technical (T2, T3, T8) ----------------------------------------------------------------------------------------

    def stream(self, channel: Channel) -> Act | None:
        """The pairing that promises this channel; what is measured now and then is not promised."""
        pairs = [act for act in self.given(Pair) if channel in act.given.channels]
        if channel.intermittent or not pairs:
            return None
        pair = pairs[-1]
        gone = [act for act in self.given(Unpair) if act.given.device == pair.given.device and act.turn > pair.turn]
        return None if gone else pair

    def interval(self, channel: Channel) -> int:
        stream = self.stream(channel)
        return 1 if stream is None else stream.given.interval_s

    def stale_after(self, channel: Channel) -> float:
        return max(self.limits.times.stale_s, 1.5 * self.interval(channel))  # T2

    def lost_after(self, channel: Channel) -> float:
        return max(self.limits.times.lost_s, 2.5 * self.interval(channel))  # T2

    def faults(self, channel: Channel) -> list[Heard]:
        """T3: what came after the last value, and was none; since the last pairing of the channel."""
        row: list[Heard] = []
        pairs = [act.turn for act in self.given(Pair) if channel in act.given.channels and not channel.intermittent]
        for heard in reversed(self.heard[channel]):
            if heard.value is not None:
                break
            if not pairs or heard.turn > pairs[-1]:
                row.append(heard)
        return row[::-1]

    def lost_at(self, channel: Channel, stream: Act) -> float:
        """T2: so long after the last value, or after the pairing. T3: a device that says it has nothing is believed
        after the shortest time."""
        good = self.good(channel)
        silence = max(stream.moment, good[-1].happened if good else 0.0) + self.lost_after(channel)
        faults = self.faults(channel)
        return min(silence, faults[0].happened + self.limits.times.lost_s) if faults else silence

    def look_at_loss(self, channel: Channel, moment: float) -> None:
        key, kind = f"{channel}.lost", (Kind.TECHNICAL, channel, None)
        stream = self.stream(channel)
        if stream is None:
            self.tell(key, None, 0.0, kind)
            return
        lost_at = self.lost_at(channel, stream)
        if not self.is_watched(channel, moment) or moment < lost_at:
            if self.level(key) is not None:
                self.returned.setdefault(channel, []).append(self.turn)  # A12
            self.tell(key, None, 0.0, kind)
            return
        known = self.told.get(key)
        since = known[-1].since if known and known[-1].priority is not None else lost_at
        is_high = self.dose_since is not None and moment - since >= self.limits.times.lost_high_s
        wanted = Priority.HIGH if is_high else Priority.MEDIUM
        self.tell(key, max(wanted, self.level(key) or wanted), lost_at, kind)

    def look_at_disputes(self) -> None:
        """T8: until a newer value of the channel settles it."""
        for channel, disputes in self.disputes.items():
            heard_by_then, happened = disputes[-1]
            if any(one.order >= heard_by_then and one.happened > happened for one in self.good(channel)):
                self.tell(f"{channel}.conflict", None, 0.0, (Kind.TECHNICAL, channel, None))

    def look_at_own_alarms(self, moment: float) -> None:
        """T3: a monitor says that its own alarms are off, until it says that they are on, or is let go."""
        for device in {act.given.device for act in self.given(MonitorAlarms)}:
            said = [act for act in self.given(MonitorAlarms) if act.given.device == device][-1]
            gone = any(act.turn > said.turn and act.given.device == device for act in self.given(Unpair))
            level = None if said.given.on or gone else Priority.MEDIUM
            self.tell(f"{device}.alarms_off", level, moment, (Kind.TECHNICAL, None, None))

    # -- due (T5, T6, A16) ---------------------------------------------------------------------------------------------

    def ask_repeat(self, readings: tuple[Reading, ...]) -> None:
        """A16: a pressure beyond a line is repeated in five minutes, and again while it stays so; one that waits to be
        confirmed when that can be. A new reading asks anew."""
        came = [self.heard[channel][-1] for channel in CUFF if self.heard[channel]]
        came = [heard for heard in came if heard.turn == self.turn and heard.value is not None]
        if not came or not any(self.is_out(channel, side) for channel in CUFF for side in Side):
            return
        taken = max(heard.happened for heard in came)
        times = self.limits.times
        confirmed_at = [
            run[0].happened + times.confirm_s
            for line in self.limits.lines
            if line.channel in CUFF and line.timing is Timing.CONFIRM and (run := self.run(line))
            if run[-1].happened - run[0].happened < times.confirm_s - times.confirm_slack_s
        ]
        due = min((moment for moment in confirmed_at if moment > taken), default=taken + times.repeat_s)
        due_at = self.zero + timedelta(seconds=due)
        ask = Ask(f"repeat.{due_at.isoformat()}", "Repeat blood pressure", due_at, CUFF)
        self.repeats.append(Owed(ask, due, self.turn, len(self.arrivals)))

    def is_out(self, channel: Channel, side: Side) -> bool:
        """Beyond a line, or not yet back by the dead-band."""
        key = f"{channel}.{side}"
        if any(self.run(line) for line in self.then.sides[channel, side]):
            return True
        return self.level(key) is not None and not self.stay(key, channel, side)

    def owed(self) -> list[Owed]:
        act = self.last(Schedule)
        asks = self.repeats[-1:]
        if act is not None:
            asks += [Owed(ask, self.seconds(ask.due_at), act.turn, act.arrivals) for ask in act.given.asks]
        return [owed for owed in asks if not self.is_paid(owed)]

    def is_paid(self, owed: Owed) -> bool:
        """Said to be done, or measured by then, not too early."""
        if any(act.given.ask == owed.ask.key and act.turn > owed.known_turn for act in self.given(Done)):
            return True
        earliest = owed.due_at - self.limits.times.due_early_s
        return any(
            channel in owed.ask.channels and happened >= earliest
            for happened, channel in self.arrivals[owed.known_arrivals :]
        )

    def look_at_asks(self, moment: float) -> None:
        """T5: due, late, missed, to the supervisor."""
        owed = {f"due.{one.ask.key}": one for one in self.owed() if moment >= one.due_at}
        kind = (Kind.DUE, None, None)
        for key in [key for key in self.told if key.startswith("due.")]:
            if key not in owed or self.told[key][-1].since != owed[key].due_at:
                self.tell(key, None, 0.0, kind)
        for key, one in owed.items():
            wanted = self.overdue(moment - one.due_at, moment)
            if wanted is not None:
                self.tell(key, max(wanted, self.level(key) or wanted), one.due_at, kind)

    def overdue(self, by: float, moment: float) -> Priority | None:
        times = self.limits.times
        if by < times.late_s:
            return None
        if by < times.missed_s:
            return Priority.LOW
        is_near_dose = self.dose_since is not None and moment - self.dose_since <= times.after_dose_s
        return Priority.HIGH if by >= times.supervisor_s and is_near_dose else Priority.MEDIUM

    # -- sound (A6 to A9) ----------------------------------------------------------------------------------------------

    def note_acknowledgement(self, given: Acknowledge) -> None:
        """A7. Pressed again while it holds, it adds nothing. A review, or the word of the renewals, it closes."""
        key = given.condition
        if key.startswith("review.") or key == RENEWED:
            if self.level(key) is not None:
                self.tell(key, None, 0.0, self.kinds[key])
            return
        if self.level(key) is None or not self.was_acknowledged(key):
            self.note(given, self.now)

    def note_pause(self, given: Pause) -> None:
        """A8. Pressed again while it lasts, it adds nothing: it is renewed by a new act when it is over."""
        if self.pause(self.looked_at) is not None:
            return
        self.note(given, self.now)
        window = self.now - self.limits.times.pause_renewal_window_s
        if len([act for act in self.given(Pause) if act.moment > window]) > RENEWALS:
            self.tell(RENEWED, None, 0.0, (Kind.DUE, None, None))
            self.tell(RENEWED, Priority.LOW, self.now, (Kind.DUE, None, None))

    def pause(self, moment: float) -> Act | None:
        pause, ended = self.last(Pause), self.last(Unpause)
        if pause is None or (ended is not None and ended.turn > pause.turn):
            return None
        return pause if moment - pause.moment < self.limits.times.pause_s else None

    def level_before(self, key: str, turn: int) -> Priority | None:
        before = [level.priority for level in self.told[key] if level.turn < turn]
        return before[-1] if before else None

    def ends_acts(self, key: str) -> int:
        """The last turn in which what was pressed before lost its meaning: its link came back (A12), or it had been
        quiet for too long (A9)."""
        channel = self.kinds[key][1]
        return max([0, *self.exhausted.get(key, []), *(self.returned.get(channel, []) if channel else [])])

    def is_acknowledged(self, key: str, moment: float) -> bool:
        """A7: until it clears, worsens, its link comes back (A12), or 120 s have passed."""
        acts = [act for act in self.given(Acknowledge) if act.given.condition == key]
        if not acts or self.level(key) is None:
            return False
        fresh = [level for level in self.told[key] if level.is_new][-1]
        since = acts[-1].turn > max(fresh.turn, self.ends_acts(key))
        return since and moment - acts[-1].moment < self.limits.times.acknowledge_s

    def was_acknowledged(self, key: str) -> bool:
        """Up to now: by what people were told at the last look."""
        return self.is_acknowledged(key, self.looked_at)

    def is_covered(self, key: str, moment: float) -> bool:
        """A8: what was there when it was pressed; of what is new only the lesser, never high, never a loss."""
        pause = self.pause(moment)
        if pause is None:
            return False
        told, ends = self.told[key][-1], self.ends_acts(key)
        if told.turn < pause.turn:
            return ends < pause.turn
        levels = [level for other in self.told if (level := self.level_before(other, pause.turn)) is not None]
        if self.kinds[key][0] is Kind.TECHNICAL or told.priority is None:
            return False
        return told.priority < max(levels, default=Priority.LOW) and ends <= told.turn

    def listen(self, moment: float) -> None:
        """No silence outlasts its bound, whatever was pressed meanwhile (A7, A9): then it sounds, and what was pressed
        before counts no more."""
        for key in self.told:
            ears = self.ears.setdefault(key, [])
            if self.level(key) is None:
                ears.append(Ear(moment, False, False))
                continue
            since = next((ear.moment for ear in self.quiet_row(key)), None)
            if since is not None and moment - since >= self.limits.times.acknowledge_s:
                self.exhausted.setdefault(key, []).append(self.turn)
            acknowledged = self.is_acknowledged(key, moment)
            ears.append(Ear(moment, acknowledged or self.is_covered(key, moment), acknowledged))

    def quiet_row(self, key: str) -> list[Ear]:
        """The looks up to the last in which it was quiet without a break, oldest first."""
        row: list[Ear] = []
        for ear in reversed(self.ears[key]):
            if not ear.quiet:
                break
            row.append(ear)
        return row[::-1]

    def keep_event_open(self, given: Given) -> None:
        """A20: one press begins it; any act of a person goes on with it; it is over when closed, or after ten minutes
        without an act."""
        in_force = self.is_event(self.looked_at)
        is_act = not isinstance(given, Tick | Schedule | Pair | Unpair | MonitorAlarms | Arrived)
        if isinstance(given, Arrived):
            is_act = any(reading.source == "hand" for reading in given.readings)
        if isinstance(given, EmergencyOver):
            self.events.append((self.now, -1e9))
        elif (in_force and is_act) or isinstance(given, Emergency):
            self.events.append((self.now, self.now))

    def is_event(self, moment: float) -> bool:
        return bool(self.events) and moment - self.events[-1][1] < self.limits.times.emergency_s

    def is_held_back(self, level: Priority) -> bool:
        """A20: the sound of what is less than high; all stays to be seen."""
        return self.is_event(self.now) and level is not Priority.HIGH

    def is_told_by_another(self, key: str) -> bool:
        """A mean is worked out from the others: listed, not sounded beside one of them that is as grave."""
        channel, side = about(key)
        if channel is None or not channel.mean_pressure:
            return False
        site, level = channel.split("_")[0], self.level(key)
        others = [self.level(f"{site}_{part}.{side}") for part in ("SYS", "DIA")]
        return any(other is not None and level is not None and other >= level for other in others)

    def is_latched(self, key: str) -> bool:
        return bool(self.latched(key))

    def latched(self, key: str) -> list[Kept]:
        left = self.left.get(key, [])
        return [kept for kept in left if kept.priority is Priority.HIGH and not self.is_answered(key, kept)]

    def is_answered(self, key: str, kept: Kept) -> bool:
        return any(act.given.condition == key and act.turn > kept.turn for act in self.given(Acknowledge))

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
        ear, since = self.ears[key][-1], self.told[key][-1].since
        return Told(
            Presence.CLEARING if self.is_clearing(key) else Presence.PRESENT,
            level,
            SignalState.ACKNOWLEDGED if ear.acknowledged else SignalState.ON,
            not ear.quiet and not self.is_told_by_another(key) and not self.is_held_back(level),
            since,
            self.extreme(key, self.told[key][-1].worst_from, self.told[key][-1]),
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
        return self.extreme(key, max(began, self.worst_from.get(key, began)))

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
        if faults:
            gone = faults[-1].quality is Quality.NONE and stream is not None
            return (Freshness.LOST if gone else Freshness.BAD_QUALITY), None
        if stream is None:
            return Freshness.INTERMITTENT, value
        age = self.now - (good[-1].happened if good else stream.moment)
        if age >= self.lost_after(channel):
            return Freshness.LOST, None
        return (Freshness.STALE if age >= self.stale_after(channel) else Freshness.LIVE), value


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
    if place is None or heard.value is None:
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
