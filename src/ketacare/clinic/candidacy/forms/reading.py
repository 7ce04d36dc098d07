"""What was said in an intake, in the clinic's words: part by part, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.forms.screens import PARTS, PHRASES, WHY_NOT, Ask, Screen, in_language, screens
from ketacare.clinic.candidacy.models import Intake
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.candidacy.queries.asked import Asked
from ketacare.clinic.candidacy.queries.intake import GoneOver

IN_PERSON = "To be asked in person: the official text is not here in their language"


@dataclass(frozen=True)
class Row:
    """A question as the clinic names it, what was said, and what has been found since if it is a fact."""

    title: str
    words: str
    own: bool = False  # in the patient's own words
    over: GoneOver | None = None

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
    key: str
    title: str
    rows: tuple[Row, ...]

    @property
    def open(self) -> int:
        return sum(row.over is not None and row.over.verdict == "open" for row in self.rows)


def spoken(intake: Intake, over: Mapping[str, GoneOver]) -> list[Part]:
    """Every part of which something was said."""
    said = intakes.screens_said(intake)
    found = []
    for key in PARTS:
        asked = [screen for screen in screens() if screen.part == key and screen.id in said]
        rows = tuple(row for screen in asked for row in rows_of(screen, said[screen.id].values, over))
        if rows:
            found.append(Part(key, PHRASES.say("en", f"part_{key}"), rows))
    return found


def rows_of(screen: Screen, values: Mapping[str, Any], over: Mapping[str, GoneOver]) -> list[Row]:
    if screen.kind in ("medicines", "trials"):
        return [listed(screen, values)]
    if screen.kind == "phq-9":
        return [Row("PHQ-9", IN_PERSON)]
    return [row_of(ask, values[ask.name], over.get(ask.name)) for ask in screen.asks if ask.name in values]


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


def row_of(ask: Ask, value: Mapping[str, Any], over: GoneOver | None) -> Row:
    title = ask.fact.title if ask.fact else in_language(ask.words, "en")
    if "words" in value:
        return Row(title, value["words"], own=True)
    if over is not None:
        kind = queries.kinds()[ask.name]
        words = queries.in_words(kind, over.told.answer, over.told.to_month)
        return Row(title, f"{words} ({over.told.words})" if over.told.words else words, over=over)
    answer = value.get("answer", "")
    words = dict(ask.options("en")).get(answer) or PHRASES.say("en", answer) if answer else ""
    return Row(title, PHRASES.say("en", answer) if answer in WHY_NOT else words)
