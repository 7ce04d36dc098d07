"""The reference model: what can be heard, and what stays latched (A6 to A8, A12, A20)."""

from __future__ import annotations

from ketacare.medicine.monitoring.terms import (
    Acknowledge,
    Arrived,
    Emergency,
    EmergencyOver,
    Given,
    Kind,
    MonitorAlarms,
    NewAddress,
    Pair,
    Pause,
    Priority,
    Schedule,
    SharedName,
    TakeBack,
    Tick,
    Unpair,
    Unpause,
)
from tests.monitoring.reference_words import (
    RENEWALS,
    RENEWED,
    Act,
    Ear,
    Kept,
    Slip,
    about,
)


class Sound:
    # -- sound (A6 to A9) ----------------------------------------------------------------------------------------------

    def note_acknowledgement(self, given: Acknowledge) -> None:
        """A7. Pressed again while it holds, or where nothing is to be seen any more, it adds nothing: what is taken
        back is then the one that did. A review, the word of the renewals or of another address, it closes."""
        key = given.condition
        is_there, is_new = self.level(key) is not None, not self.was_acknowledged(key)
        if key.startswith("review.") or key.endswith(".new_address") or key == RENEWED:
            if is_there:
                self.slips[key] = Slip(self.turn, self.now, self.told[key][-1])
                self.tell(key, None, 0.0, self.kinds[key])
            return
        if (is_there and is_new) or self.is_latched(key):
            self.slips[key] = Slip(self.turn, self.now, None)
        if (is_there and is_new) or (not is_there and self.is_latched(key)):
            self.note(given, self.now)

    def note_taking_back(self, given: TakeBack) -> None:
        """V5: within ten seconds an acknowledgement is as if it had never been pressed; in the moment in which they run
        out as well, if nothing was looked at in it yet."""
        slip = self.slips.pop(given.condition, None)
        if slip is None or self.looked_at - slip.moment >= self.limits.times.undo_s:
            return
        self.taken_back.append(slip.turn)
        if slip.closed is not None and self.level(given.condition) is None:
            self.tell(given.condition, slip.closed.priority, slip.closed.since, self.kinds[given.condition])

    def seen(self, key: str) -> list[Act]:
        """What was pressed for this and stands."""
        acts = [act for act in self.given(Acknowledge) if act.given.condition == key]
        return [act for act in acts if act.turn not in self.taken_back]

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
        acts = self.seen(key)
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
        if self.outlasted.get(key, (-1, 0.0)) >= (told.turn, told.moment):  # told, and its bound over, in one moment
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
                self.outlasted[key] = (self.turn, moment)
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
        is_act = not isinstance(
            given, Tick | Schedule | Pair | Unpair | MonitorAlarms | SharedName | NewAddress | Arrived
        )
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
        return any(act.turn > kept.turn or act.turn == kept.seen_in for act in self.seen(key))
