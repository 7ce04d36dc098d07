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
    )


def make_staff(clinic: Clinic, at: datetime) -> dict[str, Actor]:
    """Everybody's account and post; by role, with the second nurse as RN2."""
    people = [(str(account.role), account.email, account) for account in ACCOUNTS]
    people.append(("RN2", SECOND_NURSE_EMAIL, SECOND_NURSE))
    return {key: employ(clinic, email, account.name, account.role, at) for key, email, account in people}


def employ(clinic: Clinic, email: str, name: str, role: Role, at: datetime) -> Actor:
    user = make_account(email, name)
    Staff.objects.create(organisation_id=clinic.organisation_id, clinic=clinic, created_at=at, user=user, role=role)
    return Actor(
        user_id=user.pk,
        name=user.name,
        role=str(role),
        clinic_id=clinic.pk,
        organisation_id=clinic.organisation_id,
        zone=clinic.zone,
    )
