"""After the last minute of the schedule somebody still lies there: looks, pressure and sedation, and the prescriber."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.dosing import tasks
from ketacare.clinic.dosing.queries import flowsheet, schedule
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.monitoring import queries as watch

pytestmark = pytest.mark.django_db


def t(minute):
    """T0 is ten minutes after the factories' clock."""
    return f.later(10 + minute)


@pytest.fixture
def day():
    day = f.a_day()
    f.to_recovery(day)
    return day


def test_h7_after_the_last_scheduled_minute_looks_pressure_and_sedation_go_on_until_the_longest_stay(day):
    start = day.session.started_at
    owed = {ask.key: ask for ask in watch.asks_owed(day.visit)}
    assert {"presence@90", "presence@150", "presence@240", "bp@105", "moaas@105", "bp@225"} <= set(owed)
    assert max(ask.due_at for ask in owed.values()) == start + timedelta(minutes=240)
    assert [look.due_at for look in schedule.looks(day.session)] == [
        start + timedelta(minutes=minute) for minute in range(15, 241, 15)
    ]


def test_h7_the_sheet_shows_what_is_due_next_and_not_four_hours_ahead(day):
    def last(at):
        return flowsheet.filled(day.session, t(at))[-1].t

    assert (last(60), last(76), last(106)) == ("T+90", "T+105", "T+135")


def opened(day):
    return {duty.kind: duty for duty in waiting.open_about(day.patient) if duty.kind.startswith("staying.")}


def test_not_ready_an_hour_after_the_least_time_is_the_prescribers_to_review_and_once(day):
    tasks.see_to_who_stays(t(134))
    assert opened(day) == {}
    for minute in (135, 136):
        tasks.see_to_who_stays(t(minute))
    (duty,) = opened(day).values()
    assert (duty.kind, duty.owner_role, duty.due_at) == ("staying.review", "RX", t(135))


def test_not_ready_half_an_hour_before_the_last_is_to_be_home_and_after_four_hours(day):
    day.clinic.doses_over_by = t(200).astimezone(ZoneInfo(day.clinic.zone)).time()
    day.clinic.is_open_all_night = False
    day.clinic.save(update_fields=["doses_over_by", "is_open_all_night"])
    tasks.see_to_who_stays(t(169))
    assert set(opened(day)) == {"staying.review"}
    tasks.see_to_who_stays(t(170))
    assert set(opened(day)) == {"staying.review", "staying.closing"}
    tasks.see_to_who_stays(t(240))
    assert opened(day)["staying.longest"].consequence == Consequence.LIFE


def closed(day, kind, minute):
    (duty,) = [one for one in waiting.open_about(day.patient) if one.kind == kind]
    duties.say_done(duty, words="Stays: waits for the ambulance", by=day.prescriber, at=t(minute))


def test_h7_t6_who_stays_beyond_the_longest_stay_is_looked_after_and_decided_about_until_they_leave(day):
    for minute in (178, 179):
        tasks.see_to_who_stays(t(minute))
    assert max(ask.due_at for ask in watch.asks_owed(day.visit)) == t(240)
    for minute in (239, 240, 241):
        tasks.see_to_who_stays(t(minute))
    keys = [ask.key for ask in watch.asks_owed(day.visit)]
    assert {"presence@255", "bp@255", "moaas@255", "bp@285", "presence@300"} <= set(keys)
    assert len(keys) == len(set(keys))
    f.vitals(day, "127/79", moaas=4, at=t(255))
    tasks.see_to_who_stays(t(256))
    keys = {ask.key for ask in watch.asks_owed(day.visit)}
    assert "bp@285" in keys
    assert not {"presence@255", "bp@255", "moaas@255"} & keys
    assert flowsheet.filled(day.session, t(256))[-1].t == "T+285"
    assert schedule.next_look(day.session, t(256)) == t(270)
    closed(day, "staying.longest", 261)
    tasks.see_to_who_stays(t(320))
    assert "staying.longest" not in opened(day)
    for minute in (321, 322):
        tasks.see_to_who_stays(t(minute))
    assert opened(day)["staying.longest"].due_at == t(321)


def test_nobody_reviews_who_is_ready_and_with_leaving_it_is_over(day):
    tasks.see_to_who_stays(t(136))
    assert set(opened(day)) == {"staying.review"}
    f.make_well(day)
    f.measured_at_the_door(day, 10 + 137)
    tasks.see_to_who_stays(t(138))
    assert set(opened(day)) == {"staying.review"}
    f.release.let_go(session=day.session, by=day.nurse, at=t(139))
    assert opened(day) == {}
