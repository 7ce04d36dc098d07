"""The cadence of asking, from its sheet."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.outcomes.reader.tables import rows
from ketacare.medicine.outcomes.terms import Anchor, AskRule

_CADENCE = Path(__file__).parents[1] / "knowledge" / "cadence.toml"
_QUIET = ("wait", "send")


@cache
def cadence(anchor: Anchor = Anchor.DOSE) -> tuple[AskRule, ...]:
    """What is asked: after each dose, before the next, or as the course goes on."""
    return tuple(rule for rule in cadence_from(read_sheet(_CADENCE)) if rule.anchor is anchor)


@cache
def ask_rules() -> Mapping[str, AskRule]:
    """All of them by key."""
    return {rule.key: rule for rule in cadence_from(read_sheet(_CADENCE))}


def cadence_from(sheet: Sheet) -> tuple[AskRule, ...]:
    return tuple(_ask(row) for row in rows(sheet.body, "asks"))


def _ask(row: Mapping[str, Any]) -> AskRule:
    opens, due, closes = row["opens"], row["due"], row["closes"]
    if {opens.unit, due.unit, closes.unit} != {"h"} or not opens.value <= due.value < closes.value:
        raise SheetRefused("cadence", [f"{row['key']}: opens, due, closes are hours in that order. Correct them."])
    anchor = Anchor(row.get("anchor", "dose"))
    if (anchor is Anchor.COURSE) != ("every" in row):
        raise SheetRefused("cadence", [f"{row['key']}: what goes on with the course, and only that, says every."])
    if row.get("quiet", "wait") not in _QUIET:
        raise SheetRefused("cadence", [f"{row['key']}: quiet is {row['quiet']!r}. Write wait or send."])
    return AskRule(
        row["key"],
        row["title"],
        row["instruments"],
        opens.integer,
        due.integer,
        closes.integer,
        past_next_dose=row.get("past_next_dose", False),
        only_with=row.get("only_with", ""),
        anchor=anchor,
        every_days=row["every"].integer if "every" in row else 0,
        in_place_of=row.get("in_place_of", ""),
        staff=tuple(row.get("staff", ())),
        checks=tuple(row.get("checks", ())),
        has_words=row.get("words", False),
        is_sent_at_night=row.get("quiet", "wait") == "send",
        after_end=row.get("after_end", False),
    )
