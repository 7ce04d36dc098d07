"""What only a therapist has seen: a nurse is told to go there, and until one has come it is answered by nobody (P1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from django.db.models import QuerySet

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.monitoring.actions import watching
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring.terms import Kind, Priority, Signal

SEEN_BY_THERAPIST = duties.ends_by_word("alarm.seen_by_therapist", "Who went, and what was found")
TO_SUPERVISOR = "supervisor"  # the last stage of a check that nobody did (T5, T6)
SESSION_OVER = "The session is over"


def climbs(kind: str, priority: str, rule: str) -> bool:
    """All that is high, whatever is its kind (T2, T5), and what the page says a supervisor is told of; a medium one of
    a monitor or of a check stays on the screens of chair and station."""
    if priority == Priority.HIGH.word or (kind == Kind.DUE and rule == TO_SUPERVISOR):
        return True
    return kind == Kind.PHYSIOLOGICAL and priority == Priority.MEDIUM.word


def tell_a_nurse(visit: Visit, condition: str, signals: Sequence[Signal], *, by: Actor, at: datetime) -> None:
    """Of what would climb if nobody had seen it, and of no notice. It is a nurse's for as long as the acknowledgement
    keeps it quiet (A7); only then does it go to the prescriber."""
    of_it = [one for one in signals if one.condition == condition and one.priority is not None]
    grave = any(climbs(one.kind, one.priority.word, one.rule) for one in of_it if one.priority is not None)
    if not grave or _told_of(visit).exists():
        return
    chair = visit.chair.name if visit.chair else "a session without a chair"
    until = at + timedelta(seconds=watching.state_now(visit).limits.times.acknowledge_s)
    duties.open_duty(
        kind=SEEN_BY_THERAPIST,
        title="A therapist has seen an alarm",
        why=f"Only the therapist has seen the alarm at {chair}. Go there; press “With the patient”.",
        link=f"/sessions/{visit.pk}/#alarm-{quote(condition)}",
        patient=None,
        visit_id=visit.pk,
        owner_role=Role.RN,
        due_at=at,
        late_at=until,
        escalate_at=until,
        consequence=Consequence.LIFE,
        by=by,
        at=at,
    )


def nurse_has_come(visit: Visit, *, by: Actor, at: datetime, came_at: datetime | None = None) -> None:
    """Somebody who may treat has seen it, or is there: the therapist's word is no longer all there is. Who was there
    before it was seen has not come for it."""
    if by.role != Role.TH:
        for duty in _told_of(visit).filter(created_at__lte=came_at or at):
            duties.close_duty(duty, evidence=visit, by=by, at=at)


def nobody_goes_any_more(visit: Visit, *, by: Actor, at: datetime) -> None:
    """The patient has left, and there is nobody to go to."""
    for duty in _told_of(visit):
        duties.close_duty(duty, evidence=visit, by=by, at=at, reason=SESSION_OVER)


def _told_of(visit: Visit) -> QuerySet[Duty]:
    return Duty.objects.filter(kind=SEEN_BY_THERAPIST, visit_id=visit.pk, state=DutyState.OPEN)
