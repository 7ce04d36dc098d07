"""What was said, told back to the patient in their own language before they hand it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ketacare.clinic.candidacy.forms.screens import PHRASES, WHY_NOT, Ask, Place, Screen, in_language
from ketacare.medicine.outcomes.terms import Item

MISSING = object()


def lines(
    place: Place, values: Mapping[str, Any], codes: Mapping[str, int | None], language: str
) -> list[tuple[str, str]]:
    """What was said at one place: each question and its answer."""
    if place.item is not None:
        return item_said(place.item, codes, language)
    if place.screen.kind in ("medicines", "trials"):
        return list_said(place.screen, values, language) if values else []
    said = [(ask, ask_said(ask, values, language)) for ask in place.screen.asks]
    return [(in_language(ask.words, language), words) for ask, words in said if words]


def ask_said(ask: Ask, values: Mapping[str, Any], language: str) -> str:
    """One answer in words; empty where the question was not asked or left alone."""
    value = values.get(ask.name)
    if value is None:
        return ""
    if "words" in value:
        return str(value["words"])
    if "number" in value:
        return str(value["typed"])
    code = value["answer"]
    if code in WHY_NOT:
        return PHRASES.say(language, code)
    words = dict(ask.options(language))[code]
    return f"{words}, {when_said(value, language)}" if "year" in value else words


def when_said(value: Mapping[str, Any], language: str) -> str:
    if "month" not in value:
        return str(value["year"])
    months = PHRASES.say(language, "months").split("|")
    return f"{months[value['month'] - 1]} {value['year']}"


def span_said(entry: Mapping[str, Any], language: str) -> str:
    """From when until when an antidepressant was taken, as far as it was told."""
    began, ended = (entry.get(name) or {} for name in ("began", "ended"))
    words = {name: when_said(when, language) for name, when in (("began", began), ("ended", ended)) if when}
    if not words:
        return ""
    if not began:
        return PHRASES.say(language, "span_until", **words)
    if entry.get("stopped") == "not":
        return PHRASES.say(language, "span_now", **words)
    return PHRASES.say(language, "span_whole" if ended else "span_from", **words)


def item_said(item: Item, codes: Mapping[str, int | None], language: str) -> list[tuple[str, str]]:
    """One question of a sheet, in the sheet's own words."""
    code = codes.get(item.id, MISSING)
    if code is MISSING:
        return []
    words = next((choice.words for choice in item.choices if choice.code == code), PHRASES.say(language, "left_open"))
    return [(item.words, words)]


def list_said(screen: Screen, values: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """What stands on a list, or why nothing does."""
    names = ", ".join(named(entry, language) for entry in values["entries"])
    closed = values["closed"]
    if not names:
        names = PHRASES.say(language, closed if closed in WHY_NOT else "nothing")
    return [(in_language(screen.title, language), names)]


def named(entry: Mapping[str, Any], language: str) -> str:
    span = span_said(entry, language)
    return f"{entry['name']} ({span})" if span else str(entry["name"])
