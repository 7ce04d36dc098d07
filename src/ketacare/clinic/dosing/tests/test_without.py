"""How long nobody supervised or watched, as the note says it: only of what somebody looked at (D4, E7)."""

from __future__ import annotations

from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ketacare.clinic.dosing.queries import note, timeline_words, wall, without
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.supervision import actions as posts
from ketacare.clinic.supervision.models import LapseStep
from ketacare.medicine.supervision.terms import Missing

pytestmark = pytest.mark.django_db


def looked(day, minute):
    for missing in (Missing.SUPERVISOR, Missing.WATCHER):
        LapseStep.objects.create(
            organisation_id=day.visit.organisation_id, clinic=day.clinic, visit=day.visit, missing=missing,
            level="none", since=f.later(minute), at=f.later(minute),
        )  # fmt: skip


def said(day):
    return dict(without.words(day.session, "UTC"))


def test_d4_a_time_that_the_watch_did_not_see_is_not_known_and_is_no_nought(running_day):
    day = running_day
    day.session.left_at = f.later(100)
    assert set(said(day).values()) == {"not known: the watch saw none of it"}
    looked(day, 40)
    assert said(day)["Without a supervisor"] == f"0 s from {f.later(40):%H:%M} on; before that not known"


def test_d4_seen_from_the_start_it_is_counted(running_day):
    day = running_day
    day.session.left_at = f.later(100)
    looked(day, 10)
    assert set(said(day).values()) == {"0 s"}


# -- when, and who was not heard ---------------------------------------------------------------------------------------


@pytest.fixture
def remote_day(running_day, monkeypatch):
    """The prescriber supervises from elsewhere since minute 12; the watch has looked since minute 10."""
    day = running_day
    looked(day, 10)
    posts.move(visit=day.visit, task="supervises", place="remote", by=day.prescriber, at=f.later(12))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(30))
    return day


def step(day, level, minute, at, missing=Missing.SUPERVISOR):
    LapseStep.objects.create(
        organisation_id=day.visit.organisation_id, clinic=day.clinic, visit=day.visit, missing=missing,
        level=level, since=f.later(minute), at=f.later(at),
    )  # fmt: skip


def answered(day, minute):
    posts.answer(screen=uuid4(), visit=day.visit, audible=False, by=day.prescriber, at=f.later(minute))


def test_d4_of_a_supervisor_who_is_not_heard_the_chair_says_since_when_and_counts_on(remote_day):
    answered(remote_day, 25)
    step(remote_day, "medium", 25, 25.25)
    shown = browser(remote_day.nurse).get(f"/sessions/{remote_day.visit.pk}/").content.decode()
    clock = ZoneInfo(remote_day.clinic.zone)
    assert f"took it at {f.later(12).astimezone(clock):%H:%M}" in shown
    assert f"not heard since {f.later(25).astimezone(clock):%H:%M:%S}" in shown
    assert f'<time data-without="{f.later(25).isoformat()}">5 min 00 s</time>' in shown


def test_d4_h38_each_lapse_stands_in_the_timeline_and_in_the_note(remote_day):
    day = remote_day
    for level, minute in (("medium", 20), ("none", 22), ("medium", 25), ("high", 25), ("none", 26.5)):
        step(day, level, minute, minute + 0.25)
    lines = [
        (row["t"], row["words"]) for row in timeline_words.entries(day.session, f.later(30)) if row["kind"] == "lapse"
    ]
    who = "Dr Cho, remote, was not heard: not supervised"
    assert lines == [("T+15", f"{who}, for 1 min 30 s"), ("T+10", f"{who}, for 2 min 00 s")]
    told = note.people_part(day.session, note.Clock("UTC", day.session))["people"]["lapses"]
    assert [words for _, words in told] == [f"{who}, for 2 min 00 s", f"{who}, for 1 min 30 s"]


def test_d4_while_nobody_has_the_task_the_line_says_nobody(running_day):
    looked(running_day, 10)
    posts.end_posts(visit=running_day.visit, by=running_day.nurse, at=f.later(14))
    step(running_day, "medium", 14, 14.25)
    assert [one.words for one in without.lapses(running_day.session)] == ["Nobody supervised, goes on"]


def test_a_supervisor_who_comes_and_goes_costs_no_more_statements(remote_day):
    day = remote_day

    def asked():
        with CaptureQueriesContext(connection) as found:
            told = without.lapses(day.session)
        return len(found), len(told)

    def gap(second):
        step(day, "medium", 20 + second / 60, 20 + second / 60)
        step(day, "none", 20 + (second + 5) / 60, 20 + (second + 5) / 60)

    gap(0)
    one = asked()
    for count in range(1, 20):
        gap(10 * count)
    assert one == (asked()[0], 1)
    assert asked() == (one[0], 20)


def test_d4_a_chair_that_nobody_watched_says_that_no_screen_answered_for_it(running_day):
    """Wherever it stands: the station's page watches each of its chairs too."""
    step(running_day, "medium", 12, 12.25, Missing.WATCHER)
    (told,) = without.lapses(running_day.session)
    assert told.words == "No screen answered for this chair: not watched, goes on"


def test_d4_whoever_sees_no_readings_hears_too_when_nobody_watches_a_chair(running_day):
    """That is when nobody is there; of what was measured they are told nothing (P1)."""
    assert [one["alarm"] for one in wall.tiles(running_day.desk, at=f.later(11))] == [None]
    step(running_day, "high", 12, 12.25, Missing.WATCHER)
    (tile,) = wall.tiles(running_day.desk, at=f.later(13))
    assert (tile["alarm"]["words"], tile["worst"]) == ("Alarm at this chair: is a nurse there?", "high")


def test_an_alarm_that_a_nurse_has_seen_does_not_ask_for_one():
    seen = {"priority": "high", "technical": False, "since": f.later(12), "state": "acknowledged"}
    assert wall.told_alone([seen])[0]["words"] == "Alarm at this chair: somebody has seen it"
    both = wall.told_alone([seen, seen | {"state": "present"}])
    assert (both[0]["words"], both[0]["state"]) == ("Alarm at this chair: is a nurse there?", "present")
