"""A time is typed in whole minutes: what else is of that minute."""

from __future__ import annotations

from datetime import datetime, timedelta


def its_minute_ends(done_at: datetime) -> datetime:
    """What is of the same minute may have come before it."""
    return done_at + timedelta(minutes=1)


def last_of_its_minute(done_at: datetime) -> datetime:
    """What speaks against it counts from the whole minute that was typed; a time with seconds is as it was told."""
    whole = not (done_at.second or done_at.microsecond)
    return its_minute_ends(done_at) - timedelta(microseconds=1) if whole else done_at
