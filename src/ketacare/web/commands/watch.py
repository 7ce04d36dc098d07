"""Lets time pass for every running watch, each second: stale, lost, overdue. One is active, others stand by."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from ketacare.clinic.tenancy.models import Clinic

HELP = "lets time pass for every running session's alarms; one is active, others stand by"
EXAMPLE = "ketacare watch"

LOCK = 0x6B657461  # any number, the same in every watch process
EVERY_S = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="one round, then end")


def run(arguments: argparse.Namespace) -> int:
    import logging
    import signal
    import threading

    from ketacare.web.runtime.application import set_up

    set_up()
    from django.db import InterfaceError, OperationalError, connection

    from ketacare.web import clock

    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    logger = logging.getLogger(__name__)
    while True:
        try:
            if holds_the_lock():
                round_of_all(clock.now)
        except (OperationalError, InterfaceError) as problem:
            logger.warning("the watch lost the database: %s", type(problem).__name__)
            connection.close()
        if arguments.once or stop.wait(EVERY_S):
            connection.close()
            return 0


def holds_the_lock() -> bool:
    """Held as long as the connection lives; a lock taken twice by one connection is still one holder."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select exists (select from pg_locks where locktype = 'advisory' and objid = %s and classid = 0 and granted"
            " and pid = pg_backend_pid()) or pg_try_advisory_lock(%s)",
            [LOCK, LOCK],
        )
        return bool(cursor.fetchone()[0])


def ticked(clinic_id: UUID, at: datetime) -> bool:
    """Time has passed at every chair of the clinic; if not at all, at the others, and that stays."""
    import logging

    from ketacare.clinic.monitoring import actions

    try:
        actions.tick(clinic_id=clinic_id, at=at)
    except actions.NotAllWatched as fault:
        logging.getLogger(__name__).error("chairs could not be watched: %s", fault)
        return False
    return True


def people_told(clinic: Clinic, at: datetime) -> bool:
    """Looked whether anybody watches, and the ladder climbed; a fault of one alarm holds up no other."""
    import logging

    from ketacare.clinic.supervision import actions

    actions.look(clinic=clinic, at=at)
    try:
        actions.climb(clinic=clinic, at=at)
    except actions.NotAllTold as fault:
        logging.getLogger(__name__).error("people could not be told: %s", fault)
        return False
    return True


def round_of_all(clock: Callable[[], datetime]) -> None:
    """One tick for every clinic. What is wrong in one must not leave the others unwatched."""
    import logging

    from django.db import InterfaceError, OperationalError

    from ketacare.clinic.dosing.actions import acting
    from ketacare.clinic.monitoring import actions
    from ketacare.clinic.tenancy import actions as tenancy
    from ketacare.clinic.tenancy.models import Clinic

    sound = True
    for clinic in Clinic.objects.order_by("id"):
        try:
            with tenancy.tenant(clinic.organisation_id):
                sound &= ticked(clinic.pk, clock())
                acting.renew(clinic=clinic, at=clock())
            with tenancy.tenant(clinic.organisation_id):
                sound &= people_told(clinic, clock())
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:  # noqa: BLE001 - said, and the missing beat is heard; its text may quote a record
            logging.getLogger(__name__).error("a clinic's watch failed: %s", type(fault).__name__)
            sound = False
    if sound:  # no sign of life for a watch that does not watch: the screens then say NOT LIVE (D9)
        actions.beat(process="watch", at=clock())
