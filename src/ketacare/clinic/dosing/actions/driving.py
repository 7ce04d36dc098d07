"""What makes drowsy and is charted only after the patient has left puts off the word that driving is allowed again."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import going_home
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people.access import Actor


def put_off(session: Session, *, by: Actor, at: datetime) -> None:
    """In the transaction that charts it; before they leave there is no word yet."""
    free_at = going_home.drive_from(session)
    if session.left_at is not None and free_at is not None:
        outcomes.put_off_driving(visit=session.visit, until=free_at, by=by, at=at)
