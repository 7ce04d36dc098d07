"""Fifty clerks at once on one calendar: nothing is booked twice, and each of them gets a definite answer."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

from django.db import connections, transaction

from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.scheduling import actions
from ketacare.clinic.scheduling.models import Chair, Visit, VisitKind
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.refusals import Refused

CLERKS = 50
CHAIRS, SLOTS = 3, 4
TRIES = int(os.environ.get("KETACARE_PROOF_CASES", "2"))


def test_fifty_clerks_at_once_book_nothing_twice(fresh_database):
    with transaction.atomic():
        clinic = a_clinic()
        desk = someone(clinic, Role.FD)
        chairs = [actions.add_chair(name=f"Chair {n}", by=desk, at=AT) for n in range(CHAIRS)]
        patients = [a_patient(desk, f"Person{n}") for n in range(CLERKS)]

    def clerk(number: int) -> list[str]:
        """Each wants some place among the same few."""
        answers = []
        for attempt in range(TRIES):
            slot = (number * 7 + attempt * 5) % (CHAIRS * SLOTS)
            starts = AT + timedelta(days=1, hours=2 * (slot // CHAIRS), minutes=10 * (number % 3))
            try:
                with tenant(clinic.organisation_id):
                    actions.book_visit(
                        patient=patients[number], kind=VisitKind.DOSE, chair=chairs[slot % CHAIRS], starts_at=starts,
                        ends_at=starts + timedelta(hours=2), by=desk, at=AT,
                    )  # fmt: skip
                answers.append("booked")
            except Refused as refused:
                answers.append(refused.refusals[0].field)
        connections.close_all()
        return answers

    with ThreadPoolExecutor(CLERKS) as pool:
        answers = Counter(answer for found in pool.map(clerk, range(CLERKS)) for answer in found)
    with tenant(clinic.organisation_id):
        visits = list(Visit.objects.filter(state="booked"))
        assert len(visits) == answers["booked"]
        assert set(answers) <= {"booked", "chair", "starts_at"}
        assert answers["booked"] >= CHAIRS  # each chair went to somebody
        for chair in Chair.objects.all():
            held = sorted((one.starts_at, one.ends_at) for one in visits if one.chair_id == chair.pk)
            assert all(ends <= starts for (_, ends), (starts, _) in pairwise(held))
