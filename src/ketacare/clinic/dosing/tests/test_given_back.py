"""One entry that nobody can save holds back none of those entered after it (G7, H22)."""

from __future__ import annotations

import pytest
from django.db import DataError, OperationalError

from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser, once

pytestmark = pytest.mark.django_db
AT = f.later(20)


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    day = f.a_day()
    f.to_running(day)
    return day


def send(day, words):
    client = browser(day.nurse)
    client.raise_request_exception = False
    fields = once() | {"words": words, "entered_at": AT.isoformat()}
    return client.post(f"/sessions/{day.visit.pk}/event/", fields, headers={"HX-Request": "true"})


def test_h22_a_nul_that_was_pasted_along_is_left_out(day):
    assert send(day, "Sees\0 colours").status_code < 300
    (kept,) = timeline.standing(day.visit, Kind.REMARK)
    assert kept.words == "Sees colours"


def test_h22_an_entry_over_which_we_fail_is_given_back_and_one_to_a_server_away_waits(day, monkeypatch):
    def fails(fault):
        def act(**_):
            raise fault

        monkeypatch.setattr("ketacare.clinic.dosing.views.events.line.record", act)
        return send(day, "Sees colours")

    given_back = fails(DataError("x"))
    assert given_back.status_code == 422
    assert "data-errors" in given_back.content.decode()
    assert fails(OperationalError("x")).status_code == 500
