"""How long does the programme's page take, from 6,000 scores to a million? Beside reading the same rows as COPY text.

The simulated network is loaded in growing size; the page is asked in this process, as the web process answers it, and
the baseline is what PostgreSQL alone needs to hand over the scores of the page's instrument. What the page counts is
kept by the worker first, as in a clinic that runs; then each page is asked after a further score that nobody has kept.

This process gets ready as the web process does soon after it starts, and its director comes by way of the first page,
as people do: what is called "first" is the first opening of the programme's page after that, and "most" counts it in.
"""

from __future__ import annotations

import os
import time
import uuid
from datetime import timedelta
from itertools import pairwise
from math import log
from typing import Any

from bench.figures import Found, Spread, ratio
from bench.ground import Ground

# People; about 35 scores each: the last make a million. KETACARE_BENCH_PEOPLE=2000,8000 asks for others.
SIZES = tuple(int(size) for size in os.environ.get("KETACARE_BENCH_PEOPLE", "170,2000,29000").split(","))
TIMES = 7
BASELINE = """copy (select patient_id, happened_at, total from outcomes_score where instrument = 'phq-9') to stdout"""


def measure(ground: Ground) -> Found:
    from django.db import transaction

    from ketacare.clinic.people.models import Role
    from ketacare.clinic.people.tests.factories import a_clinic, browser, someone
    from ketacare.clinic.registry import ready, tasks
    from ketacare.web import clock
    from ketacare.web.demo import large
    from ketacare.web.runtime import roles

    found = Found("The programme's page as scores grow, beside COPY of the same scores")
    table = found.table(
        "The programme's page, all courses", "people", "scores", "page first ms", "page p50 ms", "page most ms",
        "after a write p50 ms", "after a write most ms", "COPY alone p50 ms", "page / COPY", "kept by the worker s",
    )  # fmt: skip
    began = time.perf_counter()
    ready.get_ready()
    found.notes.append(f"Getting ready, in the background of the web process: {time.perf_counter() - began:.1f} s.")
    grown: list[tuple[int, float, float]] = []
    for people in SIZES:
        with transaction.atomic():
            clinic = a_clinic(f"Main {people}")
            director = someone(clinic, Role.MD)
        organisation = clinic.organisation
        scores = large.load(organisation, director, at=clock.now(), count=people)
        with ground.server.connect(database=roles.DATABASE) as superuser:
            superuser.execute("vacuum analyze")
        began = time.perf_counter()
        while tasks.keep_counts(clock.now()):
            pass
        took = time.perf_counter() - began
        with ground.server.connect(database=roles.DATABASE) as superuser:
            superuser.execute("vacuum analyze")
        client = browser(director)
        assert client.get("/", follow=True).status_code == 200
        first, page = spread(lambda client=client: asked(client))
        _, written = spread(lambda client=client: asked(client), before=lambda clinic=clinic: a_score_more(clinic))
        _, copied = spread(lambda organisation=organisation: copied_alone(ground, organisation))
        table.add(
            people, scores, first, page.p50, page.most, written.p50, written.most, copied.p50,
            ratio(page.p50, copied.p50), took,
        )  # fmt: skip
        grown.append((scores, page.p50, copied.p50))
        told = f"first {first:.0f} ms, p50 {page.p50:.0f}, most {page.most:.0f}; after a write {written.p50:.0f}"
        print(f"  {people:,} people, {scores:,} scores: {told}; kept in {took:.0f} s", flush=True)
    found.notes += [growth(*pair) for pair in pairwise(grown)]
    return found


def growth(few: tuple[int, float, float], many: tuple[int, float, float]) -> str:
    """1 is in step with the scores, 0 not at all."""
    power, copied = (log(many[at] / few[at]) / log(many[0] / few[0]) for at in (1, 2))
    told = f"the page grows by the power {power:.2f} of their number, COPY by {copied:.2f}"
    return f"From {few[0]:,} to {many[0]:,} scores {told}."


def asked(client: Any) -> None:
    answer = client.get("/programme/?span=all")
    assert answer.status_code == 200


def copied_alone(ground: Ground, organisation: Any) -> None:
    with ground.app() as connection, connection.transaction():
        connection.execute("select set_config('ketacare.organisation', %s, true)", [str(organisation.pk)])
        with connection.cursor().copy(BASELINE) as sent:
            for _ in sent:
                pass


def a_score_more(clinic: Any) -> None:
    """The last score of somebody, once more an hour later: a patient whose counts are not kept."""
    from django.db import transaction

    from ketacare.clinic.outcomes.models import Answers, Score
    from ketacare.clinic.tenancy import actions as tenancy

    with transaction.atomic(), tenancy.tenant(clinic.organisation_id):
        score = Score.objects.select_related("answers").filter(instrument="phq-9").latest("happened_at")
        for row in (score.answers, score):
            row.pk, row._state.adding, row.happened_at = None, True, row.happened_at + timedelta(hours=1)
            row.id = uuid.uuid4()
            if isinstance(row, Score):
                row.answers = score.answers
            assert isinstance(row, (Answers, Score))
            row.save(force_insert=True)


def spread(do: Any, before: Any = None) -> tuple[float, Spread]:
    """The first, and all with it."""
    took = []
    for _ in range(TIMES):
        if before is not None:
            before()
        began = time.perf_counter()
        do()
        took.append(1000 * (time.perf_counter() - began))
    return took[0], Spread.of(took)
