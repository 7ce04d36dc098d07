"""G20: three times the load, and people who ask for exports meanwhile: alarms in time, exports refused first."""

from __future__ import annotations

import asyncio
import http.client
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from bench.audit import lines, write
from bench.devices.chairs import Proof
from bench.figures import Spread
from bench.watch import floor as floors
from bench.watch.floor import Floor, Pages, Watched
from bench.watch.goals import CONTROL_S, FALL_TO, SHOWN_P99_MS, stopping
from bench.watch.processor import Shares

LINES, EXPORTERS = 20_000, 4
AGAIN_S = 1.0  # after a refusal: sooner than they are told
NEVER = "BENCH_NEVER_GIVES_WAY"


def g20(floor: Floor, seconds: float = 60.0) -> Proof:
    chairs = len(floor.visits)
    proof = Proof(
        "G20",
        f"{chairs} chairs at three times their load for {seconds:.0f} s, and alarms meanwhile; {EXPORTERS} people ask "
        f"for {LINES:,} audit lines again and again, and a page is opened each second",
    )
    auditor = furnished_with_lines(floor)
    with floors.running(floor):
        calm, _, _ = asyncio.run(pressed(floor, auditor, seconds / 2, a_second=1.0, exporters=0))
        shares = Shares({name: process.pid for name, process in floor.processes.items()})
        loaded, exports, pages = asyncio.run(pressed(floor, auditor, seconds, a_second=3.0))
        processors = shares.told()
        with stopping(floor, "web", held_s=2 * SHOWN_P99_MS / 1000):
            held, _, _ = asyncio.run(pressed(floor, auditor, CONTROL_S, a_second=1.0, exporters=0))
    with never_giving_way(), floors.running(floor):
        without, all_exports, _ = asyncio.run(pressed(floor, auditor, seconds, a_second=3.0))
    spread, base, late, bare = (Spread.of(one.commit_to_alarm_ms) for one in (loaded, calm, held, without))
    proof.must(
        spread.count > 0 and spread.p99 <= SHOWN_P99_MS and loaded.missing == 0,
        f"{spread.count} high alarms on their screens after the commit of the value that raised them: p50 "
        f"{spread.p50:.0f} ms, p99 {spread.p99:.0f} ms (at one time the load and without exports p99 {base.p99:.0f} "
        f"ms), {loaded.missing} missing",
    )
    proof.found.append(f"{loaded.readings / seconds:,.0f} readings/s acknowledged, p99 {loaded.ack.p99:.0f} ms")
    page = Spread.of(pages.took_ms)
    proof.must(
        exports[503] > 0 and set(exports) <= {200, 503} and set(pages.statuses) == {200},
        f"exports refused first: {exports[200]} of {exports.total()} were made, {exports[503]} refused with 503 and "
        f"when to come again; of {page.count} pages none (answered {pages.statuses}; p95 {page.p95:.0f} ms)",
    )
    proof.found.append(processors)
    proof.control = (
        f"where no export gives way {all_exports[200]} were made and {all_exports[503]} refused: commit to alarm p50 "
        f"{bare.p50:.0f} ms, p99 {bare.p99:.0f} ms, {without.missing} missing, acknowledged p99 {without.ack.p99:.0f} "
        f"ms; the web process held still for 2 s of each 2.5 s: commit to alarm p99 {late.p99:.0f} ms"
    )
    proof.control_failed = late.p99 > SHOWN_P99_MS and (bare.p99 > SHOWN_P99_MS or without.missing > 0)
    return proof


@contextmanager
def never_giving_way() -> Iterator[None]:
    """The control: a web process that makes every export that is asked for (`bench.urls`)."""
    os.environ[NEVER] = "yes"
    try:
        yield
    finally:
        del os.environ[NEVER]


def furnished_with_lines(floor: Floor) -> str:
    """The auditor's cookie; there is something to export."""
    from ketacare.clinic.people.tests.factories import browser, just_confirmed, someone
    from ketacare.clinic.tenancy import actions as tenancy

    with floor.ground.app() as connection:
        write(connection, floor.clinic, lines(floor.clinic, LINES), 1000)
    with tenancy.tenant(floor.clinic.organisation_id):
        auditor = someone(floor.clinic, "AU")
    return just_confirmed(browser(auditor)).cookies["ketacare"].value


async def exporting(floor: Floor, cookie: str, until: float, told: Counter[int]) -> None:
    while time.perf_counter() < until:
        status = await asyncio.to_thread(exported, floor, cookie)
        told[status] += 1
        await asyncio.sleep(AGAIN_S if status != 200 else 0)


def exported(floor: Floor, cookie: str) -> int:
    token = "x" * 32
    headers = {
        "Cookie": f"ketacare={cookie}; csrftoken={token}", "X-CSRFToken": token, "Host": "localhost",
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    wire = http.client.HTTPConnection("127.0.0.1", floor.ground.web_port, timeout=120)
    asked = urlencode({"purpose": "inspection", "verb": "chart.open"})
    wire.request("POST", "/audit/lines.csv", body=asked, headers=headers)
    answer = wire.getresponse()
    answer.read()
    wire.close()
    return answer.status


async def pressed(
    floor: Floor, auditor: str, seconds: float, *, a_second: float, exporters: int = EXPORTERS
) -> tuple[Alarmed, Counter[int], Pages]:
    exports, pages = Counter[int](), await asyncio.to_thread(Pages.of, floor)
    until = time.perf_counter() + seconds
    asking: list[Any] = [exporting(floor, auditor, until, exports) for _ in range(exporters)]
    alarms, *_ = await asyncio.gather(alarmed(floor, seconds, a_second=a_second), pages.opened(seconds, 1.0), *asking)
    return alarms, exports, pages


class Alarmed:
    def __init__(self) -> None:
        self.commit_to_alarm_ms: list[float] = []
        self.crossing_to_alarm_s: list[float] = []
        self.shown = Spread.of([])
        self.never = self.missing = self.readings = 0
        self.ack = Spread.of([])
        self.monitors: list[Watched] = []


async def alarmed(floor: Floor, seconds: float, *, a_second: float) -> Alarmed:
    """Half of the time at rest, then the saturation of each chair falls below its high line and stays there."""
    told = Alarmed()
    async with floors.monitored(floor) as monitors, floors.followed(floor) as screens:
        sending = asyncio.create_task(floors.sending(monitors, seconds, a_second=a_second))
        await asyncio.sleep(seconds / 2)
        fell: dict[int, float] = {}
        for place, one in enumerate(monitors):
            one.spo2, fell[place] = FALL_TO, time.perf_counter()
            await asyncio.sleep(seconds / 8 / len(monitors))
        await sending
        await asyncio.sleep(2)
        for place, (monitor, screen) in enumerate(zip(monitors, screens, strict=True)):
            came = screen.high.get("SPO2.low")
            if came is None:
                told.missing += 1
                continue
            fallen = sorted((one for one in monitor.answered.values() if one.spo2 == FALL_TO), key=lambda one: one.due)
            told.crossing_to_alarm_s.append(came - (fallen[0].due if fallen else fell[place]))
            raising = floors.raising(fallen, floors.high_delay_s())
            told.missing += raising is None
            told.commit_to_alarm_ms += [] if raising is None else [max(0.0, (came - raising.at) * 1000)]
        told.shown, told.never = floors.on_screen_ms(monitors, screens)
        told.readings, told.ack = floors.readings(monitors), floors.acknowledged_ms(monitors)
        told.monitors = monitors
        for one in monitors:
            one.spo2 = 97
        await floors.sending(monitors, 14)  # inside again for the clear time, so that the next fall is a new alarm
    return told
