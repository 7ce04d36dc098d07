"""Forms in a browser: what is typed is kept until saved and forgotten at sign-out (E2, E3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
from django.template import engines
from django.template.loader import render_to_string
from playwright import sync_api

from ketacare.web.styleguide.examples import guide
from ketacare.web.styleguide.tests.fake_stream import Stream, streaming, until

AXE = Path(__file__).parents[5] / "node_modules/axe-core/axe.min.js"
pytestmark = pytest.mark.browser

FORM = """
{% extends "base.jinja" %}
{% import "components.jinja" as ui with context %}
{% block main %}
{{ ui.error_summary() }}
{{ ui.form_open("/note/", keep="note", version=1) }}
{{ ui.pressure_field() }}
{{ ui.weight_field() }}
{{ ui.textarea("words", "What happened") }}
{{ ui.submit("Save note") }}
{{ ui.form_close() }}
<div id="part">
{{ ui.form_open("/trial/", keep="trial", target="#part", version=1) }}
{% for row in range(3) %}<input name="dose_mg"><input name="weeks" value="0">{% endfor %}
<label><input type="checkbox" name="given" value="on" checked> Given</label>
{{ ui.submit("Add trial") }}
{{ ui.form_close() }}
{{ ui.form_open("/other/", target="#part") }}<button name="none" value="on">Takes none</button>{{ ui.form_close() }}
</div>
<form method="post" action="/sign-out/" data-sign-out><button type="submit">Leave</button></form>
{% endblock %}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Stream]:
    context = {"actor": SimpleNamespace(user_id="nurse"), "chrome": False}
    with streaming(engines["jinja"].from_string(FORM).render(context)) as running:
        yield running


@pytest.fixture
def page(browser: sync_api.Browser, server: Stream) -> Iterator[sync_api.Page]:
    server.posts.clear()
    opened = browser.new_context().new_page()
    opened.goto(server.address)
    yield opened
    server.hanging_up = False
    server.answering.set()
    opened.context.close()


def test_e2_typed_text_survives_a_reload_and_says_it_is_not_saved(page: sync_api.Page) -> None:
    page.fill("[name=words]", "she asked for water")
    page.reload()
    assert page.input_value("[name=words]") == "she asked for water"
    assert page.inner_text("[data-saved]") == "Not saved: kept on this screen"


def test_nothing_typed_is_kept_after_sign_out(page: sync_api.Page) -> None:
    page.fill("[name=words]", "she asked for water")
    page.evaluate("document.querySelector('[data-sign-out]').addEventListener('submit', (e) => e.preventDefault())")
    page.click("text=Leave")
    for _ in range(400):  # what waits on this device is asked for first
        if page.evaluate(KEPT) == []:
            break
        page.wait_for_timeout(20)
    assert page.evaluate(KEPT) == []


KEPT = "Object.keys(sessionStorage).filter((key) => key.startsWith('kept:'))"
TRIAL = "form[data-keep=trial]"
ROWS = (
    f"[...document.querySelectorAll('{TRIAL} input[type=text], {TRIAL} input:not([type])')].map((field) => field.value)"
)


def sent_in_vain(page: sync_api.Page) -> None:
    with page.expect_event("requestfailed"):
        page.click("text=Save note", no_wait_after=True)
    page.wait_for_function("location.protocol === 'chrome-error:'")  # the browser's own page


def fill_rows(page: sync_api.Page, *words: str) -> None:
    for nth, word in enumerate(words):
        page.locator(f"{TRIAL} [name=dose_mg]").nth(nth).fill(word)


def test_each_of_several_fields_of_one_name_gets_back_its_own(page: sync_api.Page) -> None:
    """Four doses of one medicine that came back as four times the last would change the count of failed trials."""
    fill_rows(page, "50", "100")
    page.reload()
    assert page.evaluate(ROWS) == ["50", "0", "100", "0", "", "0"]
    page.uncheck("[name=given]")
    page.reload()
    assert not page.is_checked("[name=given]"), "what was taken out stays out"


def test_a_cut_connection_forgets_nothing_however_the_page_is_opened_again(page: sync_api.Page, server: Stream) -> None:
    page.fill("[name=words]", "she asked for water")
    page.context.set_offline(True)
    sent_in_vain(page)
    page.context.set_offline(False)
    page.goto(server.address)
    assert page.input_value("[name=words]") == "she asked for water"


HELP = """() => {
    document.addEventListener('help:called', () => (window.called = true));
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: '/sessions/1/help/', innerHTML: '<button>Call help</button>' });
    document.body.append(form);
    document.body.dataset.live = ''; // a page that watches
    document.documentElement.dataset.connection = 'lost';
    document.body.dataset.zone = 'Pacific/Kiritimati'; // fourteen hours before UTC: no device of ours stands there
}"""
CLINIC_TIME = (
    "new Date().toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'Pacific/Kiritimati' })"
)


def test_h22_on_a_lost_line_no_plain_form_takes_the_page_away_and_help_sounds_at_once(
    page: sync_api.Page, server: Stream
) -> None:
    """The cover, the emergency card and what waits go with the page. Where somebody answers the form goes as ever: the
    line is also called lost when the alarms are not being judged."""
    page.evaluate(HELP)
    page.fill("[name=words]", "she asked for water")
    page.context.set_offline(True)
    for nth, button in enumerate(("Call help", "Save note"), 1):
        page.click(f"text={button}")
        page.get_by_text(f"{nth} step{'s' if nth > 1 else ''} NOT SENT and not saved").wait_for()
    near = {page.evaluate(CLINIC_TIME.replace("()", f"(Date.now() - {ms})")) for ms in (0, 60_000)}
    assert page.locator(".waiting__entry time").first.inner_text() in near, "by the clinic's clock, not the device's"
    assert page.evaluate("window.called") is True
    assert page.input_value("[name=words]") == "she asked for water"
    assert server.posts == []
    page.context.set_offline(False)
    with page.expect_request(lambda request: request.method == "POST"):
        page.click("text=Save note", no_wait_after=True)


def test_other_words_after_a_lost_answer_go_under_a_key_of_their_own(page: sync_api.Page, server: Stream) -> None:
    """Sent again as it was it is the same entry; with more words it would be refused under its old key for ever."""
    page.fill("[name=words]", "not today")
    server.hanging_up = True
    sent_in_vain(page)
    server.hanging_up = False
    page.goto(server.address)
    key = page.locator("form[data-keep=note] [name=once]")
    assert key.input_value() == server.posts[0]["once"], "unchanged it is the same entry"
    page.fill("[name=words]", "not today, she will think about it")
    changed = key.input_value()
    assert changed != server.posts[0]["once"]
    page.fill("[name=words]", "not today, she will think about it again")
    assert key.input_value() == changed


def test_what_was_sent_before_an_update_is_offered_again_and_stops_no_script(page: sync_api.Page) -> None:
    page.fill("[name=words]", "she asked for water")
    page.evaluate("sessionStorage.setItem('sent', 'kept:nurse:/note/:note')")
    page.reload()
    assert page.input_value("[name=words]") == "she asked for water"
    assert page.evaluate("sessionStorage.getItem('sent')") is None


def test_a_part_that_fails_takes_no_other_with_it(page: sync_api.Page) -> None:
    page.add_init_script("Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('blocked') } })")
    page.reload()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()


SPENT = '<div data-errors tabindex="-1">Spent.</div><span data-spent hidden></span>'


def test_i2_a_key_is_renewed_by_the_answer_that_says_it_was_spent_and_by_no_later_one(page: sync_api.Page) -> None:
    """The answer of a proxy may stand before an entry that was made: the next try is the same one."""
    keys: list[str] = []
    answers = [{"status": 422, "body": SPENT, "content_type": "text/html"}, {"status": 502}, {"status": 502}]

    def answer(route: sync_api.Route) -> None:
        keys.append(parse_qs(route.request.post_data or "")["once"][0])
        headers = {"HX-Retarget": "closest form", "HX-Reswap": "afterbegin"}
        route.fulfill(headers=headers, **answers[len(keys) - 1])

    page.route("**/trial/", answer)
    for _ in answers:
        with page.expect_response("**/trial/"):
            page.click("text=Add trial")
        page.locator(f"{TRIAL}:not([data-sending]) .saved__not", has_text="Your entry is kept").wait_for()
    assert keys[0] != keys[1] == keys[2]


BOTH = {
    "refusals": [{"field": "This page", "rule": "was changed.", "remedy": "Read both.", "kind": "impossible"}],
    "theirs": "Theirs",
    "yours": "Mine",
}


def test_i4_who_has_seen_both_texts_saves_over_what_stands_now(page: sync_api.Page) -> None:
    tries: list[dict[str, list[str]]] = []

    def answer(route: sync_api.Route) -> None:
        tries.append(parse_qs(route.request.post_data or ""))
        shown = BOTH | {"standing": ("version", str(len(tries) + 1))}
        body = render_to_string("errors/_refused.jinja", shown, using="jinja")
        headers = {"HX-Retarget": "closest form", "HX-Reswap": "afterbegin"}
        route.fulfill(status=409, body=body, content_type="text/html", headers=headers)

    page.route("**/trial/", answer)
    for _ in range(2):
        with page.expect_response("**/trial/"):
            page.click("text=Add trial")
        page.locator(f"{TRIAL}:not([data-sending]) .saved__not", has_text="Your entry is kept").wait_for()
    assert [one["version"] for one in tries] == [["1"], ["2"]]
    assert tries[0]["once"] != tries[1]["once"]
    assert page.locator(f"{TRIAL} >> text=Both texts are below").count() == 1


def test_i4_the_way_back_from_both_texts_leads_to_a_form_that_can_be_saved(page: sync_api.Page, server: Stream) -> None:
    body = render_to_string("errors/409.jinja", BOTH | {"standing": ("version", "2")}, using="jinja")
    page.route("**/note/", lambda route: route.fulfill(status=409, body=body, content_type="text/html"))
    page.fill("[name=words]", "Mine")
    page.click("text=Save note")
    page.locator("text=Both texts are below").wait_for()
    page.wait_for_load_state()
    for _ in range(2):
        page.goto(server.address)
        assert page.input_value("[name=words]") == "Mine"
        assert page.input_value("form[data-keep=note] [name=version]") == "2"


def test_e3_a_form_that_keeps_nothing_says_that_it_failed_until_it_succeeds(page: sync_api.Page) -> None:
    ways = [{"status": 500}, None, {"status": 204}]

    def answer(route: sync_api.Route) -> None:
        way = ways.pop(0)
        route.fulfill(**way) if way else route.abort()

    page.route("**/other/", answer)
    toast = page.locator("[data-toasts] .toast", has_text="Not saved. Press again")
    for left in (2, 1):
        page.click("text=Takes none")
        toast.wait_for()
        assert (len(ways), toast.count()) == (left, 1)
        page.wait_for_timeout(50)
    page.click("text=Takes none")
    toast.wait_for(state="detached")


def test_e3_a_line_that_never_answers_is_no_saving_without_end(page: sync_api.Page) -> None:
    assert page.evaluate("htmx.config.timeout") == 20000
    page.evaluate("htmx.config.timeout = 300")
    page.route("**/trial/", lambda route: None)
    page.click("text=Add trial")
    page.locator(f"{TRIAL} .saved__not", has_text="trying again").wait_for()


def test_a_part_that_is_drawn_anew_gives_each_form_its_kept_text(page: sync_api.Page) -> None:
    fill_rows(page, "50")
    page.evaluate("() => htmx.swap('#part', document.getElementById('part').outerHTML, { swapStyle: 'outerHTML' })")
    page.locator(f"{TRIAL} [data-saved]", has_text="Not saved").wait_for()
    assert page.evaluate(ROWS)[0] == "50"


def test_a_second_press_sends_nothing_while_the_first_is_awaited(page: sync_api.Page, server: Stream) -> None:
    server.answering.clear()
    page.evaluate("() => { const button = document.querySelector('[name=none]'); button.click(); button.click(); }")
    page.wait_for_timeout(200)
    server.answering.set()
    until(lambda: server.posts)
    page.wait_for_timeout(300)
    assert len(server.posts) == 1


def test_signed_out_in_one_tab_nothing_typed_stays_in_another(page: sync_api.Page, server: Stream) -> None:
    other = page.context.new_page()
    other.goto(server.address)
    other.fill("[name=words]", "told about her brother")
    page.evaluate("document.querySelector('[data-sign-out]').addEventListener('submit', (e) => e.preventDefault())")
    with other.expect_navigation():
        page.click("text=Leave")
    assert other.evaluate(KEPT) == []
    assert other.input_value("[name=words]") == ""


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("120/80", "120 over 80 mmHg"),
        ("120 80", "120 over 80 mmHg"),
        ("120-80", "120 over 80 mmHg"),
        ("120/80/93", "120 over 80 mmHg, mean 93"),
        ("80/120", "The first number must be the higher one"),
        ("high", "Write systolic, then diastolic: 120/80"),
    ],
)
def test_a_pressure_is_read_back_as_it_was_understood(page: sync_api.Page, typed: str, read: str) -> None:
    page.fill("[name=pressure]", typed)
    assert page.locator("[name=pressure] >> xpath=ancestor::div[1] >> [data-read]").inner_text() == read


def test_a_weight_in_pounds_is_shown_in_both_units(page: sync_api.Page) -> None:
    page.fill("[name=weight_kg]", "158 lb")
    assert page.locator("[name=weight_kg] >> xpath=ancestor::div[1] >> [data-read]").inner_text() == "71.7 kg = 158 lb"


@pytest.mark.parametrize("theme", ["day", "room"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_component_passes_the_accessibility_rules(browser: sync_api.Browser, theme: str, width: int) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not fetched on this machine")
    shown = render_to_string("styleguide.jinja", guide() | {"theme": theme}, using="jinja")
    context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}, reduced_motion="reduce")
    with streaming(shown) as server:
        page = context.new_page()
        page.goto(server.address)
        page.evaluate(AXE.read_text())
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found = page.evaluate("(rules) => axe.run(document, { runOnly: rules })", rules)["violations"]
    context.close()
    assert [(one["id"], one["nodes"][0]["target"]) for one in found] == []
