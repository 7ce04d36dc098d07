"""`/live/stream`: server-sent events for whoever holds a ticket. Plain ASGI; nothing here touches the ORM.

    GET /live/stream?ticket=…          with Last-Event-ID (or &after=) to resume without loss

Events: those of the ticket's topics, with their number as id; `beat` each second with the server's time, the number of
the last event and the time the alarm watch was last heard; `reset` when what was missed is no longer kept;
`away` in place of a beat while the database does not answer: nothing is saved then (D9, H22); `renew` some time before
the ticket ends, with the seconds that are left: ask the page's address for another meanwhile and come back with it; and
once more when it has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import psycopg

from ketacare.clinic.monitoring.access import Ticket, TicketRefused, opened
from ketacare.web import clock, lateness
from ketacare.web.live.hub import Hub, Lost, Subscriber

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BEAT_EVERY_S = 1.0
SEND_WITHIN_S = 10.0
RENEW_BEFORE_S = 15.0  # a page on a busy machine takes its time, and until then the stream goes on
RENEW = b'event: renew\ndata: {"left_s":%d}\n\n'
AWAY = b"event: away\ndata: {}\n\n"
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class Live:
    """The application. Its hub is made on the first stream, on the loop that serves it."""

    def __init__(self) -> None:
        self.hub: Hub | None = None
        self.streams: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
        elif scope["type"] == "http" and scope["path"] == "/live/stream" and scope["method"] == "GET":
            await self.stream(scope, receive, send)
        elif scope["type"] == "http":
            await refuse(send, 404)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404})

    async def lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def close(self) -> None:
        for task in list(self.streams):
            task.cancel()
        if self.hub is not None:
            await self.hub.stop()
            self.hub = None

    def running_hub(self) -> Hub:
        if self.hub is None:
            named = {"application_name": "ketacare live"}
            self.hub = Hub(conninfo(), clock=clock.now, connect_options=named, late=lateness.handed_on)
            self.hub.start()
        return self.hub

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        try:
            ticket = opened(asked.get("ticket", [""])[0], at=clock.now())
            after = last_event(scope, asked)
        except (TicketRefused, ValueError):
            await refuse(send, 403)
            return
        gone = asyncio.create_task(until_gone(receive))
        serving = asyncio.create_task(self.serve(ticket, after, send))
        self.streams |= {gone, serving}
        try:
            await asyncio.wait({gone, serving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.streams -= {gone, serving}
            for task in (gone, serving):
                task.cancel()
            await asyncio.gather(gone, serving, return_exceptions=True)
        if not serving.cancelled():
            serving.result()  # a fault of ours is not kept quiet

    async def serve(self, ticket: Ticket, after: int | None, send: Send) -> None:
        hub = self.running_hub()
        try:
            async with hub.subscribed(ticket, after) as (subscriber, missed, number):
                await begin(send)
                for event in missed:
                    await write(send, event.wire)
                await write(send, beat(hub, ticket, number))
                await pour(hub, ticket, subscriber, number, send)
        except Lost:
            await begin(send)
            await write(send, b"event: reset\ndata: {}\n\n", more=False)
        except TimeoutError:  # the client does not read: it is dropped, and resumes from its last event
            return
        except (psycopg.Error, OSError):  # the database does not answer: the screen keeps trying and says so
            await refuse(send, 503)


async def pour(hub: Hub, ticket: Ticket, subscriber: Subscriber, number: int, send: Send) -> None:
    """Events as they come, and each second a heartbeat, or the word that the database is away, until the ticket ends or
    the client falls behind."""
    loop = asyncio.get_running_loop()
    next_beat, warned = loop.time() + BEAT_EVERY_S, False
    while not subscriber.overrun:
        event = None
        with contextlib.suppress(TimeoutError):
            event = await asyncio.wait_for(subscriber.queue.get(), max(0.0, next_beat - loop.time()))
        if event is not None:
            number = event.number
            await write(send, event.wire)
        if loop.time() < next_beat:
            continue
        next_beat += BEAT_EVERY_S
        left_s = (ticket.expires_at - clock.now()).total_seconds()
        if left_s <= 0:
            await write(send, RENEW % 0, more=False)
            return
        if left_s <= RENEW_BEFORE_S and not warned:
            warned = True
            await write(send, RENEW % math.ceil(left_s))
        await write(send, beat(hub, ticket, number) if hub.proven else AWAY)
    await write(send, b"", more=False)


def beat(hub: Hub, ticket: Ticket, number: int) -> bytes:
    """Server time, the version of what was told so far, and when the watch was last alive (D1, D3, D9)."""
    watched_at = hub.watched_at(ticket)
    body = {
        "at": clock.now().isoformat(),
        "number": number,
        "watch_at": watched_at.isoformat() if isinstance(watched_at, datetime) else None,
    }
    return b"event: beat\ndata: " + json.dumps(body, separators=(",", ":")).encode() + b"\n\n"


def last_event(scope: Scope, asked: dict[str, list[str]]) -> int | None:
    """Where the client stopped; ValueError when it says nonsense."""
    headers = dict(scope["headers"])
    text = headers.get(b"last-event-id", b"").decode("latin-1") or asked.get("after", [""])[0]
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ValueError
    return int(text)


async def until_gone(receive: Receive) -> None:
    """A stream that only waits for events never notices that its client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def begin(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})


async def write(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SEND_WITHIN_S):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def refuse(send: Send, status: int) -> None:
    """No body: a refusal holds nothing to learn from."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"cache-control", b"no-store")]})
    await send({"type": "http.response.body", "body": b""})


def conninfo() -> str:
    """The application role's own way in, as Django has it."""
    from django.db import connections

    settings = connections["default"].settings_dict
    given = {"dbname": settings["NAME"], "user": settings["USER"], "password": settings["PASSWORD"]}
    given |= {"host": settings["HOST"], "port": settings["PORT"]}
    options = settings.get("OPTIONS", {})
    given |= {name: options[name] for name in ("sslmode", "sslrootcert", "sslcert", "sslkey") if name in options}
    return psycopg.conninfo.make_conninfo("", **{name: value for name, value in given.items() if value})


live = Live()
