"""Turns this room's sheets into terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Sheet
from ketacare.medicine.supervision.terms import ConcernLadder, Ladder, Retry, Rung, Stage, Watching

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_UNITS = {"s": 1, "min": 60, "h": 3600}


@cache
def ladder() -> Ladder:
    return ladder_from(read_sheet(_KNOWLEDGE / "ladder.toml"))


@cache
def watching() -> Watching:
    return watching_from(read_sheet(_KNOWLEDGE / "watching.toml"))


@cache
def concern_ladder() -> ConcernLadder:
    return concern_ladder_from(read_sheet(_KNOWLEDGE / "concern-ladder.toml"))


def concern_ladder_from(sheet: Sheet) -> ConcernLadder:
    """Every stage begins with whoever is on call, at once, and ends with everybody: nothing else loads."""
    roster, calls, suicidality = sheet.body["roster"], sheet.body["calls"], sheet.body["suicidality"]
    assert isinstance(roster, Mapping)
    assert isinstance(calls, Mapping)
    assert isinstance(suicidality, Mapping)
    now, same_day = _stage(sheet, "now"), _stage(sheet, "same_day")
    retry = Retry(calls["tries"].integer, _span(calls["again_after"]))
    reasons = frozenset(suicidality["reasons"])
    longest = timedelta(days=_in_days(roster["longest_shift"]))
    return ConcernLadder(sheet.header, now, same_day, _span(roster["look_ahead"]), longest, retry, reasons)


def _in_days(figure: Figure) -> int:
    if figure.unit != "d":
        raise ValueError(f"roster: in {figure.unit}, not in d. Write days.")
    return figure.integer


def _stage(sheet: Sheet, name: str) -> Stage:
    table = sheet.body[name]
    assert isinstance(table, Mapping)
    rungs = tuple(Rung(row["id"], row["title"], _span(row["after"]), row["who"], False) for row in table["rungs"])
    if [rung.after for rung in rungs] != sorted(rung.after for rung in rungs):
        raise ValueError(f"{name}: a later rung comes earlier than the one before it. Put them in their order.")
    if (rungs[0].role, rungs[0].after, rungs[-1].role) != ("owner", timedelta(), "everybody"):
        raise ValueError(f"{name}: it begins with the owner at once and ends with everybody. Put them so.")
    again_after = _span(table["again_after"])
    if not again_after:
        raise ValueError(
            f"{name}: it would go round without a pause. Write how long after the last rung it begins anew."
        )
    return Stage(rungs, _span(table["confirmed_within"]), again_after)


def ladder_from(sheet: Sheet) -> Ladder:
    """The rungs stand in the order they are taken; one that would come before the one above it does not load."""
    high, medium = _rungs(sheet, "high"), _rungs(sheet, "medium")
    for rungs in (high, medium):
        if [rung.after for rung in rungs] != sorted(rung.after for rung in rungs):
            raise ValueError("ladder: a later rung comes earlier than the one before it. Put them in their order.")
    if not any(rung.card for rung in high):
        raise ValueError("ladder: no rung of a high alarm shows the emergency card. Let the last one.")
    times = _times(sheet)
    return Ladder(sheet.header, _span(times["confirmed_within"]), _span(times["same_within"]), high, medium)


def watching_from(sheet: Sheet) -> Watching:
    times, pump, own = _times(sheet), sheet.body["pump"], sheet.body["own_order"]
    assert isinstance(pump, Mapping)
    assert isinstance(own, Mapping)
    spans = {name: _span(figure) for name, figure in times.items()}
    return Watching(
        sheet.header,
        **spans,
        pump_read_after=_span(pump["read_after"]),
        pump_apart=_share(pump["apart"]),
        pump_over_bag_ml=_volume(pump["over_bag"]),
        pump_ahead_most=_span(pump["ahead_most"]),
        own_order_confirmed_within=_span(own["confirmed_within"]),
    )


def _share(figure: Figure) -> Decimal:
    if figure.unit != "%":
        raise ValueError(f"pump: in {figure.unit}, not in %. Write a percentage.")
    return figure.value / 100


def _volume(figure: Figure) -> Decimal:
    if figure.unit != "mL":
        raise ValueError(f"pump: in {figure.unit}, not in mL. Write millilitres.")
    return figure.value


def _rungs(sheet: Sheet, name: str) -> tuple[Rung, ...]:
    rows = sheet.body[name]
    assert isinstance(rows, tuple)
    return tuple(_rung(row) for row in rows)


def _rung(row: Mapping[str, Any]) -> Rung:
    return Rung(row["id"], row["title"], _span(row["after"]), row["role"], row["card"])


def _times(sheet: Sheet) -> Mapping[str, Figure]:
    table = sheet.body["times"]
    assert isinstance(table, Mapping)
    return table


def _span(figure: Figure) -> timedelta:
    if figure.unit not in _UNITS:
        raise ValueError(f"times: in {figure.unit}, not in s, min or h. Write one of these.")
    return timedelta(seconds=figure.integer * _UNITS[figure.unit])
