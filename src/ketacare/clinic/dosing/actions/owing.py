"""A check whose answer was struck out as wrong is owed again: nobody has looked (H7, T5, T6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import answered
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.people.access import Actor
from ketacare.medicine.monitoring.rules import limits as rules_of_limits
from ketacare.medicine.monitoring.terms import Ask, Channel

DROWSY = "drowsy"


def owe_again(session: Session, upto: datetime, *, by: Actor, at: datetime, column: str = "") -> None:
    """In the transaction that strikes the answer."""
    owe(session, answered.unanswered(session, upto, column), by=by, at=at)


def owe(session: Session, again: Sequence[Ask], *, by: Actor, at: datetime) -> None:
    if again and watch.standing(session.visit, at=at) is not None:
        owed = watch.asks_owed(session.visit)
        monitoring.schedule_checks(visit=session.visit, asks=[*owed, *again], by=by, at=at)


def look_again_at(session: Session, value: Decimal, taken_at: datetime, *, by: Actor, at: datetime) -> None:
    """Found drowsy: looked at again in minutes, as often as a pressure beyond a line (H7), not when the schedule comes
    to it."""
    limits = watch.limits_that_hold(session.visit)
    lines = [line for line in limits.lines if line.channel is Channel.MOAAS and line.threshold is not None]
    if session.started_at is None or session.left_at is not None:
        return
    if any(rules_of_limits.beyond(value, line.threshold, line) for line in lines if line.threshold is not None):
        due_at = taken_at + timedelta(seconds=limits.times.repeat_s)
        if due_at > at:
            again = Ask(f"{DROWSY}@{due_at.isoformat()}", "Sedation again", due_at, (Channel.MOAAS,))
            owe(session, [again], by=by, at=at)


def amend_reading(
    *, session: Session, reading: Reading, value: Decimal | None, reason: str, in_error: bool, by: Actor, at: datetime
) -> Reading:
    """A typed value corrected or struck, a monitor's left out; what only the struck one answered is owed again. In the
    transaction of its form."""
    row = monitoring.amend_reading(reading=reading, value=value, reason=reason, in_error=in_error, by=by, at=at)
    if in_error:
        owe_again(session, reading.taken_at, by=by, at=at)
        if session.left_at is None:
            owe(session, answered.pressure_again(session, reading, at), by=by, at=at)
    return row
