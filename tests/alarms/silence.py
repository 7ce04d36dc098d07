"""G15: whatever people do, in any order, nothing that is present stays silent for more than 120 s in one stretch.

Silent is: present, with a priority, and not sounding. Not counted, because the rules say so: what would sound but for
an emergency, and is not high (A20), and a mean beside the systolic or diastolic that already tells it. What is set
aside is not present; of oxygen and pressure during a dose that lasts 600 s at most (A9), and is measured apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.rules.acknowledge import is_vital, silenced, told_by_another
from ketacare.medicine.monitoring.rules.emergency import holds_back
from ketacare.medicine.monitoring.terms import Channel, Condition, State
from tests.alarms.sessions import Course, Session

LONGEST_S = 120
LONGEST_ASIDE_S = 600


@dataclass
class Ears:
    """Listens to a session: for each condition, since when it has been silent."""

    longest_s: float = 0
    longest_of: str = ""
    longest_aside_s: float = 0
    silences: int = 0
    at: datetime | None = None
    quiet: dict[str, float] = field(default_factory=dict)
    aside: dict[Channel, float] = field(default_factory=dict)

    def hear(self, state: State) -> None:
        """Between two states nothing changes, so the time between belongs to how it stood before."""
        passed = 0.0 if self.at is None else (state.at - self.at).total_seconds()
        self.at = state.at
        self.quiet = {key: seconds + passed for key, seconds in self.quiet.items()}
        self.aside = {channel: seconds + passed for channel, seconds in self.aside.items()}
        for key, seconds in self.quiet.items():
            if seconds > self.longest_s:
                self.longest_s, self.longest_of = seconds, key
        self.longest_aside_s = max([self.longest_aside_s, *self.aside.values()])
        self._note(state)

    def _note(self, state: State) -> None:
        silent = [c for c in state.conditions.values() if is_silent(state, c)]
        self.silences += sum(c.key not in self.quiet for c in silent)
        self.quiet = {c.key: self.quiet.get(c.key, 0.0) for c in silent}
        vital = [channel for channel in state.unwatched if is_vital(channel) and state.dose_since is not None]
        self.aside = {channel: self.aside.get(channel, 0.0) for channel in vital}


def is_silent(state: State, condition: Condition) -> bool:
    if not condition.present or condition.priority is None or told_by_another(state, condition):
        return False
    only_held_back = holds_back(state, condition) and not silenced(state, condition)
    return not rules.sounding(state, condition) and not only_held_back


def heard(course: Course) -> Ears:
    ears = Ears()
    Session(seen=ears.hear).play(course)
    return ears
