"""How long the PHQ-9 takes by its link, on a phone on a slow line, at the pace of a reader and of a slow one.

Taps are scripted, the pace is a person's: every word that is new on the screen is read before the answer is chosen. The
wait for the network and the server is what it is. `KETACARE_PROOF=1` plays it and writes
`docs/safety/results/phone.md`.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from playwright.sync_api import Browser
from tests.browser import Product
from tests.journeys.people import Findings, Someone, Team

from ketacare.clinic.duties.tests.factories import Place
from ketacare.clinic.outcomes import access
from ketacare.clinic.outcomes.models import Answers, Ask
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, someone
from ketacare.clinic.tenancy.actions import tenant
from ketacare.web import clock

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif("KETACARE_PROOF" not in os.environ, reason="a person's pace takes its minute: make.py proof"),
]
RESULT = Path(__file__).resolve().parents[2] / "docs" / "safety" / "results" / "phone.md"
MOST_S = 90
ITEMS = 9


@dataclass(frozen=True)
class Pace:
    """Of whoever answers."""

    words_a_minute: int
    chooses_s: float

    def reads(self, words: str) -> float:
        return len(words.split()) * 60 / self.words_a_minute + self.chooses_s


@dataclass(frozen=True)
class Line:
    name: str
    latency_ms: int
    kbit_down: int
    kbit_up: int


READER, SLOW_READER = Pace(words_a_minute=238, chooses_s=1.5), Pace(words_a_minute=150, chooses_s=1.5)
SLOW_LINE = Line("slow 3G", latency_ms=400, kbit_down=400, kbit_up=400)
SLOWER = 4  # times slower than the machine's own processor, as a cheap phone is


@pytest.fixture
def team(product: Product, browser: Browser) -> Iterator[Team]:
    findings = Findings({"Quillcanary"})
    found = Team(browser, product.address, findings)
    yield found
    found.go_home()
    assert findings.found == []


def a_week_after_a_dose() -> Ask:
    at = clock.now()
    with transaction.atomic():
        house = a_clinic()
        patient = a_patient(someone(house, Role.FD), family="Quillcanary", given="Joan")
        return the_asks(Place(house), patient, at - timedelta(days=7, hours=1))["week"]


def throttled(phone: Someone) -> None:
    wire = phone.context.new_cdp_session(phone.page)
    wire.send("Network.enable")
    wire.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": SLOW_LINE.latency_ms,
            "downloadThroughput": SLOW_LINE.kbit_down * 1000 / 8,
            "uploadThroughput": SLOW_LINE.kbit_up * 1000 / 8,
        },
    )
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


@dataclass
class Timed:
    """`waits`: from each tap to the next screen; `pauses`: what was read and chosen in between."""

    opened_s: float
    waits: list[float]
    pauses: list[float]

    @property
    def total_s(self) -> float:
        return self.opened_s + sum(self.waits) + sum(self.pauses)


def answered(phone: Someone, address: str, pace: Pace) -> Timed:
    began = time.monotonic()
    phone.go(address)
    timed = Timed(time.monotonic() - began, [], [])
    read: set[str] = set()
    for number in range(1, ITEMS + 1):
        shown = [*phone.page.locator("main .phone__stem").all_inner_texts(), phone.page.locator("h1").inner_text()]
        shown += phone.page.locator("button[name=answer]").all_inner_texts()
        pause = pace.reads(" ".join(words for words in shown if words not in read))
        read |= set(shown)
        time.sleep(pause)
        tapped = time.monotonic()
        phone.page.locator("button[name=answer][value='1']" if number < ITEMS else "button[value='0']").first.tap()
        phone.page.wait_for_function("(old) => document.querySelector('h1').innerText !== old", arg=shown[-5])
        timed.waits.append(time.monotonic() - tapped)
        timed.pauses.append(pause)
    return timed


def test_the_phq_9_takes_no_longer_than_a_minute_and_a_half(team: Team) -> None:
    """For whoever reads as adults do on average; how long a slow reader takes is written beside it."""
    timed = {}
    for pace in (READER, SLOW_READER):
        ask = a_week_after_a_dose()
        assert ask.instruments[0] == "phq-9"
        phone = team.on_a_phone(f"a patient who reads {pace.words_a_minute} words a minute")
        throttled(phone)
        timed[pace] = answered(phone, f"/c/{access.token_for(ask)}/", pace)
        with tenant(ask.organisation_id):
            kept = Answers.objects.current().get(ask=ask, instrument="phq-9").values
        assert kept == {str(number): 1 if number < ITEMS else 0 for number in range(1, ITEMS + 1)}
    written(timed[READER], timed[SLOW_READER])
    assert timed[READER].total_s <= MOST_S


def written(usual: Timed, slow: Timed) -> None:
    def row(what: str, told: Callable[[Timed], str], asked: str = "–") -> str:
        return f"| {what} | {told(usual)} | {told(slow)} | {asked} |"

    rows = [
        row("the whole PHQ-9", lambda one: f"{one.total_s:.1f} s", f"at most {MOST_S} s"),
        row("of it reading and choosing", lambda one: f"{sum(one.pauses):.1f} s"),
        row("of it waiting for the nine screens after a tap", lambda one: f"{sum(one.waits):.1f} s"),
        row("from the tap on the link to the first question", lambda one: f"{one.opened_s:.1f} s"),
        row("longest wait after a tap", lambda one: f"{max(one.waits):.1f} s"),
    ]
    line = f"{SLOW_LINE.name} ({SLOW_LINE.latency_ms} ms, {SLOW_LINE.kbit_down} kbit/s each way)"
    ran = f"{clock.now():%d %B %Y}, {platform.machine()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    usual_pace, slow_pace = READER.words_a_minute, SLOW_READER.words_a_minute
    RESULT.write_text(
        f"""# The PHQ-9 by its link, on a slow phone

From the tap on the link to the ninth answer kept, in headless Chromium at the size of a phone. The line is held to
{line}, the browser's processor to a {SLOWER}th of this machine's. Every
word that is new on a screen is read, then choosing takes {READER.chooses_s} s. Adults read {usual_pace} words a minute
on average (Brysbaert 2019, doi 10.1016/j.jml.2019.104047); the slow reader reads {slow_pace}. One run each, on
{ran}, with

    KETACARE_PROOF=1 python -m pytest tests/journeys/test_time_on_a_phone.py

| | {usual_pace} words a minute | {slow_pace} words a minute | asked |
|---|---|---|---|
"""
        + "\n".join(rows)
        + f"""

The taps are a script's and the pace is a model's: no patient was timed. Nobody here goes back, is interrupted, or
thinks about an answer for longer than {READER.chooses_s} s. What the machine does beside it lengthens every wait.
"""
    )
