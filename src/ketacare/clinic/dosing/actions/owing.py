"""A check whose answer was struck out as wrong is owed again: nobody has looked (H7, T5, T6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import answered
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.people.access import Actor
from ketacare.medicine.monitoring.terms import Ask


def owe_again(session: Session, upto: datetime, *, by: Actor, at: datetime, column: str = "") -> None:
    """In the transaction that strikes the answer."""
    owe(session, answered.unanswered(session, upto, column), by=by, at=at)


def owe(session: Session, again: Sequence[Ask], *, by: Actor, at: datetime) -> None:
    if again and watch.standing(session.visit, at=at) is not None:
        owed = watch.asks_owed(session.visit)
        monitoring.schedule_checks(visit=session.visit, asks=[*owed, *again], by=by, at=at)


def amend_reading(
    *, session: Session, reading: Reading, value: Decimal | None, reason: str, in_error: bool, by: Actor, at: datetime
) -> Reading:
    """A typed value corrected or struck, a monitor's left out; what only the struck one answered is owed again. In the
    transaction of its form."""
    row = monitoring.amend_reading(reading=reading, value=value, reason=reason, in_error=in_error, by=by, at=at)
    if in_error:
        owe_again(session, reading.taken_at, by=by, at=at)
        if session.left_at is None:
            owe(session, answered.pressure_again(session, reading), by=by, at=at)
    return row
