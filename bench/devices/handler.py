"""The gateway's own handling of a connection, without the socket: for more messages than sockets carry in good time.

`python -m bench.devices.handler STATION COUNT MINUTES`, in a process of its own so that what it holds can be told; a
line of JSON for every ROUND messages. Each message is a connection: read, taken apart, judged, committed and answered
by the same code as in the gateway process, on the same database.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TOGETHER = 250  # connections at once
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
    busy_share: float = 0.0  # of the time that passed, for how much it had a processor


def run(station: str, count: int, minutes: float) -> Handled:
    """In a process of its own; what it said last, also if it died."""
    command = [sys.executable, "-m", "bench.devices.handler", station, str(count), str(minutes)]
    told = Handled()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            told = Handled(**json.loads(line))
            print(line[:160].rstrip(), file=sys.stderr, flush=True)
    if process.returncode:
        told.crashed.append(told.sent)
    return told


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


async def handled(station: str, count: int, minutes: float, told: Handled) -> None:
    from bench.mutation import mutated, seeds
    from ketacare.web import clock
    from ketacare.web.gateway.listener import Listener
    from ketacare.web.gateway.writer import Writer

    time_of_day, whole = Clock(clock.now()), seeds(station, CHAIRS)
    writer = Writer(time_of_day.now)
    committing = asyncio.create_task(writer.run())
    listener = Listener(writer, time_of_day.now)
    began, give_up = time.perf_counter(), time.monotonic() + 60 * minutes
    for start in range(0, count, TOGETHER):
        numbers = range(start, min(start + TOGETHER, count))
        await asyncio.gather(*(conversation(listener, number, mutated(whole, number), told) for number in numbers))
        time_of_day.at += timedelta(seconds=TOGETHER / CHAIRS)
        over = time.monotonic() > give_up or numbers.stop == count
        if numbers.stop % ROUND < TOGETHER or over:
            told.took_s, told.memory_mb = time.perf_counter() - began, memory_mb()
            told.busy_share = time.process_time() / told.took_s
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
    asyncio.run(handled(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Handled()))


if __name__ == "__main__":
    main()
