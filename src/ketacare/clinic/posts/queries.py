"""Who works here, who is asked for, and what would stay behind if somebody left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import CareRelation, Patient, Role, Staff, User
from ketacare.clinic.posts.models import LICENSED, Licence, PostAsked
from ketacare.clinic.tenancy.days import local_day

# Nobody gives a post alone: of these two roles a clinic needs two people.
NEVER_WITHOUT = (Role.MD, Role.AD)
# For what a post is needed, and as what: with the last one that would do, it ends.
POSTS_FOR = {"therapist": (Role.TH, Role.ET), "referrer": (Role.RC,)}


@dataclass(frozen=True)
class AtWork:
    """A post as the list shows it."""

    post: Staff
    signs_in: str
    licence_ends: str = ""
    """In words: soon, or over; nothing while it lasts, or where none is needed."""
    licence_state: str = ""

    @property
    def is_ready(self) -> bool:
        return self.signs_in == READY


READY, HALF, NEVER = "", "No second factor yet", "Has not signed in yet"


def at_work(clinic_id: UUID, today: date) -> list[AtWork]:
    """By name; nobody's patients."""
    posts = list(posts_here(clinic_id).order_by("user__name", "created_at"))
    secured = set(
        Authenticator.objects.filter(user__in=[post.user_id for post in posts]).values_list("user_id", flat=True)
    )
    held = licences(clinic_id)

    def one(post: Staff) -> AtWork:
        ready = READY if post.user_id in secured else unready(post.user)
        if post.role not in LICENSED:
            return AtWork(post, ready)
        licence = held.get(post.user_id)
        return AtWork(post, ready, in_words(licence, today), state_of(licence, today))

    return [one(post) for post in posts]


def signs_in(user: User) -> str:
    """What still keeps somebody from signing in; nothing once a second factor is set up."""
    return READY if Authenticator.objects.filter(user=user).exists() else unready(user)


def unready(user: User) -> str:
    return HALF if user.has_usable_password() or user.temporary_until is not None else NEVER


# So long before its last day the director is told of it (design choice).
LICENCE_AHEAD = timedelta(days=30)


def licences(clinic_id: UUID) -> dict[UUID, Licence]:
    """What counts of each person: what was noted last."""
    rows = Licence.objects.current().filter(clinic_id=clinic_id).order_by("recorded_at", "pk")
    return {row.user_id: row for row in rows}


def licence_of(post: Staff) -> Licence | None:
    return licences(post.clinic_id).get(post.user_id) if post.role in LICENSED else None


def state_of(licence: Licence | None, today: date) -> str:
    """As a chip shows it."""
    if licence is None:
        return "unknown"
    return "late" if licence.until < today else "act"


def in_words(licence: Licence | None, today: date) -> str:
    if licence is None:
        return "No licence noted"
    if licence.until < today:
        return f"Licence ended {licence.until:%d-%b-%Y}"
    return f"Licence ends {licence.until:%d-%b-%Y}" if licence.until <= today + LICENCE_AHEAD else ""


def posts_of(post: Staff) -> QuerySet[Staff]:
    """All that this person has had here."""
    return Staff.objects.filter(clinic_id=post.clinic_id, user_id=post.user_id)


def licences_to_tell(at: datetime) -> list[tuple[Licence, Staff]]:
    """Of the entered tenant: those of people who work here that end soon or have ended."""
    found = []
    posts = Staff.objects.filter(ended_at=None, role__in=LICENSED).select_related("user", "clinic")
    for post in posts.order_by("-created_at", "pk"):  # of somebody with two posts it is told at the first
        row = licence_of(post)
        if row is not None and row.until <= local_day(at, post.clinic.zone) + LICENCE_AHEAD:
            found.append((row, post))
    return list({row.pk: (row, post) for row, post in found}.values())


def posts_here(clinic_id: UUID) -> QuerySet[Staff]:
    posts = Staff.objects.filter(clinic_id=clinic_id, ended_at=None).exclude(role__in=(Role.PT, Role.IC))
    return posts.select_related("user")


def ended(clinic_id: UUID) -> list[Staff]:
    rows = Staff.objects.filter(clinic_id=clinic_id, ended_at__isnull=False).exclude(role__in=(Role.PT, Role.IC))
    return list(rows.select_related("user", "end", "end__recorded_by").order_by("-ended_at")[:50])


def asked_for(clinic_id: UUID) -> list[PostAsked]:
    rows = PostAsked.objects.filter(clinic_id=clinic_id, decided_at=None, withdrawn_at=None)
    return list(rows.select_related("asked_by").order_by("created_at"))


def is_last(post: Staff) -> bool:
    """Whether without it no two people would be left of whom one asks for a post and another gives it. Where they are
    not there anyway, nobody is kept in for it."""
    if post.role not in NEVER_WITHOUT:
        return False
    return two_are_left(post.clinic_id) and not two_are_left(post.clinic_id, without=post)


def two_are_left(clinic_id: UUID, *, without: Staff | None = None) -> bool:
    left = posts_here(clinic_id) if without is None else posts_here(clinic_id).exclude(pk=without.pk)
    held = set(left.filter(role__in=NEVER_WITHOUT, user__is_active=True).values_list("role", "user_id"))
    asks, gives = ({user for role, user in held if role == one} for one in (Role.AD, Role.MD))
    return any(first != second for first in asks for second in gives)


def held_by(post: Staff) -> QuerySet[Duty]:
    """What is this person's own to do here, and would be nobody's."""
    return Duty.objects.filter(clinic_id=post.clinic_id, owner_id=post.user_id, state=DutyState.OPEN)


def ends_with(post: Staff) -> QuerySet[CareRelation]:
    """Assignments that end with this post, the last one by which they stand: whoever works here no more is nobody's
    therapist, and sees no record for having referred somebody."""
    standing = Staff.objects.filter(user=post.user_id, clinic=post.clinic_id, ended_at=None).exclude(pk=post.pk)
    held = set(standing.values_list("role", flat=True))
    kinds = [kind for kind, roles in POSTS_FOR.items() if post.role in roles and not held.intersection(roles)]
    return CareRelation.objects.filter(user=post.user_id, clinic=post.clinic_id, kind__in=kinds, ended_at=None)


def left_alone(post: Staff) -> int:
    """How many patients would lose this therapist with it."""
    return ends_with(post).filter(kind="therapist").values("patient").distinct().count()


def opens(roles: set[str], duty: Duty, today: date) -> bool:
    """Whether its owner can still do it by one of these roles: some see the duties of the clinic, some of their own
    patients alone."""
    team = people.care_team(duty.patient, today) if duty.patient is not None else []
    theirs = duty.patient is None or any(row.user_id == duty.owner_id for row in team)
    relations = frozenset({"clinic", "a"} if theirs else {"clinic"})
    return any(access.granted(role, "duties", "U", relations) for role in roles)


def own_pages_of(patient: Patient) -> Staff | None:
    """A patient's open way to their own pages."""
    if patient.user_id is None:
        return None
    rows = Staff.objects.filter(user_id=patient.user_id, clinic_id=patient.clinic_id, role=Role.PT, ended_at=None)
    return rows.select_related("user").first()
