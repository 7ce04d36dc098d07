"""One chain of middleware for all clients of a worker (a pytest plugin).

Django builds a chain for every `Client()`, and whitenoise looks through all static files each time; a server does that
once when it starts, and so do the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

KEPT = ("_view_middleware", "_template_response_middleware", "_exception_middleware", "_middleware_chain")


@pytest.fixture(scope="session", autouse=True)
def one_chain_of_middleware() -> Iterator[None]:
    from django.test.client import ClientHandler

    chain: dict[str, Any] = {}
    load = ClientHandler.load_middleware

    def load_once(handler: ClientHandler, is_async: bool = False) -> None:
        if not chain:
            load(handler, is_async)
            chain.update({name: getattr(handler, name) for name in KEPT})
        handler.__dict__.update(chain)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ClientHandler, "load_middleware", load_once)
        yield
