"""One connection listens, one reads for all and one for who joins; everybody else waits in memory.

The row is the truth and NOTIFY only wakes. The database numbers the events of a clinic at commit, so whoever has seen
number n has seen all before it. A feed holds the last number of its clinic that was handed out; a subscriber joins the
feed first and reads what it missed second, so nothing can fall between.

Each second the first of them is asked how far each clinic is. That mends a lost NOTIFY, and it is the proof of
life that the heartbeat carries: when the database does not answer, no heartbeat goes out, and the screens cover their
numbers within five seconds (D2, D9).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from ketacare.clinic.monitoring.access import Ticket
from ketacare.web.lateness import Lately

logger = logging.getLogger(__name__)

QUEUE_HOLDS = 1024
RESUME_READS_MOST = 5000
RETRY_AFTER_S = 1.0
ANSWER_WITHIN_S = 2.5
SYSTEM_EVERY_S = 1.0

READ = (
    "select number, topic, kind, body::text, extract(epoch from clock_timestamp() - created_at)::float8"
    " from tenancy_liveevent"
    " where organisation_id = %s and clinic_id = %s and number > %s and number <= %s order by number limit %s"
)
# How far the clinic is; and the sessions that are watched by eye, since when (D9).
HEAD = (
    "select live_number, coalesce((select min(number) from tenancy_liveevent where clinic_id = %s), live_number + 1),"
    " (select coalesce(jsonb_object_agg('visit:' || visit_id, created_at), '{}') from duties_duty where clinic_id = %s"
    " and kind = 'watch.failed' and state = 'open' and consequence = 1 and visit_id is not null)"
    " from tenancy_clinichead where clinic_id = %s"
)
SEEN_TO_BEFORE = timedelta(seconds=5)  # of a session that failed: what covers a screen has then gone by


@dataclass(frozen=True, slots=True)
class Event:
    """One live event, already as it goes over the wire."""

    number: int
    topic: str
    wire: bytes
    age_s: float  # when it was read, by the clock that made it


class Overrun(Exception):
    """The subscriber read too slowly and was dropped; it resumes from its last event."""


class Lost(Exception):
    """What the subscriber missed is no longer kept; it must ask for the whole state."""


@dataclass(eq=False, slots=True)
class Subscriber:
    ticket: Ticket
    queue: asyncio.Queue[Event] = field(default_factory=lambda: asyncio.Queue(QUEUE_HOLDS))
    overrun: bool = False

    def offer(self, event: Event) -> None:
        if not self.ticket.hears(event.topic):
            return
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.overrun = True


@dataclass(slots=True)
class Feed:
    """One clinic's events, as far as they were handed out."""

    organisation_id: UUID
    number: int
    oldest: int
    failing: dict[str, datetime] = field(default_factory=dict)
    subscribers: set[Subscriber] = field(default_factory=set)


class Hub:
    """Started once in a process, on its event loop."""

    def __init__(
        self,
        connect_to: str,
        *,
        clock: Callable[[], datetime],
        connect_options: dict[str, Any],
        late: Lately | None = None,
    ) -> None:
        self.connect_to, self.clock, self.connect_options = connect_to, clock, connect_options
        self.late = late or Lately()
        self.feeds: dict[UUID, Feed] = {}
        self.proven_at: datetime | None = None
        self.watch_at: datetime | None = None
        # Two, so that what all screens live by waits behind no screen that is being opened.
        self._pumping, self._opening = Reader(self._connect), Reader(self._connect)
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._pump())]

    async def stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for reader in (self._pumping, self._opening):
            await reader.close()

    async def _listen(self) -> None:
        """Wake the pump at each NOTIFY; come back after every loss."""
        while True:
            try:
                async with await self._connect() as connection:
                    await connection.execute("listen live")
                    self._woken.set()
                    async for _ in connection.notifies():
                        self._woken.set()
            except (psycopg.Error, OSError):
                logger.warning("the live listener lost the database")
            await asyncio.sleep(RETRY_AFTER_S)

    async def _pump(self) -> None:
        """Hand out what is new: when woken, and at least once a second."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), SYSTEM_EVERY_S)
            self._woken.clear()
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    await self._catch_up()
            except (psycopg.Error, OSError, TimeoutError):
                await asyncio.sleep(RETRY_AFTER_S)

    async def _catch_up(self) -> None:
        for clinic_id, feed in list(self.feeds.items()):
            head, feed.oldest, feed.failing = await self._head(self._pumping, feed.organisation_id, clinic_id)
            while feed.number < head:
                events = await self._read(self._pumping, feed.organisation_id, clinic_id, after=feed.number, until=head)
                for event in events:
                    for subscriber in feed.subscribers:
                        subscriber.offer(event)
                    self.late.note(event.age_s)
                feed.number = events[-1].number if len(events) == RESUME_READS_MOST else head
            if not feed.subscribers:
                del self.feeds[clinic_id]
        await self._hear_the_watch(self._pumping)
        self.proven_at = self.clock()

    # -- subscribing ---------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def subscribed(self, ticket: Ticket, after: int | None) -> AsyncIterator[tuple[Subscriber, list[Event], int]]:
        """A place in the feed, what was missed since `after`, and the number from which the queue goes on."""
        if self.watch_at is None:
            await self._hear_the_watch(self._opening)
        feed = self.feeds.get(ticket.clinic_id)
        if feed is None:  # from here on without a pause, or the pump could drop the feed that is being joined
            head, oldest, failing = await self._head(self._opening, ticket.organisation_id, ticket.clinic_id)
            feed = self.feeds.setdefault(ticket.clinic_id, Feed(ticket.organisation_id, head, oldest, failing))
        subscriber, joined_at = Subscriber(ticket), feed.number
        feed.subscribers.add(subscriber)
        try:
            yield subscriber, await self._missed(ticket, after, feed, joined_at), joined_at
        finally:
            feed.subscribers.discard(subscriber)

    async def _missed(self, ticket: Ticket, after: int | None, feed: Feed, until: int) -> list[Event]:
        if after is None or after == until:
            return []
        if after > until or after < feed.oldest - 1 or until - after > RESUME_READS_MOST:
            raise Lost
        events = await self._read(self._opening, ticket.organisation_id, ticket.clinic_id, after=after, until=until)
        return [event for event in events if ticket.hears(event.topic)]

    @property
    def proven(self) -> bool:
        """Has the database answered lately? Without that no heartbeat is sent."""
        return self.proven_at is not None and (self.clock() - self.proven_at).total_seconds() < ANSWER_WITHIN_S

    def watched_at(self, ticket: Ticket) -> datetime | None:
        """When all that the ticket's screen shows was last seen to. A screen of one session that fails is not live; one
        that shows others too stays so, and marks that one itself (D9)."""
        feed = self.feeds.get(ticket.clinic_id)
        since = [feed.failing.get(topic) for topic in ticket.topics] if feed is not None else []
        if self.watch_at is None or not since or None in since:
            return self.watch_at
        return min(self.watch_at, max(one for one in since if one is not None) - SEEN_TO_BEFORE)

    # -- reading -------------------------------------------------------------------------------------------------------

    async def _head(
        self, reader: Reader, organisation_id: UUID, clinic_id: UUID
    ) -> tuple[int, int, dict[str, datetime]]:
        rows = await reader.query(organisation_id, HEAD, (clinic_id, clinic_id, clinic_id))
        if not rows:
            return 0, 1, {}
        failing = {topic: datetime.fromisoformat(since) for topic, since in rows[0][2].items()}
        return int(rows[0][0]), int(rows[0][1]), failing

    async def _read(
        self, reader: Reader, organisation_id: UUID, clinic_id: UUID, *, after: int, until: int
    ) -> list[Event]:
        asked = (organisation_id, clinic_id, after, until, RESUME_READS_MOST)
        rows = await reader.query(organisation_id, READ, asked)
        return [Event(row[0], row[1], wire(row[0], row[2], row[1], row[3]), age_s=row[4]) for row in rows]

    async def _hear_the_watch(self, reader: Reader) -> None:
        rows = await reader.query(None, "select at from monitoring_beat where process = 'watch'", ())
        self.watch_at = rows[0][0] if rows else None

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            self.connect_to, autocommit=True, connect_timeout=5, **self.connect_options
        )


class Reader:
    """One connection for short reads, one at a time.

    Only whoever reads from it closes it. The event loop still watches the socket somebody waits on: closed by another
    task, its number goes to the next socket, and uvloop ends the whole process.
    """

    def __init__(self, connect: Callable[[], Awaitable[psycopg.AsyncConnection[Any]]]) -> None:
        self._connect, self._one_at_a_time = connect, asyncio.Lock()
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def query(self, organisation_id: UUID | None, query: str, values: Iterable[Any]) -> list[Any]:
        """A read in the tenant's own transaction. After one that did not answer in time comes a new connection."""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    return await self._asked(organisation_id, query, tuple(values))
            except TimeoutError as late:
                await self._drop()
                raise psycopg.OperationalError("the database did not answer in time") from late
            except BaseException:  # also where the reader is cancelled: what it asked may still be under way
                await self._drop()
                raise

    async def close(self) -> None:
        async with self._one_at_a_time:
            await self._drop()

    async def _asked(self, organisation_id: UUID | None, query: str, values: tuple[Any, ...]) -> list[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = await self._connect()
        async with self._connection.transaction():
            tenant = "select set_config('ketacare.organisation', %s, true)"
            await self._connection.execute(tenant, (str(organisation_id or ""),))
            return await (await self._connection.execute(query, values)).fetchall()

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()


def wire(number: int, kind: str, topic: str, body: str) -> bytes:
    """An event of the stream. The body is the JSON the database holds, which has no line breaks."""
    return f'id: {number}\nevent: {kind}\ndata: {{"topic":{json.dumps(topic)},"body":{body}}}\n\n'.encode()
