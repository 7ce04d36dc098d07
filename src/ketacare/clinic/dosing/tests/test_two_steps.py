"""An infusion in two steps: the first runs in by itself and stops; the second waits for somebody who has looked."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import checking, emergency, giving
from ketacare.clinic.dosing.actions.second_step import start_second_step
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import (
    course,
    dose,
    ordered,
    rates,
    timeline,
    timeline_words,
    trend,
    under_way,
)
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, RatePump, Volume

pytestmark = pytest.mark.django_db
AT = ("second_at", "done_at")


@pytest.fixture
def day(monkeypatch):
    """T0 is ten minutes after check-in: 40 mg in 100 mL, 50 mL in 20 min, then 50 mL in 40 min."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(35))
    day = f.a_day(sheet="p-iv-2step")
    found = f.read_by(
        day, f.DRUG, Mass.of(40), concentration=Concentration.of(10), volume=Volume.of(4),
        total=Volume.of(100), rate=RatePump.of(150),
    )  # fmt: skip
    order = f.an_order(day, protocol=protocol("p-iv-2step"), minutes=Duration.of(60))
    f.given_ready(day, order, [day.vial], found)
    giving.start(session=day.session, by=day.nurse, at=f.later(10))
    return day


def second(day, minute=35, *, stable=True, by=None):
    return start_second_step(session=day.session, stable=stable, by=by or day.nurse, at=f.later(minute))


def so_far(day, minute):
    return dose.so_far(day.session, ordered.order_of(day.visit), f.later(minute))


def test_the_first_step_runs_in_and_stops_by_itself(day):
    assert (so_far(day, 20).given, so_far(day, 20).rate) == (Mass.of(10), RatePump.of(150))
    assert so_far(day, 20).ends_at == f.later(30)
    waiting = so_far(day, 45)
    assert (waiting.given, waiting.rate, waiting.ends_at, waiting.first_step_is_in) == (
        Mass.of(20), dose.PAUSED, None, True,
    )  # fmt: skip
    assert [str(one.mass.rounded()) for one in course.as_given(day.session, f.later(45))] == ["20 mg"]


def test_the_second_step_waits_for_the_first_a_look_and_a_pressure(day):
    with pytest.raises(Refused, match=r"first is still running at 150 mL/h"):
        second(day, 29)
    with pytest.raises(Refused, match="Nobody has said"):
        second(day, stable=False)
    with pytest.raises(Refused, match="blood pressure of the last 10 min"):
        second(day)
    f.vitals(day, "136/84", at=f.later(24))
    with pytest.raises(Refused, match="blood pressure of the last 10 min"):
        second(day)
    f.vitals(day, "134/82", hr=76, spo2=98, at=f.later(31))
    with pytest.raises(NotAllowed):
        second(day, by=someone(day.clinic, Role.TH))
    second(day)
    with pytest.raises(Refused, match="was started already"):
        second(day, 36)


def test_no_second_step_while_a_sign_alarms(day):
    f.vitals(day, "134/82", hr=90, spo2=98, moaas=1, at=f.later(31))
    with pytest.raises(Refused, match="a sign of the patient alarms"):
        second(day)


def test_h41_no_second_step_in_an_emergency_though_no_sign_alarms(day):
    f.vitals(day, "134/82", hr=76, spo2=98, at=f.later(31))
    emergency.begin(session=day.session, by=day.nurse, at=f.later(33))
    with pytest.raises(Refused, match="emergency is under way"):
        second(day)
    emergency.end(session=day.session, words="Fell, unhurt", by=day.nurse, at=f.later(36))
    second(day, 37)


def test_h17_h41_a_second_step_started_before_the_emergency_is_charted_with_its_time(day):
    f.vitals(day, "134/82", hr=76, spo2=98, at=f.later(31))
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert 'id="f-second_at" name="second_at"' in page
    emergency.begin(session=day.session, by=day.nurse, at=f.later(36))
    act = {"session": day.session, "stable": True, "by": day.nurse, "at": f.later(38)}
    with pytest.raises(Refused, match="emergency is under way"):
        start_second_step(**act, done_at=f.later(37))
    with pytest.raises(Refused, match="first is still running"):
        start_second_step(**act, done_at=f.later(29))
    start_second_step(**act, done_at=f.later(35))
    assert so_far(day, 55).given == Mass.of(30)
    assert so_far(day, 55).ends_at == f.later(75)


def test_h17_e2_the_time_typed_with_a_refused_second_step_stays_in_its_own_form(day, monkeypatch):
    """Before, it came back as the time at which the pump was stopped."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(38))
    f.vitals(day, "134/82", hr=76, spo2=98, at=f.later(31))
    url = f"/sessions/{day.visit.pk}/dose/"
    answer = browser(day.nurse).post(url, once(step="second_step", stable="yes", second_at="-9"))
    assert answer.status_code == 422
    page = answer.content.decode()
    typed = {name: re.search(rf'<input id="f-{name}"[^>]* value="([^"]*)"', page).group(1) for name in AT}
    assert typed == {"second_at": "-9", "done_at": ""}
    for wrong in (f.later(39), f.later(9)):
        with pytest.raises(Refused) as refused:
            start_second_step(session=day.session, stable=True, by=day.nurse, at=f.later(38), done_at=wrong)
        assert [one.field for one in refused.value.refusals] == ["second_at"]


def test_h40_the_second_rate_is_read_back_and_the_course_follows_what_was_charted(day):
    f.vitals(day, "134/82", hr=76, spo2=98, at=f.later(31))
    entry = second(day)
    assert rates.waiting(day.session) == entry
    assert timeline_words.words_of(entry) == "Second step started at 75 mL/h, stable after the first"
    assert checking.check_rate(session=day.session, rate=RatePump.of(150), by=day.second, at=f.later(36)) == ("rate",)
    assert checking.check_rate(session=day.session, rate=RatePump.of(75), by=day.second, at=f.later(36)) == ()
    assert so_far(day, 55).given == Mass.of(30)
    assert so_far(day, 55).ends_at == f.later(75)
    told = [(str(one.start_min), str(one.minutes), str(one.mass.rounded())) for one in
            course.as_given(day.session, f.later(75))]  # fmt: skip
    assert told == [("0", "20", "20 mg"), ("25", "40", "20 mg")]
    order = ordered.order_of(day.visit)
    bars = [(bar["from_t"], bar["to_t"]) for bar in trend.doses(day.session, order, f.later(75))]
    assert bars == [(0, 20), (25, 65)]
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(75))
    assert ledger.amounts_of(day.visit).given_mg == 40


def test_the_rate_is_never_turned_past_the_order_of_its_step(day):
    def rate(minute, new):
        giving.change_rate(
            session=day.session, new_ml_per_h=Decimal(new), reason="distress", by=day.nurse, at=f.later(minute)
        )

    with pytest.raises(Refused, match="has run in its first step"):
        rate(33, "100")
    f.vitals(day, "134/82", hr=76, spo2=98, at=f.later(31))
    second(day)
    with pytest.raises(Refused, match="not between 0 and the ordered 75 mL/h"):
        rate(36, "100")
    rate(36, "50")
    assert so_far(day, 48).given.amount == Decimal("24.500")  # 20 + 1 min at 75 and 12 at 50 mL/h of 0.4 mg/mL


def test_a_slowed_and_paused_first_step_is_in_when_its_volume_is(day):
    giving.change_rate(session=day.session, new_ml_per_h=Decimal(75), reason="nausea", by=day.nurse, at=f.later(20))
    assert dose.first_in_at(day.session, ordered.order_of(day.visit)) == f.later(40)  # 25 mL, then 25 more at half
    assert so_far(day, 60).given == Mass.of(20)


def test_the_dose_may_end_after_the_first_and_is_not_called_complete(day):
    with pytest.raises(Refused, match="second step still in the bag"):
        giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(35))
    giving.stop(session=day.session, reason="Distress", by=day.nurse, at=f.later(35))
    assert ledger.amounts_of(day.visit).given_mg == 20


def test_what_is_predicted_goes_as_far_as_the_pump_does_by_itself(day):
    order = ordered.order_of(day.visit)
    charted = under_way.as_charted(day.session, order, f.later(20))
    assert [(one.start_min, one.dose_mg, one.duration_min) for one in charted] == [(0, 20, 20)]
    f.vitals(day, "134/82", hr=76, spo2=98, at=f.later(31))
    second(day)
    charted = under_way.as_charted(day.session, order, f.later(36))
    assert [(one.start_min, one.dose_mg, one.duration_min) for one in charted] == [(0, 20, 20), (25, 20, 40)]


def test_the_chairside_page_says_what_is_waited_for_and_takes_it(day):
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "The first step is in: look at the patient" in page
    assert "waits for its second step" in page
    f.vitals(day, "134/82", hr=76, spo2=98, at=f.later(31))
    url = f"/sessions/{day.visit.pk}/dose/"
    assert browser(day.nurse).post(url, once(step="second_step")).status_code == 422
    assert browser(day.nurse).post(url, once(step="second_step", stable="yes")).status_code == 302
    assert timeline.latest(day.visit, Kind.DOSE).name == dose.SECOND_STEP
    blind = browser(day.second).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "Second person: read the pump" in blind
    assert "Second step started at" not in blind
