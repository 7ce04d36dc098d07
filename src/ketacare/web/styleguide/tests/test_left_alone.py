"""Pages that a person is left alone with: the room's help button, a check-in, and a screen whose sound was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import engines
from django.template.loader import render_to_string
from playwright import sync_api

from ketacare.clinic.dosing.views.helping import PHRASES
from ketacare.web.styleguide.tests.fake_stream import streaming, until

pytestmark = pytest.mark.browser

SCREEN = """
{% extends "base.jinja" %}
{% import "components.jinja" as ui with context %}
{% block main %}{{ ui.self_test("/self-test/") }}{% endblock %}
"""
QUESTION = """<!doctype html><body data-form="one"><main id="main"><form method="post" action="/answer/" data-answer>
<input type="hidden" name="once" value="9c1f1d5e-6d0f-4a55-8f6d-0f1f0c6f5a10">
<button name="answer" value="2">More than half the days</button></form></main>
<script type="module" src="/static/js/checkin.js"></script></body>"""
NO_DISK = """indexedDB.open = () => { const asked = {};
queueMicrotask(() => { asked.error = new Error("full"); asked.onerror(); }); return asked; }"""
CONTEXTS = """window.made = []; window.AudioContext = class extends AudioContext {
constructor() { super(); window.made.push(this); } }"""


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    opened = browser.new_context().new_page()
    yield opened
    opened.context.close()


def room(called_at: datetime | None) -> str:
    told = SimpleNamespace(called_at=called_at, seen=False)
    shown = {"chair": "Chair 1", "token": "t", "told": told, "lang": "en", "say": partial(PHRASES.say, "en")}
    return render_to_string("dosing/help_room.jinja", shown, using="jinja")


def test_h11_a_call_from_the_room_is_sent_until_it_is_answered_and_the_button_stays(page: sync_api.Page) -> None:
    told = room(datetime(2026, 7, 7, 9, 30, tzinfo=UTC))
    calls: list[str] = []

    def answer(route: Any) -> None:
        calls.append(route.request.post_data)
        if len(calls) == 1:
            route.abort()
        else:
            route.fulfill(body=told, content_type="text/html")

    with streaming(room(None)) as server:
        page.clock.install()
        page.goto(server.address)
        page.route("**/call/", answer)
        page.click(".helproom__button")
        page.locator(".helproom__lost", has_text="does not reach anybody").wait_for()
        assert page.is_visible(".helproom__button")
        page.clock.fast_forward(2000)
        page.locator(".helproom__told", has_text="Help was called").wait_for()
        assert page.is_hidden(".helproom__lost")
        assert calls[0] == calls[1], "the same call"


def test_an_answer_is_sent_with_its_button_where_nothing_can_be_stored(page: sync_api.Page) -> None:
    with streaming(QUESTION) as server:
        page.add_init_script(NO_DISK)
        page.goto(server.address)
        page.click("button")
        until(lambda: server.posts)
        assert [entry.get("answer") for entry in server.posts] == ["2"]


def test_h6_sound_that_was_stopped_is_told_and_comes_back_by_a_touch(page: sync_api.Page) -> None:
    context = {"actor": SimpleNamespace(user_id="nurse"), "chrome": False}
    with streaming(engines["jinja"].from_string(SCREEN).render(context)) as server:
        page.add_init_script(CONTEXTS)
        page.goto(server.address)
        page.click("[data-test-begin]")
        page.click("[data-test-all]")
        page.locator("[data-test-passed]").wait_for()
        page.evaluate("window.made[0].suspend()")
        page.locator("[data-test-passed]").wait_for(state="hidden")
        assert page.is_visible("[data-test-begin]")
        page.mouse.click(300, 300)
        page.locator("[data-test-passed]").wait_for()
        assert page.is_hidden("[data-test-begin]")
