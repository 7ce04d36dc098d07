"""Who is next for a place: the most urgent first, then whoever has waited longest; and why, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ketacare.medicine.scheduling.terms import InLine

WORDS = {1: "danger", 2: "urgent", 3: "soon", 4: "routine"}


def in_order(waiting: Iterable[InLine]) -> list[InLine]:
    return sorted(waiting, key=lambda one: (one.urgency, one.since, one.key))


def passed_over(waiting: Iterable[InLine], placed: str) -> tuple[str, ...]:
    """Who stood before the one that got the place."""
    order = [one.key for one in in_order(waiting)]
    return tuple(order[: order.index(placed)]) if placed in order else ()


def why_here(one: InLine, at: datetime) -> str:
    """The reason for a place in the line, as it can be told to whoever asks."""
    days = max((at - one.since).days, 0)
    waited = "since today" if days == 0 else f"{days} day{'s' if days != 1 else ''}"
    passed = f", passed over {one.passed_over} times" if one.passed_over > 1 else ", passed over once"
    return f"{WORDS.get(one.urgency, 'routine')}, waits {waited}" + (passed if one.passed_over else "")
