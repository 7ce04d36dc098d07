"""G6: the link is cut, the agents keep what their monitors send, and hand it on when the server answers again."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.devices.chairs import Chair, Proof, chart_of, furnished, message
from bench.ground import Ground

GIVE_UP_S = 300
CONTROL = (
    "in CI, an agent that answers before the disk has it loses messages: "
    "`test_g6_the_control_arm_that_answers_before_the_disk_has_it_does_lose`"
)
STORED, DRAINED_WITHIN_S = 24_000, 60  # asked of all bedsides together


def g6(ground: Ground) -> list[Proof]:
    with ground.process("gateway", "--port", str(ground.mllp_port), port=ground.mllp_port):
        return [
            cut(ground, "10 minutes", timedelta(minutes=10), every_s=1),
            cut(ground, "4 hours", timedelta(hours=4), every_s=60),
        ]


def cut(ground: Ground, words: str, lasted: timedelta, every_s: int) -> Proof:
    """Forty agents that were cut off for so long, by their own clocks; then the server answers."""
    from ketacare.web import clock

    proof = Proof("G6", f"the link of 40 bedsides cut for {words}, a reading every {every_s} s")
    began = (clock.now() - lasted).replace(microsecond=0)
    chairs = furnished(40, began - timedelta(minutes=1))
    count = int(lasted.total_seconds()) // every_s
    with tempfile.TemporaryDirectory(prefix="ketacare-agents-") as folder:
        stores = [filled(Path(folder) / str(chair.number), chair, began, count, every_s) for chair in chairs]
        total = count * len(chairs)
        started = time.perf_counter()
        asyncio.run(drained(stores, ground.mllp_port))
        took = time.perf_counter() - started
        left = sum(int(str(store.told()["waiting"])) for store in stores)
        for store in stores:
            store.close()
    charts = [chart_of(chair) for chair in chairs]
    kept = sum(chart.count(b"\n") + 1 for chart in charts)
    expected = [sorted((began + timedelta(seconds=every_s * s)).isoformat() for s in range(count))] * len(chairs)
    right = [sorted(line.split(b",")[1].decode() for line in chart.split(b"\n")) for chart in charts] == expected
    proof.must(left == 0 and kept == total, f"{total:,} readings waited, {kept:,} are in the charts, {left} still wait")
    proof.must(right, "each at the time it was taken")
    proof.must(in_order(chairs), "the server took them in the order they were sent")
    proof.must(
        took <= DRAINED_WITHIN_S * max(1.0, total / STORED), f"drained in {took:.1f} s, {total / took:,.0f} readings/s"
    )
    proof.control = CONTROL
    proof.control_failed = True  # by the test it names, in CI
    return proof


def filled(folder: Path, chair: Chair, began: datetime, count: int, every_s: int) -> Any:
    """An agent's store as the cut left it: each message kept when it came, by the clock that nobody sets."""
    from ketacare.web.agent.store import Moment, Store, now

    store, moment = Store(folder, most_bytes=10**9), now()
    for start in range(0, count, 500):
        for place in range(start, min(count, start + 500)):
            at = began + timedelta(seconds=place * every_s)
            ago = moment.wall - at.timestamp()
            row = (message(chair, at, f"{chair.number}-{place}"), at.timestamp(), moment.boot, moment.up - ago)
            store.database.execute("insert into message (raw, wall, boot, up) values (?, ?, ?, ?)", row)
        store.database.commit()
    assert isinstance(moment, Moment)
    return store


async def drained(stores: Sequence[Any], port: int) -> None:
    from ketacare.web.agent.handing import Forwarder, Server
    from ketacare.web.agent.taking import Keeper

    keepers = [Keeper(store) for store in stores]
    running = [asyncio.create_task(Forwarder(one, [Server("127.0.0.1", port)], "Chair").run()) for one in keepers]
    give_up = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up and any(store.told()["waiting"] for store in stores):
        await asyncio.sleep(0.2)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for one in keepers:
        one.thread.shutdown(wait=True)


def in_order(chairs: Sequence[Chair]) -> bool:
    from ketacare.clinic.tenancy import actions as tenancy
    from ketacare.exchange.mailroom.models import Message

    clinic = chairs[0].clinic
    by_sender: dict[str, list[int]] = {}
    with tenancy.tenant(clinic.organisation_id):
        rows = Message.objects.filter(clinic=clinic).order_by("id").values_list("body", "control_id")
        for body, number in rows:
            bed = re.search(rb"PV1\|\|I\|\^\^(\d+)", bytes(body))
            by_sender.setdefault(bed.group(1).decode() if bed else "", []).append(int(number.partition("-")[2]))
    return all(numbers == sorted(numbers) for numbers in by_sender.values())
