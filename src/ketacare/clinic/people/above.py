"""What the rooms above this one do when something of a patient is written down below them. Each says so once, when the
product starts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient

learned: list[Callable[[Patient, Actor, datetime], None]] = []
"""Each is told that an allergy list, a weight or a score was written down, amended or struck out, within the same
transaction."""


def tell_above(patient: Patient, *, by: Actor, at: datetime) -> None:
    for hear in learned:
        hear(patient, by, at)
