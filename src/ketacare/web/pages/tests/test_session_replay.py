"""A finished session played again: the alarms as they were told, nothing live, nothing sounding, no name if asked."""

from __future__ import annotations

import json
import re

import pytest
from tests.browser import picture

from ketacare.clinic.audit.models import Line
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser as signed_in
from ketacare.clinic.people.tests.factories import someone
from ketacare.web.styleguide.tests.fake_stream import streaming

pytestmark = pytest.mark.django_db
PRESSURES = ((15, "128/82", 97), (25, "190/112", 96), (29, "186/108", 96), (50, "138/86", 97))


@pytest.fixture
def day(monkeypatch):
    """One high pressure in the middle, seen by the nurse; then home."""
    day = f.a_day(family="Ottercanary")
    f.to_running(day)
    for minute, bp, spo2 in PRESSURES:
        f.vitals(day, bp, hr=80, spo2=spo2, at=f.later(minute))
        monitoring.tick(clinic=day.clinic, at=f.later(minute + 0.5))
        alarms = watch.standing(day.visit, at=f.later(minute + 0.5)).conditions
        for one in alarms:
            if one.present and one.channel:
                monitoring.acknowledge_alarm(visit=day.visit, condition=one.key, by=day.nurse, at=f.later(minute + 0.6))
    f.timeline.record(
        session=day.session, kind=f.Kind.REMARK, name="", words="Ottercanary says hello", by=day.nurse, at=f.later(31)
    )
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(60))
    return day


def left(day, monkeypatch):
    f.giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(60))
    type(day.session).objects.filter(pk=day.session.pk).update(left_at=f.later(130))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(140))
    return f"/sessions/{day.visit.pk}/replay/"


def course_of(page: str) -> dict:
    return json.loads(re.search(r"data-course>(.*?)</script>", page, re.DOTALL)[1])


def test_the_bar_shows_what_people_were_told_then(day, monkeypatch):
    page = signed_in(day.nurse).get(left(day, monkeypatch)).content.decode()
    frames = course_of(page)["alarms"]
    logged = [row for row in watch.signals(day.visit) if row.presence == "present"]
    assert logged
    for row in logged:
        second = round((row.at - f.later(10)).total_seconds())
        after = next(frame for frame in frames if frame["t"] >= second)
        assert row.condition in [one["condition"] for one in after["alarms"]]
    assert "Replay – not live" in page
    assert all(not one["sounding"] for frame in frames for one in frame["alarms"])
    assert any(one["state"] == "acknowledged" for frame in frames for one in frame["alarms"])


def test_values_and_lines_stand_at_their_own_second(day, monkeypatch):
    course = course_of(signed_in(day.nurse).get(left(day, monkeypatch)).content.decode())
    assert [minutes * 60 - 600 for minutes, *_ in PRESSURES] == [
        t for t, *_ in course["values"]["NIBP_SYS"] if t >= 300
    ]
    remark = next(row for row in course["lines"] if "hello" in row["words"])
    assert (remark["t"], remark["who"]) == (21 * 60, day.nurse.name)


def test_whoever_looks_is_written_down_and_whoever_may_not_does_not(day, monkeypatch):
    url = left(day, monkeypatch)
    before = Line.objects.filter(verb="session.replay").count()
    assert signed_in(day.nurse).get(url).status_code == 200
    assert Line.objects.filter(verb="session.replay").count() == before + 1
    assert signed_in(someone(day.clinic, Role.FD)).get(url).status_code in (403, 404)
    assert Line.objects.filter(verb="session.replay").count() == before + 1


def test_what_still_runs_is_not_replayed(day):
    answer = signed_in(day.nurse).get(f"/sessions/{day.visit.pk}/replay/")
    assert (answer.status_code, answer["Location"]) == (302, f"/sessions/{day.visit.pk}/")


def test_a_copy_for_teaching_has_no_name_and_no_date(day, monkeypatch):
    page = signed_in(day.nurse).get(left(day, monkeypatch) + "?names=no").content.decode()
    body = page.split("<main", 1)[1]
    for secret in ("Ottercanary", "OTTERCANARY", day.nurse.name, day.prescriber.name):
        assert secret not in body, secret
    assert "OTTERCANARY" not in page
    found = page.find(f"{f.AT:%Y-%m-%d}")
    assert found < 0, page[found - 80 : found + 20]
    assert len(course_of(page)["values"]["NIBP_SYS"]) >= len(PRESSURES)


# -- in a browser ------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_replay_is_moved_by_keyboard_striped_and_silent(day, monkeypatch, browser):
    shown = signed_in(day.nurse).get(left(day, monkeypatch)).content.decode()
    with streaming(shown) as server:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script("window.heard = 0; window.AudioContext = class { constructor() { window.heard += 1 } }")
        page.goto(server.address)
        clock, pressure = page.locator("[data-replay-clock]"), page.locator("[data-channel^='NIBP'] [data-value]")
        page.locator("[data-replay-clock]", has_text="T−10:00").wait_for()
        places = []
        while "T+15:00" not in places:
            page.keyboard.press("a")
            places.append(clock.inner_text())
            assert len(set(places)) == len(places) < 9, "each press goes on to the next alarm"
        page.locator("#alarms .alarm").first.wait_for()
        heart = page.locator("[data-channel='HR'] [data-state-word]")
        assert heart.inner_text() == "last reading", "typed, so never drawn as a stream"
        picture(page, "replay")
        assert pressure.inner_text() == "190/112"
        moving = "(bar) => getComputedStyle(bar.querySelector('.alarm')).animationName"
        assert page.locator("#alarms").evaluate(moving) == "none"
        page.focus("[data-place]")
        page.keyboard.press("ArrowLeft")
        assert (clock.inner_text(), pressure.inner_text()) == ("T+14:50", "128/82")
        page.keyboard.press("Home")
        assert pressure.inner_text() == "126/78", "nothing of later shows before it was taken"
        page.keyboard.press("b")
        page.select_option("[data-speed]", "300")
        page.click("[data-play]")
        page.locator("[data-replay-clock]", has_text=re.compile(r"T\+(0[5-9]|[1-9])")).wait_for()
        assert page.locator(".replay__band").is_visible()
        assert page.locator("[data-live]").count() == 0
        assert page.evaluate("window.heard") == 0
        page.close()
