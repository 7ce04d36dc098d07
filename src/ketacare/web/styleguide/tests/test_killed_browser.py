"""A browser killed as a power cut kills it: what was charted without a connection is not lost (G7, H22)."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright import sync_api
from tests.browser import CHROMIUM

from ketacare.web.styleguide.tests.fake_stream import Stream, streaming
from ketacare.web.styleguide.tests.test_waiting import BAR, chair, come, saved, until

pytestmark = pytest.mark.browser


@pytest.fixture
def server() -> Iterator[Stream]:
    with streaming(chair("nurse")) as running:
        yield running


def started(profile: Path, playwright: sync_api.Playwright) -> tuple[subprocess.Popen[bytes], sync_api.Page]:
    """A browser of its own, so that it can be killed as a power cut kills it."""
    port_file = profile / "DevToolsActivePort"
    port_file.unlink(missing_ok=True)
    command = [str(CHROMIUM), "--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu"]
    command += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    until(lambda: port_file.exists() and port_file.read_text().count("\n") >= 1, 60)
    connected = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port_file.read_text().splitlines()[0]}")
    return process, connected.contexts[0].new_page()


def killed(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)


def test_g7_a_killed_browser_loses_no_entry_and_shows_it_to_nobody_else(
    playwright: sync_api.Playwright, server: Stream, tmp_path: Path
) -> None:
    process, page = started(tmp_path, playwright)
    try:
        come(page, server)
        server.away = True
        page.click("text=Water")
        page.locator(BAR, has_text="1 entry kept").wait_for()
        entered = server.posts[0]["entered_at"] if server.posts else None
    finally:
        killed(process)
    server.away, tried = False, len(server.posts)
    process, page = started(tmp_path, playwright)
    try:
        server.page = chair("somebody else")
        come(page, server)
        page.locator(BAR, has_text="1 entry of somebody else waits").wait_for()
        assert "Water" not in page.inner_text(BAR)
        assert len(server.posts) == tried
        server.page = chair("nurse")
        come(page, server)
        until(lambda: len(server.saved) == 1)
        assert saved(server)[0]["kind"] == "water"
        assert entered in (None, saved(server)[0]["entered_at"])
    finally:
        killed(process)
