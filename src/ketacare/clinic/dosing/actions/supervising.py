"""Who answers for a session, as lines of its timeline; a supervisor's advice and the reading back of it."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from ketacare.clinic.dosing.actions.timeline import still_open, write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import heard
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import above
from ketacare.clinic.duties.models import Duty, DutyState, Step
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import User
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.supervision import queries
from ketacare.clinic.supervision.actions.posts import RIGHTS
from ketacare.clinic.supervision.models import Post, Task
from ketacare.clinic.tenancy.refusals import Refusal, Refused

WITH_THE_WATCH = "with the watch"


@transaction.atomic
def take(*, session: Session, task: str, place: str, by: Actor, at: datetime, words: str = "") -> Post:
    """Answer for it from now on; at a chair that is taken over, with the word why."""
    _running(session, task, by)
    before = queries.post(session.visit, task)
    row = supervision.take(visit=session.visit, task=task, place=place, by=by, at=at, words=words)
    if before is None:
        _line(session, "taken", row, by=by, at=at, words=words.strip())
    else:
        _line(session, "taken_over", row, by=by, at=at, words=words.strip(), other=before.person.name)
        _with_what_is_owed(session, before, row, by=by, at=at)
    return row


@transaction.atomic
def move(*, session: Session, task: str, place: str, by: Actor, at: datetime) -> Post:
    _running(session, task, by)
    row = supervision.move(visit=session.visit, task=task, place=place, by=by, at=at)
    _line(session, "moved", row, by=by, at=at)
    return row


@transaction.atomic
def offer(*, session: Session, task: str, to: User, by: Actor, at: datetime) -> Post:
    _running(session, task, by)
    row = supervision.offer(visit=session.visit, task=task, to=to, by=by, at=at)
    _line(session, "offered", row, by=by, at=at, other=to.name)
    return row


@transaction.atomic
def accept(*, session: Session, task: str, place: str, by: Actor, at: datetime, words: str = "") -> Post:
    _running(session, task, by)
    before = queries.post(session.visit, task)
    row = supervision.accept(visit=session.visit, task=task, place=place, by=by, at=at, words=words)
    _line(session, "accepted", row, by=by, at=at, words=words.strip(), other=before.person.name if before else "")
    if before is not None:
        _with_what_is_owed(session, before, row, by=by, at=at)
    return row


@transaction.atomic
def decline(*, session: Session, task: str, by: Actor, at: datetime) -> Post:
    _running(session, task, by)
    row = supervision.decline(visit=session.visit, task=task, by=by, at=at)
    _line(session, "kept" if row.person_id == by.user_id else "declined", row, by=by, at=at, other=row.person.name)
    return row


def begin(session: Session, *, by: Actor, at: datetime, words: str = "") -> None:
    """Whoever starts the dose watches from then on, until somebody has accepted it; one chair more than one person may
    only with a word why (D5). In the caller's transaction."""
    if queries.post(session.visit, Task.WATCHES) is None:
        row = supervision.take(visit=session.visit, task=Task.WATCHES, place="room", by=by, at=at, words=words)
        _line(session, "taken", row, by=by, at=at, words=words.strip())


def _running(session: Session, task: str, by: Actor) -> None:
    if task not in Task.values:
        raise Refused(Refusal("task", "What you take is not chosen.", "Watching or supervising."))
    name, act = RIGHTS[Task(task)]
    access.require(by, name, act, patient=session.visit.patient)
    if session.left_at is not None:
        raise Refused(Refusal("Session", "is over: the patient has left.", "Nobody is watched any more.", "policy"))
    still_open(session)


def _with_what_is_owed(session: Session, before: Post, row: Post, *, by: Actor, at: datetime) -> None:
    """Whoever watches from now on has what the other had taken of this session too: it waits for nobody who is gone.
    What was addressed to a person by name stays theirs, and what the new one's role may not do with whoever may."""
    if row.task != Task.WATCHES:
        return
    owned = Duty.objects.filter(visit_id=session.visit_id, owner_id=before.person_id, state=DutyState.OPEN)
    for duty in owned.order_by("pk").select_for_update(of=("self",)):
        if _was_taken(duty, before) and by.role in _who_may_answer(duty.owner_role):
            duties.move(duty, to_role=duty.owner_role, to=row.person, reason=WITH_THE_WATCH, by=by, at=at)


def _was_taken(duty: Duty, before: Post) -> bool:
    """By whoever watched, or handed to them with the watch before: not one opened in their name."""
    steps = duty.steps.filter(to_user_id=before.person_id)
    by_name = duty.steps.filter(step=Step.OPENED, to_user__isnull=False).exists()
    return not by_name and steps.filter(Q(step=Step.TAKEN) | Q(reason=WITH_THE_WATCH)).exists()


def _who_may_answer(role: str) -> list[str]:
    """The role it was for, and those above it in the ladder."""
    found: list[str] = []
    upward: str | None = role
    while upward is not None:
        found.append(upward)
        upward = above(upward)
    return found


def _line(
    session: Session, name: str, row: Post, *, by: Actor, at: datetime, words: str = "", other: str = ""
) -> TimelineEntry:
    body = {"task": str(row.task), "place": str(row.place), "person": row.person.name, "other": other}
    return write(visit=session.visit, kind=Kind.SUPERVISION, name=name, body=body, words=words, by=by, at=at)


# -- advice ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def advise(*, session: Session, words: str, by: Actor, at: datetime) -> TimelineEntry:
    """A supervisor's word to whoever is at the chair. It stands open until it has been read back."""
    access.require(by, "plan", "S", patient=session.visit.patient)
    still_open(session)
    if not words.strip():
        raise Refused(Refusal("advice", "The advice is empty.", "Write what is to be done, with amounts and times."))
    return write(visit=session.visit, kind=Kind.ADVICE, words=words.strip(), by=by, at=at)


# What people say when they have heard something, whatever it was.
HEARD_ONLY = frozenset({
    "ok", "okay", "k", "yes", "yep", "y", "sí", "si", "sure", "understood", "done", "noted", "copy", "copied", "roger",
    "received", "heard", "clear", "fine", "right", "thanks", "will do", "got it", "i will", "all right", "all clear",
})  # fmt: skip


def bare(words: str) -> str:
    return re.sub(r"[\W_]+", " ", words.casefold()).strip()


def says_nothing(words: str) -> bool:
    """Only that it was heard, and not what."""
    return not bare(words) or bare(words) in HEARD_ONLY


@transaction.atomic
def read_back(*, session: Session, advice: TimelineEntry, words: str, by: Actor, at: datetime) -> TimelineEntry:
    """Said again in their own words by somebody at the chair, so that a wrong hearing shows: once, and anew where the
    adviser has said that it is not what was meant. The loop closes with the adviser's yes (H40)."""
    access.require(by, "readings", "C", patient=session.visit.patient)
    still_open(session)
    if advice.kind != Kind.ADVICE:
        raise Refused(Refusal("Entry", "is no advice.", "Read back what a supervisor wrote.", "policy"))
    if advice.recorded_by_id == by.user_id:
        raise Refused(Refusal("read_back", "Advice is read back by another person.", "Ask the chair to.", "policy"))
    told = heard.of(session, advice)
    step = f"read_back:{advice.pk}" + (f":{told.denied}" if told.denied else "")
    if told.read is not None or TimelineEntry.objects.filter(visit=session.visit, step=step).exists():
        raise Refused(Refusal("read_back", "This advice was read back already.", "Look at the timeline.", "policy"))
    if not words.strip():
        raise Refused(Refusal("read_back", "The reading back is empty.", "Say it again in your words, amounts too."))
    if says_nothing(words) and bare(words) != bare(advice.words):
        rule = f"“{words.strip()}” says nothing of what was advised, so no wrong hearing would show."
        raise Refused(Refusal("read_back", rule, "Say it again in your words, amounts too."))
    body = {"advice": str(advice.pk)}
    return write(visit=session.visit, kind=Kind.READ_BACK, body=body, words=words.strip(), step=step, by=by, at=at)


@transaction.atomic
def confirm(*, session: Session, advice: TimelineEntry, is_so: bool, by: Actor, at: datetime) -> TimelineEntry:
    """Is what was read back what was meant? Said by a prescriber who did not read it back, the adviser or, where they
    have gone, another, whose word stands as theirs; after a no the chair reads it back again, and until a yes the
    advice stays open (H40)."""
    access.require(by, "plan", "S", patient=session.visit.patient)
    still_open(session)
    read = heard.of(session, advice).read if advice.kind == Kind.ADVICE else None
    if read is None:
        raise Refused(
            Refusal("answer", "Nothing is read back that waits for this.", "Look at the page again.", "policy")
        )
    if read.recorded_by_id == by.user_id:
        raise Refused(Refusal("answer", "Whoever read it back does not confirm it.", "Ask the adviser.", "policy"))
    name = heard.CONFIRMED if is_so else heard.DENIED
    body = {"advice": str(advice.pk), "read": str(read.pk), "by_adviser": advice.recorded_by_id == by.user_id}
    return write(
        visit=session.visit, kind=Kind.READ_BACK, name=name, body=body, step=f"confirm:{read.pk}", by=by, at=at
    )
