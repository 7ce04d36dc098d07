"""The demo's calendar: rooms and devices, two courses booked as a whole, one plan that waits for the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Demographics, Patient, User
from ketacare.clinic.planning import actions as planning
from ketacare.clinic.planning import queries
from ketacare.clinic.planning.queries import Asked
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import AbsenceKind, ResourceKind, Skill, VisitKind
from ketacare.clinic.scheduling.planner import Held
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused

GUEST_FOR = timedelta(days=60)
RESOURCES = (
    (ResourceKind.ROOM, ("Garden room", "Quiet room")),
    (ResourceKind.PUMP, ("Pump 1", "Pump 2", "Pump 3")),
    (ResourceKind.MONITOR, ("Monitor A", "Monitor B", "Monitor C")),
)


def a_booked_week(staff: dict[str, Actor], at: datetime) -> None:
    desk, before = staff["FD"], at - timedelta(days=30)
    for kind, names in RESOURCES:
        for name in names:
            scheduling.add_resource(kind=kind, name=name, by=desk, at=before)
    christmas = local_day(at, desk.zone).replace(month=12, day=25)
    starts = datetime.combine(christmas, datetime.min.time(), tzinfo=ZoneInfo(desk.zone))
    scheduling.add_absence(
        kind=AbsenceKind.HOLIDAY,
        starts_at=starts,
        ends_at=starts + timedelta(days=1),
        words="Christmas",
        by=desk,
        at=before,
    )
    with_a_guest(staff, known("Okoro"), at)
    book(known("Reed"), desk, at)
    book(known("Okoro"), desk, at, therapist=str(staff["ET"].person_id))
    scheduling.wait_for(
        patient=known("Tran"),
        kind=VisitKind.EVALUATION,
        urgency=4,
        words="Mornings, any weekday",
        by=desk,
        at=at - timedelta(days=2),
    )
    scheduling.wait_for(
        patient=known("Weiss"), kind=VisitKind.EVALUATION, urgency=2, by=desk, at=at - timedelta(hours=4)
    )


def with_a_guest(staff: dict[str, Actor], patient: Patient, at: datetime) -> None:
    """A therapist of another practice works with him until a day, and is planned for it like anybody here."""
    guest = User.objects.get(pk=staff["ET"].person_id)
    scheduling.give_skill(user=guest, skill=Skill.THERAPY, by=staff["MD"], at=at - timedelta(days=1))
    until = local_day(at, staff["FD"].zone) + GUEST_FOR
    people.relate(patient=patient, user=guest, kind="therapist", until=until, by=staff["FD"], at=at - timedelta(days=1))


def known(family: str) -> Patient:
    return Demographics.objects.current().filter(family=family).latest("recorded_at").patient


def book(patient: Patient, desk: Actor, at: datetime, therapist: str = "") -> None:
    """The first alternative, for the doses that are left; where nothing fits, the plan's own days stay."""
    asked = Asked(local_day(at, desk.zone) + timedelta(days=1), preparation=False, therapist=therapist)
    try:
        question = queries.question(patient, asked, by=desk, at=at)
        made = queries.proposal(question, asked, by=desk)
        if not isinstance(made, Held):
            planning.book_proposal(question=question, visits=made[0].visits, asked=asked, by=desk, at=at)
    except Refused:
        return
