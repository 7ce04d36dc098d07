"""The catcher that ships for trying out: a gateway over real HTTP that sends nothing."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest

from ketacare.clinic import channels
from ketacare.clinic.channels import actions as calls
from ketacare.clinic.supervision.models import Call
from ketacare.clinic.supervision.tests.factories import Room, later
from ketacare.web.commands import catcher
from ketacare.web.runtime.mail_catcher import MailCatcher

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


def test_an_empty_page_says_why_it_is_empty():
    page = catcher.Caught("x").page()
    assert "from 21:00 to 8:00" in page
    assert "waits for the morning" in page


def test_the_catcher_takes_shows_loses_and_refuses(room: Room, caught: Any):
    call = Call.objects.get(channel="text")
    through(caught).send(call)
    said = caught.caught.calls[0]
    assert (said["to"], said["channel"], said["words"]) == ("+12075550100", "text", "High alarm, Chair 3")
    assert channels.opened(said["id"]) == (room.clinic.organisation_id, UUID(str(call.receipt)))
    assert "High alarm, Chair 3" in caught.caught.page()
    with pytest.raises(channels.NotSent, match=r"refused \(401\)"):
        through(caught, "wrong").send(call)
    where = f"http://127.0.0.1:{caught.server_address[1]}/mode"
    urllib.request.urlopen(urllib.request.Request(where, data=b"mode=refuse"), timeout=3).read()
    with pytest.raises(channels.NotSent, match="answered 503"):
        through(caught).send(call)


LINK = "http://localhost:8000/c/eyJhb.c-1_2/"


@dataclass(frozen=True)
class Message:
    """As the room of messages hands one over."""

    channel: str
    address: str = "+12075550100"
    words: str = f"¿Cómo está? <b>{LINK} In an emergency call 911."
    subject: str = "A message from your clinic"
    body: str = words
    organisation_id: UUID = field(default_factory=uuid4)
    receipt: UUID = field(default_factory=uuid4)


@pytest.fixture
def relay(caught: Any) -> Iterator[MailCatcher]:
    caught.caught.patients_from = "clinic@demo.example"
    server = MailCatcher(("127.0.0.1", 0), caught.caught.mail)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def to_patients(caught: Any, relay: MailCatcher, sender: str = "clinic@demo.example") -> channels.Gateways:
    return channels.configured(
        calls_url=f"http://127.0.0.1:{caught.server_address[1]}/messages",
        calls_token="secret",
        report_to="http://x/messages/receipts/",
        mail_url=f"smtp://127.0.0.1:{relay.server_address[1]}",
        mail_from=sender,
        kind="messages",
    )


@pytest.mark.parametrize("channel", ["text", "mail"])
def test_a_message_to_a_patient_is_shown_with_a_link_that_opens(caught: Any, relay: MailCatcher, channel: str):
    to_patients(caught, relay).send(Message(channel, address="+12075550100" if channel == "text" else "jo@example.org"))
    page = caught.caught.page()
    patients, staff = page.split('<h2 id="s">')
    assert f'<a href="{LINK}" target="_blank" rel="noopener">{LINK}</a> In an emergency' in patients
    assert "&lt;b&gt;" in patients
    assert "¿Cómo está?" in patients
    assert "Nothing yet." in staff
    assert (channel == "mail") == ("A message from your clinic" in patients)


def test_mail_of_alarms_is_for_staff_and_a_relay_that_refuses_is_a_fault(caught: Any, relay: MailCatcher):
    to_patients(caught, relay, "alarms@demo.example").send(Message("mail", body="One line\n.and a dot\n.\nmore"))
    (call,) = caught.caught.calls
    assert call["kind"] == "staff"
    assert call["words"].replace("\r", "").endswith("One line\n.and a dot\n.\nmore")
    caught.caught.mode = "refuse"
    with pytest.raises(channels.NotSent):
        to_patients(caught, relay).send(Message("mail"))


def test_nothing_else_is_taken(caught: Any):
    where = f"http://127.0.0.1:{caught.server_address[1]}"
    for path, data in (("/elsewhere", b"{}"), ("/page", None)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(where + path, data=data), timeout=3)
        with refused.value as answer:
            assert answer.code == 404


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
