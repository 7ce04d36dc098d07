"""What ends with a visit that does not take place, and what somebody must look at because of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.actions.telling import owes_telling, tell_moved
from ketacare.clinic.scheduling.models import Visit, VisitState

OF_A_VISIT, FOLLOWS, CANNOT = "visit.", "visit.follows", "visit.cannot"
LOOK_WITHIN = timedelta(hours=2)


def let_go(visit: Visit, *, by: Actor, at: datetime, with_it: Collection[UUID] = ()) -> None:
    """Nobody is reminded of it, nothing is owed for it any more; and each visit that belonged to it, and does not end
    with it, is the desk's to move or to cancel. Who saw the record for it alone is looked at when the act is done."""
    for ends in above.given_up:
        ends(visit, by, at)
    others = owes_telling(visit)
    settle(visit, OF_A_VISIT, by=by, at=at)
    if others:  # after it: what is told now may stand at this visit
        tell_moved(visit, by=by, at=at)
    for left in Visit.objects.filter(follows=visit, state=VisitState.BOOKED).exclude(pk__in=with_it):
        duties.open_duty(
            kind=FOLLOWS,
            title="Move or cancel a visit: the dose that it belongs to does not take place",
            patient=left.patient,
            owner_role=Role.FD,
            due_at=at + LOOK_WITHIN,
            why="Its dose was given up",
            link=f"/visits/{left.pk}/planning/",
            by=by,
            at=at,
            visit_id=left.pk,
        )


def moved_away(visit: Visit, *, by: Actor, at: datetime) -> None:
    """It has another time: what was owed for the old one is owed no more, and nobody is reminded of that."""
    for kind in (FOLLOWS, CANNOT):
        settle(visit, kind, by=by, at=at)
    for ends in above.moved:
        ends(visit, by, at)


def settle(visit: Visit, kind: str, *, by: Actor, at: datetime) -> None:
    """What was owed for it is done by what became of it."""
    for duty in Duty.objects.filter(visit_id=visit.pk, kind__startswith=kind, state=DutyState.OPEN):
        duties.close_duty(duty, evidence=visit, by=by, at=at)
