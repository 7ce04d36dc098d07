"""Real browsers at a few of the chairs: when a value was painted, told by the page itself."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bench.bedsides import moment
from bench.screens import nearest
from bench.watch.floor import Floor, Pages, Watched

# In the frame after the one in which the tile took the value: by then it has been painted.
NOTE = """
window.painted = [];
new MutationObserver((changes) => changes.forEach(({ target }) => {
  const taken = target.dataset.takenAt;
  requestAnimationFrame(() => requestAnimationFrame(() => window.painted.push([taken, Date.now()])));
})).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-taken-at"] });
"""


@dataclass
class Seen:
    """By chair, when each value was on the glass, on the clock of `time.perf_counter`."""

    painted: dict[int, dict[int, float]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def after_commit_ms(self, monitors: list[Watched]) -> list[float]:
        took = []
        for place, painted in self.painted.items():
            for sent, one in monitors[place].answered.items():
                came = nearest(painted, sent)
                took += [] if came is None else [max(0.0, (came - one.at) * 1000)]
        return took


@contextmanager
def watching(floor: Floor, count: int) -> Iterator[Seen]:
    """So many pages open for as long as the block lasts, in a thread of their own."""
    seen, ready, over = Seen(), threading.Event(), threading.Event()
    cookie = Pages.of(floor).cookie
    thread = threading.Thread(target=looked, args=(floor, count, cookie, seen, ready, over))
    thread.start()
    ready.wait(120)
    try:
        yield seen
    finally:
        over.set()
        thread.join(60)


def looked(floor: Floor, count: int, cookie: str, seen: Seen, ready: threading.Event, over: threading.Event) -> None:
    from playwright.sync_api import sync_playwright

    address = f"http://localhost:{floor.ground.web_port}"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            pages = [
                opened(browser, f"{address}/sessions/{floor.visits[place][0]}/", address, cookie)
                for place in range(count)
            ]
            ready.set()
            while not over.wait(1.0):
                gathered(pages, seen)
            gathered(pages, seen)
            browser.close()
    except Exception as problem:  # noqa: BLE001 - said in the result, which then does not hold
        seen.problems.append(f"{type(problem).__name__}: {str(problem)[:200]}")
        ready.set()


def opened(browser: Any, url: str, address: str, cookie: str) -> Any:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "ketacare", "value": cookie, "url": address}])
    page = context.new_page()
    page.goto(url)
    page.evaluate(NOTE)
    return page


def gathered(pages: list[Any], seen: Seen) -> None:
    apart = time.time() - time.perf_counter()
    for place, page in enumerate(pages):
        for taken, at_ms in page.evaluate("window.painted.splice(0)"):
            if taken:
                told = seen.painted.setdefault(place, {})
                told.setdefault(moment(datetime.fromisoformat(taken)), at_ms / 1000 - apart)
