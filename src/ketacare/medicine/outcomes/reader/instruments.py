"""Turns this room's sheets into instruments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import EARLIER, SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet
from ketacare.medicine.outcomes.reader.scoring import (
    counts,
    crosswalks,
    derived,
    findings,
    levels,
    prorate,
    skips,
    subscales,
)
from ketacare.medicine.outcomes.reader.tables import rows, table
from ketacare.medicine.outcomes.terms import (
    Band,
    Choice,
    Explained,
    Instrument,
    Item,
    Licence,
    Rated,
    Spread,
    TotalOf,
    Wording,
)

KNOWLEDGE = Path(__file__).parents[1] / "knowledge"
NO_INSTRUMENTS = ("cadence", "forecast", "outreach")
OURSELVES = "Ketacare"
INSTRUMENTS = tuple(path.stem for path in sorted(KNOWLEDGE.glob("*.toml")) if path.stem not in NO_INSTRUMENTS)


@cache
def instrument(sheet_id: str) -> Instrument:
    """The instrument of this name; KeyError with the names near it when there is none."""
    if sheet_id not in INSTRUMENTS:
        raise KeyError(f"{sheet_id}: no such instrument. {near(sheet_id)}")
    return instrument_from(read_sheet(KNOWLEDGE / f"{sheet_id}.toml"))


@cache
def at_version(sheet_id: str, version: str) -> Instrument | None:
    """The instrument as the version of its sheet had it that made a score; None where that is not on file."""
    newest = instrument(sheet_id)
    if newest.version == version:
        return newest
    path = KNOWLEDGE / EARLIER / f"{sheet_id}-{version}.toml"
    return instrument_from(read_sheet(path)) if path.is_file() else None


@cache
def in_own_words(sheet_id: str, language: str) -> Instrument | None:
    """An instrument whose wording is ours, as its own sheet has it in that language; None where it has not. Nobody
    else's words are ever translated here."""
    plain, suffix = instrument(sheet_id), f"_{language[:2]}"
    body = read_sheet(KNOWLEDGE / f"{sheet_id}.toml").body
    told = {row["id"]: row for row in rows(body, "items")}
    if plain.licence.owner != OURSELVES or not all("words" + suffix in row for row in told.values()):
        return None
    return replace(
        plain,
        language=language[:2],
        notice=table(body, "instrument").get("notice" + suffix, plain.notice),
        items=tuple(_said(item, told[item.id], suffix) for item in plain.items),
    )


def _said(item: Item, row: Mapping[str, Any], suffix: str) -> Item:
    answers = row.get("answers" + suffix, tuple(choice.words for choice in item.choices))
    choices = (replace(choice, words=words) for choice, words in zip(item.choices, answers, strict=True))
    ends = {name: row.get(name + suffix, row.get(name, "")) for name in ("low_words", "high_words")}
    return replace(item, words=row["words" + suffix], choices=tuple(choices), **ends)


@cache
def called() -> Mapping[str, str]:
    """Every name an instrument goes by, with the name of its sheet."""
    return {name: sheet_id for sheet_id in INSTRUMENTS for name in (sheet_id, *instrument(sheet_id).also_called)}


def near(name: str, *others: str) -> str:
    """Which instruments were perhaps meant, or all there are; `others`: names of what another room asks."""
    close = get_close_matches(name.lower().replace("_", "-"), [*called(), *others], n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else f"Known: {', '.join((*INSTRUMENTS, *others))}."


def instrument_from(sheet: Sheet) -> Instrument:
    """The instrument a sheet holds, or SheetRefused naming what it lacks."""
    try:
        return _instrument(sheet)
    except KeyError as absent:
        raise SheetRefused(sheet.header.id, [f"{absent.args[0]}: the instrument lacks it. Add it."])


def _instrument(sheet: Sheet) -> Instrument:
    main, change, scoring = (table(sheet.body, name) for name in ("instrument", "change", "scoring"))
    items = tuple(_item(row, main) for row in rows(sheet.body, "items"))
    return Instrument(
        header=sheet.header,
        name=main["name"],
        stem=main["stem"],
        notice=main["notice"],
        language=main["language"],
        recall_days=main["recall"].integer,
        again_after_days=main["again_after"].integer,
        baseline_days=main["baseline_within"].integer,
        items=items,
        bands=tuple(Band(row["name"], row["low"].value, row["high"].value) for row in rows(sheet.body, "bands")),
        remission_under=change.get("remission_under"),
        remission_at_most=change.get("remission_at_most"),
        response_percent=change.get("response"),
        partial_percent=change.get("partial"),
        reliable_change=change.get("reliable"),
        least_change=change.get("least"),
        sources=tuple(sheet.sources[label].citation for label in main["cited"]),
        licence=_licence(sheet),
        total_of=TotalOf(scoring.get("total_of", TotalOf.ITEMS)),
        subscales=subscales(sheet),
        counts=counts(sheet),
        findings=findings(sheet),
        levels=levels(sheet),
        skips=skips(sheet),
        derived=derived(sheet),
        prorate=prorate(sheet),
        spread=_spread(table(sheet.body, "spread")),
        crosswalks=crosswalks(sheet),
        rated=Rated(main.get("rated", Rated.SELF)),
        also_called=main.get("also_called", ()),
        explained=_explained(table(sheet.body, "explained")),
        **{key: main[key] for key in _PLAIN if key in main},
    )


_PLAIN = (
    *("loinc", "loinc_total", "charted_only", "purpose", "full_name", "edition", "recall_words"),
    *("higher_is_better", "disabled"),
)


def _licence(sheet: Sheet) -> Licence:
    row = table(sheet.body, "licence")
    if not row:
        return Licence(Wording.SHIPPED, OURSELVES, table(sheet.body, "instrument")["notice"], (), Grade.D)
    labels = (row["source"],) if isinstance(row["source"], str) else row["source"]
    return Licence(
        Wording(row["wording"]),
        row["owner"],
        row["terms"],
        tuple(sheet.sources[label].citation for label in labels),
        Grade(row["grade"]),
        row.get("translations", ""),
    )


def _spread(row: Mapping[str, Any]) -> Spread | None:
    return Spread(row["deviation"], row["reliability"], row["line"]) if row else None


def _explained(row: Mapping[str, Any]) -> Explained | None:
    return Explained(tuple(row["items"]), row["words"], row["words_es"]) if row else None


# --- items ---


def _item(row: Mapping[str, Any], main: Mapping[str, Any]) -> Item:
    choices = _choices(row, main)
    before = row.get("asked_if")
    return Item(
        id=row["id"],
        words=row.get("words", ""),
        choices=choices,
        low=_whole(row.get("low", main.get("low")), 0),
        high=_whole(row.get("high", main.get("high")), choices[-1].code if choices else 0),
        low_words=row.get("low_words", ""),
        high_words=row.get("high_words", ""),
        loinc=row.get("loinc"),
        scored=row.get("scored", True),
        topic=row.get("topic", ""),
        is_reversed=row.get("reversed", False),
        needed=row.get("needed", False),
        not_assessed=_codes(row.get("not_assessed")),
        not_added=_codes(row.get("not_added")),
        asked_if=(before["item"], _codes(before["codes"])) if before else None,
    )


def _choices(row: Mapping[str, Any], main: Mapping[str, Any]) -> tuple[Choice, ...]:
    """Answers in words with their codes, which count from 0 unless the sheet gives them; or codes without words."""
    words = row.get("answers") or ("" if "low" in row or "codes" in row else main.get("answers", ())) or ()
    codes = row.get("codes") or (None if "low" in row or "answers" in row else main.get("codes"))
    if codes is None:
        numbers = tuple(range(len(words)))
    else:
        numbers = tuple(int(code) for code in codes.values)
        words = words or ("",) * len(numbers)
    loincs = row.get("answers_loinc") or (main.get("answers_loinc") if words == main.get("answers") else None)
    loincs = loincs or (None,) * len(words)
    return tuple(Choice(*one) for one in zip(numbers, words, loincs, strict=True))


def _codes(series: Series | None) -> frozenset[int]:
    return frozenset() if series is None else frozenset(int(code) for code in series.values)


def _whole(figure: Figure | None, otherwise: int) -> int:
    return otherwise if figure is None else figure.integer
