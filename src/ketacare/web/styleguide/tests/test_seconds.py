"""After how many seconds a live page says what it no longer knows, by the page's own clock: exact, however busy the
machine is (D2, D9, H22, T2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright import sync_api

from ketacare.web.styleguide.examples import guide
from ketacare.web.styleguide.tests.fake_stream import VISIT, streaming, until

pytestmark = pytest.mark.browser

COVER = ".live__not[data-not-live]"
# Longer than two of the page's ticks, which a worker gives it in real time.
TWO_TICKS_MS = 700
BEGINS = datetime(2026, 7, 14, 12, tzinfo=UTC)
SPOKEN_BY_THE_TEST = """window.EventSource = class {
  constructor() { this.heard = {}; window.source = this; }
  addEventListener(kind, act) { (this.heard[kind] ??= []).push(act); }
  close() {}
}"""


class Quiet:
    """A page whose clock stands still and that hears what the test says."""

    def __init__(self, page: sync_api.Page) -> None:
        self.page = page
        self.cover = page.locator(COVER).first

    def pass_ms(self, ms: int) -> None:
        self.page.clock.run_for(ms)

    def says(self, kind: str, body: dict[str, Any]) -> None:
        sent = {"data": json.dumps(body), "lastEventId": ""}
        self.page.evaluate("([kind, sent]) => source.heard[kind].forEach((act) => act(sent))", [kind, sent])

    def now(self) -> str:
        return str(self.page.evaluate("new Date().toISOString()"))

    def beats(self) -> None:
        self.says("beat", {"at": self.now(), "number": 1, "watch_at": self.now()})

    def reads(self, **values: str) -> None:
        readings = [
            {"channel": name, "value": value, "taken_at": self.now(), "quality": "good"}
            for name, value in values.items()
        ]
        self.says("reading", {"topic": f"visit:{VISIT}", "body": {"readings": readings}})

    def is_covered(self) -> bool:
        self.page.wait_for_timeout(TWO_TICKS_MS)
        return self.cover.is_visible()


@pytest.fixture
def quiet(browser: sync_api.Browser) -> Iterator[Quiet]:
    shown = render_to_string("styleguide.jinja", guide() | {"live": "/live/stream?ticket=t"}, using="jinja")
    with streaming(shown) as server:
        page = browser.new_page()
        page.clock.install(time=BEGINS)
        page.add_init_script(SPOKEN_BY_THE_TEST)
        page.goto(server.address)
        until(lambda: page.evaluate("window.source !== undefined"))  # its scripts may come after the page
        page.clock.pause_at(BEGINS + timedelta(hours=1))
        opened = Quiet(page)
        until(lambda: opened.beats() or not opened.is_covered())
        yield opened
        page.close()


def test_d2_five_seconds_of_silence_cover_the_numbers_and_no_less(quiet: Quiet) -> None:
    quiet.pass_ms(4_900)
    assert not quiet.is_covered()
    quiet.pass_ms(200)
    quiet.cover.wait_for()


def test_h22_a_database_that_is_away_covers_them_at_once(quiet: Quiet) -> None:
    quiet.says("away", {})
    quiet.page.locator(COVER, has_text="the database does not answer").first.wait_for()


def test_t2_a_value_is_stale_after_five_seconds_and_lost_after_ten(quiet: Quiet) -> None:
    spo2 = quiet.page.locator(".live [data-channel='SPO2']").first
    quiet.reads(SPO2="93")
    for wait_ms, before, after in ((4_900, "live", "stale"), (4_800, "stale", "lost")):
        quiet.pass_ms(wait_ms)
        quiet.beats()
        quiet.page.wait_for_timeout(TWO_TICKS_MS)
        assert spo2.get_attribute("data-state") == before
        quiet.pass_ms(200)
        quiet.page.locator(f".live [data-channel='SPO2'][data-state='{after}']").first.wait_for()
