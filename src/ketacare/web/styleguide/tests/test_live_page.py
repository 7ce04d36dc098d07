"""What a live page shows when the server speaks, and when it does not (D1, D2, D9, T2, T4)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from django.template import engines
from django.template.loader import render_to_string
from playwright import sync_api

from ketacare.web.styleguide.examples import guide
from ketacare.web.styleguide.tests.fake_stream import STATIC, Stream, streaming, until

pytestmark = pytest.mark.browser

COVER = ".live__not[data-not-live]"


@pytest.fixture
def stream() -> Iterator[Stream]:
    page = render_to_string("styleguide.jinja", guide() | {"live": "/live/stream?ticket=t"}, using="jinja")
    with streaming(page) as running:
        yield running


@pytest.fixture
def page(browser: sync_api.Browser, stream: Stream) -> Iterator[sync_api.Page]:
    opened = browser.new_page()
    opened.goto(stream.address)
    opened.locator(".live [data-channel='HR'] [data-value]", has_text="88").first.wait_for()
    yield opened
    opened.close()


def value(page: sync_api.Page, channel: str) -> str:
    return page.locator(f".live [data-channel='{channel}'] [data-value]").first.inner_text()


def state(page: sync_api.Page, channel: str) -> str | None:
    return page.locator(f".live [data-channel='{channel}']").first.get_attribute("data-state")


def test_a_pressure_is_drawn_from_one_cuff_reading(page: sync_api.Page) -> None:
    page.wait_for_timeout(600)
    assert value(page, "NIBP_SYS NIBP_DIA") == "141/87"


def test_t2_a_value_that_stops_grows_stale_then_lost(page: sync_api.Page, stream: Stream) -> None:
    stream.probe = False
    for shown, said in (("93", "stale"), ("---", "lost")):
        page.locator(f".live [data-channel='SPO2'][data-state='{said}']").first.wait_for(timeout=20_000)
        assert value(page, "SPO2") == shown
    last = page.locator(".live [data-channel='SPO2'] [data-last]").first.inner_text()
    assert re.fullmatch(r"last 93 % at \d\d:\d\d:\d\d", last.strip()), last
    assert state(page, "HR") == "live"


def test_d2_five_seconds_of_silence_cover_the_numbers_and_a_beat_uncovers_them(
    page: sync_api.Page, stream: Stream
) -> None:
    page.evaluate(COUNT_TONES)
    page.locator("[data-sound-test]").first.click()
    page.wait_for_timeout(200)
    page.locator("[data-sound-test]", has_text="I heard it").first.click()
    page.evaluate("document.querySelectorAll('.alarm').forEach((one) => one.remove())")
    page.evaluate("document.querySelector('[data-alarms-worst]').innerHTML = '<p class=alarms__none>No alarm.</p>'")
    page.evaluate("window.tones = 0")
    stream.silent = True
    page.wait_for_timeout(2500)
    assert page.evaluate(STRIP) == ["none", "16px"]
    assert not page.is_visible(COVER)
    assert page.evaluate("window.tones") == 0
    page.wait_for_selector(COVER, timeout=10_000)
    page.wait_for_function("window.tones >= 3", timeout=10_000)
    assert page.evaluate("window.tones") == 3, "and it sounds its own technical tone"
    assert page.inner_text(COVER).startswith("NOT LIVE – connection lost 00:")
    assert "use the bedside monitor" in page.inner_text(COVER)
    assert page.inner_text("[data-age-of-all]") == "NOT LIVE"
    assert not page.locator("[data-channel='SPO2'] [data-value]").first.is_visible()
    said = page.evaluate(STRIP)
    assert said == ['"NOT LIVE – use the bedside monitor"', "0px"], "nor is there said to be no alarm"

    stream.silent = False
    page.wait_for_selector(COVER, state="hidden", timeout=20_000)
    assert int(stream.resumed_after[-1]) > 100, "it resumes from the last event it heard (D1)"


STRIP = """() => { const calm = document.querySelector(".alarms__none");
return [getComputedStyle(calm, "::before").content, getComputedStyle(calm).fontSize]; }"""
COUNT_TONES = """() => { const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.tones = (window.tones ?? 0) + 1; start.call(this, at); } }"""


def test_g8_g19_a_streams_values_are_painted_and_only_a_cuffs_is_reason_to_ask_for_the_page(
    page: sync_api.Page, stream: Stream
) -> None:
    """Each value of a monitor loaded the whole page, once a second."""
    stream.values = {"HR": "91", "SPO2": "93"}
    page.locator(".live [data-channel='HR'] [data-value]", has_text="91").first.wait_for()
    page.wait_for_timeout(1500)
    before = stream.pages
    page.wait_for_timeout(3000)
    assert stream.pages == before
    stream.values |= {"NIBP_SYS": "150", "NIBP_DIA": "90"}
    until(lambda: stream.pages > before)


def test_g8_what_time_alone_makes_untrue_is_asked_for_once_when_its_moment_has_come(
    page: sync_api.Page, stream: Stream
) -> None:
    stream.values = {"HR": "91"}
    page.wait_for_timeout(1500)
    before = stream.pages
    page.evaluate("""() => document.querySelector("#who-given").insertAdjacentHTML(
        "afterend", `<time hidden data-next="${new Date(Date.now() + 1000).toISOString()}"></time>`)""")
    page.wait_for_timeout(500)
    assert stream.pages == before
    until(lambda: stream.pages > before)
    page.wait_for_timeout(1500)
    assert stream.pages == before + 1


def test_d9_a_dead_alarm_watch_covers_the_numbers_though_the_stream_lives(page: sync_api.Page, stream: Stream) -> None:
    stream.watching = False
    page.locator(COVER, has_text="alarms are not being judged").wait_for(timeout=10_000)


def test_d9_a_line_that_dies_after_it_spoke_of_the_database_is_opened_anew(
    browser: sync_api.Browser, stream: Stream
) -> None:
    page = browser.new_page()
    page.clock.install()
    page.goto(stream.address)
    page.locator(".live [data-channel='HR'] [data-value]", has_text="88").first.wait_for()
    stream.away = True
    page.locator(COVER, has_text="the database does not answer").wait_for()
    stream.dead_before, stream.away = time.monotonic(), False
    page.clock.fast_forward(9000)
    page.wait_for_selector(COVER, state="hidden", timeout=20_000)
    page.close()


def test_d9_h5_the_numbers_of_a_session_that_is_not_judged_stay_away_whatever_its_monitor_sends(
    page: sync_api.Page,
) -> None:
    """On the wall they were live again with the next reading."""
    v = {"channel": "HR", "label": "Heart rate", "unit": "/min", "value": "---", "state": "lost", "reason": "NOT LIVE"}
    drawn = engines["jinja"].from_string(
        '{% import "components.jinja" as ui with context %}{{ ui.vital(v, size="tile") }}'
    )
    put = """(html) => { document.querySelector(".live [data-channel='HR']").outerHTML = html }"""
    page.evaluate(put, drawn.render({"v": v}))
    page.wait_for_timeout(1500)
    assert (value(page, "HR"), state(page, "HR")) == ("---", "lost")


def test_h6_an_alarm_that_cannot_be_drawn_covers_the_page_though_the_stream_lives(
    page: sync_api.Page, stream: Stream
) -> None:
    stream.failing = stream.alarming = True
    page.locator(COVER, has_text="this page cannot be drawn anew").wait_for(timeout=12_000)
    stream.failing = False
    page.wait_for_selector(COVER, state="hidden", timeout=20_000)


def test_h6_a_part_whose_address_hangs_covers_the_page_though_every_other_part_is_drawn(
    page: sync_api.Page, stream: Stream
) -> None:
    page.route("**/hanging/", lambda route: None)
    page.evaluate(PART_OF_ITS_OWN)
    stream.alarming = True
    page.wait_for_timeout(2000)
    assert page.is_hidden(COVER), "asked for, and not late yet"
    page.locator(COVER, has_text="this page cannot be drawn anew").wait_for(timeout=12_000)
    page.unroute("**/hanging/")
    page.wait_for_selector(COVER, state="hidden", timeout=20_000)


PART_OF_ITS_OWN = """document.querySelector("main").insertAdjacentHTML(
  "beforeend", '<section id="own" data-refresh="alarm" data-src="/hanging/"></section>')"""


def test_h6_what_happened_before_the_first_beat_is_asked_for(page: sync_api.Page, stream: Stream) -> None:
    for _ in range(100):
        if stream.pages >= 2:
            break
        page.wait_for_timeout(100)
    assert stream.pages >= 2, "an alarm between the making of the page and its stream was told to nobody"


def test_h5_a_value_that_comes_late_is_not_drawn_over_a_newer_one(page: sync_api.Page, stream: Stream) -> None:
    stream.probe = False
    page.wait_for_timeout(1200)
    kept = page.locator(".live [data-channel='SPO2']").first.get_attribute("data-taken-at")
    stream.late = True
    page.wait_for_timeout(1200)
    assert value(page, "SPO2") == "93"
    assert page.locator(".live [data-channel='SPO2']").first.get_attribute("data-taken-at") == kept


def test_h6_a_proof_of_sound_outlives_a_saved_form(page: sync_api.Page) -> None:
    button = page.locator("[data-sound-test]").first
    button.click()
    page.locator("[data-sound-test]", has_text="I heard it").first.click()
    page.reload()
    page.locator("h1").first.click()
    page.locator("[data-sound-test]", has_text="Sound proven").first.wait_for()


# -- the last links: a machine that slept, a frozen tab, a page whose clock does not tick (H5, G13, G18) --------------


def looks_live(page: sync_api.Page) -> bool:
    """Would somebody who glances at it take the number for the heart rate of now?"""
    tile = page.locator(".live [data-channel='HR']").first
    return tile.locator("[data-value]").is_visible() and tile.get_attribute("data-state") == "live"


def test_h5_a_machine_that_slept_is_covered_within_two_seconds_of_waking(page: sync_api.Page, stream: Stream) -> None:
    stream.silent = True
    page.wait_for_timeout(700)
    assert looks_live(page)
    page.evaluate("const before = Date.now; Date.now = () => before() + 3600_000")
    page.wait_for_selector(COVER, timeout=2000)
    assert "this screen slept" in page.inner_text(COVER)
    assert not looks_live(page)


def test_h5_a_frozen_tab_is_right_within_two_seconds_of_waking(page: sync_api.Page, stream: Stream) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    stream.silent = True
    time.sleep(6.5)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    page.wait_for_selector(COVER, timeout=2000)
    assert not looks_live(page)


def open_with(browser: sync_api.Browser, stream: Stream, script: str, body: str) -> sync_api.Page:
    opened = browser.new_page()
    opened.route(f"**/js/{script}", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    opened.goto(stream.address)
    for _ in range(200):
        if stream.resumed_after:
            break
        opened.wait_for_timeout(100)
    opened.wait_for_timeout(700)  # what the stream says first is drawn, where anything is
    return opened


def test_h5_a_page_whose_worker_does_not_tick_ticks_by_itself(browser: sync_api.Browser, stream: Stream) -> None:
    opened = open_with(browser, stream, "ticker.js", "throw new Error()")
    stream.silent = True
    opened.wait_for_selector(COVER, timeout=15_000)
    opened.close()


def test_h5_a_page_that_never_ticks_would_look_live(browser: sync_api.Browser, stream: Stream) -> None:
    """The control arm: with the tick taken out an old number does look live, so the tests above can fail."""
    clock = (STATIC / "js" / "clock.js").read_text()
    assert "export function everyTick(tick) {" in clock
    opened = open_with(browser, stream, "clock.js", clock.replace("everyTick(tick) {", "everyTick(tick) { return;"))
    stream.silent = True
    opened.wait_for_timeout(7000)
    assert looks_live(opened)
    opened.close()


DRAWN_ANEW = """() => { const sheet = document.querySelector("[data-flowsheet]");
sheet.replaceWith(sheet.cloneNode(true));
document.dispatchEvent(new CustomEvent("page:exchanged", { detail: { id: "" } })); }"""


def test_the_grid_obeys_the_keyboard_after_a_reading_has_drawn_it_anew(page: sync_api.Page) -> None:
    """Enter goes to the next field due and never sends half a column."""
    page.evaluate(DRAWN_ANEW)
    first, second = (page.locator(".sheet__cell--due_now input[data-due]").nth(place) for place in (0, 1))
    assert second.get_attribute("name") != first.get_attribute("name")
    first.fill("120/80")
    first.press("Enter")
    assert second.evaluate("(field) => field === document.activeElement")
    assert page.url.endswith("/"), "nothing was sent"
    assert first.input_value() == "120/80"
