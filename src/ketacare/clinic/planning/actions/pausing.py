"""A course that stands still, and its calendar: what is booked ahead is cancelled, or kept by somebody's decision; and
when it goes on, what is left of it gets its time again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import TextChoices

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.models import CourseTurn, Enrolment
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.planning.queries import doses_given
from ketacare.clinic.planning.queries.phases import counted_before
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.refusals import Refusal, Refused

KEPT = duties.ends_by_word("course.kept", "What was agreed with the patient about the visits that stay booked")
LEFT = duties.ends_by_word("course.left", "What was agreed with the patient about the doses that are left")


class Ahead(TextChoices):
    """What becomes of the visits that are booked ahead of a pause."""

    CANCEL = "cancel", "Cancel them: their places are free at once, and the desk tells the patient"
    KEEP = "keep", "Keep them for now: the desk decides with the patient"


@transaction.atomic
def pause_course(*, enrolment: Enrolment, reason: str, booked: str, by: Actor, at: datetime) -> CourseTurn:
    """Nothing more is asked or sent, and no visit ahead is left as if nothing had happened."""
    access.require(by, "appointments", "U", patient=enrolment.patient)
    patient, rows = enrolment.patient, scheduling.ahead(enrolment.patient, at)
    turn = pausing.pause(enrolment=enrolment, reason=reason, by=by, at=at)
    end(patient, LEFT, turn, by=by, at=at)
    if rows and booked not in Ahead.values:
        rule = "What becomes of the visits ahead is not chosen."
        raise Refused(Refusal("booked", rule, "Say whether they are cancelled or kept for now."))
    if rows and booked == Ahead.CANCEL:
        scheduling.clear_ahead(patient=patient, words=turn.reason, by=by, at=at)
    elif rows:
        owe_decision(patient, rows, by=by, at=at)
    audit.note(by=by, at=at, verb="course.ahead", on=turn, patient=patient, because=booked if rows else "nothing")
    return turn


@transaction.atomic
def clear_paused(*, enrolment: Enrolment, by: Actor, at: datetime) -> list[Visit]:
    """It stands still for longer than was thought: what was kept is cancelled now."""
    access.require(by, "appointments", "U", patient=enrolment.patient)
    patient = enrolment.patient
    if pausing.paused_since(patient) is None:
        raise Refused(Refusal("course", "does not stand still.", "Look at the page again.", "policy"))
    rows = scheduling.ahead(patient, at)
    if not rows:
        raise Refused(Refusal("booked", "Nothing is booked ahead any more.", "Look at the page again.", "policy"))
    turn = pausing.turns_of(patient)[0]
    cleared = scheduling.clear_ahead(patient=patient, words=turn.reason, by=by, at=at)
    end(patient, KEPT, turn, by=by, at=at)
    audit.note(by=by, at=at, verb="course.ahead", on=turn, patient=patient, because=str(Ahead.CANCEL))
    return cleared


@transaction.atomic
def resume_course(*, enrolment: Enrolment, reason: str, by: Actor, at: datetime) -> CourseTurn:
    """It goes on: doses of the plan that are neither given nor booked are the desk's to plan, at once."""
    access.require(by, "appointments", "U", patient=enrolment.patient)
    turn = pausing.resume(enrolment=enrolment, reason=reason, by=by, at=at)
    end(enrolment.patient, KEPT, turn, by=by, at=at)
    left = doses_left(enrolment, at, by.zone)
    if left:
        duties.open_duty(
            kind=LEFT,
            title="Plan the doses that are left: the course goes on",
            patient=enrolment.patient,
            owner_role=Role.FD,
            due_at=safety.business_days_after(enrolment.patient.clinic, 1, at),
            why=f"{left} of its doses {'have' if left > 1 else 'has'} no time.",
            link=f"/patients/{enrolment.patient_id}/course/",
            by=by,
            at=at,
        )
    audit.note(by=by, at=at, verb="course.left", on=turn, patient=enrolment.patient, because=str(left))
    return turn


def doses_left(enrolment: Enrolment, at: datetime, zone: str) -> int:
    """Doses of the plan that stands that are neither given nor booked."""
    plan = enrolled.current_plan(enrolment)
    if plan is None:
        return 0
    booked = [one for one in scheduling.ahead(enrolment.patient, at) if one.kind == VisitKind.DOSE]
    planned = plan.sessions + counted_before(plan)
    return max(0, planned - len(doses_given(enrolment.patient, zone)) - len(booked))


def planned_again(patient: Patient, *, evidence: Visit, by: Actor, at: datetime) -> None:
    """What was left has its time: nobody owes it any more."""
    row = enrolled.current_enrolment(patient)
    if row is not None and not doses_left(row, at, by.zone):
        end(patient, LEFT, evidence, by=by, at=at)


def owe_decision(patient: Patient, rows: list[Visit], *, by: Actor, at: datetime) -> None:
    duties.open_duty(
        kind=KEPT,
        title="The course is paused: move or cancel what is still booked",
        patient=patient,
        owner_role=Role.FD,
        due_at=min(safety.business_days_after(patient.clinic, 1, at), rows[0].starts_at),
        why="A dose that is booked cannot begin while the course is paused.",
        link=f"/patients/{patient.pk}/course/pause/",
        by=by,
        at=at,
    )


def end(patient: Patient, kind: str, evidence: CourseTurn | Visit, *, by: Actor, at: datetime) -> None:
    for duty in Duty.objects.filter(patient=patient, kind=kind, state=DutyState.OPEN):
        duties.close_duty(duty, evidence=evidence, by=by, at=at)
