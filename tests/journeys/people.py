"""People at their screens: each signs in once in a browser context of their own, and every page they see is judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect
from tests.browser import barriers, picture

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.tests.factories import browser as signed_in
from ketacare.clinic.people.tests.factories import just_confirmed
from ketacare.web import clock
from ketacare.web.demo.accounts import PASSWORD, code_now
from ketacare.web.logs import CREDENTIAL

# A busy machine is no fault of a page: what is waited for has room, and nothing here measures time.
expect.set_options(timeout=20_000)

DESKTOP = {"width": 1440, "height": 900}
TABLET = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}
# Chromium also reports an answer of 4xx and a lost connection in the console; the steps that ask for these say so.
EXPECTED = ("Failed to load resource", "Response Status Error Code 4")


def half_an_hour_ago(zone: str = "America/New_York") -> datetime:
    """Of the clinic's own day: what was asked today is not to be asked anew where a run begins just after midnight."""
    now = clock.now()
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(now - timedelta(minutes=30), midnight.astimezone(UTC))


@dataclass
class Findings:
    """What is wrong with the pages seen so far. Kept, not raised at once, so that one run names everything."""

    secrets: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        if f"{where}: {what}" not in self.found:
            self.found.append(f"{where}: {what}")

    def leaks(self, where: str, words: str) -> None:
        words = CREDENTIAL.sub(r"\1", words)  # sealed: any four letters may come there
        for secret in self.secrets:
            if secret.casefold() in words.casefold():
                self.add(where, f"names a patient: {words}")


class Team:
    """Everybody who works at, or is treated in, one running clinic."""

    def __init__(self, browser: Browser, address: str, findings: Findings) -> None:
        self.browser, self.address, self.findings = browser, address, findings
        self.contexts: list[BrowserContext] = []

    def signed_in(self, account: str) -> Someone:
        someone = self.at_a_screen(account, viewport=DESKTOP)
        someone.sign_in(f"{account}@demo.example")
        return someone

    def on_a_phone(self, who: str, language: str = "en") -> Someone:
        return self.at_a_screen(who, viewport=PHONE, has_touch=True, is_mobile=True, locale=language)

    def at_a_screen(self, who: str, **options: object) -> Someone:
        context = self.browser.new_context(base_url=self.address, accept_downloads=True, **options)  # type: ignore[arg-type]
        self.contexts.append(context)
        return Someone(who, context, self.address, self.findings)

    def go_home(self) -> None:
        for context in self.contexts:
            context.close()


class Someone:
    """One person at one screen. `within` narrows every act to a part of the page."""

    def __init__(self, who: str, context: BrowserContext, address: str, findings: Findings) -> None:
        self.who, self.context, self.address, self.findings = who, context, address, findings
        self.is_cut_off = False
        context.on("console", self.heard)
        context.on("weberror", lambda error: findings.add(who, f"script: {error.error}"))
        context.on("request", self.asked)
        context.on("response", self.answered)
        self.page: Page = context.new_page()
        self.within: Page | Locator = self.page

    # -- judging what is seen --

    def heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED) and not self.is_cut_off:
            self.findings.add(self.who, f"console, {self.page.url}: {message.text}")

    def asked(self, request: Request) -> None:
        self.findings.leaks(f"{self.who}, address", request.url)
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.findings.add(self.who, f"asked another host: {request.url}")

    def answered(self, response: Response) -> None:
        if response.status >= 500:
            self.findings.add(self.who, f"{response.status} from {response.url}")
        if response.request.resource_type == "document":
            policy = response.headers.get("content-security-policy", "")
            if "script-src 'self'" not in policy or "unsafe-inline" in policy:
                self.findings.add(response.url, f"content security policy: {policy!r}")

    def look(self, name: str) -> None:
        """Judge the page as it stands, and keep its picture."""
        self.settle()
        self.findings.leaks(f"{name}, title", self.page.title())
        for barrier in barriers(self.page):
            self.findings.add(name, barrier)
        self.page.evaluate("scrollTo(0, 0)")
        picture(self.page, name)

    # -- acting --

    def sign_in(self, email: str) -> None:
        self.go("/account/login/")
        self.fill("Email", email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.press("Sign in")
        self.tell_the_code(email)
        expect(self.page.locator("main")).to_be_visible()

    def tell_the_code(self, email: str) -> None:
        """On a busy machine the half minute of a code may be over when it arrives: then the next is told, once."""
        for _ in range(2):
            code = self.page.locator("input[name=code]")
            code.wait_for()
            code.fill(code_now(email))
            with self.page.expect_navigation():
                code.press("Enter")
            if "/2fa/authenticate/" not in self.page.url:
                return

    def confirm_if_asked(self) -> None:
        """An act that is signed asks for the password again when the sign-in is more than minutes old."""
        if "/account/reauthenticate/" in self.page.url:
            self.look("confirm-it-is-you")
            self.page.get_by_label("Password").fill(PASSWORD)
            self.page.get_by_role("button", name="Confirm").click()

    def go(self, address: str) -> None:
        self.page.goto(address)

    @contextmanager
    def inside(self, part: str) -> Iterator[Locator]:
        """Everything done in this block is done in the part of the page that this selector names."""
        self.within = self.page.locator(part)
        try:
            yield self.within
        finally:
            self.within = self.page

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """This screen loses its connection for as long as the block lasts."""
        self.is_cut_off = True
        self.context.set_offline(True)
        try:
            yield
        finally:
            self.context.set_offline(False)
            self.is_cut_off = False

    def fill(self, label: str, value: str) -> None:
        fields = self.within.locator("input:not([type=radio], [type=checkbox]), textarea, select")
        self.within.get_by_label(label).and_(fields).filter(visible=True).first.fill(value)

    def choose(self, legend: str, choice: str) -> None:
        group = self.within.get_by_role("group", name=legend).or_(self.within.get_by_role("radiogroup", name=legend))
        begins = re.compile(rf"^{re.escape(choice)}(?!\w)".replace("/", r"\/"))
        group.first.get_by_role("radio", name=begins).first.check()

    def tick(self, words: str) -> None:
        self.within.get_by_role("checkbox", name=words).check()

    def press(self, button: str) -> None:
        self.within.get_by_role("button", name=button, exact=True).first.click()
        self.settle()

    def settle(self) -> None:
        """What was pressed on a page that watches is answered before the browser follows it."""
        self.page.wait_for_function("() => !document.documentElement?.dataset.stepping")

    def tap(self, button: str) -> None:
        """With a thumb; the next page is there before anything else is done."""
        with self.page.expect_navigation():
            self.within.get_by_role("button", name=button, exact=True).first.tap()

    def follow(self, link: str) -> None:
        self.within.get_by_role("link", name=link).first.click()

    def type(self, *keys: str) -> None:
        """By keyboard alone: text is typed, a name of a key is pressed."""
        for key in keys:
            self.page.keyboard.press(key) if key in KEYS else self.page.keyboard.type(key)

    def sees(self, words: str) -> None:
        expect(self.within.get_by_text(words).first).to_be_visible()


KEYS = {"Control+A", "Tab", "Enter", "Space", "Escape", "ArrowDown"}


def at_work(team: Team, actor: Actor, who: str, viewport: dict[str, int] = DESKTOP) -> Someone:
    """Somebody of the staff, signed in a moment ago: how they sign in has a journey of its own."""
    client = just_confirmed(signed_in(actor))
    person = team.at_a_screen(who, viewport=viewport)
    cookies = [{"name": name, "value": morsel.value, "url": team.address} for name, morsel in client.cookies.items()]
    person.context.add_cookies(cookies)  # type: ignore[arg-type]
    return person
