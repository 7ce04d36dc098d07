"""What happened in the demo clinic before the journey begins, told through the same actions that its people use.

The clock can't be moved: a session that has recovered for an hour and a dose given yesterday are lived through at
their own times, the way the demo's story is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import giving, release, timeline
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.enrolment.actions import Person as Referred
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Chair, Visit, VisitKind
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.monitoring.terms import Channel
from ketacare.web.demo import ORGANISATION, days, story
from ketacare.web.demo.accounts import SECOND_NURSE_EMAIL
from ketacare.web.demo.days import Day, Person

MONITOR = "0200000000000002/CHAIR-2"
RECOVERING = Referred(family="Quillback", given="Rosalind", born_on=date(1972, 5, 9), sex="female", may_text=True)
HOME_SINCE_YESTERDAY = Referred(
    family="Zyzzek",
    given="Marisol",
    born_on=date(1988, 1, 23),
    sex="female",
    telephone="+1 207 555 0163",
    may_text=True,
)
NAMES = {name for who in (RECOVERING, HOME_SINCE_YESTERDAY) for name in (who.family, who.given)}
ESCORT = ("escort_name", "escort_present", "escort_told", "transport_seen")


@dataclass(frozen=True)
class Before:
    """The two visits that the journey comes back to."""

    recovering: str
    yesterday: str
    yesterdays_patient: str


@contextmanager
def demo_clinic() -> Iterator[Clinic]:
    clinic = Clinic.objects.get(organisation__name=ORGANISATION)
    with tenancy.tenant(clinic.organisation_id):
        yield clinic


def tell(at: datetime) -> Before:
    with demo_clinic() as clinic:
        staff = everybody(clinic)
        chair = scheduling.add_chair(name="Chair 4", by=staff["FD"], at=at - timedelta(days=30))
        monitoring.register_device(name="Monitor 2", address=MONITOR, by=staff["AD"], at=at - timedelta(days=30))
        given = a_dose_yesterday(staff, chair, at)
        waiting = a_session_in_recovery(staff, chair, at)
        return Before(str(waiting.pk), str(given.pk), str(given.patient_id))


def signed_on_paper(patient_id: str, at: datetime) -> None:
    """The consent of a patient to the infusion, in the words of the paper."""
    with demo_clinic() as clinic:
        patient = Patient.objects.get(pk=patient_id)
        people.record_consent(
            patient=patient, kind="treatment", text_version="1", given=True, words="racemic ketamine into a vein; told",
            by=everybody(clinic)["RX"], at=at,
        )  # fmt: skip


def everybody(clinic: Clinic) -> dict[str, Actor]:
    """The actors of the demo's people, by role; the second nurse is RN2."""
    posts = Staff.objects.filter(clinic=clinic).select_related("user")
    return {"RN2" if post.user.email == SECOND_NURSE_EMAIL else str(post.role): actor(clinic, post) for post in posts}


def actor(clinic: Clinic, post: Staff) -> Actor:
    return Actor(
        user_id=post.user_id,
        name=post.user.name,
        role=str(Role(post.role)),
        clinic_id=clinic.pk,
        organisation_id=clinic.organisation_id,
        zone=clinic.zone,
    )


def a_day(staff: dict[str, Actor], who: Referred, chair: Chair, start: datetime, vial: str) -> Day:
    """Somebody evaluated and booked, with T0 at `start`, up to the start of the infusion."""
    arrives = start - timedelta(minutes=30)
    if local_day(arrives, staff["RX"].zone) != local_day(start, staff["RX"].zone):
        pytest.skip("what is told before would go over the clinic's midnight; no session does: half an hour each night")
    patient = story.refer(staff, who, "Depression after two adequate trials.", "soon", start - timedelta(days=12))
    story.evaluate(staff, patient, Decimal("70.0"), start - timedelta(days=8))
    visit = scheduling.book_visit(
        patient=patient,
        kind=VisitKind.DOSE,
        starts_at=start - timedelta(minutes=30),
        ends_at=start + timedelta(minutes=120),
        chair=chair,
        number_in_course=1,
        by=staff["FD"],
        at=start - timedelta(days=6),
    )
    person = Person(patient, Decimal("70.0"), 124, 78, 70, f"Alex {who.family}")
    day = Day(staff, person, visit, chair, story.a_vial(staff, vial, start - timedelta(days=1)), start)
    days.begin(day)
    return day


def a_dose_yesterday(staff: dict[str, Actor], chair: Chair, at: datetime) -> Visit:
    """Dosed 25 hours ago, at home since: the check-in of the next day and the integration window are open."""
    day = a_day(staff, HOME_SINCE_YESTERDAY, chair, at - timedelta(hours=25), "V-301")
    days.finish(day)
    therapist = User.objects.get(pk=staff["TH"].person_id)
    people.relate(patient=day.person.patient, user=therapist, kind="therapist", by=staff["RN"], at=day.minute(111))
    return day.visit


def a_session_in_recovery(staff: dict[str, Actor], chair: Chair, at: datetime) -> Visit:
    """The bag was empty 45 minutes ago, all is well since; only the way home is not yet known."""
    day = a_day(staff, RECOVERING, chair, at - timedelta(minutes=85), "V-302")
    nurse = staff["RN"]
    day.rise(days.RISE[1:6])
    giving.stop(session=day.running, reason="", complete=True, by=nurse, at=day.minute(40))
    rest = (day.person.systolic + 2, day.person.diastolic, day.person.heart_rate)
    for minute in (50, 65, 80):
        day.measure(minute, *rest, rr=14, moaas=5, distress=0)
    for name in ("nausea", "dissociation"):
        timeline.score(session=day.running, name=name, value="0", by=nurse, at=day.minute(80))
    found = {name: fact for name, fact in days.WELL.items() if name not in ESCORT}
    release.record_criteria(session=day.running, facts=found, words="", by=nurse, at=day.minute(71))
    return day.visit


AT_THE_DOOR = {
    Channel.NIBP_SYS: 124, Channel.NIBP_DIA: 78, Channel.HR: 70, Channel.SPO2: 98, Channel.RR: 14, Channel.MOAAS: 5,
    Channel.DISTRESS: 0,
}  # fmt: skip


def measured_at_the_door(visit_id: str, at: datetime) -> None:
    """What the schedule asks before leaving, taken now: how long the journey took to get here is nobody's matter."""
    with demo_clinic() as clinic:
        nurse = everybody(clinic)["RN"]
        session = Session.objects.select_related("visit__patient", "visit__clinic").get(visit_id=visit_id)
        values = {channel: Decimal(value) for channel, value in AT_THE_DOOR.items()}
        monitoring.record_by_hand(visit=session.visit, values=values, taken_at=at, by=nurse, at=at)
        for name in ("nausea", "dissociation"):
            timeline.score(session=session, name=name, value="0", by=nurse, at=at)
