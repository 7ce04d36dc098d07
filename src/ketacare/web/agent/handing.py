"""Handing on: in order, several ahead, each sent again until it is answered; then, and only then, it is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from ketacare.exchange.hl7v2 import send, translate
from ketacare.exchange.hl7v2.translate import BadFraming, FrameReader
from ketacare.web.agent.store import Waiting, now
from ketacare.web.agent.taking import Keeper

logger = logging.getLogger(__name__)

AHEAD_MOST = 32  # of forty agents together no more than a busy server answers well within ANSWER_WITHIN_S
ANSWER_WITHIN_S = 10.0
ALIVE_EVERY_S = 5.0  # with nothing to hand on; the server misses one after three of these
TRY_AGAIN_S = (0.2, 0.5, 1.0, 2.0)
READ_MOST_BYTES = 65_536


class NoAnswer(Exception):
    """The server is away, or answers what it was not asked."""


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int


class Forwarder:
    """One wire to one of the servers; when it breaks, the next is tried."""

    def __init__(self, keeper: Keeper, servers: Sequence[Server], name: str) -> None:
        self.keeper, self.servers, self.name = keeper, cycle(servers), name

    async def run(self) -> None:
        failures = 0
        while True:
            server = next(self.servers)
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    reader, writer = await asyncio.open_connection(server.host, server.port)
                failures = 0
                try:
                    await Handing(self, reader, writer).run()
                except asyncio.CancelledError:  # stopped on purpose: nobody is to miss it
                    writer.write(translate.framed(translate.alive(name=self.name, at=now().at, stopped=True)))
                    raise
                finally:
                    writer.close()
                    with contextlib.suppress(OSError, asyncio.CancelledError):
                        await writer.wait_closed()
            except (OSError, TimeoutError, NoAnswer, BadFraming, asyncio.IncompleteReadError) as problem:
                logger.warning("the server does not answer: %s", type(problem).__name__)
            await asyncio.sleep(TRY_AGAIN_S[min(failures, len(TRY_AGAIN_S) - 1)])
            failures += 1


class Handing:
    """As long as one wire holds."""

    def __init__(self, forwarder: Forwarder, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.keeper, self.name = forwarder.keeper, forwarder.name
        self.reader, self.writer = reader, writer
        self.frames, self.answers = FrameReader(), deque[bytes]()
        self.unanswered: deque[Waiting | None] = deque()  # None: a sign of life
        self.last = 0

    async def run(self) -> None:
        while True:
            if len(self.unanswered) < AHEAD_MOST // 2:
                await self.send_more()
            if self.unanswered:
                await self.take_answers()
            else:
                await self.wait_for_more()

    async def send_more(self) -> None:
        most = AHEAD_MOST - len(self.unanswered)
        store, after = self.keeper.store, self.last
        for one in await self.keeper.do(lambda: store.waiting(after=after, most=most)):
            self.writer.write(translate.framed(self.wrapped(one)))
            self.unanswered.append(one)
            self.last = one.number
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await self.writer.drain()

    def wrapped(self, one: Waiting) -> bytes:
        """With how long it was held; what has no header goes as it came, to be refused and kept there."""
        if not one.raw.startswith(b"MSH"):
            return one.raw
        moment = now()
        return translate.held_by_agent(one.raw, name=self.name, at=moment.at, held=moment.since(one.received))

    async def take_answers(self) -> None:
        """At least one; all that have come are forgotten in one commit."""
        while not self.answers:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                received = await self.reader.read(READ_MOST_BYTES)
            if not received:
                raise NoAnswer
            self.answers.extend(self.frames.feed(received))
            self.frames.check()
        done: dict[str, list[int]] = {}
        while self.answers and self.unanswered:
            answer, asked = self.answers.popleft(), self.unanswered.popleft()
            if asked is None:
                continue
            code, _ = send.answer_of(answer)
            if code not in ("AA", "AE", "AR"):
                raise NoAnswer
            done.setdefault(code, []).append(asked.number)
        store = self.keeper.store
        for code, numbers in done.items():
            await self.keeper.do(lambda numbers=numbers, code=code: store.forget(numbers, answer=code))  # type: ignore[misc]

    async def wait_for_more(self) -> None:
        """Until something is kept; meanwhile it says that it lives, by which a server that hung up is noticed."""
        self.keeper.more.clear()
        store, after = self.keeper.store, self.last
        if not await self.keeper.do(lambda: store.waiting(after=after, most=1)):
            try:
                await asyncio.wait_for(self.keeper.more.wait(), ALIVE_EVERY_S)
            except TimeoutError:
                self.writer.write(translate.framed(translate.alive(name=self.name, at=now().at)))
                self.unanswered.append(None)
