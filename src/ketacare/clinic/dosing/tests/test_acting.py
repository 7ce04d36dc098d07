"""From when a dose acts (T5): every part of it begins the hour anew in which a missed check is high."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ketacare.clinic.dosing.actions import acting, giving, sessions
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Watch
from ketacare.medicine.monitoring.terms import Ask

pytestmark = pytest.mark.django_db


def acts_since(day) -> float | None:
    """Minutes after T0."""
    since = watch.state_of(Watch.objects.get(visit=day.visit)).dose_since
    return None if since is None else (since - f.later(10)).total_seconds() / 60


def test_t5_an_infusion_acts_from_its_end_and_a_check_missed_within_the_hour_after_it_is_high():
    """Owed at T+85, 45 min after the end of 40 min: missed at T+95, when T0 is 95 min ago."""
    day = f.a_day()
    f.to_running(day)
    assert acts_since(day) == 0
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    assert acts_since(day) == 40
    ask = Ask("sedation@85", "Sedation", f.later(95))
    monitoring.schedule_checks(visit=day.visit, asks=[ask], by=day.nurse, at=f.later(51))
    monitoring.tick(clinic=day.clinic, at=f.later(105))
    owed = next(c for c in watch.standing(day.visit, at=f.later(105)).conditions if c.key == "due.sedation@85")
    assert (owed.rule, owed.priority.word) == ("supervisor", "high")


def test_t5_every_device_begins_it_anew():
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    assert acts_since(day) == 0
    giving.give_piece(session=day.session, serial="D2", early="", by=day.nurse, at=f.later(16))
    assert acts_since(day) == 6


def test_t5_an_infusion_of_more_than_an_hour_goes_on_acting_while_it_runs():
    day = f.a_day()
    f.to_running(day)
    assert [acting.renew(clinic=day.clinic, at=f.later(minute)) for minute in (39, 40, 41, 69, 70)] == [0, 1, 0, 0, 1]
    assert acts_since(day) == 60
    sessions.pause(session=day.session, reason="Distress", by=day.nurse, at=f.later(71))
    assert acting.renew(clinic=day.clinic, at=f.later(200)) == 0, "what is paused gives nothing more"


def test_t5_that_nothing_is_owed_yet_is_found_without_leading_the_engine_on(django_capture_on_commit_callbacks):
    """Asked each second of every chair: whatever it was given since, the dose acts only from later on."""
    day = f.a_day()
    f.to_running(day)
    with django_capture_on_commit_callbacks(execute=True):
        watch.state_of(Watch.objects.get(visit=day.visit))
    monitoring.schedule_checks(visit=day.visit, asks=[], by=day.nurse, at=f.later(20))
    with CaptureQueriesContext(connection) as asked:
        assert acting.renew(clinic=day.clinic, at=f.later(39)) == 0
    assert not [query for query in asked.captured_queries if "watchstep" in query["sql"]]
    assert acting.renew(clinic=day.clinic, at=f.later(40)) == 1


def test_t5_between_devices_nothing_runs():
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    assert Session.objects.get(pk=day.session.pk).state == "running"
    assert acting.renew(clinic=day.clinic, at=f.later(60)) == 0
