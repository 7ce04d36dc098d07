"""Hands what was written to the gateways, each second, each kind on a line of its own so that a gateway that hangs for
one holds up no other: calls about unanswered alarms, apart from the watch that wrote them; calls about concerns, whose
ladder it climbs itself; the messages to patients."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ketacare.clinic.channels import Gateways

HELP = "calls people about alarms and concerns that nobody has answered; sends patients their messages"
EXAMPLE = "ketacare caller --once"

EVERY_S = 1.0
# The name of each line towards the supervisor, and which of them it misses: many messages to patients take long.
OF_ALARMS, OF_CONCERNS, OF_MESSAGES = "a", "c", "m"
MISSED = OF_ALARMS + OF_CONCERNS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="one round, then end")


def run(arguments: argparse.Namespace) -> int:
    import signal
    import threading

    from ketacare.web.runtime.application import set_up

    set_up()
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    if arguments.once:
        stop.set()
    others = {OF_CONCERNS: concerns(), OF_MESSAGES: messages()}
    beside = [threading.Thread(target=hand_on, args=(due, stop, name)) for name, due in others.items()]
    for line in beside:
        line.start()
    hand_on(alarms(), stop, OF_ALARMS)
    for line in beside:
        line.join()
    return 0


def hand_on(due: dict[str, Callable[[datetime], int]], stop: Event, line: str = "") -> None:
    """A round at least, then one each second until it is told to stop. Whoever supervises it hears after each that this
    line goes on, also where it failed: what failed was said, and a new process would mend nothing."""
    from django.db import connection

    from ketacare.web.runtime import signs

    while True:
        for name, do in due.items():
            alone(name, do)
            signs.give(line)
        if stop.wait(EVERY_S):
            connection.close()
            return


def alarms() -> dict[str, Callable[[datetime], int]]:
    """Each round that came to its end is a sign of life of that moment: without one, pages say that nobody is called
    (D9). A slow gateway makes a round long; what was begun before it does not tell."""
    from ketacare.clinic.monitoring import actions as monitoring
    from ketacare.clinic.supervision import tasks
    from ketacare.web import clock

    through = gateways()

    def call(at: datetime) -> int:
        sent = tasks.send_due(at, through)
        monitoring.beat(process="caller", at=clock.now())
        return sent

    return {"calls about alarms": call}


def concerns() -> dict[str, Callable[[datetime], int]]:
    """The ladder before the sending, so that whoever is due is called in the same second. Each round that came to its
    end is a sign of life here as well: without one, pages say that nobody is called, and no patient is promised a time.
    """
    from ketacare.clinic.monitoring import actions as monitoring
    from ketacare.clinic.monitoring import processes
    from ketacare.clinic.safety import tasks
    from ketacare.web import clock

    through = gateways("pages")

    def call(at: datetime) -> int:
        sent = tasks.send_due(at, through)
        monitoring.beat(process=processes.CALLER_OF_CONCERNS, at=clock.now())
        return sent

    return {"the ladder of concerns": tasks.climb_due, "calls about concerns": call}


def messages() -> dict[str, Callable[[datetime], int]]:
    """Patients are written to by gateways of their own."""
    from django.conf import settings

    from ketacare.clinic import channels
    from ketacare.clinic.outcomes import letters, tasks
    from ketacare.clinic.recovery import tasks as recovery
    from ketacare.clinic.safety import tasks as safety

    patients = channels.configured(
        calls_url=settings.MESSAGES_URL,
        calls_token=settings.MESSAGES_TOKEN,
        report_to=settings.MESSAGES_REPORT_TO,
        mail_url=settings.MESSAGES_MAIL_URL,
        mail_from=settings.MESSAGES_MAIL_FROM,
        kind=letters.MESSAGES,
        bounces_to=settings.MESSAGES_BOUNCES_TO,
    )
    due: dict[str, Callable[[datetime], int]] = {
        "where help is, to numbers in danger": lambda at: safety.send_help(at, patients),
        "messages to patients": lambda at: tasks.send_due(at, patients),
    }
    owners = channels.configured(
        calls_url="",
        calls_token="",
        report_to="",
        mail_url=settings.MAIL_URL or settings.MESSAGES_MAIL_URL,
        mail_from=settings.MAIL_FROM if settings.MAIL_URL else settings.MESSAGES_MAIL_FROM,
        kind="recovery",
    )
    due["mails about lost passwords"] = lambda at: recovery.send_due(at, owners)
    if settings.DEMO:
        due["messages caught in the demo"] = lambda at: tasks.show_caught(at, patients)
    return due


def gateways(kind: str = "calls") -> Gateways:
    from django.conf import settings

    from ketacare.clinic import channels

    return channels.configured(
        calls_url=settings.CALLS_URL,
        calls_token=settings.CALLS_TOKEN,
        report_to=settings.CALLS_REPORT_TO if kind == "calls" else settings.PAGES_REPORT_TO,
        mail_url=settings.MAIL_URL,
        mail_from=settings.MAIL_FROM,
        kind=kind,
    )


def alone(name: str, do: Callable[[datetime], int]) -> None:
    """A fault of one holds up no other."""
    import logging

    from django.db import close_old_connections

    from ketacare.web import clock

    try:
        do(clock.now())
    except Exception as fault:  # noqa: BLE001 - said; its text may hold an address, and the next round tries again
        logging.getLogger(__name__).error("%s failed: %s", name, type(fault).__name__)
        close_old_connections()
