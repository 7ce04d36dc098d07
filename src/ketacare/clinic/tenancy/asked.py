"""What is asked about once, as it was typed: "right as entered" holds for that and nothing else (H2, H15)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ketacare.clinic.tenancy.refusals import Refusal


def as_typed(post: Any, names: Iterable[str]) -> str:
    """A field and those beside it that the question was about; of a column of fields every one with something in it."""
    return "|".join(",".join(filter(None, (each.strip() for each in post.getlist(name)))) for name in names)


def question(post: Any, name: str, rule: str, remedy: str, *, about: Iterable[str]) -> list[Refusal]:
    """The question, once: none where the very same was asked about and is said to be right as entered."""
    asked = as_typed(post, about)
    if name in post.getlist("confirm") and post.get(f"{name}_asked", "") == asked:
        return []
    return [Refusal(name, rule, remedy, "unlikely", asked)]
