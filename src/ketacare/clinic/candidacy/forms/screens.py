"""The screens of the intake in their order: what each asks, in which words, and whom it concerns."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.clinic.links.words import Phrases
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.medicine.candidacy.terms import FactKind
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.rules import worded
from ketacare.medicine.outcomes.terms import Instrument, Item
from ketacare.medicine.safety import reader as safety

ROOM = Path(__file__).parent.parent
PHRASES = Phrases(ROOM / "words.toml")
SCALES, SAFETY = ("phq-9", "gad-7"), "safety-first"
PARTS = (
    *("you", "health", "medicines", "depression", "pregnancy", "bladder"),
    *("substances", "sleep", "safety", "contact"),
)
# Why something is not known is an answer of its own; neither is ever chosen for anybody.
WHY_NOT = ("unable", "refused")
Words = Mapping[str, str]


def in_language(words: Words, language: str) -> str:
    return words.get(language[:2], words.get("en", ""))


@dataclass(frozen=True)
class Ask:
    """One question of a screen. With `fact` it becomes a fact of that name."""

    name: str
    shape: str  # yes or no | choice | date | number | words | line
    words: Words
    hint: Words
    when: Words
    choices: tuple[tuple[str, Words], ...]
    only_if: tuple[str, tuple[str, ...]] | None
    optional: bool
    fact: FactKind | None

    def applies(self, values: Mapping[str, Any]) -> bool:
        """Is it asked, after what was answered before it on this screen?"""
        if self.only_if is None:
            return True
        name, answers = self.only_if
        return values.get(name, {}).get("answer") in answers

    def options(self, language: str) -> list[tuple[str, str]]:
        """What may be pressed: yes and no, or its own choices, in words."""
        if self.shape in ("yes or no", "date"):
            return [(code, PHRASES.say(language, code)) for code in ("yes", "no")]
        return [(code, in_language(words, language)) for code, words in self.choices]


@dataclass(frozen=True)
class Screen:
    id: str
    part: str
    kind: str  # asks | medicines | trials | phq-9 | gad-7 | safety-first
    title: Words
    lead: Words
    asks: tuple[Ask, ...]


@dataclass(frozen=True)
class Place:
    """What is on the phone at one time: a screen, or one question of an instrument."""

    slug: str
    screen: Screen
    instrument: Instrument | None = None
    item: Item | None = None


@cache
def screens() -> tuple[Screen, ...]:
    document = tomllib.loads((ROOM / "questions.toml").read_text())
    return tuple(_screen(row) for row in document["screens"])


def screen(screen_id: str) -> Screen:
    return next(found for found in screens() if found.id == screen_id)


def _screen(row: Mapping[str, Any]) -> Screen:
    asks = tuple(_ask(ask) for ask in row.get("asks", ()))
    return Screen(row["id"], row["part"], row.get("kind", "asks"), row["title"], row["lead"], asks)


def _ask(row: Mapping[str, Any]) -> Ask:
    fact = queries.kinds().get(row["name"])
    if fact is None and "kind" not in row:
        raise KeyError(f"{row['name']}: no fact of the vocabulary, and no kind of its own.")
    only_if = row.get("only_if")
    return Ask(
        name=row["name"],
        shape=row.get("kind") or {"date or no": "date"}.get(fact.kind, fact.kind) if fact else row["kind"],
        words={"en": row["en"], "es": row["es"]},
        hint=row.get("hint", {}),
        when=row.get("when", {}),
        choices=tuple(row.get("choices", {}).items()),
        only_if=(only_if["name"], tuple(only_if["answers"])) if only_if else None,
        optional=row.get("optional", False),
        fact=fact,
    )


def places(*, language: str) -> list[Place]:
    """Every place of the intake in order. Pregnancy is asked of everybody: a sex on record does not say who can be
    pregnant. A scale is asked only in a language in which its owner's own text is at hand."""
    return [place for found in screens() for place in places_of(found, language)]


def places_of(found: Screen, language: str) -> list[Place]:
    instrument = instrument_of(found, language)
    if instrument is None:
        return [Place(found.id, found)]
    return [
        Place(f"{found.id}-{number}", found, instrument, item) for number, item in enumerate(instrument.items, start=1)
    ]


def instrument_of(found: Screen, language: str) -> Instrument | None:
    """The questions of a sheet that this screen asks one by one, in a language in which we may ask them."""
    if found.kind == SAFETY:
        return safety.safety_first(language)
    return scale_in(found.kind, language) if found.kind in SCALES else None


def scale_in(name: str, language: str) -> Instrument | None:
    """A scale in its owner's words of this language; None where only a translation of ours could be shown."""
    sheet = outcomes.instrument(name)
    if language.startswith(sheet.language):
        return sheet
    own = reader.translation(name, language)
    return worded(sheet, own) if own else None


def parts_of(found: list[Place]) -> list[str]:
    """The parts that this intake has, in order, for "3 of 10"."""
    there = {place.screen.part for place in found}
    return [part for part in PARTS if part in there]


@cache
def names_by_part() -> Mapping[str, tuple[str, ...]]:
    """The facts that each part asks for."""
    return {
        part: tuple(ask.name for found in screens() if found.part == part for ask in found.asks if ask.fact)
        for part in PARTS
    }
