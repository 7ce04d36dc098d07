"""Whose the integration visit is: nobody's whose access ends before its window does, since they could not open it."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Patient, Role, Staff
from ketacare.clinic.posts import queries as posts
from ketacare.clinic.scheduling.actions import AFTER_CARE, succeed
from ketacare.clinic.scheduling.models import HELD, Hold, Visit, VisitKind
from ketacare.clinic.tenancy.days import local_day

INTEGRATION = "therapy.integration"
TITLE, TITLE_OF_DESK = "Integration visit", "Find a therapist for the integration visit"
THERAPISTS = (Role.TH, Role.ET)
NO_MORE = "The therapist is not assigned until the window closes"
LEFT = "The therapist works here no more"
ASSIGNED = "A therapist is assigned"


def assigned_until(patient: Patient, day: date, dose: UUID | None = None) -> CareRelation | None:
    """Who is the patient's therapist up to this day and through it: first with whom the work after the dose is booked,
    then their own, then who has been so longest."""
    rows = CareRelation.objects.filter(patient=patient, kind="therapist", ended_at__isnull=True)
    rows = rows.filter(Q(until__isnull=True) | Q(until__gte=day))
    found = list(rows.select_related("user").order_by("created_at"))
    work = Visit.objects.filter(follows=dose, kind=VisitKind.INTEGRATION, state__in=HELD)
    booked = set(Hold.objects.filter(visit__in=work, is_held=True).values_list("user", flat=True)) if dose else set()
    return min(found, key=lambda row: (row.user_id not in booked, row.until is not None), default=None)


def role_of(relation: CareRelation) -> Role:
    """From another practice, or of this clinic."""
    posts = Staff.objects.filter(user=relation.user_id, clinic=relation.clinic_id, ended_at__isnull=True)
    return Role.ET if posts.filter(role=Role.ET).exists() else Role.TH


def title_for(relation: CareRelation | None) -> str:
    return TITLE if relation else TITLE_OF_DESK


@transaction.atomic
def hand_back(patient: Patient, *, by: Actor, at: datetime) -> int:
    """Integration visits of somebody who is on this case no more go to whoever is, else to the desk that must find
    somebody; how many did."""
    if by.role:  # the hour that it is looked at is nobody's act
        access.require(by, "demographics", "U", patient=patient)
    return sum(hand_on(duty, by=by, at=at) for duty in owed(patient).filter(owner_role__in=THERAPISTS))


@transaction.atomic
def follow_the_team(patient: Patient, by: Actor, at: datetime, *, because: str = NO_MORE) -> None:
    """A booking changed who may open the record: what waited for a therapist is theirs, what was theirs waits again.
    Part of the booking, which has asked for the right it needs."""
    for duty in owed(patient):
        hand_on(duty, by=by, at=at, because=because)


def post_ended(post: Staff, by: Actor, at: datetime) -> None:
    """Whoever works here no more is nobody's therapist, and sees no record for having referred somebody. What comes
    after a dose is somebody else's from now on. Part of the end of the post, which has asked for the right it needs."""
    for row in posts.ends_with(post).select_related("patient__clinic"):
        goes(row, stays=False, by=by, at=at)
    if post.role == Role.TH:  # what is left of theirs is a therapist's of another practice
        rows = CareRelation.objects.filter(user=post.user_id, clinic=post.clinic_id, kind="therapist", ended_at=None)
        for row in rows.select_related("patient__clinic"):
            goes(row, stays=True, by=by, at=at)


def goes(row: CareRelation, *, stays: bool, by: Actor, at: datetime) -> None:
    """One assignment of a post that ended. Who stays as a therapist of another practice gets a last day, as each of
    them has; where it was the patient's own, whoever stands in is that from here on."""
    was_own = row.until is None
    last = local_day(at, row.patient.clinic.zone) + AFTER_CARE
    if not stays:
        people.close_relation(row, because="post ended", by=by, at=at)
    elif row.until is None or row.until > last:
        people.set_last_day(row, last, by_booking=False, because="post ended", by=by, at=at)
    if row.kind != "therapist":
        return
    if was_own:
        succeed(row.patient, by, at)
    follow_the_team(row.patient, by, at, because=LEFT)


def owed(patient: Patient) -> QuerySet[Duty]:
    return Duty.objects.filter(patient=patient, kind=INTEGRATION, state=DutyState.OPEN)


def hand_on(duty: Duty, *, by: Actor, at: datetime, because: str = NO_MORE) -> bool:
    patient = duty.patient
    assert patient is not None  # an integration visit is somebody's
    last, held = local_day(duty.late_at, patient.clinic.zone), duty.owner_role in THERAPISTS
    if held and duty.owner_id is not None and is_theirs(patient, duty, last):
        return False  # without an owner no therapist sees it, nor the desk
    other = assigned_until(patient, last, duty.visit_id)
    if other is None and not held:
        return False  # it waits where it is, also with whom it has climbed to
    role, to, reason = (role_of(other), other.user, ASSIGNED) if other else (Role.FD, None, because)
    duties.move(duty, to_role=role, to=to, reason=because if held else reason, title=title_for(other), by=by, at=at)
    if held:
        audit.note(by=by, at=at, verb="integration.hand_back", on=duty, patient=patient)
    return True


def is_theirs(patient: Patient, duty: Duty, day: date) -> bool:
    rows = CareRelation.objects.filter(patient=patient, user=duty.owner_id, kind="therapist", ended_at__isnull=True)
    return rows.filter(Q(until__isnull=True) | Q(until__gte=day)).exists()
