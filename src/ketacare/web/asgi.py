"""One port: `/live/` to plain ASGI, everything else to Django through WSGI in threads (docs/decisions)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from a2wsgi import WSGIMiddleware

from ketacare.web.wsgi import application as django_application

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

from ketacare.web.live.application import live  # noqa: E402 - Django must be set up first

pages = WSGIMiddleware(django_application, workers=8)  # type: ignore[arg-type]  # an HttpResponse is its bytes


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http" or scope["path"].startswith("/live/"):
        await live(scope, receive, send)
    else:
        await pages(scope, receive, send)  # type: ignore[arg-type]
