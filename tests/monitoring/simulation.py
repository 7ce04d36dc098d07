"""Sessions made up from a seed: a patient who strays, a monitor that is not always right, a network, and people.

The same seed is always the same session. Times are shortened in most, so that a few minutes hold every silence, delay
and duty many times over; the rest keep the times of the sheet. Values are drawn close to the lines on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from ketacare.medicine.monitoring import reader
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
    LimitLine,
    Limits,
    MonitorAlarms,
    NewAddress,
    Observe,
    Pair,
    Pause,
    Quality,
    Reading,
    Retract,
    Rewatch,
    Schedule,
    SetBaseline,
    SetLimits,
    SharedName,
    TakeBack,
    Tick,
    Timing,
    Unpair,
    Unpause,
    Unwatch,
)

BEGUN = datetime(2026, 3, 8, 9, 30, tzinfo=UTC)
STREAMED = (Channel.SPO2, Channel.HR, Channel.RR, Channel.PR, Channel.ETCO2)
BY_HAND = (Channel.TEMP, Channel.MOAAS, Channel.DISTRESS)
NORMAL = {
    Channel.SPO2: 97, Channel.HR: 75, Channel.PR: 75, Channel.RR: 14, Channel.ETCO2: 38, Channel.NIBP_SYS: 125,
    Channel.NIBP_DIA: 80, Channel.NIBP_MEAN: 95, Channel.TEMP: 37, Channel.MOAAS: 5, Channel.DISTRESS: 2,
}  # fmt: skip
SHORTENED = {
    "lateness_s": (6, 15), "clear_s": (3, 10), "acknowledge_s": (8, 25), "pause_s": (8, 25), "was_line_s": (15, 40),
    "stale_s": (3, 5), "lost_s": (6, 10), "lost_high_s": (5, 20), "confirm_s": (15, 30), "confirm_slack_s": (0, 5),
    "repeat_s": (10, 20), "due_early_s": (3, 8), "late_s": (3, 8), "missed_s": (9, 15), "supervisor_s": (16, 25),
    "after_dose_s": (20, 60), "unwatched_s": (10, 25), "pause_renewal_window_s": (30, 80),
    "emergency_s": (10, 30),
}  # fmt: skip
SHORTENED_TOO = {"undo_s": (2, 8), "settled_s": (20, 40)}


@dataclass(frozen=True)
class Session:
    seed: int
    limits: Limits
    given: tuple[Given, ...]
    restarts: frozenset[int]  # the state is written down and read back before these of what is given


def session(seed: int) -> Session:
    return _Making(seed).session()


def beginning(whole: Session, seconds: float) -> Session:
    """The same session, stopped early."""
    return replace(whole, given=tuple(given for given in whole.given if given.at <= at(seconds)))


def at(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


class _Making:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.newest = Random(seed + 2 * 10**9)
        self.latest = Random(seed + 3 * 10**9)
        self.striking = Random(seed + 4 * 10**9)
        self.more = Random(seed + 10**9)  # what was added later: the sessions of before stay what they were
        self.is_short = self.chance.random() < 0.85
        self.length = self.chance.randint(45, 90) if self.is_short else self.chance.randint(150, 300)
        self.limits = self.some_limits()
        self.given: list[tuple[float, int, Given]] = []
        self.trouble = self.chance.choice((0.0, 0.05, 0.2))  # how bad network and sensors are
        self.limits = self.hurried(self.limits)

    def session(self) -> Session:
        self.stream_devices()
        self.measure_pressure()
        self.type_by_hand()
        self.act()
        self.take_back_slips()
        self.see_pressure_signs()
        self.type_beside_the_monitor()
        self.let_go_in_a_dose()
        self.give_beside_it()
        self.measure_with_another_cuff()
        self.give_what_nobody_promised()
        self.share_a_name()
        self.change_the_address()
        self.send_after_it_was_let_go()
        self.measure_with_a_third_cuff()
        self.strike_out()
        self.given = [one for one in self.given if one[0] <= self.length]
        for second in range(1, self.length + 1):
            self.add(second, Tick(at(second)), last=True)
        given = tuple(one for _, _, one in sorted(self.given, key=lambda row: row[:2]))
        few = range(self.chance.randint(0, 6))
        restarts = frozenset(self.chance.randrange(len(given)) for _ in few)
        return Session(self.seed, self.limits, given, restarts)

    def add(self, moment: float, given: Given, *, last: bool = False) -> None:
        self.given.append((moment, (10**6 if last else 0) + len(self.given), given))

    def happens(self, share: float) -> bool:
        return self.chance.random() < share

    def moment(self) -> float:
        """When a person acts: mostly between the whole seconds on which devices send."""
        whole = self.chance.randint(1, self.length - 1)
        return whole + (0.5 if self.happens(0.8) else 0.0)

    # -- limits --------------------------------------------------------------------------------------------------------

    def some_limits(self) -> Limits:
        limits = reader.limits()
        if self.is_short:
            times = {name: self.chance.randint(*bounds) for name, bounds in SHORTENED.items()}
            limits = replace(limits, times=replace(limits.times, **times))
        return self.changed(limits)

    def hurried(self, limits: Limits) -> Limits:
        if not self.is_short:
            return limits
        times = {name: self.more.randint(*bounds) for name, bounds in SHORTENED_TOO.items()}
        return replace(limits, times=replace(limits.times, **times))

    def changed(self, limits: Limits) -> Limits:
        """Some lines moved, some delays other; none so far that low would meet high."""
        lines = tuple(self.moved(line) if self.happens(0.2) else line for line in limits.lines)
        return replace(limits, lines=lines)

    def moved(self, line: LimitLine) -> LimitLine:
        delay = self.chance.randint(0, 15) if line.timing is Timing.CONTINUOUS else 0
        if line.threshold is None or line.channel in BY_HAND:
            return replace(line, delay_s=delay)
        return replace(line, threshold=line.threshold + self.chance.randint(-2, 2), delay_s=delay)

    # -- what devices and hands measure --------------------------------------------------------------------------------

    def course(self, channel: Channel, step: int) -> list[tuple[int, Decimal]]:
        """Values over the session: normal for a while, then near some line or beyond it, and back."""
        places = [
            line.threshold for line in self.limits.lines if line.channel is channel and line.threshold is not None
        ]
        values, level, left = [], Decimal(NORMAL[channel]), self.chance.randint(2, 20)
        for second in range(1, self.length + 1, step):
            left -= step
            if left <= 0:
                left = self.chance.choice((1, 2, 3, 5, 8, 12, 20))
                near = self.chance.choice(places) + self.chance.choice((-7, -4, -2, -1, 0, 1, 2, 3, 5, 8))
                level = near if self.happens(0.6) else Decimal(NORMAL[channel])
            jitter = self.chance.choice((0, 0, 0, -1, 1)) if channel not in BY_HAND else 0
            values.append((second, level + jitter))
        return values

    def stream_devices(self) -> None:
        channels = [channel for channel in STREAMED if self.happens({Channel.SPO2: 0.95}.get(channel, 0.4))]
        interval = self.chance.choice((1, 1, 1, 2, 3, 4, 8) if self.is_short else (2, 5, 5, 10, 60))
        begins = self.chance.choice((0.0, 0.0, 1.0, 3.5))
        self.add(begins, Pair(at(begins), "monitor", (*channels, *CUFF), interval))
        self.send(self.messages(channels, interval), "monitor", interval)
        if self.happens(0.15):
            self.repair(channels, interval)
        self.promised = (tuple(channels), interval)

    def repair(self, channels: Sequence[Channel], interval: int) -> None:
        """The monitor is let go, and perhaps paired again, or another is."""
        moment = self.moment()
        self.add(moment, Unpair(at(moment), "monitor"))
        if self.happens(0.7):
            again = moment + self.chance.choice((0.5, 3, 10, 25))
            self.add(again, Pair(at(again), self.chance.choice(("monitor", "other")), tuple(channels), interval))

    def let_go_in_a_dose(self) -> None:
        """A dose acts and the monitor is taken off; then perhaps another is put on, or the dose acts no more."""
        if self.more.random() >= 0.2:
            return
        channels, interval = self.promised
        moment = self.more.randint(1, self.length // 2) + 0.5
        self.add(moment, DoseActing(at(moment), True))
        off = moment + self.more.choice((1, 4, 9))
        self.add(off, Unpair(at(off), "monitor"))
        then = off + self.more.choice((2, 12, 25))
        if self.more.random() < 0.5:
            self.add(then, Pair(at(then), self.more.choice(("monitor", "other")), channels, interval))
        elif self.more.random() < 0.5:
            self.add(then, DoseActing(at(then), False))

    def give_beside_it(self) -> None:
        """A second monitor on the same person gives what it never promised; perhaps it is let go, and goes on."""
        if self.more.random() >= 0.25:
            return
        begins, length = self.more.randint(1, self.length - 1), self.more.choice((5, 20, 60))
        channels = [channel for channel in (Channel.SPO2, Channel.HR) if self.more.random() < 0.7]
        for second in range(begins, min(begins + length, self.length)):
            moment = second + self.more.choice((0.0, 0.0, 0.5, 2.0, 40.0))
            readings = tuple(self.of_the_second(channel, second, moment) for channel in channels)
            if readings and moment <= self.length and self.more.random() < 0.9:
                self.add(moment, Arrived(at(moment), readings))
        if self.more.random() < 0.3:
            off = begins + self.more.randint(1, length) + 0.5
            self.add(off, Unpair(at(off), "second"))

    def measure_with_another_cuff(self) -> None:
        """A second cuff on the same person, high or not whatever the first one says; perhaps it is let go."""
        if self.newest.random() >= 0.35:
            return
        second = self.newest.randint(2, 10)
        while second < self.length:
            systolic = self.newest.choice((120, 150, 165, 185, 185, 186, 205))
            moment = second + self.newest.choice((0.0, 0.0, 0.5, 3.0, 9.0))
            values = {Channel.NIBP_SYS: systolic, Channel.NIBP_DIA: systolic - self.newest.choice((60, 75, 90))}
            parts = [
                Reading(channel, Decimal(value), at(second), at(moment), device="second")
                for channel, value in values.items()
            ]
            if moment < self.length:
                self.add(moment, Arrived(at(moment), tuple(parts[: self.newest.choice((1, 2, 2, 2))])))
            second += self.newest.choice((3, 8, 12, 20))
        if self.newest.random() < 0.4:
            off = self.newest.randint(5, self.length - 1) + 0.5
            self.add(off, Unpair(at(off), "second"))

    def share_a_name(self) -> None:
        for _ in range(self.newest.choice((0, 0, 0, 1, 2))):
            moment = self.newest.randint(1, self.length - 1) + 0.5
            self.add(moment, SharedName(at(moment), "monitor"))

    def change_the_address(self) -> None:
        """Now and then a monitor that was silent sends from elsewhere; somebody looks, or looked by mistake."""
        for _ in range(self.latest.choice((0, 0, 1, 2))):
            moment = self.latest.randint(1, self.length - 1) + 0.5
            self.add(moment, NewAddress(at(moment), "monitor"))
            if self.latest.random() < 0.6:
                self.add(moment + 2, Acknowledge(at(moment + 2), "monitor.new_address", "nurse"))
            if self.latest.random() < 0.3:
                self.add(moment + 3, TakeBack(at(moment + 3), "monitor.new_address", "nurse"))

    def send_after_it_was_let_go(self) -> None:
        """What a cuff had measured comes when it is let go, and another measures on (H4, A4)."""
        if self.latest.random() >= 0.3:
            return
        off = self.latest.randint(4, self.length - 1) + 0.5
        self.add(off, Unpair(at(off), "second"))
        if self.latest.random() < 0.4:
            on = off + self.latest.choice((1, 6, 20))
            self.add(on, Pair(at(on), "second", CUFF, 1))
        for late in (1, 2, 9):
            systolic, taken = self.latest.choice((120, 185, 205)), int(off) - self.latest.choice((0, 1, 4))
            one = Reading(Channel.NIBP_SYS, Decimal(systolic), at(taken), at(off + late), device="second")
            if self.latest.random() < 0.6:
                self.add(off + late, Arrived(at(off + late), (one,)))

    def measure_with_a_third_cuff(self) -> None:
        """One that measures seldom, and is given up by the others (A4)."""
        if self.latest.random() >= 0.3:
            return
        for second in range(self.latest.randint(1, 30), self.length, self.latest.choice((15, 35, 60))):
            systolic = self.latest.choice((118, 152, 185, 204))
            moment = second + self.latest.choice((0.0, 0.0, 2.0, 7.0))
            one = Reading(Channel.NIBP_SYS, Decimal(systolic), at(second), at(moment), device="third")
            self.add(moment, Arrived(at(moment), (one,)))

    def give_what_nobody_promised(self) -> None:
        """A channel that no monitor promises comes from two, of one person who breathes or does not."""
        channel = next((one for one in STREAMED[::-1] if one not in self.promised[0]), None)
        if channel is None or self.newest.random() >= 0.4:
            return
        away = {self.newest.choice(("second", "third")): self.newest.randint(5, self.length)}
        for second in range(self.newest.randint(1, 8), self.length):
            for device in ("second", "third"):
                if self.newest.random() < 0.85 and not away.get(device, 10**6) <= second < away.get(device, 0) + 20:
                    moment = second + self.newest.choice((0.0, 0.0, 0.5, 2.0))
                    value = Decimal(NORMAL[channel] if device == "second" else NORMAL[channel] // 3)
                    one = Reading(channel, value, at(second), at(moment), device=device)
                    if moment < self.length:
                        self.add(moment, Arrived(at(moment), (one,)))

    def of_the_second(self, channel: Channel, second: float, moment: float) -> Reading:
        value = Decimal(NORMAL[channel] + self.more.choice((0, 0, -12, -25, -40)))
        quality = self.more.choice((Quality.GOOD,) * 8 + (Quality.BAD, Quality.NONE))
        return Reading(channel, value, at(second), at(moment), quality, device="second")

    def messages(
        self, channels: Sequence[Channel], interval: int
    ) -> list[list[tuple[Channel, int, Decimal | None, Quality]]]:
        """Each with one value of each channel; values that are no good come in stretches."""
        rows: dict[int, list[tuple[Channel, int, Decimal | None, Quality]]] = {}
        for channel in channels:
            bad_for = 0
            for second, value in self.course(channel, interval):
                if bad_for <= 0 and self.happens(self.trouble / 4):
                    bad_for = self.chance.choice((1, 3, 8, 20))
                bad_for -= interval
                row = (channel, second, value, Quality.GOOD) if bad_for < 0 else self.no_good(channel, second, value)
                rows.setdefault(second, []).append(row)
        return list(rows.values())

    def no_good(self, channel: Channel, second: int, value: Decimal) -> tuple[Channel, int, Decimal | None, Quality]:
        kind = self.chance.randrange(4)
        if kind == 0:
            return channel, second, None, Quality.NONE
        if kind == 1:
            return channel, second, value, Quality.BAD
        if kind == 2:
            return channel, second, Decimal(0), Quality.GOOD  # a heart that stands, or a lead that is off (T7)
        return channel, second, Decimal(1000), Quality.GOOD  # cannot be (T7)

    # -- the way of a message ------------------------------------------------------------------------------------------

    def send(
        self, messages: list[list[tuple[Channel, int, Decimal | None, Quality]]], device: str, interval: int
    ) -> None:
        """Dropped, held up, sent twice, overtaken, told by a clock that is off, or kept back and sent all at once."""
        skew, cut_until, kept_back = 0.0, 0.0, []
        for message in messages:
            second = message[0][1]
            if self.happens(self.trouble / 10):
                skew = self.chance.choice((0.0, 0.0, -1.0, 1.0, 2.0, -3.0, 5.0, -8.0, 20.0, -40.0, 45.0))
            if self.happens(self.trouble / 2):
                continue
            readings = [(*row, skew) for row in message]
            if second > cut_until and self.happens(self.trouble / 12):
                cut_until = second + self.chance.choice((3, 6, 12, 25))
            if second <= cut_until:
                kept_back += readings
                continue
            if kept_back:
                self.drain(second, kept_back, device)
                kept_back = []
            self.arrive(second + self.held_up(), readings, device)
            if self.happens(self.trouble / 3):
                self.arrive(second + self.held_up(), self.told_again(readings), device)

    def drain(
        self, second: float, kept_back: list[tuple[Channel, int, Decimal | None, Quality, float]], device: str
    ) -> None:
        if self.happens(0.3):
            self.chance.shuffle(kept_back)
        self.arrive(second, kept_back, device)

    def held_up(self) -> float:
        if not self.happens(self.trouble * 1.5):
            return self.chance.choice((0.0, 0.0, 0.0, 0.5))
        return self.chance.choice((0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 9.0, 14.0, 31.0, 50.0))

    def told_again(
        self, readings: list[tuple[Channel, int, Decimal | None, Quality, float]]
    ) -> list[tuple[Channel, int, Decimal | None, Quality, float]]:
        """The same; seldom with another value (T8)."""
        if not self.happens(0.2):
            return readings
        channel, second, value, quality, skew = self.chance.choice(readings)
        return [(channel, second, None if value is None else value + 1, quality, skew)]

    def arrive(
        self, moment: float, readings: list[tuple[Channel, int, Decimal | None, Quality, float]], device: str
    ) -> None:
        if moment > self.length:
            return
        values = tuple(
            Reading(channel, value, at(second + skew), at(moment), quality, device=device)
            for channel, second, value, quality, skew in readings
        )
        self.add(moment, Arrived(at(moment), values))

    # -- now and then --------------------------------------------------------------------------------------------------

    def measure_pressure(self) -> None:
        if not self.happens(0.7):
            return
        every = self.chance.choice((8, 12, 20) if self.is_short else (30, 60, 100))
        courses = [self.course(channel, every) for channel in CUFF]
        for (second, systolic), (_, diastolic), (_, mean) in zip(*courses, strict=True):
            if self.happens(self.trouble):
                continue
            rows = [
                (Channel.NIBP_SYS, second, systolic, Quality.GOOD),
                (Channel.NIBP_DIA, second, diastolic, Quality.GOOD),
            ]
            if self.happens(0.7):
                rows.append((Channel.NIBP_MEAN, second, mean, Quality.GOOD))
            if self.happens(0.1):
                rows[self.chance.randrange(len(rows))] = (rows[0][0], second, None, Quality.NONE)
            self.send([rows], "monitor", every)

    def type_by_hand(self) -> None:
        for channel in BY_HAND:
            if self.happens(0.3):
                every = self.chance.choice((10, 25))
                for second, value in self.course(channel, every):
                    self.arrive(second + 0.5, [(channel, second, value, Quality.GOOD, 0.0)], "hand:nurse")

    def type_beside_the_monitor(self) -> None:
        """What a nurse measures herself, typed at once or minutes later; some of it grave (A13, A16, T2)."""
        for _ in range(self.more.choice((0, 0, 1, 3))):
            moment = self.more.randint(5, self.length - 1) + 0.5
            taken = at(max(0.0, moment - self.more.choice((0, 0, 4, 12, 20, 45, 100))))
            systolic, saturation = self.more.choice((130, 150, 185, 205, 215)), self.more.choice((97, 88, 80))
            values = {Channel.NIBP_SYS: systolic, Channel.NIBP_DIA: systolic - 85, Channel.SPO2: saturation}
            typed = tuple(
                Reading(channel, Decimal(value), taken, at(moment), source="hand", device="hand:other")
                for channel, value in values.items()
                if self.more.random() < 0.7
            )
            if typed:
                self.add(moment, Arrived(at(moment), typed))

    # -- people --------------------------------------------------------------------------------------------------------

    def act(self) -> None:
        if self.happens(0.6):
            self.add(0.0, SetBaseline(at(0.0), self.some_baseline()))
        acts = (
            (self.acknowledge, 14), (self.pause, 8), (self.unpause, 2), (self.set_aside, 3), (self.take_up, 3),
            (self.observe, 4), (self.dose, 3), (self.schedule, 3), (self.done, 3), (self.change_limits, 3),
            (self.new_baseline, 1), (self.emergency, 1), (self.emergency_over, 1), (self.own_alarms, 2),
        )  # fmt: skip
        choices = [act for act, weight in acts for _ in range(weight)]
        for _ in range(self.chance.choice((0, 5, 12, 25))):
            moment = self.moment()
            self.add(moment, self.chance.choice(choices)(moment))

    def take_back_slips(self) -> None:
        """A third of what was acknowledged; at once, in the last moment, too late, and now and then something else."""
        for moment, _, given in list(self.given):
            if not isinstance(given, Acknowledge) or self.more.random() < 0.65:
                continue
            key = given.condition if self.more.random() < 0.9 else "SPO2.low"
            later = moment + self.more.choice((0.0, 0.5, 1.0, 1.5, 2.5, 4.0, 6.0, 8.0, 10.0, 12.0))
            if later < self.length:
                self.add(later, TakeBack(at(later), key, "nurse"))
                if self.more.random() < 0.2:
                    self.add(later, Acknowledge(at(later), key, "nurse"))

    def strike_out(self) -> None:
        """Somebody typed another patient's values, or a cuff measured an arm that was bent: struck out at once, later,
        or much later; now and then entered anew; now and then what was never there (I2)."""
        came = [(moment, given) for moment, _, given in self.given if isinstance(given, Arrived)]
        told = [(moment, one) for moment, given in came for one in given.readings if one.value is not None]
        if self.striking.random() >= 0.5 or not told:
            return
        seldom = [(moment, one) for moment, one in told if one.channel.intermittent or one.source == "hand"]
        for _ in range(self.striking.choice((1, 2, 4, 8))):
            moment, one = self.striking.choice(seldom if seldom and self.striking.random() < 0.9 else told)
            then = moment + self.striking.choice((0.0, 0.5, 1.5, 4.0, 9.0, 20.0, 50.0))
            value = one.value if self.striking.random() < 0.95 else one.value + 1
            meant = replace(one, value=value, taken_at=min(one.taken_at, at(moment)), received_at=at(moment))
            anew = one.value + self.striking.choice((-60, -30, 0, 3, 20))
            right = replace(meant, value=anew, received_at=at(then), source="hand", device="amends:1")
            how = self.striking.random()
            self.add(then, Retract(at(then), meant, "nurse", right if how < 0.4 else None))
            if how > 0.85:
                self.add(then, Arrived(at(then), (right,)))

    def see_pressure_signs(self) -> None:
        for _ in range(self.more.choice((0, 0, 1, 3))):
            moment = self.more.randint(1, self.length - 1) + 0.5
            sign = self.more.choice(self.limits.signs_of_pressure)
            self.add(moment, Observe(at(moment), sign, "nurse", self.more.random() < 0.7))
            if self.more.random() < 0.4:
                later = min(moment + 3, self.length - 0.5)
                self.add(later, Acknowledge(at(later), f"sign.{sign}", "nurse"))

    def some_baseline(self) -> dict[Channel, Decimal]:
        return {
            channel: Decimal(value + self.chance.randint(-3, 3))
            for channel, value in NORMAL.items()
            if channel not in BY_HAND and self.happens(0.9)
        }

    def acknowledge(self, moment: float) -> Given:
        """Any condition there might be; most are not there at that moment."""
        sides = {f"{line.channel}.{line.side}" for line in self.limits.lines}
        common = ["SPO2.low", "HR.low", "HR.high", "RR.low", "NIBP_SYS.high", "SPO2.lost", "HR.lost", "sign.vomiting"]
        rare = [*sorted(sides), "SPO2.conflict", "sign.chest pain", "due.a", "due.b", "pause.renewed"]
        return Acknowledge(at(moment), self.chance.choice(common if self.happens(0.7) else rare), "nurse")

    def pause(self, moment: float) -> Given:
        return Pause(at(moment), "nurse")

    def unpause(self, moment: float) -> Given:
        return Unpause(at(moment))

    def set_aside(self, moment: float) -> Given:
        channel = self.chance.choice((Channel.SPO2, Channel.HR, Channel.NIBP_SYS))
        return Unwatch(at(moment), channel, "nurse", "cold hands")

    def take_up(self, moment: float) -> Given:
        return Rewatch(at(moment), self.chance.choice((Channel.SPO2, Channel.HR, Channel.NIBP_SYS)))

    def observe(self, moment: float) -> Given:
        sign = self.chance.choice(("chest pain", "vomiting", "vomiting", "help button"))
        return Observe(at(moment), sign, "nurse", self.happens(0.6))

    def dose(self, moment: float) -> Given:
        return DoseActing(at(moment), self.happens(0.75))

    def schedule(self, moment: float) -> Given:
        asks = []
        for key, channels in (("a", CUFF[:2]), ("b", ()), ("c", (Channel.TEMP,))):
            if self.happens(0.6):
                due = moment + self.chance.choice((-5, 0, 5, 15, 30)) + 0.5
                asks.append(Ask(key, "a check", at(due), channels))
        return Schedule(at(moment), tuple(asks))

    def done(self, moment: float) -> Given:
        return Done(at(moment), self.chance.choice(("a", "b", "c")))

    def change_limits(self, moment: float) -> Given:
        return SetLimits(at(moment), self.changed(self.limits))

    def new_baseline(self, moment: float) -> Given:
        return SetBaseline(at(moment), self.some_baseline())

    def emergency(self, moment: float) -> Given:
        return Emergency(at(moment), "nurse")

    def emergency_over(self, moment: float) -> Given:
        return EmergencyOver(at(moment), "nurse")

    def own_alarms(self, moment: float) -> Given:
        return MonitorAlarms(at(moment), "monitor", self.happens(0.4), "paused at the bedside")
