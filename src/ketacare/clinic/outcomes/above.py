"""What a room above this one asks of patients and keeps itself. It says so once, when the product starts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


def nothing(patient_id: UUID, since: datetime) -> Collection[str]:
    return ()


@dataclass
class Above:
    asked: Callable[[UUID, datetime], Collection[str]] = nothing
    """The scales, as the cadence calls them, that somebody was asked there since then."""


above = Above()
