"""Fifty clerks at once on one calendar: nothing is booked twice, and each of them gets a definite answer."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db import connection, connections, transaction

from ketacare.clinic.enrolment.tests.factories import a_plan
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.planning.queries import OneAsked, one_visit, rules_without_course
from ketacare.clinic.scheduling import actions
from ketacare.clinic.scheduling.models import Chair, ResourceKind, Visit, VisitKind
from ketacare.clinic.scheduling.queries.placing import Named
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused

CLERKS = 50
CHAIRS, SLOTS = 3, 4
# Days from a Tuesday on which the clinic is open, one for each slot.
OPEN_DAYS = (1, 2, 3, 6)
TRIES = int(os.environ.get("KETACARE_PROOF_CASES", "1"))


def test_fifty_clerks_at_once_book_nothing_twice(fresh_database):
    with transaction.atomic():
        clinic = a_clinic()
        desk = someone(clinic, Role.FD)
        chairs = [actions.add_chair(name=f"Chair {n}", by=desk, at=AT) for n in range(CHAIRS)]
        prescriber, _ = someone(clinic, Role.RX), [someone(clinic, Role.RN, f"Nurse {n}") for n in range(CHAIRS)]
        for kind in (ResourceKind.PUMP, ResourceKind.MONITOR):
            for n in range(CHAIRS):
                actions.add_resource(kind=kind, name=f"{kind} {n}", by=desk, at=AT)
        patients = [a_patient(desk, f"Person{n}") for n in range(CLERKS)]
        for patient in patients:
            a_plan(patient, clinic, prescriber)

    def clerk(number: int) -> list[str]:
        """Each wants some place among the same few."""
        answers = []
        for attempt in range(TRIES):
            slot = (number * 7 + attempt * 5) % (CHAIRS * SLOTS)
            day = local_day(AT, clinic.zone) + timedelta(days=OPEN_DAYS[slot // CHAIRS])
            starts = datetime.combine(day, time(9, 10 * (number % 3)), tzinfo=ZoneInfo(clinic.zone))
            named = Named(chair=str(chairs[slot % CHAIRS].pk))
            try:
                with tenant(clinic.organisation_id):  # what the page of one visit does
                    with connection.cursor() as cursor:
                        cursor.execute("set local lock_timeout = '300s'")  # fifty in one line
                    patient = patients[number]
                    asked = OneAsked(VisitKind.DOSE, starts, None, named)
                    actions.place_visit(
                        visit=None, one=one_visit(patient, asked, by=desk), reason="booked",
                        rules=rules_without_course(patient), by=desk, at=AT,
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
        assert set(answers) <= {"booked", "chair", "person", "starts_at"}
        assert answers["chair"] > 0  # somebody came second
        assert answers["booked"] >= CHAIRS  # each chair went to somebody
        for chair in Chair.objects.all():
            held = sorted((one.starts_at, one.ends_at) for one in visits if one.chair_id == chair.pk)
            assert all(ends <= starts for (_, ends), (starts, _) in pairwise(held))
