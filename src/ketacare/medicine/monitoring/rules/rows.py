"""Whose readings follow on each other, of what is measured now and then: those of one sender, and those of all.

Two cuffs on one person may both be believed, and neither speaks for the other: a value inside from one ends no run of
the other's (H4, A16). What a person typed is anybody's: it goes on with every run, or ends it. What comes of a
monitor after it was let go has no run of its own, as nobody could end that: it counts among all, and ends nobody's
run, for it was perhaps let go because it was not believed. And a cuff that has not repeated by when that would be
missed (A16, T5) measures no more: another's value inside, so long after its last, is the next valid reading (A4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.rules import order, staleness
from ketacare.medicine.monitoring.terms import Judged, Reading, Run, State, Times

ANYBODY = ""
LET_GO = "let go"  # no monitor's name: theirs are one word
NOBODYS = {ANYBODY, LET_GO}
Row = Mapping[str, Run]  # by the line it is beyond


def sender_of(state: State, reading: Reading) -> str:
    if not reading.channel.intermittent or reading.source == staleness.HAND:
        return ANYBODY
    return LET_GO if reading.device in state.let_go else reading.device


def longer(run: Run | None, at: datetime, limit: Decimal) -> Run:
    if run is None:
        return Run(at, at, 1, limit)
    return Run(run.since, at, run.count + (at > run.last), limit)  # a correction is no second measurement


def after(
    rows: Mapping[str, Row], new: Judged, beyond: Mapping[str, Decimal], values: Sequence[Judged]
) -> dict[str, Row]:
    """The rows after a new value, that is beyond these lines; `values` are those lately judged, with it."""
    found: dict[str, Row] = {}
    sender, at, is_newest = new.sender, new.taken_at, new.taken_at >= values[-1].taken_at
    for one in sorted({*rows, sender, ANYBODY} - {LET_GO}):
        row = rows.get(one, {})
        if one == ANYBODY and not is_newest:  # another's came before it: among all it takes its place
            found[one] = _gone_through({one: row}, new, values).get(one, {})
            continue
        if sender not in (one, ANYBODY) and one != ANYBODY:
            found[one] = row
            continue
        begins = one in (sender, ANYBODY)
        found[one] = {line: longer(row.get(line), at, limit) for line, limit in beyond.items() if begins or line in row}
    return {one: row for one, row in found.items() if row}


def given_up(rows: Mapping[str, Row], new: Judged, times: Times) -> set[tuple[str, str]]:
    """Whose run beyond which line ends with a value of another's inside: of a cuff that measures no more."""
    if new.sender in NOBODYS:
        return set()
    bound = timedelta(seconds=times.repeat_s + times.missed_s)
    return {
        (sender, line)
        for sender, row in rows.items()
        for line, run in row.items()
        if sender not in (new.sender, ANYBODY) and line not in new.beyond and new.taken_at - run.last >= bound
    }


def less(rows: Mapping[str, Row], over: set[tuple[str, str]]) -> dict[str, Row]:
    found = {one: {line: run for line, run in row.items() if (one, line) not in over} for one, row in rows.items()}
    return {one: row for one, row in found.items() if row}


def without(rows: Mapping[str, Row], sender: str) -> dict[str, Row]:
    return {one: row for one, row in rows.items() if one != sender}


def together(rows: Mapping[str, Row]) -> dict[str, Run]:
    """Of each line what all rows come to: from the first of them to the last."""
    found: dict[str, Run] = {}
    for row in rows.values():
        for line, run in row.items():
            found[line] = _both(found[line], run) if line in found else run
    return found


def _both(one: Run, other: Run) -> Run:
    since, last = min(one.since, other.since), max(one.last, other.last)
    newer = one if one.last >= other.last else other
    return Run(since, last, max(one.count, other.count, 1 + (since < last)), newer.limit)


def gone_through(
    rows: Mapping[str, Row], new: Judged, beyond: Mapping[str, Decimal], values: Sequence[Judged]
) -> dict[str, Row]:
    """The rows, where a value has come that newer ones had overtaken; it is beyond these lines."""
    begun = {} if new.sender in NOBODYS else _begun(rows.get(new.sender, {}), new, beyond, values)
    found = _gone_through(rows, new, values)
    return {**found, new.sender: {**found.get(new.sender, {}), **begun}} if begun else found


def _gone_through(rows: Mapping[str, Row], new: Judged, values: Sequence[Judged]) -> dict[str, Row]:
    found = {one: {line: _again(run, line, one, new, values) for line, run in row.items()} for one, row in rows.items()}
    return {one: {line: run for line, run in row.items() if run is not None} for one, row in found.items() if row}


def _begun(row: Row, new: Judged, beyond: Mapping[str, Decimal], values: Sequence[Judged]) -> dict[str, Run]:
    """A row begins with what came late, where all that its sender measured since, or somebody typed, is beyond too: as
    it would have begun had it come in time (A1)."""
    since = [one for one in own(values, new.sender) if one.taken_at >= new.taken_at]
    moments = {one.taken_at for one in since}
    return {
        line: Run(new.taken_at, max(moments), len(moments), limit)
        for line, limit in beyond.items()
        if line not in row and all(is_beyond(one, line, new.sender) for one in since)
    }


def own(values: Sequence[Judged], sender: str) -> list[Judged]:
    return [one for one in values if sender == ANYBODY or one.sender in (sender, ANYBODY)]


def is_beyond(one: Judged, line: str, sender: str) -> bool:
    return line in one.beyond and (sender == ANYBODY or line not in (one.given_up or ()))


def _again(run: Run, line: str, sender: str, new: Judged, values: Sequence[Judged]) -> Run | None:
    """A row of one sender begins with a value of its own, whatever was typed before; and with none from before it was
    let go."""
    known, earliest = own(values, sender), min(run.since, new.taken_at)
    if not known or not is_beyond(known[-1], line, sender):  # what was typed lies after the last of its own
        return None if known else run
    inside = next((place for place in reversed(range(len(known))) if not is_beyond(known[place], line, sender)), -1)
    if inside < 0 and run.since < known[0].taken_at:
        return order.run(run, line, tuple(known))
    after = known[inside + 1 :]
    begins = (one.taken_at for one in after if sender == ANYBODY or one.sender == sender)
    since = next((moment for moment in begins if moment >= earliest), None)
    if since is None:
        return None if inside >= 0 else run
    last = max(run.last, known[-1].taken_at)  # typed, it goes on with the row (A16)
    return Run(since, last, len({one.taken_at for one in after if one.taken_at >= since}), run.limit)


def anew(before: Mapping[str, Row], limit_of: Mapping[str, Decimal], values: Sequence[Judged]) -> dict[str, Row]:
    """All rows as these values make them (I2); `before` are those that began before all that is known."""
    found: dict[str, Row] = {}
    senders = {ANYBODY, *(one.sender for one in values)}
    for sender in sorted({*senders, *before} - {LET_GO}):
        known = own(values, sender)
        if sender not in senders:
            found[sender] = _of_the_unknown(before[sender], known)
            continue
        row = {
            line: _tail(known, line, limit, sender, before.get(sender, {}).get(line))
            for line, limit in limit_of.items()
        }
        found[sender] = {line: run for line, run in row.items() if run is not None}
    return {sender: row for sender, row in found.items() if row}


def _of_the_unknown(row: Row, typed: Sequence[Judged]) -> dict[str, Run]:
    """Of a sender of whose values none is known any more: how its row began was not struck out, and only what was typed
    since can end it."""
    return {line: run for line, run in row.items() if all(line in one.beyond for one in typed)}


def _tail(known: Sequence[Judged], line: str, limit: Decimal, sender: str, before: Run | None) -> Run | None:
    row: list[Judged] = []
    for one in reversed(known):
        if not is_beyond(one, line, sender):
            break
        row.insert(0, one)
    goes_on = before is not None and len(row) == len(known) and bool(row) and before.since < row[0].taken_at
    while row and not goes_on and sender != ANYBODY and (row[0].sender != sender or row[0].left):
        row.pop(0)
    if not row:
        return None
    since = before.since if before is not None and goes_on else row[0].taken_at
    return Run(since, row[-1].taken_at, len({one.taken_at for one in row}) + goes_on, limit)
