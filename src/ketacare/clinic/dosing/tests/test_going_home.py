"""Medicines with their unit, the wait for an escort, the wall, the note."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ketacare.clinic.dosing.actions import as_needed, emergency, giving, leaving, release, timeline
from ketacare.clinic.dosing.queries import as_needed as needed
from ketacare.clinic.dosing.queries import chairside, going_home, note, untaken, wall
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import adopt, chart, give, refused
from ketacare.clinic.dosing.tests.test_views import pdf_words
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.medicine.evidence.terms import Fact

SUPERVISED = dict.fromkeys(leaving.NEEDS[leaving.SUPERVISED], "said") | {"adult_phone": "555 0142"}
pytestmark = pytest.mark.django_db


def test_h2_an_amount_is_typed_with_its_unit_and_another_unit_is_refused():
    """Oxygen is counted in L/min, dextrose in g: 25 mg of it would be a thousandth."""
    day = f.a_day()
    adopt(day)
    f.to_running(day)
    refused(day, lambda: give(day, 20, "dextrose", "IV", "25", "hypoglycaemia", unit="mg"), "counted in g, not in mg")
    refused(day, lambda: give(day, 20, unit=""), "counted in mg, not in no unit")
    assert needed.given(day.session) == []
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/effects/").content.decode()
    assert all(f'<option value="{unit}"' in page for unit in ("mg", "g", "L/min"))
    assert "Ondansetron: 4 mg IV; 4 to 8 mg ODT" in page


def test_no_escort_is_waited_for_an_hour_and_then_another_way_is_somebodys_duty(monkeypatch):
    """RC-11, no escort arrives: wait at most 60 min from the first call, then supervised transport."""
    day = f.a_day()
    f.to_recovery(day)
    act = {"session": day.session, "by": day.nurse}
    assert going_home.escort_wait(day.session, f.later(180)) is None
    leaving.call(**act, who="sister", reached=False, arrives="", words="", at=f.later(110))
    leaving.call(**act, who="brother", reached=False, arrives="", words="", at=f.later(130))
    wait = going_home.escort_wait(day.session, f.later(180))
    assert (wait.since, wait.until) == (f.later(110), f.later(170))
    (duty,) = waiting.open_for(day.patient, "leaving.wait")
    assert duty.due_at == f.later(170)
    for minute, words in ((140, "Waiting for an escort until"), (171, "find another way home")):
        monkeypatch.setattr("ketacare.web.clock.now", lambda minute=minute: f.later(minute))
        page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/release/").content.decode()
        assert words in page
        assert "wait up to 60 min" in page
    found = {"escort_name": f.known("Kim Reed"), "escort_present": f.known(True)}
    release.record_criteria(**act, facts=found, words="", at=f.later(172))
    assert going_home.escort_wait(day.session, f.later(180)) is None
    assert list(waiting.open_for(day.patient, "leaving.wait")) == []


def test_leaving_another_way_ends_the_wait():
    day = f.a_day()
    f.to_recovery(day)
    leaving.call(session=day.session, who="sister", reached=False, arrives="", words="", by=day.nurse, at=f.later(110))
    f.measured_at_the_door(day, 170)
    said = leaving.Leaving(leaving.SUPERVISED, SUPERVISED)
    leaving.leave_otherwise(session=day.session, leaving=said, by=day.prescriber, at=f.later(175))
    assert list(waiting.open_for(day.patient, "leaving.wait")) == []


def test_the_wall_says_before_when_nobody_goes_home_and_whether_somebody_is_here():
    """Forty minutes from T0 at minute 10: max(50 + 30, 10 + 75) = minute 85 of 14:05 UTC, 11:30 in New York."""
    day = f.a_day()
    f.to_running(day)
    (tile,) = wall.tiles(day.nurse, at=f.later(20))
    assert (tile["ready_at"], tile["escort"]) == ("", "")
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    (tile,) = wall.tiles(day.nurse, at=f.later(55))
    assert (tile["ready_at"], tile["escort"]) == ("Not home before 11:30", "Escort not seen yet")
    release.record_criteria(
        session=day.session, facts={"escort_present": f.known(True)}, words="", by=day.nurse, at=f.later(60)
    )
    (tile,) = wall.tiles(day.nurse, at=f.later(61))
    assert tile["escort"] == "Escort here"
    assert "Not home before 11:30 · Escort here" in browser(day.nurse).get("/wall/").content.decode()


def test_an_escort_who_is_named_is_told_with_the_time_they_come():
    facts = [Fact("escort_arrives", "12:40", None, f.AT, ""), Fact("escort_present", False, None, f.AT, "")]
    assert chairside.escort_words(facts) == "Escort not here, comes 12:40"
    assert chairside.escort_words(facts[:1]) == "Escort not seen yet, comes 12:40"
    assert chairside.escort_words(facts[1:]) == "Escort not here"


def test_the_wait_counts_from_when_the_patient_may_leave_and_not_from_an_early_call(monkeypatch):
    """A call at minute 60, home at 85 at the earliest: waited for until 145."""
    day = f.a_day()
    f.to_recovery(day)
    leaving.call(session=day.session, who="sister", reached=False, arrives="", words="", by=day.nurse, at=f.later(60))
    wait = going_home.escort_wait(day.session, f.later(60))
    assert (wait.since, wait.until) == (f.later(85), f.later(145))
    (duty,) = waiting.open_for(day.patient, "leaving.wait")
    assert (duty.due_at, duty.late_at) == (f.later(145), f.later(145))
    for minute, words in ((61, "The wait counts from 11:30"), (86, "Waiting since 11:30")):
        monkeypatch.setattr("ketacare.web.clock.now", lambda minute=minute: f.later(minute))
        assert words in browser(day.nurse).get(f"/sessions/{day.visit.pk}/release/").content.decode()


def test_a_call_taken_back_and_made_again_is_one_wait():
    day = f.a_day()
    f.to_recovery(day)
    said = {"who": "sister", "reached": False, "arrives": "", "words": "", "by": day.nurse}
    first = leaving.call(session=day.session, **said, at=f.later(90))
    timeline.succeed(first, body=first.body, words="", reason="not called", in_error=True, by=day.nurse, at=f.later(91))
    assert going_home.escort_wait(day.session, f.later(91)) is None
    leaving.call(session=day.session, **said, at=f.later(92))
    assert len(waiting.open_for(day.patient, "leaving.wait")) == 1


def test_an_escort_who_was_not_here_after_all_is_waited_for_again():
    """Taken back within ten seconds, amended as an error, or found gone: the duty stands again each time."""
    day = f.a_day()
    f.to_recovery(day)
    act = {"session": day.session, "by": day.nurse}
    leaving.call(**act, who="sister", reached=False, arrives="", words="", at=f.later(90))

    def seen(here, minute):
        return release.record_criteria(**act, facts={"escort_present": f.known(here)}, words="", at=f.later(minute))

    def owed():
        return [duty.due_at for duty in waiting.open_for(day.patient, "leaving.wait")]

    slip = seen(True, 95)
    assert owed() == []
    timeline.undo(**act, entry=slip, at=f.later(95.1))
    assert owed() == [f.later(150)]
    other = seen(True, 96)
    assert owed() == []
    timeline.amend(**act, entry=other, reason="Wrong patient", in_error=True, at=f.later(98))
    assert owed() == [f.later(150)]
    seen(True, 99)
    seen(False, 100)
    assert owed() == [f.later(150)]


def test_nobody_is_called_about_the_way_home_before_the_dose_has_ended_or_after_they_left():
    day = f.a_day()
    f.to_running(day)
    said = {"who": "sister", "reached": False, "arrives": "", "words": "", "by": day.nurse}
    refused(day, lambda: leaving.call(session=day.session, **said, at=f.later(20)), "follows the dose")
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    f.make_well(day)
    release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    refused(day, lambda: leaving.call(session=day.session, **said, at=f.later(106)), "follows the dose")
    assert list(waiting.open_for(day.patient, "leaving.wait")) == []


def test_h12_a6_nobody_is_ready_while_a_high_alarm_stands_or_was_seen_by_nobody():
    day = f.a_day()
    f.to_recovery(day)

    def alarm(minute):
        found = going_home.release(day.session, at=f.later(minute), zone="UTC")
        return next(one.words for one in found.criteria if one.id == "RC-1")

    seen = {"visit": day.visit, "sign": "chest pain", "by": day.nurse}
    monitoring.observe_sign(**seen, at=f.later(60))
    assert "seen by nobody: chest pain, " in alarm(61)
    monitoring.acknowledge_alarm(visit=day.visit, condition="sign.chest pain", by=day.nurse, at=f.later(61))
    assert "seen by nobody: chest pain, " in alarm(61.5), "seen, and still there"
    monitoring.observe_sign(**seen, at=f.later(70), present=False)
    assert "high alarm" not in alarm(71), "ended by somebody's word"
    f.vitals(day, "205/100", at=f.later(72))
    f.vitals(day, "128/80", at=f.later(73))
    assert "Systolic pressure high, " in alarm(74), "it has ended, and nobody has seen it"
    monitoring.acknowledge_alarm(visit=day.visit, condition="NIBP_SYS.high", by=day.nurse, at=f.later(75))
    assert "high alarm" not in alarm(76)


def test_t5_h12_a_check_missed_so_long_that_it_is_high_holds_back_until_it_is_taken():
    """Of what nobody looked at a prescriber may judge all the same: it is no sign of the patient's."""
    day = f.a_day()
    f.to_recovery(day)
    monitoring.tick(clinic=day.clinic, at=f.later(101))
    held = going_home.release(day.session, at=f.later(101), zone="UTC")
    first = next(one for one in held.criteria if one.id == "RC-1")
    assert first.words.startswith("Missed, take it or say why not: ")
    assert "Nausea at T+40" in first.words
    assert not leaving.stops_everybody(first)
    f.make_well(day)
    ready = going_home.release(day.session, at=f.later(102), zone="UTC")
    assert ready.ready is True
    assert ready.ready_at >= f.later(101), "not since a moment at which it said not ready"


def test_h12_no_prescriber_lets_go_over_an_open_emergency_in_which_a_check_was_missed():
    day = f.a_day()
    f.to_recovery(day)
    emergency.begin(session=day.session, by=day.nurse, at=f.later(100))
    monitoring.tick(clinic=day.clinic, at=f.later(101))
    assert "missed_check" in {fact.name for fact in going_home.all_facts(day.session, f.later(101))}
    said = leaving.Leaving(leaving.EARLY, dict.fromkeys(leaving.NEEDS[leaving.EARLY], "said"))
    go = {"session": day.session, "leaving": said, "by": day.prescriber, "at": f.later(101)}
    refused(day, lambda: leaving.leave_otherwise(**go), "An emergency is still open")


def test_h12_what_the_schedule_asks_before_leaving_is_taken_again_at_the_door():
    """Ready is not measured at the door (treatment 3.1, last column); the page names each before it is pressed."""
    day = f.a_day()
    f.to_recovery(day)
    f.make_well(day)
    go = {"session": day.session, "by": day.nurse}
    refused(day, lambda: release.let_go(**go, at=f.later(116)), "Blood pressure Last taken at", "16 min ago", "Nausea")
    f.vitals(day, "127/79", hr=70, spo2=98, rr=14, moaas=5, distress=0, at=f.later(117))
    refused(day, lambda: release.let_go(**go, at=f.later(118)), "Nausea Last taken")
    f.scored_well(day, 118)
    assert release.let_go(**go, at=f.later(119)).left_at == f.later(119)


@pytest.mark.parametrize("way", ["ready", leaving.SUPERVISED])
def test_h12_what_the_patient_declines_at_the_door_is_said_and_holds_nobody_who_is_ready(way):
    """Workflow 4.3: a gap has its reason. It stays a gap in the note, and no reason is none."""
    day = f.a_day()
    f.to_recovery(day)
    f.make_well(day)
    said = leaving.Leaving(leaving.SUPERVISED, SUPERVISED)

    def go(*why: str) -> None:
        act, why_not = {"session": day.session, "at": f.later(116)}, release.WhyNot(*why)
        if way == "ready":
            release.let_go(**act, by=day.nurse, why_not=why_not)
        else:
            leaving.leave_otherwise(**act, leaving=replace(said, why_not=why_not), by=day.prescriber)

    refused(day, lambda: go(" "), "Blood pressure Last taken at")
    refused(day, lambda: go("No time"), "“No time” is none of the reasons")
    refused(day, lambda: go("Device fault"), "No device is needed for this", "nausea")
    refused(day, lambda: go("Another reason", "."), "The other reason says nothing")
    assert not waiting.open_for(day.patient, "leaving.unmeasured")
    go("Patient declined")
    last = note.content(day.session, "UTC")["release"]["criteria"][-1]
    assert last[1].startswith("Not taken: Blood pressure")
    assert last[1].endswith("Dissociation (Patient declined)")
    assert last[2] == "not met"
    (duty,) = waiting.open_for(day.patient, "leaving.unmeasured")
    assert (duty.owner_role, duty.due_at - f.later(116)) == ("RX", timedelta(hours=24)), "listed for review (E4)"


def test_e4_another_reason_is_said_in_words_and_a_device_fault_is_one_where_a_device_measures(monkeypatch):
    day = f.a_day()
    f.to_recovery(day)
    f.make_well(day)
    f.scored_well(day, 112)
    f.vitals(day, moaas=5, distress=0, at=f.later(112))
    assert untaken.reasons(["Blood pressure"]) == ("Patient declined", "Device fault", "Another reason")
    assert untaken.reasons(["Blood pressure", "Nausea"]) == ("Patient declined", "Another reason")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(118))
    client, address = browser(day.nurse), f"/sessions/{day.visit.pk}/release/"
    assert '<option value="Device fault">' in client.get(address).content.decode()
    typed = once(why_not="Another reason", why_not_words="")
    assert "The other reason says nothing" in client.post(f"{address}leave/", typed).content.decode()
    typed = once(why_not="Another reason", why_not_words="Taxi would not wait")
    assert client.post(f"{address}leave/", typed).status_code == 302
    day.session.refresh_from_db()
    told = note.content(day.session, "UTC")["release"]["criteria"][-1][1]
    assert told.endswith("(Taxi would not wait)")


def test_the_way_out_locks_the_pairings_before_the_watch_as_readings_do():
    """Two that lock in another order wait for each other until the database ends one of them."""
    day = f.a_day()
    f.to_recovery(day)
    f.measured_at_the_door(day, 170)
    said = leaving.Leaving(leaving.SUPERVISED, SUPERVISED)
    with CaptureQueriesContext(connection) as asked:
        leaving.leave_otherwise(session=day.session, leaving=said, by=day.prescriber, at=f.later(175))
    locks = [one["sql"] for one in asked if "FOR " in one["sql"] and "UPDATE" in one["sql"]]
    tables = [next(t for t in ("monitoring_pairing", "monitoring_watch", "") if f'FROM "{t}' in sql) for sql in locks]
    assert tables.index("monitoring_pairing") < tables.index("monitoring_watch")


def test_the_note_on_paper_has_people_side_effects_medicines_and_minutes():
    day = f.a_day()
    adopt(day)
    f.to_running(day)
    chart(day, "headache", 30, grade=2)
    as_needed.record_effect(session=day.session, entry=give(day, 31), words="nausea 2", by=day.nurse, at=f.later(46))
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    f.make_well(day)
    release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    words = pdf_words(browser(day.prescriber).get(f"/sessions/{day.visit.pk}/note.pdf").content)
    for said in ("Side effects", "Headache", "grade 2", "Medicines as needed", "Ondansetron", "Minutes"):
        assert said in words
    assert re.search(r"Dose\s+40 min", words)
    assert "People" in words


def test_h12_each_typed_value_counts_also_two_of_one_minute():
    day = f.a_day()
    f.to_recovery(day)
    f.vitals(day, moaas=3, at=f.later(100.2))
    f.vitals(day, moaas=5, at=f.later(100.8))
    found = [fact.value for fact in going_home.all_facts(day.session, f.later(101)) if fact.name == "moaas"]
    assert found[-2:] == [3, 5]
