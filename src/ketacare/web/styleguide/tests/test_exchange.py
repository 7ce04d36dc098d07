"""Parts of a live page are exchanged under the hands of whoever works on it (V5, H6, H22)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.template.loader import render_to_string
from playwright import sync_api

from ketacare.web.styleguide.examples import guide
from ketacare.web.styleguide.tests.fake_stream import Stream, streaming

pytestmark = pytest.mark.browser

ASK = "async (kind) => { const { refresh } = await import('/static/js/refresh.js'); refresh(kind); }"
OPEN = "[...document.querySelectorAll('#own details')].map((one) => one.open)"
NOW = "() => document.querySelector('#own').textContent.trim()"


class Part:
    """A part of the page that follows events of its own, and whose answers the test gives in the order it likes."""

    def __init__(self, page: sync_api.Page) -> None:
        self.page = page
        self.asked: list[sync_api.Route] = []
        page.route("**/part/", lambda route: self.asked.append(route))

    def shows(self, inside: str) -> None:
        section = f'<section id="own" data-refresh="own alarm" data-src="/part/">{inside}</section>'
        self.page.evaluate("html => document.querySelector('main').insertAdjacentHTML('afterbegin', html)", section)

    def told(self, kind: str) -> None:
        self.page.evaluate(ASK, kind)

    def ask(self, kind: str = "own") -> sync_api.Route:
        before = len(self.asked)
        self.told(kind)
        while len(self.asked) == before:
            self.page.wait_for_timeout(20)
        return self.asked[-1]

    def answer(self, asked: sync_api.Route, inside: str, person: str = "") -> None:
        attribute = f' data-person="{person}"' if person else ""
        with self.page.expect_event("requestfinished", lambda one: one == asked.request):
            asked.fulfill(
                body=f'<body{attribute}><section id="own">{inside}</section></body>', content_type="text/html"
            )
        self.page.wait_for_timeout(300)


@pytest.fixture(scope="module")
def stream() -> Iterator[Stream]:
    shown = render_to_string("styleguide.jinja", guide() | {"live": "/live/stream?ticket=t"}, using="jinja")
    with streaming(shown) as running:
        yield running


@pytest.fixture
def page(browser: sync_api.Browser, stream: Stream) -> Iterator[sync_api.Page]:
    opened = browser.new_page(bypass_csp=True)
    opened.goto(stream.address)
    yield opened
    opened.close()


@pytest.fixture
def part(page: sync_api.Page) -> Part:
    return Part(page)


def test_h6_an_answer_that_was_overtaken_draws_nothing(page: sync_api.Page, part: Part) -> None:
    part.shows("No alarm")
    slow, quick = part.ask(), part.ask("alarm")
    part.answer(quick, "SpO2 signal lost")
    part.answer(slow, "No alarm")
    assert page.evaluate(NOW) == "SpO2 signal lost"


def test_g8_a_part_is_asked_for_once_at_a_time_and_what_was_told_meanwhile_once_more(
    page: sync_api.Page, part: Part
) -> None:
    """A busy server was asked once a second by every page that waited for it."""
    part.shows("0")
    first = part.ask()
    for _ in range(4):
        part.told("own")
        page.wait_for_timeout(200)
    assert len(part.asked) == 1
    part.answer(first, "1")
    page.wait_for_timeout(1200)
    assert len(part.asked) == 2
    part.answer(part.asked[-1], "2")
    page.wait_for_timeout(1200)
    assert (page.evaluate(NOW), len(part.asked)) == ("2", 2)


def test_h17_what_is_typed_in_one_form_is_not_copied_into_its_like(page: sync_api.Page, part: Part) -> None:
    advice = '<form action="/advice/{}/"><textarea name="read_back"></textarea><input name="by" value="{}"></form>'
    part.shows(advice.format(1, "Noor") + advice.format(2, "Noor"))
    page.fill("form[action='/advice/1/'] textarea", "ondansetron 4 mg, given")
    page.evaluate("document.activeElement.blur()")
    part.answer(part.ask(), "".join(advice.format(number, "Imani") for number in (3, 1, 2)))
    values = {form: page.input_value(f"form[action='/advice/{form}/'] textarea") for form in (1, 2, 3)}
    assert values == {1: "ondansetron 4 mg, given", 2: "", 3: ""}
    assert page.input_value("form[action='/advice/1/'] [name=by]") == "Imani", "what the server wrote is the server's"


def test_only_the_newest_of_what_waits_for_a_writer_is_drawn(page: sync_api.Page, part: Part) -> None:
    part.shows("<form action='/x/'><input name='a'></form><p>0</p>")
    page.evaluate("document.addEventListener('page:exchanged', () => { window.drawn = (window.drawn ?? 0) + 1; })")
    page.focus("#own [name=a]")
    for number in (1, 2, 3):
        part.answer(part.ask(), f"<form action='/x/'><input name='a'></form><p>{number}</p>")
    assert page.inner_text("#own p") == "0"
    page.evaluate("window.drawn = 0; document.activeElement.blur()")
    page.wait_for_function("document.querySelector('#own p').textContent === '3'")
    assert page.evaluate("window.drawn") == 1


REPLACED = "document.querySelector('#own').outerHTML = document.querySelector('#own').outerHTML"


def test_h6_what_waits_for_a_writer_is_drawn_though_their_field_was_taken_away(page: sync_api.Page, part: Part) -> None:
    part.shows("<input name='a'><p>0</p>")
    page.focus("#own [name=a]")
    part.answer(part.ask(), "<input name='a'><p>1</p>")
    assert page.inner_text("#own p") == "0"
    page.evaluate(REPLACED)
    page.locator("#own p", has_text="1").wait_for()


def test_h6_a_part_that_was_replaced_while_it_was_asked_for_is_drawn(page: sync_api.Page, part: Part) -> None:
    part.shows("<p>No alarm</p>")
    asked = part.ask()
    page.evaluate(REPLACED)
    part.answer(asked, "<p>SpO2 signal lost</p>")
    assert page.evaluate(NOW) == "SpO2 signal lost"


def test_v5_the_focus_stays_on_the_same_button_and_the_spoken_region_is_the_same(
    page: sync_api.Page, part: Part
) -> None:
    seen = "<form action='/seen/{0}/'><button>I have seen it</button></form>"
    region = "<div aria-live='{1}'>{0}" + seen + seen.replace("{0}", "b") + "</div><p>{0}</p>"
    part.shows(region.format("a", "polite"))
    page.focus("#own form[action='/seen/b/'] button")
    page.evaluate("window.region = document.querySelector('#own [aria-live]')")
    part.answer(part.ask(), region.format("c", "assertive"))
    assert page.evaluate("document.activeElement.form?.getAttribute('action')") == "/seen/b/"
    assert page.evaluate("window.region.isConnected && window.region.getAttribute('aria-live')") == "assertive"
    assert page.inner_text("#own > p") == "c"


def test_of_two_alike_only_the_fold_that_was_opened_stays_open(page: sync_api.Page, part: Part) -> None:
    take = "<details><summary>Take it</summary><form><input type='hidden' name='task' value='{}'></form></details>"
    both = take.format("supervise") + take.format("watch")
    part.shows(both + "<p>0</p>")
    page.locator("#own summary").nth(1).click()
    part.answer(part.ask(), both + "<p>1</p>")
    assert page.inner_text("#own p") == "1"
    assert page.evaluate(OPEN) == [False, True]


def test_v5_a_fold_stays_open_when_another_form_comes_into_it(page: sync_api.Page, part: Part) -> None:
    """Such as the one by which an alarm that was seen is taken back."""
    more = "<details><summary>3 more</summary><form>{}</form></details>"
    part.shows(more.format(""))
    page.locator("#own summary").click()
    part.answer(part.ask(), more.format("<input type='hidden' name='slip' value='yes'>"))
    assert page.locator("#own [name=slip]").count() == 1
    assert page.evaluate(OPEN) == [True]


def test_v5_a_button_that_is_pressed_out_of_a_field_is_not_exchanged_before_the_finger_is_lifted(
    page: sync_api.Page, part: Part
) -> None:
    form = "<form action='/take/'><input type='radio' name='place' value='remote'><button>I supervise</button></form>"
    part.shows(form + "<p>0</p>")
    page.evaluate("window.sent = 0; addEventListener('submit', (sent) => { sent.preventDefault(); window.sent += 1; })")
    page.check("#own [name=place]")
    part.answer(part.ask(), form + "<p>1</p>")
    page.hover("#own button")
    page.evaluate("{ const then = performance.now(); performance.now = () => then; }")
    page.mouse.down()
    part.answer(part.ask(), form + "<p>2</p>")
    page.mouse.up()
    page.wait_for_function("document.querySelector('#own p').textContent === '2'")
    assert page.evaluate("window.sent") == 1
    assert page.is_checked("#own [name=place]")


def test_h22_a_page_of_one_person_is_not_drawn_for_another(page: sync_api.Page, part: Part, stream: Stream) -> None:
    part.shows("mine")
    loaded = stream.pages
    with page.expect_navigation():
        part.answer(part.ask(), "theirs", person="somebody-else")
    assert stream.pages > loaded
    assert page.locator("#own").count() == 0


def test_h17_letters_do_nothing_behind_an_open_box(page: sync_api.Page, part: Part) -> None:
    part.shows("<button data-event-key='n'>Nausea</button>")
    page.evaluate("() => { document.querySelector('#own button').onclick = () => { window.charted = true; }; }")
    page.keyboard.press("?")
    page.wait_for_selector("#keys[open]")
    page.keyboard.press("n")
    assert page.evaluate("window.charted") is None
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert page.evaluate("window.charted") is True


def test_e2_a_standing_list_of_errors_takes_no_focus_from_who_writes(page: sync_api.Page, part: Part) -> None:
    errors = "<div data-errors tabindex='-1'>One thing to look at</div>"
    part.shows(f"{errors}<textarea name='remark'></textarea><div id='poll'></div><div id='mine'></div>")
    page.focus("#own textarea")
    brought = "(html) => htmx.swap('#poll', html, { swapStyle: 'innerHTML' })"
    page.evaluate(brought, "<p>the predicted course</p>")
    assert page.evaluate("document.activeElement.name") == "remark"
    page.evaluate(brought.replace("#poll", "#mine"), errors)
    assert page.evaluate("document.activeElement.closest('#mine') !== null"), "the list that came just now does"


SOUNDS = """export const start = () => {};
export const sound = (priority) => { (window.sounds ??= []).push(priority); return true; };
export const isProven = () => true, isQuiet = () => false, allowQuietUntil = () => {};"""


def test_a11_a_second_low_alarm_sounds_while_another_stands(browser: sync_api.Browser, stream: Stream) -> None:
    opened = browser.new_page(bypass_csp=True)
    opened.route("**/js/sound.js", lambda route: route.fulfill(body=SOUNDS, content_type="text/javascript"))
    opened.goto(stream.address)
    opened.locator(".live [data-channel='HR'] [data-value]", has_text="88").first.wait_for()
    low = "<div class='alarm alarm--low alarm--present' data-alarm='{}'></div>"
    opened.evaluate(
        "html => { document.body.innerHTML = html; }", f"<section data-alarms>{low.format('one')}</section>"
    )
    opened.wait_for_function("window.sounds?.at(-1) === 'low'")
    opened.evaluate("window.sounds = []")
    opened.wait_for_timeout(700)
    assert opened.evaluate("window.sounds") == [], "the first does not sound again"
    opened.evaluate(
        "html => document.querySelector('section').insertAdjacentHTML('beforeend', html)", low.format("two")
    )
    opened.wait_for_function("window.sounds.length === 1", timeout=20_000)
    opened.close()
