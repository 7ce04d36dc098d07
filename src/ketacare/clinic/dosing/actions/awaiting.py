"""The wait for an escort has an end: the duty that stands while nobody has come, and goes when somebody has."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.dosing.models import Session, TimelineEntry
from ketacare.clinic.dosing.queries import going_home
from ketacare.clinic.dosing.queries.going_home import Wait
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role

WAIT = "leaving.wait"


def keep_wait(session: Session, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """After a call, a criterion, or either taken back: one duty while somebody is waited for, else none."""
    wait = going_home.escort_wait(session, at)
    if wait is None:
        wait_over(session, entry, by=by, at=at)
    elif not waiting.open_for(session.visit.patient, WAIT).filter(visit_id=session.visit_id).exists():
        wait_owed(session, wait, by=by, at=at)


def wait_over(session: Session, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """The escort is here, or the patient has left: nobody waits any more."""
    for duty in waiting.open_for(session.visit.patient, WAIT).filter(visit_id=session.visit_id):
        duties.close_duty(duty, evidence=entry, by=by, at=at)


def wait_owed(session: Session, wait: Wait, *, by: Actor, at: datetime) -> None:
    """Waiting has an end: then somebody finds another way, and the prescriber hears of it."""
    duties.open_duty(
        kind=WAIT,
        title="No escort yet: find another way home",
        why="Call a second contact, then supervised transport to a responsible adult. A taxi alone is not an escort.",
        link=f"/sessions/{session.visit_id}/release/",
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=Role.RN,
        due_at=wait.until,
        late_at=wait.until,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
