"""How a sheet says that answers become a score: parts, counts, findings, and the measure a total is read in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.terms import Figure, Sheet
from ketacare.medicine.outcomes.reader.tables import rows, table
from ketacare.medicine.outcomes.terms import (
    Condition,
    Count,
    Crosswalk,
    Derived,
    Finding,
    Prorate,
    Skip,
    Subscale,
    Take,
    WhenMissing,
)


def subscales(sheet: Sheet) -> tuple[Subscale, ...]:
    return tuple(
        Subscale(row["id"], row["title"], row["items"], Take(row.get("take", Take.SUM)))
        for row in rows(sheet.body, "subscales")
    )


def counts(sheet: Sheet) -> tuple[Count, ...]:
    return tuple(Count(row["id"], row["title"], _lines(row)) for row in rows(sheet.body, "counts"))


def _lines(row: Mapping[str, Any]) -> Mapping[str, int]:
    """The line of each item: its own where it has one, else that of all."""
    own = row.get("least_of", {})
    return {item: own.get(item, row["least"]).integer for item in row["items"]}


def findings(sheet: Sheet) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            row["id"],
            row["title"],
            tuple(_condition(part) for part in row.get("any") or row["all"]),
            is_any="any" in row,
            when_missing=WhenMissing(row.get("when_missing", WhenMissing.OPEN)),
            is_shown=row.get("shown", True),
            is_flag=row.get("flag", False),
        )
        for row in rows(sheet.body, "findings")
    )


def _condition(part: Mapping[str, Any]) -> Condition:
    return Condition(part["of"], _line(part.get("at_least")), _line(part.get("at_most")), part.get("unanswered", False))


def _line(figure: Figure | None) -> Decimal | None:
    return None if figure is None else figure.value


def levels(sheet: Sheet) -> tuple[tuple[str, str], ...]:
    return tuple((row["name"], row["finding"]) for row in rows(sheet.body, "levels"))


def skips(sheet: Sheet) -> tuple[Skip, ...]:
    """In the order in which they are asked: nothing is left out because of what comes after it."""
    order = [row["id"] for row in rows(sheet.body, "items")]
    found = []
    for place, row in enumerate(rows(sheet.body, "skips")):
        named = [*row["after"], *row["items"]]
        if any(item not in order for item in named) or named != sorted(named, key=order.index):
            problem = f"skips.{place}: names no items of this form, or not in its order. Correct them."
            raise SheetRefused(sheet.header.id, [problem])
        found.append(Skip(row["after"], row["at_most"].value, row["items"]))
    return tuple(found)


def derived(sheet: Sheet) -> Derived | None:
    row = table(sheet.body, "derived")
    if not row:
        return None
    if "values" in row:
        first, values = row["from"].integer, row["values"].values
        return Derived(row["id"], row["title"], table=dict(enumerate(values, start=first)))
    factors = {key: row[key].value for key in ("less", "times", "over") if key in row}
    return Derived(row["id"], row["title"], **factors)


def prorate(sheet: Sheet) -> Prorate | None:
    row = table(sheet.body, "prorate")
    return Prorate(row["most_missing"], frozenset(row.get("never", ()))) if row else None


def crosswalks(sheet: Sheet) -> tuple[Crosswalk, ...]:
    return tuple(Crosswalk(row["to"], row["lows"], row["highs"]) for row in rows(sheet.body, "crosswalks"))
