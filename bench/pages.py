"""How long does a page take, and how many queries? With three years of data, beside pages that show nothing.

Timed through the product's own web process, one request after another on one kept connection, signed in by a session
cookie; queries are counted in this process. One client: it shows the page, not the machine's limit.
"""

from __future__ import annotations

import http.client
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.figures import Found, Spread, ratio
from bench.ground import Ground

TIMES = 40
WARM = 4
BUDGET_MS = 300
SAME_QUERY_MOST = 5


@dataclass(frozen=True)
class Page:
    """What people call it, where it is, and whether it is there in this version."""

    name: str
    path: str | None


def measure(ground: Ground) -> Found:
    from bench import years
    from ketacare.clinic.people.tests.factories import browser
    from ketacare.web import clock
    from ketacare.web.runtime import roles

    found = Found("Pages: time and queries with three years of data, beside pages that show nothing")
    began = time.monotonic()
    story = years.told(clock.now())
    with ground.server.connect(database=roles.DATABASE) as superuser:
        superuser.execute("vacuum analyze")  # after three years the planner knows its tables
    told_s = time.monotonic() - began
    pages = list(asked(story))
    there = [page for page in pages if page.path is not None]
    queries = {page.name: counted(browser(story.nurse), page) for page in there}
    with ground.web():
        cookie = browser(story.nurse).cookies["ketacare"].value
        # In turns, so that other work on this machine meets all pages alike.
        took: dict[str, list[float]] = {page.name: [] for page in there}
        sizes: dict[str, int] = {}
        wire = http.client.HTTPConnection("127.0.0.1", ground.web_port, timeout=30)
        for turn in range(WARM + TIMES):
            for page in there:
                ms, sizes[page.name] = fetched(wire, page, cookie)
                if turn >= WARM:
                    took[page.name].append(ms)
    tables(found, there, took, sizes, queries)
    found.notes.append(
        f"Data from seed {years.SEED} in {told_s:.0f} s: {years.PATIENTS} patients; one with {years.SESSIONS} "
        f"sessions, {story.answers} answered instruments; {story.readings:,} readings; {years.CHAIRS} sessions running."
    )
    found.notes += [f"Not in this version, so not measured: {page.name}." for page in pages if page.path is None]
    return found


def asked(story: Any) -> Iterator[Page]:
    patient, visit = story.patient.pk, story.running.pk
    yield Page("nothing: `/healthz`", there("healthz"))
    yield Page("frame only, signed in (baseline)", there("frame"))
    yield Page("home", there("home"))
    yield Page("patients", there("patients"))
    yield Page("chart, 60 sessions", there("patient", patient))
    yield Page("chairside, running", there("session", visit))
    yield Page("evaluation, 40 medicines, 25 trials", there("evaluation", story.evaluated.pk))
    yield Page("wall, 10 chairs", there("wall"))
    yield Page("worklist", there("duties"))
    yield Page("outcome", there("outcome", patient) or there("outcomes", patient) or there("patient-outcomes", patient))


def there(name: str, *arguments: Any) -> str | None:
    from django.urls import NoReverseMatch, reverse

    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return None


def fetched(wire: http.client.HTTPConnection, page: Page, cookie: str) -> tuple[float, int]:
    began = time.perf_counter()
    sent = {} if page.path == "/healthz" else {"Cookie": f"ketacare={cookie}"}
    wire.request("GET", page.path or "", headers={**sent, "Host": "localhost"})
    answer = wire.getresponse()
    body = answer.read()
    took_ms = (time.perf_counter() - began) * 1000
    if answer.status != 200:
        raise RuntimeError(f"{page.name}: {answer.status} {answer.headers.get('Location', '')}")
    return took_ms, len(body)


@dataclass(frozen=True)
class Queries:
    count: int
    most_alike: int
    alike: str


def counted(client: Any, page: Page) -> Queries:
    """All queries of a request, and how often the commonest one came with other values: many alike is an N+1."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(page.path, headers={"host": "localhost"})
    with CaptureQueriesContext(connection) as captured:
        client.get(page.path, headers={"host": "localhost"})
    shapes = Counter(shape(query["sql"]) for query in captured.captured_queries)
    alike, most = shapes.most_common(1)[0] if shapes else ("", 0)
    return Queries(len(captured.captured_queries), most, alike)


def shape(query: str) -> str:
    """The query with its values taken out."""
    return re.sub(r"'[^']*'(::\w+)?|\b\d+\b", "?", query)


def table_of(query: str) -> str:
    """Which table a query reads first: enough to know which loop it is in."""
    found = re.search(r'\bfrom "?(\w+)"?', query, flags=re.IGNORECASE)
    return found.group(1) if found else query[:60]


def tables(
    found: Found, pages: list[Page], took: dict[str, list[float]], sizes: dict[str, int], queries: dict[str, Queries]
) -> None:
    table = found.table(
        "One client, one request after another",
        "page", "least ms", "p50 ms", "p95 ms", "p50 beside frame", "queries", "most alike", "kB",
    )  # fmt: skip
    base = Spread.of(took["frame only, signed in (baseline)"])
    for page in pages:
        spread, asked_of = Spread.of(took[page.name]), queries[page.name]
        table.add(
            page.name, min(took[page.name]), spread.p50, spread.p95, ratio(spread.p50, base.p50), asked_of.count,
            asked_of.most_alike, sizes[page.name] / 1024,
        )  # fmt: skip
        if spread.p95 > BUDGET_MS:
            found.notes.append(f"Over {BUDGET_MS} ms at p95: {page.name}.")
        if asked_of.most_alike > SAME_QUERY_MOST:
            found.notes.append(f"{page.name} asks {asked_of.most_alike} times: `{table_of(asked_of.alike)}`")
