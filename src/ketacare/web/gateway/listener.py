"""MLLP in: many connections, each answered in its own order, none able to hold up another or to fill the memory."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import InterfaceError, OperationalError

from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import processes
from ketacare.clinic.monitoring.models import Way
from ketacare.exchange.hl7v2 import translate
from ketacare.exchange.hl7v2.translate import BadFraming, Frame, FrameReader
from ketacare.exchange.mailroom.receive import Letter
from ketacare.exchange.mailroom.translate import Fault
from ketacare.web.gateway.agents import Agents
from ketacare.web.gateway.writer import Writer, hang_up

logger = logging.getLogger(__name__)

READ_MOST_BYTES = 65_536
CONNECTIONS_MOST = 512
IDLE_MOST_S = 900.0
BEAT_EVERY_S = 1.0
FRAME_WITHIN_S = 30.0
ANSWER_READ_WITHIN_S = 10.0
AHEAD_MOST = 64
# So many connections may hold a message longer than this at one time; the others are read on when one is through.
LARGE_BYTES, LARGE_AT_ONCE = 131_072, 24
# A peer that is gone without a word is noticed within two minutes, though it owes nothing.
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 60_000}
NEVER_ENDED = "The message did not end within {:.0f} s of its beginning."


@dataclass(frozen=True, slots=True)
class Reply:
    """What one frame is answered with: an answer to each of its messages."""

    answers: tuple[asyncio.Future[bytes], ...]
    in_batch: bool


Replies = asyncio.Queue[Reply | None]


class Listener:
    """Reads frames, hands them to the writer, sends each answer when it comes."""

    def __init__(self, writer: Writer, clock: Callable[[], datetime]) -> None:
        self.writer, self.clock = writer, clock
        self.connections: set[asyncio.Task[None]] = set()
        self.large = asyncio.Semaphore(LARGE_AT_ONCE)
        self.agents = Agents(clock)

    async def serve(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self.accept, host, port, backlog=256, limit=READ_MOST_BYTES)

    async def accept(self, reader: asyncio.StreamReader, sender: asyncio.StreamWriter) -> None:
        if len(self.connections) >= CONNECTIONS_MOST:
            logger.warning("a connection was refused: %d are open", CONNECTIONS_MOST)
            sender.close()
            return
        keep_alive(sender)
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
        replies: Replies = asyncio.Queue(AHEAD_MOST)
        answering = asyncio.create_task(answer_all(replies, sender, self.clock))
        reading = asyncio.create_task(Conversation(self, reader, peer, replies).read())
        try:
            await asyncio.wait({answering, reading}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and not reading.cancelled():
                await asyncio.wait({answering}, timeout=ANSWER_READ_WITHIN_S)
        finally:
            for task in (answering, reading):
                task.cancel()
            await asyncio.gather(answering, reading, return_exceptions=True)

    async def close(self) -> None:
        for task in list(self.connections):
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)


class Conversation:
    """One connection's reading side."""

    def __init__(self, listener: Listener, reader: asyncio.StreamReader, peer: str, replies: Replies) -> None:
        self.listener, self.reader, self.peer, self.replies = listener, reader, peer, replies
        self.frames = FrameReader()
        self.began: float | None = None  # when the first byte of the message now waiting for its end came
        self.is_large = False

    async def read(self) -> None:
        """Until the peer ends it or says nothing for long. What is no MLLP is kept and answered, and ends it too."""
        try:
            while received := await asyncio.wait_for(self.reader.read(READ_MOST_BYTES), self.patience_s()):
                frames = self.frames.take(received)
                for frame in frames:
                    await self.submit(frame)
                self.frames.check()
                await self.hold_back(begun_anew=bool(frames))
        except BadFraming as bad:
            await self.submit(translate.beginning(self.frames.unfinished, str(bad)))
        except TimeoutError:
            if self.began is not None:
                words = NEVER_ENDED.format(FRAME_WITHIN_S)
                await self.submit(translate.beginning(self.frames.unfinished, words))
        finally:
            self.let_go()
            with contextlib.suppress(asyncio.QueueFull):
                self.replies.put_nowait(None)

    def patience_s(self) -> float:
        if self.began is None:
            return IDLE_MOST_S
        return max(0.001, self.began + FRAME_WITHIN_S - time.monotonic())

    async def hold_back(self, *, begun_anew: bool) -> None:
        """A message has its time to end; a long one waits until there is room for it."""
        if not self.frames.unfinished:
            self.began = None
        elif self.began is None or begun_anew:
            self.began = time.monotonic()
        if self.frames.holds_bytes <= LARGE_BYTES:
            self.let_go()
        elif not self.is_large:
            await asyncio.wait_for(self.listener.large.acquire(), self.patience_s())
            self.is_large = True

    def let_go(self) -> None:
        if self.is_large:
            self.listener.large.release()
            self.is_large = False

    async def submit(self, frame: Frame) -> None:
        """Every message of the frame on its own, and what was wrong with the frame as one more."""
        found = translate.opened(frame.raw) if not frame.fault else translate.Opened(())
        if found.agent:
            self.listener.agents.note(found.agent, stopped=found.agent_stopped)
        letters = [self.letter(Frame(raw), held=found.held) for raw in found.messages]
        if frame.fault or found.fault:
            fault = frame.fault or found.fault
            refused = frame if frame.fault else translate.beginning(frame.raw, fault)
            letters.append(self.letter(refused))
        answers = [await self.listener.writer.submit(letter) for letter in letters]
        await self.replies.put(Reply(tuple(answers), found.in_batch))

    def letter(self, frame: Frame, held: timedelta = timedelta()) -> Letter:
        refusal = Fault("", "100", frame.fault) if frame.fault else None
        at = self.listener.clock()
        return Letter(frame.raw, at, self.peer, held, refusal, frame.whole_bytes, frame.digest, way=Way.HL7)


def keep_alive(sender: asyncio.StreamWriter) -> None:
    wire = sender.get_extra_info("socket")
    with contextlib.suppress(OSError):
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            if hasattr(socket, name):
                wire.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


async def answer_all(replies: Replies, sender: asyncio.StreamWriter, clock: Callable[[], datetime]) -> None:
    """Answers in the order of the messages. A sender that does not read its answers is let go."""
    while (reply := await replies.get()) is not None:
        answers = [await answer for answer in reply.answers]
        together = [translate.in_batch(answers, at=clock())] if reply.in_batch else answers
        sender.write(b"".join(translate.framed(answer) for answer in together))
        async with asyncio.timeout(ANSWER_READ_WITHIN_S):
            await sender.drain()


async def tell_lateness(
    writer: Writer, name: str, clock: Callable[[], datetime], agents: Agents, stop: asyncio.Event
) -> None:
    """Each second, by a connection of its own: also while the one that commits is held up. And which agents were heard,
    whose monitors may be on nobody: a fault in that is no end of the gateway's own sign of life (H6). Only what is told
    to stop is missed by nobody."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="beat") as thread:
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    beat = partial(monitoring.beat, process=name, at=clock(), late_s=writer.late_s())
                    await loop.run_in_executor(thread, beat)
                    await loop.run_in_executor(thread, tell_of_agents, agents)
                except (OperationalError, InterfaceError):
                    await loop.run_in_executor(thread, hang_up)
                await asyncio.sleep(BEAT_EVERY_S)
        finally:
            thread.submit(partial(stopped_on_purpose, name) if stop.is_set() else hang_up)


def tell_of_agents(agents: Agents) -> None:
    try:
        agents.tell()
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - its text may quote what was sent
        logger.error("which agents are heard could not be told: %s", type(fault).__name__)


def stopped_on_purpose(name: str) -> None:
    """Missed by nobody (D9)."""
    with contextlib.suppress(OperationalError, InterfaceError):
        processes.stopped(name)
    hang_up()


async def run(host: str, port: int, clock: Callable[[], datetime], stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    writer = Writer(clock)
    committing = asyncio.create_task(writer.run())
    listener = Listener(writer, clock)
    server = await listener.serve(host, port)
    stopping = asyncio.create_task(stop.wait())
    bound_to = server.sockets[0].getsockname()[1]
    telling = asyncio.create_task(
        tell_lateness(writer, f"gateway {socket.gethostname()[:24]}:{bound_to}", clock, listener.agents, stop)
    )
    print(f"Listening for monitors on mllp://{host}:{bound_to}", flush=True)
    try:
        await asyncio.wait({stopping, committing, telling}, return_when=asyncio.FIRST_COMPLETED)
        for ended in (committing, telling):
            if ended.done():
                ended.result()  # without what commits, or says that it lives, it must not go on: it is started anew
    finally:
        server.close()
        await listener.close()
        stopping.cancel()
        committing.cancel()
        telling.cancel()
        await asyncio.gather(committing, telling, return_exceptions=True)
        writer.close()
