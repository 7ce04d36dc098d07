"""What an alarm can no longer say by sounding, the prescriber is asked to look at."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as duties_of
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.models import Visit

# Nothing that is recorded later shows that somebody has looked.
for _kind in ("alarm.paused_again", "readings.review", "reading.review"):
    duties.ends_by_word(_kind, "What was seen, and what follows from it")


def ask_prescriber(
    visit: Visit, kind: str, title: str, why: str, *, page: str = "", once: bool = True, by: Actor, at: datetime
) -> None:
    """A duty of this visit, due now. `once`: one that is open already says it too."""
    if once and duties_of.open_for(visit.patient, kind).filter(visit_id=visit.pk).exists():
        return
    duties.open_duty(
        kind=kind,
        title=title,
        why=why,
        link=f"/sessions/{visit.pk}/{page}",
        patient=visit.patient,
        visit_id=visit.pk,
        owner_role=Role.RX,
        due_at=at,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
