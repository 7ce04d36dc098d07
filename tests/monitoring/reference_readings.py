"""The reference model: what is given, and which readings are taken in (A1, A2, A13, T7, T8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ketacare.medicine.monitoring.terms import (
    ARTERIAL_LINE,
    CUFF,
    Acknowledge,
    Arrived,
    Channel,
    DoseActing,
    Given,
    Jump,
    Kind,
    Limits,
    NewAddress,
    Observe,
    Pair,
    Pause,
    Priority,
    Quality,
    Reading,
    Retract,
    SetBaseline,
    SetLimits,
    Side,
    TakeBack,
    Timing,
    Unpair,
    Unwatch,
)
from tests.monitoring.reference_words import (
    Act,
    Heard,
    InForce,
    is_beyond,
)


class Readings:
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
        elif isinstance(given, TakeBack):
            self.note_taking_back(given)
        elif isinstance(given, Pause):
            self.note_pause(given)
        elif isinstance(given, Retract):
            self.strike(given)
        else:
            self.note(given, moment)
        self.look(moment)

    def note(self, given: Given, moment: float) -> None:
        if isinstance(given, SetLimits | SetBaseline | Unwatch | Unpair):  # rows depend on these, and on what is heard
            for walked in self.walked.values():
                walked.clear()
        if isinstance(given, SetLimits):
            self.then = InForce(given.limits, self.then.baseline)
        if isinstance(given, SetBaseline):
            self.then = InForce(self.then.limits, given.baseline)
        if isinstance(given, NewAddress | Pair | Unpair):
            self.note_address(given)
        self.acts.setdefault(type(given), []).append(Act(self.turn, moment, given, len(self.arrivals), self.looked_at))
        if isinstance(given, Pair | Unpair | DoseActing):
            self.promised.clear()

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
        beside = self.beside_what_is_grave(readings)
        for reading in readings:
            happened, usable = self.seconds(reading.taken_at), self.is_value(reading, readings)
            is_late = self.now - happened > self.limits.times.lateness_s
            is_late = is_late and not (self.is_grave_of_now(reading, usable) or reading in beside)
            if not is_late and self.is_of_another(reading, usable):  # A13: what is late sounds nothing, whoever gave it
                continue
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

    def is_of_another(self, reading: Reading, usable: bool) -> bool:
        """H4: two monitors on one person: the channel is that of the one that promises it; T2, H5: once that one is
        lost, or was taken off, of the one that gives it. A value of before then is still another's."""
        stream, happened = self.stream(reading.channel), self.seconds(reading.taken_at)
        if stream is None:
            return self.is_of_another_giver(reading, usable)
        if reading.source == "hand" or reading.device == self.giver(reading.channel, stream):
            return False
        is_ahead = happened - self.now > self.limits.times.lateness_s
        is_off = reading.device == stream.given.device and self.left_in_dose_at(reading.channel) is not None
        if not usable or is_ahead or is_off:
            return True
        return min(happened, self.now) < self.lost_at(reading.channel, stream)

    def is_of_another_giver(self, reading: Reading, usable: bool) -> bool:
        """H4 where nobody promised the channel: it is that of the one whose value was the newest, for as long as one of
        each second would not be lost, and not let go. What is measured now and then is each one's own."""
        gave, happened = self.gave[reading.channel], self.seconds(reading.taken_at)
        if not gave or reading.source == "hand" or reading.channel.intermittent:
            return False
        turn, device = gave[-1]
        if device == reading.device or any(a.given.device == device and a.turn > turn for a in self.given(Unpair)):
            return False
        if not usable or happened - self.now > self.limits.times.lateness_s:
            return True
        newest = self.streamed(reading.channel)[-1].happened
        return min(happened, self.now) < newest + max(self.limits.times.lost_s, 2.5)

    def beside_what_is_grave(self, readings: tuple[Reading, ...]) -> list[Reading]:
        """A13, A16: a measurement is not judged by halves: with the part that is of now go the parts typed with it, but
        for one that a newer value has overtaken."""
        late = [one for one in readings if self.now - self.seconds(one.taken_at) > self.limits.times.lateness_s]
        sets = [one for one in late if one.channel in CUFF and self.is_value(one, readings)]
        grave = {(one.device, one.taken_at) for one in sets if self.is_grave_of_now(one, True)}
        return [
            one
            for one in sets
            if (one.device, one.taken_at) in grave
            and not any(known.happened > self.seconds(one.taken_at) for known in self.good(one.channel))
        ]

    def is_grave_of_now(self, reading: Reading, usable: bool) -> bool:
        """A16: one reading beyond the single line is high at once. Typed after its measurement it is no less: for as
        long as a repeat of it would not be due, and nothing newer of the channel is known."""
        happened = self.seconds(reading.taken_at)
        if reading.source != "hand" or not usable or self.now - happened > self.limits.times.repeat_s:
            return False
        if any(one.happened > happened for one in self.good(reading.channel)):
            return False
        heard = Heard(self.turn, 0.0, reading.value, Quality.GOOD, True, self.then)
        high = [line for line in self.limits.lines if line.timing is Timing.SINGLE and line.priority is Priority.HIGH]
        return any(is_beyond(heard, line) for line in high if line.channel is reading.channel)

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
        return not (reading.value == 0 and self.has_pulse_wave(reading, message))

    def has_pulse_wave(self, reading: Reading, message: tuple[Reading, ...]) -> bool:
        """T7: a rate of 0 with a good pulse wave cannot be. The wave is told by what only it can give: its rate. A
        saturation is held for a while after it."""
        gives = {Channel.PR} if reading.channel is Channel.HR else set()
        return any(
            one.channel in gives
            and (one.device, one.taken_at) == (reading.device, reading.taken_at)
            and one.usable
            and bool(one.value)
            and self.is_plausible(one)
            for one in message
        )

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
        for side in Side:
            if any(is_beyond(heard, line) for line in high if line.side is side):
                self.lay_before_somebody(reading, side)
                return

    def lay_before_somebody(self, reading: Reading, side: Side) -> None:
        """H9: one item for a channel and a side, until somebody has looked: since when, and how far."""
        key, happened = f"review.{reading.channel}.{side}", self.seconds(reading.taken_at)
        assert reading.value is not None
        if self.level(key) is None:
            self.too_late[key] = []
            self.tell(key, Priority.LOW, happened, (Kind.DUE, reading.channel, None))
        self.too_late[key].append(reading.value)
        told = self.told[key][-1]
        self.told[key][-1] = replace(told, since=min(told.since, happened))

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
        if usable and reading.source != "hand" and all(one.happened <= happened for one in self.streamed(channel)):
            self.gave[channel].append((self.turn, reading.device))
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
            reading.source == "hand",
            reading.device,
            self.is_let_go(reading.device),
        )
        is_newest = all(other.happened <= happened for other in row if other.value is not None)
        if is_newest and usable and heard.judged:
            self.judge(channel, happened, before=True)
        row.append(heard)
        row.sort(key=lambda one: one.happened)
        self.walked[channel].clear()
        if usable and heard.judged:
            self.judge(channel, self.good(channel)[-1].happened)

    def is_let_go(self, device: str) -> bool:
        acts = [act for kind in (Pair, Unpair) for act in self.given(kind) if act.given.device == device]
        return bool(acts) and isinstance(max(acts, key=lambda act: act.turn).given, Unpair)

    def streamed(self, channel: Channel) -> list[Heard]:
        """What a monitor gave: what a person types beside it tells nothing of the stream (T2)."""
        return [heard for heard in self.good(channel) if not heard.by_hand]

    def good(self, channel: Channel) -> list[Heard]:
        return [heard for heard in self.heard[channel] if heard.value is not None]
