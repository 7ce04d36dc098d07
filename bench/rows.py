"""What does a reading cost when 10⁵, 10⁶ and 10⁷ are kept already? Beside the same when there are none.

Rows of earlier visits are made by the database itself, in the table as shipped with its checks, indexes and walls. Then
messages of chairs that run now are committed by the gateway's own writer, in batches as large as it makes them.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import Any

from bench.figures import Found, ratio
from bench.ground import Ground

STORED = (100_000, 1_000_000, 10_000_000)
CHAIRS, MESSAGES, BATCH = 40, 2_000, 200
CHANNELS = ("HR", "PR", "SPO2", "RR", "TEMP", "ETCO2", "ABP_SYS", "ABP_DIA", "ABP_MAP", "PVC")
MAKE = """
insert into monitoring_reading (organisation_id, clinic_id, visit_id, channel, value, unit, taken_at, received_at,
  quality, reason, source, device_id, amend_reason, in_error)
select %(organisation)s, %(clinic)s, (%(visits)s::uuid[])[1 + place %% %(count)s],
  (%(channels)s::text[])[1 + (place / 7) %% 6], 70, '/min', %(at)s - interval '400 days' + place * interval '3 seconds',
  %(at)s, 'good', '', 'device', %(device)s, '', false
from generate_series(%(first)s::bigint, %(last)s::bigint - 1) place
"""


def measure(ground: Ground) -> Found:
    from bench.devices.chairs import furnished
    from ketacare.web import clock

    most = int(os.environ.get("KETACARE_BENCH_ROWS", str(STORED[-1])))
    found = Found("What a reading costs by how many are stored: messages of one value, by the gateway's writer")
    chairs = furnished(CHAIRS, clock.now() - timedelta(minutes=1))
    place: dict[str, Any] = {"organisation": chairs[0].clinic.organisation_id, "clinic": chairs[0].clinic.pk}
    table = found.table(
        f"{MESSAGES:,} messages of {CHAIRS} chairs, {BATCH} a commit",
        "stored before", "µs a reading", "µs of our process", "beside none stored", "table and indexes MB",
        "a bare insert µs", "trend of one chair ms",
    )  # fmt: skip
    none = 0.0
    stored = 0
    for goal in (0, *(one for one in STORED if one <= most)):
        made(ground, place, stored, goal, chairs)
        stored = goal
        wall_us, own_us = committed(chairs, f"at{goal}")
        none = none or wall_us
        table.add(
            goal, wall_us, own_us, ratio(wall_us, none), megabytes(ground), bare_us(ground, place, chairs),
            trend_ms(chairs[0]),
        )  # fmt: skip
    found.notes.append("The table is not parted: it grows by its indexes alone, of which a reading touches two.")
    return found


def made(ground: Ground, place: dict[str, Any], before: int, goal: int, chairs: list[Any]) -> None:
    """Rows of the chairs' visits as if each had been watched for months: the indexes are as deep as they would be."""
    step = 500_000
    for first in range(before, goal, step):
        values = place | {
            "visits": [one.visit.pk for one in chairs], "count": len(chairs), "device": chairs[0].device.pk,
            "channels": list(CHANNELS[:6]), "at": chairs[0].visit.starts_at, "first": first,
            "last": min(goal, first + step),
        }  # fmt: skip
        with ground.owner() as owner, owner.transaction():
            owner.execute("select set_config('ketacare.organisation', %s, true)", (str(place["organisation"]),))
            owner.execute(MAKE, values)
    with ground.owner() as owner:
        owner.execute("vacuum analyze monitoring_reading")


def committed(chairs: list[Any], prefix: str) -> tuple[float, float]:
    """µs a reading by the clock, and by what our own process had of the processor."""
    from bench.devices.chairs import message
    from ketacare.exchange.mailroom.receive import Letter
    from ketacare.web import clock
    from ketacare.web.gateway.writer import Writer

    writer, at = Writer(clock.now), clock.now()
    letters = []
    for number in range(MESSAGES + BATCH):
        taken_at = at - timedelta(seconds=(MESSAGES - number) / CHAIRS)
        raw = message(chairs[number % CHAIRS], taken_at, f"{prefix}-{number}")
        letters.append(Letter(raw, at, "10.0.0.9", at - taken_at if taken_at < at else timedelta()))
    writer.commit(letters[:BATCH])
    began, began_own = time.perf_counter(), time.process_time()
    for start in range(BATCH, len(letters), BATCH):
        answers = writer.commit(letters[start : start + BATCH])
        assert all(answer is not None and b"MSA|AA" in answer for answer in answers)
    took, own = time.perf_counter() - began, time.process_time() - began_own
    writer.let_go()  # the next one need not wait for the leases to end
    return took / MESSAGES * 1e6, own / MESSAGES * 1e6


def bare_us(ground: Ground, place: dict[str, Any], chairs: list[Any]) -> float:
    """The same rows by the database alone, in one statement: what the table itself costs, rolled back."""
    values = place | {
        "visits": [one.visit.pk for one in chairs], "count": len(chairs), "device": chairs[0].device.pk,
        "channels": list(CHANNELS[:6]), "at": chairs[0].visit.starts_at + timedelta(days=500), "first": 0,
        "last": MESSAGES,
    }  # fmt: skip
    with ground.owner() as owner, owner.transaction(force_rollback=True):
        owner.execute("select set_config('ketacare.organisation', %s, true)", (str(place["organisation"]),))
        began = time.perf_counter()
        owner.execute(MAKE, values)
        return (time.perf_counter() - began) / MESSAGES * 1e6


def megabytes(ground: Ground) -> float:
    with ground.owner() as owner:
        row = owner.execute("select pg_total_relation_size('monitoring_reading') / 1e6").fetchone()
    return float(row[0]) if row else 0.0


def trend_ms(chair: Any) -> float:
    """The last half hour of one chair, as the chairside page reads it."""
    from ketacare.clinic.monitoring import queries
    from ketacare.clinic.tenancy import actions as tenancy
    from ketacare.web import clock

    with tenancy.tenant(chair.clinic.organisation_id):
        began = time.perf_counter()
        queries.trend(chair.visit, since=clock.now() - timedelta(minutes=30))
        return (time.perf_counter() - began) * 1000
