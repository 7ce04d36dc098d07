"""The product in a real browser (a pytest plugin): `product` runs it on a database of its own, `page` looks at it.

A page that writes an error to the console, or asks another host for anything, fails its test.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, sync_playwright

from ketacare.web.runtime.parent_death import die_with_parent
from tests.database import FreshDatabase

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("KETACARE_CHROMIUM") or next((found for name in NAMES if (found := shutil.which(name))), None)
# The same engine without the browser around it: a new page costs a third of the processor's time.
SHELL = os.environ.get("KETACARE_CHROMIUM") or shutil.which("chromium-headless-shell") or CHROMIUM
# The last four keep the browser from calling its maker's hosts. Its language is said, lest it be the machine's.
ARGUMENTS = [
    "--no-sandbox",
    "--accept-lang=en-US,en",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
]


@dataclass(frozen=True)
class Product:
    """A running `ketacare web` and the database behind it."""

    address: str
    database: FreshDatabase
    log: Path


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (KETACARE_CHROMIUM names one)")
    with sync_playwright() as started, pytest.MonkeyPatch.context() as environment:
        # Playwright keeps an event loop in this thread; Django would take our plain queries for asynchronous ones.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield launched
    launched.close()


@pytest.fixture
def product(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Product]:
    """The web process on this test's own database, told that it is a demo so that its accounts can sign in."""
    port, log = free_port(), tmp_path / "web.log"
    environment = fresh_database.environment() | {
        "KETACARE_DEMO": "1",
        "KETACARE_ORIGIN": f"http://localhost:{port}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-m", "ketacare", "web", "--port", str(port)]
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, env=environment, stdout=written, stderr=written, preexec_fn=die_with_parent()
        )
        try:
            wait_until_ready(port, process, log)
            yield Product(f"http://localhost:{port}", fresh_database, log)
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture
def page(browser: Browser, product: Product) -> Iterator[Page]:
    """A page of the product; what it writes to the console, and whom it asks, is judged when the test ends."""
    complaints: list[str] = []
    context = browser.new_context(base_url=product.address)

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        if not request.url.startswith((product.address, "data:", "blob:")):
            complaints.append(f"asked another host: {request.url}")

    context.on("console", heard)
    context.on("weberror", lambda error: complaints.append(f"script: {error.error}"))
    context.on("request", asked)
    yield context.new_page()
    context.close()
    assert not complaints


ROWS, IN_A_ROW = 60, 200
CLAIMED: list[TextIO] = []


def row_of_ports(first: int) -> Iterator[int]:
    """Of this process alone as long as it lives: what another had found free would be bound by both."""
    for row in (n % ROWS for n in range(first, first + ROWS)):
        try:
            lock = (Path(tempfile.gettempdir()) / f"ketacare-ports-{row}.lock").open("w")
        except OSError:  # another user's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        CLAIMED.append(lock)
        return itertools.cycle(range(20_000 + row * IN_A_ROW, 20_000 + (row + 1) * IN_A_ROW))
    raise AssertionError


@cache
def own_ports() -> Iterator[int]:
    return row_of_ports(os.getpid())


def free_port() -> int:
    """Below those that the kernel gives away by itself, and another row for each worker: free until it is bound."""
    for port in itertools.islice(own_ports(), IN_A_ROW):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError


def wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path, patience_s: float = 60) -> None:
    give_up_at = time.monotonic() + patience_s
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/healthz", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the web process does not answer: {log.read_text()[-2000:]}")


# The rules tried are the same; of the nodes that are in order no list is made.
FIND_BARRIERS = "async () => (await axe.run({resultTypes: ['violations']})).violations"


@cache
def axe_core() -> str:
    script = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.fail("axe-core is missing: python3 make.py assets")
    return script.read_text()


def barriers(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands now: rule and element, empty when all is well."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_core())
    found: list[dict[str, Any]] = page.evaluate(FIND_BARRIERS)
    return [f"{rule['id']}: {node['target']}" for rule in found for node in rule["nodes"]]


def picture(page: Page, name: str) -> None:
    """Keep what the page looks like in artefacts/, which CI keeps and git ignores: what is seen without scrolling, and
    in a proof run the whole page, which costs several times as much to draw."""
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    # Hiding the caret would leave style attributes behind, which htmx copies and the page's own policy then refuses.
    page.screenshot(path=folder / f"{name}.png", full_page="KETACARE_PROOF" in os.environ, caret="initial")
