"""Recovery of an account in person: nobody for themselves, nobody alone (K7).

An account is one for every clinic that somebody works in or is a patient of; so who stands for it is judged by all its
posts, and each of those clinics keeps a line of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.urls import reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.channels.models import CallState, Channel
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people import access
from ketacare.clinic.people import passwords as own
from ketacare.clinic.people.access import Actor, granted, system
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.people.queries import posts_of, roles_of
from ketacare.clinic.recovery import passwords, queries
from ketacare.clinic.recovery.models import Recovery, RecoveryMail, Seen
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refusal, Refused

WORDS_MOST = 300
TOLD = "Your account: the password was set anew"
ELSEWHERE = duties.ends_by_word("account.elsewhere", "Who was asked, and what they said")
TELL = duties.ends_by_word("account.tell", "Who was told, and how")
# Working time enough to reach somebody, and soon enough to undo it (design choice).
SPEAK_WITHIN, LOOKED_BACK = timedelta(hours=4), timedelta(days=1)


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
            raise asked_already()
        row.ended_at, row.version = at, row.version + 1
        row.save(update_fields=["ended_at", "version"])
    try:
        with transaction.atomic():
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
    except IntegrityError:  # two colleagues in the same moment: one of them wrote first
        raise asked_already()
    audit.note(by=by, at=at, verb="recovery.ask", on=user)
    return row


def asked_already() -> Refused:
    return Refused(Refusal("address", "This was asked for already.", "Be its second person below.", "policy"))


@transaction.atomic
def give(recovery: Recovery, *, saw: str, words: str, by: Actor, at: datetime) -> Recovery:
    """The second of two. From now on the old password, the second factor and every sign-in are over; the owner is told,
    and the one password that opens the account is changed as soon as it has."""
    access.require(by, "recovery", "C")
    row = Recovery.objects.select_for_update(of=("self", "user")).select_related("user", "clinic").get(pk=recovery.pk)
    if not queries.waits(row, at):
        raise Refused(Refusal("Recovery", "does not wait any more.", "Ask for it anew, both before them.", "policy"))
    if by.user_id in (row.asked_by_id, row.user_id):
        raise Refused(Refusal("Second person", "is somebody else.", "Let another colleague look.", "policy"))
    if not roles_of(row.user, row.clinic_id) or not row.user.is_active:
        raise Refused(Refusal("Account", "has no post here any more.", "Speak with the director.", "policy"))
    if row.asked_role not in roles_of(row.asked_by, row.clinic_id):
        raise Refused(Refusal("First person", "has this post no more.", "Ask for it anew.", "policy"))
    posts = every_post(row.user, by)
    since = min(post.created_at for post in posts if post.clinic_id == row.clinic_id)
    if any(post.created_at < since for post in posts if post.clinic_id != row.clinic_id):
        rule = "was first given by another clinic, which knows whose it is."
        raise Refused(Refusal("Account", rule, "They go there, with the director or the administrator.", "policy"))
    stand_for_staff = any(granted(role, "recovery", "A", frozenset({"clinic"})) for role in (row.asked_role, by.role))
    if any(post.role != Role.PT for post in posts) and not stand_for_staff:
        remedy = "One of you two is the director or the administrator."
        raise Refused(Refusal("Second person", "is not enough for an account of staff.", remedy, "policy"))
    looked(saw, words)
    row.second_id, row.second_saw, row.second_words = by.person_id, saw, words.strip()
    row.done_at, row.version = at, row.version + 1
    row.save(update_fields=["second", "second_saw", "second_words", "done_at", "version"])
    set_anew(row, at=at)
    audit.note(by=by, at=at, verb="recovery.give", on=row.user)
    tell_elsewhere(row, posts, by=by, at=at)
    return row


def every_post(user: User, by: Actor) -> list[Staff]:
    """What somebody is, in any clinic and organisation: one password opens all of it."""
    tenancy.enter(organisation_id=by.organisation_id, user_id=user.pk)
    posts = posts_of(user)
    tenancy.enter(organisation_id=by.organisation_id, user_id=by.user_id)
    return posts


def tell_elsewhere(row: Recovery, posts: list[Staff], *, by: Actor, at: datetime) -> None:
    """The account opens other clinics too: each has its line, and where it is staff's the director asks them. Which
    clinic gave it is not said there: somebody may be a patient of it."""
    others = {post.clinic_id: post.clinic for post in posts if post.clinic_id != row.clinic_id}
    staff = {post.clinic_id for post in posts if post.role != Role.PT}
    for clinic in sorted(others.values(), key=lambda one: str(one.pk)):
        tenancy.enter(organisation_id=clinic.organisation_id)
        audit.note(by=system(clinic), at=at, verb="recovery.elsewhere", on=row.user)
        if clinic.pk in staff:
            duties.open_duty(
                kind=ELSEWHERE,
                title="Ask a colleague whether they had their password set anew",
                patient=None,
                owner_role=Role.MD,
                due_at=at + SPEAK_WITHIN,
                why=f"{row.user.name}: another clinic gave them a new password in person",
                link=reverse("duties"),
                by=system(clinic),
                at=at,
            )
    tenancy.enter(organisation_id=by.organisation_id, user_id=by.user_id)


def set_anew(row: Recovery, *, at: datetime) -> None:
    user = row.user
    user.set_password(queries.password_of(row))
    user.temporary_until = at + passwords.LASTS
    user.save(update_fields=["password", "temporary_until"])
    Authenticator.objects.filter(user=user).delete()
    own.forget_failures(user.email)
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


def untold(at: datetime) -> list[RecoveryMail]:
    """Of the entered organisation, what did not reach its owner and is owed by nobody yet."""
    rows = RecoveryMail.objects.filter(state=CallState.FAILED, created_at__gt=at - LOOKED_BACK).select_related("clinic")
    return [row for row in rows if not Duty.objects.filter(kind=TELL, link=page_of(row)).exists()]


def page_of(mail: RecoveryMail) -> str:
    return reverse("recovery", args=[mail.rung_id])


def owe(mail: RecoveryMail, *, at: datetime) -> None:
    duties.open_duty(
        kind=TELL,
        title="Tell the owner of an account by telephone that its password was set anew",
        patient=None,
        owner_role=Role.MD,
        due_at=at + SPEAK_WITHIN,
        why=f"The mail to them did not go: {mail.failure}",
        link=page_of(mail),
        by=system(mail.clinic),
        at=at,
    )


def owner(address: str, by: Actor) -> User:
    """Whoever signs in here with this address. An unknown one, one of elsewhere and, for whoever runs the system, a
    patient's read alike (P4)."""
    user = User.objects.filter(email__iexact=address.strip(), is_active=True).first() if address.strip() else None
    roles = roles_of(user, by.clinic_id) if user is not None else set()
    if user is None or not roles or (by.role == Role.AD and roles <= {Role.PT}):
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
