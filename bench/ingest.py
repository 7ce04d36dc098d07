"""How fast are readings acknowledged after the commit, and when are they on the screen? Beside a bare COPY and wire.

The gateway, the alarms' watch and the web process are the product's own, on a durable database. The monitors and the
screens run in this process, on the same cores as everything they measure.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bench.bedsides import VALUES_A_MESSAGE, Bedside, Monitor, fresh_tickets, furnished
from bench.figures import Found, Spread, ratio
from bench.ground import Ground, free_port, wait_for_port
from bench.screens import Screen

CHAIRS = (1, 10, 40)
PACED_S = 12
FLAT_OUT_S = 6.0
ECHO_S = 1.5
SCREENS_CATCH_UP_S = 5.0
COPIED_ONE_BY_ONE = 400


@dataclass
class Run:
    """What the monitors and screens of one run saw."""

    took_s: float
    acknowledged: list[float] = field(default_factory=list)
    on_screen: list[float] = field(default_factory=list)
    never_shown: int = 0
    refused: int = 0

    @property
    def readings_per_s(self) -> float:
        return len(self.acknowledged) * VALUES_A_MESSAGE / self.took_s


def measure(ground: Ground) -> Found:
    found = Found("Ingest: readings a second acknowledged after commit; sample to acknowledgement and to screen")
    clinic, bedsides = furnished(max(CHAIRS), "INGEST")
    with ExitStack() as stack:
        stack.enter_context(ground.web())
        stack.enter_context(ground.process("gateway", port=ground.mllp_port))
        stack.enter_context(ground.process("watch", port=ground.mllp_port))
        runs = {(chairs, pace): run(ground, clinic, bedsides[:chairs], pace) for chairs in CHAIRS for pace in (1, 0)}
        repeats = counted(ground, clinic)
    echoes = {chairs: echoed(bedsides[:chairs]) for chairs in CHAIRS}
    acknowledged = sum(len(one.acknowledged) - one.refused for one in runs.values())
    copied = copying(ground, clinic)
    tables(found, runs, echoes, copied)
    found.notes.append(
        f"{acknowledged:,} messages acknowledged, {repeats:,} readings in the chart: "
        f"{acknowledged * VALUES_A_MESSAGE - repeats:+,} missing."
    )
    if never := sum(one.never_shown for one in runs.values()):
        found.notes.append(f"{never:,} messages were not seen on a screen within {SCREENS_CATCH_UP_S:.0f} s.")
    return found


def tables(found: Found, runs: dict[tuple[int, int], Run], echoes: dict[int, Run], copied: dict[str, float]) -> None:
    paced = found.table(
        f"One message of {VALUES_A_MESSAGE} readings a second and chair; ms",
        "chairs", "messages", "ACK p50", "ACK p99", "screen p50", "screen p99", "bare wire p50", "ACK p50 beside wire",
    )  # fmt: skip
    flat = found.table(
        "Flat out: each monitor sends as soon as it is answered",
        "chairs", "readings/s", "ACK p50 ms", "ACK p99 ms", "screen p50 ms", "screen p99 ms",
        "bare wire readings/s", "beside wire", "beside COPY, a commit a message", "beside one COPY",
    )  # fmt: skip
    for (chairs, pace), one in runs.items():
        answered, shown, wire = (Spread.of(s) for s in (one.acknowledged, one.on_screen, echoes[chairs].acknowledged))
        if pace:
            paced.add(
                chairs, answered.count, answered.p50, answered.p99, shown.p50, shown.p99, wire.p50,
                ratio(answered.p50, wire.p50),
            )  # fmt: skip
        else:
            speed = one.readings_per_s
            flat.add(
                chairs, speed, answered.p50, answered.p99, shown.p50, shown.p99, echoes[chairs].readings_per_s,
                ratio(speed, echoes[chairs].readings_per_s), ratio(speed, copied["a commit a message"]),
                ratio(speed, copied["all at once"]),
            )  # fmt: skip
    base = found.table("Raw binary COPY of the same rows into the same table shape, one connection", "how", "rows/s")
    for name, speed in copied.items():
        base.add(name, speed)


def run(ground: Ground, clinic: Any, bedsides: list[Bedside], pace: int) -> Run:
    return asyncio.run(watched(ground, fresh_tickets(clinic, bedsides), pace))


async def watched(ground: Ground, bedsides: list[Bedside], pace: int) -> Run:
    async with AsyncExitStack() as stack:
        screens = [await stack.enter_async_context(Screen(one, ground.web_port)) for one in bedsides]
        monitors = [await stack.enter_async_context(Monitor(one, ground.mllp_port)) for one in bedsides]
        for monitor in monitors:  # the first message of a process is not what is asked
            await monitor.send(due=time.perf_counter())
            monitor.told.acknowledged_ms.clear()
        warm = [set(monitor.told.sent) for monitor in monitors]
        took_s = await sending(monitors, pace)
        await caught_up(monitors, screens)
    found = Run(took_s)
    for monitor, screen, before in zip(monitors, screens, warm, strict=True):
        found.acknowledged += monitor.told.acknowledged_ms
        found.refused += monitor.told.refused
        due = {sent: at for sent, at in monitor.told.sent.items() if sent not in before}
        shown = [(screen.shown_at(sent), at) for sent, at in due.items()]
        found.on_screen += [(came - at) * 1000 for came, at in shown if came is not None]
        found.never_shown += sum(came is None for came, _ in shown)
    return found


async def sending(monitors: list[Monitor], pace: int) -> float:
    began = time.perf_counter()
    if pace:
        await asyncio.gather(*(one.paced(PACED_S, place / len(monitors)) for place, one in enumerate(monitors)))
    else:
        await asyncio.gather(*(one.flat_out(FLAT_OUT_S) for one in monitors))
    return time.perf_counter() - began


async def caught_up(monitors: list[Monitor], screens: list[Screen]) -> None:
    give_up_at = time.perf_counter() + SCREENS_CATCH_UP_S
    while time.perf_counter() < give_up_at:
        if all(len(one.told.sent) <= len(screen.seen) for one, screen in zip(monitors, screens, strict=True)):
            return
        await asyncio.sleep(0.1)


def counted(ground: Ground, clinic: Any) -> int:
    """What is in the chart, less the one message of each run that warmed the processes."""
    with ground.app() as connection, connection.transaction():
        connection.execute("select set_config('ketacare.organisation', %s, true)", (str(clinic.organisation_id),))
        row = connection.execute("select count(*) from monitoring_reading where clinic_id = %s", (clinic.pk,))
        return int(row.fetchone()[0]) - sum(CHAIRS) * 2 * VALUES_A_MESSAGE  # type: ignore[index]


# -- baselines ---------------------------------------------------------------------------------------------------------


@contextmanager
def echoing() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.echo", str(port)], stdin=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def echoed(bedsides: list[Bedside]) -> Run:
    """The same monitors and messages against a bare echo: the floor, with this client's own cost in it."""

    async def scenario(port: int) -> Run:
        async with AsyncExitStack() as stack:
            monitors = [await stack.enter_async_context(Monitor(one, port)) for one in bedsides]
            began = time.perf_counter()
            await asyncio.gather(*(one.flat_out(ECHO_S) for one in monitors))
            took_s = time.perf_counter() - began
        return Run(took_s, [ms for one in monitors for ms in one.told.acknowledged_ms])

    with echoing() as port:
        return asyncio.run(scenario(port))


def copying(ground: Ground, clinic: Any) -> dict[str, float]:
    """The readings of this run, copied into a table of the same columns, checks and indexes by its owner."""
    with ground.app() as app, app.transaction():
        app.execute("select set_config('ketacare.organisation', %s, true)", (str(clinic.organisation_id),))
        query = f"select * from monitoring_reading where clinic_id = '{clinic.pk}'"
        with app.cursor().copy(f"copy ({query}) to stdout (format binary)") as copy:
            whole = b"".join(bytes(block) for block in copy)
        few = [*chunks(app, f"{query} limit {COPIED_ONE_BY_ONE * VALUES_A_MESSAGE}")]
        count = app.execute(f"select count(*) from ({query}) rows").fetchone()[0]  # type: ignore[index]
    with ground.owner() as owner:
        owner.execute("create table bench_reading (like monitoring_reading including all)")
        all_at_once = timed_copy(owner, [whole])
        owner.execute("truncate bench_reading")
        one_by_one = timed_copy(owner, few)
        owner.execute("drop table bench_reading")
    return {"all at once": count / all_at_once, "a commit a message": len(few) * VALUES_A_MESSAGE / one_by_one}


def chunks(connection: psycopg.Connection[Any], query: str) -> Iterator[bytes]:
    """The same rows as binary COPY data of one message each."""
    total = COPIED_ONE_BY_ONE
    for number in range(total):
        part = f"select * from ({query}) rows offset {number * VALUES_A_MESSAGE} limit {VALUES_A_MESSAGE}"
        with connection.cursor().copy(f"copy ({part}) to stdout (format binary)") as copy:
            yield b"".join(bytes(block) for block in copy)


def timed_copy(connection: psycopg.Connection[Any], blocks: list[bytes]) -> float:
    began = time.perf_counter()
    for block in blocks:
        with connection.cursor().copy("copy bench_reading from stdin (format binary)") as copy:
            copy.write(block)
    return time.perf_counter() - began
