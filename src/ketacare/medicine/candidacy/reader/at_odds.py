"""Reads the sheet of answers that cannot both be right."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy.terms.at_odds import AtOdds, OddLists
from ketacare.medicine.evidence.reader import SheetRefused, condition_from, read_sheet
from ketacare.medicine.evidence.terms import Sheet

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"


@cache
def at_odds_rows() -> tuple[AtOdds, ...]:
    """The shipped rows."""
    return at_odds_from(read_sheet(_KNOWLEDGE / "at-odds-1.toml"))


def at_odds_from(sheet: Sheet) -> tuple[AtOdds, ...]:
    """The rows of a sheet; refused with every condition that cannot be read."""
    body: Mapping[str, Any] = sheet.body
    faults: list[str] = []
    rows = []
    for place, row in enumerate(body["rows"]):
        condition = condition_from(row["when"], f"rows[{place}].when", [], faults)
        if condition is not None:
            rows.append(AtOdds(row["id"], row["title"], condition))
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return tuple(rows)


@cache
def odd_lists() -> OddLists:
    """What the shipped sheet says of lists."""
    lists: Mapping[str, Any] = read_sheet(_KNOWLEDGE / "at-odds-1.toml").body["lists"]  # type: ignore[assignment]
    last, over = lists["last_taken"], lists["over_before"]
    return OddLists((last["id"], last["title"]), (over["id"], over["title"]), last["more_than"], over["untold"])
