"""The web process gets ready for the programme's page by itself, once people can sign in."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable

from ketacare.clinic.registry import ready
from ketacare.clinic.registry.queries import keeping
from ketacare.web.commands import web


class Later:
    """A timer that is only noted."""

    set_to: tuple[float, Callable[[], object]]

    def __init__(self, after: float, do: Callable[[], object]) -> None:
        Later.set_to = after, do

    def start(self) -> None:
        pass


def test_no_start_waits_for_the_statistics_and_no_page_either(monkeypatch, tmp_path):
    monkeypatch.setenv("KETACARE_DATA", str(tmp_path))
    for name in ("KETACARE_DATABASE_POOL", "KETACARE_ORIGIN"):
        monkeypatch.setenv(name, "")
    served = []
    monkeypatch.setattr("threading.Timer", Later)
    monkeypatch.setattr("uvicorn.run", lambda application, **_: served.append(application))
    web.run(Namespace(host="127.0.0.1", port=8000))
    assert served == ["ketacare.web.asgi:application"]
    after, get_ready = Later.set_to
    assert after >= 5, "people sign in first"
    monkeypatch.setattr(ready, "REST_S", 0)
    get_ready()  # without a database: the test has none
    assert "scipy.stats" in sys.modules
    assert keeping.version.cache_info().currsize == 1
