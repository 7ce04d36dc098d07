"""Recovery of an account in person: nobody for themselves, nobody alone (K7)."""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.channels.models import Channel
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, granted
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.queries import roles_of
from ketacare.clinic.recovery import queries
from ketacare.clinic.recovery.models import Recovery, RecoveryMail, Seen
from ketacare.clinic.tenancy.refusals import Refusal, Refused

WORDS_MOST = 300
TOLD = "Your account: the password was set anew"


@transaction.atomic
def ask(*, address: str, saw: str, words: str, by: Actor, at: datetime) -> Recovery:
    """The first of two, who has the person before them. Nothing of the account changes yet."""
    access.require(by, "recovery", "C")
    user = owner(address, by)
    if user.pk == by.user_id:
        raise Refused(Refusal("address", "This is your own account.", "Let two others do it.", "policy"))
    looked(saw, words)
    for row in Recovery.objects.select_for_update().filter(user=user, done_at=None, ended_at=None):
        if queries.waits(row, at):
            raise Refused(Refusal("address", "This was asked for already.", "Be its second person below.", "policy"))
        row.ended_at, row.version = at, row.version + 1
        row.save(update_fields=["ended_at", "version"])
    row = Recovery.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        user=user,
        asked_by_id=by.person_id,
        asked_role=by.role,
        asked_saw=saw,
        asked_words=words.strip(),
    )
    audit.note(by=by, at=at, verb="recovery.ask", on=user)
    return row


@transaction.atomic
def give(recovery: Recovery, *, saw: str, words: str, by: Actor, at: datetime) -> Recovery:
    """The second of two. From now on the old password, the second factor and every sign-in are over; the owner is told,
    and the one password that opens the account is changed as soon as it has."""
    access.require(by, "recovery", "C")
    row = Recovery.objects.select_for_update(of=("self",)).select_related("user", "clinic").get(pk=recovery.pk)
    if not queries.waits(row, at):
        raise Refused(Refusal("Recovery", "does not wait any more.", "Ask for it anew, both before them.", "policy"))
    if by.user_id in (row.asked_by_id, row.user_id):
        raise Refused(Refusal("Second person", "is somebody else.", "Let another colleague look.", "policy"))
    roles = roles_of(row.user, row.clinic_id)
    if not roles or not row.user.is_active:
        raise Refused(Refusal("Account", "has no post here any more.", "Speak with the director.", "policy"))
    stand_for_staff = any(granted(role, "recovery", "A", frozenset({"clinic"})) for role in (row.asked_role, by.role))
    if Role.PT not in roles and not stand_for_staff:
        remedy = "One of you two is the director or the administrator."
        raise Refused(Refusal("Second person", "is not enough for an account of staff.", remedy, "policy"))
    looked(saw, words)
    row.second_id, row.second_saw, row.second_words = by.person_id, saw, words.strip()
    row.done_at, row.version = at, row.version + 1
    row.save(update_fields=["second", "second_saw", "second_words", "done_at", "version"])
    set_anew(row, at=at)
    audit.note(by=by, at=at, verb="recovery.give", on=row.user)
    return row


def set_anew(row: Recovery, *, at: datetime) -> None:
    user = row.user
    user.set_password(queries.password_of(row))
    user.temporary_until = at + queries.LASTS
    user.save(update_fields=["password", "temporary_until"])
    Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    RecoveryMail.objects.create(
        organisation_id=row.organisation_id,
        clinic_id=row.clinic_id,
        created_at=at,
        rung=row,
        user=user,
        channel=Channel.MAIL,
        address=user.email,
        words=TOLD,
    )


def owner(address: str, by: Actor) -> User:
    """Whoever signs in here with this address. An unknown one, one of elsewhere and, for whoever runs the system, a
    patient's read alike (P4)."""
    user = User.objects.filter(email__iexact=address.strip(), is_active=True).first() if address.strip() else None
    roles = roles_of(user, by.clinic_id) if user is not None else set()
    if user is None or not roles or (by.role == Role.AD and Role.PT in roles):
        raise Refused(Refusal("address", "Nobody signs in here with this address.", "Look at how it is written."))
    return user


def looked(saw: str, words: str) -> None:
    wrong = []
    if saw not in Seen.values:
        wrong.append(Refusal("saw", "How you know who it is was not said.", "Choose one."))
    if not words.strip() or len(words.strip()) > WORDS_MOST:
        wrong.append(Refusal("words", f"The reason is empty or over {WORDS_MOST} letters.", "Write it in a sentence."))
    if wrong:
        raise Refused(wrong)
