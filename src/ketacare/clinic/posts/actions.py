"""Posts asked for, given, refused and ended; a patient's own pages opened and shut.

Whoever gets an account has no password yet: two people give them the first one in person, as they give a lost one
(K7). Rights change with the next request, and the sign-ins of somebody without a post end by themselves (P6).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.clinic.posts import above, queries
from ketacare.clinic.posts.models import GIVEN, LICENSED, Licence, PostAsked, PostEnd
from ketacare.clinic.recovery import actions as recovery
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

DECIDE, LICENCE_ENDS = "post.decide", "licence.ends"
# A working day: whoever begins tomorrow is let in today (design choice).
DECIDE_WITHIN = timedelta(hours=8)
WORDS_MOST, NAME_MOST, ADDRESS_MOST = 300, 200, 254
NUMBER_MOST, ISSUER_MOST, LONGEST = 60, 120, timedelta(days=15 * 366)


@transaction.atomic
def ask(*, name: str, address: str, role: str, words: str, by: Actor, at: datetime) -> PostAsked:
    """The first of two. Nobody gets in by it; the director decides."""
    access.require(by, "users", "C")
    name, address = " ".join(name.split()), address.strip().lower()
    well_formed(name=name, address=address, role=role, words=words)
    if any(post.user.email == address and post.role == role for post in queries.posts_here(by.clinic_id)):
        raise Refused(Refusal("role", "They have this post already.", "Choose another role, or look at the list."))
    try:
        with transaction.atomic():
            row = PostAsked.objects.create(
                organisation_id=by.organisation_id,
                clinic_id=by.clinic_id,
                created_at=at,
                name=name,
                address=address,
                role=role,
                words=words.strip(),
                asked_by_id=by.person_id,
            )
    except IntegrityError:  # asked for already, perhaps by a colleague in the same moment
        raise Refused(Refusal("address", "This post was asked for already.", "It waits for the director below."))
    audit.note(by=by, at=at, verb="post.ask", on=row)
    duties.open_duty(
        kind=DECIDE,
        title="Say whether somebody is to work here",
        why=f"{Role(role).label}: {by.name} asks. Nobody gives a post alone.",
        link=page_of(row),
        patient=None,
        owner_role=Role.MD,
        due_at=at + DECIDE_WITHIN,
        consequence=Consequence.RECORD,
        by=by,
        at=at,
    )
    return row


def well_formed(*, name: str, address: str, role: str, words: str) -> None:
    wrong = []
    if not name or len(name) > NAME_MOST:
        wrong.append(Refusal("name", f"The name is empty or over {NAME_MOST} letters.", "As on their licence."))
    if not is_address(address):
        wrong.append(Refusal("address", "This is no e-mail address.", "Write it as they sign in: name@example.org."))
    if role not in dict(GIVEN):
        wrong.append(Refusal("role", "No role was chosen.", "Choose what they will do here."))
    if wrong := wrong + unsaid("words", words):
        raise Refused(wrong)


def is_address(address: str) -> bool:
    if len(address) > ADDRESS_MOST:
        return False
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def unsaid(field: str, words: str) -> list[Refusal]:
    if words.strip() and len(words.strip()) <= WORDS_MOST:
        return []
    return [Refusal(field, f"The reason is empty or over {WORDS_MOST} letters.", "Write it in a sentence.")]


@transaction.atomic
def give(asked: PostAsked, *, words: str, by: Actor, at: datetime) -> Staff:
    """The second of two says yes: from the next request on this person has the role."""
    row = decided_by_another(asked, by)
    if wrong := unsaid("words", words):
        raise Refused(wrong)
    user = account_of(row)
    if user.pk == by.user_id:
        raise Refused(Refusal("post", "It is your own.", "Let another director decide.", "policy"))
    if people.roles_of(user, by.clinic_id) & {row.role}:
        raise Refused(Refusal("role", "They have this post already.", "Say no to this one.", "policy"))
    post = Staff.objects.create(
        organisation_id=by.organisation_id, clinic_id=by.clinic_id, created_at=at, user=user, role=row.role
    )
    row.post = post
    decide(row, words, by=by, at=at)
    audit.note(by=by, at=at, verb="post.begin", on=post, because=row.role)
    return post


@transaction.atomic
def refuse(asked: PostAsked, *, words: str, by: Actor, at: datetime) -> PostAsked:
    row = decided_by_another(asked, by)
    if wrong := unsaid("words", words):
        raise Refused(wrong)
    decide(row, words, by=by, at=at)
    audit.note(by=by, at=at, verb="post.refuse", on=row)
    return row


def decided_by_another(asked: PostAsked, by: Actor) -> PostAsked:
    access.require(by, "users", "A")
    row = PostAsked.objects.select_for_update().get(pk=asked.pk)
    if not row.waits:
        raise Refused(Refusal("post", "This was decided already.", "Look at the list.", "policy"))
    if row.asked_by_id == by.user_id:
        raise Refused(Refusal("post", "You asked for it yourself.", "Another director decides.", "policy"))
    return row


def decide(row: PostAsked, words: str, *, by: Actor, at: datetime) -> None:
    row.decided_by_id, row.decided_at, row.decision_words = by.person_id, at, words.strip()
    row.version += 1
    row.save(update_fields=["decided_by", "decided_at", "decision_words", "post", "version"])
    settle(row, by=by, at=at)


def account_of(row: PostAsked) -> User:
    """Theirs if they sign in already, else a new one that nothing opens yet. An address mistyped by one letter may be
    somebody else's: then the name is not theirs."""
    user = User.objects.filter(email__iexact=row.address).first() or new_account(row.address, row.name)
    if user.name.casefold() != row.name.casefold():
        rule = "This address signs in already, under another name."
        raise Refused(Refusal("address", rule, "Ask them for both; say no to this one, and have it asked anew."))
    if not user.is_active:
        raise Refused(Refusal("address", "This account is shut.", "Say no to it, and ask whoever shut it.", "policy"))
    return user


def new_account(address: str, name: str) -> User:
    """Nothing opens it yet. Of two at one moment for one address, the later finds that of the earlier."""
    try:
        with transaction.atomic():
            return User.objects.create_user(address, None, name=name[:NAME_MOST])
    except IntegrityError:
        return User.objects.get(email__iexact=address)


@transaction.atomic
def withdraw(asked: PostAsked, *, by: Actor, at: datetime) -> PostAsked:
    access.require(by, "users", "C")
    row = PostAsked.objects.select_for_update().get(pk=asked.pk)
    if not row.waits:
        raise Refused(Refusal("post", "This was decided already.", "Look at the list.", "policy"))
    row.withdrawn_at, row.version = at, row.version + 1
    row.save(update_fields=["withdrawn_at", "version"])
    audit.note(by=by, at=at, verb="post.withdraw", on=row)
    settle(row, by=by, at=at)
    return row


def settle(row: PostAsked, *, by: Actor, at: datetime) -> None:
    for duty in Duty.objects.filter(kind=DECIDE, link=page_of(row), state=DutyState.OPEN):
        duties.close_duty(duty, evidence=row, by=by, at=at)


@transaction.atomic
def end(post: Staff, *, words: str, by: Actor, at: datetime) -> Staff:
    """One person is enough: rights only become fewer. What was theirs to do goes back to their role."""
    access.require(by, "posts_end", "U")
    # All of the clinic's, so that two directors who end each other's do not both find the other still there.
    rows = list(queries.posts_here(by.clinic_id).select_for_update(of=("self",)))
    row = next((one for one in rows if one.pk == post.pk), None)
    if row is None:
        raise Refused(Refusal("post", "It has ended already.", "Look at the list.", "policy"))
    if row.user_id == by.user_id:
        raise Refused(Refusal("post", "It is your own.", "Let a colleague end it.", "policy"))
    if queries.is_last(row):
        rule = "Nobody would be left who asks for a post, and another who gives it."
        raise Refused(Refusal("post", rule, "Give such a post to somebody else first.", "policy"))
    if wrong := unsaid("words", words):
        raise Refused(wrong)
    shut(row, words, by=by, at=at)
    audit.note(by=by, at=at, verb="post.end", on=row, because=row.role)
    for follows in above.left:
        follows(row, by, at)
    hand_back(row, by=by, at=at)
    return row


def shut(post: Staff, words: str, *, by: Actor, at: datetime) -> None:
    post.ended_at, post.version = at, post.version + 1
    post.save(update_fields=["ended_at", "version"])
    PostEnd.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.person_id,
        post=post,
        words=words.strip(),
    )


def hand_back(post: Staff, *, by: Actor, at: datetime) -> None:
    """No duty hangs on somebody who cannot open it any more: each is looked at with the roles that are left to them."""
    left, today = people.roles_of(post.user, post.clinic_id), local_day(at, by.zone)
    for duty in queries.held_by(post).select_for_update(of=("self",)).select_related("patient"):
        if not queries.opens(left, duty, today):
            duties.move(duty, to_role=duty.owner_role, to=None, reason="Its owner has that post no more", by=by, at=at)


def page_of(row: PostAsked) -> str:
    return reverse("post-asked", args=[row.pk])


# --- until when somebody may act --------------------------------------------------------------------------------------


@transaction.atomic
def note_licence(post: Staff, *, number: str, issuer: str, until: str, by: Actor, at: datetime) -> Licence:
    """As it was seen. Whoever is planned past its last day loses those places, and the plan says so."""
    access.require(by, "licences", "C")
    day = well_formed_licence(post, number=number, issuer=issuer, until=until, today=local_day(at, by.zone))
    row = Licence.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.person_id,
        user_id=post.user_id,
        number=" ".join(number.split()),
        issuer=" ".join(issuer.split()),
        until=day,
    )
    audit.note(by=by, at=at, verb="licence.note", on=row)
    if day > local_day(at, by.zone) + queries.LICENCE_AHEAD:
        told = Duty.objects.filter(clinic_id=by.clinic_id, kind=LICENCE_ENDS, state=DutyState.OPEN)
        for duty in told.filter(link__in=[page_of_post(one) for one in queries.posts_of(post)]):
            duties.close_duty(duty, evidence=row, by=by, at=at)
    return row


def well_formed_licence(post: Staff, *, number: str, issuer: str, until: str, today: date) -> date:
    wrong = []
    if post.ended_at is not None or post.role not in LICENSED:
        wrong.append(Refusal("post", "Nobody acts by a licence in it.", "Choose another post from the list.", "policy"))
    if not number.strip() or len(number.strip()) > NUMBER_MOST:
        wrong.append(Refusal("number", f"The number is empty or over {NUMBER_MOST} letters.", "As it stands on it."))
    if not issuer.strip() or len(issuer.strip()) > ISSUER_MOST:
        wrong.append(Refusal("issuer", f"It is empty or over {ISSUER_MOST} letters.", "Write who issued it."))
    try:
        day = date.fromisoformat(until.strip())
    except ValueError:
        day = today
        wrong.append(Refusal("until", "This is no date.", "Give its last day."))
    if abs(day - today) > LONGEST:
        wrong.append(Refusal("until", "It is more than fifteen years from today.", "Look at the year again."))
    if wrong:
        raise Refused(wrong)
    return day


def tell_licence(row: Licence, post: Staff, *, by: Actor, at: datetime) -> Duty | None:
    """To the director, once for each last day; of one that is noted again, again."""
    link = page_of_post(post)
    why = f"{post.get_role_display()}: {row.until:%d-%b-%Y} is its last day"
    told = Duty.objects.filter(clinic_id=by.clinic_id, kind=LICENCE_ENDS, link=link, why=why)
    if told.filter(Q(state=DutyState.OPEN) | Q(created_at__gte=row.recorded_at)).exists():
        return None
    for before in Duty.objects.filter(clinic_id=by.clinic_id, kind=LICENCE_ENDS, link=link, state=DutyState.OPEN):
        duties.close_duty(before, evidence=row, by=by, at=at)
    end = datetime.combine(row.until + timedelta(days=1), time(), tzinfo=ZoneInfo(by.zone))
    return duties.open_duty(
        kind=LICENCE_ENDS,
        title="See to a licence that ends",
        why=why,
        link=link,
        patient=None,
        owner_role=Role.MD,
        due_at=max(end - timedelta(days=1), at),
        late_at=max(end, at),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def page_of_post(post: Staff) -> str:
    return reverse("post", args=[post.pk])


# --- a patient's own pages --------------------------------------------------------------------------------------------


@transaction.atomic
def open_own_pages(*, patient: Patient, address: str, by: Actor, at: datetime) -> Staff:
    """An account of their own, which two people open with them in person (K7)."""
    access.require(by, "own_pages", "C", patient=patient)
    address = address.strip().lower()
    patient = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    if queries.own_pages_of(patient) is not None:
        raise Refused(Refusal("address", "Their pages are open already.", "Look below.", "policy"))
    if not is_address(address):
        raise Refused(Refusal("address", "This is no e-mail address.", "Ask them for it letter by letter."))
    user = account_for(patient, address, by=by, at=at)
    post = Staff.objects.create(
        organisation_id=by.organisation_id, clinic_id=by.clinic_id, created_at=at, user=user, role=Role.PT
    )
    audit.note(by=by, at=at, verb="own_pages.open", on=post, patient=patient)
    return post


def account_for(patient: Patient, address: str, *, by: Actor, at: datetime) -> User:
    """Theirs, under another address where they have one now: what they wrote for themselves is sealed by the account
    (H28), which stays, and whoever had the address before is told. An address that signs in already is somebody else's,
    or theirs elsewhere, and an account that signs in elsewhere keeps its own: which it is, is not said (P4). Where
    nothing else needs the account, no password and no telephone of before opens the pages (K7)."""
    user = patient.user
    remedy = "Ask them for another one." if user is None else "Keep the one they have, or ask them for another one."
    taken = Refused(Refusal("address", "This address cannot be used here.", remedy))
    if user is None:
        if User.objects.filter(email__iexact=address).exists():
            raise taken
        try:
            with transaction.atomic():
                user = User.objects.create_user(address, None, name=name_of(patient)[:NAME_MOST])
        except IntegrityError:  # somebody else took it in the same moment
            raise taken
        patient.user, patient.version = user, patient.version + 1
        patient.save(update_fields=["user", "version"])
        return user
    needed = bool(recovery.every_post(user, by))
    if user.email != address:
        if needed or User.objects.filter(email__iexact=address).exists():
            raise taken
        try:
            with transaction.atomic():
                recovery.change_address(patient, user, address, by=by, at=at)
        except IntegrityError:  # somebody else took it in the same moment
            raise taken
    if not needed:
        recovery.shut_account(user, patient, by=by, at=at)
    return user


def name_of(patient: Patient) -> str:
    row = people.demographics(patient)
    return f"{row.preferred or row.given} {row.family}"


@transaction.atomic
def shut_own_pages(*, patient: Patient, words: str, by: Actor, at: datetime) -> Staff:
    """Lost telephone, or they wish it: where nothing else needs the account, every sign-in ends and neither the old
    password nor the old telephone opens it again. Where something does, two give a new password. The record stays."""
    access.require(by, "own_pages", "C", patient=patient)
    patient = Patient.objects.select_for_update(of=("self",)).get(pk=patient.pk)
    post = queries.own_pages_of(patient)
    if post is None:
        raise Refused(Refusal("post", "Their pages are shut already.", "Look at the page again.", "policy"))
    if wrong := unsaid("words", words):
        raise Refused(wrong)
    shut(post, words, by=by, at=at)
    audit.note(by=by, at=at, verb="own_pages.shut", on=post, patient=patient)
    if not recovery.every_post(post.user, by):
        recovery.shut_account(post.user, patient, by=by, at=at)
    return post
