"""MLLP in: many connections, each answered in its own order, none able to hold up another."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime

from ketacare.exchange.hl7v2.translate import BadFraming, FrameReader, acknowledgement, framed
from ketacare.exchange.mailroom.receive import Letter
from ketacare.exchange.mailroom.translate import Fault
from ketacare.web.gateway.writer import Writer

logger = logging.getLogger(__name__)

READ_MOST_BYTES = 65_536
CONNECTIONS_MOST = 512
IDLE_MOST_S = 900.0
ANSWER_READ_WITHIN_S = 10.0
AHEAD_MOST = 64


class Listener:
    """Reads frames, hands them to the writer, sends each answer when it comes."""

    def __init__(self, writer: Writer, clock: Callable[[], datetime]) -> None:
        self.writer, self.clock = writer, clock
        self.connections: set[asyncio.Task[None]] = set()

    async def serve(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self.accept, host, port, backlog=256)

    async def accept(self, reader: asyncio.StreamReader, sender: asyncio.StreamWriter) -> None:
        if len(self.connections) >= CONNECTIONS_MOST:
            sender.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        try:
            await self.converse(reader, sender)
        except (OSError, TimeoutError, asyncio.CancelledError):
            logger.info("a monitor's connection ended")
        finally:
            self.connections.discard(task)
            sender.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await sender.wait_closed()

    async def converse(self, reader: asyncio.StreamReader, sender: asyncio.StreamWriter) -> None:
        """Read on while answers are pending, so that a sender may send ahead; answer in order."""
        peer = str((sender.get_extra_info("peername") or ("unknown",))[0])
        answers: asyncio.Queue[asyncio.Future[bytes] | None] = asyncio.Queue(AHEAD_MOST)
        answering = asyncio.create_task(answer_all(answers, sender))
        reading = asyncio.create_task(self.read(reader, peer, answers))
        try:
            await asyncio.wait({answering, reading}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and not reading.cancelled():
                await asyncio.wait({answering}, timeout=ANSWER_READ_WITHIN_S)
        finally:
            for task in (answering, reading):
                task.cancel()
            await asyncio.gather(answering, reading, return_exceptions=True)

    async def read(
        self, reader: asyncio.StreamReader, peer: str, answers: asyncio.Queue[asyncio.Future[bytes] | None]
    ) -> None:
        frames = FrameReader()
        try:
            while received := await asyncio.wait_for(reader.read(READ_MOST_BYTES), IDLE_MOST_S):
                for raw in frames.feed(received):
                    await answers.put(await self.writer.submit(Letter(raw, self.clock(), peer)))
                frames.check()
        except BadFraming as bad:
            # What is no message is not kept; it is answered, and the connection, whose frames are lost, is closed.
            refused: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
            fault = Fault("", "100", str(bad))
            refused.set_result(acknowledgement(b"", "AR", at=self.clock(), faults=[fault], number="0"))
            await answers.put(refused)
        finally:
            with contextlib.suppress(asyncio.QueueFull):
                answers.put_nowait(None)

    async def close(self) -> None:
        for task in list(self.connections):
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)


async def answer_all(answers: asyncio.Queue[asyncio.Future[bytes] | None], sender: asyncio.StreamWriter) -> None:
    """Answers in the order of the messages. A sender that does not read its answers is let go."""
    while (answer := await answers.get()) is not None:
        sender.write(framed(await answer))
        async with asyncio.timeout(ANSWER_READ_WITHIN_S):
            await sender.drain()


async def run(host: str, port: int, clock: Callable[[], datetime], stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    writer = Writer(clock)
    committing = asyncio.create_task(writer.run())
    listener = Listener(writer, clock)
    server = await listener.serve(host, port)
    stopping = asyncio.create_task(stop.wait())
    print(f"Listening for monitors on mllp://{host}:{server.sockets[0].getsockname()[1]}", flush=True)
    try:
        await asyncio.wait({stopping, committing}, return_when=asyncio.FIRST_COMPLETED)
        if committing.done():
            committing.result()  # a gateway that commits nothing must not go on listening: it ends and is started anew
    finally:
        server.close()
        await listener.close()
        stopping.cancel()
        committing.cancel()
        await asyncio.gather(committing, return_exceptions=True)
        writer.close()
