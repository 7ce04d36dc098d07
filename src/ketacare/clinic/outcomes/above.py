"""What the rooms above this one ask of patients, know of them and keep themselves. Each says so once, when the product
starts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from ketacare.clinic.people.models import Patient

NO_MESSAGE = Q(pk__in=())


def nothing(patient_id: UUID, since: datetime) -> Collection[str]:
    return ()


def not_known(patient: Patient) -> bool:
    return False


@dataclass
class Above:
    asked: Callable[[UUID, datetime], Collection[str]] = nothing
    """The scales, as the cadence calls them, that somebody was asked there since then."""
    has_died: Callable[[Patient], bool] = not_known
    """Is a death on record? Nothing more is written to that telephone, and its silence is no sign."""
    goes_on: Q = NO_MESSAGE
    """Messages of a course that go out also while it stands still: of the visit after a dose that was given."""


above = Above()
