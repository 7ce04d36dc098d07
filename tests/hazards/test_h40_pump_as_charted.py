"""H40: what the pump is set to is read back by a second person, at the start and at every change of rate."""

from __future__ import annotations

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


def test_h40_the_card_has_ml_per_h_ml_minutes_and_the_end(day):
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "150 mL/h" in page
    assert "Bag empty at" in page
