"""The page that shows what a demo would have sent: on a phone, by itself, and honest when nothing runs behind it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, expect
from tests.browser import barriers
from tests.journeys.people import PHONE

from ketacare.web.commands import catcher

pytestmark = pytest.mark.browser
LOOKS_AGAIN_MS = 3100


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    monkeypatch.setattr(catcher, "report", lambda call: None)
    listening = catcher.serve("127.0.0.1", 0, "secret")
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield listening
    listening.shutdown()
    listening.server_close()


def stop(server: ThreadingHTTPServer) -> None:
    server.shutdown()
    server.server_close()


def test_what_is_caught_is_drawn_in_its_link_opens_and_a_stopped_product_is_said(
    server: ThreadingHTTPServer, browser: Browser
) -> None:
    caught: catcher.Caught = server.caught  # type: ignore[attr-defined]
    context = browser.new_context(viewport=PHONE, base_url=f"http://127.0.0.1:{server.server_address[1]}")
    page = context.new_page()
    page.clock.install()
    page.goto("/")
    expect(page.get_by_text("Nothing yet.")).to_have_count(2)
    assert taken(caught, "Your check-in: http://localhost/c/abc/ <img src=x onerror=alert(1)>") == 202
    page.clock.run_for(LOOKS_AGAIN_MS)
    link = page.get_by_role("link", name="http://localhost/c/abc/")
    expect(link).to_have_attribute("href", "http://localhost/c/abc/")
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert barriers(page) == []
    page.get_by_role("button", name="not taken").click()
    expect(page.get_by_role("button", name="not taken")).to_have_attribute("aria-pressed", "true")
    assert taken(caught, "A second") == 503
    expect(link).to_be_visible()
    stop(server)
    page.clock.run_for(LOOKS_AGAIN_MS)
    expect(page.get_by_text("Ketacare is not running: nothing more is caught.")).to_be_visible()
    expect(link).to_be_visible()
    context.close()


def taken(caught: catcher.Caught, words: str) -> int:
    said = {"id": "1", "to": "+12075550100", "channel": "text", "words": words, "report_to": "http://here/"}
    return catcher.take(caught, "Bearer secret", json.dumps(said).encode(), catcher.TO_PATIENTS)
