"""Struck out as wrong, a check is owed again; what comes after the patient has left is kept and looked at."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import effects, emergency, helping, leaving, owing, signs
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import chairside, emergencies, numbers, schedule, struck, timeline
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import leave, refused
from ketacare.clinic.dosing.tests.test_leaving import raised
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import AlarmSignal, Reading
from ketacare.clinic.safety.models import Tier
from ketacare.medicine.monitoring.terms import Priority

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(running_day):
    return running_day


def owed(day, upto=15):
    """The keys of what is owed up to a minute after T0, which is ten minutes after the factories' clock."""
    return {ask.key for ask in watch.asks_owed(day.visit) if ask.due_at <= f.later(10 + upto)}


def strike(day, channel, at, by=None, value=None):
    rows = Reading.objects.filter(visit=day.visit, channel=channel)
    row = (rows if value is None else rows.filter(value=value)).latest("taken_at")
    owing.amend_reading(
        session=day.session, reading=row, value=None, reason="Wrong patient", in_error=True, by=by or day.nurse,
        at=f.later(at),
    )  # fmt: skip


# --- struck out -------------------------------------------------------------------------------------------------------


def test_h7_a_sedation_score_struck_as_the_neighbours_is_asked_again_and_looked_for(day):
    before = owed(day)
    assert {"moaas@15", "presence@15"} <= before
    f.vitals(day, moaas=5, at=f.later(25))
    assert not {"moaas@15", "presence@15"} & owed(day)
    strike(day, "MOAAS", 26)
    assert owed(day) == before


def test_h7_what_something_else_still_answers_is_not_asked_again(day):
    helping.be_present(session=day.session, by=day.nurse, at=f.later(24.5))
    f.vitals(day, moaas=4, at=f.later(24.6))
    f.vitals(day, moaas=5, at=f.later(25))
    strike(day, "MOAAS", 26)
    assert not {"moaas@15", "presence@15"} & owed(day)


def test_h7_t5_an_answer_of_two_and_a_half_minutes_early_is_owed_again_once_it_is_struck(day):
    before = owed(day)
    f.vitals(day, moaas=5, at=f.later(22.5))
    assert not {"moaas@15", "presence@15"} & owed(day)
    strike(day, "MOAAS", 23)
    assert owed(day) == before


def test_h9_t6_what_was_rightly_answered_early_is_not_asked_again_for_another_reading_struck(day):
    f.vitals(day, moaas=5, at=f.later(22.5))
    f.vitals(day, "130/84", at=f.later(25.5))
    strike(day, "NIBP_SYS", 26)
    assert not {"moaas@15", "presence@15"} & owed(day)


def test_h8_a16_a_struck_pressure_that_answered_a_repeat_leaves_it_owed(day):
    f.vitals(day, "186/112", at=f.later(13))
    f.vitals(day, "118/76", at=f.later(17))
    assert not [key for key in owed(day) if key.startswith("again")]
    for channel in ("NIBP_SYS", "NIBP_DIA"):
        strike(day, channel, 18)
    (again,) = [ask for ask in watch.asks_owed(day.visit) if ask.key.startswith("again")]
    assert again.due_at == f.later(18)
    f.vitals(day, "184/110", at=f.later(19))
    assert not [key for key in owed(day) if key.startswith("again")]
    strike(day, "NIBP_DIA", 19.5)  # a part of it still stands: the pressure was measured
    assert not [key for key in owed(day) if key.startswith("again")]


def test_h9_a16_where_only_the_struck_pressure_lay_beyond_a_line_nothing_asks_for_another(day):
    f.vitals(day, "118/76", at=f.later(15))
    f.vitals(day, "214/96", at=f.later(22))
    for channel in ("NIBP_SYS", "NIBP_DIA"):
        strike(day, channel, 27)
    assert not [key for key in owed(day, 30) if key.startswith("again")]


def test_h9_a16_struck_after_it_was_to_be_repeated_it_is_owed_from_then_and_not_missed(day):
    f.vitals(day, "186/112", at=f.later(13))
    f.vitals(day, "118/76", at=f.later(17))
    for channel in ("NIBP_SYS", "NIBP_DIA"):
        strike(day, channel, 25)
    (again,) = [ask for ask in watch.asks_owed(day.visit) if ask.key.startswith("again")]
    assert again.due_at == f.later(25)


def test_h9_t6_one_score_late_answers_every_ask_for_it_that_was_due(day):
    before = {key for key in owed(day, 31) if key.startswith("nausea@")}
    assert len(before) > 1
    f.timeline.score(session=day.session, name="nausea", value="0", by=day.nurse, at=f.later(41))
    assert not {key for key in owed(day, 31) if key.startswith("nausea@")}


def test_i2_h5_a_struck_value_is_no_number_of_now(day):
    f.vitals(day, spo2=97, hr=72, at=f.later(12))
    f.vitals(day, spo2=88, at=f.later(13))
    strike(day, "SPO2", 14)
    values = chairside.vitals(watch.standing(day.visit, at=f.later(14.1)), watch.latest(day.visit), f.later(14.1))
    shown = {one["channel"]: (one["value"], one["taken_at"]) for one in values}
    assert shown["SPO2"] == ("97", f.later(12))
    assert shown["HR"] == ("72", f.later(12))


def test_i2_h5_an_alarm_of_a_struck_pressure_says_so(day):
    f.vitals(day, "118/76", at=f.later(14))
    f.vitals(day, "214/76", at=f.later(15))

    assert struck.SAID not in words(day, 15.5)[0]
    f.vitals(day, "124/76", at=f.later(16))
    strike(day, "NIBP_SYS", 17, value=214)
    assert struck.SAID in words(day, 17.5)[0]  # latched until somebody has seen it


def words(day, minute):
    standing = watch.standing(day.visit, at=f.later(minute))
    shown = chairside.alarms(standing, f.later(minute), lambda condition: None, "")
    return [one["words"] for one in struck.marked(day.visit, standing, shown) if one["condition"] == "NIBP_SYS.high"]


def test_i2_a18_the_alarm_of_a_struck_pressure_ends_by_the_name_of_who_struck_it(day):
    f.vitals(day, "118/76", at=f.later(14))
    f.vitals(day, "214/76", at=f.later(15))
    strike(day, "NIBP_SYS", 16)
    assert not words(day, 16.5)
    last = AlarmSignal.objects.filter(visit=day.visit, condition="NIBP_SYS.high").latest("id")
    assert (last.presence, last.state, last.rule, last.by_id) == ("absent", "off", "I2", day.nurse.user_id)


def test_i2_a5_what_another_pressure_bears_out_goes_on_when_one_is_struck(day):
    f.vitals(day, "168/76", at=f.later(10))
    f.vitals(day, "214/76", at=f.later(15))
    strike(day, "NIBP_SYS", 16)
    assert len(words(day, 16.5)) == 1
    standing = watch.standing(day.visit, at=f.later(16.5))
    (one,) = [one for one in standing.conditions if one.key == "NIBP_SYS.high"]
    assert (one.value, one.priority, one.latched) == (168, Priority.LOW, False)
    assert one.extreme == 168


def test_i2_a_struck_pressure_is_not_counted_in_the_months(day):
    f.vitals(day, "214/96", at=f.later(15))

    def counted():
        (month,) = numbers.by_month([day.clinic.pk], at=f.later(60), zone="UTC")
        return month.counts["pressure"]

    assert counted() == 1
    strike(day, "NIBP_SYS", 16)
    strike(day, "NIBP_DIA", 16.5)
    assert counted() == 0


def test_h7_a_look_a_scale_and_a_reason_taken_back_are_owed_again(day):
    look = helping.be_present(session=day.session, by=day.nurse, at=f.later(25))
    score = f.timeline.score(session=day.session, name="nausea", value="1", by=day.nurse, at=f.later(25.01))
    assert not {"presence@15", "nausea@15"} & owed(day)
    for entry in (look, score):
        f.timeline.undo(session=day.session, entry=entry, by=day.nurse, at=f.later(25.1))
    assert {"presence@15", "nausea@15"} <= owed(day)
    reason = f.timeline.skip(session=day.session, column="15", reason="Asleep", by=day.nurse, at=f.later(26))
    assert not {"moaas@15", "nausea@15"} & owed(day)
    f.timeline.amend(
        session=day.session, entry=reason, reason="Wrong patient", in_error=True, by=day.nurse, at=f.later(27)
    )
    assert {"moaas@15", "nausea@15"} <= owed(day)


def test_h7_nobody_says_beforehand_that_a_reading_was_not_taken(day):
    refused(
        day,
        lambda: f.timeline.skip(session=day.session, column="40", reason="Busy", by=day.nurse, at=f.later(15)),
        "not due yet",
    )
    assert schedule.is_to_come(day.session, "40", f.later(15))


# --- after the patient has left ---------------------------------------------------------------------------------------


@pytest.fixture
def gone():
    day = f.a_day()
    f.to_left(day)
    return day


def test_a13_a_high_value_typed_after_the_patient_has_left_is_looked_at(gone):
    f.vitals(gone, "118/76", at=f.later(106))
    assert not waiting.open_for(gone.patient, "readings.review").exists()
    f.vitals(gone, "214/126", at=f.later(107))
    (duty,) = waiting.open_for(gone.patient, "readings.review")
    assert "was entered" in duty.why


def test_g7_a_sign_that_waited_until_the_patient_had_left_is_kept_and_somebody_hears_of_it(gone):
    when = {"by": gone.nurse, "at": f.later(110)}
    entry = signs.seen(session=gone.session, sign="chest pain", happened_at=f.later(104), **when)
    assert entry in timeline.standing(gone.visit, Kind.EVENT)
    assert raised() == [("session.sign", Tier.NOW, "open")]
    signs.over(session=gone.session, sign="chest pain", happened_at=f.later(104.5), **when)
    assert not signs.signs.stands(gone.session, "chest pain")


def test_g7_a_sign_under_the_name_of_its_effect_is_heard_of_too_and_leaving_calls_nobody(gone):
    when = {"by": gone.nurse, "at": f.later(110), "happened_at": f.later(104)}
    signs.seen(session=gone.session, sign="leaving", **when)
    assert raised() == []
    effects.chart(session=gone.session, name="dyspnoea", **when)
    assert raised() == [("session.sign", Tier.NOW, "open")]


def test_h41_an_emergency_ends_at_the_door_and_what_is_told_of_it_afterwards_is_kept():
    day = f.a_day()
    f.to_recovery(day)
    act = {"session": day.session, "by": day.nurse}
    emergency.begin(**act, at=f.later(55))
    leave(day, leaving.TRANSFER)
    assert emergencies.event_begun(day.session) is None
    emergency.act(**act, what="handed_over", at=f.later(65))
    told = [words for _, _, words in emergencies.event_lines(day.session)]
    assert told == ["Emergency", "Emergency over: Goes to hospital: said", "Handed over"]
