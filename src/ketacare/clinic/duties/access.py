"""The door to a duty, and who hears next when one is not done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.access import system as system
from ketacare.clinic.people.models import Role

# Who is told when a role does not answer: the desk asks a nurse, and it ends with the medical director.
LADDER = {Role.TH: Role.FD, Role.ET: Role.FD, Role.FD: Role.RN, Role.RN: Role.RX, Role.RX: Role.MD}

# Roles that see the worklist of the whole clinic, not only their own.
OVERSEERS = frozenset({Role.MD, Role.AU})


def above(role: str) -> str | None:
    """The next in the ladder, or nobody above the director. A role outside the ladder answers to the director."""
    return LADDER.get(Role(role), None if role == Role.MD else Role.MD)


def duty_of(actor: Actor, duty_id: UUID, act: str = "R", *, at: datetime) -> Duty:
    """A duty, if this person may see it; absent and another clinic's look alike."""
    duty = Duty.objects.filter(pk=duty_id, clinic_id=actor.clinic_id).select_related("patient", "owner").first()
    if duty is None:
        raise NotHere
    access.require(actor, "duties", act, patient=duty.patient)
    if not concerns(actor, duty):
        raise NotAllowed("duties", act)
    return duty


def concerns(actor: Actor, duty: Duty) -> bool:
    """Is it this person's, their role's, or do they oversee the clinic?"""
    return actor.role in OVERSEERS or duty.owner_id == actor.user_id or duty.owner_role == actor.role
