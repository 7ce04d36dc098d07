"""The demo clinic: invented people, every role, a course under way and a session that is running now."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, Staff
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic, Organisation
from ketacare.web.demo.accounts import ACCOUNTS, SECOND_NURSE, SECOND_NURSE_EMAIL, make_account

ORGANISATION = "Demo organisation"


def load(*, at: datetime) -> bool:
    """Make the demo clinic once; a second call changes nothing. True if it was made now."""
    from django.db import transaction

    from ketacare.web.demo import story

    if Organisation.objects.filter(name=ORGANISATION).exists():
        return False
    with transaction.atomic():
        clinic = make_clinic()
        staff = make_staff(clinic, at)
        story.tell(clinic, staff, at=at)
    return True


def load_large(*, at: datetime) -> bool:
    """Add the simulated network once, seen by the demo's medical director. True if it was made now."""
    from ketacare.web.demo import large

    organisation = Organisation.objects.get(name=ORGANISATION)
    with tenancy.tenant(organisation.pk):
        if Clinic.objects.filter(organisation=organisation).count() > 1:
            return False
        post = Staff.objects.select_related("user", "clinic").get(role=Role.MD)
    large.load(organisation, actor_at(post), at=at)
    return True


def actor_at(post: Staff) -> Actor:
    return Actor(
        user_id=post.user_id,
        name=post.user.name,
        role=post.role,
        clinic_id=post.clinic_id,
        organisation_id=post.organisation_id,
        zone=post.clinic.zone,
    )


def make_clinic() -> Clinic:
    organisation = tenancy.found_organisation(name=ORGANISATION)
    return tenancy.found_clinic(
        organisation=organisation,
        name="Harbour Street Clinic",
        zone="America/New_York",
        address="14 Harbour Street, Portland, ME 04101",
        telephone="+1 207 555 0114",
        country="US",
        is_training=True,
        is_open_all_night=True,  # so that the demo can be tried at any hour
    )


def make_staff(clinic: Clinic, at: datetime) -> dict[str, Actor]:
    """Everybody's account and post; by role, with the second nurse as RN2."""
    people = [(str(account.role), account.email, account) for account in ACCOUNTS]
    people.append(("RN2", SECOND_NURSE_EMAIL, SECOND_NURSE))
    return {key: employ(clinic, email, account.name, account.role, at) for key, email, account in people}


def employ(clinic: Clinic, email: str, name: str, role: Role, at: datetime) -> Actor:
    user = make_account(email, name)
    post = Staff.objects.create(
        organisation_id=clinic.organisation_id, clinic=clinic, created_at=at, user=user, role=role
    )
    return actor_at(post)
