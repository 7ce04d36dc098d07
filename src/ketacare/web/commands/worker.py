"""What the passing of time does: escalations, messages, missed check-ins, and what may be forgotten."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

HELP = "background work: escalations, reminders, pruning (started by `ketacare up`)"
EXAMPLE = "ketacare worker --once"

EVERY_S = 10
HOURLY = timedelta(hours=1)
# Longest kept: a form sent again after a month is a new form; a screen away for a day reads the page anew.
KEYS_KEPT = timedelta(days=30)
EVENTS_KEPT = timedelta(hours=24)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Chore:
    name: str
    do: Callable[[datetime], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="do everything that is due once, and stop")


def run(arguments: argparse.Namespace) -> int:
    from ketacare.web.runtime.application import set_up

    set_up()
    stop = threading.Event()
    if arguments.once:
        return 0 if round_of(chores() + hourly() + [learning_at_once()]) else 1
    for received in (signal.SIGTERM, signal.SIGINT):
        signal.signal(received, lambda *_: stop.set())
    print("Background work has started.", flush=True)
    work_until(stop)
    return 0


def work_until(stop: threading.Event) -> None:
    """A round every few seconds; a failed chore is tried again in the next, and holds up no other."""
    from ketacare.web import clock

    hourly_at: datetime | None = None
    while True:
        at = clock.now()
        due = hourly_at is None or at - hourly_at >= HOURLY
        round_of(chores() + (hourly() if due else []), after_each=alive())
        hourly_at = at if due else hourly_at
        if stop.wait(EVERY_S):
            round_of([alive(over=True)])
            return


def alive(*, over: bool = False) -> Chore:
    """Each chore that came to its end is a sign of life, also of a long round: without one, pages say what waits (D9).
    Stopped on purpose, it is missed by nobody."""
    from ketacare.clinic.monitoring import actions as monitoring
    from ketacare.clinic.monitoring import processes

    def say(at: datetime) -> int:
        monitoring.beat(process="worker", at=processes.STOPPED if over else at)
        return 1

    return Chore("sign of life", say)


def round_of(due: list[Chore], after_each: Chore | None = None) -> bool:
    """Each chore in its own transactions; whether all went well."""
    from django.db import close_old_connections

    from ketacare.web import clock

    well = True
    for chore in [one for each in due for one in (each, after_each) if one is not None]:
        try:
            chore.do(clock.now())
        except Exception as problem:  # noqa: BLE001 - one chore's fault must not stop an escalation
            # The fault's own words may hold a row; its kind and its place are enough to find it.
            log.error("chore %s failed: %s", chore.name, type(problem).__name__)
            well = False
            close_old_connections()
    return well


def chores() -> list[Chore]:
    from django.conf import settings

    from ketacare.clinic.dosing import tasks as dosing
    from ketacare.clinic.duties import tasks as duties
    from ketacare.clinic.outcomes import tasks as outcomes
    from ketacare.clinic.people import tasks as people
    from ketacare.clinic.planning import tasks as planning
    from ketacare.clinic.registry import tasks as registry
    from ketacare.clinic.safety import tasks as safety

    ways = {"text": settings.MESSAGES_URL, "mail": settings.MESSAGES_MAIL_URL}
    channels = frozenset(way for way, address in ways.items() if address)
    return [
        Chore("call about concerns", safety.climb_due),  # also by the caller, each second: two legs
        Chore("see to rosters", safety.see_to_rosters),
        Chore("see to who stays", dosing.see_to_who_stays),
        Chore("escalate", duties.escalate_due),
        Chore("follow courses", outcomes.follow_courses),
        Chore("deliver", lambda at: outcomes.deliver_due(at, caught=settings.DEMO, channels=channels)),
        Chore("follow silence", outcomes.follow_silence),
        Chore("missed", outcomes.close_missed),
        Chore("remind", planning.remind_due),
        Chore("end sign-ins", people.end_sessions_of_removed),
        Chore("keep counts", registry.keep_counts),
        Chore("learn how gains fade", registry.learn_next),
    ]


def hourly() -> list[Chore]:
    from ketacare.clinic.audit import tasks as audit
    from ketacare.clinic.candidacy import tasks as candidacy
    from ketacare.clinic.dosing import tasks as dosing
    from ketacare.clinic.outcomes import tasks as outcomes
    from ketacare.clinic.posts import tasks as posts
    from ketacare.clinic.supervision import tasks as supervision
    from ketacare.clinic.tenancy import actions as tenancy

    return [
        Chore("forget screens", supervision.forget_old_screens),
        Chore("seal audit", audit.seal_all),  # outside the database, so that a tail cut off it shows
        Chore("tell ends of clearances", candidacy.tell_ends),
        Chore("tell ends of licences", posts.tell_licences),
        Chore("hand back therapy", outcomes.hand_back),
        Chore("reviews that fall due", dosing.open_reviews),
        Chore("follow adverse events", dosing.follow_adverse_events),
        Chore("forget keys", lambda at: tenancy.forget_keys(before=at - KEYS_KEPT)),
        Chore("forget live events", lambda at: tenancy.forget_events(before=at - EVENTS_KEPT)),
    ]


def learning_at_once() -> Chore:
    """For minutes in a large house: only where nothing else waits."""
    from ketacare.clinic.registry import tasks as registry

    return Chore("learn how gains fade", registry.learn_fading)
