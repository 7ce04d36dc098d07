"""A letter’s answer has been read: it counts from now on; where it gave nothing, somebody decides what follows."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.clearance import locked
from ketacare.clinic.candidacy.actions.following import days, owe_the_decision
from ketacare.clinic.candidacy.models import ClearanceAnswer, ClearanceRequest
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role


@transaction.atomic
def read_arrived(row: ClearanceRequest, *, by: Actor, at: datetime) -> None:
    """The prescriber has read what this letter brought and accepts it: from now on it counts."""
    access.require(by, "evaluation", "S", patient=row.patient)
    row = locked(row)
    waiting = list(owed.open_for(row.patient, queries.ARRIVED).filter(link=queries.place_of_letter(row)))
    if not waiting:
        return  # somebody has read it, in another window
    for duty in waiting:
        duties.close_duty(duty, evidence=row, by=by, at=at)
    for answer in queries.answers(row.patient):
        if answer.request_id == row.pk and not answer.gives:
            owe_what_follows(answer, by=by, at=at)
    owe_the_decision(row.patient, by=by, at=at)
    audit.note(by=by, at=at, verb="clearance.read", on=row, patient=row.patient)


def owe_what_follows(row: ClearanceAnswer, *, by: Actor, at: datetime, due_at: datetime | None = None) -> None:
    """Somebody outside said no, or not yet: asking further, or deciding about the treatment, is somebody's."""
    duties.open_duty(
        kind=queries.NOT_GIVEN,
        title="A clearance was not given: ask further, or decide",
        patient=row.patient,
        owner_role=Role.RX,
        due_at=due_at or at + days(queries.following(row.patient).ask_clearance_within),
        why=f"{row.criterion}: {row.get_verdict_display().lower()}",
        link=queries.place_of_clearance(row),
        by=by,
        at=at,
    )
