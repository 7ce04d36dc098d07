"""What does a live viewer cost in memory, at 100 and at 1,000 of them? Beside the web process with none.

Viewers are listeners on `/live/stream`, each with a ticket of its own; while they listen, chairs send.
"""

from __future__ import annotations

import asyncio
import resource
from contextlib import AsyncExitStack
from typing import Any

from bench.bedsides import Bedside, Monitor, fresh_tickets, furnished
from bench.figures import Found, Spread
from bench.ground import Ground
from bench.screens import Screen
from bench.watch.floor import resident_mb

VIEWERS = (100, 1_000)
CHAIRS, LISTENS_S = 10, 20


def measure(ground: Ground) -> Found:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8_192), most))
    found = Found("Memory of the web process for each live viewer")
    clinic, bedsides = furnished(CHAIRS, "VIEWERS")
    table = found.table(
        f"{CHAIRS} chairs send once a second, each viewer hears one of them, for {LISTENS_S} s",
        "viewers", "web process MB", "kB a viewer", "messages heard a viewer", "all to hear it: p50 ms", "p99 ms",
    )  # fmt: skip
    with ground.process("gateway", port=ground.mllp_port), ground.web() as web:
        asyncio.run(listening(ground, fresh_tickets(clinic, bedsides), 1, web.pid))  # the hub is made on the first
        alone = resident_mb(web.pid)
        table.add(0, alone, "", "", "", "")
        for count in VIEWERS:
            held, heard, took = asyncio.run(listening(ground, fresh_tickets(clinic, bedsides), count, web.pid))
            table.add(count, held, (held - alone) * 1024 / count, heard, took.p50, took.p99)
    return found


async def listening(ground: Ground, bedsides: list[Bedside], count: int, pid: int) -> tuple[float, float, Spread]:
    async with AsyncExitStack() as stack:
        viewers: list[Screen] = []
        for number in range(count):
            viewers.append(await stack.enter_async_context(Screen(bedsides[number % len(bedsides)], ground.web_port)))
        monitors = [await stack.enter_async_context(Monitor(one, ground.mllp_port)) for one in bedsides]
        await asyncio.gather(*(one.paced(LISTENS_S, place / CHAIRS) for place, one in enumerate(monitors)))
        await asyncio.sleep(2)
        took = [shown_after(viewer, monitors[number % CHAIRS]) for number, viewer in enumerate(viewers)]
        if refused := sum(one.told.refused for one in monitors):
            raise RuntimeError(f"{refused} messages were refused: nobody could hear them")
        heard = sum(len(viewer.seen) for viewer in viewers) / count
        return resident_mb(pid), heard, Spread.of([ms for one in took for ms in one])


def shown_after(viewer: Screen, monitor: Any) -> list[float]:
    told = ((viewer.shown_at(sent), due) for sent, due in monitor.told.sent.items())
    return [(came - due) * 1000 for came, due in told if came is not None]
