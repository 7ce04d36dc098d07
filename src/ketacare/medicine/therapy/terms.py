"""The words of integration: a window after a dose, and where its visit stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ketacare.medicine.evidence.terms import Figure, SheetRef


@dataclass(frozen=True, slots=True)
class Placement:
    """When the work is placed after a dose, from the sheet, with the honest limit that goes on every page."""

    sheet: SheetRef
    opens: Figure
    closes: Figure
    skills_until: Figure
    limit: str


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open: from `opens_at` until before `closes_at`."""

    opens_at: datetime
    closes_at: datetime

    def holds(self, moment: datetime) -> bool:
        return self.opens_at <= moment < self.closes_at


@dataclass(frozen=True, slots=True)
class Visit:
    starts_at: datetime
    done: bool


class WindowState(StrEnum):
    NOT_YET = "not yet open"
    OPEN = "open, not booked"
    BOOKED = "booked"
    DONE = "done"
    DONE_OUTSIDE = "done, outside the window"
    MISSED = "missed"
