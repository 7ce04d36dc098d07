"""What does a chained audit line cost? At commit, beside the same insert without the trigger; and proving the chain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg

from bench.figures import Found, Spread, ratio
from bench.ground import Ground

COMMITS = 600
BLOCKS = 10
IN_ONE = 4000
WRITERS = 8
VERIFIED = 12_000


def measure(ground: Ground) -> Found:
    found = Found("Audit: a chained line at commit beside the same insert without the trigger; verifying a chain")
    one_by_one(ground, found)
    many_in_one(ground, found)
    side_by_side(ground, found)
    verifying(ground, found)
    return found


# -- lines -------------------------------------------------------------------------------------------------------------


def lines(clinic: Any, count: int) -> list[Any]:
    """Lines as the application writes them, with their authentication codes; not yet saved."""
    from ketacare.clinic.audit.actions import authentication_code
    from ketacare.clinic.audit.models import Line
    from ketacare.web import clock

    made = []
    for number in range(count):
        line = Line(
            organisation_id=clinic.organisation_id,
            clinic_id=clinic.pk,
            at=clock.now(),
            role="RN",
            verb="chart.open",
            object_kind="readings",
            object_id=str(number),
            reason="",
        )
        line.mac = authentication_code(line)
        made.append(line)
    return made


def insert_statement() -> tuple[str, list[str]]:
    from ketacare.clinic.audit.models import Line

    columns = [field.column for field in Line._meta.concrete_fields]
    return f"insert into audit_line ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})", columns


def a_clinic(name: str) -> Any:
    from django.db import transaction

    from ketacare.clinic.tenancy import actions as tenancy

    with transaction.atomic():
        organisation = tenancy.found_organisation(name=f"{name} organisation")
        return tenancy.found_clinic(organisation=organisation, name=name, zone="UTC")


@contextmanager
def trigger_off(ground: Ground) -> Iterator[None]:
    """The control arm. Its lines go to clinics of their own, which nobody verifies."""
    with ground.owner() as owner:
        owner.execute("alter table audit_line disable trigger chain_line")
        try:
            yield
        finally:
            owner.execute("alter table audit_line enable trigger chain_line")


def write(connection: psycopg.Connection[Any], clinic: Any, rows: list[Any], per_commit: int) -> list[float]:
    """Commit so many lines at a time; the milliseconds of each transaction."""
    statement, columns = insert_statement()
    took = []
    for start in range(0, len(rows), per_commit):
        batch = [[getattr(row, column) for column in columns] for row in rows[start : start + per_commit]]
        began = time.perf_counter()
        with connection.transaction():
            enter = "select set_config('ketacare.organisation', %s, true)"
            connection.execute(enter, (str(clinic.organisation_id),))
            connection.cursor().executemany(statement, batch)
        took.append((time.perf_counter() - began) * 1000)
    return took


def in_turns(ground: Ground, work: Callable[[Any], list[float]], name: str) -> tuple[list[float], list[float]]:
    """Chained and unchained blocks in turn, so that other work on this machine meets both."""
    with_chain, without = a_clinic(f"{name} chained"), a_clinic(f"{name} plain")
    chained: list[float] = []
    plain: list[float] = []
    for _ in range(BLOCKS):
        chained += work(with_chain)
        with trigger_off(ground):
            plain += work(without)
    return chained, plain


def one_by_one(ground: Ground, found: Found) -> None:
    with ground.app() as connection:

        def work(clinic: Any) -> list[float]:
            return write(connection, clinic, lines(clinic, COMMITS // BLOCKS), 1)

        chained, plain = in_turns(ground, work, "One by one")
    table = found.table("One line a commit, one writer, durable", "arm", "p50 ms", "p99 ms", "p50 beside baseline")
    base = Spread.of(plain)
    for name, spread in (("insert without the trigger (baseline)", base), ("chained at commit", Spread.of(chained))):
        table.add(name, spread.p50, spread.p99, ratio(spread.p50, base.p50))


def many_in_one(ground: Ground, found: Found) -> None:
    with ground.app() as connection:

        def work(clinic: Any) -> list[float]:
            return write(connection, clinic, lines(clinic, IN_ONE // BLOCKS), IN_ONE)

        chained, plain = in_turns(ground, work, "Many in one")
    count = IN_ONE // BLOCKS
    table = found.table(
        f"{count:,} lines in one commit: the line alone, without the disk", "arm", "µs a line", "beside"
    )
    table.add("insert without the trigger (baseline)", min(plain) / count * 1000, "1 ×")
    table.add("chained at commit", min(chained) / count * 1000, ratio(min(chained), min(plain)))


def side_by_side(ground: Ground, found: Found) -> None:
    """Commits of one clinic are serialised by its chain: what does that cost when many write at once?"""
    table = found.table(f"{WRITERS} writers at once, one line a commit", "arm", "lines/s", "beside baseline", "p99 ms")
    one = a_clinic("Side by side, one chain")
    several = [a_clinic(f"Side by side {number}") for number in range(WRITERS)]
    with trigger_off(ground):
        base, spread = together(ground, [one] * WRITERS)
    # What the control arm wrote belongs to no chain; the chained arms use clinics of their own.
    table.add("one clinic, without the trigger (baseline)", base, "1 ×", spread.p99)
    shared = a_clinic("Side by side, shared")
    for name, clinics in (("one clinic, chained", [shared] * WRITERS), ("a clinic each, chained", several)):
        speed, spread = together(ground, clinics)
        table.add(name, speed, ratio(speed, base), spread.p99)


def together(ground: Ground, clinics: list[Any]) -> tuple[float, Spread]:
    start = threading.Barrier(len(clinics))
    ready = [lines(clinic, COMMITS // len(clinics)) for clinic in clinics]

    def work(number: int) -> list[float]:
        with ground.app() as connection:
            start.wait()
            return write(connection, clinics[number], ready[number], 1)

    with ThreadPoolExecutor(len(clinics)) as pool:
        began = time.perf_counter()
        took = [one for each in pool.map(work, range(len(clinics))) for one in each]
    return len(took) / (time.perf_counter() - began), Spread.of(took)


# -- proving -----------------------------------------------------------------------------------------------------------


def verifying(ground: Ground, found: Found) -> None:
    from ketacare.clinic.audit import queries
    from ketacare.clinic.tenancy.actions import tenant

    clinic = a_clinic("Verified")
    with ground.app() as connection:
        write(connection, clinic, lines(clinic, VERIFIED), 2000)
    with tenant(clinic.organisation_id):
        reading = timed(lambda: read_only(clinic))
        began = time.perf_counter()
        breaks = list(queries.verify_clinic(clinic, {}))
        proving = time.perf_counter() - began
    if breaks:
        raise RuntimeError(f"the chain does not hold: {breaks[0]}")
    table = found.table(f"Verifying {VERIFIED:,} lines of one clinic, one core", "work", "lines/s", "beside baseline")
    table.add("reading links and lines, nothing recomputed (baseline)", VERIFIED / reading, "1 ×")
    table.add("`ketacare verify`: both digests and order recomputed", VERIFIED / proving, ratio(reading, proving))


def read_only(clinic: Any) -> int:
    from ketacare.clinic.audit.models import Line, Link
    from ketacare.clinic.audit.queries import batched

    read = 0
    for chunk in batched(Link.objects.filter(clinic=clinic).order_by("number").iterator(chunk_size=2000), 2000):
        read += len(Line.objects.in_bulk([link.line_id for link in chunk]))
    return read


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
