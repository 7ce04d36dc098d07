"""H40: what the pump is set to is read back by a second person, at the start and at every change of rate."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.dosing.queries import course
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.pharmacy import queries as ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(30))
    day = f.a_day()
    f.to_running(day)
    return day


def post(actor, day, rest, **fields):
    return browser(actor).post(f"/sessions/{day.visit.pk}/{rest}", once(**fields))


def test_h40_h18_a_slower_rate_is_read_back_blind_and_the_course_follows(day, monkeypatch):
    """T+20 at 150 mL/h, then 75: the chart says so at once; the second person sees no figure and must find it."""
    assert post(day.nurse, day, "dose/", step="rate", new_ml_per_h="75", reason="Distress").status_code == 302
    second = browser(day.second)
    chair, check = (second.get(f"/sessions/{day.visit.pk}/{rest}").content.decode() for rest in ("", "double-check/"))
    assert "Second person: read the pump" in chair
    assert "75 mL/h" not in chair + check
    assert second.get(f"/sessions/{day.visit.pk}/note/").status_code == 404
    mismatch = post(day.second, day, "double-check/", rate="150").content.decode()
    assert "Different: <b>rate</b>" in mismatch
    assert "75" not in mismatch[mismatch.index("Stop") : mismatch.index("Look at the pump")]
    assert post(day.second, day, "double-check/", rate="75").status_code == 302
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(40))
    assert post(day.nurse, day, "dose/", step="stop", reason="Distress", pump_ml="62.5").status_code == 302
    given = course.as_given(day.session, f.later(60))
    assert [(str(step.start_min), str(step.mass.rounded())) for step in given] == [("0", "20 mg"), ("20", "5 mg")]
    assert ledger.amounts_of(day.visit).given_mg == 25


def shown(page: str) -> dict[str, str]:
    """The set-up card, label by label."""
    steps = re.findall(
        r'syringe__label">([^<]+)</span><span class="syringe__value dose">([^<]+)<span class="unit"> ([^<]+)<', page
    )
    return {label: f"{value} {unit}" for label, value, unit in steps}


def test_h40_the_card_has_ml_per_h_ml_minutes_and_the_end(monkeypatch):
    """40 mg in 100 mL over 40 min from T0 at 08:10 in the clinic: 150 mL/h, empty at T+40."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(9))
    day = f.a_day()
    f.to_checked(day)
    f.checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    card = shown(browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode())
    assert card == {"Dose": "40 mg", "In": "100 mL", "Set the pump to": "150 mL/h", "For": "40 min"}
    f.giving.start(session=day.session, by=day.nurse, at=f.later(10))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(30))
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    end = f.later(50).astimezone(ZoneInfo(day.nurse.zone))
    assert "150 mL/h" in page
    assert f"Bag empty at {end:%H:%M}" in page


def test_h40_the_pump_is_read_at_ten_minutes_and_over_ten_percent_off_asks(monkeypatch):
    """At T+10, 150 mL/h have given 25 mL: 27 is taken as it is, 30 (set otherwise, another bag) is asked about."""
    day = f.a_day()
    f.to_running(day)

    def at(minutes):
        monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(10 + minutes))
        return browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()

    assert "Read the pump now" not in at(9.9)
    assert "Read the pump now" in at(10)
    asked = post(day.nurse, day, "dose/", step="read_pump", shown_ml="30").content.decode()
    assert "The pump shows 30 mL; by rate and time it would be 25.0 mL" in asked
    assert "Read the pump now" in at(10), "nothing was kept"
    assert post(day.nurse, day, "dose/", step="read_pump", shown_ml="").status_code == 422
    said = {"shown_ml": "30", "shown_ml_asked": "30", "confirm": "shown_ml"}
    assert post(day.nurse, day, "dose/", step="read_pump", **said).status_code == 302
    page = at(11)
    assert "Read the pump now" not in page
    assert "Pump shows 30 mL, 25.0 mL by rate and time" in page
    assert course.as_given(day.session, f.later(20))[0].start_min == 0, "what was read changes no dose"
    at(41)
    assert post(day.nurse, day, "dose/", step="complete", pump_ml="100").status_code == 302
    assert post(day.nurse, day, "dose/", step="read_pump", shown_ml="100").status_code == 422


def test_h40_within_ten_percent_nobody_is_asked(monkeypatch):
    day = f.a_day()
    f.to_running(day)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    assert post(day.nurse, day, "dose/", step="read_pump", shown_ml="27.5").status_code == 302
