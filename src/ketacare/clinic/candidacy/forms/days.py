"""A day or a month as people write it; one that could be read two ways is refused."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_ISO_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_MONTH = re.compile(r"(\d{1,2})[/.](\d{4})")
_WORDS = re.compile(r"(?:(\d{1,2})[ .-]+)?([A-Za-z]{3,9})\.?[ -]+(\d{4})")


@dataclass(frozen=True)
class Read:
    """A day, or the last day of a month of which only the month is known."""

    on: date
    to_month: bool = False


def read_day(text: str, today: date) -> Read:
    """2026-03-14, 14 Mar 2026, 2026-03, 3/2026 or Mar 2026; ValueError says what would do."""
    text = text.strip()
    if match := _ISO_DAY.fullmatch(text):
        return Read(date(int(match[1]), int(match[2]), int(match[3])))
    if match := _WORDS.fullmatch(text):
        month = _MONTHS.get(match[2][:3].lower())
        if month is None:
            raise ValueError
        return Read(date(int(match[3]), month, int(match[1]))) if match[1] else last_day(int(match[3]), month, today)
    if match := _ISO_MONTH.fullmatch(text):
        return last_day(int(match[1]), int(match[2]), today)
    if match := _MONTH.fullmatch(text):
        return last_day(int(match[2]), int(match[1]), today)
    raise ValueError


def last_day(year: int, month: int, today: date) -> Read:
    """The careful reading of a month: as late as it may have been, but never after today."""
    last = date(year, month, calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0)
    return Read(min(last, today) if (year, month) == (today.year, today.month) else last, to_month=True)
