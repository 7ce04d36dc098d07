"""Charting without a connection: kept on the device, shown as waiting, sent in order, saved once (G7, H22)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import engines
from playwright import sync_api

from ketacare.web.styleguide.tests.fake_stream import Stream, streaming, until

pytestmark = pytest.mark.browser

CHAIR = """
{% extends "base.jinja" %}
{% import "components.jinja" as ui with context %}
{% block main %}
{% call ui.live_cover() %}
{{ ui.vital({"channel": "HR", "label": "Heart rate", "value": "80", "unit": "/min", "state": "live"}) }}
{% endcall %}
{{ ui.event_buttons([{"label": "Nausea", "value": "nausea"}, {"label": "Water", "value": "water"}], "/s/1/event/") }}
{{ ui.form_open("/s/1/grid/", keep="grid", wait="Readings") }}
{{ ui.pressure_field("bp") }}
{{ ui.submit("Save this column") }}
{{ ui.form_close() }}
<form method="post" action="/s/1/emergency/" data-wait="Emergency act" data-keep="act"><button disabled hidden></button>
<button name="what" value="oxygen">Oxygen</button> <button name="what" value="shock">Shock</button>
<input name="done_at"></form>
<form method="post" action="/s/1/emergency/" data-wait="Emergency">
<button name="what" value="begin">Start</button></form>
<form method="post" action="/sign-out/" data-sign-out><button type="submit">Leave</button></form>
{% endblock %}
"""
REFUSED = """<main><div class="errors" tabindex="-1" data-errors>
<ul><li>Pressure: 250 is outside what is usually seen.</li></ul></div>
<label class="choice choice--confirm"><input type="checkbox" name="confirm" value="bp"> Right
<input type="hidden" name="bp_asked" value="250/80"></label></main>"""
BAR = ".waiting"


def chair(person: str) -> str:
    context = {"actor": SimpleNamespace(user_id=person), "chrome": False, "live": "/live/stream?ticket=t"}
    return str(engines["jinja"].from_string(CHAIR).render(context))


@pytest.fixture
def server() -> Iterator[Stream]:
    with streaming(chair("nurse")) as running:
        yield running


@pytest.fixture
def page(browser: sync_api.Browser, server: Stream) -> Iterator[sync_api.Page]:
    context = browser.new_context()
    opened = context.new_page()
    opened.clock.install()
    come(opened, server)
    yield opened
    context.close()


def come(page: sync_api.Page, server: Stream) -> None:
    page.goto(server.address)
    page.locator("[data-channel='HR'] [data-value]", has_text="88").wait_for()


def type_pressure(page: sync_api.Page, words: str) -> None:
    page.fill("[name=bp]", words)
    page.click("text=Save this column")


def saved(server: Stream) -> list[dict[str, str]]:
    return list(server.saved.values())


def test_g7_sixty_minutes_without_a_connection_lose_nothing_and_enter_nothing_twice(
    page: sync_api.Page, server: Stream
) -> None:
    page.context.set_offline(True)
    began = datetime.now(UTC)  # noqa: TID251 - compared with the fake server's own clock
    page.click("text=Nausea")
    page.locator(BAR, has_text="1 entry kept on this device").wait_for()
    type_pressure(page, "120/80")
    page.locator(BAR, has_text="2 entries kept on this device").wait_for()
    assert page.input_value("[name=bp]") == "", "the fields are free for the next set"
    page.clock.fast_forward(3600_000)
    server.ahead = timedelta(minutes=60)
    page.locator(BAR, has_text="NOT SAVING – 2 entries").wait_for()
    assert server.posts == []

    page.context.set_offline(False)
    page.locator(BAR).wait_for(state="hidden")
    assert [(entry["action"], entry.get("kind"), entry.get("bp")) for entry in saved(server)] == [
        ("/s/1/event/", "nausea", None),
        ("/s/1/grid/", None, "120/80"),
    ]
    for entry in saved(server):
        assert abs(datetime.fromisoformat(entry["entered_at"]) - began) < timedelta(seconds=300)
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 1
    assert rows(page) == [], "what is saved is wiped from the device"


def rows(page: sync_api.Page) -> list[dict[str, Any]]:
    """What lies on the disk of the device, as anybody who opens it would read it."""
    found: list[dict[str, Any]] = page.evaluate(
        """() => new Promise((done) => { const asked = indexedDB.open("waiting", 1); asked.onsuccess = () => {
        const all = asked.result.transaction("entries").objectStore("entries").getAll();
        const read = (row) => ({ ...row, closed: new TextDecoder().decode(row.closed) });
        all.onsuccess = () => done(all.result.map(read)); } })"""
    )
    return found


def test_an_answer_that_is_lost_is_asked_for_again_and_saved_once(page: sync_api.Page, server: Stream) -> None:
    server.hanging_up = True
    page.click("text=Nausea")
    until(lambda: len(server.posts) >= 1)
    page.locator(BAR, has_text="1 entry kept").wait_for()
    page.clock.fast_forward(6000)
    until(lambda: len(server.posts) >= 2)
    server.hanging_up = False
    page.clock.fast_forward(6000)
    page.locator(BAR).wait_for(state="hidden")
    assert len(saved(server)) == 1
    assert len({entry["entered_at"] for entry in server.posts}) == 1


def test_h22_a_database_that_is_away_says_not_saving_within_five_seconds(page: sync_api.Page, server: Stream) -> None:
    server.away = True
    page.locator(BAR, has_text="NOT SAVING").wait_for()
    assert "the database does not answer" in page.inner_text(".live__not")
    type_pressure(page, "118/76")
    page.locator(BAR, has_text="1 entry kept").wait_for()
    server.away = False
    page.locator(BAR).wait_for(state="hidden")
    assert [entry["bp"] for entry in saved(server)] == ["118/76"]


def test_e2_a_refusal_at_once_keeps_the_text_and_asks(page: sync_api.Page, server: Stream) -> None:
    server.refusing = REFUSED
    type_pressure(page, "250/80")
    page.locator("[data-errors]", has_text="outside what is usually seen").wait_for()
    assert page.input_value("[name=bp]") == "250/80"
    assert page.locator("[data-errors]").evaluate("(list) => list === document.activeElement")
    page.check("form[data-keep='grid'] [name=confirm]")
    page.click("text=Save this column")
    until(lambda: len(server.saved) == 1)
    assert saved(server)[0]["bp_asked"] == "250/80", "the tick says of what (H2)"
    page.locator("[data-errors]").wait_for(state="detached")


def test_what_is_typed_while_an_entry_is_saved_stays(page: sync_api.Page, server: Stream) -> None:
    server.answering.clear()
    type_pressure(page, "120/80")
    until(lambda: len(server.posts) == 1)
    assert page.input_value("[name=bp]") == "", "free for the next set at once"
    page.fill("[name=bp]", "130/85")
    server.answering.set()
    until(lambda: rows(page) == [])
    page.wait_for_timeout(100)
    assert page.input_value("[name=bp]") == "130/85"
    page.reload()
    assert page.input_value("[name=bp]") == "130/85"


def test_two_taps_before_the_disk_has_answered_are_two_entries(page: sync_api.Page, server: Stream) -> None:
    page.evaluate("() => document.querySelectorAll('.tap').forEach((tap) => tap.click())")
    until(lambda: sorted(entry["kind"] for entry in saved(server)) == ["nausea", "water"])


def test_h22_two_acts_of_an_emergency_at_once_are_two_and_the_same_finger_twice_is_one(
    page: sync_api.Page, server: Stream
) -> None:
    page.evaluate("""() => {
        const [oxygen, shock] = document.querySelectorAll("[name='what']");
        [oxygen, shock, shock].forEach((one) => one.click());
    }""")
    until(lambda: [entry["what"] for entry in saved(server)] == ["oxygen", "shock"])
    page.wait_for_timeout(100)
    assert len(server.posts) == 2


def test_h41_enter_beside_the_acts_of_an_emergency_presses_none_and_a_refused_one_gives_the_next_no_time(
    page: sync_api.Page, server: Stream
) -> None:
    page.fill("[name=done_at]", "10:05")
    page.press("[name=done_at]", "Enter")
    page.wait_for_timeout(100)
    assert server.posts == []
    page.fill("[name=done_at]", "")
    server.refusing = REFUSED.replace('<input type="checkbox" name="confirm" value="bp">', "")
    page.click("text=Oxygen")
    page.locator("[data-errors]").wait_for()
    server.refusing = ""
    assert page.get_attribute("form[data-keep='act']", "data-entered-at") is None
    page.click("text=Shock")
    until(lambda: [entry["what"] for entry in saved(server)] == ["shock"])


def test_an_entry_that_another_sending_took_with_it_is_said_to_be_saved(page: sync_api.Page, server: Stream) -> None:
    server.answering.clear()
    page.click("text=Nausea")
    until(lambda: len(server.posts) == 1)
    page.click("text=Water")
    type_pressure(page, "120/80")
    until(lambda: len(rows(page)) == 3)
    server.answering.set()
    page.locator("form[data-keep='grid'] .saved__yes").wait_for()
    assert len(saved(server)) == 3


LOCKS = "navigator.locks.query().then(({ held, pending }) => held.length + pending.length)"


def test_on_a_line_that_answers_nothing_signing_out_asks_within_seconds(page: sync_api.Page, server: Stream) -> None:
    server.answering.clear()
    page.click("text=Nausea")
    until(lambda: len(server.posts) == 1)
    page.clock.run_for(60_000)
    assert page.evaluate(LOCKS) <= 2, "the longer it lasts, the more would stand in line"
    page.click("text=Leave")
    page.clock.run_for(3500)
    page.locator(BAR, has_text="Signing out now loses 1 entry").wait_for()
    server.answering.set()


def test_a_key_that_was_spent_elsewhere_is_renewed(page: sync_api.Page, server: Stream) -> None:
    server.spent.add(page.locator("[name=once]").first.input_value())
    page.click("text=Nausea")
    until(lambda: len(saved(server)) == 1)
    assert len({entry["once"] for entry in server.posts}) == 2


NO_DISK = """indexedDB.open = () => { const asked = {};
queueMicrotask(() => { asked.error = new Error("full"); asked.onerror(); }); return asked; }"""


def test_a_browser_that_stores_nothing_still_sends_what_was_pressed(browser: sync_api.Browser, server: Stream) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(NO_DISK)
    come(page, server)
    page.click("text=Nausea")
    until(lambda: [entry.get("kind") for entry in saved(server)] == ["nausea"])
    page.click("text=Leave")
    until(lambda: server.posts[-1]["action"] == "/sign-out/")
    context.close()


NO_UUID = "delete Crypto.prototype.randomUUID"


def test_without_https_a_second_tap_has_a_key_of_its_own(browser: sync_api.Browser, server: Stream) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(NO_UUID)
    come(page, server)
    page.click("text=Nausea")
    page.click("text=Water")
    until(lambda: [entry["kind"] for entry in saved(server)] == ["nausea", "water"])
    context.close()


DRAWN_ANEW = """() => { const form = document.querySelector("form[data-keep='grid']"), anew = form.cloneNode(true);
delete anew.dataset.enteredAt; form.replaceWith(anew);
anew.querySelector("[name=bp]").value = form.querySelector("[name=bp]").value;
document.dispatchEvent(new CustomEvent("page:exchanged", { detail: { id: "grid" } })); }"""


def test_e1_a_form_drawn_anew_while_its_answer_is_awaited_still_gets_the_answer(
    page: sync_api.Page, server: Stream
) -> None:
    """A reading comes and the flowsheet is drawn again between the press and the answer."""
    server.refusing = REFUSED.partition("<label")[0]
    server.answering.clear()
    type_pressure(page, "80/120")
    until(lambda: len(server.posts) == 1)
    page.evaluate(DRAWN_ANEW)
    server.answering.set()
    page.locator("[data-errors]").wait_for()
    form = page.locator("form[data-keep='grid']")
    form.get_by_text("Not saved. Your entry is kept on this screen.").wait_for()
    assert page.input_value("[name=bp]") == "80/120"
    assert page.locator(BAR).is_hidden(), "it is in its form, not in the queue"
    page.evaluate("document.querySelector('form[data-keep] [data-saved]').replaceChildren()")
    page.evaluate(DRAWN_ANEW)
    form.get_by_text("Not saved. Your entry is kept on this screen.").wait_for()

    server.refusing = ""
    server.answering.clear()
    type_pressure(page, "120/80")
    until(lambda: len(server.posts) == 2)
    page.evaluate(DRAWN_ANEW)
    server.answering.set()
    form.get_by_text("✓ Saved").wait_for()
    assert page.input_value("[name=bp]") == "", "what is saved does not stand there to be saved again"
    (last,) = saved(server)
    assert (last["bp"], last["entered_at"]) == ("120/80", server.posts[0]["entered_at"]), "the time of its first entry"


def test_a_refusal_of_what_waited_comes_back_with_its_text(page: sync_api.Page, server: Stream) -> None:
    server.away, server.refusing = True, REFUSED
    page.locator(BAR, has_text="NOT SAVING").wait_for()
    type_pressure(page, "250/80")
    page.locator(BAR, has_text="1 entry kept").wait_for()
    server.away = False
    page.locator(BAR, has_text="1 entry refused").wait_for()
    assert "Readings: 250/80" in page.inner_text(BAR)
    page.fill("[name=bp]", "118/76")
    page.click("text=Correct it")
    assert page.input_value("[name=bp]") == "118/76", "what is being typed is not overwritten"
    page.fill("[name=bp]", "")
    page.locator(BAR).get_by_text("Save first").click()
    page.locator(BAR).wait_for(state="hidden")
    assert page.input_value("[name=bp]") == "250/80"
    assert len(rows(page)) == 1, "it is kept until it is entered anew"
    page.reload()
    assert page.input_value("[name=bp]") == "250/80"
    server.refusing = ""
    page.fill("[name=bp]", "150/80")
    page.click("text=Save this column")
    until(lambda: len(server.saved) == 1)
    first, last = server.posts[0], saved(server)[0]
    assert (last["bp"], last["entered_at"]) == ("150/80", first["entered_at"]), "with the time of its first entry"
    until(lambda: rows(page) == [])


def test_h2_what_waited_is_right_as_entered_of_what_was_asked(page: sync_api.Page, server: Stream) -> None:
    server.away, server.refusing = True, REFUSED
    page.locator(BAR, has_text="NOT SAVING").wait_for()
    type_pressure(page, "250/80")
    page.locator(BAR, has_text="1 entry kept").wait_for()
    server.away = False
    page.click("text=Right as entered")
    until(lambda: len(server.saved) == 1)
    assert [saved(server)[0][name] for name in ("bp", "confirm", "bp_asked")] == ["250/80", "bp", "250/80"]


def test_what_is_not_kept_leaves_a_remark_that_says_so(page: sync_api.Page, server: Stream) -> None:
    server.away = True
    page.click("text=Nausea")
    page.locator(BAR, has_text="1 entry kept").wait_for()
    page.locator(BAR).get_by_text("What waits").click()
    page.locator(BAR).get_by_text("Do not keep").click()
    page.click("text=Water")
    page.locator(BAR, has_text="2 entries").wait_for()
    page.locator(BAR).get_by_text("Entered already").first.click()  # still open, though the bar was drawn again
    server.away = False
    until(lambda: len(server.saved) == 2)
    water, remark = saved(server)
    assert water["kind"] == "water"
    assert remark["words"].startswith("Not kept: event of ")
    assert remark["words"].endswith("Entered already.")


def test_h41_an_act_of_an_emergency_that_is_not_kept_says_what_it_was(page: sync_api.Page, server: Stream) -> None:
    server.away = True
    page.fill("[name=done_at]", "10:05")
    page.click("text=Oxygen")
    page.locator(BAR).get_by_text("What waits").click()
    page.locator(BAR).get_by_text("Do not keep").click()
    page.locator(BAR).get_by_text("A slip").click()
    server.away = False
    until(lambda: len(server.saved) == 1)
    assert saved(server)[0]["words"].startswith("Not kept: emergency act oxygen 10:05 of ")


def test_h22_an_emergency_that_begins_without_a_line_sounds_here_and_waits_before_its_acts(
    page: sync_api.Page, server: Stream
) -> None:
    page.evaluate("document.addEventListener('help:called', () => (window.calls = (window.calls ?? 0) + 1))")
    server.away = True
    page.locator(BAR, has_text="NOT SAVING").wait_for()
    page.click("text=Start")
    page.locator(BAR, has_text="1 entry").wait_for()
    page.click("text=Oxygen")
    page.locator(BAR, has_text="2 entries").wait_for()
    assert page.evaluate("window.calls") == 1, "whoever acts hears it once"
    server.away = False
    until(lambda: [entry["what"] for entry in saved(server)] == ["begin", "oxygen"])


def hears(page: sync_api.Page) -> bool:
    """The device asks again when its clock is moved, and gives up what does not answer in seconds of that clock: the
    server is left the time to answer in, however busy the machine."""
    page.clock.fast_forward(2000)
    try:
        page.locator("[data-channel='HR'] [data-value]", has_text="88").wait_for(timeout=2500)
    except sync_api.TimeoutError:
        return False
    return True


def ticked(page: sync_api.Page, ms: int) -> None:
    page.clock.fast_forward(ms)
    page.wait_for_timeout(500)


def test_d3_a_device_dates_no_press_before_it_has_heard_the_server(browser: sync_api.Browser, server: Stream) -> None:
    """Its own clock is ten minutes behind. What is sent at once happened when it comes; what waited, so long ago."""
    context = browser.new_context()
    page = context.new_page()
    server.silent = True
    page.clock.install(time=datetime.now(UTC) - timedelta(minutes=10))  # noqa: TID251 - the device's clock
    page.goto(server.address)
    page.click("text=Nausea")
    until(lambda: len(saved(server)) == 1)
    assert "entered_at" not in server.posts[0]
    server.signed_out = True
    page.click("text=Water")
    until(lambda: len(server.posts) >= 2)
    pressed = datetime.now(UTC)  # noqa: TID251 - compared with the fake server's own clock
    server.silent = False
    until(lambda: hears(page), patience_s=120)
    server.signed_out = False
    until(lambda: ticked(page, 6000) or len(saved(server)) == 2, patience_s=120)
    assert abs(datetime.fromisoformat(saved(server)[1]["entered_at"]) - pressed) < timedelta(minutes=5)
    context.close()


def test_d3_what_was_refused_before_the_server_was_heard_keeps_its_hour_and_can_be_wiped(
    browser: sync_api.Browser, server: Stream
) -> None:
    context = browser.new_context()
    page = context.new_page()
    server.silent, server.refusing = True, REFUSED
    page.clock.install()
    page.goto(server.address)
    type_pressure(page, "250/80")
    page.locator("[data-errors]").wait_for()
    page.fill("[name=bp]", "")
    until(lambda: rows(page) == [])
    type_pressure(page, "251/80")
    page.locator("[data-errors]").wait_for()
    page.clock.fast_forward(600_000)
    server.silent = False
    until(lambda: hears(page), patience_s=120)
    page.check("form[data-keep='grid'] [name=confirm]")
    page.click("text=Save this column")
    until(lambda: len(server.saved) == 1)
    long_ago = datetime.now(UTC) - timedelta(minutes=5)  # noqa: TID251 - compared with the fake server's own clock
    assert datetime.fromisoformat(saved(server)[0]["entered_at"]) < long_ago
    context.close()


def test_an_ended_sign_in_holds_the_entry_until_one_has_signed_in(page: sync_api.Page, server: Stream) -> None:
    server.signed_out = True
    page.click("text=Nausea")
    page.locator(BAR, has_text="until you have signed in again").wait_for()
    server.signed_out = False
    page.clock.fast_forward(6000)
    page.locator(BAR).wait_for(state="hidden")
    assert len(saved(server)) == 1


def test_nothing_of_an_entry_can_be_read_on_the_device_and_sign_out_takes_the_key(
    page: sync_api.Page, server: Stream
) -> None:
    server.away = True
    page.locator(BAR, has_text="NOT SAVING").wait_for()
    type_pressure(page, "123/45")
    page.locator(BAR, has_text="1 entry kept").wait_for()
    assert len(rows(page)) == 1
    assert "123/45" not in str(rows(page)), "a number of three digits may come by chance"
    page.evaluate("document.querySelector('[data-sign-out]').addEventListener('submit', (e) => e.preventDefault())")
    page.click("text=Leave")
    page.locator(BAR, has_text="Signing out now loses 1 entry").wait_for()
    page.clock.fast_forward(6000)
    page.wait_for_timeout(500)
    assert "Signing out now loses 1 entry" in page.inner_text(BAR), "it stands until it is answered"
    page.locator(BAR).get_by_text("Stay signed in").click()
    page.locator(BAR).get_by_text("Sign out and lose it").wait_for(state="detached")
    page.click("text=Leave")
    page.locator(BAR, has_text="Signing out now loses 1 entry").wait_for()
    assert len(rows(page)) == 1, "asked first, each time"
    page.locator(BAR).get_by_text("Sign out and lose it").click()
    until(lambda: rows(page) == [])
    server.away = False
    page.reload()
    page.wait_for_timeout(1000)
    assert server.saved == {}


def test_g7_without_the_queue_the_same_outage_loses_the_entry(browser: sync_api.Browser, server: Stream) -> None:
    """The control arm: with the protection taken out, what was tapped is gone."""
    context = browser.new_context()
    try:
        context.route("**/js/waiting.js", lambda route: route.fulfill(
            body="export function startWaiting() {}", content_type="text/javascript"))  # fmt: skip
        page = context.new_page()
        come(page, server)
        server.away = True
        page.click("text=Water")
        until(lambda: len(server.posts) == 1)
        server.away = False
        page.reload()
        page.wait_for_timeout(1000)
        assert server.saved == {}
    finally:
        context.close()
