"""The gateway's own handling of a connection, without the socket: for more messages than sockets carry in good time.

`python -m bench.devices.handler STATION FIRST COUNT MINUTES HOLD`, in a process of its own so that what it holds can be
told; a line of JSON for every ROUND messages. Each message is a connection: read, taken apart, judged, committed and
answered by the same code as in the gateway process, on the same database. While a file HOLD exists it sends nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TOGETHER = 64  # connections at once, more than there are monitors
ROUND = 10_000
SLOW_S = 2.0
CHAIRS = 40


@dataclass
class Handled:
    sent: int = 0
    unanswered: list[int] = field(default_factory=list)  # their numbers
    crashed: list[int] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    slow: int = 0  # answered after more than SLOW_S
    slowest_s: float = 0.0
    memory_mb: float = 0.0
    took_s: float = 0.0
    busy_s: float = 0.0  # of that, for how long it had a processor
    lives: int = 1  # processes that this is the sum of

    def and_before(self, before: Handled) -> Handled:
        """Together with what earlier processes told."""
        return Handled(
            self.sent + before.sent,
            before.unanswered + self.unanswered,
            before.crashed + self.crashed,
            Counter(self.answers) + Counter(before.answers),
            self.slow + before.slow,
            max(self.slowest_s, before.slowest_s),
            max(self.memory_mb, before.memory_mb),
            self.took_s + before.took_s,
            self.busy_s + before.busy_s,
            self.lives + before.lives,
        )


def run(station: str, first: int, count: int, minutes: float, hold: str = "") -> Iterator[Handled]:
    """In a process of its own: what it told so far, again and again; and of one that died, where."""
    command = [sys.executable, "-m", "bench.devices.handler", station, str(first), str(count), str(minutes), hold]
    told = Handled()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            told = Handled(**json.loads(line))
            print(line[:160].rstrip(), file=sys.stderr, flush=True)
            yield told
    if process.returncode:
        told.crashed.append(first + told.sent)
        yield told


class Wire:
    """In place of the socket: what was answered, and when last."""

    def __init__(self) -> None:
        self.answered, self.at = b"", 0.0

    def write(self, answer: bytes) -> None:
        self.answered += answer
        self.at = time.perf_counter()

    async def drain(self) -> None:
        """Nothing to wait for."""


class Clock:
    """Moved on by hand, so that a monitor's messages come as far apart as a monitor sends them."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


async def handled(station: str, first: int, count: int, minutes: float, told: Handled, hold: str) -> None:
    from bench.mutation import mutated, seeds
    from ketacare.web import clock
    from ketacare.web.gateway.listener import Listener
    from ketacare.web.gateway.writer import Writer

    time_of_day, whole = Clock(clock.now()), seeds(station, CHAIRS)
    writer = Writer(time_of_day.now)
    committing = asyncio.create_task(writer.run())
    listener = Listener(writer, time_of_day.now)
    give_up = time.monotonic() + 60 * minutes
    for start in range(first, count, TOGETHER):
        while hold and Path(hold).exists():
            await asyncio.sleep(1)
        numbers, began = range(start, min(start + TOGETHER, count)), time.perf_counter()
        await asyncio.gather(*(conversation(listener, number, mutated(whole, number), told) for number in numbers))
        time_of_day.at += timedelta(seconds=TOGETHER / CHAIRS)
        over = time.monotonic() > give_up or numbers.stop == count
        told.took_s += time.perf_counter() - began
        if numbers.stop % ROUND < TOGETHER or over:
            told.busy_s, told.memory_mb = time.process_time(), memory_mb()
            print(json.dumps(vars(told)), flush=True)
        if over:
            break
    committing.cancel()
    await asyncio.gather(committing, return_exceptions=True)
    writer.close()


async def conversation(listener: Any, number: int, raw: bytes, told: Handled) -> None:
    """As `Listener.converse`: one task reads, one answers; the sender waits until it is answered and goes."""
    from ketacare.exchange.hl7v2.translate import framed
    from ketacare.web.gateway.listener import AHEAD_MOST, Conversation, Replies, answer_all

    reader, wire, replies = asyncio.StreamReader(), Wire(), Replies(AHEAD_MOST)
    reader.feed_data(framed(raw))
    reader.feed_eof()
    began = time.perf_counter()
    found = await asyncio.gather(
        Conversation(listener, reader, "10.0.0.9", replies).read(),
        answer_all(replies, wire, listener.clock),  # type: ignore[arg-type]
        return_exceptions=True,
    )
    told.sent += 1
    if any(isinstance(one, BaseException) for one in found):
        told.crashed.append(number)
    if not wire.answered:
        told.unanswered.append(number)
    took_s = wire.at - began
    told.slow, told.slowest_s = told.slow + (took_s > SLOW_S), max(told.slowest_s, took_s)
    for word in re.findall(rb"\rMSA\|(A[AER])", wire.answered):
        told.answers[word.decode()] += 1


def memory_mb() -> float:
    held = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(held.group(1)) / 1024 if held else 0.0


def main() -> None:
    from ketacare.web.runtime.application import set_up

    set_up()
    station, first, count, minutes, hold = sys.argv[1:]
    asyncio.run(handled(station, int(first), int(count), float(minutes), Handled(), hold))


if __name__ == "__main__":
    main()
