"""The reference model: what time and people bring (A9, A17, T2, T3, T5, T8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ketacare.medicine.monitoring.terms import (
    CUFF,
    Ask,
    Channel,
    Done,
    DoseActing,
    Kind,
    MonitorAlarms,
    NewAddress,
    Observe,
    Pair,
    Priority,
    Reading,
    Rewatch,
    Schedule,
    SharedName,
    Side,
    Timing,
    Unpair,
    Unwatch,
)
from tests.monitoring.reference_lines import is_own
from tests.monitoring.reference_words import (
    VITAL,
    Act,
    Heard,
    Owed,
)


class Looking:
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
        self.look_at_names(moment)
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
            aside = [act for act in aside if act.moment > until or act.looked_at >= until]
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
            if self.is_with_pressure(sign, self.told[key][-1].since):
                self.tell(key, Priority.HIGH, moment, kind)

    def is_with_pressure(self, sign: str, since: float) -> bool:
        """A16: some signs, entered with any reading of the cuff, are high; a reading is one of now for as long as none
        is to be repeated."""
        newest = [good[-1].happened for channel in CUFF[:2] if (good := self.good(channel))]
        is_measured = bool(newest) and max(newest) >= since - self.limits.times.repeat_s
        return is_measured and sign in self.limits.signs_of_pressure

    # -- technical (T2, T3, T8) ----------------------------------------------------------------------------------------

    def stream(self, channel: Channel) -> Act | None:
        """The pairing that promises this channel; what is measured now and then is not promised. Only an act changes
        it: asked for many times in a moment, it is looked for once."""
        if channel not in self.promised:
            self.promised[channel] = self.find_stream(channel)
        return self.promised[channel]

    def find_stream(self, channel: Channel) -> Act | None:
        pairs = [act for act in self.given(Pair) if channel in act.given.channels]
        if channel.intermittent or not pairs:
            return None
        pair = pairs[-1]
        gone = [act for act in self.given(Unpair) if act.given.device == pair.given.device and act.turn > pair.turn]
        return None if gone and self.left_in_dose_at(channel) is None else pair

    def giver(self, channel: Channel, stream: Act) -> str:
        """Whose value was the newest since the pairing; the one that promises it, if that one was let go since."""
        gave = [(turn, device) for turn, device in self.gave[channel] if turn > stream.turn]
        promised: str = stream.given.device
        if not gave:
            return promised
        turn, device = gave[-1]
        let_go = any(act.given.device == device and act.turn > turn for act in self.given(Unpair))
        return promised if let_go else device

    def taken_off_at(self, channel: Channel) -> float | None:
        """Not while another gives it; from when that one was let go as well."""
        stream, off = self.stream(channel), self.left_in_dose_at(channel)
        if stream is None or off is None or self.giver(channel, stream) != stream.given.device:
            return None
        others = {device for turn, device in self.gave[channel] if turn > stream.turn} - {stream.given.device}
        let_go = [act.moment for act in self.given(Unpair) if act.given.device in others and act.turn > stream.turn]
        return max([off, *let_go])

    def left_in_dose_at(self, channel: Channel) -> float | None:
        """A9: while a dose acts no channel stops being watched because its monitor is let go: it is lost from then on
        (T2), until a monitor promises it again or the dose acts no more."""
        pairs = [act for act in self.given(Pair) if channel in act.given.channels]
        if channel.intermittent or not pairs:
            return None
        pair = pairs[-1]
        gone = [act for act in self.given(Unpair) if act.given.device == pair.given.device and act.turn > pair.turn]
        if not gone:
            return None
        before = [act for act in self.given(DoseActing) if act.turn < gone[0].turn]
        over = any(not act.given.acting for act in self.given(DoseActing) if act.turn > gone[0].turn)
        return gone[0].moment if before and before[-1].given.acting and not over else None

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
        since = pairs[-1] if pairs else -1
        for heard in reversed(self.heard[channel]):
            if heard.value is not None:
                break
            if heard.struck is not None:  # what the device had said before it was over, until it says so again
                since = max(since, heard.struck[0])
            elif heard.turn > since:
                row.append(heard)
        return row[::-1]

    def lost_at(self, channel: Channel, stream: Act) -> float:
        """T2: so long after the last value, or after the pairing. T3: a device that says it has nothing is believed
        after the shortest time."""
        good = self.streamed(channel)
        silence = max(stream.moment, good[-1].happened if good else 0.0) + self.lost_after(channel)
        off = self.taken_off_at(channel)
        silence = silence if off is None else min(silence, off)
        faults = self.faults(channel)
        return min(silence, faults[0].happened + self.limits.times.lost_s) if faults else silence

    def newest_of_stream(self, channel: Channel, stream: Act) -> float:
        """What a screen counts the age from: of what a monitor gave; of what was typed where none gave anything."""
        rows = self.streamed(channel) or self.good(channel)
        return rows[-1].happened if rows else stream.moment

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

    def look_at_names(self, moment: float) -> None:
        """H4: two under one name, from the first of it until that monitor is let go or put on anew."""
        for device in {act.given.device for act in self.given(SharedName)}:
            said = [act for act in self.given(SharedName) if act.given.device == device]
            stands = [act for act in said if act.turn > self.put_on_or_off(device)]
            since = stands[0].moment if stands else moment
            level = Priority.MEDIUM if stands else None
            self.tell(f"{device}.shared_name", level, since, (Kind.TECHNICAL, None, None))

    def put_on_or_off(self, device: str) -> int:
        acts = [act for kind in (Pair, Unpair) for act in self.given(kind) if act.given.device == device]
        return max((act.turn for act in acts), default=-1)

    def note_address(self, given: NewAddress | Pair | Unpair) -> None:
        """H4: another address is told until a person has looked, or the monitor is let go or put on anew. It says
        nothing beside two that send by turns. T2: whose the values are is not known, as of a lost one."""
        key, kind = f"{given.device}.new_address", (Kind.TECHNICAL, None, None)
        if not isinstance(given, NewAddress):
            self.tell(key, None, self.now, kind)
            self.slips.pop(key, None)
        elif self.level(f"{given.device}.shared_name") is None:
            self.tell(key, Priority.MEDIUM, self.now, kind)

    # -- due (T5, T6, A16) ---------------------------------------------------------------------------------------------

    def ask_repeat(self, readings: tuple[Reading, ...]) -> None:
        """A16: a pressure beyond a line is repeated in five minutes, until it was inside twice; then every fifteen. One
        that waits to be confirmed when that can be. A new reading asks anew."""
        good = [heard for channel in CUFF for heard in self.good(channel) if self.is_newest_of_its_own(heard, channel)]
        came = [heard for heard in good if heard.turn == self.turn]  # what failed since asks nothing
        is_out = any(self.is_out(channel, side) for channel in CUFF for side in Side)
        if not came or not (is_out or self.measured):
            return
        taken = max(heard.happened for heard in came)
        self.measured.append((taken, is_out))
        times = self.limits.times
        every = times.settled_s if self.inside_in_a_row() >= times.settled_after else times.repeat_s
        confirmed_at = [
            run[0].happened + times.confirm_s
            for line in self.limits.lines
            if line.channel in CUFF and line.timing is Timing.CONFIRM and (run := self.run(line))
            if run[-1].happened - run[0].happened < times.confirm_s - times.confirm_slack_s
        ]
        due = min((moment for moment in confirmed_at if moment > taken), default=taken + every)
        due_at = self.zero + timedelta(seconds=due)
        ask = Ask(f"repeat.{due_at.isoformat()}", "Repeat blood pressure", due_at, CUFF)
        self.repeats.append(Owed(ask, due, self.turn, len(self.arrivals)))

    def is_newest_of_its_own(self, heard: Heard, channel: Channel) -> bool:
        """Whatever another cuff measured since (H4): a new reading asks anew."""
        return not any(
            other.happened > heard.happened
            and (is_own(other, heard.device) or other.by_hand or not heard.is_some_senders)
            for other in self.good(channel)
        )

    def inside_in_a_row(self) -> int:
        """Measurements, of which the parts may come one by one."""
        row, last = 0, self.measured[0][0]
        for taken, is_out in self.measured:
            row = 0 if is_out else row + (taken > last)
            last = max(last, taken)
        return row

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
