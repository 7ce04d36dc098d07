"""Struck out as wrong, a check is owed again; what comes after the patient has left is kept and looked at."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import as_needed, effects, emergency, helping, leaving, owing, signs
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import as_needed as needed
from ketacare.clinic.dosing.queries import emergencies, going_home, schedule, timeline, timeline_words
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import leave, refused
from ketacare.clinic.dosing.tests.test_leaving import raised
from ketacare.clinic.duties import queries as waiting
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.safety.models import Tier

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = f.a_day()
    f.to_running(day)
    return day


def owed(day, upto=15):
    """The keys of what is owed up to a minute after T0, which is ten minutes after the factories' clock."""
    return {ask.key for ask in watch.asks_owed(day.visit) if ask.due_at <= f.later(10 + upto)}


def strike(day, channel, at, by=None):
    row = Reading.objects.filter(visit=day.visit, channel=channel).latest("taken_at")
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


# --- by a prescriber's own order --------------------------------------------------------------------------------------


def ordered(day, **more):
    told = {
        "medicine": "naloxone", "name": "", "route": "IV", "amount": Decimal("0.4"), "unit": "mg", "why": "sedation",
        "prescriber": User.objects.get(pk=day.prescriber.user_id),
    } | more  # fmt: skip
    order = as_needed.OwnOrder(**told)
    return as_needed.give_ordered(session=day.session, order=order, by=day.nurse, at=f.later(20))


def test_h12_a_prescribers_own_order_is_charted_without_an_adopted_set_and_release_waits_for_it(day):
    entry = ordered(day)
    assert timeline_words.words_of(entry) == "Naloxone 0.4 mg IV for sedation, by the order of " + day.prescriber.name
    assert [fact.name for fact in needed.release_facts(day.session)] == ["reversal_at"]
    assert [one.recheck_at for one in needed.looked_at(day.session)] == [f.later(23)]


def test_h12_another_medicine_makes_everybody_wait_as_after_the_longest(day):
    ordered(day, medicine="", name="Diphenhydramine", why="another reason")
    assert [fact.name for fact in needed.release_facts(day.session)] == ["medicine_at"]
    f.giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    assert going_home.earliest(day.session, f.later(60)) == f.later(140)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"prescriber": None}, "Whose order was it?"),
        ({"medicine": ""}, "Which medicine?"),
        ({"unit": "g"}, "counted in mg"),
        ({"amount": Decimal(0)}, "own_amount is empty"),
        ({"medicine": "propofol"}, "not in the list"),
        ({"route": " "}, "own_route is empty"),
    ],
)
def test_an_own_order_says_what_how_much_and_whose(day, more, words):
    refused(day, lambda: ordered(day, **more), words)


def test_a_prescriber_at_the_chair_orders_by_the_act(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    client, address = browser(day.prescriber), f"/sessions/{day.visit.pk}/effects/"
    assert "By a prescriber&#39;s own order" in client.get(address).content.decode().replace("'", "&#39;")
    what = {"own_drug": "labetalol", "own_amount": "10", "own_unit": "mg"}
    fields = what | {"own_route": "IV", "own_why": "hypertension"}
    assert client.post(address, once(act="ordered", **fields)).status_code == 302
    (one,) = needed.given(day.session)
    assert one.body["signed_by"] == day.prescriber.name
    assert client.post(address, once(act="ordered", **fields | {"own_unit": "g"})).status_code == 422
