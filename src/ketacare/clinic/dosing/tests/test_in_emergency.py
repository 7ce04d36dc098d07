"""An emergency and the dose: none begins in one, goes on or grows; it is slowed, paused and stopped at any time."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import checking, emergency, giving, sessions
from ketacare.clinic.dosing.models import SessionState
from ketacare.clinic.dosing.queries import dose, rates
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import refused
from ketacare.clinic.dosing.tests.test_giving import second_is_ready
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.medicine.quantities.terms import RatePump

pytestmark = pytest.mark.django_db
WAITS = "waits: an emergency is under way"


@pytest.fixture
def day(running_day):
    """T0 is ten minutes after check-in, at 150 mL/h."""
    return running_day


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


@pytest.fixture
def injected():
    """The second injection is ready, 16 minutes after the first."""
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    second_is_ready(day)
    return day


def test_h17_h41_a_second_injection_given_before_the_emergency_is_charted_with_its_time_while_it_lasts(injected):
    act = {"session": injected.session, "by": injected.nurse}
    begun(injected, 27)
    refused(injected, lambda: giving.give_second(**act, at=f.later(28)), WAITS)
    refused(injected, lambda: giving.give_second(**act, done_at=f.later(27.5), at=f.later(28)), WAITS)
    giving.give_second(**act, done_at=f.later(26), at=f.later(28))
    assert injected.session.dose_ended_at == f.later(26)
    assert [row.happened_at for row in dose.steps_of(injected.session)] == [f.later(10), f.later(26)]


def test_h17_h41_it_is_charted_when_the_emergency_is_over_as_well_and_held_to_when_it_was_given(injected):
    act = {"session": injected.session, "by": injected.nurse, "at": f.later(53)}
    begun(injected, 27)
    f.vitals(injected, "78/40", hr=44, at=f.later(28))
    over(injected, 52)
    refused(injected, lambda: giving.give_second(**act), "time-out in the last 10 minutes")
    refused(injected, lambda: giving.give_second(**act, done_at=f.later(22.5)), "time-out in the last 10 minutes")
    refused(injected, lambda: giving.give_second(**act, done_at=f.later(24.5)), "15 min to 20 min")
    refused(injected, lambda: giving.give_second(**act, done_at=f.later(54)), "")
    giving.give_second(**act, done_at=f.later(26))
    assert injected.session.dose_ended_at == f.later(26)


def test_h8_what_alarmed_when_it_was_given_is_a_reason_against_it_whenever_it_is_charted(injected):
    act = {"session": injected.session, "by": injected.nurse}
    f.vitals(injected, "78/40", hr=70, at=f.later(26))
    refused(injected, lambda: giving.give_second(**act, at=f.later(27)), "sign of the patient alarms")
    refused(injected, lambda: giving.give_second(**act, done_at=f.later(26.5), at=f.later(27)), "sign of the patient")
    giving.give_second(**act, done_at=f.later(25.5), at=f.later(27))


def test_h17_the_page_of_the_second_injection_charts_it_now_or_with_its_time(injected, monkeypatch):
    """The form that the page shows is the one that charts it."""
    form = re.compile(r'<form[^>]* action="([^"]*)"((?:(?!</form>).)*)Second dose given', re.DOTALL)
    found = {}
    for minute in (26, 53):
        monkeypatch.setattr("ketacare.web.clock.now", lambda minute=minute: f.later(minute))
        nurse = browser(injected.nurse)
        page = nurse.get(f"/sessions/{injected.visit.pk}/second/").content.decode()
        (found[minute],) = form.findall(page)
        assert 'name="done_at"' in found[minute][1]
    address, _ = found[53]
    assert nurse.post(address, once(done_at="never")).status_code == 422
    assert nurse.post(address, once(done_at="-27")).status_code == 302
    injected.session.refresh_from_db()
    assert injected.session.dose_ended_at == f.later(26)


def test_h41_the_page_of_a_second_dose_says_that_an_emergency_is_under_way(injected, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(28))
    address, nurse = f"/sessions/{injected.visit.pk}/second/", browser(injected.nurse)
    assert "An emergency is under way" not in nurse.get(address).content.decode()
    begun(injected, 27)
    assert "An emergency is under way since" in nurse.get(address).content.decode()


def test_h41_before_the_dose_the_acts_of_an_emergency_stand_over_the_list(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(6))
    day = f.a_day()
    begun(day, 5)
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert page.count('id="emergency"') == 1
    assert page.index('value="ems_called"') < page.index('class="prepare__list"'), "also on a phone"


def test_a20_the_page_says_which_alarms_are_heard_also_when_nobody_has_acted_for_a_while(day, monkeypatch):
    """After ten minutes without an act everything sounds again, and the page went on saying that it does not."""
    begun(day, 20)
    for minute, said in (
        (21, "only high alarms sound"),
        (31, "every alarm sounds again, as nobody has charted an act"),
    ):
        monitoring.tick(clinic=day.clinic, at=f.later(minute))
        monkeypatch.setattr("ketacare.web.clock.now", lambda minute=minute: f.later(minute))
        page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
        assert re.findall(r'class="emergency__clock">.*<span class="quiet">([^<]*)', page)[0].startswith(said)
