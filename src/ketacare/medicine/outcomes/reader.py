"""Turns this room's sheets into instruments and the cadence of asking."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Figure, Sheet
from ketacare.medicine.outcomes.terms import AskRule, Band, Choice, Instrument, Item

_KNOWLEDGE = Path(__file__).parent / "knowledge"
INSTRUMENTS = ("phq-9", "mood-vas", "anxiety-vas")


@cache
def instrument(sheet_id: str) -> Instrument:
    """The instrument of this name; KeyError when there is none."""
    if sheet_id not in INSTRUMENTS:
        raise KeyError(f"{sheet_id}: no such instrument. Known: {', '.join(INSTRUMENTS)}.")
    return instrument_from(read_sheet(_KNOWLEDGE / f"{sheet_id}.toml"))


@cache
def cadence() -> tuple[AskRule, ...]:
    """What is asked after each dose."""
    sheet = read_sheet(_KNOWLEDGE / "cadence.toml")
    return tuple(_ask(row) for row in _rows(sheet.body, "asks"))


def instrument_from(sheet: Sheet) -> Instrument:
    """The instrument a sheet holds, or SheetRefused naming what it lacks."""
    try:
        return _instrument(sheet)
    except KeyError as absent:
        raise SheetRefused(sheet.header.id, [f"{absent.args[0]}: the instrument lacks it. Add it."])


def _instrument(sheet: Sheet) -> Instrument:
    main, change = _table(sheet.body, "instrument"), _table(sheet.body, "change")
    return Instrument(
        header=sheet.header,
        name=main["name"],
        stem=main["stem"],
        notice=main["notice"],
        language=main["language"],
        recall_days=main["recall"].integer,
        again_after_days=main["again_after"].integer,
        baseline_days=main["baseline_within"].integer,
        items=tuple(_item(row, main) for row in _rows(sheet.body, "items")),
        bands=tuple(Band(row["name"], row["low"].value, row["high"].value) for row in _rows(sheet.body, "bands")),
        remission_under=change.get("remission_under"),
        response_percent=change.get("response"),
        partial_percent=change.get("partial"),
        reliable_change=change.get("reliable"),
        loinc=main.get("loinc"),
        loinc_total=main.get("loinc_total"),
        sources=tuple(sheet.sources[label].citation for label in main["cited"]),
        syndromes=main.get("syndromes", False),
        charted_only=main.get("charted_only", False),
    )


def _item(row: Mapping[str, Any], main: Mapping[str, Any]) -> Item:
    words = row.get("answers") or main.get("answers", ())
    codes = row.get("answers_loinc") or main.get("answers_loinc", (None,) * len(words))
    choices = tuple(Choice(code, word, loinc) for code, (word, loinc) in enumerate(zip(words, codes, strict=True)))
    return Item(
        id=row["id"],
        words=row["words"],
        choices=choices,
        low=_whole(row.get("low"), 0),
        high=_whole(row.get("high"), len(choices) - 1),
        low_words=row.get("low_words", ""),
        high_words=row.get("high_words", ""),
        loinc=row.get("loinc"),
        scored=row.get("scored", True),
    )


def _whole(figure: Figure | None, otherwise: int) -> int:
    return otherwise if figure is None else figure.integer


def _ask(row: Mapping[str, Any]) -> AskRule:
    opens, due, closes = row["opens"], row["due"], row["closes"]
    if {opens.unit, due.unit, closes.unit} != {"h"} or not opens.value <= due.value < closes.value:
        raise SheetRefused("cadence", [f"{row['key']}: opens, due, closes are hours in that order. Correct them."])
    return AskRule(
        row["key"],
        row["title"],
        row["instruments"],
        opens.integer,
        due.integer,
        closes.integer,
        past_next_dose=row.get("past_next_dose", False),
        only_with=row.get("only_with", ""),
    )


def _table(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = body.get(name, {})
    return table


def _rows(body: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    rows: tuple[Mapping[str, Any], ...] = body.get(name, ())
    return rows
