"""Reads the wording of an instrument that its owner gives: from the shipped non-commercial pack, or from a clinic."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import fingerprint
from ketacare.medicine.outcomes.reader.instruments import INSTRUMENTS, instrument, near
from ketacare.medicine.outcomes.terms import Instrument, Item, TextPack, Wording

PACKS = Path(__file__).parents[1] / "packs"
NON_COMMERCIAL = "non-commercial"
_NEEDED = ("instrument", "language", "edition", "owner", "licence", "attribution")
_KNOWN = {*_NEEDED, "intro", "stem", "non_commercial"}
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
LONGEST = 2000  # of one text, in characters: no question of any scale is near it


class TextRefused(ValueError):
    """Wording that cannot be used, with every fault: field, rule, remedy."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


@cache
def shipped_packs() -> Mapping[str, TextPack]:
    """The wording that ships apart, under terms that are not ours: off until a clinic adopts it."""
    found = [pack_in(path.read_text(encoding="utf-8")) for path in sorted((PACKS / NON_COMMERCIAL).glob("*.toml"))]
    return {pack.instrument: pack for pack in found}


@cache
def translation(name: str, language: str) -> TextPack | None:
    """The owner's own words in another language, where they are free and stand in this release: never ours."""
    path = PACKS / "translations" / f"{name}.{language[:2]}.toml"
    return pack_in(path.read_text(encoding="utf-8")) if path.is_file() else None


def shipped_text(name: str) -> str:
    """The file of a shipped pack as it stands."""
    return (PACKS / NON_COMMERCIAL / f"{name}.toml").read_text(encoding="utf-8")


def pack_in(text: str) -> TextPack:
    """The wording in a TOML or JSON text, or TextRefused with every fault."""
    return pack_from(_parsed(text))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except ValueError as problem:
        raise TextRefused([f"File: is neither TOML nor JSON ({problem}). Mend the line named."]) from None


def pack_from(given: Any) -> TextPack:
    if not isinstance(given, Mapping) or not isinstance(given.get("text"), Mapping):
        raise TextRefused(["text: the file has no such table. Begin with [text] and name the instrument."])
    faults: list[str] = []
    head = given["text"]
    _check_head(head, faults)
    faults += [
        f"{key}: not a part of the file. Remove it or correct its spelling."
        for key in sorted(given.keys() - {"text", "items", "answers"})
    ]
    scale = _scale(head.get("instrument"), faults)
    items, answers = _table(given, "items", faults), _table(given, "answers", faults)
    if scale is not None:
        _check_items(scale, items, faults)
        _check_answers(scale, answers, faults)
    if faults or scale is None:
        raise TextRefused(faults)
    by_item = {item.id: tuple(answers[key]) for item in scale.items if (key := _answers_of(item, answers))}
    return TextPack(
        **{key: head[key].strip() for key in _NEEDED},
        stem=head.get("stem", "").strip(),
        intro=head.get("intro", "").strip(),
        items={item.id: items[item.id].strip() for item in scale.items},
        answers=by_item,
        non_commercial=head.get("non_commercial", False),
        fingerprint=fingerprint(given),
    )


def _check_head(head: Mapping[str, Any], faults: list[str]) -> None:
    for key in _NEEDED:
        if not isinstance(head.get(key), str) or not head[key].strip():
            faults.append(f"text.{key}: {_WHY[key]}")
    for key in sorted(head.keys() - _KNOWN):
        faults.append(f"text.{key}: not a part of the heading. Remove it or correct its spelling.")
    if isinstance(head.get("language"), str) and head["language"] and not _LANGUAGE.fullmatch(head["language"]):
        faults.append(f"text.language: {head['language']!r} is not a language tag. Write en, es or es-US.")
    for key, meant in (("intro", "the words before the first question"), ("stem", "the sentence above the questions")):
        if not isinstance(head.get(key, ""), str) or len(head.get(key, "")) > LONGEST:
            faults.append(f"text.{key}: not text of up to {LONGEST} characters. Write {meant}.")
    if not isinstance(head.get("non_commercial", False), bool):
        faults.append("text.non_commercial: say true or false.")


_WHY = {
    "instrument": "missing. Name the instrument as `ketacare score --schema` does.",
    "language": "missing. Write the language of the words as en or es.",
    "edition": "missing. Write which edition or form of the owner this is.",
    "owner": "missing. Write whose text it is.",
    "licence": "missing. Write under which licence or agreement you use it: number, date, who granted it.",
    "attribution": "missing. Write the line that the owner wants shown with the form.",
}


def _scale(name: Any, faults: list[str]) -> Instrument | None:
    if not isinstance(name, str) or not name.strip():
        return None
    if name not in INSTRUMENTS:
        faults.append(f"text.instrument: {name!r} is not known. {near(name)}")
        return None
    scale = instrument(name)
    if scale.licence.wording is Wording.NEVER:
        faults.append(f"text.instrument: the words of {scale.name} may stand on no page. Ask from the owner's sheet.")
        return None
    if not scale.items or scale.disabled:
        faults.append(f"text.instrument: {scale.name} has no questions here. Enter its total.")
        return None
    return scale


def _table(given: Mapping[str, Any], name: str, faults: list[str]) -> Mapping[str, Any]:
    found = given.get(name, {})
    if isinstance(found, Mapping):
        return found
    faults.append(f"{name}: not a table. Write a line for each item, by its number.")
    return {}


def _check_items(scale: Instrument, items: Mapping[str, Any], faults: list[str]) -> None:
    known = [item.id for item in scale.items]
    faults += [f"items.{key}: the text has no words for it. Add them." for key in known if key not in items]
    faults += [f"items.{key}: {scale.name} has no such item. Remove it." for key in items if key not in known]
    faults += [
        f"items.{key}: not text of up to {LONGEST} characters. Write the question as the owner has it."
        for key, words in items.items()
        if key in known and not _is_text(words)
    ]


def _check_answers(scale: Instrument, answers: Mapping[str, Any], faults: list[str]) -> None:
    known = {item.id: item for item in scale.items}
    for key, words in answers.items():
        if key != "all" and key not in known:
            faults.append(f"answers.{key}: {scale.name} has no such item. Remove it, or write all.")
        elif not isinstance(words, (list, tuple)) or not all(_is_text(word) for word in words):
            faults.append(f"answers.{key}: not a list of words. Write one for each code.")
    for item in scale.items:
        key = _answers_of(item, answers)
        needed = len(item.codes)
        if key and isinstance(answers[key], (list, tuple)) and len(answers[key]) != needed:
            faults.append(
                f"answers.{key}: {len(answers[key])} given, item {item.id} has {needed} codes. Write them all."
            )


def _answers_of(item: Item, answers: Mapping[str, Any]) -> str:
    """Where the words of an item's answers stand: its own, those of all, or nowhere."""
    return next((key for key in (item.id, "all") if key in answers), "")


def _is_text(words: Any) -> bool:
    return isinstance(words, str) and bool(words.strip()) and len(words) <= LONGEST and words.isprintable()
