"""One course through the page that the desk opens: reading the calendar, three alternatives, the page in words."""

from __future__ import annotations

import statistics
import time
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

from tests.planning.invented import MONDAY, at

from ketacare.medicine.scheduling.terms import Booked, Kind

TIMES, WARM = 20, 2


def measured(held: list[Booked]) -> tuple[list[float], list[float], int]:
    """Seconds by the clock and of this process, and visits in the calendar; on a database of its own."""
    from django.db import transaction

    with transaction.atomic():
        site, visits = a_full_site(held)
        from ketacare.clinic.people.tests.factories import browser

        path = f"/patients/{site.patient.pk}/course/"
        took, worked = [], []
        with patch("ketacare.web.clock.now", lambda: monday()):
            desk = browser(site.desk)
            for turn in range(WARM + TIMES):
                first = MONDAY + timedelta(days=turn % 7)
                begun, ran = time.perf_counter(), time.process_time()
                answer = desk.get(path, {"first_on": first.isoformat(), "preparation": "on", "reviews": "on"})
                spent, ran = time.perf_counter() - begun, time.process_time() - ran
                assert answer.status_code == 200
                assert b'name="alternative"' in answer.content, "no course was proposed"
                if turn >= WARM:
                    took.append(spent)
                    worked.append(ran)
        transaction.set_rollback(True)
    return took, worked, visits


def monday() -> datetime:
    return at(MONDAY, "06:00")


def a_full_site(held: list[Booked]) -> tuple[Any, int]:
    """The site of the simulation, with its people and chairs, in the database; every visit with what it holds."""
    from ketacare.clinic.people.models import Role
    from ketacare.clinic.people.tests.factories import a_patient, someone
    from ketacare.clinic.planning.tests.factories import Site
    from ketacare.clinic.scheduling import actions
    from ketacare.clinic.scheduling.models import Hold, ResourceKind, Visit

    site, now = Site(), monday() - timedelta(days=1)
    names = {"chair0": site.chairs[0].pk, "chair1": site.chairs[1].pk, "nurse0": site.nurses[0].user_id,
             "nurse1": site.nurses[1].user_id, "therapist0": site.therapist.user_id,
             "prescriber0": site.prescriber.user_id}  # fmt: skip
    names |= {f"chair{n}": actions.add_chair(name=f"Chair {n + 1}", by=site.desk, at=now).pk for n in range(2, 8)}
    for word, role, first, last in (
        ("nurse", Role.RN, 2, 4),
        ("therapist", Role.TH, 1, 3),
        ("prescriber", Role.RX, 1, 2),
    ):
        names |= {f"{word}{n}": someone(site.clinic, role, f"{word} {n}").user_id for n in range(first, last)}
    for kind in (ResourceKind.PUMP, ResourceKind.MONITOR):
        for n in range(2, 9):
            actions.add_resource(kind=kind, name=f"{kind} {n}", by=site.desk, at=now)
    others = [a_patient(site.desk, f"Other{n}") for n in range(len(held))]
    place = {"organisation_id": site.clinic.organisation_id, "clinic_id": site.clinic.pk, "created_at": now}
    rows, holds, lanes = [], [], lanes_of(held)
    for one, patient in zip(held, others, strict=True):
        chair = next(iter(one.places.values()), None) if one.kind is Kind.DOSE else None
        row = Visit(**place, patient=patient, kind=str(one.kind), starts_at=one.span.starts, ends_at=one.span.ends,
                    chair_id=names[chair] if chair else None)  # fmt: skip
        rows.append(row)
        holds += held_by(row, one, lanes.get(one.key, 0), names[one.person], place)
    Visit.objects.bulk_create(rows)
    Hold.objects.bulk_create(holds)
    return site, len(rows)


def lanes_of(held: list[Booked]) -> dict[str, int]:
    """For each dose the first lane of its nurse that is free; a lane is one chair that somebody watches."""
    lanes: dict[str, int] = {}
    ends: dict[str, list[datetime]] = {}
    for one in sorted((one for one in held if one.hands_on), key=lambda one: one.span):
        own = ends.setdefault(one.person, [])
        free = next((place for place, until in enumerate(own) if until <= one.span.starts), len(own))
        own[free : free + 1] = [one.span.ends]
        lanes[one.key] = free + 1
    return lanes


def held_by(row: Any, one: Booked, lane: int, user: UUID, place: dict[str, Any]) -> list[Any]:
    from ketacare.clinic.scheduling.models import Hold

    whole = {"starts_at": one.span.starts, "ends_at": one.span.ends}
    if one.hands_on is None:
        return [Hold(**place, visit=row, user_id=user, **whole)]
    hands = {"starts_at": one.hands_on.starts, "ends_at": one.hands_on.ends}
    return [
        Hold(**place, visit=row, user_id=user, **whole, lane=lane, lane_until=lane + 1),
        Hold(**place, visit=row, user_id=user, **hands, lane=0, lane_until=1),
    ]


def line(took: list[float]) -> str:
    ordered = sorted(took)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"p50 {statistics.median(ordered):.2f} s, p95 {p95:.2f} s, slowest {ordered[-1]:.2f} s"
