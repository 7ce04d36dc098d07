"""These pages are opened by the hundred, of a stand-in for the server: the headless shell is enough for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright
from tests.browser import ARGUMENTS, SHELL


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=SHELL, args=ARGUMENTS)
    yield launched
    launched.close()
