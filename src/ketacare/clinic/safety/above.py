"""What the rooms above this one know of the processes that call people: said once, when the product starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

# Since when, in words where it is no moment; nothing while calls go out.
Uncalled = datetime | str | None


def goes_out(at: datetime) -> Uncalled:
    return None


@dataclass
class Above:
    uncalled: Callable[[datetime], Uncalled] = goes_out
    """Since when no text and no call about a concern goes out: the process that calls people says nothing (D9)."""


above = Above()
