"""The doors to containers, and to the second person who sees a draw or a waste."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere, granted
from ketacare.clinic.people.models import Staff, User
from ketacare.clinic.people.passwords import proved
from ketacare.clinic.pharmacy.models import Container, LedgerEntry
from ketacare.clinic.tenancy.refusals import Refusal, Refused


def container_of(actor: Actor, container_id: UUID, act: str = "R") -> Container:
    access.require(actor, "ledger", act)
    container = Container.objects.filter(pk=container_id, clinic_id=actor.clinic_id).first()
    if container is None:
        raise NotHere
    return container


def entries_visible_to(actor: Actor) -> QuerySet[LedgerEntry]:
    access.require(actor, "ledger", "R")
    return LedgerEntry.objects.filter(clinic_id=actor.clinic_id)


def confirmed(user_id: UUID | None, password: str) -> User:
    """The signed-in person proves again who they are, at the act (K6)."""
    user = None if user_id is None else User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or not proved(user, user.email, password):
        raise Refused(Refusal("password", "The password does not match.", "Type your own password again."))
    return user


def witness_of(actor: Actor, email: str, password: str) -> User:
    """Another active person with the right to witness, proved here and now (L3). Unknown and wrong read alike."""
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if not proved(user, email.strip(), password) or user is None:
        raise Refused(
            Refusal("witness_password", "The witness's sign-in does not match.", "Ask the witness to type it again.")
        )
    if user.pk == actor.user_id:
        raise Refused(
            Refusal("witness", "Nobody witnesses their own act.", "Ask a second person who saw it.", "policy")
        )
    posts = Staff.objects.filter(user=user, clinic_id=actor.clinic_id, ended_at__isnull=True)
    if not any(granted(post.role, "ledger", "W", frozenset({"clinic"})) for post in posts):
        raise Refused(Refusal("witness", "This person may not witness here.", "Ask a nurse or prescriber.", "policy"))
    return user
