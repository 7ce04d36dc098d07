"""The door to a concern."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.clinic.safety.models import Concern


def concern_of(actor: Actor, concern_id: UUID, act: str = "R", *, at: datetime) -> Concern:
    """A concern with its patient, if this person may; opening it is a chart view."""
    rows = Concern.objects.select_related("patient", "owner", "closed_by", "clinic")
    concern = rows.filter(pk=concern_id, clinic_id=actor.clinic_id).first()
    if concern is None:
        raise NotHere
    access.require(actor, "concerns", act, patient=concern.patient)
    access.opened(actor, concern.patient, "concerns", at=at)
    return concern
