"""A session whose alarms cannot be judged: its pages open and say so, and it is charted, stopped and left (D9)."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import release
from ketacare.clinic.dosing.models import Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import chairside
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading, Watch
from ketacare.clinic.people.tests.factories import browser, once

pytestmark = pytest.mark.django_db


def unreadable(day, monkeypatch):
    Watch.objects.filter(visit=day.visit).update(state="{broken", state_version=1)
    watch._remembered.clear()


def unsteppable(day, monkeypatch):
    def breaks(*_):
        raise LookupError

    monkeypatch.setattr("ketacare.clinic.monitoring.actions.watching._stepped", breaks)


BREAKS = pytest.mark.parametrize("breaks", [unreadable, unsteppable])


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    day = f.a_day()
    f.to_running(day)
    return day


def url(day, rest=""):
    return f"/sessions/{day.visit.pk}/{rest}"


def test_d9_the_pages_of_a_session_that_cannot_be_read_open_and_the_chair_says_not_live(day, monkeypatch):
    unreadable(day, monkeypatch)
    client = browser(day.nurse)
    assert "NOT LIVE" in client.get(url(day)).content.decode()
    for page in ("readings/", "limits/", "card/", "release/"):
        assert client.get(url(day, page)).status_code == 200, page
    standing = watch.standing(day.visit, at=f.later(20))
    assert standing.unjudged_since == f.later(20)
    assert {value["value"] for value in chairside.vitals(standing, watch.latest(day.visit), f.later(20))} == {"---"}


@BREAKS
def test_d9_it_is_charted_by_hand_and_stopped(day, monkeypatch, breaks):
    breaks(day, monkeypatch)
    client = browser(day.nurse)
    posts = {
        "grid/": {"bp": "186/112", "hr": "90"},
        "event/": {"kind": "chest pain"},
        "emergency/": {"what": "begin"},
        "dose/": {"step": "stop", "reason": "chest pain", "pump_ml": "25"},
    }
    for page, form in posts.items():
        answer = client.post(url(day, page), once(**form))
        assert answer.status_code in (200, 204, 302), (page, answer.content.decode()[:300])
    charted = Reading.objects.get(visit=day.visit, channel="NIBP_SYS", source="hand", value=186)
    assert TimelineEntry.objects.filter(visit=day.visit, name="chest pain").exists()
    struck = client.post(url(day, f"readings/{charted.pk}/amend/"), once(in_error="on", reason="Wrong arm"))
    assert struck.status_code == 302
    assert Reading.objects.filter(amends=charted, in_error=True).exists()
    assert Session.objects.get().state == SessionState.RECOVERY
    told = set(Duty.objects.filter(visit_id=day.visit.pk, state="open").values_list("kind", flat=True))
    assert {"watch.failed", "readings.review"} <= told, "what was typed could not sound"
    assert "NOT LIVE" in client.get(url(day)).content.decode()


@BREAKS
def test_d9_it_is_left_and_closed(day, monkeypatch, breaks):
    breaks(day, monkeypatch)
    f.giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    f.make_well(day)
    release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    assert Watch.objects.get(visit=day.visit).ended_at is not None
