"""How long does the programme's page take, from 60,000 scores to a million? Beside reading the same rows as COPY text.

The simulated network is loaded in growing size; the page is asked in this process, as the web process answers it, and
the baseline is what PostgreSQL alone needs to hand over the scores of the page's instrument.
"""

from __future__ import annotations

import os
import time
from typing import Any

from bench.figures import Found, Spread, ratio
from bench.ground import Ground

# People; about 35 scores each: the last make a million. KETACARE_BENCH_PEOPLE=2000,8000 asks for others.
SIZES = tuple(int(size) for size in os.environ.get("KETACARE_BENCH_PEOPLE", "2000,8000,29000").split(","))
TIMES = 7
BASELINE = """copy (select patient_id, happened_at, total from outcomes_score where instrument = 'phq-9') to stdout"""


def measure(ground: Ground) -> Found:
    from django.db import transaction

    from ketacare.clinic.people.models import Role
    from ketacare.clinic.people.tests.factories import a_clinic, browser, someone
    from ketacare.web import clock
    from ketacare.web.demo import large
    from ketacare.web.runtime import roles

    found = Found("The programme's page as scores grow, beside COPY of the same scores")
    table = found.table(
        "The programme's page, all courses", "people", "scores", "page p50 ms", "page most ms", "COPY alone p50 ms",
        "page / COPY",
    )  # fmt: skip
    for people in SIZES:
        with transaction.atomic():
            clinic = a_clinic(f"Main {people}")
            director = someone(clinic, Role.MD)
        organisation = clinic.organisation
        scores = large.load(organisation, director, at=clock.now(), count=people)
        with ground.server.connect(database=roles.DATABASE) as superuser:
            superuser.execute("vacuum analyze")
        client = browser(director)
        page = spread(lambda client=client: asked(client))
        copied = spread(lambda organisation=organisation: copied_alone(ground, organisation))
        table.add(people, scores, page.p50, page.most, copied.p50, ratio(page.p50, copied.p50))
        print(f"  {people:,} people, {scores:,} scores: p50 {page.p50:.0f} ms, most {page.most:.0f} ms", flush=True)
    return found


def asked(client: Any) -> None:
    answer = client.get("/programme/?span=all")
    assert answer.status_code == 200


def copied_alone(ground: Ground, organisation: Any) -> None:
    with ground.app() as connection, connection.transaction():
        connection.execute("select set_config('ketacare.organisation', %s, true)", [str(organisation.pk)])
        with connection.cursor().copy(BASELINE) as sent:
            for _ in sent:
                pass


def spread(do: Any) -> Spread:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        do()
        took.append(1000 * (time.perf_counter() - began))
    return Spread.of(took)
