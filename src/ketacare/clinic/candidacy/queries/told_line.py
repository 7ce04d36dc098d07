"""What a patient has told of antidepressants, on one line of time: the newest first, and apart what has no time yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

_MONTHS = 12
_TICKS, _APART = 4, 26  # at most so many years are named, so far from each other and from the ends, in percent
_LEAST = 3.0  # a bar that can be seen
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """One of them in percent of the line. `open`: the end that is not known, "began" or "ended", or neither."""

    entry: Entry
    start: float
    width: float
    open: str = ""


@dataclass(frozen=True)
class Line:
    placed: tuple[Told, ...]
    unplaced: tuple[Entry, ...]
    first: int | None  # the year at which the line begins
    ticks: tuple[tuple[float, int], ...]


def line_of(entries: Sequence[Entry], today: date) -> Line:
    """Drawn by months; a year alone is its whole year."""
    now = today.year * _MONTHS + today.month
    timed = [(one, *reach(one, now)) for one in entries]
    dated = [(one, first, last) for one, first, last in timed if first is not None and last is not None]
    unplaced = tuple(one for one, first, _ in timed if first is None)
    if not dated:
        return Line((), unplaced, None, ())
    begins = min(first for _, first, _ in dated) // _MONTHS * _MONTHS
    whole = max(now - begins, _MONTHS)

    def share(month: int) -> float:
        return round(100 * (month - begins) / whole, 2)

    placed = []
    for one, first, last in sorted(dated, key=lambda row: (row[2], row[1]), reverse=True):
        width = max(round(share(last) - share(first), 2), _LEAST)
        placed.append(Told(one, min(share(first), 100 - width), width, open_end(one)))
    years = range(begins // _MONTHS + 1, (now - 1) // _MONTHS + 1)
    return Line(tuple(placed), unplaced, begins // _MONTHS, tuple(apart((share(y * _MONTHS), y) for y in years)))


def reach(one: Entry, now: int) -> tuple[int | None, int | None]:
    """From which month to the month after its last, as far as it was told; of one end alone, that end."""
    began, ended = one.get("began") or {}, one.get("ended") or {}
    if not began and not ended:
        return None, None
    first = (began or ended)["year"] * _MONTHS + (began or ended).get("month", 1) - 1
    last = now if one.get("stopped") == "not" else month_after(ended or began)
    return first, min(max(last, first + 1), now)


def month_after(when: Mapping[str, int]) -> int:
    return when["year"] * _MONTHS + when.get("month", _MONTHS)


def open_end(one: Entry) -> str:
    if not one.get("began"):
        return "began"
    return "" if one.get("ended") or one.get("stopped") == "not" else "ended"


def apart(years: Iterable[tuple[float, int]]) -> list[tuple[float, int]]:
    """Few enough to be read on a telephone, evenly."""
    inside = [one for one in years if _APART <= one[0] <= 100 - _APART]
    step = -(-len(inside) // _TICKS) if inside else 1
    found: list[tuple[float, int]] = []
    for at, year in inside[::step]:
        if not found or at - found[-1][0] >= _APART:
            found.append((at, year))
    return found
