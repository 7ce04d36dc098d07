"""What is owed after somebody left otherwise than ready, or was called off over a high alarm: a call, a decision."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.dosing.models import Session, TimelineEntry
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as concerns
from ketacare.clinic.safety.models import Tier

CALL_OWED = duties.ends_by_word("leaving.call", "How they are, who is with them, and that nobody drives")
CALL_TONIGHT = "leaving.call"
REVIEW_OWED = duties.ends_by_word("leaving.review", "What was decided for the next dose, and why")
UNMEASURED = duties.ends_by_word("leaving.unmeasured", "What follows from what was not taken before they left")
REVIEWED_WITHIN = timedelta(hours=24)
CALLED_WITHIN = timedelta(hours=2)


def call(
    session: Session,
    entry: TimelineEntry,
    *,
    title: str,
    why: str,
    by: Actor,
    at: datetime,
    within: timedelta = CALLED_WITHIN,
    role: Role = Role.RN,
) -> None:
    """Where it falls due after closing time, whoever is on call then has it, and is told of it now, unless a concern
    of this moment says so already (`within` no time)."""
    clinic, due_at = session.visit.clinic, at + within
    open_then = concerns.staffed(clinic, due_at) == due_at
    shift = None if open_then else concerns.on_call(clinic.pk, due_at)
    if not open_then and within:
        safety.raise_concern(
            patient=session.visit.patient, tier=Tier.SAME_DAY, reason_code=CALL_TONIGHT, source=entry, by=by, at=at
        )
    duties.open_duty(
        kind=CALL_OWED,
        title=title,
        why=why,
        link=f"/sessions/{session.visit_id}/release/",
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=shift.role if shift else role,
        owner=shift.user if shift else None,
        due_at=due_at,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def review(session: Session, entry: TimelineEntry, *, title: str, why: str, by: Actor, at: datetime) -> None:
    """The prescriber reads what happened, and says what the next dose is to be."""
    duties.open_duty(
        kind=REVIEW_OWED,
        title=title,
        why=why,
        link=f"/sessions/{session.visit_id}/release/",
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=Role.RX,
        due_at=entry.recorded_at + REVIEWED_WITHIN,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def unmeasured(session: Session, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """Whoever let them go said why it was not taken; whether that will do is the prescriber's to say (E4, H12)."""
    duties.open_duty(
        kind=UNMEASURED,
        title="Review: left without what is taken before leaving",
        why=f"Not taken: {', '.join(entry.body['not_taken'])}. Why stands in the note of the session.",
        link=f"/sessions/{session.visit_id}/release/",
        patient=session.visit.patient,
        visit_id=session.visit_id,
        owner_role=Role.RX,
        due_at=entry.recorded_at + REVIEWED_WITHIN,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def called_off_over(high: str, session: Session, entry: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """Nobody watches any more what was high when they went (CI-16): somebody hears how they are, and the next dose
    waits for a decision."""
    why = f"No dose, and a high alarm stood: {high[:120]}. Ask how they are, and who has seen to it; urgent care else."
    call(session, entry, title="Call: called off over a high alarm", why=why, role=Role.RX, by=by, at=at)
    why = f"A high alarm stood when they went: {high[:120]}. The next dose waits for a decision."
    review(session, entry, title="Review: called off over a high alarm", why=why, by=by, at=at)
