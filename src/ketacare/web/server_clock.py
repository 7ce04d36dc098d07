"""The server's own clock beside the time that passed: a leap dates the whole record wrong (I11, H21).

The clock of what passed is slewed as the other is, and never set: how far the two come apart is by how much somebody,
or a time service, has set the clock. And where a time service keeps the clock, the kernel says how far it is still off.
"""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.monitoring.processes import LEAP_LEAST_S, Leap


def passed_s() -> float:
    """With the time that the machine slept: waking is no leap. The monotonic clock of Linux stands still meanwhile."""
    asleep_too = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if asleep_too is None else time.clock_gettime(asleep_too)


class _Timex(ctypes.Structure):
    """struct timex of Linux, as adjtimex(2) fills it."""

    _fields_ = [
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_byte * 512),
    ]  # fmt: skip


UNSYNCHRONISED, IN_NANOSECONDS = 0x0040, 0x2000


def off_s() -> float | None:
    """By how much the clock is off, as the machine's own time service has it: what is still to be corrected, and its
    estimate of its own error. None where there is no such service, or it has not found the time: nobody knows."""
    told = _Timex(modes=0)
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(told))
    except (AttributeError, OSError):  # elsewhere than on Linux
        return None
    return None if state < 0 else said(told.status, told.offset, told.esterror)


def said(status: int, offset: int, esterror: int) -> float | None:
    if status & UNSYNCHRONISED:
        return None
    return abs(offset) / (1e9 if status & IN_NANOSECONDS else 1e6) + esterror / 1e6


@dataclass(slots=True)
class ServerClock:
    apart_s: float | None = None

    def leap(self, at: datetime, passed_s: float) -> Leap | None:
        """Since it was last asked."""
        before, self.apart_s = self.apart_s, at.timestamp() - passed_s
        if before is None or abs(self.apart_s - before) <= LEAP_LEAST_S:
            return None
        return Leap(at, abs(self.apart_s - before))
