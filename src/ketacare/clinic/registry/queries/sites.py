"""Whose courses somebody may count: every clinic in which they hold a post with that right."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ketacare.clinic.people.access import RELATIONS, Actor, granted
from ketacare.clinic.people.models import Staff


@dataclass(frozen=True)
class Site:
    id: UUID
    name: str


def sites(actor: Actor) -> tuple[Site, ...]:
    """The clinic of now first, then the others of the same organisation by name."""
    posts = Staff.objects.filter(user_id=actor.person_id, ended_at__isnull=True).select_related("clinic")
    theirs = {post.clinic for post in posts if granted(post.role, "programme", "R", RELATIONS)}
    ordered = sorted(theirs, key=lambda clinic: (clinic.pk != actor.clinic_id, clinic.name))
    return tuple(Site(clinic.pk, clinic.name) for clinic in ordered)
