"""G8, G11, G19, G20: each with an arm in which the same measurement must find it wanting."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from bench.bedsides import VALUES_A_MESSAGE
from bench.devices.chairs import Proof
from bench.figures import Spread
from bench.watch import floor as floors
from bench.watch.floor import Floor, Listener, Watched

ACK_P99_MS, PAGE_P95_MS, GROWTH_MOST = 100, 300, 0.05
SHOWN_P99_MS, HIGH_WITHIN_S = 1000, 10
BANNER_WITHIN_S, NORMAL_WITHIN_S = 5, 15
FALL_TO = 79
BROWSERS = 2
WARM_S = 30.0
CONTROL_S = 20.0


# -- G8 ----------------------------------------------------------------------------------------------------------------


def g8(floor: Floor, restarts: int = 20) -> Proof:
    proof = Proof("G8", f"{len(floor.visits)} chairs, a message of {VALUES_A_MESSAGE} readings a second each; "
                  f"the database restarted {restarts} times")  # fmt: skip
    with floors.running(floor):
        told = asyncio.run(restarted(floor, restarts))
    charted = floor.charted()
    sent, lost = sum(map(len, told.acknowledged.values())), floors.lost(told.acknowledged, charted)
    proof.must(
        sent > 0 and lost == 0,
        f"{sent:,} messages acknowledged; {lost} of which not every value is in the chart of its chair at its time",
    )
    proof.must(told.refused == 0, f"{told.refused} refused")
    banner, normal = Spread.of(told.banner_s), Spread.of(told.normal_s)
    proof.must(
        len(told.banner_s) == restarts and banner.most <= BANNER_WITHIN_S,
        f"every screen told that the database is away, or silent for 5 s, within {banner.most:.1f} s "
        f"(half of the times {banner.p50:.1f} s), in {len(told.banner_s)} of {restarts}",
    )
    proof.must(
        len(told.normal_s) == restarts and normal.most <= NORMAL_WITHIN_S,
        f"all monitors acknowledged and all screens live again {normal.most:.1f} s after the database answered "
        f"(half of the times {normal.p50:.1f} s), in {len(told.normal_s)} of {restarts}",
    )
    chairs = list(told.acknowledged)
    beside = {chair: told.acknowledged[other] for chair, other in zip(chairs, chairs[1:] + chairs[:1], strict=True)}
    elsewhere = floors.lost(beside, charted)
    proof.control = (
        f"looked for in the chart of the next chair, {elsewhere:,} are missing. A gateway that answers before it "
        "commits is in the crash test: `test_i6_the_control_arm_that_answers_before_it_commits_does_lose`"
    )
    proof.control_failed = elsewhere > 0
    return proof


class Restarts:
    def __init__(self) -> None:
        self.refused = 0
        self.acknowledged: dict[UUID, list[int]] = {}  # by chair, the times that its monitor gave
        self.banner_s: list[float] = []
        self.normal_s: list[float] = []


async def restarted(floor: Floor, restarts: int) -> Restarts:
    told = Restarts()
    async with floors.monitored(floor) as monitors:
        sending = asyncio.create_task(floors.sending(monitors, 36_000))
        for _ in range(restarts):
            async with floors.listened(floor) as screens:
                await asyncio.sleep(4)
                await once(floor, monitors, screens, told)
        for one in monitors:
            one.stopped = True
        await asyncio.wait_for(sending, 60)
        told.acknowledged = {one.bedside.visit_id: one.kept() for one in monitors}
        told.refused = sum(one.told.refused for one in monitors)
    return told


async def once(floor: Floor, monitors: list[Watched], screens: list[Listener], told: Restarts) -> None:
    """Down for six seconds, so that a screen has time to say so; then until everything is as before."""
    from django.db import connection

    down = time.perf_counter()
    await asyncio.to_thread(floor.ground.server.process.send_signal, signal.SIGINT)  # type: ignore[union-attr]
    said = await until(lambda: all(is_away(one, down) for one in screens), 10)
    told.banner_s += [said - down] if said else []
    await asyncio.sleep(max(0.0, down + 6 - time.perf_counter()))
    await asyncio.to_thread(floor.ground.server.process.wait, 20)  # type: ignore[union-attr]
    floor.ground.server.revive()  # by this thread, with which it would die
    up = time.perf_counter()
    connection.close()  # our own, which ended with the server
    opening = asyncio.create_task(opened_again(screens))
    normal = await until(
        lambda: all(answered_since(one, up) for one in monitors) and all(beats_since(one, up) for one in screens), 40
    )
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    told.normal_s += [normal - up] if normal else []


async def opened_again(screens: list[Listener]) -> None:
    """As each page does whose stream has ended, until it is cancelled."""
    while True:
        await asyncio.gather(*(one.again() for one in screens if ended(one)))
        await asyncio.sleep(0.5)


async def until(holds: object, seconds: float) -> float | None:
    give_up = time.perf_counter() + seconds
    while time.perf_counter() < give_up:
        if holds():  # type: ignore[operator]
            return time.perf_counter()
        await asyncio.sleep(0.05)
    return None


def is_away(screen: Listener, since: float) -> bool:
    """It was told so, its stream ended, or it has heard nothing for so long that the page covers its numbers."""
    if any(word != "beat" and at >= since for word, at in screen.heard) or ended(screen):
        return True
    beats = [at for word, at in screen.heard if word == "beat"]
    return bool(beats) and time.perf_counter() - max(beats[-1], since - 1) >= BANNER_WITHIN_S


def answered_since(monitor: Watched, since: float) -> bool:
    return any(one.at >= since and one.due >= since - 1 for one in list(monitor.answered.values())[-30:])


def beats_since(screen: Listener, since: float) -> bool:
    """A stream that has ended is not live, whatever came before."""
    return not ended(screen) and any(word == "beat" and at >= since for word, at in screen.heard[-30:])


def ended(screen: Listener) -> bool:
    if screen.task.done():
        screen.task.result()  # a fault of the measurement must not pass for a silence
    return screen.task.done()


# -- control arms ------------------------------------------------------------------------------------------------------


@contextmanager
def stopping(floor: Floor, name: str, held_s: float = 0.5) -> Iterator[None]:
    """The control: the process is held still, then let go for half a second, over and over."""
    import threading

    over, pid = threading.Event(), floor.processes[name]

    def hold() -> None:
        while not over.wait(0.5):
            pid.send_signal(signal.SIGSTOP)
            over.wait(held_s)
            pid.send_signal(signal.SIGCONT)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with contextlib.suppress(ProcessLookupError):
            pid.send_signal(signal.SIGCONT)
