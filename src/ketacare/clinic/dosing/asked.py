"""What is asked about once, as it was typed: "right as entered" holds for that and nothing else (H2, H15)."""

from __future__ import annotations

from collections.abc import Mapping

# An amount is right of this medicine, by this way and at this time, and of no other.
TOGETHER = {"own_amount": ("own_drug", "own_name", "own_unit", "own_route", "own_given_at")}


def as_typed(typed: Mapping[str, str], name: str) -> str:
    """The field, and those beside it that the question was about."""
    return "|".join(typed.get(one, "").strip() for one in (name, *TOGETHER.get(name, ())))
