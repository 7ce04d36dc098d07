"""The moments of the grid, and at which of them what was taken stands: a set stands together, and no moment says of a
value that it was taken then when it was taken at another time (I9, I10)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

STREAM_NEAR = timedelta(seconds=90)
# A monitor's nearest value lies some seconds to one side of a moment, and was taken then for all that anybody reads.
SAME_MOMENT = timedelta(seconds=5)
PRESSURE = "bp"
BEFORE = "before"


@dataclass(frozen=True)
class Value:
    """One thing measured or scored, wherever it is kept."""

    key: str
    at: datetime
    words: str
    source: str
    corrected: bool
    was: str = ""
    late_min: int = 0


Set = Sequence[Value]


@dataclass
class Column:
    """One moment of the grid. `id` is its minute, or `now` for a set outside the schedule. `taken`: when all that
    stands here was taken, where that is another minute. `answered`: what was asked here and stands at a moment of its
    own, because something else taken for this one stands here."""

    id: str
    t: str
    at: datetime
    state: str
    wanted: frozenset[str] = frozenset()
    reason: str = ""
    extra: bool = False
    taken: str = ""
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, Value] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    @property
    def missing(self) -> list[str]:
        return [key for key in sorted(self.wanted) if key not in self.cells and key not in self.answered]


def fill(columns: list[Column], entered: Iterable[Value], streamed: Iterable[Value], start: datetime,
         early: timedelta) -> None:  # fmt: skip
    """What people typed and every cuff stands somewhere; the monitor's stream where nothing typed does. `early`: so
    long before it is due a value is what a moment asked for, to the watch as here."""
    planned = [one for one in columns[1:] if one.at >= start]
    sets = sorted(sets_of(entered), key=lambda taken: taken[0].at)
    for taken in reversed([one for one in sets if one[0].at < start]):
        if any(value.key in columns[0].kept for value in taken):
            own_column(columns, taken, start)
        else:
            put(columns[0], taken)
    for taken in [one for one in sets if one[0].at >= start]:
        for left in placed(planned, taken, early):
            own_column(columns, left, start)
    for value in streamed:
        stand_in(columns[0] if value.at < start else nearest(planned, value.at, STREAM_NEAR), value)
    for column in columns:
        say_when(column, start, early)


def sets_of(values: Iterable[Value]) -> list[Set]:
    """What was typed as of one moment is one set; each measurement of a cuff is one by itself."""
    found: dict[tuple[datetime, str, int], list[Value]] = {}
    for value in values:
        number = 0
        while any(one.key == value.key for one in found.get((value.at, value.source, number), [])):
            number += 1
        found.setdefault((value.at, value.source, number), []).append(value)
    return list(found.values())


def placed(columns: Sequence[Column], taken: Set, early: timedelta) -> list[Set]:
    """Answers the sets that found no place: of two for one moment that one stands there which answers more of it, then
    the nearer one. What the other answered of it counts as answered."""
    home = home_of(columns, taken, early)
    if home is None:
        return [taken]
    keys = {value.key for value in taken}
    held = sets_of(home.kept.values())
    others = [one for one in held if keys & {value.key for value in one}]
    left: list[Set] = [taken]
    if all(rank(home, taken) < rank(home, one) for one in others):
        for value in [value for one in others for value in one]:
            del home.kept[value.key], home.cells[value.key]
        put(home, taken)
        left = others
    home.answered |= {value.key for one in left for value in one} & home.wanted
    return left


def rank(column: Column, taken: Set) -> tuple[int, timedelta]:
    return -len({value.key for value in taken} & column.wanted), abs(taken[0].at - column.at)


def home_of(columns: Sequence[Column], taken: Set, early: timedelta) -> Column | None:
    """The moment that asked for it, if near; else the last one still waiting; else whichever is near."""
    asking = [column for column in columns if any(value.key in column.wanted for value in taken)]
    at = taken[0].at
    return nearest(asking, at, early) or overdue(asking, taken) or nearest(columns, at, early)


def overdue(asking: Sequence[Column], taken: Set) -> Column | None:
    """What is taken late belongs to the last moment that waited for it, and says when it was taken."""
    waited = [column for column in asking if column.at <= taken[0].at]
    last = max(waited, key=lambda column: column.at, default=None)
    return last if last is not None and not any(value.key in last.kept for value in taken) else None


def nearest(columns: Sequence[Column], at: datetime, within: timedelta) -> Column | None:
    best = min(columns, key=lambda column: abs(column.at - at), default=None)
    return best if best is not None and abs(best.at - at) <= within else None


def own_column(columns: list[Column], taken: Set, start: datetime) -> None:
    """One for what was taken in the same minute, unless it holds such a value already. The minute before the start is
    the first before it: nothing stands at T+0 that was taken before there was a dose."""
    minute, keys = minute_of(taken[0].at, start), {value.key for value in taken}
    name = f"x{minute}" if minute >= 0 else f"xb{-minute}"
    same = [one for one in columns if one.id.split(".")[0] == name]
    column = next((one for one in same if not keys & set(one.kept)), None)
    if column is None:
        name = f"{name}.{len(same)}" if same else name
        t, at = label(taken[0].at, start), taken[0].at
        is_named_so = any(one.t == t for one in columns)
        column = Column(name, to_the_second(at, start) if is_named_so else t, at, "done", extra=True)
        columns.append(column)
    put(column, taken)


def put(column: Column, taken: Set) -> None:
    for value in taken:
        column.kept[value.key], column.cells[value.key] = value, cell(value)


def stand_in(column: Column | None, value: Value) -> None:
    """Of the stream, where nothing typed stands: before the dose the last one, else the nearest."""
    if column is None:
        return
    held = column.kept.get(value.key)
    if held is not None and (held.source != value.source or not is_better(column, value, held)):
        return
    put(column, [value])


def is_better(column: Column, value: Value, held: Value) -> bool:
    if column.id == BEFORE:
        return value.at > held.at
    return abs(value.at - column.at) < abs(held.at - column.at)


def cell(value: Value) -> dict[str, Any]:
    return {"value": value.words, "source": value.source, "quality": "ok", "corrected": value.corrected,
            "was": value.was, "comment": f"saved {value.late_min} min later" if value.late_min else "",
            "abnormal": None, "trend": None, "at": value.at, "taken": ""}  # fmt: skip


# --- when it was taken -----------------------------------------------------------------------------------------------


def minute_of(at: datetime, start: datetime) -> int:
    return math.floor((at - start).total_seconds() / 60)


def label(at: datetime, start: datetime) -> str:
    minute = minute_of(at, start)
    return f"T+{minute}" if minute >= 0 else f"T−{-minute}"


def to_the_second(at: datetime, start: datetime) -> str:
    """Where a moment of the same minute stands beside it."""
    seconds = abs(math.floor((at - start).total_seconds()))
    return f"{'T+' if at >= start else 'T−'}{seconds // 60}:{seconds % 60:02d}"


def named(t: str, taken: str) -> str:
    """A moment as a table calls it."""
    return f"{t} (taken {taken})" if taken else t


def in_words(one: Mapping[str, Any] | None) -> str:
    """A value as a table says it, where its own minute has no line."""
    if one is None:
        return "–"
    value = f"{one['value']}†" if one["corrected"] else str(one["value"])
    return f"{value} ({one['taken']})" if one["taken"] else value


def when_taken(columns: Iterable[Column], moment: Callable[[datetime], str]) -> list[list[str]]:
    """Each value that stands somewhere with the minute in which it was taken: where it stands, and how that is called,
    may be another in another version; when it was taken may not (I2, I3)."""
    return sorted([one.key, moment(one.at), one.words] for column in columns for one in column.kept.values())


def say_when(column: Column, start: datetime, early: timedelta) -> None:
    """Where the moment's minute is not the value's: once for the column, if all of it was taken then; else at each."""
    when = {key: label(value.at, start) for key, value in column.kept.items()}
    others = {key: words for key, words in when.items() if is_of_another(column, column.kept[key], words)}
    if len(others) == len(when) and len(set(others.values())) == 1:
        column.taken = next(iter(others.values()))
    for key, words in others.items():
        value, one = column.kept[key], column.cells[key]
        one["taken"] = "" if column.taken else words
        if column.id != BEFORE and value.at - column.at > early:
            late = f"taken {int((value.at - column.at).total_seconds() // 60)} min after it was due"
            one["comment"] = ", ".join(filter(None, [late, one["comment"]]))


def is_of_another(column: Column, value: Value, words: str) -> bool:
    if column.id == BEFORE:
        return True
    return not column.extra and words != column.t and abs(value.at - column.at) > SAME_MOMENT
