"""A demo nurse types a wrong password, then signs in with password and code, in a real browser."""

import pytest
from playwright.sync_api import Page, expect
from tests.browser import Product, barriers, picture

from ketacare.web import clock, demo
from ketacare.web.demo.accounts import PASSWORD, code_now
from ketacare.web.demo.people_at_it import READ_BACK

pytestmark = pytest.mark.browser
NURSE = "nurse@demo.example"


@pytest.fixture
def demo_clinic(product: Product) -> Product:
    demo.load(at=clock.now())
    return product


def test_a_nurse_is_refused_in_words_then_signs_in_with_password_and_code(demo_clinic: Product, page: Page) -> None:
    page.goto("/")
    picture(page, "sign-in")
    assert barriers(page) == []
    page.get_by_label("Email").fill(NURSE)
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert "not the password" not in demo_clinic.log.read_text()
    page.get_by_label("Email").fill(NURSE)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for _ in range(2):  # on a busy machine the half minute of a code may be over when it arrives
        code = page.locator("input[name=code]")
        code.wait_for()
        code.fill(code_now(NURSE))
        with page.expect_navigation():
            code.press("Enter")
        if "/2fa/authenticate/" not in page.url:
            break
    page.wait_for_url(f"{demo_clinic.address}/")
    expect(page.locator("main")).to_be_visible()
    picture(page, "home-nurse")
    assert barriers(page) == []
    sees_who_stands_behind_the_session(page)


def sees_who_stands_behind_the_session(page: Page) -> None:
    """The session that the demo has running: supervised, with the patient's own plan and the card one step away."""
    page.goto("/station/")
    chair = page.locator("[data-visit]").filter(has_text="Chair 3")
    expect(chair).to_contain_text("Dr Ines Okafor, on site")
    assert barriers(page) == []
    page.goto(chair.locator("a", has_text="Open").get_attribute("href") or "")
    expect(page.locator("#distress")).to_contain_text("the right shoulder, once he nods")
    expect(page.locator("#distress")).to_contain_text("needed now")
    expect(page.locator("#timeline")).to_contain_text(f"Read back: {READ_BACK}")
    page.locator("#emergency").get_by_role("link", name="Emergency card").click()
    expect(page.get_by_role("dialog")).to_contain_text("14 Harbour Street")
    assert barriers(page) == []
