"""What of the asks no longer fits the course, found by a few reads for a whole organisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Subquery

from ketacare.clinic.duties.access import system
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment.models import Enrolment, EnrolmentState
from ketacare.clinic.outcomes import actions, queries
from ketacare.clinic.outcomes.actions.asking import in_time, opening
from ketacare.clinic.outcomes.models import Ask, AskState
from ketacare.clinic.outcomes.until_next import asked_until_next
from ketacare.clinic.scheduling.models import GIVEN_UP, HELD, Visit, VisitKind, VisitState
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes import terms as words

GIVEN = queries.GIVEN
COURSE_ENDED = "The course has ended"
PAUSED = "The course is paused"
CANCELLED = "The dose is cancelled"
NEXT_DOSE = "The next dose comes first"
DEATH = "A death is on record"


class OutOfStep(Protocol):
    """What a look finds: it knows how it is put right."""

    def put_right(self, at: datetime) -> object: ...


@dataclass(frozen=True)
class Changed:
    """An ask whose times are others now, or that is asked no longer."""

    ask: Ask
    now: words.Ask | None
    why: str

    def put_right(self, at: datetime) -> object:
        return actions.keep_in_step(self.ask, self.now, self.why, by=system(self.ask.clinic), at=at)


@dataclass(frozen=True)
class Woken:
    """An ask that a pause stopped: the course goes on, and its time is not over. Or one that a death stopped which was
    recorded by mistake: nobody has heard from the patient, and somebody calls."""

    ask: Ask

    def put_right(self, at: datetime) -> object:
        return actions.wake(self.ask, by=system(self.ask.clinic), at=at)


@dataclass(frozen=True)
class BeforeDose:
    visit: Visit

    def put_right(self, at: datetime) -> object:
        return actions.schedule_early(self.visit, by=system(self.visit.clinic), at=at)


@dataclass(frozen=True)
class OfCourse:
    visit: Visit
    first_dose_at: datetime

    def put_right(self, at: datetime) -> object:
        return actions.schedule_course(self.visit, self.first_dose_at, by=system(self.visit.clinic), at=at)


def out_of_step(at: datetime) -> list[Changed]:
    """Of what still waits: an ended course, a dose moved or cancelled, a next dose that comes sooner or later."""
    rows = Ask.objects.filter(state=AskState.WAITING, closes_at__gt=at).select_related("visit", "clinic", "patient")
    asks = list(rows)
    ended = ended_courses({ask.patient_id for ask in asks})
    planned = planned_doses({ask.patient_id for ask in asks})
    beside = asked_until_next({ask.patient_id for ask in asks}, at)
    still = paused_patients()
    found = []
    for ask in asks:
        now, why = standing(ask, ended, planned)
        if now is not None and queries.rule_for(ask).anchor is words.Anchor.NEXT_DOSE:
            before = [one for one in beside[ask.patient_id] if one.opens_at < now.closes_at]
            now = replace(now, opens_at=rules.opened_beside(now, queries.rule_for(ask), before))
        if now is not None and ask.patient_id in still and queries.rule_for(ask).anchor is not words.Anchor.DOSE:
            now, why = None, PAUSED
        # What has no time any more leaves, and the rest is asked; nobody missed what the next dose takes the place of.
        now = in_time(now) if now is not None else None
        if now is not None and (now.closes_at <= at or not (now.instruments or ask.staff_instruments or ask.checks)):
            now, why = None, NEXT_DOSE
        if now is None or (opening(now), now.closes_at) != (ask.opens_at, ask.closes_at):
            found.append(Changed(ask, now, why))
    return found


def paused_patients() -> frozenset[UUID]:
    return frozenset(pausing.paused().values_list("patient_id", flat=True))


def gone_on(at: datetime) -> list[Woken]:
    """What a pause stopped, of courses that go on again."""
    rows = Ask.objects.filter(state=AskState.STOPPED, stopped_why=PAUSED, closes_at__gt=at)
    rows = rows.exclude(patient__in=paused_patients()).select_related("visit__clinic", "clinic", "patient")
    asks = list(rows)
    ended, planned = ended_courses({ask.patient_id for ask in asks}), planned_doses({ask.patient_id for ask in asks})
    return [Woken(ask) for ask in asks if standing(ask, ended, planned)[0] is not None]


def standing(
    ask: Ask, ended: Mapping[UUID, datetime], planned: Mapping[UUID, list[tuple[datetime, UUID]]]
) -> tuple[words.Ask | None, str]:
    rule = queries.rule_for(ask)
    over = ended.get(ask.patient_id)
    if over is not None and over >= ask.created_at and not rule.after_end:
        return None, COURSE_ENDED
    here = words.Ask(ask.key, ask.title, tuple(ask.instruments), ask.opens_at, ask.due_at, ask.closes_at)
    if rule.anchor is words.Anchor.COURSE:
        return words.Ask(ask.key, ask.title, here.instruments, ask.opens_at, ask.due_at, ask.closes_at), ""
    if rule.anchor is words.Anchor.NEXT_DOSE:
        gone = ask.visit.state in GIVEN_UP
        return rules.moved(here, rule, None if gone else ask.visit.starts_at, None), CANCELLED
    following = [starts for starts, visit in planned[ask.patient_id] if starts > ask.dose_at and visit != ask.visit_id]
    begins_at = min(following) if following else None
    closed_by = begins_at + queries.early_opens() if begins_at else None
    return rules.moved(here, rule, ask.dose_at, closed_by, begins_at), NEXT_DOSE


def ended_courses(patients: set[UUID]) -> dict[UUID, datetime]:
    """Whose last enrolment has ended, and when. Who never had one has no course that could end."""
    rows = Enrolment.objects.filter(patient__in=patients).order_by("created_at")
    last = {row.patient_id: row for row in rows}
    return {patient: row.ended_at for patient, row in last.items() if row.ended_at is not None}


def planned_doses(patients: set[UUID]) -> dict[UUID, list[tuple[datetime, UUID]]]:
    found: dict[UUID, list[tuple[datetime, UUID]]] = defaultdict(list)
    doses = Visit.objects.filter(patient__in=patients, kind=VisitKind.DOSE).exclude(state__in=GIVEN_UP)
    for patient, starts_at, visit in doses.values_list("patient_id", "starts_at", "pk"):
        found[patient].append((starts_at, visit))
    return found


def before_doses(at: datetime) -> list[BeforeDose]:
    """Planned doses whose questions are about to open, the first of a course too: what the evaluation asked may be
    weeks old. They wait until the dose before is over: nobody is asked in the chair how they have been since."""
    before = Visit.objects.filter(patient=OuterRef("patient"), kind=VisitKind.DOSE, state__in=HELD)
    before = before.filter(starts_at__lt=OuterRef("starts_at"), starts_at__gt=at - timedelta(days=1))
    soon = Visit.objects.filter(
        kind=VisitKind.DOSE,
        state=VisitState.BOOKED,
        starts_at__gt=at,
        starts_at__lte=at - queries.early_opens() + timedelta(hours=1),
    ).exclude(asks__key__in=[rule.key for rule in reader.cadence(words.Anchor.NEXT_DOSE)])
    soon = soon.exclude(Exists(before)).exclude(patient__in=paused_patients())
    return [BeforeDose(visit) for visit in soon.select_related("patient", "clinic")]


def of_courses(at: datetime) -> list[OfCourse]:
    """Open courses for which a month or a quarter is asked about now and was not yet."""
    open_ones = Enrolment.objects.filter(state=EnrolmentState.ACTIVE, paused_at__isnull=True)
    since = dict(open_ones.values_list("patient_id", "created_at"))
    after_dose = [rule.key for rule in reader.cadence()]
    asked = Ask.objects.filter(patient__in=since, key__in=after_dose, dose_at__gte=min(since.values(), default=at))
    began = Subquery(open_ones.filter(patient=OuterRef("patient")).values("created_at")[:1])
    firsts = asked.filter(dose_at__gte=began).values("patient_id").annotate(first=Min("dose_at"))
    found = []
    for row in firsts:
        due = rules.course_asks(row["first"], at, reader.cadence(words.Anchor.COURSE))
        keys = [ask.key for ask in due]
        there = Ask.objects.filter(patient=row["patient_id"], key__in=keys, created_at__gte=row["first"])
        if not keys or there.exists():
            continue
        last = Visit.objects.filter(patient=row["patient_id"], kind=VisitKind.DOSE, state__in=GIVEN)
        visit = last.select_related("patient", "clinic").order_by("starts_at").last()
        if visit is not None:
            found.append(OfCourse(visit, row["first"]))
    return found
