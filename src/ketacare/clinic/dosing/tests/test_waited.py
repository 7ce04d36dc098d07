"""What was entered at a screen without a connection, and arrives later (G7): with the time it happened, and once."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.people.tests.factories import browser, once

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(monkeypatch):
    day = f.a_day()
    f.to_running(day)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(100))
    return day


def entered(minutes: float) -> str:
    return f.later(minutes).isoformat()


def post(day, rest, **fields):
    return browser(day.nurse).post(f"/sessions/{day.visit.pk}/{rest}", once(**fields))


def events(day):
    return TimelineEntry.objects.filter(visit=day.visit, kind=Kind.EVENT)


def test_g7_an_event_keeps_the_moment_of_the_tap_and_says_how_late_it_came(day):
    assert post(day, "event/", kind="nausea", entered_at=entered(60)).status_code == 302
    entry = events(day).get()
    assert (entry.happened_at, entry.recorded_at) == (f.later(60), f.later(100))
    assert "saved 40 min later" in browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()


def test_g7_five_minutes_ago_counts_from_the_moment_of_typing(day):
    post(day, "event/", words="calm", happened_at="-5", entered_at=entered(60))
    assert TimelineEntry.objects.get(visit=day.visit, kind=Kind.REMARK).happened_at == f.later(55)


def test_g7_vital_signs_are_charted_when_they_were_taken_and_once(day):
    fields = once(bp="128/82", dissociation="3", entered_at=entered(60))
    for _ in range(2):
        browser(day.nurse).post(f"/sessions/{day.visit.pk}/grid/", fields)
    rows = Reading.objects.filter(visit=day.visit, channel="NIBP_SYS", value=128)
    assert [row.taken_at for row in rows] == [f.later(60)]
    assert TimelineEntry.objects.get(visit=day.visit, kind=Kind.SCALE).happened_at == f.later(60)
    assert "saved 40 min later" in browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()


def test_a_reading_that_was_not_taken_is_said_with_its_time(day):
    post(day, "skip/", column="10", reason="Cuff off", entered_at=entered(60))
    assert TimelineEntry.objects.get(visit=day.visit, kind=Kind.SKIPPED).happened_at == f.later(60)


def test_a_screen_whose_clock_is_ahead_entered_it_now(day):
    post(day, "event/", kind="nausea", entered_at=entered(130))
    assert events(day).get().happened_at == f.later(100)


@pytest.mark.parametrize("text", ["soon", "2026-01-01T10:00:00", entered(-1441 + 100)])
def test_a_time_that_cannot_be_is_refused_and_nothing_is_kept(day, text):
    assert post(day, "event/", kind="nausea", entered_at=text).status_code == 422
    assert not events(day).exists()
