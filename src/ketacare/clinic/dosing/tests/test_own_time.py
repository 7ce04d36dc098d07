"""What was done before it could be charted keeps its own time, and what follows counts from it (H17, H21)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import as_needed, emergency, giving, helping, sessions, timeline
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import as_needed as needed
from ketacare.clinic.dosing.queries import emergencies, numbers
from ketacare.clinic.dosing.queries import timeline as lines
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import adopt
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
LORAZEPAM = as_needed.Wanted("lorazepam", "SL", Decimal(1), "anxiety", "mg")


@pytest.fixture
def day():
    day = f.a_day()
    f.to_running(day)
    return day


def test_h17_a_pump_stopped_before_it_was_charted_ran_until_then_and_no_longer(day):
    start = lines.latest(day.visit, Kind.DOSE, "start").happened_at
    act = {"session": day.session, "reason": "Nausea", "by": day.nurse, "at": f.later(40)}
    for wrong in (f.later(41), start - (f.later(1) - f.AT)):
        with pytest.raises(Refused):
            giving.stop(**act, done_at=wrong)
    giving.stop(**act, done_at=start + (f.later(20) - f.AT))
    assert day.session.dose_ended_at == start + (f.later(20) - f.AT)
    assert ledger.amounts_of(day.visit).given_mg == 20
    assert numbers.minutes(day.session).infused == 20
    line = lines.latest(day.visit, Kind.DOSE, "stop")
    assert (line.happened_at, line.recorded_at) == (day.session.dose_ended_at, f.later(40))


def test_a_pause_that_is_charted_late_flowed_no_longer(day):
    start = lines.latest(day.visit, Kind.DOSE, "start").happened_at
    minute = f.later(1) - f.AT
    act = {"session": day.session, "reason": "Toilet", "by": day.nurse}
    sessions.pause(**act, at=start + 15 * minute, done_at=start + 10 * minute)
    with pytest.raises(Refused, match="before the last dose step"):
        sessions.resume(**act, at=start + 20 * minute, done_at=start + 9 * minute)
    sessions.resume(**act, at=start + 20 * minute)
    giving.stop(**act, at=start + 30 * minute)
    assert ledger.amounts_of(day.visit).given_mg == 20


def test_an_act_of_an_emergency_says_when_it_was_done(day):
    emergency.begin(session=day.session, by=day.nurse, at=f.later(20))
    act = {"session": day.session, "by": day.nurse, "at": f.later(30)}
    emergency.act(**act, what="oxygen", done_at=f.later(22))
    assert [(at, since) for at, since, _ in emergencies.event_lines(day.session)][1] == (f.later(22), "02:00")
    with pytest.raises(Refused, match="future"):
        emergency.act(**act, what="oxygen", done_at=f.later(31))


def test_h12_a_medicine_counts_from_when_it_was_given_and_one_that_never_was_is_struck_out(day):
    adopt(day)
    act = {"session": day.session, "wanted": LORAZEPAM, "none_apply": True, "by": day.nurse, "at": f.later(40)}
    for wrong in (f.later(41), f.later(-30)):
        with pytest.raises(Refused, match="before the dose, or in the future"):
            as_needed.give(**act, given_at=wrong)
    entry = as_needed.give(**act, given_at=f.later(20))
    recheck = datetime.fromisoformat(entry.body["recheck_at"])
    assert (entry.happened_at, entry.recorded_at, recheck < f.later(60)) == (f.later(20), f.later(40), True)
    assert [fact.value for fact in needed.release_facts(day.session)] == [f.later(20)]
    strike = {"session": day.session, "entry": entry, "reason": "Wrong patient", "at": f.later(41)}
    for who, in_error in ((day.nurse, True), (day.prescriber, False)):
        with pytest.raises(Refused, match="only struck out"):
            timeline.amend(**strike, by=who, in_error=in_error)
    timeline.amend(**strike, by=day.prescriber, in_error=True)
    assert (needed.given(day.session), needed.release_facts(day.session)) == ([], [])
    assert as_needed.recheck_key(entry) not in {ask.key for ask in watch.asks_owed(day.visit)}


def test_each_form_takes_the_time_of_its_act(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(40))
    adopt(day)
    nurse, address = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    given = {"act": "give", "drug": "lorazepam", "route": "SL", "amount": "1", "unit": "mg", "why": "anxiety"}
    assert nurse.post(f"{address}effects/", once(**given, none_apply="on", given_at="-15")).status_code == 302
    assert nurse.post(f"{address}emergency/", once(what="begin")).status_code == 302
    assert nurse.post(f"{address}emergency/", once(what="oxygen", done_at="-2")).status_code == 302
    assert nurse.post(f"{address}dose/", once(step="pause", reason="Nausea", done_at="x")).status_code == 422
    assert nurse.post(f"{address}dose/", once(step="stop", reason="Nausea", done_at="-5")).status_code == 302
    day.session.refresh_from_db()
    (medicine,) = needed.given(day.session)
    oxygen = lines.latest(day.visit, Kind.EMERGENCY)
    assert [medicine.happened_at, day.session.dose_ended_at] == [f.later(25), f.later(35)]
    assert (oxygen.name, oxygen.happened_at) == ("oxygen", f.later(38))
    assert 'name="done_at"' in nurse.get(address).content.decode()


def test_h11_a_presence_that_waited_for_the_line_counts_from_its_press_and_answers_no_later_call(day, monkeypatch):
    def stands() -> bool:
        conditions = watch.standing(day.visit, at=f.later(40)).conditions
        return any(one.key == "sign.help button" and one.present for one in conditions)

    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(40))
    helping.call_help(session=day.session, place="chair", by=day.nurse, at=f.later(30))
    nurse, address = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    assert nurse.post(f"{address}with-patient/", once(entered_at=f.later(25).isoformat())).status_code == 302
    assert stands()
    assert lines.latest(day.visit, Kind.EVENT, "present").happened_at == f.later(25)
    assert nurse.post(f"{address}with-patient/", once(entered_at=f.later(35).isoformat())).status_code == 302
    assert not stands()
    assert nurse.post(f"{address}emergency/", once(what="begin")).status_code == 302
    act = once(what="drug", words="Adrenaline 0.5 mg IM", entered_at=f.later(37).isoformat())
    assert nurse.post(f"{address}emergency/", act).status_code == 302
    assert f.later(37) in [row.happened_at for row in lines.standing(day.visit, Kind.EMERGENCY)]
    page = nurse.get(address).content.decode()
    assert all(f'data-wait="{words}"' in page for words in ("Present", "Emergency act", "Emergency drug"))
