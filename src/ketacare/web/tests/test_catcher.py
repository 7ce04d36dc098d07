"""The catcher that ships for trying out: a gateway over real HTTP that sends nothing."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest

from ketacare.clinic import channels
from ketacare.clinic.channels import actions as calls
from ketacare.clinic.supervision.models import Call
from ketacare.clinic.supervision.tests.factories import Room, later
from ketacare.web.commands import catcher

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    """The second nurse may be called by text; nobody's screen answers."""
    room = Room()
    calls.set_reach(
        mobile="+1 207 555 0100", by_text=True, by_voice=False, by_mail=False, by=room.second, at=later(-60)
    )
    room.hurt()
    room.climb(30)
    return room


@pytest.fixture
def caught(monkeypatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setattr(catcher, "report", lambda call: None)
    server = catcher.serve("127.0.0.1", 0, "secret")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def through(server: Any, token: str = "secret") -> channels.Gateways:
    address = f"http://127.0.0.1:{server.server_address[1]}/send"
    return channels.configured(
        calls_url=address, calls_token=token, report_to="http://x/calls/receipts/", mail_url="", mail_from=""
    )


def test_the_catcher_takes_shows_loses_and_refuses(room: Room, caught: Any):
    call = Call.objects.get(channel="text")
    through(caught).send(call)
    said = caught.caught.calls[0]
    assert (said["to"], said["channel"], said["words"]) == ("+1 207 555 0100", "text", "High alarm, Chair 3")
    assert channels.opened(said["id"]) == (room.clinic.organisation_id, UUID(str(call.receipt)))
    assert "High alarm, Chair 3" in caught.caught.page()
    with pytest.raises(channels.NotSent, match="answered 401"):
        through(caught, "wrong").send(call)
    where = f"http://127.0.0.1:{caught.server_address[1]}/mode"
    urllib.request.urlopen(urllib.request.Request(where, data=b"mode=refuse"), timeout=3).read()
    with pytest.raises(channels.NotSent, match="answered 503"):
        through(caught).send(call)


def test_the_catcher_reports_what_it_took(monkeypatch):
    asked = []
    monkeypatch.setattr(catcher.time, "sleep", lambda _: None)

    class Answer:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    def open_it(request, timeout):
        asked.append((request.full_url, json.loads(request.data)))
        if len(asked) < 2:
            raise OSError
        return Answer()

    monkeypatch.setattr(catcher.urllib.request, "urlopen", open_it)
    catcher.report({"id": "7", "report_to": "http://here/calls/receipts/"})
    assert asked == [("http://here/calls/receipts/", {"id": "7", "state": "delivered"})] * 2
