"""A patient with a course, and their signed care plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.clinic.candidacy.tests.factories import a_safety_plan, accepted_before, some_medicines
from ketacare.clinic.careplan import actions, queries
from ketacare.clinic.careplan.models import CarePlanVersion
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.enrolment.tests.factories import PERSON, a_plan, a_referral
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.careplan.terms import Section

LATER = AT + timedelta(hours=1)
GOALS = "To work again"


@dataclass
class Planned:
    clinic: Clinic
    patient: Patient
    staff: dict[str, Actor]

    def user(self, role: str) -> User:
        return User.objects.get(pk=self.staff[role].user_id)

    def plan(self, at: datetime = LATER) -> tuple[Section, ...]:
        return queries.sections(queries.gathered(self.patient, at=at, zone=self.clinic.zone))


def planned() -> Planned:
    """Referred, accepted, on a signed course with sertraline, a therapist, a safety plan and a dose tomorrow."""
    clinic = a_clinic()
    staff = {str(role): someone(clinic, role) for role in Role}
    patient = a_patient(staff["FD"])
    a_referral(staff["FD"], person=PERSON, is_known=patient, referrer_name="Dr Paul Nkemelu")
    accepted_before(patient, staff["RX"])
    a_plan(patient, clinic, staff["RX"], goals=GOALS)
    some_medicines(
        patient, staff["RN"], {"name": "sertraline", "dose": "100 mg"}, {"name": "lorazepam", "dose": "1 mg"}
    )
    here = Planned(clinic, patient, staff)
    people.relate(patient=patient, user=here.user("TH"), kind="therapist", by=staff["RN"], at=AT)
    a_safety_plan(patient, staff["RX"])
    a_dose_visit(here, AT + timedelta(days=1))
    return here


def a_dose_visit(here: Planned, starts_at: datetime, number: int = 1) -> None:
    scheduling.book_visit(
        patient=here.patient, kind=VisitKind.DOSE, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2),
        by=here.staff["FD"], at=AT, number_in_course=number,
    )  # fmt: skip


def a_duty(here: Planned) -> None:
    duties.open_duty(
        kind="chase", title="Chase the laboratory", patient=here.patient, owner_role="RN", due_at=LATER, why="Overdue",
        link="/duties/", by=here.staff["RN"], at=AT,
    )  # fmt: skip


def signed(here: Planned, at: datetime = LATER) -> CarePlanVersion:
    seen = queries.standing(here.patient, here.plan(at), at.date()).seen
    return actions.sign(patient=here.patient, seen=seen, by=here.staff["RX"], at=at)
