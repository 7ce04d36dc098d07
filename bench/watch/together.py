"""G11 and G19 in one run: forty chairs, a screen at each, some real browsers, a page opened each second, and at each
chair now and then a fall of the saturation."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from statistics import median

from bench.bedsides import VALUES_A_MESSAGE
from bench.devices.chairs import Proof
from bench.figures import Spread
from bench.watch import browsers
from bench.watch import floor as floors
from bench.watch.floor import Floor, Follower, Pages, Watched
from bench.watch.goals import (
    ACK_P99_MS,
    CONTROL_S,
    FALL_TO,
    GROWTH_MOST,
    HIGH_WITHIN_S,
    PAGE_P95_MS,
    SHOWN_P99_MS,
    WARM_S,
    stopping,
)
from bench.watch.processor import Shares

FALL_LASTS_S, FALLS_EVERY_S = 25.0, 600.0
LAST_SHOWN_WITHIN_S = 3.0


@dataclass
class Hour:
    acknowledged: Spread
    refused: int
    shown: Spread
    never: int
    endings: Counter[str]
    falls: int
    crossing_s: list[float]
    commit_to_alarm_ms: list[float]
    pages: Pages
    monitors: list[Watched]
    early_mb: dict[str, float] = field(default_factory=dict)
    late_mb: dict[str, float] = field(default_factory=dict)
    processors: str = ""


async def an_hour(floor: Floor, seconds: float, *, warm_s: float = WARM_S, falls_too: bool = True) -> Hour:
    pages = await asyncio.to_thread(Pages.of, floor)
    async with floors.monitored(floor) as monitors, floors.followed(floor) as screens:
        await floors.sending(monitors, warm_s)
        for one in monitors:
            one.answered.clear()
        shares = Shares({name: process.pid for name, process in floor.processes.items()})
        opening = asyncio.create_task(pages.opened(seconds, 1.0))
        falling = [
            asyncio.create_task(fallen(one, n, seconds, len(monitors))) for n, one in enumerate(monitors) if falls_too
        ]
        await floors.sending(monitors, seconds / 2)
        early = floor.memory_mb()
        await floors.sending(monitors, seconds / 2)
        late = floor.memory_mb()
        processors = shares.told()
        await opening
        falls = [await one for one in falling] or [[] for _ in monitors]
        await asyncio.sleep(LAST_SHOWN_WITHIN_S)
        shown, never = floors.on_screen_ms(monitors, screens)
        crossing, after_commit = [], []
        for monitor, screen, times in zip(monitors, screens, falls, strict=True):
            for began in times:
                crossing += crossed(monitor, screen, began)
                after_commit += committed(monitor, screen, began)
        refused = sum(one.told.refused for one in monitors)
        return Hour(
            floors.acknowledged_ms(monitors), refused, shown, never, sum((one.endings for one in screens), Counter()),
            sum(map(len, falls)), crossing, after_commit, pages, monitors, early, late, processors,
        )  # fmt: skip


async def fallen(monitor: Watched, place: int, seconds: float, chairs: int) -> list[float]:
    """When it began to fall: each chair at a time of its own, once every ten minutes and at least once."""
    began, times = time.perf_counter(), []
    every = min(seconds, FALLS_EVERY_S)
    spread = (every - 2 * FALL_LASTS_S - 5) * place / chairs
    for number in range(max(1, int(seconds // FALLS_EVERY_S))):
        await asyncio.sleep(max(0.0, began + number * every + 2 + spread - time.perf_counter()))
        monitor.spo2 = FALL_TO
        times.append(time.perf_counter())
        await asyncio.sleep(FALL_LASTS_S)
        monitor.spo2 = 97
    return times


def of_the_fall(monitor: Watched, began: float) -> list[floors.Answered]:
    lasted = (one for one in monitor.answered.values() if began - 1 <= one.due < began + FALL_LASTS_S)
    return sorted((one for one in lasted if one.spo2 == FALL_TO), key=lambda one: one.due)


def alarm_of(screen: Follower, began: float) -> float | None:
    return next((at for at in screen.highs if at >= began - 1), None)


def crossed(monitor: Watched, screen: Follower, began: float) -> list[float]:
    low, came = of_the_fall(monitor, began), alarm_of(screen, began)
    return [came - low[0].due] if low and came is not None else []


def committed(monitor: Watched, screen: Follower, began: float) -> list[float]:
    """From the acknowledgement of the value that raised it. An alarm that only time raised has none."""
    low, came = of_the_fall(monitor, began), alarm_of(screen, began)
    raising = floors.raising(low, floors.high_delay_s()) if low else None
    return [max(0.0, (came - raising.at) * 1000)] if raising and came is not None else []


def g11_g19(floor: Floor, minutes: float, glass: int) -> dict[str, Proof]:
    with floors.running(floor):
        with browsers.watching(floor, glass) as seen:
            told = asyncio.run(an_hour(floor, minutes * 60))
        with stopping(floor, "web"):
            behind = asyncio.run(an_hour(floor, CONTROL_S, warm_s=2.0, falls_too=False))
        with stopping(floor, "gateway"):
            slow = asyncio.run(an_hour(floor, CONTROL_S, warm_s=2.0, falls_too=False))
    return {
        "g11": g11(floor, minutes, glass, told, seen, behind),
        "g19": g19(floor, minutes, glass, told, slow),
    }


def g11(floor: Floor, minutes: float, glass: int, told: Hour, seen: browsers.Seen, behind: Hour) -> Proof:
    chairs = len(floor.visits)
    proof = Proof("G11", f"{chairs} chairs for {minutes:g} min: {glass} real browser pages, a listener at every chair")
    proof.must(
        told.shown.p99 <= SHOWN_P99_MS and told.never == 0,
        f"listeners: {told.shown.count:,} messages from commit to screen p50 {told.shown.p50:.0f} ms, p99 "
        f"{told.shown.p99:.0f} ms, the slowest {told.shown.most:.0f} ms; {told.never} never; "
        f"{told.endings.total()} streams were opened anew and went on where they were (last said {dict(told.endings)})",
    )
    paint = Spread.of(seen.after_commit_ms(told.monitors))
    proof.must(
        paint.count > 0 and paint.p99 <= SHOWN_P99_MS and not seen.problems,
        f"browsers: {paint.count:,} values from commit to painted p50 {paint.p50:.0f} ms, p99 {paint.p99:.0f} ms"
        + "".join(f"; {problem}" for problem in seen.problems),
    )
    crossing = Spread.of(told.crossing_s)
    proof.must(
        len(told.crossing_s) == told.falls and crossing.most <= HIGH_WITHIN_S,
        f"crossing to high alarm on the screen: {crossing.count} of {told.falls} falls at {chairs} chairs, half within "
        f"{crossing.p50:.1f} s, the slowest {crossing.most:.1f} s, of which the sheet waits "
        f"{floors.high_delay_s():.0f} s",
    )
    alarm = Spread.of(told.commit_to_alarm_ms)
    proof.found.append(
        f"of these {alarm.count} were raised by a value: from its commit to the alarm on the screen p50 "
        f"{alarm.p50:.0f} ms, p99 {alarm.p99:.0f} ms"
    )
    proof.found.append(told.processors)
    proof.control = "the web process held still for half of each second: commit to screen p50 "
    proof.control += f"{behind.shown.p50:.0f} ms, p99 {behind.shown.p99:.0f} ms"
    proof.control_failed = behind.shown.p50 > told.shown.p50 * 2
    return proof


def g19(floor: Floor, minutes: float, glass: int, told: Hour, slow: Hour) -> Proof:
    proof = Proof(
        "G19",
        f"{len(floor.visits)} chairs, a dose running at {floor.dosed}, for {minutes:g} min, a message of "
        f"{VALUES_A_MESSAGE} readings a second each, a screen each, {glass} browsers, a page opened each second",
    )
    ack, page = told.acknowledged, Spread.of(told.pages.took_ms)
    proof.must(
        ack.p99 <= ACK_P99_MS,
        f"{ack.count:,} messages acknowledged: p50 {ack.p50:.0f} ms, p99 {ack.p99:.0f} ms, the slowest "
        f"{ack.most:.0f} ms",
    )
    proof.must(
        page.p95 <= PAGE_P95_MS,
        f"{page.count:,} pages (chairside, wall, worklist): p50 {page.p50:.0f} ms, p95 {page.p95:.0f} ms; half of "
        + ", ".join(f"{name} within {median(took):.0f} ms" for name, took in sorted(told.pages.by_kind.items())),
    )
    proof.must(
        set(told.pages.statuses) == {200} and told.refused == 0,
        f"answered {told.pages.statuses}; {told.refused} messages refused",
    )
    growth = sum(told.late_mb.values()) / sum(told.early_mb.values()) - 1
    each = ", ".join(f"{name} {told.early_mb[name]:.0f} → {told.late_mb[name]:.0f} MB" for name in told.early_mb)
    proof.must(growth <= GROWTH_MOST, f"memory after half of the time and at its end: {each}; {growth:+.1%} together")
    proof.found.append(told.processors)
    proof.control = f"the gateway held still for half of each second: p99 {slow.acknowledged.p99:.0f} ms"
    proof.control_failed = slow.acknowledged.p99 > ACK_P99_MS
    return proof
