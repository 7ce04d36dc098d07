"""One visit by hand: booked new, or moved; and what it would break where it is put."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling import queries
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.actions.assigning import take_back
from ketacare.clinic.scheduling.actions.courses import (
    MARGIN,
    answer_for,
    found_again,
    move_to,
    note_override,
    relane,
    write_visit,
)
from ketacare.clinic.scheduling.actions.keeping import as_shown, held_once, later_check, one_at_a_time
from ketacare.clinic.scheduling.models import Course, Visit, VisitState
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.rules import breaks, patient_breaks
from ketacare.medicine.scheduling.terms import Booked, CourseRules, Kind, Rule, Span, Violation


@transaction.atomic
def place_visit(
    *,
    visit: Visit | None,
    one: Booked,
    reason: str,
    by: Actor,
    at: datetime,
    words: str = "",
    override: str = "",
    rules: CourseRules | None = None,
) -> Visit:
    """One visit by hand, new or moved: held to the rules of the site and of its course (`rules` where it has none yet);
    against one of them only by name, with a reason, and never onto somebody else's chair or hour, nor past the hard
    floor after a dose."""
    patient = visit.patient if visit else Patient.objects.get(pk=one.patient, clinic_id=by.clinic_id)
    access.require(by, "appointments", "U" if visit else "C", patient=patient)
    if visit is None:
        one_at_a_time(by)
    else:
        visit = as_shown(visit, by)
    if visit is not None and visit.state != VisitState.BOOKED:
        raise Refused(Refusal("visit", "has begun or is over.", "Only a visit that is booked can move.", "policy"))
    if one.span.ends <= at:
        raise Refused(Refusal("starts_at", "is in the past.", "Choose a time to come."))
    course = visit.course if visit else open_course(patient)
    faults = faults_of(one, by=by, rules=held_to(patient, course, rules)) + told_too_late(one, visit, by=by, at=at)
    answer_for(faults, patient, by=by, reason=override)
    with held_once():
        later_check()
        if visit is None:
            follows = Visit.objects.filter(patient=patient, pk=one.follows).first() if one.follows else None
            row = write_visit(one, course, follows, None, by=by, at=at)
            found_again(row, by=by, at=at)
        else:
            row = move_to(visit, one, reason, words, by=by, at=at)
            take_back([row], by=by, at=at)
        note_override(row, one, faults, override, by=by, at=at)
        relane({one.person}, [one.span], by)
    audit.note(by=by, at=at, verb="visit.place", on=row, patient=patient, because=reason)
    return row


def held_to(patient: Patient, course: Course | None, rules: CourseRules | None = None) -> CourseRules | None:
    """The rules of the course; where there is none, those of the plan that was signed."""
    course = course or open_course(patient)
    if course is not None:
        return queries.course_rules_of(course)
    return rules or above.rules_without_course(patient)


def open_course(patient: Patient) -> Course | None:
    return Course.objects.filter(patient=patient, ended_at=None).first()


def faults_of(one: Booked, *, by: Actor, rules: CourseRules | None = None) -> list[Violation]:
    """What one visit would break at this place, among the others and among those of its own patient."""
    span = Span(one.span.starts - MARGIN, one.span.ends + MARGIN)
    clinic = Clinic.objects.get(pk=by.clinic_id)
    others = [other for other in queries.booked_in(clinic.pk, span) if other.key != one.key]
    faults = [f for f in breaks([*others, one], queries.house_of(clinic, span)) if one.key in f.keys]
    return faults + own_faults(one, rules, clinic.zone)


def told_too_late(one: Booked, visit: Visit | None, *, by: Actor, at: datetime) -> list[Violation]:
    """A dose at another time is fasted for anew, as in a course and a re-plan: only who comes to it today waits on."""
    notice = reader.lengths().notice
    if one.kind is not Kind.DOSE or one.span.starts >= at + notice:
        return []
    if visit is not None and waits_on(visit, one, by.zone):
        return []
    words = f"Less than {notice // timedelta(hours=1)} h ahead: the patient fasts before it, and is taken home."
    return [Violation(Rule.NOTICE, (one.key,), words)]


def waits_on(visit: Visit, one: Booked, zone: str) -> bool:
    later = visit.starts_at <= one.span.starts
    return later and local_day(visit.starts_at, zone) == local_day(one.span.starts, zone)


def own_faults(one: Booked, rules: CourseRules | None, zone: str) -> list[Violation]:
    """What the patient's other visits make of it: doses given before count by their day, and open their window."""
    since, before = one.span.starts - queries.LOOK_BACK, rules.before if rules else timedelta()
    ahead, done = queries.own_of(UUID(one.patient), since=since, before=before)
    found = patient_breaks([*(other for other in ahead if other.key != one.key), one], rules, zone, given=done)
    return [fault for fault in found if one.key in fault.keys]
