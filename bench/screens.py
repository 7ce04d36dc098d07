"""Screens: clients of the live stream, each noting when a value it shows has come."""

from __future__ import annotations

import asyncio
import json
import time
from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime
from typing import Self

from bench.bedsides import Bedside, moment


def asked(ticket: str, *more: str) -> bytes:
    """The request for a stream. It asks that the connection end with the stream: a page knows the end by the last
    chunk, which is not looked for here, and a connection that is kept would hide it for five seconds."""
    lines = (f"GET /live/stream?ticket={ticket} HTTP/1.1", "Host: localhost", "Connection: close", *more, "", "")
    return "\r\n".join(lines).encode()


class Screen:
    """One open `/live/stream`, for one chair."""

    def __init__(self, bedside: Bedside, port: int) -> None:
        self.bedside, self.port = bedside, port
        self.seen: dict[int, float] = {}
        self.beats = 0
        self.live = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.reader, self.sender = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        self.sender.write(asked(self.bedside.ticket))
        status = await self.reader.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"no stream: {status!r}")
        self.task = asyncio.create_task(self.read())
        await asyncio.wait_for(self.live.wait(), 10)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        self.sender.close()
        await asyncio.gather(self.task, self.sender.wait_closed(), return_exceptions=True)

    async def read(self) -> None:
        """Chunked transfer keeps our lines whole apart from lengths, which begin with no word of ours."""
        event = b""
        while line := await self.reader.readline():
            if line.startswith(b"event: "):
                event = line[7:].strip()
                self.beats += event == b"beat"
                self.live.set()
            elif line.startswith(b"data: ") and event == b"reading":
                self.shown(json.loads(line[6:]), time.perf_counter())

    def shown(self, event: dict[str, dict[str, list[dict[str, str]]]], came: float) -> None:
        for taken_at in {reading["taken_at"] for reading in event["body"]["readings"]}:
            self.seen.setdefault(moment(datetime.fromisoformat(taken_at)), came)

    def shown_at(self, sent: int) -> float | None:
        """When the message sent at that moment was shown. Its time was put right by the device's clock: by less than
        a chair leaves between two messages."""
        return nearest(self.seen, sent)


CLOCKS_DIFFER = 50  # tenths of a millisecond


def nearest(seen: Mapping[int, float], sent: int) -> float | None:
    if sent in seen:
        return seen[sent]
    moments = sorted(seen)
    place = bisect_left(moments, sent)
    near = [one for one in moments[max(0, place - 1) : place + 1] if abs(one - sent) <= CLOCKS_DIFFER]
    return seen[min(near, key=lambda one: abs(one - sent))] if near else None
