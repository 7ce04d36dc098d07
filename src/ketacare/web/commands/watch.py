"""Lets time pass for every running watch: stale, lost, overdue, each in its own moment, and a round of everything each
second. One is active, others stand by."""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from ketacare.clinic.tenancy.models import Clinic
    from ketacare.web.server_clock import ServerClock

HELP = "lets time pass for every running session's alarms; one is active, others stand by"
EXAMPLE = "ketacare watch"

LOCK = 0x6B657461  # any number, the same in every watch process
EVERY_S = 1.0
LEAST_S = 0.1  # between two looks, however much is due
WELL_AFTER = timedelta(seconds=30)  # without a failure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="one round, then end")


def run(arguments: argparse.Namespace) -> int:
    import importlib
    import signal
    import threading

    from ketacare.web.runtime.application import set_up, settled

    set_up()
    from django.db import InterfaceError, OperationalError, connection

    from ketacare.web import clock
    from ketacare.web.server_clock import ServerClock

    stop, of_the_server = threading.Event(), ServerClock()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    failing = Failing()
    for room in ("dosing.actions.acting", "monitoring.actions", "supervision.actions"):
        importlib.import_module(f"ketacare.clinic.{room}")  # what a round needs, before the first
    settled()
    next_round = time.monotonic()
    while True:
        behind_s = time.monotonic() - next_round
        next_round = time.monotonic() + EVERY_S
        try:
            if holds_the_lock():
                look_at_the_clock(of_the_server, clock.now)
                round_of_all(clock.now, failing, behind_s=behind_s)
                if not arguments.once:
                    until_the_next(stop.wait, clock.now, next_round)
        except (OperationalError, InterfaceError) as problem:
            logger().warning("the watch lost the database: %s", type(problem).__name__)
            connection.close()
        if arguments.once or stop.wait(max(LEAST_S, next_round - time.monotonic())):
            connection.close()
            return 0


def look_at_the_clock(of_the_server: ServerClock, now: Callable[[], datetime]) -> None:
    """That it leapt is told: what came before and what comes after do not fit (I11). Held up between the two clocks,
    this process has learnt nothing of either."""
    from ketacare.clinic.monitoring import processes
    from ketacare.web import server_clock

    before, at, after = server_clock.passed_s(), now(), server_clock.passed_s()
    if after - before > processes.LEAP_LEAST_S / 2:
        return
    off_s = server_clock.off_s()
    if off_s is not None:
        processes.clock_off(off_s, at)
    leap = of_the_server.leap(at, before)
    if leap is not None:
        logger().error("the server's clock leapt by %.1f s", leap.seconds)
        processes.leapt(leap)


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


def ticked(clinic: Clinic, at: datetime) -> None:
    """Time has passed at every chair of the clinic."""
    from ketacare.clinic.monitoring import actions

    actions.tick(clinic=clinic, at=at)


def renewed(clinic: Clinic, at: datetime) -> None:
    """A dose that still runs goes on acting."""
    from ketacare.clinic.dosing.actions import acting

    acting.renew(clinic=clinic, at=at)


def looked(clinic: Clinic, at: datetime) -> None:
    """What is missing at a session is noted: who watches, who listens, who supervises."""
    from ketacare.clinic.supervision import actions

    actions.look(clinic=clinic, at=at)


def people_told(clinic: Clinic, at: datetime) -> None:
    """The ladder climbed."""
    from ketacare.clinic.supervision import actions

    actions.climb(clinic=clinic, at=at)


def round_of_all(clock: Callable[[], datetime], failing: Failing | None = None, *, behind_s: float = 0.0) -> None:
    """One tick for every clinic. What is wrong in one must not leave the others unwatched, nor a broken session those
    beside it: each act stands alone, and the ladder is climbed whatever went wrong before. A session of which anything
    failed is made somebody's to watch by eye, and its own screens say NOT LIVE. Where an act saw to nobody, or that
    duty could not be written, there is no sign of life, and all screens say so (D9).

    How late it is, is how long the slowest clinic took, and by how much the round outlasted the second that it has: of
    many clinics a round is longer on the calmest day, and what can wait would wait for ever (G20); and by how much it
    began after its second (`behind_s`), which what was told between two rounds took. No sign of life
    comes before the end: until then a clinic may wait that nobody has looked at."""
    from ketacare.clinic.monitoring import actions
    from ketacare.clinic.tenancy.models import Clinic

    failing, sound, late_s, all_began = failing or Failing(), True, 0.0, time.monotonic()
    for clinic in Clinic.objects.order_by("id"):
        failed, began = set[UUID](), time.monotonic()
        rounds = [alone(act, clinic, clock(), failed) for act in (ticked, renewed, looked, people_told)]
        lately = failing.after(failed, clinic.pk, whole=None not in rounds, at=clock())
        told = partial(failures_told, visits=failed, lately=lately)
        rounds.append(alone(told, clinic, clock(), failed))
        sound &= None not in rounds
        late_s = max(late_s, time.monotonic() - began)
    late_s = max(late_s, behind_s, time.monotonic() - all_began - EVERY_S)
    if sound:
        actions.beat(process="watch", at=clock(), late_s=late_s)


def until_the_next(wait: Callable[[float], bool], clock: Callable[[], datetime], next_round: float) -> None:
    """What time alone changes before the next round is told in its own moment: a signal is lost ten seconds after its
    last value, and not a round later (T2, G13). What fails here is told by that round, which finds it still due."""
    from ketacare.clinic.monitoring import actions
    from ketacare.clinic.tenancy.models import Clinic

    clinics = list(Clinic.objects.order_by("id"))
    while (left_s := next_round - time.monotonic()) > LEAST_S:
        at = clock()
        due = actions.due_between(clinics, after=at, until=at + timedelta(seconds=left_s))
        if not due or wait(max(LEAST_S, (due[0][0] - at).total_seconds())):
            return
        now = clock()
        for clinic in dict.fromkeys(clinic for moment, clinic in due if moment <= now):
            alone(ticked, clinic, now, set())


@dataclass
class Failing:
    """When each session failed last. One that is being fed is skipped, which is no success; and an act that saw to
    nobody says nothing of any."""

    last: dict[UUID, dict[UUID, datetime]] = field(default_factory=dict)
    unknown_at: dict[UUID, datetime] = field(default_factory=dict)

    def after(self, failed: set[UUID], clinic_id: UUID, *, whole: bool, at: datetime) -> set[UUID] | None:
        """Those of a clinic that failed lately; None when any may have."""
        known = self.last.setdefault(clinic_id, {})
        known |= dict.fromkeys(failed, at)
        if not whole:
            self.unknown_at[clinic_id] = at
        if at - self.unknown_at.get(clinic_id, at - WELL_AFTER) < WELL_AFTER:
            return None
        self.last[clinic_id] = {visit_id: then for visit_id, then in known.items() if at - then < WELL_AFTER}
        return set(self.last[clinic_id])


def failures_told(clinic: Clinic, at: datetime, *, visits: set[UUID], lately: set[UUID] | None) -> None:
    from ketacare.clinic.monitoring import actions
    from ketacare.clinic.tenancy import actions as tenancy

    with tenancy.tenant(clinic.organisation_id):
        actions.tell_of_failures(clinic=clinic, visits=visits, lately=lately, at=at)


def alone(act: Callable[[Clinic, datetime], None], clinic: Clinic, at: datetime, failed: set[UUID]) -> bool | None:
    """Each act commits what it does by itself: what fails takes nothing with it that was done before. At the others it
    has been done, where only some sessions failed, and that stays: False. None when it saw to nobody."""
    from django.db import InterfaceError, OperationalError

    from ketacare.clinic.tenancy.alone import SomeSessionsFailed

    try:
        act(clinic, at)
    except SomeSessionsFailed as fault:
        logger().error("sessions could not be watched: %s, %s", type(fault).__name__, fault)
        failed |= fault.visits
        return False
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - said, and the missing beat is heard; its text may quote a record
        logger().error("a clinic's watch failed: %s", type(fault).__name__)
        return None
    return True


def logger() -> logging.Logger:
    return logging.getLogger(__name__)
