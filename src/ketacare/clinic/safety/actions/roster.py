"""The roster: exactly one owner at any hour, handed over by name, or a loud word that there is none."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.channels.models import reaches
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.models import Concern, ConcernState, OnCall
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.supervision.reader import concern_ladder

GAP = "on_call.gap"
HANDED_OVER = "the shift was handed over"
MAY_BE_ON_CALL = (Role.RN, Role.RX, Role.MD)


@transaction.atomic
def put_on_call(
    *,
    user: User,
    role: str,
    starts_at: datetime,
    ends_at: datetime,
    by: Actor,
    at: datetime,
    telephone: str = "",
    backup: User | None = None,
) -> OnCall:
    """One person answers concerns in this time. Overlapping somebody else, or an absence, is refused."""
    access.require(by, "concerns", "A")
    if not people.colleagues(clinic_id=by.clinic_id, role=Role(role)).filter(pk=user.pk).exists():
        raise Refused(Refusal("Person", "This person does not work here in that role.", "Choose from the list."))
    refuse_backup(backup, user, by)
    for person in filter(None, (user, backup)):
        refuse_away(person, starts_at, ends_at, by)
    row = placed(
        by, at, user=user, role=Role(role), telephone=telephone, starts_at=starts_at, ends_at=ends_at, backup=backup
    )
    audit.note(by=by, at=at, verb="on_call.set", on=row)
    see_to_gap(row.clinic, at=at)
    return row


def placed(by: Actor, at: datetime, **told: object) -> OnCall:
    starts_at, ends_at = told["starts_at"], told["ends_at"]
    assert isinstance(starts_at, datetime)
    assert isinstance(ends_at, datetime)
    if ends_at <= starts_at:
        raise Refused(Refusal("Time", "The shift ends before it starts.", "Correct one of the two."))
    longest = concern_ladder().longest_shift
    if ends_at - starts_at > longest:
        rule = f"A shift of {(ends_at - starts_at).days} days would hide every gap in them."
        raise Refused(Refusal("Time", rule, f"Correct the year, or enter it in parts of {longest.days} days at most."))
    try:
        with transaction.atomic():
            return OnCall.objects.create(
                organisation_id=by.organisation_id, clinic_id=by.clinic_id, created_at=at, **told
            )
    except IntegrityError:
        raise Refused(Refusal("Time", "Somebody else is on call in a part of this time.", "Change one of the two."))


def refuse_backup(backup: User | None, user: User, by: Actor) -> None:
    if backup is None:
        return
    if backup.pk == user.pk:
        raise Refused(Refusal("backup", "The backup is the same person.", "Choose somebody else, or nobody."))
    if not queries.may_answer(by.clinic_id).filter(user_id=backup.pk).exists():
        raise Refused(Refusal("backup", "The backup may not answer concerns here.", "Choose from the list."))


def refuse_away(user: User, starts_at: datetime, ends_at: datetime, by: Actor) -> None:
    if queries.away(by.clinic_id, starts_at, ends_at).filter(user=user).exists():
        raise Refused(Refusal("Person", f"{user.name} is away in that time.", "Choose somebody else."))


# -- handing over ------------------------------------------------------------------------------------------------------


@transaction.atomic
def offer_shift(row: OnCall, *, to: User, words: str, by: Actor, at: datetime) -> OnCall:
    """Whoever is on call, or the director for them, names who takes over. Until they take it nothing has changed."""
    row = running(row, at)
    if row.user_id != by.user_id:
        access.require(by, "concerns", "A")
    access.require(by, "concerns", "U")
    refuse_backup(to, row.user, by)
    refuse_away(to, at, row.ends_at, by)
    if not words.strip():
        raise Refused(
            Refusal("words", "What they must know is empty.", "Who is worrying, what is promised; or: nothing.")
        )
    row.offered_to, row.offered_at, row.offer_words, row.version = to, at, words.strip(), row.version + 1
    row.save(update_fields=["offered_to", "offered_at", "offer_words", "version"])
    audit.note(by=by, at=at, verb="on_call.offer", on=row)
    return row


@transaction.atomic
def take_shift(row: OnCall, *, by: Actor, at: datetime) -> OnCall:
    """The rest of the shift is theirs from this moment, with every concern that waits for whoever had it, and with
    words of danger of nobody who is known (H13)."""
    access.require(by, "concerns", "U")
    row = running(row, at)
    if row.offered_to_id != by.user_id:
        raise NotAllowed("concerns", "U")
    return given_over(
        row, taker=User.objects.get(pk=by.person_id), role=Role(by.role), verb="on_call.take", by=by, at=at
    )


@transaction.atomic
def place_instead(row: OnCall, *, to: User, words: str, by: Actor, at: datetime) -> OnCall:
    """The director puts somebody in the place of whoever is away or cannot be found: theirs from this moment, with a
    name and a reason, and in no moment nobody's (H13)."""
    access.require(by, "concerns", "A")
    row = running(row, at)
    refuse_backup(to, row.user, by)
    refuse_away(to, at, row.ends_at, by)
    if not words.strip():
        raise Refused(Refusal("words", "Why is empty.", "Say why they take it over now, and what they must know."))
    row.offered_to, row.offered_at, row.offer_words = to, at, words.strip()
    row.save(update_fields=["offered_to", "offered_at", "offer_words"])
    posts = queries.may_answer(row.clinic_id).filter(user=to).values_list("role", flat=True)
    role = Role(row.role) if row.role in posts else Role(posts[0])
    new = given_over(row, taker=to, role=role, verb="on_call.place", by=by, at=at)
    see_to_gap(row.clinic, at=at)
    return new


def given_over(row: OnCall, *, taker: User, role: Role, verb: str, by: Actor, at: datetime) -> OnCall:
    before, ends_at, backup = row.user, row.ends_at, row.backup
    row.ends_at, row.version = at, row.version + 1
    row.save(update_fields=["ends_at", "version"])
    kept = backup if backup != taker else None
    reach = reaches([taker.pk], row.clinic_id).get(taker.pk)
    mobile = reach.mobile if reach else ""
    new = placed(by, at, user=taker, role=role, telephone=mobile, starts_at=at, ends_at=ends_at, backup=kept)
    audit.note(by=by, at=at, verb=verb, on=new)
    for concern in (
        Concern.objects.select_for_update()
        .exclude(state=ConcernState.CLOSED)
        .filter(clinic_id=row.clinic_id, owner=before)
    ):
        concern.owner, concern.version = taker, concern.version + 1
        concern.save(update_fields=["owner", "version"])
        duties.move(concern.duty, to_role=role, to=taker, reason=HANDED_OVER, by=by, at=at)
        audit.note(by=by, at=at, verb="concern.handed_over", on=concern, patient=concern.patient_id)
    for duty in queries.words_of_unknown().select_for_update(of=("self",)).filter(clinic=row.clinic_id, owner=before):
        duties.move(duty, to_role=role, to=taker, reason=HANDED_OVER, by=by, at=at)
        audit.note(by=by, at=at, verb="words.handed_over", on=duty)
    return new


def running(row: OnCall, at: datetime) -> OnCall:
    row = OnCall.objects.select_for_update(of=("self",)).select_related("user", "backup", "clinic").get(pk=row.pk)
    if row.called_off_at is not None or not row.starts_at <= at < row.ends_at:
        raise Refused(Refusal("Shift", "This shift does not run now.", "Look at the roster again.", "policy"))
    return row


@transaction.atomic
def end_shift(row: OnCall, *, by: Actor, at: datetime) -> OnCall:
    """Taken off the roster: one to come, whole; one that runs, from now. What is then uncovered is told at once."""
    access.require(by, "concerns", "A")
    row = OnCall.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=row.pk)
    if row.ends_at <= at or row.called_off_at is not None:
        raise Refused(Refusal("Shift", "This shift is over.", "Look at the roster again.", "policy"))
    if row.starts_at >= at:
        row.called_off_at = at
    else:
        row.ends_at = at
    row.version += 1
    row.save(update_fields=["ends_at", "called_off_at", "version"])
    audit.note(by=by, at=at, verb="on_call.end", on=row)
    see_to_gap(row.clinic, at=at)
    return row


# -- gaps --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def see_to_gap(clinic: Clinic, *, at: datetime) -> Duty | None:
    """A duty of the director while the next days have an hour without an owner; done when there is none any more."""
    gap = queries.next_gap(clinic.pk, at)
    standing = Duty.objects.filter(clinic=clinic, kind=GAP, state=DutyState.OPEN).order_by("created_at")
    if gap is None:
        newest = OnCall.objects.filter(clinic=clinic).order_by("-created_at").first()
        for duty in standing:
            if newest is not None:
                duties.close_duty(duty, evidence=newest, by=system(clinic), at=at)
        return None
    if standing.exists():
        return standing.first()
    return duties.open_duty(
        kind=GAP,
        title="Nobody is on call" if gap.starts_at <= at else "Nobody is on call soon",
        patient=None,
        owner_role=Role.MD,
        due_at=at,
        late_at=max(gap.starts_at, at),
        why="While nobody is on call, concerns go to the director and patients are told that nobody is reading",
        link="/on-call/",
        consequence=Consequence.LIFE,
        by=system(clinic),
        at=at,
    )
