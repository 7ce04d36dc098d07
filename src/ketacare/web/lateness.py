"""While the alarm path is late, what can wait gives way: exports and reports first (G20).

Late by its own account, not by how busy a processor is: the gateways and the watch say how long what they did took, and
the hub of this process how old an event was when it was handed to the screens.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import datetime, timedelta

from ketacare.clinic.monitoring import queries
from ketacare.clinic.tenancy.refusals import Refusal, Refused

LATE = timedelta(milliseconds=500)  # half of the second within which an alarm is on its screen
COUNTS_FOR_S = 10.0
AGAIN_AFTER_S = 30
SOON_S = 5  # where only somebody else's is under way, which takes about a second

LATE_RULE = "Exports and reports wait: this computer is busy with the alarms of running sessions, and they come first."
TAKEN_RULE = "Exports and reports are made one at a time, and another is being made for somebody else."


class Lately:
    """The worst of the last seconds. Noted by one thread, asked for by others."""

    def __init__(self, counts_for_s: float = COUNTS_FOR_S) -> None:
        self.counts_for_s = counts_for_s
        self._noted: deque[tuple[float, float]] = deque()  # when, how late; ever less late towards the newest
        self._lock = threading.Lock()

    def note(self, late_s: float) -> None:
        with self._lock:
            while self._noted and self._noted[-1][1] <= late_s:
                self._noted.pop()
            self._noted.append((time.monotonic(), late_s))

    def worst_s(self) -> float:
        over = time.monotonic() - self.counts_for_s
        with self._lock:
            while self._noted and self._noted[0][0] < over:
                self._noted.popleft()
            return self._noted[0][1] if self._noted else 0.0


class GivesWay(Refused):
    """Nothing is wrong with what was asked; it is to be asked again later."""

    status = 503

    def __init__(self, rule: str, again_after_s: int) -> None:
        super().__init__(Refusal("Export or report", rule, f"Try again in {again_after_s} seconds.", kind="policy"))
        self.again_after_s = again_after_s
        self.is_for_alarms = rule == LATE_RULE


handed_on = Lately()  # to the screens of this process
_one_at_a_time = threading.BoundedSemaphore(1)


def of_the_alarm_path(at: datetime) -> timedelta:
    return max(queries.lateness(at), timedelta(seconds=handed_on.worst_s()))


def begin_what_can_wait(at: datetime) -> None:
    """Or a refusal. Whoever began says when it is over."""
    if of_the_alarm_path(at) >= LATE:
        raise GivesWay(LATE_RULE, AGAIN_AFTER_S)
    if not _one_at_a_time.acquire(blocking=False):
        raise GivesWay(TAKEN_RULE, SOON_S)


def end_what_can_wait() -> None:
    _one_at_a_time.release()
