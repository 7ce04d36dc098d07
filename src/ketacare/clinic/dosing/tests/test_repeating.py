"""What the chair asks of the dose while a pressure stands beyond its line, by the way the dose is given (A16)."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.dosing.actions import giving, sessions
from ketacare.clinic.dosing.queries import dose, ordered, repeating, timeline_words
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import refused
from ketacare.clinic.dosing.tests.test_giving import second_order
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.tests.factories import browser, once

pytestmark = pytest.mark.django_db

PUMP = ("Pause the pump", "Stop the infusion")


def pages(day, monkeypatch):
    def page(minute):
        monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(minute))
        html = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
        return re.sub(r'(?s)<section class="firstacts".*?</section>', "", html)  # of any emergency, under its card

    return page


def again(day, minute):
    order, owed = ordered.order_of(day.visit), watch.repeat_of(day.visit)
    return repeating.again(day.session, order, owed, f.later(minute))


def test_a16_a_first_pressure_beyond_the_stop_line_asks_for_a_pause_and_the_second_for_a_stop(monkeypatch):
    """EX-2: 184/108 says pause and repeat within 5 min; 186/112 five minutes later says stop."""
    day = f.a_day()
    f.to_running(day)
    page = pages(day, monkeypatch)
    assert "Blood pressure again by" not in page(20)
    f.vitals(day, "184/108", hr=92, at=f.later(40))
    told = page(41)
    assert "Pause the pump and repeat" in told
    assert "every 5 min until it was inside twice" in told
    assert ", late;" in page(46)
    f.vitals(day, "186/112", hr=94, at=f.later(45))
    assert "Stop the infusion: a second reading confirms the line" in page(46)
    giving.stop(session=day.session, reason="Blood pressure", by=day.nurse, at=f.later(46))
    after = page(47)
    assert "Blood pressure again by" in after
    assert "Stop the infusion" not in after
    assert "Pause the pump" not in after


def test_a_notice_asks_for_a_repeat_and_for_no_pause():
    day = f.a_day()
    f.to_running(day)
    assert again(day, 29) is None
    f.vitals(day, "166/96", hr=88, at=f.later(30))
    found = again(day, 31)
    assert (found.by, found.every_min, found.act) == (f.later(35), 5, "")


def test_a_pump_that_is_paused_is_not_asked_to_be_paused_and_is_asked_to_be_stopped():
    day = f.a_day()
    f.to_running(day)
    f.vitals(day, "184/108", hr=92, at=f.later(30))
    sessions.pause(session=day.session, reason="Blood pressure", by=day.nurse, at=f.later(31))
    assert again(day, 32).act == ""
    f.vitals(day, "186/112", hr=94, at=f.later(35))
    assert again(day, 36).act == "stop"


def test_where_devices_are_given_one_by_one_no_further_one_is_given(monkeypatch):
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    page = pages(day, monkeypatch)
    f.vitals(day, "184/108", hr=92, at=f.later(12))
    told = page(13)
    assert "Give no further device and repeat" in told
    assert not [words for words in PUMP if words in told]
    f.vitals(day, "186/112", hr=94, at=f.later(17))
    told = page(18)
    assert "Give no more today unless the prescriber says so" in told
    assert not [words for words in PUMP if words in told]


def test_a_second_injection_is_held_though_the_first_has_ended(monkeypatch):
    """Before it is ordered, once it is ordered, and with the pressure confirmed."""
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    page = pages(day, monkeypatch)
    f.vitals(day, "184/108", hr=92, at=f.later(18))
    told = page(19)
    assert "Hold the second injection and repeat" in told
    assert not [words for words in PUMP if words in told]
    second_order(day, at=21)
    f.vitals(day, "186/112", hr=94, at=f.later(23))
    assert "Hold the second injection: a second reading confirms the line" in page(40)


def test_with_no_second_injection_to_come_nothing_is_held():
    """Not ordered within its 20 min after the first."""
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    f.vitals(day, "184/108", hr=92, at=f.later(29))
    assert again(day, 30).act == "pause"
    assert again(day, 30.1).act == ""


def test_where_the_protocol_has_no_second_injection_none_is_held():
    day = f.a_day(sheet="p-im-05")
    f.one_injection(day, "p-im-05")
    f.vitals(day, "184/108", hr=92, at=f.later(18))
    found = again(day, 19)
    assert (found.act, found.words, found.every_min) == ("", "", 5)


def test_h07_deep_sedation_or_low_oxygen_says_stop_while_the_dose_runs_and_drowsy_is_looked_at_again(monkeypatch):
    day = f.a_day()
    f.to_running(day)

    def said(minute):
        standing = watch.standing(day.visit, at=f.later(minute))
        found = repeating.to_stop(day.session, ordered.order_of(day.visit), standing, f.later(minute))
        return [one.words for one in found]

    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(25))
    client, address = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    assert client.post(address + "grid/", once() | {"moaas": "3"}).status_code == 302
    assert [ask.due_at for ask in watch.asks_owed(day.visit) if ask.key.startswith("drowsy@")] == [f.later(30)]
    assert said(25) == []
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(29))
    assert client.post(address + "grid/", once() | {"moaas": "2"}).status_code == 302
    assert said(29)[0].startswith("Stop the infusion. Open the airway")
    assert "Deep sedation." in client.get(address).content.decode()
    f.vitals(day, moaas=5, at=f.later(33))
    assert said(33) == []
    assert not [ask for ask in watch.asks_owed(day.visit) if ask.key.startswith("drowsy@")]


def test_h07_a_pause_for_pressure_ends_only_after_the_repeat_and_a_confirmed_one_by_the_prescriber():
    """Treatment 4.1: above 180/110 pause and repeat; confirmed, no restart today unless the prescriber says so."""
    day = f.a_day()
    f.to_running(day)
    act = {"session": day.session, "by": day.nurse, "reason": "Blood pressure"}

    def resumed(minute, by=day.nurse, **more):
        sessions.resume(**{**act, "by": by}, at=f.later(minute), **more)

    f.vitals(day, "188/113", at=f.later(20))
    sessions.pause(**act, at=f.later(20.5))
    refused(day, lambda: resumed(21), "has not been repeated")
    refused(day, lambda: resumed(21, by=day.prescriber), "has not been repeated")
    f.vitals(day, "150/90", at=f.later(23))
    resumed(23.5)
    f.vitals(day, "186/112", at=f.later(25))
    sessions.pause(**act, at=f.later(25.5))
    f.vitals(day, "190/114", at=f.later(30))
    f.vitals(day, "150/90", at=f.later(36))
    refused(day, lambda: resumed(37), "waits for the prescriber")
    refused(day, lambda: resumed(39, done_at=f.later(37)), "waits for the prescriber", "all the same is empty")
    resumed(38, by=day.prescriber)
    words = timeline_words.words_of(dose.steps_of(day.session)[-1])
    assert words == "Resumed by the prescriber's word, after a confirmed pressure: Blood pressure"


def test_h07_a_pump_is_not_resumed_over_low_oxygen_or_deep_sedation_and_one_that_was_says_why():
    day = f.a_day()
    f.to_running(day)
    act = {"session": day.session, "by": day.nurse, "reason": "Drowsy"}
    sessions.pause(**act, at=f.later(20))
    f.vitals(day, moaas=2, at=f.later(20.5))
    refused(day, lambda: sessions.resume(**act, at=f.later(22)), "so low that a dose stops")
    f.vitals(day, moaas=5, at=f.later(24))
    late = {**act, "at": f.later(26), "done_at": f.later(22)}
    refused(day, lambda: sessions.resume(**late), "so low that a dose stops", "all the same is empty")
    sessions.resume(**late, all_the_same="Scored wrong, awake all along")
    assert dose.steps_of(day.session)[-1].body["all_the_same"] == "Scored wrong, awake all along"


def test_a_dose_that_a_prescriber_went_on_with_says_who_and_why_until_it_is_beyond_the_line_again(monkeypatch):
    """The page went on to ask for a stop beside a pump that ran by the prescriber's word."""
    day = f.a_day()
    f.to_running(day)
    page = pages(day, monkeypatch)
    f.vitals(day, "186/112", at=f.later(20))
    sessions.pause(session=day.session, reason="Blood pressure", by=day.nurse, at=f.later(20.5))
    f.vitals(day, "190/114", at=f.later(25))
    assert "No more today unless the prescriber says so" in page(26)
    sessions.resume(session=day.session, reason="Known at home, no symptoms", by=day.prescriber, at=f.later(27))
    told = page(28)
    clock = f"{f.later(27).astimezone(ZoneInfo(day.clinic.zone)):%H:%M}"
    assert f"Dr Cho went on at {clock}, knowing of it: Known at home, no symptoms." in told
    assert "Stop the infusion" not in told
    assert "unless the prescriber says so" not in told
    assert "Blood pressure again by" in told
    f.vitals(day, "191/113", at=f.later(30))
    told = page(31)
    assert f"Stop the infusion: it is beyond the line again since Dr Cho went on at {clock}" in told
    sessions.pause(session=day.session, reason="Blood pressure", by=day.nurse, at=f.later(32))
    assert "Stop the infusion: a second reading confirms the line" in page(33)
