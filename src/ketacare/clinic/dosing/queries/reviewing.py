"""Which reviews of a course are owed, which were made, and what they look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import earlier
from ketacare.clinic.dosing.queries.course import DRUGS
from ketacare.clinic.dosing.queries.dosed import dosed
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.queries import open_for
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.models import ENDS_THE_COURSE, AfterStop, Enrolment, EnrolmentState, Review, ReviewStep
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety.models import Concern, Tier
from ketacare.clinic.safety.reasons import is_of_suicide
from ketacare.medicine.dosing.rules import reviewing, tolerance
from ketacare.medicine.dosing.rules.reviewing import CourseSoFar
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import Trajectory
from ketacare.medicine.pharmacology.terms import Drug
from ketacare.medicine.protocols.terms import DosingRule

OWED = "course.review"
AFTER = {step: f"course.{step}" for step in AfterStop}
PHQ9 = "phq-9"
A_DAY_BACK = ("madrs-24h", "qids-sr16-24h")  # scales that look back a day, the rater's first


@dataclass(frozen=True)
class Standing:
    """A course as reviews see it: its doses, the reviews so far, and the one that is owed."""

    enrolment: Enrolment
    doses: tuple[datetime, ...]
    reviews: tuple[Review, ...]

    @property
    def owed(self) -> int | None:
        return reviewing.due_after(len(self.doses), [row.after_doses for row in self.reviews])

    @property
    def reviewed(self) -> int:
        """How many of the doses the reviews so far have looked at."""
        return max((row.after_doses for row in self.reviews), default=0)

    @property
    def holds(self) -> bool:
        return reviewing.holds_next(len(self.doses), [row.after_doses for row in self.reviews])


def standing(patient: Patient) -> Standing | None:
    """Of the enrolment that has not ended; None without one."""
    row = enrolment.current_enrolment(patient)
    return None if row is None else standing_of(row)


def standing_of(row: Enrolment) -> Standing:
    return Standing(row, tuple(doses_of(row)), tuple(reviews_of(row)))


def doses_of(row: Enrolment) -> Iterator[datetime]:
    sessions = Session.objects.filter(visit__patient=row.patient_id, started_at__gte=row.created_at)
    for began in sessions.order_by("started_at").values_list("started_at", flat=True):
        if began is not None:
            yield began


def reviews_of(row: Enrolment) -> list[Review]:
    """The oldest first."""
    found = Review.objects.current().filter(enrolment=row).select_related("recorded_by")
    return list(found.order_by("happened_at", "recorded_at"))


def last_ended(patient: Patient) -> Review | None:
    """The newest review that ended a course: what follows it may still be owed."""
    found = Review.objects.current().filter(patient=patient, choice__in=ENDS_THE_COURSE)
    row: Review | None = found.select_related("recorded_by").order_by("-recorded_at").first()
    return row


def steps_of(review: Review) -> dict[str, ReviewStep]:
    rows = ReviewStep.objects.current().filter(review=review).select_related("recorded_by").order_by("recorded_at")
    return {row.step: row for row in rows}


def open_duty(patient: Patient, kind: str) -> Duty | None:
    row: Duty | None = open_for(patient, kind).first()
    return row


def to_open(at: datetime) -> list[Standing]:
    """Courses of the organisation that is entered whose review is owed and has no duty yet."""
    owned = set(Duty.objects.filter(kind=OWED, state="open").values_list("patient_id", flat=True))
    rows = Enrolment.objects.filter(state=EnrolmentState.ACTIVE).exclude(patient__in=owned)
    dosed = Session.objects.filter(started_at__isnull=False, started_at__lte=at).values("visit__patient")
    found = [standing_of(row) for row in rows.filter(patient__in=dosed).select_related("patient", "clinic")]
    return [one for one in found if one.owed is not None and reviewing.opens_at(one.doses[one.owed - 1]) <= at]


def may_rise(at: datetime) -> list[Standing]:
    """Courses past their first weeks with a dose since their last review, and nobody is to review yet."""
    owned = Duty.objects.filter(kind=OWED, state="open").values("patient_id")
    late = Enrolment.objects.filter(state=EnrolmentState.ACTIVE, created_at__lte=at - tolerance.first_weeks())
    found = [standing_of(row) for row in late.exclude(patient__in=owned).select_related("patient", "clinic")]
    return [one for one in found if one.reviewed < len(one.doses)]


def rising(found: Standing, at: datetime) -> tuple[DosingRule, ...]:
    """Do its doses rise or come too close, since the last review of them?"""
    seen = found.doses[found.reviewed - 1] if found.reviewed else None
    return tolerance.to_review(dosed(found.enrolment.patient), at, found.enrolment.created_at, seen)


# -- what a review looks at --------------------------------------------------------------------------------------------


def so_far(patient: Patient, found: Standing, at: datetime) -> CourseSoFar | None:
    """None without a plan that names the drug."""
    plan = enrolment.current_plan(found.enrolment)
    if plan is None or plan.drug not in DRUGS:
        return None
    answered = outcomes.answered(patient, PHQ9, *A_DAY_BACK)
    phq9 = answered.trajectory(PHQ9, found.doses)
    return CourseSoFar(
        drug=Drug(DRUGS[plan.drug]),
        doses=found.doses,
        next_day=next_day([answered.trajectory(name, found.doses) for name in A_DAY_BACK], found.doses),
        improvement=earlier.improvement(patient, at),
        lost=lost(phq9),
        concern=has_concern(patient, found),
    )


def next_day(courses: list[Trajectory], doses: tuple[datetime, ...]) -> tuple[Decimal | None, ...]:
    """The improvement at 24 h after each dose, inside the window in which that is asked."""
    rule = next(rule for rule in reader.cadence() if rule.key == earlier.NEXT_DAY)
    opens, closes = (timedelta(hours=hours) for hours in (rule.opens_h, rule.closes_h))

    def of(dose: datetime) -> Decimal | None:
        inside = [one for course in courses for one in course.points if dose + opens <= one.point.at <= dose + closes]
        return next((one.percent_fall for one in inside if one.percent_fall is not None), None)

    return tuple(of(dose) for dose in doses)


def lost(course: Trajectory) -> bool | None:
    if course.response_at is None:
        return None
    return rules.lost_since(course, outcomes.instrument(PHQ9), reader.forecasting()) is not None


def has_concern(patient: Patient, found: Standing) -> bool:
    """About suicide, or one that needed somebody at once; a missed check or a drive to work says nothing of getting
    worse."""
    since = found.doses[-1] if found.doses else found.enrolment.created_at
    rows = Concern.objects.filter(patient=patient, raised_at__gt=since).values_list("tier", "reason_code")
    return any(tier == Tier.NOW or is_of_suicide(code) for tier, code in rows)
