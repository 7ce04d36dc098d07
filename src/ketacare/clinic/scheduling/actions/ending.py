"""The end of a course before its last visit: why, and what is told to the patient."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.actions.courses import change
from ketacare.clinic.scheduling.actions.days import reason_in
from ketacare.clinic.scheduling.actions.keeping import one_at_a_time
from ketacare.clinic.scheduling.actions.leaving import let_go
from ketacare.clinic.scheduling.actions.wording import LONG, fitting
from ketacare.clinic.scheduling.models import Course, Happened, Visit, VisitState
from ketacare.clinic.tenancy.refusals import Refusal, Refused

TELL_WITHIN = timedelta(hours=2)


def to_come(course: Course, at: datetime) -> QuerySet[Visit]:
    return Visit.objects.filter(course=course, state=VisitState.BOOKED, starts_at__gt=at)


@transaction.atomic
def end_course(*, course: Course, reason: str, by: Actor, at: datetime, words: str = "") -> list[Visit]:
    """Every visit of it that is still to come is cancelled with the reason; what took place stays as it was, also where
    nobody noted that they came."""
    access.require(by, "appointments", "U", patient=course.patient)
    one_at_a_time(by)
    why = reason_in(reason, words)
    course = Course.objects.select_for_update().select_related("patient").get(pk=course.pk)
    if course.ended_at is not None:
        raise Refused(Refusal("course", "has ended already.", "Look at the page again.", "policy"))
    rows = list(to_come(course, at).select_for_update().order_by("starts_at"))
    for row in rows:
        change(row, Happened.CANCELLED, why, by=by, at=at, words=words)
        Visit.objects.filter(pk=row.pk).update(state=VisitState.CANCELLED, version=row.version + 1)
        let_go(row, by=by, at=at, with_it=[one.pk for one in rows])
    course.ended_at, course.end_reason, course.end_words = at, why, fitting(words, LONG)
    course.version += 1
    course.save(update_fields=["ended_at", "end_reason", "end_words", "version"])
    if rows:
        duties.open_duty(
            kind="course.tell",
            title="Tell the patient that the course has ended",
            patient=course.patient,
            owner_role=Role.FD,
            due_at=at + TELL_WITHIN,
            why=f"{len(rows)} visits were cancelled with it." if len(rows) > 1 else "One visit was cancelled with it.",
            link=f"/patients/{course.patient_id}/course/",
            by=by,
            at=at,
        )
    audit.note(by=by, at=at, verb="course.end", on=course, patient=course.patient, because=why)
    return rows
