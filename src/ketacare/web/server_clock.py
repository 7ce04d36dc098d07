"""The server's own clock beside the time that passed: a leap dates the whole record wrong (I11, H21).

The monotonic clock is slewed as the other is, and never set: how far the two come apart is by how much somebody, or a
time service, has set the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.monitoring.processes import LEAP_LEAST_S, Leap


@dataclass(slots=True)
class ServerClock:
    apart_s: float | None = None

    def leap(self, at: datetime, monotonic_s: float) -> Leap | None:
        """Since it was last asked."""
        before, self.apart_s = self.apart_s, at.timestamp() - monotonic_s
        if before is None or abs(self.apart_s - before) <= LEAP_LEAST_S:
            return None
        return Leap(at, abs(self.apart_s - before))
