"""What the rooms above this one do when something of a patient is written down below them. Each says so once, when the
product starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient

learned: list[Callable[[Patient, Actor, datetime], None]] = []
"""Each is told that an allergy list, a weight or a score was written down, amended or struck out, within the same
transaction."""

_waiting: ContextVar[dict[UUID, tuple[Patient, Actor, datetime]] | None] = ContextVar("waiting", default=None)


def tell_above(patient: Patient, *, by: Actor, at: datetime) -> None:
    if is_told_later(patient, by=by, at=at):
        return
    for hear in learned:
        hear(patient, by, at)


def is_told_later(patient: Patient, *, by: Actor, at: datetime) -> bool:
    """Within `telling_once` nothing is told yet: it is remembered for its end."""
    waiting = _waiting.get()
    if waiting is not None:
        waiting[patient.pk] = patient, by, at
    return waiting is not None


@contextmanager
def telling_once() -> Iterator[None]:
    """An act that writes down several things tells of each person once, when all of it stands: whoever judges a case
    judges the whole of it. Within another, the outermost tells."""
    if _waiting.get() is not None:
        yield
        return
    waiting: dict[UUID, tuple[Patient, Actor, datetime]] = {}
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    for patient, by, at in waiting.values():
        tell_above(patient, by=by, at=at)
