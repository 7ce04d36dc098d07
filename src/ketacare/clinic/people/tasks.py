"""What the passing of time does to sign-ins."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction

from ketacare.clinic.people import actions
from ketacare.clinic.people.models import Staff
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.models import Organisation


def end_sessions_of_removed(at: datetime) -> int:
    """End every sign-in of somebody whose last post has ended, or whose account is shut (P6: within 60 s)."""
    return sum(end_for(user_id, at) for user_id in signed_in_without_post())


def signed_in_without_post() -> set[UUID]:
    """A post is visible in its own organisation only, so all are asked before anybody is called removed."""
    holders: set[UUID] = set()
    for organisation in Organisation.objects.all():
        with tenant(organisation.pk):
            posts = Staff.objects.filter(ended_at__isnull=True, user__is_active=True)
            holders |= set(posts.values_list("user_id", flat=True))
    return set(UserSession.objects.exclude(user_id__in=holders).values_list("user_id", flat=True))


@transaction.atomic
def end_for(user_id: UUID, at: datetime) -> int:
    return actions.end_sessions_of_removed(user_id, at=at)
