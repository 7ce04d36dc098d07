"""Taking in: monitors on the wire, or a file that something else writes to. Acknowledged when it is on disk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ketacare.exchange.hl7v2 import translate
from ketacare.exchange.hl7v2.translate import BadFraming, FrameReader
from ketacare.exchange.mailroom.translate import Fault
from ketacare.web.agent.store import Full, Place, Store, now

T = TypeVar("T")
logger = logging.getLogger(__name__)

READ_MOST_BYTES = 65_536
CONNECTIONS_MOST = 32
IDLE_MOST_S = 900.0
LOOK_EVERY_S = 0.2
FILE_MOST_BYTES = 2_097_152
START = b"\x0b"
FULL_WAITS_S = 1.0


class Keeper:
    """The one thread that writes. While the disk works, what arrives gathers, and is its next commit."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="keep")
        self.more = asyncio.Event()

    async def keep(self, raws: Sequence[bytes], *, source: str = "", place: Place | None = None) -> None:
        """Returns once they are on disk. While there is no room, nobody is told that anything is kept."""
        received = now()
        while True:
            try:
                await self.do(lambda: self.store.add(raws, received, source=source, place=place))
                break
            except Full:
                logger.error("the agent is full and acknowledges nothing more")
                await asyncio.sleep(FULL_WAITS_S)
        self.more.set()

    async def do(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, act)

    def close(self) -> None:
        self.thread.shutdown(wait=True)
        self.store.close()


class Wires:
    """MLLP in, as the gateway takes it: each message on its own, answered in order."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self.open: set[asyncio.Task[None]] = set()

    async def serve(self, host: str, port: int) -> asyncio.Server:
        return await asyncio.start_server(self.accept, host, port)

    async def accept(self, reader: asyncio.StreamReader, sender: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        try:
            if len(self.open) <= CONNECTIONS_MOST:
                await self.converse(reader, sender)
        except (OSError, TimeoutError, asyncio.CancelledError):
            logger.info("a monitor's connection ended")
        finally:
            self.open.discard(task)
            sender.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await sender.wait_closed()

    async def converse(self, reader: asyncio.StreamReader, sender: asyncio.StreamWriter) -> None:
        frames = FrameReader()
        while received := await asyncio.wait_for(reader.read(READ_MOST_BYTES), IDLE_MOST_S):
            for raw in frames.feed(received):
                sender.write(await self.answer(raw))
                await sender.drain()
            try:
                frames.check()
            except BadFraming as bad:
                logger.error("a monitor sent what is no message: %s", bad)
                refused = translate.acknowledgement(
                    b"", "AR", at=now().at, faults=[Fault("", "100", str(bad))], number="0"
                )
                sender.write(translate.framed(refused))
                return

    async def close(self) -> None:
        for task in list(self.open):
            task.cancel()
        await asyncio.gather(*self.open, return_exceptions=True)

    async def answer(self, raw: bytes) -> bytes:
        found = translate.opened(raw)
        messages = found.messages or (raw,)
        # What is wrong with the envelope is judged, kept and listed where it goes; its messages are known there then.
        await self.keeper.keep((*messages, raw) if found.fault and found.messages else messages)
        at = now().at
        answers = [translate.acknowledgement(one, "AA", at=at, number="0") for one in messages]
        if found.in_batch:
            return translate.framed(translate.in_batch(answers, at=at))
        return b"".join(translate.framed(answer) for answer in answers)


async def follow(path: Path, keeper: Keeper) -> None:
    """A file to which messages are appended in their frames: read on from where the last start left off."""
    source = str(path)
    place = keeper.store.place(source)
    while True:
        file, offset, piece = await asyncio.to_thread(read_on, path, place)
        frames = FrameReader()
        messages = frames.feed(piece)
        taken = len(piece) - frames.holds_bytes
        if frames.broken is not None:
            logger.error("%s holds what is no message: %s", path.name, frames.broken)
            taken = next_frame(piece, taken)
        if taken:
            place = Place(file, offset + taken)
            await keeper.keep(messages, source=source, place=place)
        else:
            await asyncio.sleep(LOOK_EVERY_S)


def read_on(path: Path, place: Place) -> tuple[int, int, bytes]:
    """What the file holds beyond the place. Another file of the name, or one cut short, begins anew."""
    try:
        with path.open("rb") as source:
            about = os.fstat(source.fileno())
            offset = place.offset if about.st_ino == place.file and about.st_size >= place.offset else 0
            source.seek(offset)
            return about.st_ino, offset, source.read(FILE_MOST_BYTES)
    except FileNotFoundError:
        return place.file, place.offset, b""


def next_frame(piece: bytes, taken: int) -> int:
    """Past what is broken, to where the next message begins."""
    found = piece.find(START, taken + 1)
    return found if found > 0 else len(piece)
