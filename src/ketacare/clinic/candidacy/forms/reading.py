"""What was said in an intake, in the clinic's words: part by part, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.forms.again import ask_said
from ketacare.clinic.candidacy.forms.said import DRINKS
from ketacare.clinic.candidacy.forms.screens import (
    PARTS,
    PHRASES,
    SAFETY,
    SCALES,
    WHY_NOT,
    Ask,
    Screen,
    in_language,
    screens,
)
from ketacare.clinic.candidacy.models import MISSING, HistoryAnswer, Intake, Said
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.candidacy.queries.asked import Asked
from ketacare.clinic.candidacy.queries.intake import GoneOver
from ketacare.clinic.candidacy.queries.told import Told, grave_items, items_told, screens_told
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.medicine.outcomes.terms import Item

IN_PERSON = "To be asked in person: the official text is not here in their language"
WHY_UNSAID = {"unable": "Does not know", "refused": "Would not say", "": "Did not answer"}
SCORED = {"phq-9": "the score is in the evaluation", "gad-7": "the score is on the page of outcomes"}


@dataclass(frozen=True)
class Row:
    """A question as the clinic names it, what was said, and what has been found since if it is a fact."""

    title: str
    words: str
    own: bool = False  # in the patient's own words
    over: GoneOver | None = None
    before: tuple[tuple[str, datetime], ...] = ()  # what was answered first, and when
    to_ask: bool = False  # a safety question without an answer

    @property
    def question(self) -> Asked:
        """As the evaluation asks it, for whoever finds it otherwise."""
        assert self.over is not None  # only a fact is gone over
        return Asked(queries.kinds()[self.over.name], (), None, False, (), None)

    @property
    def found(self) -> str:
        """What somebody else found of it last."""
        assert self.over is not None
        row = self.over.found
        return "" if row is None else queries.in_words(queries.kinds()[row.name], row.answer, row.to_month)


@dataclass(frozen=True)
class Part:
    """What was said of one topic, and what was asked and not answered, which is asked again in the evaluation."""

    key: str
    title: str
    rows: tuple[Row, ...]
    unable: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def open(self) -> int:
        return sum(row.over is not None and row.over.verdict == "open" for row in self.rows)

    @property
    def to_ask(self) -> int:
        """Safety questions without an answer."""
        return sum(row.to_ask for row in self.rows)


def spoken(intake: Intake, over: Mapping[str, GoneOver]) -> list[Part]:
    """Every part of which something was said."""
    said = intakes.screens_said(intake)
    found = []
    for key in PARTS:
        asked = [screen for screen in screens() if screen.part == key and screen.id in said]
        items = [row for screen in screens() if screen.part == key for row in items_of(screen, intake)]
        if asked or items:
            rows = [row for screen in asked for row in told_of(screen, intake, said[screen.id], over)] + items
            silent = {code: names_of(asked, said, code) for code in WHY_NOT}
            found.append(Part(key, PHRASES.say("en", f"part_{key}"), tuple(rows), silent["unable"], silent["refused"]))
    return found


def items_of(screen: Screen, intake: Intake) -> list[Row]:
    """The questions of a sheet. A scale is read where it is scored; each safety answer is read here too."""
    if screen.kind not in (*SCALES, SAFETY):
        return []
    told, sheet = items_told(intake, screen.kind), outcomes.instrument(screen.kind)
    grave = grave_items(screen.kind)
    if screen.kind == SAFETY:
        rows = [item_row(item.words, item, told.get(item.id, []), item.id in grave) for item in sheet.items]
        return [row for row in rows if row.words or (row.to_ask and not intake.is_open)]
    if not told:
        return []
    known = sum(told[item.id][-1].code is not None for item in sheet.scored_items if item.id in told)
    where = SCORED[screen.kind] if known else "there is no score"
    rows = [Row(sheet.name, f"{known} of {len(sheet.scored_items)} answered; {where}")]
    safety = [(item, told[item.id]) for item in sheet.items if item.id in grave & told.keys()]
    # Its answer is read with the score; what was said before it, or that nothing was, is said nowhere else.
    return rows + [
        item_row(f"{sheet.name}: {item.words}", item, given, True)
        for item, given in safety
        if len(given) > 1 or given[-1].code is None
    ]


def item_row(title: str, item: Item, told: list[Told], is_grave: bool) -> Row:
    if not told:
        return Row(title, "Left open" if is_grave else "", to_ask=is_grave)
    before = tuple((chosen(item, one), one.at) for one in told[:-1])
    return Row(title, chosen(item, told[-1]), before=before, to_ask=is_grave and told[-1].code is None)


def chosen(item: Item, told: Told) -> str:
    return next((choice.words for choice in item.choices if choice.code == told.code), WHY_UNSAID[told.why])


def told_of(screen: Screen, intake: Intake, said: Said, over: Mapping[str, GoneOver]) -> list[Row]:
    """The rows of a screen, each with what was answered before where that was something else."""
    rows = rows_of(screen, said.values, over)
    if said.amends_id is None or screen.kind != "asks":
        return rows
    times = screens_told(intake, screen.id)
    before = {title_of(ask): changes(ask, times) for ask in screen.asks}
    return [replace(row, before=before.get(row.title, ())) for row in rows]


def changes(ask: Ask, times: list[Said]) -> tuple[tuple[str, datetime], ...]:
    """What was answered to one question each time, without what stands."""
    found: list[tuple[str, datetime]] = []
    for one in times:
        words = ask_said(ask, one.values, "en")
        if not found or found[-1][0] != words:
            found.append((words, one.recorded_at))
    return tuple((words or "Not answered", at) for words, at in found[:-1])


def names_of(asked: list[Screen], said: Mapping[str, Said], code: str) -> tuple[str, ...]:
    """The questions of these screens to which this was the answer."""
    return tuple(
        title_of(ask)
        for screen in asked
        for ask in screen.asks
        if said[screen.id].values.get(ask.name, {}).get("answer") == code
    )


def rows_of(screen: Screen, values: Mapping[str, Any], over: Mapping[str, GoneOver]) -> list[Row]:
    if screen.kind in ("medicines", "trials"):
        return [listed(screen, values)]
    if screen.kind in SCALES:
        return [Row(outcomes.instrument(screen.kind).name, IN_PERSON)]
    return [
        row_of(ask, values[ask.name], over.get(ask.name))
        for ask in screen.asks
        if ask.name in values and values[ask.name].get("answer") not in WHY_NOT
    ]


def listed(screen: Screen, values: Mapping[str, Any]) -> Row:
    """A list is in the evaluation entry by entry; here is only whether the patient called it whole."""
    count, closed = len(values["entries"]), values["closed"]
    state = {
        "all": f"{count} told, the whole list",
        "none": "None",
        "unable": f"{count} told; does not know the rest",
        "refused": f"{count} told; did not want to say more",
    }.get(closed, f"{count} told so far, not called whole")
    return Row(in_language(screen.title, "en"), state)


def title_of(ask: Ask) -> str:
    return ask.fact.title if ask.fact else in_language(ask.words, "en")


def row_of(ask: Ask, value: Mapping[str, Any], over: GoneOver | None) -> Row:
    if "words" in value:
        return Row(title_of(ask), value["words"], own=True)
    if over is not None:
        return Row(title_of(ask), fact_words(over.told), over=over)
    return Row(title_of(ask), dict(ask.options("en")).get(value.get("answer", ""), ""))


def fact_words(row: HistoryAnswer) -> str:
    """A told fact, with what was said besides; an event without its date is known to have been."""
    words = queries.in_words(queries.kinds()[row.name], row.answer, row.to_month)
    if row.name == DRINKS and row.typed:
        return f"{row.typed} ({words})"
    if row.words:
        return row.words if row.answer in MISSING else f"{words} ({row.words.lower()})"
    return words
