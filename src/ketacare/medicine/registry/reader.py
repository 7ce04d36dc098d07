"""Turns this room's sheets into what the programme's figures are counted by and held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Sheet
from ketacare.medicine.registry.terms import (
    DAYS_IN,
    Benchmark,
    Caveat,
    Effect,
    Kept,
    Measures,
    PerSession,
    Published,
    Reached,
)

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_FIGURES = ("n", "responded", "control_responded", "remitted", "control_remitted")
_WORDS = ("id", "study", "design", "arm", "instrument", "measured", "remission_is", "caveat")


@cache
def measures() -> Measures:
    return measures_from(read_sheet(_KNOWLEDGE / "measures.toml"))


@cache
def published() -> Published:
    return published_from(read_sheet(_KNOWLEDGE / "benchmarks.toml"))


def measures_from(sheet: Sheet) -> Measures:
    body: Mapping[str, Any] = sheet.body
    weeks, loss, cells, runs = body["weeks"], body["loss"], body["cells"], body["runs"]
    drawn = body["drawn"]
    return Measures(
        header=sheet.header,
        last_week=weeks["last"].integer,
        half_window_days=float(weeks["half_window"].value),
        four_weeks=(float(body["four_weeks"]["first"].value), float(body["four_weeks"]["last"].value)),
        loss_of_gain=float(loss["of_gain"].value) / 100,
        loss_apart_days=float(loss["apart"].value),
        response_drawn_days=float(drawn["response"].value),
        kept_drawn_days=float(drawn["kept"].value),
        smallest_cell=cells["smallest"].integer,
        compared_from=cells["compared_from"].integer,
        least_sites=cells["sites"].integer,
        export_step=cells["export_step"].integer,
        share_step=cells["share_step"].integer,
        kept_days=float(loss["kept"].value),
        confidence=float(body["interval"]["confidence"].value) / 100,
        capture_aim=body["capture"]["aim"],
        windows_aim=body["windows"]["aim"],
        run_longest=runs["longest"].integer,
        run_crossings=float(runs["crossings"].value) / 100,
        run_least_points=runs["least_points"].integer,
        run_months=runs["months"].integer,
        run_quarters=runs["quarters"].integer,
    )


def published_from(sheet: Sheet) -> Published:
    """SheetRefused where a row lacks what it must be shown with."""
    body: Mapping[str, Any] = sheet.body
    return Published(
        header=sheet.header,
        benchmarks=tuple(_benchmark(row) for row in body["benchmarks"]),
        kept=tuple(_kept(row) for row in body["kept"]),
        reached=tuple(_reached(row) for row in body["reached"]),
        effects=tuple(Effect(**row) for row in body["effects"]),
        sessions=tuple(PerSession(**row) for row in body["sessions"]),
        caveats=tuple(
            Caveat(row["words"], sheet.sources[row["source"]].citation, Grade(row["grade"]), row.get("step", ""))
            for row in body["caveats"]
        ),
    )


def _benchmark(row: Mapping[str, Any]) -> Benchmark:
    lacks = [name for name in _WORDS if name not in row or (not row[name] and name != "remission_is")]
    figures: dict[str, Any] = {name: row.get(name) for name in _FIGURES}
    if "control" in row and not (figures["control_responded"] or figures["control_remitted"]):
        lacks.append("the control group's rate")
    if lacks:
        raise SheetRefused("benchmarks", [f"{row.get('id', 'a row')}: lacks {', '.join(lacks)}. Add it."])
    return Benchmark(
        **{name: row[name] for name in _WORDS}, control=row.get("control", ""), **figures, source=_cited(figures)
    )


def _cited(figures: Mapping[str, Figure | None]) -> str:
    return _citations(figure for figure in figures.values() if figure is not None)


def _citations(figures: Iterable[Figure]) -> str:
    found = dict.fromkeys(source.citation for figure in figures for source in figure.sources)
    return "; ".join(found)


def _kept(row: Mapping[str, Any]) -> Kept:
    points = tuple((point["after"], point["kept"]) for point in row["points"])
    wrong = [after.unit for after, _ in points if after.unit not in DAYS_IN]
    if wrong:
        raise SheetRefused("benchmarks", [f"{row['id']}: {wrong[0]} is no time here. Use one of {', '.join(DAYS_IN)}."])
    return Kept(row["id"], row["study"], row["design"], row["instrument"], row["words"], row["caveat"], points)


def _reached(row: Mapping[str, Any]) -> Reached:
    points = tuple((point.get("after", point.get("infusions")), point["reached"]) for point in row["points"])
    wrong = [after for after, _ in points if after is None or after.unit not in {*DAYS_IN, "1"}]
    if wrong:
        raise SheetRefused("benchmarks", [f"{row['id']}: a point has no time and no count of infusions. Give it one."])
    median = row.get("median")
    return Reached(
        row["id"], row["study"], row["design"], row["instrument"], row["words"], row["caveat"], points, median
    )
