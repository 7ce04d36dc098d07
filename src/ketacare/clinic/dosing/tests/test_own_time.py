"""What was done before it could be charted keeps its own time, and what follows counts from it (H17, H21)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import as_needed, emergency, giving, helping, sessions, timeline
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import as_needed as needed
from ketacare.clinic.dosing.queries import dose, emergencies, numbers, ordered
from ketacare.clinic.dosing.queries import timeline as lines
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import adopt, refused
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
LORAZEPAM = as_needed.Wanted("lorazepam", "SL", Decimal(1), "anxiety", "mg")


@pytest.fixture
def day(running_day):
    return running_day


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


def test_h41_an_act_that_waited_is_kept_once_the_emergency_is_over_with_a_time_at_which_it_lasted(day):
    common = {"session": day.session, "by": day.nurse}
    emergency.begin(**common, at=f.later(20))
    emergency.end(**common, words="Settled", at=f.later(30))
    late = common | {"what": "drug", "words": "Adrenaline 0.5 mg IM", "at": f.later(32)}
    for when in (f.later(19), f.later(31), None):
        with pytest.raises(Refused, match="lasted then"):
            emergency.act(**late, done_at=when)
    assert emergency.act(**late, done_at=f.later(25)).happened_at == f.later(25)
    assert emergencies.event_begun(day.session) is None, "none is begun for it"


def test_h22_an_emergency_that_was_begun_without_a_line_began_with_its_press_and_ended_as_it_ended(day, monkeypatch):
    held_back = []
    monkeypatch.setattr(emergency.monitoring, "begin_emergency", lambda **said: held_back.append(said["at"]))
    common = {"session": day.session, "by": day.nurse}
    began = emergency.begin(**common, at=f.later(22), happened_at=f.later(20))
    assert (began.happened_at, held_back) == (f.later(20), [f.later(22)])
    assert emergency.begin(**common, at=f.later(23), happened_at=f.later(19)) == began
    emergency.end(**common, words="Settled", at=f.later(30))
    assert emergency.begin(**common, at=f.later(31), happened_at=f.later(25)) == began
    emergency.begin(**common, at=f.later(32), happened_at=f.later(18))
    assert (emergencies.event_begun(day.session), len(held_back)) == (None, 1)
    emergency.begin(**common, at=f.later(60), happened_at=f.later(40))
    assert emergencies.event_begun(day.session) is not None
    assert len(held_back) == 1, "twenty minutes later no sound is held back"


def test_h22_an_act_before_anybody_pressed_emergency_begins_it_and_the_press_behind_it_begins_no_other(
    day, monkeypatch
):
    held_back = []
    monkeypatch.setattr(emergency.monitoring, "begin_emergency", lambda **said: held_back.append(said["at"]))
    common = {"session": day.session, "by": day.nurse}
    emergency.act(**common, what="oxygen", at=f.later(22), done_at=f.later(20))
    began = emergency.begin(**common, at=f.later(22), happened_at=f.later(21))
    assert began.happened_at == f.later(20)
    assert [row.name for row in lines.standing(day.visit, Kind.EMERGENCY)] == ["begin", "oxygen"]
    emergency.act(**common, what="shock", at=f.later(35), done_at=f.later(23))
    assert held_back == [f.later(22)], "what was done twelve minutes ago holds no sound back any more"


def test_i1_an_act_of_an_emergency_is_struck_out_a_drug_by_a_prescriber_and_the_emergency_stands(day):
    common = {"session": day.session, "by": day.nurse}
    began = emergency.begin(**common, at=f.later(20))
    called = emergency.act(**common, what="ems_called", at=f.later(21))
    drug = emergency.act(**common, what="drug", words="Adrenaline 0.5 mg IM", at=f.later(22))
    strike = {"session": day.session, "reason": "Wrong value", "at": f.later(23), "in_error": True}
    with pytest.raises(Refused, match="of this kind"):
        timeline.amend(**strike, entry=began, by=day.prescriber)
    with pytest.raises(Refused, match="Nothing is changed"):
        timeline.amend(**strike | {"in_error": False}, entry=called, by=day.nurse)
    with pytest.raises(Refused, match="by a prescriber"):
        timeline.amend(**strike, entry=drug, by=day.nurse)
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/timeline/{called.pk}/amend/").content.decode()
    assert 'name="in_error"' in page
    assert 'name="what"' in page
    timeline.amend(**strike, entry=called, by=day.nurse)
    timeline.amend(**strike, entry=drug, by=day.prescriber)
    assert [row.name for row in lines.standing(day.visit, Kind.EMERGENCY)] == ["begin"]


def test_h41_the_time_of_an_act_is_put_right_with_its_reason_within_its_emergency(day):
    common = {"session": day.session, "by": day.nurse}
    emergency.begin(**common, at=f.later(20))
    drug = emergency.act(**common, what="drug", words="Midazolam 2 mg IV", at=f.later(24))
    emergency.act(**common, what="oxygen", at=f.later(23))
    emergency.end(**common, words="Settled", at=f.later(30))
    again = {"session": day.session, "entry": drug, "reason": "Wrong time", "by": day.nurse, "at": f.later(31)}
    for wrong in (f.later(19), f.later(30.5)):
        with pytest.raises(Refused, match="did not last then"):
            timeline.amend(**again, happened_at=wrong)
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/timeline/{drug.pk}/amend/").content.decode()
    assert 'name="happened_at"' in page
    timeline.amend(**again, happened_at=f.later(21))
    stand = lines.standing(day.visit, Kind.EMERGENCY)
    assert [(row.name, row.happened_at, row.words) for row in stand[1:3]] == [
        ("drug", f.later(21), "Midazolam 2 mg IV"), ("oxygen", f.later(23), ""),
    ]  # fmt: skip


def test_h41_an_act_is_put_to_the_minute_in_which_its_emergency_began(day):
    """Begun at 20:40 by its seconds; the form takes whole minutes."""
    common = {"session": day.session, "by": day.nurse}
    emergency.begin(**common, at=f.later(20 + 40 / 60))
    oxygen = emergency.act(**common, what="oxygen", at=f.later(24))
    again = {"session": day.session, "entry": oxygen, "reason": "Wrong time", "by": day.nurse, "at": f.later(26)}
    with pytest.raises(Refused, match="did not last then"):
        timeline.amend(**again, happened_at=f.later(19))
    timeline.amend(**again, happened_at=f.later(20))
    assert [(at, words) for _, at, words in emergencies.event_lines(day.session)] == [
        ("00:00", "Emergency"), ("00:00", "Oxygen"),
    ]  # fmt: skip


def test_h41_enter_presses_no_act_and_an_emergency_waits_for_the_line(day):
    nurse, address = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    dead = "<button disabled hidden></button>"
    before = nurse.get(address).content.decode()
    assert 'class="emergency__waits"' in before, "its acts are there while the line is lost"
    begin = before[: before.index('value="begin"')].rpartition("<form")[2]
    assert 'data-wait="Emergency"' in begin
    assert before.index('value="begin"') < before.index('class="emergency__waits"'), "the press that begins it is first"
    for button in ('name="what" value="ems_called"', 'name="step" value="pause"'):
        form = before[: before.index(button)].rpartition("<form")[2]
        assert dead in form
    emergency.begin(session=day.session, by=day.nurse, at=f.later(20))
    emergency.end(session=day.session, words="Settled", by=day.nurse, at=f.later(21))
    after = nurse.get(address).content.decode()
    drug = after[after.index('id="em-drug-at"') :].partition(">")[0]
    assert "required" in drug, "a drug remembered afterwards says when"


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
    oxygen = lines.latest(day.visit, Kind.EMERGENCY, "oxygen")
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


def test_what_has_run_in_is_told_alike_at_the_chair_and_on_the_page_of_release_and_as_a_pump_is_read(monkeypatch):
    """40 mg in 40 min: 14.297 mg by rate and time are 14.3 mg to anybody."""
    day = f.a_day()
    f.to_running(day)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(10 + 14.297))
    client, address = browser(day.prescriber), f"/sessions/{day.visit.pk}/"
    assert "today in all 14.3 mg" in client.get(address).content.decode()
    assert "14.3 mg so far" in client.get(f"{address}release/").content.decode()


# --- a step at the pump, a device, the end of an emergency ------------------------------------------------------------


def run_in(day, at):
    return str(dose.so_far(day.session, ordered.order_of(day.visit), f.later(at)).given.amount)


def test_h17_a_rate_made_slower_counts_from_when_it_was_set(day):
    act = {"session": day.session, "by": day.nurse}
    f.giving.change_rate(**act, new_ml_per_h=Decimal(75), reason="nausea", at=f.later(30), done_at=f.later(20))
    assert run_in(day, 30) == "15.000"
    refused(day, lambda: f.giving.change_rate(
        **act, new_ml_per_h=Decimal(150), reason="well", at=f.later(31), done_at=f.later(30.5)
    ), "asked for now")  # fmt: skip


def test_h37_a_device_charted_later_keeps_its_time_and_the_rest_counts_until_then():
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    give = {"session": day.session, "serial": "D2", "early": "", "by": day.nurse, "at": f.later(25)}
    refused(day, lambda: f.giving.give_piece(**give, done_at=f.later(14)), "locked for 60 s")
    row = f.giving.give_piece(**give, done_at=f.later(16))
    assert (row.happened_at, row.recorded_at) == (f.later(16), f.later(25))
    day.session.refresh_from_db()
    assert day.session.dose_ended_at == f.later(16)


def test_h41_the_end_of_an_emergency_keeps_its_time_and_no_act_comes_after_it(day):
    act = {"session": day.session, "by": day.nurse}
    emergency.begin(**act, at=f.later(20))
    emergency.act(**act, what="oxygen", at=f.later(22))
    refused(day, lambda: emergency.end(**act, words="settled", at=f.later(30), done_at=f.later(21)), "before an act")
    row = emergency.end(**act, words="settled", at=f.later(30), done_at=f.later(25))
    assert (row.happened_at, row.recorded_at) == (f.later(25), f.later(30))


def test_i1_a_pause_that_never_was_is_struck_and_the_flow_goes_on(day):
    act = {"session": day.session, "by": day.nurse}
    sessions.pause(**act, reason="nausea", at=f.later(20))
    day.session.refresh_from_db()
    assert run_in(day, 30) == "10.000"
    (pause,) = [row for row in dose.steps_of(day.session) if row.name == "pause"]
    amend = {"entry": pause, "reason": "Wrong patient"}
    refused(day, lambda: f.timeline.amend(**act, **amend, at=f.later(30)), "the time is put right")
    refused(day, lambda: f.timeline.amend(**act, **amend, happened_at=f.later(9), at=f.later(30)), "is before the step")
    f.timeline.amend(**act, **amend, in_error=True, at=f.later(30))
    day.session.refresh_from_db()
    assert (day.session.state, run_in(day, 30)) == ("running", "20.000")


def test_i1_a_step_with_the_wrong_time_is_given_its_right_one_until_the_dose_is_in_the_ledger(day):
    act = {"session": day.session, "by": day.nurse}
    sessions.pause(**act, reason="nausea", at=f.later(20))
    day.session.refresh_from_db()
    sessions.resume(**act, reason="well", at=f.later(30))
    day.session.refresh_from_db()
    pause, resume = [row for row in dose.steps_of(day.session) if row.name in ("pause", "resume")]
    refused(day, lambda: f.timeline.amend(
        **act, entry=pause, reason="Duplicate", in_error=True, at=f.later(31)
    ), "paused or resumed since")  # fmt: skip
    right = f.timeline.amend(**act, entry=resume, reason="Wrong time", happened_at=f.later(25), at=f.later(31))
    assert run_in(day, 30) == "15.000"
    f.timeline.undo(**act, entry=right, at=f.later(31.1))
    day.session.refresh_from_db()
    assert day.session.state == "paused"
    f.giving.stop(**act, reason="unwell", at=f.later(33))
    refused(day, lambda: f.timeline.amend(
        **act, entry=pause, reason="Wrong time", happened_at=f.later(21), at=f.later(34)
    ), "is in the ledger")  # fmt: skip
