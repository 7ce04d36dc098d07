"""Booking a whole course; and what a visit is told, loses and holds when it moves or has no place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling import queries
from ketacare.clinic.scheduling.actions.assigning import assign_for, take_back
from ketacare.clinic.scheduling.actions.keeping import as_shown, held_once, later_check, one_at_a_time
from ketacare.clinic.scheduling.actions.leaving import FOLLOWS, let_go, moved_away, settle
from ketacare.clinic.scheduling.actions.resources import fact_of, place_of
from ketacare.clinic.scheduling.actions.telling import TELL, because, tell, tell_moved, tell_new_dates
from ketacare.clinic.scheduling.actions.wording import LONG, SHORT, fitting
from ketacare.clinic.scheduling.models import (
    GIVEN_UP,
    Course,
    Happened,
    Hold,
    Visit,
    VisitChange,
    VisitKind,
    VisitState,
)
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.rules import breaks, patient_breaks
from ketacare.medicine.scheduling.terms import (
    NEVER_LIFTED,
    Booked,
    CourseRules,
    Kind,
    PlaceKind,
    Rule,
    Span,
    Violation,
)

MARGIN = timedelta(days=1)
NOTHING: Mapping[tuple[str, int | None], Visit] = {}
OVERRIDE = "Choose another time, or let a prescriber go on by name and with a reason."
REMEDIES = {
    **dict.fromkeys(NEVER_LIFTED, "Choose another one that is free, or another time."),
    Rule.SKILL: "Choose somebody who is planned for it; skills stand under Resources.",
    Rule.FLOOR: "Choose the next morning or later.",
    Rule.AFTER: "Move both in one step: what goes with a dose is shown beside its new time.",
}
# Which part of a form each rule is about; the others are about the time.
FIELDS = {
    **dict.fromkeys((Rule.SKILL, Rule.AWAY, Rule.PERSON_TWICE, Rule.HANDS_ON, Rule.RATIO), "person"),
    **dict.fromkeys((Rule.PLACE, Rule.OUT_OF_ORDER, Rule.PLACE_TWICE), "chair"),
}


@transaction.atomic
def book_course(
    *,
    patient: Patient,
    sheet_id: str,
    sheet_version: str,
    rules: CourseRules,
    visits: Sequence[Booked],
    by: Actor,
    at: datetime,
    wishes: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Course:
    """Every visit of an alternative, or none: what was free when it was shown is judged again now. Doses that were
    booked with the plan are moved, not booked a second time."""
    access.require(by, "appointments", "C", patient=patient)
    one_at_a_time(by)
    if Course.objects.filter(patient=patient, ended_at=None).exists():
        raise Refused(
            Refusal("patient", "has a course that has not ended.", "Move its visits, or end it first.", "policy")
        )
    if min(one.span.starts for one in visits) <= at:
        raise Refused(Refusal("visits", "begin in the past.", "Ask for a new proposal."))
    waiting = doses_waiting(patient, at)
    refuse_broken(patient, visits, rules, by=by, at=at, reason=reason, instead_of={str(one.pk) for one in waiting})
    course = Course.objects.create(
        **place_of(by, at),
        patient=patient,
        sheet_id=sheet_id,
        sheet_version=sheet_version,
        rules=queries.kept_rules(rules),
        wishes=dict(wishes or {}),
    )
    with held_once():
        later_check()
        write_visits(course, visits, waiting, by=by, at=at)
    audit.note(by=by, at=at, verb="course.book", on=course, patient=patient)
    return course


@transaction.atomic
def add_to_course(
    *, course: Course, visits: Sequence[Booked], rules: CourseRules, left: Sequence[Visit], by: Actor, at: datetime
) -> Course:
    """What an open course still lacks, as it was shown: every visit of it, or none. What is booked stays; what was
    left of a dose that was given up goes with its new time."""
    access.require(by, "appointments", "C", patient=course.patient)
    one_at_a_time(by)
    course = Course.objects.select_for_update().get(pk=course.pk)
    if course.ended_at is not None:
        raise Refused(Refusal("patient", "The course has ended meanwhile.", "Look at the page again.", "policy"))
    if min(one.span.starts for one in visits) <= at:
        raise Refused(Refusal("visits", "begin in the past.", "Ask for a new proposal."))
    shown = {(str(one.kind), one.number) for one in visits}
    # the others stay, each with its duty
    left = [as_shown(row, by) for row in left if (row.kind, row.number_in_course) in shown]
    instead = {(row.kind, row.number_in_course): row for row in left}
    refuse_broken(course.patient, visits, rules, by=by, at=at, reason="", instead_of={str(row.pk) for row in left})
    with held_once():
        later_check()
        write_visits(course, visits, [], instead, by=by, at=at)
        for row in left:
            settle(row, FOLLOWS, by=by, at=at)
    audit.note(by=by, at=at, verb="course.add", on=course, patient=course.patient)
    return course


@transaction.atomic
def keep_window(*, patient: Patient, opens_h: int, closes_h: int, by: Actor, at: datetime) -> Course | None:
    """The hours after a dose that therapy has chosen for this patient, kept with the open course: moves, windows at
    risk and duties read them there. No visit moves by it."""
    access.require(by, "preparation", "C", patient=patient)
    course = Course.objects.select_for_update().filter(patient=patient, ended_at=None).first()
    if course is None or (course.rules["opens_h"], course.rules["closes_h"]) == (opens_h, closes_h):
        return course
    course.rules |= {"opens_h": opens_h, "closes_h": closes_h}
    course.version += 1
    course.save(update_fields=["rules", "version"])
    audit.note(by=by, at=at, verb="course.window", on=course, patient=patient, because=f"{opens_h} to {closes_h} h")
    return course


def doses_waiting(patient: Patient, at: datetime) -> list[Visit]:
    """Doses booked ahead outside any course: the plan's own, in their order."""
    rows = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, state=VisitState.BOOKED, starts_at__gt=at)
    return list(rows.filter(course=None).order_by("starts_at"))


def refuse_broken(
    patient: Patient,
    visits: Sequence[Booked],
    rules: CourseRules,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    instead_of: set[str],
) -> None:
    """A rule of the site or of the course that these would break; with a reason, by whoever signs plans, they may."""
    span = Span(min(one.span.starts for one in visits) - MARGIN, max(one.span.ends for one in visits) + MARGIN)
    clinic = Clinic.objects.get(pk=by.clinic_id)
    others = [one for one in queries.booked_in(clinic.pk, span) if one.key not in instead_of]
    house = queries.house_of(clinic, span)
    keys = {one.key for one in visits}
    faults = [fault for fault in breaks([*others, *visits], house) if keys & set(fault.keys)]
    since = span.starts - queries.LOOK_BACK
    ahead, given = queries.own_of(patient.pk, since=since, before=rules.before)
    ahead = [one for one in ahead if one.key not in instead_of]
    own = patient_breaks([*ahead, *visits], rules, clinic.zone, given=given)
    faults += [fault for fault in own if keys & set(fault.keys)]
    answer_for(faults, patient, by=by, reason=reason)


def answer_for(faults: Sequence[Violation], patient: Patient, *, by: Actor, reason: str) -> None:
    """Refused with the field, the rule and the remedy; what may be lifted is lifted by name and with a reason."""
    fast = [fault for fault in faults if fault.rule in NEVER_LIFTED]
    if not faults or (not fast and may_override(by, patient) and reason.strip()):
        return
    said = {f"{fault.rule.capitalize()}: {fault.words}": fault.rule for fault in fast or faults}
    raise Refused(
        [
            Refusal(FIELDS.get(rule, "starts_at"), words, (REMEDIES if fast else {}).get(rule, OVERRIDE), "policy")
            for words, rule in list(said.items())[:4]
        ]
    )


def may_override(by: Actor, patient: Patient) -> bool:
    return access.granted(by.role, "plan", "S", access.relations_to(by, patient))


def write_visits(
    course: Course,
    visits: Sequence[Booked],
    waiting: list[Visit],
    instead: Mapping[tuple[str, int | None], Visit] = NOTHING,
    *,
    by: Actor,
    at: datetime,
) -> None:
    rows: dict[str, Visit] = {}
    doses = iter(waiting)
    had = {row.pk: row.starts_at for row in waiting}
    ordered = sorted(visits, key=lambda one: (one.kind is not Kind.DOSE, one.span))
    for one in ordered:
        before = next(doses, None) if one.kind is Kind.DOSE else instead.get((str(one.kind), one.number))
        rows[one.key] = write_visit(one, course, rows.get(one.follows), before, by=by, at=at)
        found_again(rows[one.key], by=by, at=at)
    for left in doses:
        change(left, Happened.CANCELLED, "course", by=by, at=at)
        Visit.objects.filter(pk=left.pk).update(state=VisitState.CANCELLED, version=left.version + 1)
        let_go(left, by=by, at=at)
    tell_new_dates(course, had, by=by, at=at)
    take_back([*waiting, *instead.values()], by=by, at=at)
    relane({one.person for one in visits}, [one.span for one in visits], by)


def write_visit(
    one: Booked, course: Course | None, follows: Visit | None, before: Visit | None, *, by: Actor, at: datetime
) -> Visit:
    chair_id = one.places.get(PlaceKind.CHAIR)
    fields = {
        "starts_at": one.span.starts,
        "ends_at": one.span.ends,
        "chair_id": UUID(chair_id) if chair_id else None,
        "number_in_course": one.number or None,
        "course": course,
        "follows": follows,
    }
    if before is None:
        kind, patient_id = VisitKind(one.kind), UUID(one.patient)
        row = Visit.objects.create(**place_of(by, at), patient_id=patient_id, kind=kind, **fields)
    else:
        if (before.starts_at, before.chair_id) != (fields["starts_at"], fields["chair_id"]):
            what = Happened.GIVEN_TO if before.starts_at == one.span.starts else Happened.MOVED
            change(before, what, "course", by=by, at=at, to=one)
        Visit.objects.filter(pk=before.pk).update(**fields, version=before.version + 1)
        row = Visit.objects.get(pk=before.pk)
        if before.starts_at != row.starts_at:
            moved_away(row, by=by, at=at)
    hold_for(row, one, by=by, at=at)
    return row


def found_again(row: Visit, *, by: Actor, at: datetime) -> None:
    """What had no place any more has another one: nobody looks for it further. Of visits without a number the first."""
    same = Visit.objects.filter(patient=row.patient_id, kind=row.kind, number_in_course=row.number_in_course)
    owed = Duty.objects.filter(kind=TELL, state=DutyState.OPEN, patient=row.patient_id)
    lost = same.filter(state__in=GIVEN_UP, pk__in=owed.values("visit_id")).order_by("starts_at")
    for one in lost if row.number_in_course else lost[:1]:
        settle(one, TELL, by=by, at=at)


def hold_for(row: Visit, one: Booked, *, by: Actor, at: datetime) -> None:
    """What the visit holds beside its chair; what it held before is let go."""
    Hold.objects.filter(visit=row, is_held=True).update(is_held=False)
    common = {**place_of(by, at), "visit": row}
    whole = {"starts_at": one.span.starts, "ends_at": one.span.ends}
    if one.person:
        user = UUID(one.person)
        if one.kind is Kind.DOSE:
            lane = max(one.lane, 1)
            Hold.objects.create(**common, **whole, user_id=user, lane=lane, lane_until=lane + 1)
            if one.hands_on is not None:
                hands = {"starts_at": one.hands_on.starts, "ends_at": one.hands_on.ends}
                Hold.objects.create(**common, **hands, user_id=user, lane=0, lane_until=1)
        else:
            Hold.objects.create(**common, **whole, user_id=user)
    if one.sitter:
        Hold.objects.create(**common, **whole, user_id=UUID(one.sitter))
    for kind, name in one.places.items():
        if kind is not PlaceKind.CHAIR:
            Hold.objects.create(**common, **whole, resource_id=UUID(name))
    assign_for(row, one, by=by, at=at)


def relane(people: set[str], spans: Sequence[Span], by: Actor) -> None:
    """Each nurse's chairs in as few lanes as they need: by their beginning, each in the first lane that is free."""
    first, last = min(span.starts for span in spans) - MARGIN, max(span.ends for span in spans) + MARGIN
    for person in sorted(people - {""}):
        rows = Hold.objects.filter(clinic_id=by.clinic_id, user_id=person, is_held=True, lane__gte=1)
        ends: list[datetime] = []
        for row in rows.filter(starts_at__gte=first, ends_at__lte=last).order_by("starts_at", "pk"):
            lane = next((place for place, until in enumerate(ends) if until <= row.starts_at), len(ends))
            ends[lane : lane + 1] = [row.ends_at]
            if row.lane != lane + 1:
                Hold.objects.filter(pk=row.pk).update(lane=lane + 1, lane_until=lane + 2)


def change(
    visit: Visit,
    what: Happened,
    reason: str,
    *,
    by: Actor,
    at: datetime,
    to: Booked | None = None,
    words: str = "",
) -> VisitChange:
    """The fact of a change, written before the row changes."""
    chair_id = to.places.get(PlaceKind.CHAIR) if to else None
    return VisitChange.objects.create(
        **fact_of(by, at),
        patient_id=visit.patient_id,
        visit=visit,
        what=what,
        reason=reason,
        words=fitting(words, LONG),
        from_at=visit.starts_at,
        to_at=to.span.starts if to else None,
        from_chair_id=visit.chair_id,
        to_chair_id=UUID(chair_id) if chair_id else None,
    )


def note_override(
    row: Visit, one: Booked, faults: Sequence[Violation], override: str, *, by: Actor, at: datetime
) -> None:
    """Which rules were lifted for this visit, by whom and why. The rules are read from it again: they stand whole."""
    against = ", ".join(sorted({fault.rule for fault in faults}))
    if against:
        lifted = f"{fitting(override, SHORT, 'override')[: LONG - len(against) - len(' ()')]} ({against})"
        change(row, Happened.OVERRIDDEN, "override", by=by, at=at, to=one, words=lifted)


def move_to(
    row: Visit, one: Booked, reason: str, words: str, *, by: Actor, at: datetime, is_told: bool = True
) -> Visit:
    """`is_told`: by a duty of the desk; several of one patient are told together."""
    told_anew = row.starts_at != one.span.starts
    change(row, Happened.MOVED if told_anew else Happened.GIVEN_TO, reason, by=by, at=at, to=one, words=words)
    chair_id = one.places.get(PlaceKind.CHAIR)
    Visit.objects.filter(pk=row.pk).update(
        starts_at=one.span.starts,
        ends_at=one.span.ends,
        chair_id=UUID(chair_id) if chair_id else None,
        version=F("version") + 1,
    )
    hold_for(row, one, by=by, at=at)
    row.refresh_from_db()
    if told_anew:
        moved_away(row, by=by, at=at)
        if is_told:
            tell_moved(row, because(reason), by=by, at=at)
    return row


def give_up(
    row: Visit,
    reason: str,
    words: str,
    *,
    by: Actor,
    at: datetime,
    anew: bool = True,
    with_it: Collection[UUID] = (),
) -> None:
    change(row, Happened.CANCELLED, reason, by=by, at=at, words=words)
    Visit.objects.filter(pk=row.pk).update(state=VisitState.CANCELLED, version=row.version + 1)
    let_go(row, by=by, at=at, with_it=with_it)
    tell(row, "Find another time for a visit that has no place", because(reason, anew), by=by, at=at)
