"""One value as the handbook writes it: a figure with grade and source, a fact by its title, a condition in words."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy import reader
from ketacare.medicine.evidence.terms import Figure, Series

COMPARISONS = {
    "is": "is",
    "is_not": "is not",
    "over": "over",
    "at_least": "at least",
    "under": "under",
    "at_most": "at most",
    "one_of": "one of",
    "within": "within the last",
    "for": "for at least",
}


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((Path(__file__).parent / "phrases.toml").read_text(encoding="utf-8"))


def called(key: str, section: str = "") -> str:
    keys = phrases()["keys"]
    return keys.get(f"{section}.{key}") or keys.get(key, key.replace("_", " "))


def day(when: date) -> str:
    return when.strftime("%d-%b-%Y")


def shown(value: Any) -> str:
    """A value in a cell of its own, where a figure carries grade and source in brackets."""
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case Figure() | Series():
            return f"{amount(value)} [{value.grade}: {labels(value)}]"
        case Mapping() if "when" in value:
            return f"{value['title']} ({condition(value['when'])})"
        case Mapping():
            return "; ".join(f"{called(key)}: {shown(part)}" for key, part in value.items())
        case tuple():
            return "; ".join(shown(part) or "–" for part in value)
        case date():
            return day(value)
    return str(value)


def amount(figure: Figure | Series) -> str:
    unit = phrases()["units"].get(figure.unit, figure.unit)
    numbers = figure.values if isinstance(figure, Series) else (figure.value,)
    return f"{', '.join(number(value) for value in numbers)} {unit}".strip()


def number(value: Decimal) -> str:
    """5, never 5.0; 0.5, never .5; commas at thousands."""
    plain = value.normalize() if value else Decimal(0)
    return f"{plain:,f}"


def labels(figure: Figure | Series) -> str:
    return ", ".join(source.label for source in figure.sources)


# --- conditions ----------------------------------------------------------------------------------------------------


def fact(name: str) -> str:
    """A fact by its title in the vocabulary, without the capital."""
    kind = reader.shipped().facts.get(name)
    title = phrases()["keys"].get(f"fact.{name}") or (kind.title if kind else name.replace("_", " "))
    return title if title[:2].isupper() else f"{title[:1].lower()}{title[1:]}"


def condition(tree: Mapping[str, Any]) -> str:
    for key, joint in (("all", " and "), ("any", " or ")):
        if key in tree:
            return joint.join(grouped(part) for part in tree[key])
    if "not" in tree:
        return f"not ({condition(tree['not'])})"
    return reading(tree)


def grouped(part: Mapping[str, Any]) -> str:
    return f"({condition(part)})" if {"all", "any"} & part.keys() else condition(part)


def reading(leaf: Mapping[str, Any]) -> str:
    word = next(key for key in leaf if key in COMPARISONS)
    line = leaf[word]
    told = f"{fact(leaf['fact'])} {compared(word, line)}"
    valid = f", known {validity(leaf['valid'])}" if "valid" in leaf else ""
    series = f", within a series {validity(leaf['valid_in_series'])}" if "valid_in_series" in leaf else ""
    each = ", asked on each dosing day" if leaf.get("each_dose") else ""
    return f"{told}{valid}{series}{each}"


def compared(word: str, line: Any) -> str:
    if word == "within" and line == "ever":
        return "ever"
    if isinstance(line, bool):
        return f"{COMPARISONS[word]} {'yes' if line else 'no'}"
    return f"{COMPARISONS[word]} {' or '.join(line) if isinstance(line, tuple) else shown(line)}"


def validity(valid: Any) -> str:
    return {"today": "only today", "ever": "for ever"}.get(valid) or f"for {shown(valid)}"
