"""The reference model: values against lines, and what is told of them (A3 to A6, A14, A16)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ketacare.medicine.monitoring.terms import (
    CUFF,
    Channel,
    Kind,
    LimitLine,
    Priority,
    Side,
    Timing,
    Unpair,
    Unwatch,
)
from tests.monitoring.reference_words import (
    Coming,
    Heard,
    Kept,
    Level,
    Place,
    about,
    is_beyond,
    is_well_inside,
)


def is_own(heard: Heard, device: str) -> bool:
    return heard.device == device and heard.is_some_senders


class Lines:
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
        if not runs and self.level(key) is None:
            return  # nothing is there, and nothing was
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
                self.worst_from[key] = (self.good(channel)[-1].place, self.next_to_come(channel))
        elif wanted is not None and (level is None or wanted > level):  # A5: never lowered
            self.tell(key, wanted, began[0], kind, by_symptom=by_symptom, worst_from=began)

    def is_with_symptom(self, channel: Channel, side: Side) -> bool:
        """A16: a symptom with any reading of the cuff beyond a line is high; a mean is worked out and not read."""
        return channel in CUFF and not channel.mean_pressure and side is Side.HIGH and bool(self.signs())

    def run(self, line: LimitLine) -> list[Heard]:
        """The newest values in an unbroken row beyond the line, oldest first. One inside ends the row (A3). Of what is
        measured now and then, the rows of each sender and of all together (H4, A16). Asked for many times in a moment,
        it is walked through once for as long as nothing is heard of the channel and nothing said of it: time alone
        changes no row."""
        walked = self.walked[line.channel]
        if line.id not in walked:
            walked[line.id] = self.walk(line)
        return walked[line.id]

    def walk(self, line: LimitLine) -> list[Heard]:
        heard = self.heard[line.channel]
        row = self.tail(line, heard)
        if line.channel.intermittent:
            for device in {one.device for one in heard if one.is_some_senders}:
                own = self.own_row(line, device)
                row += [one for one in own if one not in row]
        return sorted(row, key=lambda one: one.place)

    def tail(self, line: LimitLine, values: list[Heard]) -> list[Heard]:
        row: list[Heard] = []
        for heard in reversed(values):
            if heard.value is None:
                continue  # not a value (A2)
            if not self.counts(heard, line.channel) or not is_beyond(heard, line):
                break
            row.append(heard)
        return row[::-1]

    def own_row(self, line: LimitLine, device: str) -> list[Heard]:
        """Of this sender's, begun since it was let go and since it was given up, and what was typed since: that is
        anybody's. What came of another that was let go is nobody's: for this one it is no next valid reading (A4)."""
        heard = self.heard[line.channel]
        let_go = max((act.turn for act in self.given(Unpair) if act.given.device == device), default=-1)
        given_up = self.given_up(line, device)
        row = self.tail(line, [one for one in heard if one.by_hand or is_own(one, device)])
        return self.from_its_own(row, device, let_go, given_up)

    def from_its_own(self, row: list[Heard], device: str, let_go: int, given_up: int) -> list[Heard]:
        while row and not (is_own(row[0], device) and row[0].turn > let_go and row[0].order > given_up):
            row.pop(0)
        return row

    def given_up(self, line: LimitLine, device: str) -> int:
        """A4: the next valid reading ends it. A cuff whose repeat is missed (A16, T5) gives none; then it is the next
        of another's that is inside. The place in the order of coming of the last that did so."""
        times, since = self.limits.times, -1
        let_go = max((act.turn for act in self.given(Unpair) if act.given.device == device), default=-1)
        by_coming = sorted(self.heard[line.channel], key=lambda one: one.order)
        for place, came in enumerate(by_coming):
            one = came.as_in(came.turn)  # struck out later, it had done so all the same
            is_anothers = one.value is not None and one.device != device and one.is_some_senders
            if not is_anothers or not self.counts(one, line.channel) or is_beyond(one, line):
                continue
            known = sorted((other.as_in(came.turn) for other in by_coming[:place]), key=lambda other: other.place)
            row = self.tail(line, [other for other in known if other.by_hand or is_own(other, device)])
            row = self.from_its_own(row, device, let_go, since)
            if row and one.happened - row[-1].happened >= times.repeat_s + times.missed_s:
                since = one.order
        return since

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
        if channel.intermittent and self.is_beyond_for_somebody(level, channel, side):
            return []
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

    def is_beyond_for_somebody(self, level: Level, channel: Channel, side: Side) -> bool:
        lines = self.then.sides[channel, side]
        least = Priority.LOW if level.by_symptom or level.priority is None else level.priority
        return any(self.run(line) for line in lines if line.priority >= least)

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
        leaves: bool = True,
    ) -> None:
        log = self.told.setdefault(key, [])
        self.kinds[key] = kind
        before = log[-1] if log else None
        was = before.priority if before else None
        if was is priority:
            return
        if priority is None and leaves:
            self.leave(key, kind)
        goes_on = before is not None and was is not None
        began = before.since if before is not None and goes_on else since
        counts_after = self.next_to_come(kind[1])
        if not is_new and kind[1] is not None:
            worst_from = self.it_ended_with(kind[1]).place
        elif before is not None and goes_on:
            worst_from, counts_after = before.worst_from, before.counts_after
        elif priority is not None:
            ended_at, counts_after = self.worst_from.pop(key, (worst_from, counts_after))
            worst_from = max(worst_from, ended_at)
        began_anew = priority is not None and is_new
        log.append(Level(self.turn, self.now, priority, began, began_anew, worst_from, by_symptom, counts_after))

    def it_ended_with(self, channel: Channel) -> Heard:
        """The newest value; of what is measured now and then the one that came last, as another's may be newer."""
        good = self.good(channel)
        return max(good, key=lambda one: one.order) if channel.intermittent else good[-1]

    def leave(self, key: str, kind: tuple[Kind, Channel | None, Side | None]) -> None:
        """A6: a high physiological one stays latched, unless somebody had just acknowledged it (and that stands); a
        medium one leaves a line; a latch is not replaced by such a line."""
        level = self.told[key][-1]
        if kind[0] is not Kind.PHYSIOLOGICAL or level.priority in (None, Priority.LOW):
            return
        is_seen = level.priority is Priority.HIGH and self.was_acknowledged(key)
        seen_in = self.seen(key)[-1].turn if is_seen else None
        extreme = self.extreme(key, level.worst_from, (level.counts_after, level.since))
        kept = Kept(self.turn, level.priority, level.since, self.now, extreme, seen_in)
        self.left.setdefault(key, []).append(kept)

    def next_to_come(self, channel: Channel | None) -> Coming:
        """What one message brings counts as if it had come one by one (A1)."""
        return self.turn, len(self.heard[channel]) if channel is not None else 0

    def extreme(self, key: str, since: Place, lay_in: tuple[Coming, float]) -> Decimal | None:
        """The worst value since then; what came later only where it lay in the level, told already or not yet: it may
        lie before its start (A6)."""
        if key in self.too_late:
            return (min if key.endswith(Side.LOW) else max)(self.too_late[key])
        channel, side = about(key)
        if channel is None or side is None:
            return None
        values = [
            one.value
            for one in self.good(channel)
            if one.judged
            if (one.happened >= lay_in[1] if one.came >= lay_in[0] else one.place >= since)
        ]
        worst: Callable[..., Decimal] = min if side is Side.LOW else max
        return worst(values) if values else None
