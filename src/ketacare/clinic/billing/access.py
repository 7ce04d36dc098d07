"""The door to what is billed: finished dosing visits of this clinic, and nothing clinical behind them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere, granted
from ketacare.clinic.people.models import Patient

FINISHED = (SessionState.LEFT, SessionState.CLOSED)


def require_staff(actor: Actor, act: str = "R") -> None:
    """A patient's right is to their own facts, on pages of their own; this is the clinic's whole list."""
    if not granted(actor.role, "billing", act, frozenset({"clinic"})):
        raise NotAllowed("billing", act)


def finished(actor: Actor) -> QuerySet[Session]:
    """Visits whose patient has left, of those this person may see."""
    require_staff(actor)
    seen = Patient.objects.filter(access.patients_visible_to(actor, "billing"))
    rows = Session.objects.filter(clinic_id=actor.clinic_id, state__in=FINISHED, started_at__isnull=False)
    return rows.filter(visit__patient__in=seen).select_related("visit__patient", "visit__clinic")


def finished_of(actor: Actor, visit_id: UUID, act: str, *, at: datetime) -> Session:
    """One of them, to say something about it: that opens the record of its patient."""
    require_staff(actor, act)
    session = finished(actor).filter(visit_id=visit_id).first()
    if session is None:
        raise NotHere
    access.patient_of(actor, session.visit.patient_id, "billing", act, at=at, purpose="billing")
    return session
