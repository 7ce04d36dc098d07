"""The window after each dose as the chart's line shows it: used by what, open until when, missed why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.therapy.queries import DoseWindow
from ketacare.clinic.therapy.queries.course import window_bar
from ketacare.medicine.therapy import reader
from ketacare.medicine.therapy.terms import WindowState

OVER = (WindowState.DONE, WindowState.DONE_OUTSIDE, WindowState.MISSED)
STILL = (WindowState.OPEN, WindowState.BOOKED)


def window_marks(told: list[DoseWindow], place: Callable[[datetime], float], local: ZoneInfo) -> list[dict[str, Any]]:
    return [
        {
            "from_day": place(one.window.opens_at),
            "to_day": place(one.window.closes_at),
            "kind": window_bar(one, 0, 0).kind,
            "words": words_of(one, local),
        }
        for one in told
        if one.window is not None
    ]


def words_of(one: DoseWindow, local: ZoneInfo) -> str:
    assert one.window is not None  # as asked
    number = f"dose {one.visit.number_in_course}" if one.visit.number_in_course else "the dose"
    told = [f"Window after {number}: {one.state}"]
    told += [one.why_none] if one.state is WindowState.NONE_OWED else []
    told += [f"integration visit {note.happened_at.astimezone(local):%d-%b-%Y}" for note in one.notes]
    if not one.notes and one.place is not None:
        told.append(f"visit booked {one.place.starts_at.astimezone(local):%a %d-%b-%Y %H:%M}")
    if one.state in STILL:
        told.append(f"open until {one.window.closes_at.astimezone(local):%a %d-%b-%Y %H:%M}")
    if one.missed is not None:
        told.append(reader.practice().missed[one.missed.reason].lower())
    return ", ".join(told)


def window_sentence(told: list[DoseWindow], at: datetime, local: ZoneInfo) -> str:
    """The same for a reader who does not see the line."""
    over = [one for one in told if one.state in OVER]
    words = []
    if over:
        used = sum(one.state is WindowState.DONE for one in over)
        words.append(f"{used} of {len(over)} windows used")
    open_now = next((one for one in told if one.state in STILL and one.window and one.window.holds(at)), None)
    if open_now is not None and open_now.window is not None:
        words.append(f"one open until {open_now.window.closes_at.astimezone(local):%a %d-%b-%Y %H:%M}")
    silent = sum(one.needs_a_word for one in told)
    if silent:
        words.append(f"{silent} missed without a reason")
    told_so_far = "; ".join(words)
    return f"{told_so_far[:1].upper()}{told_so_far[1:]}." if words else ""
