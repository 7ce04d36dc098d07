"""Where a patient stands in the programme, and the one obvious next act, by who is looking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import Choice, Judgement
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.models import Enrolment, Plan, Referral, Review, ReviewChoice
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind, VisitState
from ketacare.clinic.scheduling.queries import clinic_day
from ketacare.clinic.scheduling.queries.calendar import rooms_of

STOPPED = {
    ReviewChoice.STOP: "Course stopped",
    ReviewChoice.SWITCH: "Course ended, another treatment chosen",
}
OVER = (VisitState.DISCHARGED, VisitState.CLOSED)


@dataclass(frozen=True)
class Standing:
    """Everything that says how far a person has come."""

    referrals: list[Referral]
    judged: Judgement | None
    enrolled: Enrolment | None
    plan: Plan | None
    visits: list[Visit]
    is_referred: bool = False
    rooms: Mapping[UUID, str] = field(default_factory=dict)
    stop: Review | None = None  # what ended the last course

    @property
    def doses(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.kind == VisitKind.DOSE]

    @property
    def done(self) -> int:
        return sum(visit.state in OVER for visit in self.doses)

    @property
    def next_visit(self) -> Visit | None:
        return next((visit for visit in self.visits if visit.state not in OVER), None)

    @property
    def paused_at(self) -> datetime | None:
        return None if self.enrolled is None else self.enrolled.paused_at

    @property
    def stopped(self) -> Review | None:
        """What ended the last course, where none is under way and nothing was decided since: what was accepted is
        spent."""
        if self.enrolled is not None or self.stop is None:
            return None
        return self.stop if self.judged is None or self.judged.recorded_at < self.stop.recorded_at else None

    def words(self, sees_evaluation: bool) -> str:
        """One line for lists. What was decided is told only to those who may read the evaluation."""
        if self.enrolled is not None:
            where = f"In a course, {self.done} of {len(self.doses)} doses" if self.doses else "Enrolled"
            return f"{where}, paused" if self.paused_at else where
        if self.stopped is not None:
            return STOPPED[ReviewChoice(self.stopped.choice)]
        if self.judged is not None and sees_evaluation:
            return {"accept": "Accepted, not enrolled", "clearance": "Waits for a clearance"}.get(
                self.judged.choice, self.judged.get_choice_display()
            )
        return "Referred, to be evaluated" if self.is_referred else "Registered"


def standing(patient: Patient) -> Standing:
    enrolled = enrolment.current_enrolment(patient)
    rows = Visit.objects.filter(patient=patient).exclude(state__in=GIVEN_UP)
    visits = list(rows.select_related("chair").order_by("starts_at"))
    referrals = enrolment.referrals_about(patient)
    return Standing(
        referrals=referrals,
        is_referred=bool(referrals),
        judged=candidacy.judgement(patient),
        enrolled=enrolled,
        plan=enrolment.current_plan(enrolled) if enrolled else None,
        visits=visits,
        rooms=rooms_of(visits),
        stop=next(reversed(enrolment.stops([patient.pk])), None),
    )


def standings(patients: Iterable[Patient]) -> dict[UUID, Standing]:
    """Several people for a list, in as many reads as for one. Referrals and plans are left to the chart."""
    ids = [patient.pk for patient in patients]
    enrolled = {row.patient_id: row for row in enrolment.open_enrolments(ids)}
    judged = {row.patient_id: row for row in candidacy.judgements(ids)}
    referred = enrolment.referred(ids)
    visits: dict[UUID, list[Visit]] = {}
    for visit in Visit.objects.filter(patient__in=ids).exclude(state__in=GIVEN_UP).order_by("starts_at"):
        visits.setdefault(visit.patient_id, []).append(visit)
    stops = {row.patient_id: row for row in enrolment.stops(ids)}
    return {
        pk: Standing([], judged.get(pk), enrolled.get(pk), None, visits.get(pk, []), pk in referred, stop=stops.get(pk))
        for pk in ids
    }


@dataclass(frozen=True)
class NextStep:
    """What comes next: an act for whoever may do it, a sentence for everybody else."""

    words: str
    label: str = ""
    href: str = ""


def next_step(actor: Actor, patient: Patient, where: Standing, at: datetime) -> NextStep:
    """One act, by role and state."""
    if where.enrolled is None:
        return before_enrolment(actor, patient, where, at)
    visit = where.next_visit
    if visit is None:
        sees = may(actor, "scores", "R")
        return NextStep(
            "The course is over", "See the outcome" if sees else "", route("outcome", patient.pk) if sees else ""
        )
    opens, closes = clinic_day(actor.zone, at)
    is_today = opens <= visit.starts_at < closes
    # What follows a dose that was given stays booked while the course stands still.
    is_here = is_today and visit.kind != VisitKind.DOSE
    if where.paused_at is not None and visit.state == VisitState.BOOKED and not is_here:
        if not may(actor, "appointments", "U"):
            return NextStep("The course is paused")
        return NextStep("The course is paused", "See what is booked, or go on", route("course-pause", patient.pk))
    if not is_today:
        return NextStep(f"{visit.get_kind_display()} {number(visit)}")
    if visit.kind == VisitKind.DOSE and may(actor, "session", "U"):
        return NextStep(f"Here today: dosing session {number(visit)}", "Open the session", route("session", visit.pk))
    return NextStep(f"Here today: {visit.get_kind_display().lower()} {number(visit)}")


def before_enrolment(actor: Actor, patient: Patient, where: Standing, at: datetime) -> NextStep:
    if where.stopped is not None:
        sees = may(actor, "plan", "R") and actor.role != Role.RC
        label = "See the review that ended it" if sees else ""
        return NextStep(where.words(False), label, route("review", patient.pk) if sees else "")
    accepted = where.judged is not None and where.judged.choice == Choice.ACCEPT and where.judged.in_force
    if where.judged is not None and where.judged.waits and may(actor, "evaluation", "S"):
        return NextStep("Waits for the second signature", "Open it", route("evaluation-second", patient.pk))
    if accepted and where.judged is not None and may(actor, "evaluation", "S"):
        found = candidacy.against_the_plan(candidacy.found_since_decided(where.judged, at=at, zone=actor.zone))
        if found:
            return NextStep(
                f"Found since the acceptance: {'; '.join(row.title for row in found)}",
                "Decide anew",
                route("evaluation", patient.pk),
            )
    if accepted and may(actor, "plan", "S"):
        return NextStep("Accepted", "Enrol and sign the plan", route("enrolment", patient.pk))
    if accepted and may(actor, "evaluation", "R"):
        return NextStep("Accepted: the prescriber signs the plan")
    if may(actor, "evaluation", "S"):
        return NextStep(where.words(True), "Evaluate", route("evaluation", patient.pk))
    if may(actor, "evaluation", "C"):
        return NextStep("The prescriber evaluates", "Record facts for the evaluation", route("evaluation", patient.pk))
    return NextStep("The prescriber evaluates" if where.referrals else "No referral yet")


def number(visit: Visit) -> str:
    return "" if visit.number_in_course is None else str(visit.number_in_course)


def route(name: str, *arguments: object) -> str:
    """A path of ours, or nothing where that page does not exist."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
