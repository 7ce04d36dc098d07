"""An ordinary candidate whom nothing holds back, from the ground on which every vignette is drawn."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.medicine.candidacy.terms import FactKind

NORMAL = Path(__file__).parents[5] / "vignettes" / "normal.toml"


@cache
def normal() -> dict[str, Any]:
    facts: dict[str, Any] = tomllib.loads(NORMAL.read_text(encoding="utf-8"))["facts"]
    return facts


def ordinary(on: date) -> dict[str, str]:
    """The canonical answer to everything that is asked at an evaluation, as known on this day."""
    product = {queries.PRODUCT.name: queries.PRODUCT.choices[0]}
    return product | {
        name: written(value, on)
        for name, value in normal().items()
        if name in asked() and name not in queries.ELSEWHERE
    }


def asked() -> dict[str, FactKind]:
    return {name: kind for name, kind in queries.kinds().items() if kind.told_by != "day"}


def written(value: Any, on: date) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return (on - timedelta(days=value["event_days_ago"])).isoformat()
    return str(value)


def by_group(answers: dict[str, str]) -> dict[str, dict[str, str]]:
    """The same answers as the page has them: a form to a group."""
    found: dict[str, dict[str, str]] = {}
    for name, answer in answers.items():
        found.setdefault(queries.kinds()[name].group, {})[name] = answer
    return found


def posted(answers: dict[str, str]) -> dict[str, str]:
    """The same answers as the form has them: pressed, typed, or a liver value of its own upper limit."""
    fields = {}
    for name, answer in answers.items():
        kind = queries.kinds()[name]
        if kind.kind in ("yes or no", "choice") or answer == "no":
            fields[name] = answer
        else:
            fields[f"{name}.value"] = answer
        if kind.unit == "xULN":
            fields[f"{name}.uln"] = "1"
    return fields
