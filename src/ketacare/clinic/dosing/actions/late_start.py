"""A dose that was begun before anybody could chart it keeps its time: after its time-out, and not ahead (H17, H21)."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.actions.read_aloud import time_out_before
from ketacare.clinic.dosing.actions.timeline import not_ahead
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.tenancy.refusals import Refusal, Refused


def began_at(session: Session, begun_at: datetime | None, at: datetime) -> datetime:
    """T0. Of the minute of the time-out, the time-out came first."""
    if begun_at is None:
        return at
    not_ahead(begun_at, at, "begun_at")
    read = time_out_before(session, begun_at)
    if read is None:
        raise Refused(Refusal("begun_at", "is before the time-out.", "Enter when it was begun, after it was read."))
    return max(begun_at, read.recorded_at)
