"""The door to recoveries: of this clinic, for whoever may stand for somebody's identity."""

from __future__ import annotations

from uuid import UUID

from ketacare.clinic.people.access import Actor, NotHere, require
from ketacare.clinic.recovery.models import Recovery


def recovery_of(actor: Actor, recovery_id: UUID) -> Recovery:
    require(actor, "recovery", "C")
    rows = Recovery.objects.select_related("user", "asked_by", "second", "clinic")
    row = rows.filter(pk=recovery_id, clinic_id=actor.clinic_id).first()
    if row is None:
        raise NotHere
    return row
