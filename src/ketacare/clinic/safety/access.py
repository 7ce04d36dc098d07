"""The door to a concern."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.clinic.people.models import BreakGlass, Patient
from ketacare.clinic.safety.models import Concern, OnCall


def concern_of(actor: Actor, concern_id: UUID, act: str = "R", *, at: datetime) -> Concern:
    """A concern with its patient, if this person may; opening it is a chart view."""
    rows = Concern.objects.select_related("patient", "owner", "closed_by", "clinic")
    concern = rows.filter(pk=concern_id, clinic_id=actor.clinic_id).first()
    if concern is None:
        raise NotHere
    access.require(actor, "concerns", act, patient=concern.patient)
    access.opened(actor, concern.patient, "concerns", at=at)
    return concern


def stranger_of(actor: Actor, patient_id: UUID) -> Patient:
    """The one door made for somebody who is not assigned: it says that this person is of this clinic, and nothing else
    of them. Whoever may read the record anyway has no emergency to open it in."""
    access.require(actor, "emergency", "C")
    patient = Patient.objects.filter(pk=patient_id, clinic_id=actor.clinic_id).first()
    if patient is None:
        raise NotHere
    return patient


def emergency_of(actor: Actor, glass_id: UUID, act: str = "R", *, at: datetime) -> BreakGlass:
    """An opening with its patient, for whoever answers for it."""
    rows = BreakGlass.objects.select_related("patient", "user", "clinic")
    glass = rows.filter(pk=glass_id, clinic_id=actor.clinic_id).first()
    if glass is None:
        raise NotHere
    access.require(actor, "emergency", act, patient=glass.patient)
    access.opened(actor, glass.patient, "emergency", at=at, purpose="review")
    return glass


def shift_of(actor: Actor, shift_id: UUID) -> OnCall:
    """A shift of this clinic, for whoever sets the roster."""
    access.require(actor, "concerns", "A")
    shift = OnCall.objects.filter(pk=shift_id, clinic_id=actor.clinic_id).first()
    if shift is None:
        raise NotHere
    return shift
