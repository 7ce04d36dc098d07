"""The server's own clock beside the time that passed: a leap dates the whole record wrong (I11, H21).

The clock of what passed is slewed as the other is, and never set: how far the two come apart is by how much somebody,
or a time service, has set the clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.monitoring.processes import LEAP_LEAST_S, Leap


def passed_s() -> float:
    """With the time that the machine slept: waking is no leap. The monotonic clock of Linux stands still meanwhile."""
    asleep_too = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if asleep_too is None else time.clock_gettime(asleep_too)


@dataclass(slots=True)
class ServerClock:
    apart_s: float | None = None

    def leap(self, at: datetime, passed_s: float) -> Leap | None:
        """Since it was last asked."""
        before, self.apart_s = self.apart_s, at.timestamp() - passed_s
        if before is None or abs(self.apart_s - before) <= LEAP_LEAST_S:
            return None
        return Leap(at, abs(self.apart_s - before))
