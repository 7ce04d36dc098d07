"""Hands the calls of unanswered alarms to the gateways, each second, apart from the watch that wrote them."""

from __future__ import annotations

import argparse

HELP = "calls people by text, voice and mail when an alarm is not answered"
EXAMPLE = "ketacare caller --once"

EVERY_S = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="one round, then end")


def run(arguments: argparse.Namespace) -> int:
    import logging
    import signal
    import threading

    from ketacare.web.runtime.application import set_up

    set_up()
    from django.conf import settings
    from django.db import close_old_connections

    from ketacare.clinic import channels
    from ketacare.clinic.supervision import tasks
    from ketacare.web import clock

    through = channels.configured(
        calls_url=settings.CALLS_URL,
        calls_token=settings.CALLS_TOKEN,
        report_to=settings.CALLS_REPORT_TO,
        mail_url=settings.MAIL_URL,
        mail_from=settings.MAIL_FROM,
    )
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    while True:
        try:
            tasks.send_due(clock.now(), through)
        except Exception as fault:  # noqa: BLE001 - said; its text may hold an address, and the next round tries again
            logging.getLogger(__name__).error("calls could not be sent: %s", type(fault).__name__)
            close_old_connections()
        if arguments.once or stop.wait(EVERY_S):
            return 0
