"""The cadence of asking, from its sheet."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.outcomes.reader.tables import rows
from ketacare.medicine.outcomes.terms import AskRule

_CADENCE = Path(__file__).parents[1] / "knowledge" / "cadence.toml"


@cache
def cadence() -> tuple[AskRule, ...]:
    """What is asked after each dose."""
    return cadence_from(read_sheet(_CADENCE))


def cadence_from(sheet: Sheet) -> tuple[AskRule, ...]:
    return tuple(_ask(row) for row in rows(sheet.body, "asks"))


def _ask(row: Mapping[str, Any]) -> AskRule:
    opens, due, closes = row["opens"], row["due"], row["closes"]
    if {opens.unit, due.unit, closes.unit} != {"h"} or not opens.value <= due.value < closes.value:
        raise SheetRefused("cadence", [f"{row['key']}: opens, due, closes are hours in that order. Correct them."])
    return AskRule(
        row["key"],
        row["title"],
        row["instruments"],
        opens.integer,
        due.integer,
        closes.integer,
        past_next_dose=row.get("past_next_dose", False),
        only_with=row.get("only_with", ""),
    )
