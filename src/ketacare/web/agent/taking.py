"""Taking in: monitors on the wire, or a file that something else writes to. Acknowledged when it is on disk."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import logging
import os
import re
import stat
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
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
HEAD_BYTES = 256
# How files are put away, by number or day; a copy made by hand, or one that is compressed, is none of them.
NUMBERED = re.compile(r"[.-][0-9T:.-]+")
KEPT_MOST_BYTES = 65_536
# One put away that cannot be read holds up what its monitor sends now for so long, and no longer.
UNREAD_MOST_S = 60.0


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
                await self.keeper.keep((spelled_out(frames.unfinished),))
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
    """A file to which messages are appended in their frames: read on from where the last start left off, to the end of
    a file that was put away meanwhile, and then in the one that took its name. What is no message is kept as it came:
    it is refused, and listed, where the agent hands it on (I15); so is the gap where a file that was put away cannot be
    read, and what its monitor sends now is read on (H5)."""
    source, clock = str(path), asyncio.get_running_loop().time
    place, gap, since = keeper.store.place(source), None, 0.0
    while True:
        read = await asyncio.to_thread(read_on, path, place)
        if read.gap is not None and (gap is None or gap.file != read.gap.file):
            since = clock()
            logger.error("%s", read.gap.words)
        gap = read.gap
        if gap is not None and clock() - since >= UNREAD_MOST_S:
            logger.error("%s is read on without %s", path.name, gap.missing)
            place = Place(gap.file, gap.ends)
            await keeper.keep((f"{gap.words}. Missing: {gap.missing}".encode(),), source=source, place=place)
            continue
        frames = FrameReader()
        messages = frames.feed(read.piece)
        taken = len(read.piece) - frames.holds_bytes
        if frames.broken is not None:
            logger.error("%s holds what is no message: %s", path.name, frames.broken)
            beyond = next_frame(read.piece, taken)
            messages, taken = [*messages, spelled_out(read.piece[taken:beyond])], beyond
        elif not taken and read.is_put_away:  # its last message was never finished
            messages, taken = [spelled_out(read.piece)], len(read.piece)
        if taken:
            offset = read.offset + taken
            place = Place(read.file, offset, read.head[:offset])
            await keeper.keep(messages, source=source, place=place)
        else:
            await asyncio.sleep(LOOK_EVERY_S)


@dataclass(frozen=True, slots=True)
class Gap:
    """A file that was put away and cannot be read, from where to where."""

    file: int
    begins: int
    ends: int
    words: str

    @property
    def missing(self) -> str:
        return f"bytes {self.begins} to {self.ends}"


@dataclass(frozen=True, slots=True)
class Read:
    """What stood in a file beyond a place."""

    file: int
    offset: int
    head: bytes
    piece: bytes
    is_put_away: bool = False
    gap: Gap | None = None


def read_on(path: Path, place: Place) -> Read:
    """A file that was put away under another name first; another one of the name, one cut short, and one emptied and
    filled again, begin anew."""
    try:
        with path.open("rb") as source:
            about = os.fstat(source.fileno())
            if place.file not in (0, about.st_ino) and about.st_size:
                rest = put_away(path, place)
                if rest is not None:
                    return rest
            head = source.read(HEAD_BYTES)
            is_same = about.st_ino == place.file and about.st_size >= place.offset and head.startswith(place.head)
            offset = place.offset if is_same else 0
            source.seek(offset)
            return Read(about.st_ino, offset, head, source.read(FILE_MOST_BYTES))
    except FileNotFoundError:
        return Read(place.file, place.offset, place.head, b"")


def put_away(path: Path, place: Place) -> Read | None:
    """What is left of the file that had the name before, then of each that had it since, as they lie beside it under
    longer names: two may have been put away while nobody read."""
    beside = [(about, other) for other in path.parent.glob(f"{glob.escape(path.name)}?*") if (about := file_at(other))]
    mine = next((about for about, _ in beside if about.st_ino == place.file), None)
    if mine is None:
        return None
    for about, other in sorted(beside, key=lambda one: one[0].st_mtime_ns):
        is_mine = about.st_ino == place.file
        since = about.st_mtime_ns > mine.st_mtime_ns and NUMBERED.fullmatch(other.name[len(path.name) :])
        begins = place.offset if is_mine else 0
        if not (is_mine or since) or about.st_size <= begins:
            continue
        again = Read(place.file, place.offset, place.head, b"")
        try:
            with other.open("rb") as source:
                if os.fstat(source.fileno()).st_ino != about.st_ino:  # put further away this moment
                    return again
                head = place.head if is_mine else source.read(HEAD_BYTES)
                source.seek(begins)
                piece = source.read(FILE_MOST_BYTES)
        except FileNotFoundError:
            return again
        except OSError as fault:  # what stands in it comes before what stands in the file of the name now
            words = f"{other.name} was put away and cannot be read: {fault.strerror}"
            return replace(again, gap=Gap(about.st_ino, begins, about.st_size, words))
        if piece:
            return Read(about.st_ino, begins, head, piece, is_put_away=True)
    return None


def file_at(path: Path) -> os.stat_result | None:
    """A neighbour that can be one put away; a folder, and a link that leads nowhere, cannot."""
    with contextlib.suppress(OSError):
        about = path.stat()
        return about if stat.S_ISREG(about.st_mode) else None
    return None


def spelled_out(raw: bytes) -> bytes:
    """Of what is no message its beginning, the marks of a frame in letters: in a frame of its own it can be sent on."""
    return raw[:KEPT_MOST_BYTES].replace(b"\x0b", b"<0B>").replace(b"\x1c", b"<1C>")


def next_frame(piece: bytes, taken: int) -> int:
    """Past what is broken, to where the next message begins."""
    found = piece.find(START, taken + 1)
    return found if found > 0 else len(piece)
