"""One visit as the desk asks for it: how long it is, what it needs, and what it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.models import Plan
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.planning.queries.course import ANEW, INFUSED, plan_of, refuse_paused, rules_for
from ketacare.clinic.planning.queries.phases import counted_before
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.actions.reasons import Reason
from ketacare.clinic.scheduling.models import GIVEN_UP, Course, Visit, VisitChange, VisitKind
from ketacare.clinic.scheduling.queries.placing import Named, placed
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy.queries.windows import placement_of
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.terms import Booked, CourseRules, Kind, Span, Watch
from ketacare.medicine.therapy.terms import Placement

BEFORE_FIRST = (VisitKind.PREPARATION, VisitKind.LABORATORY)
LONGEST = timedelta(hours=8)


@dataclass(frozen=True)
class OneAsked:
    """What the desk typed; without a length it has the usual one of its kind."""

    kind: VisitKind
    starts_at: datetime
    length: timedelta | None
    named: Named


def one_visit(patient: Patient, asked: OneAsked, *, by: Actor) -> Booked:
    """With everything that it would hold; whether it may stand there is judged when it is booked."""
    if asked.kind == VisitKind.DOSE:
        refuse_paused(patient)
    usual, number, before, devices = shape_of(patient, asked.kind)
    length = usual if asked.length is None else asked.length
    if asked.kind == VisitKind.DOSE and length < usual:
        rule = f"is shorter than the {usual // timedelta(minutes=1)} min that this route needs."
        raise Refused(Refusal("minutes", rule, "Leave it empty for the usual length.", "policy"))
    least = least_after(patient) if asked.kind == VisitKind.INTEGRATION else timedelta()
    if timedelta() < length < least:
        rule = f"is shorter than the {least // timedelta(minutes=1)} min that fill a window."
        raise Refused(Refusal("minutes", rule, "Leave it empty for the usual length.", "policy"))
    if not timedelta() < length <= LONGEST:
        raise Refused(Refusal("minutes", "is not a length of a visit.", "Write minutes, 480 at most."))
    span = Span(asked.starts_at, asked.starts_at + length)
    follows = dose_for(patient, asked.kind, asked.starts_at)
    if asked.kind == VisitKind.INTEGRATION and follows is not None:
        number = follows.number_in_course or 0
    watch = scheduling.watches_of([patient.pk]).get(patient.pk, Watch.USUAL)
    after = str(follows.pk) if follows else ""
    one = Booked("new", str(patient.pk), Kind(asked.kind), span, follows=after, number=number, watch=watch)
    sits = asked.kind == VisitKind.DOSE and is_sat_with(patient)
    return placed(one, asked.named, before=before, devices=devices, sits=sits, by=by)


def shape_of(patient: Patient, kind: VisitKind) -> tuple[timedelta, int, timedelta, bool]:
    """Length, number in the course, time before the dose begins, and whether devices are needed."""
    lengths = reader.lengths()
    if kind != VisitKind.DOSE:
        return lengths.others[Kind(kind)], 0, timedelta(), False
    plan, protocol = plan_of(patient)
    number = next_number(patient, plan)
    block = lengths.blocks.get(protocol.route, max(lengths.blocks.values()))
    before = lengths.befores.get(protocol.route, max(lengths.befores.values()))
    return block + (lengths.first_more if number == 1 else timedelta()), number, before, protocol.route in INFUSED


def least_after(patient: Patient) -> timedelta:
    """What a visit lasts at least that fills a window of the house; studied trainings have their own lengths."""
    placement = placement_of(patient)
    return timedelta(minutes=placement.least_minutes.integer) if isinstance(placement, Placement) else timedelta()


def is_sat_with(patient: Patient) -> bool:
    _, protocol = plan_of(patient)
    return protocol.id in reader.lengths().sits


def doses_of(patient: Patient) -> QuerySet[Visit]:
    """Of this enrolment, also those that were given up."""
    enrolled = enrolment.current_enrolment(patient)
    assert enrolled is not None  # there is a plan
    return Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, starts_at__gte=enrolled.created_at)


def taken_numbers(patient: Patient) -> set[int | None]:
    """Of the doses of this enrolment that are given or booked."""
    return set(doses_of(patient).exclude(state__in=GIVEN_UP).values_list("number_in_course", flat=True))


def called_off(patient: Patient) -> set[int]:
    """Doses that a clinician cancelled: whoever decides so decides also whether there is another time."""
    gone = {row.pk: row.number_in_course for row in doses_of(patient).filter(state__in=GIVEN_UP).order_by("created_at")}
    changes = VisitChange.objects.current().filter(visit__in=gone).order_by("recorded_at")
    why = dict(changes.values_list("visit_id", "reason"))
    last = {number: why.get(key) for key, number in gone.items()}
    return {number for number, reason in last.items() if number and reason == Reason.CLINICAL}


def doses_without_place(patient: Patient) -> int:
    """How many of the plan are neither given nor booked, nor called off; nothing where no plan stands."""
    try:
        plan, _ = plan_of(patient)
    except Refused:
        return 0
    return max(plan.sessions + counted_before(plan) - len(taken_numbers(patient) | called_off(patient)), 0)


def next_number(patient: Patient, plan: Plan) -> int:
    """The first dose of the plan that is neither given nor booked."""
    taken = taken_numbers(patient)
    last = plan.sessions + counted_before(plan)
    free = [number for number in range(1, last + 1) if number not in taken]
    if not free or len(taken) >= last:
        raise Refused(Refusal("kind", "Every dose of the plan is given or booked.", ANEW, "policy"))
    return free[0]


def dose_for(patient: Patient, kind: VisitKind, starts_at: datetime) -> Visit | None:
    """The dose whose work this is: the last one before an integration visit, unless it has its visit; the first one
    that preparation and laboratory come before."""
    doses = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE).exclude(state__in=GIVEN_UP)
    if kind in BEFORE_FIRST:
        return doses.filter(number_in_course=1, starts_at__gt=starts_at).first()
    if kind != VisitKind.INTEGRATION:
        return None
    last = doses.filter(starts_at__lt=starts_at).order_by("-starts_at").first()
    if last is None or last.followed_by.filter(kind=kind).exclude(state__in=GIVEN_UP).exists():
        return None
    return last


def rules_without_course(patient: Patient) -> CourseRules | None:
    """What the plan holds single visits to while no course is booked."""
    if Course.objects.filter(patient=patient, ended_at=None).exists():
        return None
    try:
        _, protocol = plan_of(patient)
    except Refused:
        return None
    return rules_for(protocol, patient)
