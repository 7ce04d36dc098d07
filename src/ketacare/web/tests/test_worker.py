"""The worker's round: every chore is tried, whatever becomes of another."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest

from ketacare.clinic.duties.tests.factories import AT, place
from ketacare.clinic.tenancy.actions import forget_events, forget_keys
from ketacare.clinic.tenancy.models import LiveEvent, OnceKey
from ketacare.web.commands import worker
from ketacare.web.commands.worker import Chore


@pytest.mark.django_db
def test_a_failing_chore_stops_no_other_and_tells_nothing_of_a_row(caplog):
    done = []

    def fail(at):
        raise ValueError("Marisol answered 3")

    assert not worker.round_of([Chore("bad", fail), Chore("good", lambda at: done.append(at) or 1)])
    assert len(done) == 1
    assert "Marisol" not in caplog.text
    assert "ValueError" in caplog.text


@pytest.mark.django_db
def test_a_round_runs_on_an_empty_clinic():
    here = place()
    assert worker.round_of(worker.chores() + worker.hourly())
    here.enter()


@pytest.mark.django_db
def test_old_keys_and_events_are_forgotten_and_young_ones_kept():
    here = place()
    for age in (31, 1):
        OnceKey.objects.create(
            organisation_id=here.clinic.organisation_id,
            actor_id=uuid4(),
            key=uuid4(),
            body_hash="",
            created_at=AT - timedelta(days=age),
        )
        LiveEvent.objects.create(
            organisation_id=here.clinic.organisation_id,
            clinic=here.clinic,
            topic="t",
            kind="duty",
            body={},
            created_at=AT - timedelta(days=age - 1),
        )
    assert forget_keys(before=AT - worker.KEYS_KEPT) == 1
    assert forget_events(before=AT - worker.EVENTS_KEPT) == 1
    here.enter()


def test_it_stops_when_told(fresh_database):
    process = subprocess.Popen(
        [sys.executable, "-m", "ketacare", "worker"],
        env=fresh_database.environment() | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0
    finally:
        process.kill()
        process.stdout.close()
