"""The door to a dosing session: found through its visit, checked, and audited as a chart view."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.models import AdverseEvent, Session, TimelineEntry
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling import access as scheduling
from ketacare.clinic.scheduling.models import Visit, VisitKind


def visit_of(actor: Actor, visit_id: UUID, act: str = "R", *, at: datetime, object_name: str = "session") -> Visit:
    """A dosing visit, whether or not its session has been opened. What a patient may see of their own is on pages of
    their own: here are alarms, numbers and remarks that are not released (V4)."""
    if actor.role == Role.PT:
        raise NotAllowed(object_name, act)
    visit = scheduling.visit_of(actor, visit_id, object_name, act, at=at)
    if visit.kind != VisitKind.DOSE:
        raise NotHere
    return visit


def session_of(actor: Actor, visit_id: UUID, act: str = "R", *, at: datetime, object_name: str = "session") -> Session:
    """The session of a visit that has been checked in."""
    visit = visit_of(actor, visit_id, act, at=at, object_name=object_name)
    session = Session.objects.filter(visit=visit).first()
    if session is None:
        raise NotHere
    session.visit = visit
    return session


def entry_of(actor: Actor, session: Session, entry_id: UUID, act: str = "U") -> TimelineEntry:
    """A line of this session's timeline; one of another session is not here (H4)."""
    access.require(actor, "session", act, patient=session.visit.patient)
    entry = TimelineEntry.objects.filter(pk=entry_id, visit=session.visit).first()
    if entry is None:
        raise NotHere
    return entry


def adverse_event_of(actor: Actor, case_id: UUID, act: str = "R", *, at: datetime) -> AdverseEvent:
    """An adverse event as it stands now, by its case; opening it is opening the patient's chart."""
    rows = AdverseEvent.objects.current().filter(case=case_id, clinic_id=actor.clinic_id)
    event = rows.select_related("patient", "visit", "recorded_by").first()
    if event is None:
        raise NotHere
    access.require(actor, "adverse_events", act, patient=event.patient)
    audit.note(by=actor, at=at, verb="adverse_event.open", on=event, patient=event.patient, purpose="care")
    return event
