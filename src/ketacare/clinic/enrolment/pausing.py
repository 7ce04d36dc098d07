"""A course that stands still for a while, and goes on again; each with its reason.

While it stands still nothing more is asked of the course, no planned dose is asked about or reminded of, and no small
act is sent. A dose that was given is looked after all the same.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.enrolment.models import CourseTurn, Enrolment, EnrolmentState, Turn
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused

LONGEST = 300


def paused() -> QuerySet[Enrolment]:
    """Every course of the entered tenant that stands still."""
    return Enrolment.objects.filter(paused_at__isnull=False).exclude(state=EnrolmentState.ENDED)


def paused_since(patient: Patient | UUID) -> datetime | None:
    return paused().filter(patient=patient).values_list("paused_at", flat=True).first()


def stood_still(patient: Patient, when: datetime) -> bool:
    """At that moment, whatever became of it since; a course that had ended by then stood still no more."""
    turn = turns_of(patient).filter(happened_at__lte=when).exclude(enrolment__ended_at__lte=when).first()
    return turn is not None and turn.turn == Turn.PAUSED


def turns_of(patient: Patient) -> QuerySet[CourseTurn]:
    rows = CourseTurn.objects.current().filter(patient=patient).select_related("recorded_by")
    return rows.order_by("-happened_at")


@transaction.atomic
def pause(*, enrolment: Enrolment, reason: str, by: Actor, at: datetime) -> CourseTurn:
    row = _locked(enrolment, by)
    if row.paused_at is not None:
        raise Refused(Refusal("course", "stands still already.", "Look at the page again.", "policy"))
    return _turn(row, Turn.PAUSED, reason, by=by, at=at)


@transaction.atomic
def resume(*, enrolment: Enrolment, reason: str, by: Actor, at: datetime) -> CourseTurn:
    """What was stopped by the pause and has its time still before it comes back."""
    row = _locked(enrolment, by)
    if row.paused_at is None:
        raise Refused(Refusal("course", "does not stand still.", "Look at the page again.", "policy"))
    return _turn(row, Turn.RESUMED, reason, by=by, at=at)


def _locked(enrolment: Enrolment, by: Actor) -> Enrolment:
    access.require(by, "appointments", "U", patient=enrolment.patient)
    row = Enrolment.objects.select_for_update(of=("self",)).select_related("patient").get(pk=enrolment.pk)
    if row.state == EnrolmentState.ENDED:
        raise Refused(Refusal("course", "has ended.", "Look at the page again.", "policy"))
    return row


def _turn(row: Enrolment, turn: Turn, reason: str, *, by: Actor, at: datetime) -> CourseTurn:
    reason = reason.strip()
    if not reason or len(reason) > LONGEST:
        rule = f"is longer than {LONGEST} letters." if reason else "is empty."
        raise Refused(Refusal("turn_reason", rule, "Say in a few words why."))
    row.paused_at, row.version = at if turn is Turn.PAUSED else None, row.version + 1
    row.save(update_fields=["paused_at", "version"])
    told = CourseTurn.objects.create(**about(row.patient, by, at), enrolment=row, turn=turn, reason=reason)
    audit.note(by=by, at=at, verb=f"course.{turn}", on=row, patient=row.patient_id)
    return told
