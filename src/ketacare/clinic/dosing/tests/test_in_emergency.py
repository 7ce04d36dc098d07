"""An emergency and the dose: none begins in one, goes on or grows; it is slowed, paused and stopped at any time."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import checking, emergency, giving, sessions
from ketacare.clinic.dosing.models import SessionState
from ketacare.clinic.dosing.queries import dose, rates
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import refused
from ketacare.medicine.quantities.terms import RatePump

pytestmark = pytest.mark.django_db
WAITS = "waits: an emergency is under way"


@pytest.fixture
def day():
    """T0 is ten minutes after check-in, at 150 mL/h."""
    day = f.a_day()
    f.to_running(day)
    return day


def begun(day, minute):
    emergency.begin(session=day.session, by=day.nurse, at=f.later(minute))


def over(day, minute):
    emergency.end(session=day.session, words="Fainted, well again", by=day.nurse, at=f.later(minute))


def rate(day, minute, new):
    return giving.change_rate(
        session=day.session, new_ml_per_h=Decimal(new), reason="distress", by=day.nurse, at=f.later(minute)
    )


def read(day, minute, new):
    return checking.check_rate(session=day.session, rate=RatePump.of(new), by=day.second, at=f.later(minute))


def test_h41_a_paused_dose_goes_on_only_when_the_emergency_is_over(day):
    act = {"session": day.session, "by": day.nurse, "reason": "BP"}
    begun(day, 19)
    sessions.pause(**act, at=f.later(20))
    refused(day, lambda: sessions.resume(**act, at=f.later(21)), WAITS)
    assert day.session.state == SessionState.PAUSED
    over(day, 22)
    sessions.resume(**act, at=f.later(23))
    assert day.session.state == SessionState.RUNNING


def test_h17_what_went_on_before_the_emergency_is_charted_while_it_lasts(day):
    act = {"session": day.session, "by": day.nurse, "reason": "BP"}
    sessions.pause(**act, at=f.later(20))
    begun(day, 22)
    sessions.resume(**act, done_at=f.later(21), at=f.later(23))
    assert day.session.state == SessionState.RUNNING


def test_h41_a_rate_rises_only_when_the_emergency_is_over_and_falls_at_any_time(day):
    begun(day, 19)
    rate(day, 20, 100)
    assert read(day, 20.5, 100) == ()
    refused(day, lambda: rate(day, 21, 150), WAITS)
    over(day, 22)
    rate(day, 23, 150)
    begun(day, 24)
    refused(day, lambda: read(day, 25, 150), WAITS)
    assert rates.waiting(day.session).name == dose.ASKED
    over(day, 26)
    assert read(day, 27, 150) == ()
    begun(day, 28)
    giving.stop(session=day.session, reason="Fainted", by=day.nurse, at=f.later(29))


def test_h41_the_next_device_waits_for_the_end_of_the_emergency():
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    act = {"session": day.session, "serial": "D2", "early": "", "by": day.nurse}
    begun(day, 16)
    refused(day, lambda: giving.give_piece(**act, at=f.later(17)), WAITS)
    giving.give_piece(**act, done_at=f.later(15.5), at=f.later(18))
    assert len(dose.pieces_given(day.session)) == 2
