"""One value as the handbook writes it: a figure with grade and source, a fact by its title, a condition in words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine import candidacy
from ketacare.medicine.candidacy import reader
from ketacare.medicine.evidence.reader import read_sheet
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

# All that a reading says. What a row has besides is told after it.
READING = frozenset({"fact", "valid", "valid_in_series", "each_dose", *COMPARISONS})

# What is named by a key, "opioid_as_needed": never a word by itself, a number or a sentence.
KEY = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
# Parts of a row that name other rows, and that say on whose word.
ROWS = frozenset({"rows", "replaces", "stop", "closed_by"})
SIGNED = frozenset({"override", "signatures", "consult"})
# Parts that are names in a file or a sheet, and are read as such.
NAMES = frozenset({"id", "of", "finding", "aliases", "excludes", "unit"})


@cache
def phrases() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((Path(__file__).parent / "phrases.toml").read_text(encoding="utf-8"))


def called(key: str, section: str = "") -> str:
    keys = phrases()["keys"]
    return keys.get(f"{section}.{key}") or keys.get(key, key.replace("_", " "))


def worded(key: str, section: str = "") -> str:
    """The same of what may be the name of a fact."""
    keys = phrases()["keys"]
    told = f"{section}.{key}" in keys or key in keys or "_" not in key
    return fact(key) if not told and key in reader.shipped().facts else called(key, section)


def named(value: str) -> str:
    """A value that is a key: a fact by its title, all else with spaces for underscores."""
    return worded(value) if KEY.fullmatch(value) else value


@cache
def titles() -> Mapping[str, str]:
    """The rows that others name, by id."""
    sheets = Path(candidacy.__path__[0]).glob("knowledge/*.toml")
    lists = [rows for sheet in sheets for rows in read_sheet(sheet).body.values() if isinstance(rows, tuple)]
    found = [row for rows in lists for row in rows if isinstance(row, Mapping) and {"id", "title"} <= row.keys()]
    return {row["id"]: f"{row['id']} {row['title']}" for row in found}


def part(key: str, value: Any) -> str:
    """What stands under this key: rows by their titles, signatures by whose they are."""
    if key in SIGNED and isinstance(value, str):
        return called(value, "override")
    if key in ROWS and isinstance(value, (str, tuple)):
        ids = (value,) if isinstance(value, str) else value
        return "; ".join(titles().get(row, row) for row in ids)
    if key in NAMES and isinstance(value, (str, tuple)):
        return value if isinstance(value, str) else "; ".join(map(str, value))
    return shown(value, key)


def day(when: date) -> str:
    return when.strftime("%d-%b-%Y")


def shown(value: Any, section: str = "") -> str:
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
        case Mapping() if "fact" in value and COMPARISONS.keys() & value.keys():
            rest = {key: told for key, told in value.items() if key not in READING}
            return "; ".join(filter(None, (reading(value), shown(rest))))
        case Mapping():
            return "; ".join(f"{worded(key, section)}: {part(key, told)}" for key, told in value.items())
        case tuple():
            return "; ".join(shown(one) or "–" for one in value)
        case date():
            return day(value)
    return named(str(value))


def amount(figure: Figure | Series, joint: str = ", ") -> str:
    unit = phrases()["units"].get(figure.unit, figure.unit)
    numbers = figure.values if isinstance(figure, Series) else (figure.value,)
    return f"{joint.join(number(value) for value in numbers)} {unit}".strip()


def spoken(figure: Figure | Series) -> str:
    """Within a sentence: two lengths of minutes or hours are a range, two days are two days."""
    return amount(figure, " to " if figure.unit in ("min", "h") else " and ")


def filled(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its figures in its sentences, where those name them."""
    figures = {**row.get("figures", {}), **row} if isinstance(row.get("figures", {}), Mapping) else row
    told = {f"{{{name}}}": spoken(one) for name, one in figures.items() if isinstance(one, (Figure, Series))}
    return {key: put(value, told) if isinstance(value, str) else value for key, value in row.items()}


def put(words: str, told: Mapping[str, str]) -> str:
    for name, figure in told.items():
        words = words.replace(name, figure)
    return words


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
