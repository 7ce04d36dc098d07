"""Forms in a browser: what is typed is kept until saved and forgotten at sign-out (E2, E3)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import engines
from django.template.loader import render_to_string

from ketacare.web.styleguide.examples import guide
from ketacare.web.styleguide.tests.fake_stream import streaming

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(__file__).parents[5] / "node_modules/axe-core/axe.min.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

FORM = """
{% extends "base.jinja" %}
{% import "components.jinja" as ui with context %}
{% block main %}
{{ ui.error_summary() }}
{{ ui.form_open("/note/", keep="note") }}
{{ ui.pressure_field() }}
{{ ui.weight_field() }}
{{ ui.textarea("words", "What happened") }}
{{ ui.submit("Save note") }}
{{ ui.form_close() }}
<form method="post" action="/sign-out/" data-sign-out><button type="submit">Leave</button></form>
{% endblock %}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    with streaming(engines["jinja"].from_string(FORM).render({})) as server:
        opened = browser.new_page()
        opened.goto(server.address)
        yield opened
        opened.close()


def test_e2_typed_text_survives_a_reload_and_says_it_is_not_saved(page: sync_api.Page) -> None:
    page.fill("[name=words]", "she asked for water")
    page.reload()
    assert page.input_value("[name=words]") == "she asked for water"
    assert page.inner_text("[data-saved]") == "Not saved: kept on this screen"


def test_nothing_typed_is_kept_after_sign_out(page: sync_api.Page) -> None:
    page.fill("[name=words]", "she asked for water")
    page.evaluate("document.querySelector('[data-sign-out]').addEventListener('submit', (e) => e.preventDefault())")
    page.click("text=Leave")
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('kept:'))") == []


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
