"""A course that ends before its last visit, or stands still: what is cancelled, why, and what the patient is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.scheduling.actions.assigning import take_back
from ketacare.clinic.scheduling.actions.courses import change
from ketacare.clinic.scheduling.actions.keeping import one_at_a_time
from ketacare.clinic.scheduling.actions.leaving import let_go, settle
from ketacare.clinic.scheduling.actions.reasons import Reason, reason_in
from ketacare.clinic.scheduling.actions.telling import TELL as LOOKED_FOR
from ketacare.clinic.scheduling.actions.wording import LONG, fitting
from ketacare.clinic.scheduling.models import GIVEN_UP, Course, Happened, Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.refusals import Refusal, Refused

TELL_WITHIN = timedelta(hours=2)
TELL = duties.ends_by_word("course.tell", "Who was told what, and how")


def to_come(course: Course, at: datetime) -> QuerySet[Visit]:
    """What ends with the course. A dose that was given is looked after whatever becomes of it: the work in its window
    stays booked."""
    rows = Visit.objects.filter(course=course, state=VisitState.BOOKED, starts_at__gt=at)
    return rows.exclude(kind=VisitKind.INTEGRATION, follows__in=given_to(course.patient_id, at))


def given_to(patient_id: UUID, at: datetime) -> QuerySet[Visit]:
    doses = Visit.objects.filter(patient=patient_id, kind=VisitKind.DOSE).exclude(state__in=GIVEN_UP)
    return doses.exclude(state=VisitState.BOOKED, starts_at__gt=at)


@transaction.atomic
def end_course(*, course: Course, reason: str, by: Actor, at: datetime, words: str = "") -> list[Visit]:
    """Every visit of it that is still to come is cancelled with the reason; what took place stays as it was, also where
    nobody noted that they came, and so does the integration visit after a dose that was given."""
    access.require(by, "appointments", "U", patient=course.patient)
    one_at_a_time(by)
    why = reason_in(reason, words)
    course = Course.objects.select_for_update().select_related("patient").get(pk=course.pk)
    if course.ended_at is not None:
        raise Refused(Refusal("course", "has ended already.", "Look at the page again.", "policy"))
    rows = list(to_come(course, at).select_for_update().order_by("starts_at"))
    cancel_all(rows, why, words, by=by, at=at)
    lost = look_no_further(course.patient, by=by, at=at)
    course.ended_at, course.end_reason, course.end_words = at, why, fitting(words, LONG)
    course.version += 1
    course.save(update_fields=["ended_at", "end_reason", "end_words", "version"])
    tell(course.patient, rows, lost, "Tell the patient that the course has ended", by=by, at=at)
    audit.note(by=by, at=at, verb="course.end", on=course, patient=course.patient, because=why)
    return rows


@transaction.atomic
def clear_ahead(*, patient: Patient, words: str, by: Actor, at: datetime) -> list[Visit]:
    """The course stands still: its doses ahead, and what belongs to them, are cancelled and their places free at once.
    What follows a dose that was given stays booked; the rest is planned anew when the course goes on."""
    access.require(by, "appointments", "U", patient=patient)
    one_at_a_time(by)
    keys = [row.pk for row in ahead(patient, at)]
    rows = list(Visit.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("starts_at"))
    cancel_all(rows, Reason.PAUSED, words, by=by, at=at)
    lost = look_no_further(patient, by=by, at=at)
    for course in Course.objects.select_for_update().filter(patient=patient, ended_at=None):
        course.ended_at, course.end_reason, course.end_words = at, Reason.PAUSED, fitting(words, LONG)
        course.version += 1
        course.save(update_fields=["ended_at", "end_reason", "end_words", "version"])
        audit.note(by=by, at=at, verb="course.end", on=course, patient=patient, because=Reason.PAUSED)
    tell(patient, rows, lost, "Tell the patient that the course is paused", by=by, at=at)
    audit.note(by=by, at=at, verb="course.clear", on=patient, patient=patient, because=Reason.PAUSED)
    return rows


def ahead(patient: Patient, at: datetime) -> list[Visit]:
    """Doses to come, in a course or not, and the visits that belong to one of them."""
    rows = Visit.objects.filter(patient=patient, state=VisitState.BOOKED, starts_at__gt=at)
    doses = rows.filter(kind=VisitKind.DOSE)
    return list((doses | rows.filter(follows__in=doses)).select_related("patient", "chair").order_by("starts_at"))


def cancel_all(rows: list[Visit], why: Reason, words: str, *, by: Actor, at: datetime) -> None:
    for row in rows:
        change(row, Happened.CANCELLED, why, by=by, at=at, words=words)
        Visit.objects.filter(pk=row.pk).update(state=VisitState.CANCELLED, version=row.version + 1)
        let_go(row, by=by, at=at, with_it=[one.pk for one in rows])
    take_back(rows, by=by, at=at)


def look_no_further(patient: Patient, *, by: Actor, at: datetime) -> int:
    """What of the course was given up before gets no other time either; how many visits were still looked for. The work
    after a dose that was given is."""
    lost = Visit.objects.filter(patient=patient, state__in=GIVEN_UP).exclude(kind=VisitKind.EVALUATION)
    lost = lost.exclude(kind=VisitKind.INTEGRATION, follows__in=given_to(patient.pk, at))
    owed = Duty.objects.filter(visit_id__in=lost.values("pk"), kind=LOOKED_FOR, state=DutyState.OPEN)
    looked_for = list(lost.filter(pk__in=owed.values("visit_id")))
    for row in looked_for:
        settle(row, LOOKED_FOR, by=by, at=at)
    return len(looked_for)


def tell(patient: Patient, rows: list[Visit], lost: int, title: str, *, by: Actor, at: datetime) -> None:
    if not rows and not lost:
        return
    why = []
    if rows:
        why.append(
            f"{len(rows)} visits were cancelled with it." if len(rows) > 1 else "One visit was cancelled with it."
        )
    if lost:
        what = f"{lost} visits that have no place are" if lost > 1 else "A visit that has no place is"
        why.append(f"{what} looked for no further.")
    duties.open_duty(
        kind=TELL,
        title=title,
        patient=patient,
        owner_role=Role.FD,
        due_at=at + TELL_WITHIN,
        why=" ".join(why),
        link=f"/patients/{patient.pk}/course/",
        by=by,
        at=at,
    )
