"""G14: a restart in every state an alarm can be in forgets nothing (A12).

A restart is what a process does that dies and comes back: the state is written out as text, read in again, and only
that goes on. It must be equal, and from then on say to the second and the last word what the unbroken one says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import Condition, Given, Signal, State
from tests.alarms.sessions import Act, Course, Session

Restored = Callable[[State], State]

# Every state an alarm can be in, by the acts that lead there. SpO2 is `value` 0, 2, 4, 6 (97, 93, 88, 80), heart rate
# the odd ones (70, 125, 155, 45); a cuff is 165/90, 185/112, 205/125, 78/45 from `which` 1.
HIGH, MEDIUM = [(0, "value", 6), (20, "dose", 0)], [(0, "value", 3), (20, "dose", 0)]
SITUATIONS: dict[str, list[Act]] = {
    "nothing": [],
    "pending": [(4, "value", 6), (2, "pause", 0)],
    "pending beside a present lesser": [*MEDIUM, (0, "value", 5), (6, "unpause", 0)],
    "present, medium": MEDIUM,
    "present, high": HIGH,
    "clearing": [*HIGH, (0, "value", 0), (6, "unpause", 0)],
    "acknowledged": [*HIGH, (1, "acknowledge", 0)],
    "paused": [*HIGH, (1, "pause", 0)],
    "acknowledged and paused": [*HIGH, (1, "acknowledge", 0), (50, "pause", 0)],
    "paused, and something new that sounds": [*MEDIUM, (1, "pause", 0), (1, "value", 6), (20, "unpair", 0)],
    "paused, and something lesser that waits": [*HIGH, (1, "pause", 0), (1, "value", 3), (20, "done", 0)],
    "paused three times before": [*HIGH, *[(121, "pause", 0)] * 3],
    "pause renewed too often": [*HIGH, *[(121, "pause", 0)] * 4],
    "latched": [*HIGH, (0, "value", 0), (30, "unpause", 0)],
    "latched beside a present lesser": [*HIGH, (0, "value", 4), (30, "unpause", 0)],
    "latched before a medium that ended": [*HIGH, (0, "value", 4), (30, "value", 0), (30, "unpause", 0)],
    "was medium": [*MEDIUM, (0, "value", 1), (30, "unpause", 0)],
    "lost": [(0, "cut", 1), (30, "unpause", 0)],
    "lost for a minute during a dose": [(0, "dose", 0), (0, "cut", 1), (100, "unpause", 0)],
    "nothing usable": [(0, "nothing", 0), (2, "unpause", 0)],
    "a leap not yet believed": [(6, "leap", 0)],
    "measured from the patient's own": [(0, "baseline", 0), (0, "cuff", 1)],
    "own alarms off": [(0, "own alarms", 1)],
    "a reading disputed": [(0, "cuff", 0), (0, "cuff", 1)],
    "first raised pressure, repeat owed": [(0, "cuff", 1)],
    "waiting for its confirmation": [(0, "cuff", 2), (120, "cuff", 2)],
    "confirmed": [(0, "cuff", 2), (115, "cuff", 2), (120, "cuff", 2), (115, "cuff", 2)],
    "a pressure and a symptom": [(0, "cuff", 1), (1, "sign", 0)],
    "due": [(0, "ask", 0), (1, "unpause", 0)],
    "late": [(0, "ask", 0), (121, "unpause", 0)],
    "missed": [(0, "ask", 0), (120, "dose", 0), (115, "cut", 0), (115, "unpause", 0)],
    "a sign seen": [(0, "sign", 1)],
    "a sign over": [(0, "sign", 1), (5, "sign over", 1)],
    "set aside": [(0, "set aside", 0)],
    "set aside during a dose": [*HIGH, (0, "set aside", 0)],
    "set aside, and watched again": [*HIGH, (0, "set aside", 0), (30, "watch again", 0)],
    "emergency": [*HIGH, (0, "value", 3), (20, "emergency", 0)],
    "emergency, acted in": [*MEDIUM, (1, "emergency", 0), (60, "sign", 2)],
}
AFTER: Course = [
    (5, "acknowledge", 0), (2, "value", 4), (10, "pause", 0), (30, "cuff", 2), (10, "value", 0), (60, "acknowledge", 1),
    (120, "cuff", 1), (5, "cut", 0), (30, "acknowledge", 2), (120, "cuff", 0), (60, "pause", 0),
]  # fmt: skip


def kept(state: State) -> State:
    return rules.from_json(rules.to_json(state))


def until_then(course: Course) -> Session:
    session = Session()
    session.play(course, then_s=0)
    return session


def told_after(state: State, given: list[Given]) -> tuple[State, list[Signal]]:
    signals: list[Signal] = []
    for one in given:
        state, more = rules.step(state, one)
        signals += more
    return state, signals


def forgotten_by(course: Course, restored: Restored = kept, after: Course = AFTER, then_s: int = 100) -> str:
    """What a restart at the end of this course loses; empty when it loses nothing."""
    session = until_then(course)
    before, so_far = session.state, len(session.given)
    session.play(after, then_s=then_s)
    again = restored(before)
    if again != before:
        return "the state is another"
    if told_after(again, session.given[so_far:]) != told_after(before, session.given[so_far:]):
        return "it goes on otherwise"
    return ""


def forgotten_step_by_step(course: Course) -> str:
    """What a session loses in which every step is taken by a process that has just come back."""
    unbroken, broken = Session(), Session(step=lambda state, given: rules.step(kept(state), given))
    unbroken.play(course)
    broken.play(course)
    return "" if (broken.state, broken.signals) == (unbroken.state, unbroken.signals) else "it goes on otherwise"


# --- control: a restart that loses one thing ---


def without(name: str) -> Restored:
    """A restart after which this part of the state, or of each of its conditions, is as in a new one."""

    def restored(state: State) -> State:
        text = json.loads(rules.to_json(state))
        for part in (text, *text["conditions"].values()):
            part.pop(name, None)
        text.setdefault("conditions", {})
        return rules.from_json(json.dumps(text))

    return restored


def parts_that_may_be_lost() -> Iterator[str]:
    """Every field of a state and of a condition that has a default, so that a text without it can still be read."""
    for kind in (State, Condition):
        for name, part in kind.__dataclass_fields__.items():
            if not _must_be_said(part):
                yield name


def _must_be_said(part: Any) -> bool:
    from dataclasses import MISSING

    return part.default is MISSING and part.default_factory is MISSING
