"""The programme's form takes readings of their minute alone; what is billed as infusion is what flowed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from ketacare.clinic.dosing.actions import giving, sessions
from ketacare.clinic.dosing.queries import numbers, rems
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser


def taken(*minutes):
    return [SimpleNamespace(taken_at=f.later(minute)) for minute in minutes]


def minute_of(one):
    return None if one is None else (one.taken_at - f.AT) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("minutes", "found"),
    [((5, 75), None), ((34, 51), None), ((35, 44, 50), 44), ((5, 50), 50), ((38, 43), 38), ((), None)],
)
def test_a_pressure_stands_for_40_min_only_near_its_minute(minutes, found):
    assert minute_of(rems.near_40(taken(*minutes), f.AT)) == found


@pytest.mark.parametrize(
    ("minutes", "left", "found"), [((40,), 125, None), ((40, 96, 126), 125, 96), ((95,), 125, 95), ((110,), None, None)]
)
def test_a_pressure_stands_for_leaving_only_in_the_last_minutes_here(minutes, left, found):
    at = None if left is None else f.later(left)
    assert minute_of(rems.before_leaving(taken(*minutes), at)) == found


@pytest.mark.django_db
def test_breathing_that_nobody_measured_is_not_known_and_never_no():
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    assert rems.form(day.session).respiratory_depression is None
    assert numbers.flowed(day.session) is None
    f.vitals(day, spo2=98, at=f.later(20))
    form = rems.form(day.session)
    assert form.respiratory_depression is False
    assert (form.enrolled, form.earlier_here, form.moaas_lowest) == (True, 0, None)
    assert (form.acceptable_before, form.acceptable_at_end) == (True, None)
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/rems/").content.decode()
    assert "Acceptable at the end" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "result", "found"),
    [("go", "met", False), ("go", "not met", True), ("go", "unknown", None), ("no_go", "met", None)],
)
def test_a_pressure_that_a_prescriber_let_pass_was_not_acceptable_before(name, result, found):
    day = f.a_day()
    body = {"reasons": [{"criterion": rems.PRESSURE, "result": result}]}
    f.timeline.write(visit=day.visit, kind=f.Kind.DECISION, name=name, body=body, by=day.prescriber, at=f.later(1))
    assert rems.acceptable_before(day.session) is found


@pytest.mark.django_db
def test_a_pause_is_no_infusion():
    day = f.a_day()
    f.to_running(day)
    start = (day.session.started_at - f.AT) / timedelta(minutes=1)
    sessions.pause(session=day.session, reason="Toilet", by=day.nurse, at=f.later(start + 10))
    sessions.resume(session=day.session, reason="Back", by=day.nurse, at=f.later(start + 25))
    assert numbers.minutes(day.session).infused is None
    giving.stop(session=day.session, reason="Enough", by=day.nurse, at=f.later(start + 50))
    assert numbers.minutes(day.session).infused == 35
