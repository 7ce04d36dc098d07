"""Recovery of an account in person: nobody for themselves, nobody alone (K7). Another address of a patient's account,
and its end, are parts of acts of a room above.

An account is one for every clinic that somebody works in or is a patient of; so who stands for it is judged by all its
posts, and each of those clinics keeps a line of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
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
from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.clinic.people.queries import roles_of
from ketacare.clinic.recovery import passwords, queries
from ketacare.clinic.recovery.models import (
    ANEW,
    FIRST,
    OTHER_ADDRESS,
    AddressChanged,
    AddressMail,
    Recovery,
    RecoveryMail,
    Seen,
)
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refusal, Refused

WORDS_MOST = 300
ELSEWHERE = duties.ends_by_word("account.elsewhere", "Who was asked, and what they said")
TELL = duties.ends_by_word("account.tell", "Who was told, and how")
# Working time enough to reach somebody, and soon enough to undo it (design choice).
SPEAK_WITHIN, LOOKED_BACK = timedelta(hours=4), timedelta(days=1)
# Time enough for the two of the other clinic to have the person before them (design choice).
WORD_LASTS = timedelta(days=1)


@transaction.atomic
def ask(*, address: str, saw: str, words: str, by: Actor, at: datetime) -> Recovery:
    """The first of two, who has the person before them. Nothing of the account changes yet. Of whoever got the account
    here and left, it is the director's word for two of another clinic."""
    access.require(by, "recovery", "C")
    user = owner(address, by)
    if user.pk == by.user_id:
        raise Refused(Refusal("address", "This is your own account.", "Let two others do it.", "policy"))
    looked(saw, words)
    left = not roles_of(user, by.clinic_id)
    standing = Recovery.objects.select_for_update().filter(user=user, done_at=None, ended_at=None)
    for row in [] if left else standing:
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
                for_elsewhere=left,
                ended_at=at if left else None,  # nobody here is its second
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
    ever = ever_posts(row.user, by)
    posts = [post for post in ever if post.ended_at is None]
    home = at_home(row, ever, by=by, at=at)
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
    tell_elsewhere(row, posts, home, by=by, at=at)
    return row


def every_post(user: User, by: Actor) -> list[Staff]:
    """What somebody is, in any clinic and organisation: one password opens all of it."""
    return [post for post in ever_posts(user, by) if post.ended_at is None]


def ever_posts(user: User, by: Actor) -> list[Staff]:
    """What somebody is and was, oldest first: an account stays at home where it was given, whatever ended since."""
    tenancy.enter(organisation_id=by.organisation_id, user_id=user.pk)
    posts = list(Staff.objects.filter(user=user).select_related("clinic").order_by("created_at"))
    tenancy.enter(organisation_id=by.organisation_id, user_id=by.user_id)
    return posts


def at_home(row: Recovery, ever: list[Staff], *, by: Actor, at: datetime) -> Staff:
    """The post that the account was given with, if the two may open it: those of its clinic, which knows whose it is;
    where the person has left there, two of another with a word of both directors; where no director is left there
    either, the director and the administrator of where the person is now. What they are elsewhere is not said (P4)."""
    first, pair = ever[0], {row.asked_role, by.role}
    if any(post.clinic_id == row.clinic_id and post.created_at == first.created_at for post in ever):
        return first
    if not any(post.clinic_id == first.clinic_id and post.ended_at is None for post in ever):
        directors, said = word_of(first, by=by, at=at)
        if (said and Role.MD in pair) or (not directors and pair == {Role.MD, Role.AD}):
            return first
    remedy = (
        "They go there. Where they have left, the director there writes down under “Lost passwords” that it is them; "
        "then the director here is one of you two."
    )
    raise Refused(Refusal("Account", "got its first password elsewhere.", remedy, "policy"))


def word_of(first: Staff, *, by: Actor, at: datetime) -> tuple[set[UUID], bool]:
    """The directors of where an account was given, and whether one of them said lately whose it is."""
    tenancy.enter(organisation_id=first.organisation_id)
    posts = Staff.objects.filter(clinic=first.clinic_id, role=Role.MD, ended_at=None, user__is_active=True)
    directors = set(posts.values_list("user_id", flat=True))
    words = Recovery.objects.filter(clinic=first.clinic_id, user=first.user_id, for_elsewhere=True)
    said = words.filter(asked_by__in=directors, created_at__gt=at - WORD_LASTS, created_at__lte=at).exists()
    tenancy.enter(organisation_id=by.organisation_id, user_id=by.user_id)
    return directors, said


def tell_elsewhere(row: Recovery, posts: list[Staff], home: Staff, *, by: Actor, at: datetime) -> None:
    """The account opens other clinics too: each has its line, and so has the one that gave it first; where it is
    staff's the director asks them. Which clinic gave it is not said there: somebody may be a patient of it."""
    others = {post.clinic_id: post.clinic for post in [*posts, home] if post.clinic_id != row.clinic_id}
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
    for address in (user.email, *queries.addresses_before(user, at)):
        RecoveryMail.objects.create(
            organisation_id=row.organisation_id,
            clinic_id=row.clinic_id,
            created_at=at,
            rung=row,
            user=user,
            channel=Channel.MAIL,
            address=address,
            words=FIRST if user.last_login is None else ANEW,
        )


def change_address(patient: Patient, user: User, address: str, *, by: Actor, at: datetime) -> None:
    """Part of an act that asked who may: the account of a patient signs in with another address, and the one before is
    told so. The password given for it later is told there too, and the journal stays shut for a while (H28, K7)."""
    row = AddressChanged.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        user=user,
        patient=patient,
        before=user.email,
        changed_by_id=by.person_id,
    )
    AddressMail.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        rung=row,
        user=user,
        channel=Channel.MAIL,
        address=user.email,
        words=OTHER_ADDRESS,
    )
    EmailAddress.objects.filter(user=user).delete()
    user.email = address
    user.save(update_fields=["email"])
    audit.note(by=by, at=at, verb="account.address", on=user, patient=patient)


def shut_account(user: User, patient: Patient, *, by: Actor, at: datetime) -> None:
    """Part of an act that asked who may: neither the old password nor the old telephone opens it any more."""
    factors = Authenticator.objects.filter(user=user)
    if not user.has_usable_password() and not factors.exists():
        return
    factors.delete()
    user.set_unusable_password()
    user.temporary_until = None
    user.save(update_fields=["password", "temporary_until"])
    for session in UserSession.objects.filter(user=user):
        session.end()
    audit.note(by=by, at=at, verb="account.shut", on=user, patient=patient)


def untold(at: datetime) -> list[RecoveryMail | AddressMail]:
    """Of the entered organisation, what did not reach its owner and is owed by nobody yet."""
    failed = {"state": CallState.FAILED, "created_at__gt": at - LOOKED_BACK}
    rows: list[RecoveryMail | AddressMail] = list(RecoveryMail.objects.filter(**failed).select_related("clinic"))
    rows += AddressMail.objects.filter(**failed).select_related("clinic", "rung")
    owed = Duty.objects.filter(kind=TELL, created_at__gt=at - LOOKED_BACK).values_list("link", "created_at")
    rows.sort(key=lambda row: row.created_at)
    of_a_page = {row.page: row for row in rows}  # of two addresses that were told of one act, one duty: for the newer
    return [
        row
        for page, row in of_a_page.items()
        if not any(link == page and row.created_at <= made for link, made in owed)
    ]


def owe(mail: RecoveryMail | AddressMail, *, at: datetime) -> None:
    what = "signs in with another address" if isinstance(mail, AddressMail) else "got a password in person"
    duties.open_duty(
        kind=TELL,
        title=f"Tell the owner of an account by telephone that it {what}",
        patient=None,
        owner_role=Role.MD,
        due_at=at + SPEAK_WITHIN,
        why=f"The mail to them did not go: {mail.failure}",
        link=mail.page,
        by=system(mail.clinic),
        at=at,
    )


def owner(address: str, by: Actor) -> User:
    """Whoever signs in here with this address, and for the director whoever got it here and left. An unknown one, one
    of elsewhere and, for whoever runs the system, a patient's read alike (P4)."""
    user = User.objects.filter(email__iexact=address.strip(), is_active=True).first() if address.strip() else None
    roles = roles_of(user, by.clinic_id) if user is not None else set()
    if user is not None and not roles and by.role == Role.MD and began_here(user, by):
        return user
    if user is None or not roles or (by.role == Role.AD and roles <= {Role.PT}):
        raise Refused(Refusal("address", "Nobody signs in here with this address.", "Look at how it is written."))
    return user


def began_here(user: User, by: Actor) -> bool:
    return [post.clinic_id for post in ever_posts(user, by)[:1]] == [by.clinic_id]


def looked(saw: str, words: str) -> None:
    wrong = []
    if saw not in Seen.values:
        wrong.append(Refusal("saw", "How you know who it is was not said.", "Choose one."))
    if not words.strip() or len(words.strip()) > WORDS_MOST:
        wrong.append(Refusal("words", f"The reason is empty or over {WORDS_MOST} letters.", "Write it in a sentence."))
    if wrong:
        raise Refused(wrong)
