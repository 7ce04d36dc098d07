"""Which day it is where the clinic is: stored times are UTC, and in the evening there it is already tomorrow."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()
