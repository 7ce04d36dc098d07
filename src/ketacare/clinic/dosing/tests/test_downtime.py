"""The session chart on paper: from a dose under way it goes on as the dose runs, not as it was ordered."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import giving
from ketacare.clinic.dosing.queries import downtime
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people.tests.factories import browser
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db


def test_h40_printed_while_the_dose_runs_it_says_the_rate_as_charted_and_what_was_given(running_day):
    day, ordered_rate = running_day, "150 mL/h"
    aside = {"visit": day.visit, "channel": Channel.RR, "reason": "mask"}
    monitoring.stop_monitoring(**aside, by=day.prescriber, at=f.later(20))
    giving.change_rate(session=day.session, new_ml_per_h=Decimal(100), reason="distress", by=day.nurse, at=f.later(14))
    sheet = downtime.sheet(day.session, "UTC", f.later(26))
    assert ordered_rate not in sheet.prepared
    assert "made up to" in sheet.prepared
    now = sheet.under_way
    assert now is not None
    assert now.pump == "100 mL/h, as last charted"
    assert now.card.given.endswith("mg")
    assert any("100 mL/h" in words for _, words in now.card.dose_words)
    assert day.nurse.name in now.at_the_chair
    assert any(words.endswith("mask") for words in now.not_monitored)


def test_h40_before_the_dose_it_says_the_order(running_day):
    running_day.session.started_at = None
    sheet = downtime.sheet(running_day.session, "UTC", f.later(5))
    assert sheet.under_way is None
    assert "150 mL/h" in sheet.prepared


@pytest.mark.parametrize("address", ["card/", "downtime/", "transfer/"])
def test_h02_h40_no_paper_shows_the_second_person_the_new_rate_before_they_have_read_the_pump(monkeypatch, address):
    day = f.a_day()
    f.to_running(day)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(21))
    giving.change_rate(session=day.session, new_ml_per_h=Decimal(63), reason="Nausea", by=day.nurse, at=f.later(20))
    url = f"/sessions/{day.visit.pk}/{address}"
    assert "63 mL/h" in browser(day.nurse).get(url).content.decode()
    assert "63 mL/h" not in browser(day.second).get(url).content.decode()
