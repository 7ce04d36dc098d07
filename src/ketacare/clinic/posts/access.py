"""The door to posts: of this clinic, and never a patient's, whom whoever runs the system does not see (P4)."""

from __future__ import annotations

from uuid import UUID

from ketacare.clinic.people.access import Actor, NotHere, require
from ketacare.clinic.people.models import Role, Staff
from ketacare.clinic.posts.models import PostAsked


def asked_of(actor: Actor, asked_id: UUID) -> PostAsked:
    require(actor, "users", "R")
    rows = PostAsked.objects.select_related("asked_by", "decided_by", "post")
    row = rows.filter(pk=asked_id, clinic_id=actor.clinic_id).first()
    if row is None:
        raise NotHere
    return row


def post_of(actor: Actor, post_id: UUID) -> Staff:
    require(actor, "users", "R")
    rows = Staff.objects.select_related("user").exclude(role__in=(Role.PT, Role.IC))
    row = rows.filter(pk=post_id, clinic_id=actor.clinic_id).first()
    if row is None:
        raise NotHere
    return row
