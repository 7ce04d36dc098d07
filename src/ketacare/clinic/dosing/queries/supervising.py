"""The people at a session, for the chair, the wall and the note: posts, answers, minutes without, and open advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import Session, TimelineEntry
from ketacare.clinic.dosing.queries import heard
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, granted
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.supervision import queries
from ketacare.clinic.supervision.actions.posts import RIGHTS
from ketacare.clinic.supervision.models import LapseStep, Post, Task
from ketacare.clinic.supervision.queries import Oversight
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.supervision.terms import Level, Missing

WORDS = {
    Missing.WATCHER: "Nobody is watching this chair",
    Missing.SOUND: "No alarm of this chair can be heard",
    Missing.SUPERVISOR: "Nobody supervises this chair",
}
PLACES = (("room", "In the room"), ("site", "On site"), ("remote", "Remote"))


@dataclass(frozen=True)
class Team:
    """What the part "People" of a session's page shows."""

    oversight: Oversight
    supervised_words: str
    minutes_without: str
    without_tail: str  # of which time it is not known
    without_since: datetime | None  # while it counts on: since when it would have, in one stretch
    watched_words: str
    rows: list[dict[str, Any]]
    open_advice: list[heard.Heard]


@dataclass(frozen=True)
class Known:
    """What is asked of the people at several sessions, read at once; and which of the chairs this person would watch as
    one too many."""

    oversight: dict[UUID, Oversight]
    too_many: set[UUID]


def known_of(sessions: Sequence[Session], actor: Actor, at: datetime) -> Known:
    asked = [(session.visit, session.started_at, session.left_at) for session in sessions]
    found = queries.oversights(asked, at)
    may_watch = granted(actor.role, *RIGHTS[Task.WATCHES], frozenset({"clinic"}))
    if not may_watch or all(is_held_by(actor, one.watcher) for one in found.values()):
        return Known(found, set())
    return Known(found, queries.each_too_many(actor.person_id, actor.clinic_id, [visit for visit, *_ in asked]))


def is_held_by(actor: Actor, held: Post | None) -> bool:
    return held is not None and held.person_id == actor.user_id


def team(session: Session, actor: Actor, at: datetime, known: Known | None = None) -> Team:
    known = known or known_of([session], actor, at)
    state, too_many = known.oversight[session.visit_id], session.visit_id in known.too_many
    return Team(
        oversight=state,
        supervised_words=supervised_words(state),
        minutes_without=spent(state.unsupervised) if state.counted_from else NOT_YET,
        without_tail=uncounted(state.counted_from, session, at, actor.zone) if state.counted_from else "",
        without_since=at - state.unsupervised if state.lacks_a_supervisor and session.left_at is None else None,
        watched_words=watched_words(state),
        rows=[row(session, actor, Task(task), held, too_many=too_many) for task, held in
              ((Task.SUPERVISES, state.supervisor), (Task.WATCHES, state.watcher))],
        open_advice=heard.still_open(session),
    )  # fmt: skip


def row(session: Session, actor: Actor, task: Task, held: Post | None, *, too_many: bool = False) -> dict[str, Any]:
    """One task: whose it is, and what this person may do about it. `too_many`: as one more to watch."""
    name, act = RIGHTS[task]
    mine = is_held_by(actor, held)
    return {
        "task": str(task),
        "title": "Supervisor" if task is Task.SUPERVISES else "At the chair",
        "post": held,
        "mine": mine,
        "may_hold": granted(actor.role, name, act, frozenset({"clinic"})),
        "offered_to_me": held is not None and held.offered_to_id == actor.user_id,
        "too_many": task is Task.WATCHES and not mine and too_many,
        "others": may_take(session.clinic_id, task, but=actor.user_id) if mine else [],
    }


def held_most(session: Session, actor: Actor) -> bool:
    """Then one more chair asks for a word why."""
    return queries.would_be_too_many(actor.person_id, session.visit)


def would_be_one_more(session: Session, actor: Actor) -> bool:
    """Whoever starts the dose takes the chair, if nobody has: does that ask for the word why?"""
    return queries.post(session.visit, Task.WATCHES) is None and held_most(session, actor)


def may_take(clinic_id: UUID, task: Task, *, but: UUID | None) -> list[User]:
    return [user for user in able(clinic_id, task) if user.pk != but]


@looked_up
def able(clinic_id: UUID, task: Task) -> list[User]:
    name, act = RIGHTS[task]
    roles = [role for role in (Role.RN, Role.RX, Role.MD) if granted(role, name, act, frozenset({"clinic"}))]
    found = {user.pk: user for role in roles for user in people.colleagues(clinic_id=clinic_id, role=role)}
    return sorted(found.values(), key=lambda user: user.name)


def supervised_words(state: Oversight) -> str:
    if state.supervisor is None:
        return "Not supervised"
    where = state.supervisor.get_place_display().lower()
    if not state.supervisor_is_live:
        return f"Not supervised: {state.supervisor.person.name} ({where}) does not answer"
    return f"{state.supervisor.person.name}, {where}"


def watched_words(state: Oversight) -> str:
    if not state.watched:
        return "no screen answers"
    return "a screen answers and can be heard" if state.audible else "a screen answers; its sound is not proven"


NOT_SEEN = "not known: the watch saw none of it"
NOT_YET = "not known: the watch has not looked yet"


def uncounted(first: datetime | None, session: Session, until: datetime, zone: str) -> str:
    """Of a time at which the watch did not look it is not known whether anybody was there, and nought would say that
    somebody was (E7, D4)."""
    start, end = session.started_at, session.left_at or until
    if first is None or start is None or first >= end:
        return NOT_SEEN
    if first - start < timedelta(minutes=1):
        return ""
    return f" from {first.astimezone(ZoneInfo(zone)):%H:%M} on; before that not known"


def spent(time: timedelta) -> str:
    """Minutes and seconds as a clinician reads them: 3 min 05 s."""
    seconds = int(time.total_seconds())
    return f"{seconds // 60} min {seconds % 60:02d} s" if seconds >= 60 else f"{seconds} s"


# -- alarms of the people ----------------------------------------------------------------------------------------------


Lapses = list[LapseStep] | tuple[LapseStep, ...]


def alarms(missing: Lapses, *, at_the_chair: bool = False) -> list[dict[str, Any]]:
    """As the component draws them. Nobody acknowledges that nobody is there: somebody who watches ends it (D4). That
    nobody supervises makes no sound beside the patient: who can do something about it is elsewhere, where it sounds,
    and is called (H38)."""
    return [
        {
            "id": f"watch.{one.missing}",
            "condition": f"watch.{one.missing}",
            "priority": one.level,
            "technical": True,
            "state": "present",
            "sounding": not (at_the_chair and one.missing == Missing.SUPERVISOR),
            "words": WORDS[Missing(one.missing)],
            "since": one.since,
            "acknowledged_by": "",
            "acknowledge": None,
            "pause": None,
        }
        for one in missing
        if one.missing in WORDS and one.level != Level.LOW
    ]


def with_alarms(told: list[dict[str, Any]], missing: Lapses, *, at_the_chair: bool = False) -> list[dict[str, Any]]:
    """What is there before what is over; then the worst first, and of one priority what nobody has seen; of two alike,
    what was measured before who is missing (A11)."""
    order = {Level.HIGH: 0, Level.MEDIUM: 1}

    def place(one: dict[str, Any]) -> tuple[bool, int, bool]:
        is_over = one["state"] not in ("present", "acknowledged")
        return is_over, order.get(one["priority"], 2), one["state"] != "present"

    return sorted([*told, *alarms(missing, at_the_chair=at_the_chair)], key=place)


# -- words of the timeline ---------------------------------------------------------------------------------------------


def line_words(entry: TimelineEntry) -> str:
    body = entry.body
    does = "supervises" if body["task"] == Task.SUPERVISES else "watches"
    person, other = body["person"], body.get("other", "")
    place = dict(PLACES)[body["place"]].lower()
    match entry.name:
        case "offered":
            return f"{person} offers {other} to take over: {does}"
        case "accepted":
            why = f": {entry.words}" if entry.words else ""
            return f"{person} {does} now, {place}; handed over by {other}{why}"
        case "declined":
            return f"Not taken over: {person} goes on and {does}"
        case "kept":
            return f"Offer taken back: {person} goes on and {does}"
        case "taken_over":
            return f"{person} {does} now, {place}; taken over from {other}: {entry.words}"
        case "moved":
            return f"{person} {does} from another place: {place}"
    return f"{person} {does}, {place}{': ' + entry.words if entry.words else ''}"
