"""How an alarm looks and sounds in a browser, and when it is quiet (V1, V2, V5, D3, D8, D9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from django.template.loader import render_to_string
from playwright import sync_api

from ketacare.web.styleguide.examples import guide
from ketacare.web.styleguide.tests.fake_stream import PRESENCE, Stream, streaming

pytestmark = pytest.mark.browser

UNANSWERED_S = 600  # until the test shortens it: how long a page takes to load is nothing of D8
COVER = ".live__not[data-not-live]"
LISTEN = """(() => {
  window.tones = [];
  const [audio, oscillator] = [BaseAudioContext.prototype, OscillatorNode.prototype];
  const [make, set, start] = [audio.createPeriodicWave, oscillator.setPeriodicWave, oscillator.start];
  audio.createPeriodicWave = function (real, parts) {
    return Object.assign(make.call(this, real, parts), { parts: [...parts] });
  };
  oscillator.setPeriodicWave = function (wave) { this.parts = wave.parts; return set.call(this, wave); };
  oscillator.start = function (at) {
    window.tones.push({ at, hz: this.frequency.value, parts: this.parts });
    return start.call(this, at);
  };
})()"""


def quiet_room() -> str:
    """The style guide as a chair in a quiet room, with a high alarm and a technical one of just now."""
    context = guide()
    for one in context["alarms"]["several"]:
        one["since"] = datetime.now(UTC)  # noqa: TID251 - of the stand-in server
    room = {"live": "/live/stream?ticket=t", "presence": PRESENCE, "theme": "room", "sounds_after_s": UNANSWERED_S}
    room["tiles"] = []  # a chair has no other's alarms, which would be long overdue
    return render_to_string("styleguide.jinja", context | room, using="jinja")


@pytest.fixture
def stream() -> Iterator[Stream]:
    with streaming("") as running:
        running.quiet_s = 60
        yield running


@pytest.fixture
def page(browser: sync_api.Browser, stream: Stream) -> Iterator[sync_api.Page]:
    opened = browser.new_page()
    opened.add_init_script(LISTEN)
    stream.page = quiet_room()
    opened.goto(stream.address)
    opened.locator(".live [data-channel='HR'] [data-value]", has_text="88").first.wait_for()
    yield opened
    opened.close()


def tones(page: sync_api.Page) -> list[dict[str, Any]]:
    return page.evaluate("window.tones")


def heard(page: sync_api.Page, within_s: float) -> list[dict[str, Any]]:
    for _ in range(int(within_s * 10)):
        page.wait_for_timeout(100)
        if tones(page):
            break
    page.wait_for_timeout(100)
    found = tones(page)
    page.evaluate("window.tones.length = 0")
    assert found, f"nothing was heard within {within_s} s"
    return found


def test_v1_v2_v5_d3_d8_d9_an_alarm_in_a_quiet_room_looks_sounds_and_comes_back_by_itself(
    page: sync_api.Page, stream: Stream
) -> None:
    looks_as_it_must(page)
    quiet_while_somebody_listens(page, stream)
    high = heard(page, 20)
    pulses_of_a_high_alarm(high)
    the_room_sounds_when_its_listener_lapses(page, stream)
    the_dead_database_is_told_and_heard(page, stream)
    a_hidden_page_watches_no_more(page, stream)
    who_watches_is_drawn_anew_once_the_page_counts(page, stream)


def looks_as_it_must(page: sync_api.Page) -> None:
    """V1: 2 Hz, half on, and nothing flashes but the mark. V2: word, mark and shape. V5: two buttons for a finger."""
    alarm = page.locator("#alarms .alarm--high").first
    style = "(place) => { const s = getComputedStyle(place); return [s.animationDuration, s.animationName]; }"
    assert alarm.locator(".alarm__mark").evaluate(style) == ["0.5s", "flash-high"]
    assert page.locator(".vital [data-value]").first.evaluate(style)[1] == "none"
    words = alarm.inner_text()
    assert "High" in words
    assert "***" in words
    assert alarm.locator("svg").is_visible()
    assert page.locator("[data-alarms-worst]").first.get_attribute("aria-live") == "assertive"
    buttons = alarm.locator("button.alarm__act")
    assert buttons.all_inner_texts() == ["I have seen it", "Pause sound 2 min"]
    assert min(buttons.nth(place).bounding_box()["height"] for place in (0, 1)) >= 44
    page.set_viewport_size({"width": 360, "height": 640})  # 400 % of a desktop
    assert alarm.locator(".alarm__words").is_visible()
    box = alarm.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    page.set_viewport_size({"width": 1440, "height": 900})


def quiet_while_somebody_listens(page: sync_api.Page, stream: Stream) -> None:
    """D8: proven, and silent on another's word; then too long unseen."""
    for _ in range(200):
        if stream.present:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)  # its answer
    proof = page.locator("[data-sound-test]").first
    proof.click()
    page.locator("[data-sound-test]", has_text="I heard it").first.click()
    page.locator("[data-sound-test]", has_text="Sound proven").first.wait_for()
    page.wait_for_timeout(700)
    assert tones(page) == []
    page.evaluate("document.querySelector('[data-sounds-after]').dataset.soundsAfter = '1'")


def pulses_of_a_high_alarm(high: list[dict[str, Any]]) -> None:
    """V1: ten pulses, in threes and twos; D8: nobody saw it in time, so the chair sounds though somebody listens."""
    starts = [tone["at"] - high[0]["at"] for tone in high[:10]]
    assert len(starts) == 10
    gaps = [round(later - earlier, 2) for earlier, later in pairwise(starts)]
    assert gaps[:4] == gaps[5:] == [0.2, 0.2, 0.35, 0.2]
    assert gaps[4] > max(gaps[:4])
    for tone in high:
        assert 150 <= tone["hz"] <= 1000
        rich = [place for place, part in enumerate(tone["parts"]) if part and 300 <= place * tone["hz"] <= 4000]
        assert len(rich) >= 4


def the_room_sounds_when_its_listener_lapses(page: sync_api.Page, stream: Stream) -> None:
    """D8: what is not high waits for its listener; when nobody listens any more it sounds within five seconds."""
    page.evaluate("document.querySelectorAll('.alarm--high').forEach((one) => one.remove())")
    page.evaluate("window.tones.length = 0")
    page.wait_for_timeout(800)
    assert tones(page) == []
    stream.quiet_s = 0
    medium = heard(page, 15)  # its next word is at most five seconds away, and the machine may be busy
    assert len(medium) == 3
    assert medium[0]["parts"][1] < medium[0]["parts"][2], "technical: another timbre"


def the_dead_database_is_told_and_heard(page: sync_api.Page, stream: Stream) -> None:
    """D9: within five seconds the numbers are covered and the technical tone sounds."""
    page.evaluate("document.querySelectorAll('.alarm').forEach((one) => one.remove())")
    page.evaluate("window.tones.length = 0")
    stream.away = True
    page.wait_for_selector(COVER, timeout=10_000)
    assert "the database does not answer" in page.inner_text(COVER)
    assert len(heard(page, 10)) == 3
    stream.away = False
    page.wait_for_selector(COVER, state="hidden", timeout=15_000)


def a_hidden_page_watches_no_more(page: sync_api.Page, stream: Stream) -> None:
    """D3: it says so at once, and answers no more until it is seen again."""
    page.evaluate(HIDE)
    for _ in range(100):
        if stream.present and 'name="gone"' in stream.present[-1]:
            break
        page.wait_for_timeout(100)
    assert 'name="gone"' in stream.present[-1]
    count = len(stream.present)
    page.wait_for_timeout(700)
    assert len(stream.present) == count


HIDE = """() => { Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
document.dispatchEvent(new Event("visibilitychange")); }"""


def who_watches_is_drawn_anew_once_the_page_counts(page: sync_api.Page, stream: Stream) -> None:
    """D4: what was drawn before the page's first answer says that nobody watches. Read to be opened, at the first beat,
    and once it counts; nothing else that is told asks for it here."""
    stream.page = re.sub('data-refresh="[^"]*"', 'data-refresh="state"', quiet_room())
    stream.away, stream.pages, stream.present_after = False, 0, 2
    stream.present.clear()
    page.goto(stream.address)
    for _ in range(200):
        page.wait_for_timeout(100)
        if stream.present and stream.pages >= 3:
            break
    assert stream.present
    assert stream.pages == 3
