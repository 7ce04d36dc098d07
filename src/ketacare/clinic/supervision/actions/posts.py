"""Who answers for a session: taken, offered, accepted, declined, ended (D5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import User
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.supervision import queries
from ketacare.clinic.supervision.models import Place, Post, Task
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.supervision import reader

# Only who may write orders supervises; whoever may answer an alarm may watch.
RIGHTS = {Task.SUPERVISES: ("plan", "S"), Task.WATCHES: ("alarms", "C")}


def require(by: Actor, visit: Visit, task: str) -> None:
    name, act = RIGHTS[Task(task)]
    access.require(by, name, act, patient=visit.patient)


@transaction.atomic
def take(*, visit: Visit, task: str, place: str, by: Actor, at: datetime, words: str = "") -> Post:
    """Answer for it from now on. Somebody else's is taken over only when they do not answer, and with a word why; by a
    prescriber also while a screen of theirs does: somebody who has fallen ill leaves it open."""
    require(by, visit, task)
    place = _place(place)
    held = _locked(visit, task)
    if held is not None:
        _refuse_unless_silent(held, visit, words, by=by, at=at)
    _refuse_too_many(task, visit, words, by=by)
    if held is not None:
        _end(held, at)
    row = Post.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        created_at=at,
        visit=visit,
        task=Task(task),
        person_id=by.person_id,
        place=place,
        since=at,
    )
    audit.note(by=by, at=at, verb="post.take", on=row, patient=visit.patient_id, because=f"{task}, {place}")
    return row


def _refuse_too_many(task: str, visit: Visit, words: str, *, by: Actor) -> None:
    """One person watches as many chairs as the site's rules have it; one more only with a word why (D5)."""
    if task != Task.WATCHES or words.strip() or not queries.would_be_too_many(by.person_id, visit):
        return
    held = len(queries.watched_by(by.person_id, visit.clinic_id))
    rule = f"You watch {held} chair{'' if held == 1 else 's'} already: with this one more than one person may."
    raise Refused(Refusal("words", rule, "Hand one over, let a colleague take this one, or say why it is yours."))


def _refuse_unless_silent(held: Post, visit: Visit, words: str, *, by: Actor, at: datetime) -> None:
    name = held.person.name
    if held.person_id == by.user_id:
        raise Refused(Refusal("task", "is yours already.", "Change only where you are.", "policy"))
    heard = queries.heard(visit, at).of(held.person_id)
    answers = heard is not None and at - heard < reader.watching().unwatched_high
    if answers and not (words.strip() and access.may(by, "plan", "S")):
        remedy = "Ask them to offer it; then accept it. If they cannot, a prescriber takes it over and says why."
        raise Refused(Refusal("task", f"is {name}'s, whose screen answers.", remedy, "policy"))
    if not words.strip():
        raise Refused(Refusal("words", f"{name} has not handed over.", "Say in a few words why you take it over."))


@transaction.atomic
def move(*, visit: Visit, task: str, place: str, by: Actor, at: datetime) -> Post:
    """The same person, from another place: in the room, on site, remote. A new row, so that each place has its time."""
    require(by, visit, task)
    held = _own(visit, task, by)
    _end(held, at)
    common = {name: getattr(held, name) for name in ("organisation_id", "clinic_id", "visit", "task", "person_id")}
    row = Post.objects.create(**common, created_at=at, place=_place(place), since=at)
    audit.note(by=by, at=at, verb="post.move", on=row, patient=visit.patient_id, because=f"{task}, {place}")
    return row


@transaction.atomic
def offer(*, visit: Visit, task: str, to: User, by: Actor, at: datetime) -> Post:
    """Until they accept, whoever offers stays responsible."""
    require(by, visit, task)
    held = _own(visit, task, by)
    if to.pk == held.person_id or not _may_hold(visit, task, to):
        raise Refused(Refusal("to", "may not take this.", "Choose a name from the list."))
    _change(held, offered_to=to, offered_at=at)
    audit.note(by=by, at=at, verb="post.offer", on=held, patient=visit.patient_id, because=task)
    return held


@transaction.atomic
def accept(*, visit: Visit, task: str, place: str, by: Actor, at: datetime, words: str = "") -> Post:
    """“I have it”: from this moment it is theirs."""
    require(by, visit, task)
    held = _offered(visit, task, by)
    _refuse_too_many(task, visit, words, by=by)
    _end(held, at)
    row = Post.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        created_at=at,
        visit=visit,
        task=Task(task),
        person_id=by.person_id,
        place=_place(place),
        since=at,
    )
    audit.note(by=by, at=at, verb="post.accept", on=row, patient=visit.patient_id, because=f"{task}, {place}")
    return row


@transaction.atomic
def decline(*, visit: Visit, task: str, by: Actor, at: datetime) -> Post:
    """Not taken, by whom it was offered to; or the offer is taken back. It stays where it was."""
    require(by, visit, task)
    held = _locked(visit, task)
    if held is None or held.offered_to_id is None or by.user_id not in (held.offered_to_id, held.person_id):
        raise Refused(Refusal("task", "is not offered to you, or no longer.", "Look at the page again.", "policy"))
    _change(held, offered_to=None, offered_at=None)
    audit.note(by=by, at=at, verb="post.decline", on=held, patient=visit.patient_id, because=task)
    return held


@transaction.atomic
def end_posts(*, visit: Visit, by: Actor, at: datetime) -> int:
    """The session is over, and so is everybody's task at it."""
    access.require(by, "session", "U", patient=visit.patient)
    ended = Post.objects.filter(visit=visit, ended_at__isnull=True).update(
        ended_at=at, offered_to=None, offered_at=None
    )
    if ended:
        audit.note(by=by, at=at, verb="post.end", on=visit, patient=visit.patient_id)
    return ended


def _place(word: str) -> Place:
    if word not in Place.values:
        raise Refused(Refusal("place", "Where you are is not chosen.", "In the room, on site, or remote."))
    return Place(word)


def _locked(visit: Visit, task: str) -> Post | None:
    rows = Post.objects.select_for_update(of=("self",)).select_related("person")
    return rows.filter(visit=visit, task=task, ended_at__isnull=True).first()


def _own(visit: Visit, task: str, by: Actor) -> Post:
    held = _locked(visit, task)
    if held is None or held.person_id != by.user_id:
        raise Refused(Refusal("task", "is not yours.", "Only who has it can offer or move it.", "policy"))
    return held


def _offered(visit: Visit, task: str, by: Actor) -> Post:
    held = _locked(visit, task)
    if held is None or held.offered_to_id != by.user_id:
        raise Refused(Refusal("task", "is not offered to you, or no longer.", "Look at the page again.", "policy"))
    return held


def _may_hold(visit: Visit, task: str, user: User) -> bool:
    name, act = RIGHTS[Task(task)]
    posts = [post for post in people.posts_of(user) if post.clinic_id == visit.clinic_id]
    return any(access.granted(post.role, name, act, frozenset({"clinic"})) for post in posts)


def _end(held: Post, at: datetime) -> None:
    _change(held, ended_at=at, offered_to=None, offered_at=None)


def _change(held: Post, **values: Any) -> None:
    for name, value in values.items():
        setattr(held, name, value)
    held.version += 1
    held.save(update_fields=[*values, "version"])
