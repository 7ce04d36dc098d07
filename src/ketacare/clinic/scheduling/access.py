"""The door to a visit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.clinic.scheduling.models import Visit


def visit_of(actor: Actor, visit_id: UUID, object_name: str, act: str = "R", *, at: datetime) -> Visit:
    """A visit with its patient and chair, if this person may; opening it is a chart view and is audited."""
    visit = (
        Visit.objects.filter(pk=visit_id, clinic_id=actor.clinic_id)
        .select_related("patient", "chair", "clinic")
        .first()
    )
    if visit is None:
        raise NotHere
    access.require(actor, object_name, act, patient=visit.patient)
    access.opened(actor, visit.patient, object_name, at=at)
    return visit
