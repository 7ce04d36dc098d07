"""What an open course still lacks: its doses that are neither given, booked nor called off, with the work after each,
placed around what stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.planning.queries.course import (
    ANEW,
    SPARE,
    Asked,
    Question,
    all_given,
    needs_of,
    plan_of,
    proposal,
    refuse_paused,
    undecided,
)
from ketacare.clinic.planning.queries.one import called_off, taken_numbers
from ketacare.clinic.planning.queries.phases import Stretch, counted_before, stretch_of
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.actions.reasons import Reason
from ketacare.clinic.scheduling.models import GIVEN_UP, Course, Visit, VisitChange, VisitKind, VisitState
from ketacare.clinic.scheduling.planner import Alternative, Held, Need
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.terms import CourseRules, Kind, Span, Watch

THEIR_OWN = frozenset({Reason.PATIENT, Reason.ILL, Reason.ESCORT})


def rest_of(course: Course, asked: Asked, *, by: Actor, at: datetime) -> Question:
    """By the rules that the course is held to, from now on; what is booked of it is not asked for again."""
    patient = course.patient
    plan, protocol = plan_of(patient)
    refuse_paused(patient)
    last = plan.sessions + counted_before(plan)
    missing = sorted(set(range(1, last + 1)) - taken_numbers(patient) - called_off(patient))
    if not missing:
        raise Refused(Refusal("patient", "Every dose of the plan is given or booked.", ANEW, "policy"))
    rules, lengths = scheduling.course_rules_of(course), reader.lengths()
    if other_rhythm(rules, stretch_of(protocol, missing[0] - 1)):
        rule = "What follows stands in another rhythm of the plan than this course."
        raise Refused(Refusal("patient", rule, "End it once its last visit took place, then propose.", "policy"))
    starts = max(at, datetime.combine(asked.first_on, time(), tzinfo=ZoneInfo(by.zone)))
    booked = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, state=VisitState.BOOKED, starts_at__gt=at)
    hours = list(booked.values_list("starts_at", flat=True))
    weeks = -(-len(missing) // rules.per_week)
    horizon = Span(min([starts, *hours]), max([starts, *hours]) + timedelta(days=7 * weeks) + SPARE)
    watch = scheduling.watches_of([patient.pk]).get(patient.pk, Watch.USUAL)
    shape = replace(asked, preparation=False, laboratory=False)
    left = left_of(patient, missing, at)
    work = {row.number_in_course for row in left if row.kind == VisitKind.INTEGRATION and row.number_in_course}
    every = needs_of(last, 0, protocol, lengths, rules, shape, watch=watch, booked_work=work)
    dose_span = Span(max(starts, at + lengths.notice), horizon.ends)
    reviews = Visit.objects.filter(patient=patient, kind=VisitKind.REVIEW).exclude(state__in=GIVEN_UP)
    reviewed = set(reviews.exclude(pk__in=[one.pk for one in left]).values_list("number_in_course", flat=True))
    new = [
        replace(one, span=dose_span) if one.kind is Kind.DOSE else one
        for one in every
        if one.number in missing and not (one.kind is Kind.REVIEW and one.number in reviewed)
    ]
    # what is not asked for again stays where it is, and its duty stays open
    anew = {(one.kind, one.number) for one in new}
    left = tuple(row for row in left if (Kind(row.kind), row.number_in_course) in anew)
    stand, since = standing(patient, horizon, by), starts - scheduling.LOOK_BACK
    ahead = [*booked, *Visit.objects.filter(pk__in=[one.key for one in stand])]
    given = all_given(patient, by.zone, since=since) + undecided(patient, ahead, by.zone, since=since)
    return Question(patient, plan, protocol, rules, (*stand, *new), tuple(sorted(given)), horizon, left)


def days_given_up(patient: Patient, at: datetime, zone: str) -> tuple[tuple[date, date], ...]:
    """Days to come on which a dose was given up for the patient's sake: kept free until the desk says otherwise."""
    gone = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, state__in=GIVEN_UP, starts_at__gt=at)
    changes = VisitChange.objects.current().filter(visit__in=gone).order_by("recorded_at")
    why = dict(changes.values_list("visit_id", "reason"))
    days = {local_day(row.starts_at, zone) for row in gone if why.get(row.pk) in THEIR_OWN}
    return tuple((day, day) for day in sorted(days))


def left_of(patient: Patient, missing: Sequence[int], at: datetime) -> tuple[Visit, ...]:
    """Visits that belonged to a dose that was given up, and still stand where they were: they go with its new time."""
    rows = Visit.objects.filter(patient=patient, state=VisitState.BOOKED, starts_at__gt=at, follows__state__in=GIVEN_UP)
    rows = rows.filter(kind__in=(VisitKind.INTEGRATION, VisitKind.REVIEW), number_in_course__in=missing)
    return tuple(rows.order_by("starts_at"))


def other_rhythm(rules: CourseRules, next_one: Stretch) -> bool:
    return bool(next_one.name) and (next_one.per_week, next_one.least_days) != (rules.per_week, rules.min_days)


def standing(patient: Patient, horizon: Span, by: Actor) -> list[Need]:
    """The doses that are booked, each where it stands."""
    booked = scheduling.booked_in(by.clinic_id, horizon)
    return [
        Need(one.key, one.kind, one.span.length, one.number, stands=one, words=f"Dose {one.number}")
        for one in booked
        if one.patient == str(patient.pk) and one.kind is Kind.DOSE
    ]


def proposal_of_rest(asking: Question, asked: Asked, *, by: Actor) -> list[Alternative] | Held:
    """Each by its number among those that stand; where that does not fit, behind the last one."""
    first: Held | None = None
    for last in (False, True):
        made = proposal(replace(asking, needs=tuple(in_order(asking.needs, last=last))), asked, by=by)
        if not isinstance(made, Held):
            return made
        first = first or made
    assert first is not None
    return first


def in_order(needs: Sequence[Need], *, last: bool) -> list[Need]:
    """New doses by their number among those that stand, or all of them behind the last one."""
    new = sorted((one for one in needs if one.kind is Kind.DOSE and one.stands is None), key=lambda one: one.number)
    booked = [one for one in needs if one.stands is not None]  # in the order of the calendar
    doses = [*booked, *new] if last else sorted([*booked, *new], key=lambda one: one.number)
    return [*doses, *(one for one in needs if one.kind is not Kind.DOSE)]
