"""What waits at the bedside: messages in their order, on disk before anybody is told that they are kept."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
TABLES = """
create table if not exists message (
  id integer primary key autoincrement, raw blob not null, wall real not null, boot text not null, up real not null
);
create table if not exists place (source text primary key, file integer not null, offset integer not null);
create table if not exists head (source text primary key, begins blob not null);
create table if not exists tally (name text primary key, count integer not null);
"""


class Full(Exception):
    """The agent holds as much as it may: nothing more is acknowledged, so the monitor keeps it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time by the wall, and by a clock that nobody sets and that stands still for no sleep of the machine."""

    wall: float
    boot: str
    up: float

    def since(self, then: Moment) -> timedelta:
        """How long ago; by the wall only when the machine was started anew in between."""
        passed = self.up - then.up if self.boot == then.boot else self.wall - then.wall
        return timedelta(seconds=max(0.0, passed))

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.wall, UTC)


def now() -> Moment:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Moment(time.time(), BOOT.read_text().strip() if BOOT.is_file() else "", time.clock_gettime(clock))


@dataclass(frozen=True, slots=True)
class Waiting:
    number: int
    raw: bytes
    received: Moment


@dataclass(frozen=True, slots=True)
class Place:
    """How far a source was read: the file by its number and by how it begins, so that one put in its place, or one
    emptied and filled again, begins anew."""

    file: int = 0
    offset: int = 0
    head: bytes = b""


class Store:
    """One SQLite file with a write-ahead log, flushed to the disk at each commit."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.most_bytes = most_bytes
        self.database = sqlite3.connect(folder / "waiting.sqlite", check_same_thread=False)
        (folder / "waiting.sqlite").chmod(0o600)
        self.database.execute("pragma journal_mode = wal")
        self.database.execute("pragma synchronous = full")
        self.database.executescript(TABLES)
        self.held_bytes = self.database.execute("select coalesce(sum(length(raw)), 0) from message").fetchone()[0]

    def add(self, raws: Sequence[bytes], received: Moment, *, source: str = "", place: Place | None = None) -> None:
        """All on disk, or none, and with them how far their source was read: a restart neither loses nor repeats."""
        size = sum(len(raw) for raw in raws)
        if self.held_bytes + size > self.most_bytes:
            raise Full
        with self.database:
            rows = [(raw, received.wall, received.boot, received.up) for raw in raws]
            self.database.executemany("insert into message (raw, wall, boot, up) values (?, ?, ?, ?)", rows)
            if place is not None:
                self.database.execute("replace into place values (?, ?, ?)", (source, place.file, place.offset))
                self.database.execute("replace into head values (?, ?)", (source, place.head))
        self.held_bytes += size

    def waiting(self, *, after: int, most: int) -> list[Waiting]:
        """The oldest first."""
        rows = self.database.execute(
            "select id, raw, wall, boot, up from message where id > ? order by id limit ?", (after, most)
        )
        return [Waiting(number, raw, Moment(wall, boot, up)) for number, raw, wall, boot, up in rows]

    def forget(self, numbers: Sequence[int], *, answer: str) -> None:
        """The server has them."""
        marks = ",".join("?" * len(numbers))
        size = self.database.execute(f"select sum(length(raw)) from message where id in ({marks})", numbers)  # noqa: S608
        self.held_bytes -= size.fetchone()[0] or 0
        with self.database:
            self.database.execute(f"delete from message where id in ({marks})", numbers)  # noqa: S608 - marks only
            self.database.execute(
                "insert into tally values (?, ?) on conflict do update set count = count + excluded.count",
                (answer, len(numbers)),
            )

    def place(self, source: str) -> Place:
        row = self.database.execute(
            "select file, offset, coalesce(begins, x'') from place left join head using (source) where source = ?",
            (source,),
        ).fetchone()
        return Place(*row) if row else Place()

    def told(self) -> dict[str, object]:
        """How it stands: for the person who looks after the agent; no message is in it."""
        count, oldest = self.database.execute("select count(*), min(wall) from message").fetchone()
        since = datetime.fromtimestamp(oldest, UTC).isoformat(timespec="seconds") if oldest else None
        handed_on = dict(self.database.execute("select name, count from tally order by name").fetchall())
        return {"waiting": count, "oldest": since, "bytes": self.held_bytes, "handed_on": handed_on}

    def close(self) -> None:
        self.database.close()
