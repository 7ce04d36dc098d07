"""The reference model: a value that was struck out (I1, I2)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from ketacare.medicine.monitoring.terms import (
    Arrived,
    Channel,
    Kind,
    Priority,
    Quality,
    Reading,
    Retract,
    Side,
    Timing,
)
from tests.monitoring.reference_words import Heard, Level, is_beyond

KEPT, KEPT_OF_SELDOM = 8, 64


class Striking:
    def strike(self, given: Retract) -> None:
        """From now on it is no value: whatever is asked of the lists finds it no more. What it alone had told is over,
        and leaves nothing to be seen."""
        reading, channel = given.reading, given.reading.channel
        by_hand = reading.source == "hand"
        known, happened = self.known(channel), self.seconds(reading.taken_at)
        meant = [
            one
            for one in known
            if (by_hand or channel.intermittent)  # of a stream the monitor's next value tells (A4)
            and (one.happened, one.value, one.by_hand) == (happened, reading.value, by_hand)
            and (by_hand or one.is_let_go or one.device == reading.device)
        ]
        if not meant:  # it came too late to sound, or lies too far back: charted, and judged by nobody any more
            if given.instead is not None:
                self.take_in(Arrived(given.at, (given.instead,)))
            return
        gone = meant[-1]
        assert gone.value is not None
        went = {side: self.went(f"{channel}.{side}") for side in Side}
        row = self.heard[channel]
        self.walked[channel].clear()
        row[row.index(gone)] = replace(gone, value=None, struck=(self.turn, gone.value))
        self.values.pop((reading.device, channel, reading.taken_at), None)  # T8: entered anew it is no twin
        left = [one for one in known if one is not gone]
        is_late = self.raises_too_late(given.instead, gone)
        new = self.corrected(given.instead, gone, self.told_by(gone, channel) if is_late else None)
        left = left if new is None else sorted([*left, new], key=lambda one: one.place)
        for side in Side:
            self.judge_what_remains(channel, side, known[0].happened, left, went[side] in (None, gone.value))
        if new is None and given.instead is not None:
            self.take_in(Arrived(given.at, (given.instead,)))
        elif is_late and given.instead is not None:  # it was measured, and what it tells anew is only looked at
            self.arrived(channel, self.seconds(given.instead.taken_at), True)
            self.review(given.instead, True)

    def told_by(self, gone: Heard, channel: Channel) -> frozenset[str]:
        """The lines that it was beyond as it was judged, if it counts still."""
        lines = [line for line in self.limits.lines if line.channel is channel]
        return frozenset(line.id for line in lines if self.counts(gone, channel) and is_beyond(gone, line))

    def raises_too_late(self, instead: Reading | None, gone: Heard) -> bool:
        """A13: what is told too late sounds nothing that had not been told."""
        if instead is None or self.now - self.seconds(instead.taken_at) <= self.limits.times.lateness_s:
            return False
        if self.is_grave_of_now(instead, self.is_value(instead, (instead,))):
            return False
        new, was = (Heard(self.turn, 0.0, one.value, Quality.GOOD, True, self.then) for one in (instead, gone))
        was = was if gone.at_most is None else replace(was, at_most=self.told_by(gone, instead.channel))
        lines = [line for line in self.limits.lines if line.channel is instead.channel]
        return any(is_beyond(new, line) and not is_beyond(was, line) for line in lines)

    def corrected(self, instead: Reading | None, gone: Heard, at_most: frozenset[str] | None) -> Heard | None:
        """It takes the place of one that came in time, however late it was corrected; too late it goes on with what
        that one told, if it bears out any of it."""
        if instead is None or not self.is_value(instead, (instead,)):
            return None
        channel, row = instead.channel, self.heard[instead.channel]
        new = Heard(
            self.turn, self.seconds(instead.taken_at), instead.value, Quality.GOOD,
            self.is_watched(channel, self.looked_at), self.then, gone.order,
            self.stale_after(channel) if self.stream(channel) is not None else float("inf"),
            True, instead.device, at_most=at_most,
        )  # fmt: skip
        if at_most is not None and not any(is_beyond(new, line) for line in self.limits.lines if line.id in at_most):
            return None
        row.insert([one.order for one in row].index(gone.order), new)
        row.sort(key=lambda one: one.happened)
        self.walked[channel].clear()
        return new

    def known(self, channel: Channel) -> list[Heard]:
        """As far back as anything is struck out: what could still be overtaken, and the newest few."""
        good, times = self.good(channel), self.limits.times
        few = KEPT_OF_SELDOM if channel.intermittent else KEPT
        since = good[-1].happened - times.lateness_s - times.clear_s if good else 0.0
        return [one for place, one in enumerate(good) if place >= len(good) - few or one.happened >= since]

    def went(self, key: str) -> Decimal | None:
        """How far what is there, or begins, has gone."""
        if self.level(key) is None:
            return self.pending_extreme(key)
        told = self.told[key][-1]
        return self.extreme(key, told.worst_from, (told.counts_after, told.since))

    def judge_what_remains(
        self, channel: Channel, side: Side, known_from: float, left: list[Heard], is_worst: bool
    ) -> None:
        key, kind = f"{channel}.{side}", (Kind.PHYSIOLOGICAL, channel, side)
        level = self.told[key][-1] if self.level(key) is not None else None
        if level is None:
            self.worst_from.pop(key, None)
            return
        beyond, most = self.bears_out(level, channel, side, left)
        since = min((one.happened for one in beyond), default=level.since)
        assert level.priority is not None
        if level.since >= known_from and most is not None and most >= level.priority:  # it began with the first
            worst_from = max(level.worst_from, (since, -1)) if since > level.since else level.worst_from
            self.told[key][-1] = replace(level, since=since, worst_from=worst_from)
        elif level.since >= known_from and most is not None:  # a lesser one does, until it is clear (A4)
            by_symptom = self.is_with_symptom(channel, side)
            self.tell(key, None, self.now, kind, leaves=False)
            self.tell(key, Priority.HIGH if by_symptom else most, since, kind, is_new=False, by_symptom=by_symptom)
            is_worst = True
        elif level.since >= known_from:  # else how it began is known no more, and was not struck out
            self.tell(key, None, self.now, kind, leaves=False)
            self.worst_from.pop(key, None)
            runs = {line.id: run for line in self.then.sides[channel, side] if (run := self.run(line))}
            reached = [self.reached(self.then.places[one][0], run, self.now, False) for one, run in runs.items()]
            wanted = max((one for one in reached if one is not None), default=None)
            if wanted is None:
                return
            by_symptom = wanted < Priority.HIGH and self.is_with_symptom(channel, side)
            began = min(run[0].place for run in runs.values())
            self.tell(key, Priority.HIGH if by_symptom else wanted, began[0], kind, is_new=False, by_symptom=by_symptom)
            is_worst = True
        if is_worst:  # how far it went is counted again, from its beginning
            told = self.told[key][-1]
            since = max(told.since, left[0].happened)
            self.told[key][-1] = replace(told, worst_from=(since, -1), counts_after=self.next_to_come(channel))

    def bears_out(
        self, level: Level, channel: Channel, side: Side, left: list[Heard]
    ) -> tuple[list[Heard], Priority | None]:
        """The values since it began that lie beyond a line, and how much those beyond one line raise at most."""
        counting = [one for one in left if one.happened >= level.since and self.counts(one, channel)]
        beyond: list[Heard] = []
        most: list[Priority] = []
        for line in self.then.sides[channel, side]:
            of_line = [one for one in counting if is_beyond(one, line)]
            if not of_line:
                continue
            beyond += of_line
            of_it = line.priority if line.timing is Timing.CONTINUOUS else self.reached(line, of_line, self.now, False)
            most.append(Priority.HIGH if level.by_symptom else of_it or line.priority)
        return beyond, max(most, default=None)
