"""Dose planning: what is drawn for whom, what is asked for instead, who may look; and the course during a session."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import ketacare
from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy.models import Source
from ketacare.clinic.candidacy.tests.factories import an_answer, some_medicines
from ketacare.clinic.dosing.actions import checking, giving, orders, sessions
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import earlier, overlay, predicting, under_way
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.views.planning import titration_for
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import AlarmSignal
from ketacare.clinic.people.models import BodyMeasure, Role
from ketacare.clinic.people.tests.factories import browser, someone
from ketacare.clinic.protocols.tests.factories import an_own_copy
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.medicine.dosing.rules.descriptors import descriptors
from ketacare.medicine.dosing.rules.holds import REASONED
from ketacare.medicine.dosing.rules.titration import Direction, suggestion
from ketacare.medicine.monitoring.terms import Kind as ConditionKind
from ketacare.medicine.pharmacology.ahead import ahead
from ketacare.medicine.pharmacology.terms import Case, Dose, Drug, Route
from ketacare.medicine.pharmacology.terms import Patient as Body
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, RatePump, Volume, Weight

pytestmark = pytest.mark.django_db
STATIC = Path(ketacare.__file__).parent / "web" / "static"

HALF = {"a_way": "ketamine-iv", "a_dose": "0.5", "a_unit": "mg/kg", "a_over": "40"}
SLOWER = {"b_way": "ketamine-iv", "b_dose": "0.5", "b_unit": "mg/kg", "b_over": "60"}
BY_MOUTH = {"b_way": "ketamine-po", "b_dose": "50", "b_unit": "mg"}


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    return f.a_day()


def at(monkeypatch, minutes):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(minutes))


def looked_at(day, *asked, who=None, status=200):
    put = {name: value for one in asked for name, value in one.items()}
    answer = browser(who or day.prescriber).get(f"/sessions/{day.visit.pk}/planning/", put)
    assert answer.status_code == status
    return answer.content.decode()


def number(page, label, place=0):
    """A number of the table beneath the picture, by its row and its regimen."""
    row = re.search(rf"<tr><th scope=\"row\">{re.escape(label)}</th>(.*?)</tr>", page).group(1)
    return float(re.findall(r'plan__value">([\d.]+)<', row)[place])


# --- planning ---------------------------------------------------------------------------------------------------------


def test_two_regimens_lie_over_one_another_with_what_must_be_said(day):
    page = looked_at(day, HALF, SLOWER)
    assert page.count('<polygon class="predicted__band') == 2
    for words in (
        "Predicted, not measured", "Venous blood, by kamp-2020", "true concentrations", "ng/mL", "ng·h/mL",
        "0.5 mg/kg over 60 min", "racemic ketamine into a vein, 40 mg", "Dissociation index",
    ):  # fmt: skip
        assert words in page
    assert number(page, "Highest concentration (Cmax)") > number(page, "Highest concentration (Cmax)", 1)
    assert (number(page, "Reached at (Tmax)"), number(page, "Reached at (Tmax)", 1)) == (42, 61)
    assert "alarm-" not in page.split('id="main"')[1]


def test_the_ruler_says_what_the_numbers_say(day):
    """A's highest value is where the ruler begins, and is the number beneath the picture; hidden without script."""
    page = looked_at(day, HALF, BY_MOUTH)
    data = json.loads(re.search(r"data-curve-data>(.*?)</script>", page).group(1))
    first, second = data["courses"]
    start = data["minutes"].index(data["minutes"][data["start"]])
    assert data["minutes"][start] == pytest.approx(number(page, "Reached at (Tmax)"), abs=2)
    assert float(first["values"][start]) == pytest.approx(number(page, "Highest concentration (Cmax)"), rel=0.02)
    assert len(first["values"]) == len(first["spreads"]) == len(second["heights"]) == len(data["minutes"])
    assert (first["letter"], second["letter"]) == ("A", "B")
    assert re.search(r"<div class=\"predicted__slide\" data-curve-slide hidden>", page)


def test_a_shot_has_no_end_to_be_read_at(day):
    """Given at once, its concentration at the end of the dose is none."""
    page = looked_at(day, {"a_way": "ketamine-im", "a_dose": "0.5", "a_unit": "mg/kg"})
    assert "given at once, nothing is in blood yet" in page


@pytest.mark.parametrize(("value", "words"), [(0, "0"), (0.04, "0"), (0.05, "0.1"), (9.94, "9.9"), (10.4, "10")])
def test_a_number_has_a_decimal_only_where_it_says_something(value, words):
    assert overlay.amount(value) == words


def test_the_protocols_dose_stands_first_and_blood_band_and_level_are_chosen(day):
    page = looked_at(day, {"site": "arterial", "band": "measured", "level": "80"})
    assert "0.5 mg/kg over 40 min" in page
    assert "Arterial blood, by kamp-2020" in page
    assert "measured values" in page
    assert "Stays under 80 ng/mL from" in page


def test_nothing_of_the_patient_stands_in_an_address(day):
    page = looked_at(day, HALF)
    links = set(re.findall(r'href="([^"]*planning/\?[^"]*)"', page))
    assert len(links) > 10
    allowed = {f"{place}_{name}" for place in "abc" for name in ("way", "dose", "unit", "over")}
    for link in links:
        assert {part.split("=")[0] for part in link.split("?")[1].replace("&amp;", "&").split("&")} <= allowed
        assert "Reed" not in link


def test_who_may_look_and_that_it_is_written_down(day):
    assert "Dose planning" in looked_at(day, who=day.nurse)
    for role in (Role.FD, Role.PT, Role.AU, Role.TH):
        looked_at(day, who=someone(day.clinic, role), status=403)
    lines = Line.objects.filter(object_kind="prediction", verb="chart.open", patient_id=day.patient.pk)
    assert {line.actor_id for line in lines} == {day.nurse.user_id}


def test_an_inhibitor_moves_the_curve_and_says_so(day):
    before = looked_at(day, HALF)
    some_medicines(day.patient, day.nurse, "ticlopidine")
    after = looked_at(day, HALF)
    assert number(after, "Highest concentration (Cmax)") > number(before, "Highest concentration (Cmax)")
    assert "Changes the curve." in after
    assert "Ticlopidine (inhibits CYP2B6)" in after
    assert "LABEL-ESK" in after
    assert "poorly known" in after
    swallowed = looked_at(day, HALF, BY_MOUTH)
    assert "B: no course is predicted." in swallowed
    assert "reduce or avoid" in swallowed


def test_nobody_asked_is_not_the_same_as_none(day):
    assert "nobody has asked" in looked_at(day, HALF)


def test_child_pugh_c_refuses_a_prediction(day):
    an_answer(day.patient, day.prescriber, "child_pugh", "C", source=Source.CLINICIAN)
    page = looked_at(day, HALF)
    assert "Not studied: no course is predicted" in page
    assert "<polygon" not in page


def test_h3_an_old_weight_or_none_is_asked_for_and_nothing_is_drawn(day, monkeypatch):
    at(monkeypatch, 60 * 24 * 22)
    page = looked_at(day, HALF)
    assert "80 kg was taken 31 days ago" in page
    assert "<polygon" not in page


def test_h3_without_any_weight_it_is_asked_for():
    rules = protocol("p-iv-05-2w").weight
    assert predicting.weight_missing(None, rules, f.AT) == ("Weight: none is recorded. Weigh the patient.",)
    early = BodyMeasure(weight_kg=Decimal(80), happened_at=f.AT.replace(hour=7))
    for days, told in ((30, ()), (31, ("Weight: 80 kg was taken 31 days ago",))):
        found = predicting.weight_missing(early, rules, f.AT.replace(hour=17) + timedelta(days=days), "Europe/London")
        assert tuple(words.partition(";")[0] for words in found) == told


def test_the_dose_rests_on_the_actual_weight_unless_another_is_chosen():
    weights = descriptors(Weight.of(140), Decimal(180), "male")
    assert predicting.dosing_weight(weights, "").name == "actual"
    assert predicting.dosing_weight(weights, "adjusted").weight == Weight.of(101)
    assert predicting.dosing_weight(weights, "nonsense").name == "actual"


def test_what_is_wrong_with_one_is_told_beside_it_and_the_other_is_drawn(day):
    page = looked_at(day, HALF, {"b_way": "esketamine-in", "b_dose": "50", "b_unit": "mg"}, status=422)
    assert "whole devices of 28 mg" in page
    assert page.count('<polygon class="predicted__band') == 1
    page = looked_at(day, HALF, {"c_way": "ketamine-iv", "c_dose": "half", "c_unit": "mg"}, status=422)
    assert "Dose: half is not a number." in page


def test_lines_a_dose_passes_are_told(day):
    page = looked_at(day, {"a_way": "ketamine-iv", "a_dose": "1.3", "a_unit": "mg/kg", "a_over": "30"})
    assert "Above the most of a single dose, 100 mg" in page
    assert "two people say why" in page


def test_a_fault_of_the_prediction_is_a_word_on_the_page(day, monkeypatch):
    def broken(case):
        raise ZeroDivisionError

    monkeypatch.setattr("ketacare.clinic.dosing.queries.predicting._predicted", broken)
    assert "This is a fault of the software" in looked_at(day, HALF)


def test_without_an_enrolment_it_says_what_comes_first(day):
    visit = scheduling.book_visit(
        patient=f.a_patient(day.desk, family="Vale"), kind=VisitKind.DOSE, starts_at=f.AT, ends_at=f.later(180),
        by=day.desk, at=f.AT, number_in_course=1,
    )  # fmt: skip
    page = browser(day.prescriber).get(f"/sessions/{visit.pk}/planning/").content.decode()
    assert "Nobody is enrolled here yet." in page


# --- earlier sessions -------------------------------------------------------------------------------------------------


def a_next_visit(day):
    return scheduling.book_visit(
        patient=day.patient, kind=VisitKind.DOSE, starts_at=f.later(60 * 24 * 3), ends_at=f.later(60 * 24 * 3 + 180),
        by=day.desk, at=f.later(110), number_in_course=2,
    )  # fmt: skip


def test_an_earlier_session_as_it_was(day):
    f.to_running(day)
    f.vitals(day, "158/96", hr=84, at=f.later(40), moaas=4, distress=2)
    f.timeline.record(session=day.session, kind=Kind.EVENT, name="nausea", by=day.nurse, at=f.later(41))
    f.timeline.record(
        session=day.session, kind=Kind.SCALE, name="dissociation", body={"value": "6"}, by=day.nurse, at=f.later(42)
    )
    giving.stop(session=day.session, reason="Distress", by=day.nurse, at=f.later(30))
    visit = a_next_visit(day)
    (one,) = earlier.sessions_before(visit)
    assert (one.rise_systolic, one.rise_diastolic) == (32, 18)
    assert (one.peak_systolic, one.dissociation, one.distress, one.moaas) == (158, 6, 2, 4)
    assert (str(one.given), one.stopped, one.events) == ("20 mg", "Distress", ("Nausea",))
    found = suggestion(
        Drug.KETAMINE, "IV", [one.judged], earlier.improvement(day.patient, f.later(60 * 24 * 3)), f.later(60 * 24 * 3)
    )
    assert found.direction is Direction.NONE
    assert found.missing[0].startswith("improvement since the baseline")
    assert found.missing[1].endswith("Nausea")


def test_h19_the_rules_between_sessions_are_those_that_the_session_began_with(day):
    """A factor that the clinic amended counts for a session that began with it, and for no other."""
    f.to_running(day)
    own = an_own_copy(day.session.clinic, "titration-1", "rules[3].slower", "2", "1")
    day.session.refresh_from_db()
    order = under_way.ordered.order_of(day.session.visit)
    assert under_way.slowed_rate(day.session, order, f.later(20), "")[0] == RatePump.of("100.0")
    day.session.sheets = {**day.session.sheets, "titration-1": own.sheet_version}
    assert under_way.slowed_rate(day.session, order, f.later(20), "")[0] == RatePump.of("75.0")
    assert titration_for(day.visit, day.session)["TI-4"].figures["slower"].value == 2


# --- during a session -------------------------------------------------------------------------------------------------


def seen(day, minutes, who=None, slower=""):
    day.session.refresh_from_db()
    return under_way.seen(day.session, who or day.nurse, at=f.later(10 + minutes), slower=slower)


def charted(day, minutes):
    day.session.refresh_from_db()
    order = under_way.ordered.order_of(day.session.visit)
    regimen = under_way.as_charted(day.session, order, f.later(10 + minutes))
    return [(one.start_min, one.dose_mg, one.duration_min) for one in regimen]


def read(column, place=0):
    return float(column.cells[place][0])


def test_the_course_follows_what_was_charted(day, monkeypatch):
    """150 mL/h of 0.4 mg/mL is 1 mg/min; slowed to 75 mL/h at T+20 the rest of 40 mg needs 40 minutes more."""
    f.to_running(day)
    assert charted(day, 0) == [(0, 40, 40)]
    assert seen(day, 0.2).why == ()
    first = seen(day, 20)
    assert [one.title for one in first.columns] == ["As set", "If stopped now", "If slowed to 100 mL/h"]
    as_set, stopped, slowed = (read(one, -1) for one in first.columns)
    assert stopped < slowed < as_set
    assert (first.why, first.refused) == ((), "")
    giving.change_rate(session=day.session, new_ml_per_h=Decimal(75), reason="Distress", by=day.nurse, at=f.later(30))
    assert charted(day, 20) == [(0, 20, 20), (20, 20, 40)]
    changed = seen(day, 21)
    assert stopped < read(changed.columns[0], -1) < as_set
    assert changed.columns[2].title == "If slowed to 50 mL/h"
    assert seen(day, 21, who=day.second).why == (under_way.BLIND,)
    assert charted(day, 21) == [(0, 20, 20), (20, 20, 40)]
    sessions.pause(session=day.session, reason="Distress", by=day.nurse, at=f.later(40))
    paused = seen(day, 31)
    assert [one.title for one in paused.columns] == ["As set"]
    giving.stop(session=day.session, reason="Distress", by=day.nurse, at=f.later(45))
    assert charted(day, 50) == [(0, 20, 20), (20, 5, 10)]


def test_a_rate_to_look_at_is_slower_than_the_pump(day):
    f.to_running(day)
    assert seen(day, 10, slower="60").slowed_to.amount == 60
    for typed in ("150", "0", "-5", "fast", "NaN"):
        found = seen(day, 10, slower=typed)
        assert (found.slowed_to.amount, found.refused.startswith(f"If slowed to: {typed} is no rate")) == (100, True)


def test_devices_that_are_due_are_counted_in_and_no_rate_is_offered(day, monkeypatch):
    monkeypatch.setattr(day.session, "protocol_id", "p-esk-trd")
    day.session.save()
    f.people.record_consent(
        patient=day.patient, kind="treatment", text_version="1", given=True, by=day.prescriber, at=f.later(0.5),
        words=f"{f.product_of(f.protocol('p-esk-trd'))}; told",
    )  # fmt: skip
    f.two_devices(day)
    found = seen(day, 2)
    assert found.slowed_to is None
    assert charted(day, 2) == [(0, 28, 0), (5, 28, 0)]


def fragment(day, who=None):
    return browser(who or day.nurse).get(f"/sessions/{day.visit.pk}/prediction/", headers={"HX-Request": "true"})


def test_the_chairside_page_stands_whatever_becomes_of_the_course(day, monkeypatch):
    f.to_running(day)
    assert "Predicted, not measured" in fragment(day).content.decode()
    alone = browser(day.nurse).get(f"/sessions/{day.visit.pk}/prediction/").content.decode()
    assert "Back to the chairside page" in alone

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(under_way, "ahead", broken)
    under_way._ahead.cache_clear()
    answer = fragment(day)
    assert answer.status_code == 200
    assert "none is shown" in answer.content.decode()
    assert "The vital signs are not touched by this." in answer.content.decode()
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert 'hx-get="/sessions/' in page
    assert 'data-channel="HR"' in page


def band_of(answer):
    found = re.search(r"data-dose-band>(.*?)</script>", answer.content.decode())
    return None if found is None else json.loads(found.group(1))


def test_a19_the_band_of_the_dose_lane_is_of_this_visit_and_says_what_the_numbers_say(day, monkeypatch):
    """T+20 of 40 mg over 40 min: the lane's value at now is that of the table, and its scale holds the whole band."""
    f.to_running(day)
    at(monkeypatch, 30)
    band = band_of(fragment(day))
    assert (band["visit"], band["now"]) == (str(day.visit.pk), 20)
    assert band["middle"][band["times"].index(20)] == read(seen(day, 20).columns[0])
    assert all(
        low <= middle <= high for low, middle, high in zip(band["low"], band["middle"], band["high"], strict=True)
    )
    assert band["top"] >= max(band["high"])
    words = (STATIC / "js" / "band.js").read_text()
    assert 'WORDS = "predicted, not measured"' in words
    assert "alarm" not in words.lower()


def test_h40_no_band_while_a_second_person_reads_the_pump(day, monkeypatch):
    f.to_running(day)
    giving.change_rate(session=day.session, new_ml_per_h=Decimal(75), reason="Distress", by=day.nurse, at=f.later(30))
    at(monkeypatch, 31)
    assert band_of(fragment(day)) is not None
    assert band_of(fragment(day, day.second)) is None


def test_a_model_that_only_knows_the_typical_course_has_no_band(day):
    f.to_running(day)
    found = replace(ahead_of(day), so_far=typical_only(ahead_of(day).so_far))
    assert under_way.lane(found) is None


def ahead_of(day):
    case = Case(Body(80.0, 41.0), (Dose(Drug.KETAMINE, Route.IV, 0.0, 40.0, 40.0),), (0.0, 30.0, 60.0), patients=20)
    return ahead(case, 20.0)


def typical_only(curve):
    return replace(curve, p05=None, p50=None, p95=None)


def test_before_anything_is_given_and_for_strangers_there_is_none(day):
    assert under_way.NOTHING_GIVEN in fragment(day).content.decode()
    assert fragment(day, someone(day.clinic, Role.FD)).status_code == 403


def test_a19_a_prediction_raises_no_alarm_however_high(day, monkeypatch):
    """A course far above the line that asks to check a dose: nothing is signalled, and nothing is written."""
    f.to_running(day)
    monkeypatch.setattr(under_way.predicting, "age_of", lambda *_: 80)
    before = AlarmSignal.objects.count()
    fragment(day)
    assert AlarmSignal.objects.count() == before
    assert not day.visit.readings.filter(taken_at__gte=f.later(10)).exists()


def test_a19_a_course_predicted_above_500_ng_per_ml_raises_no_alarm(day, monkeypatch):
    """1.2 mg/kg in 30 min, which two people said they mean: the band reaches the landmark that asks to look at a dose
    again. It is shown in words and numbers; the watch, stepped to that minute, has no condition and has signalled
    nothing, and the same watch does alarm for a pressure that somebody measures."""
    f.to_go(day)
    meant = dict.fromkeys(REASONED, "Tolerant")
    fast = f.an_order(day, "1.2", minutes=Duration.of(30), confirmed_by_prescriber=True, reasons=meant)
    asked = orders.sign_order(session=day.session, order=fast, by=day.prescriber, at=f.later(2))
    orders.second_order(session=day.session, proposal=asked, reasons=meant, by=day.second, at=f.later(2))
    f.draw(day)
    found = f.read_by(
        day, f.DRUG, Mass.of(96), concentration=Concentration.of(10), volume=Volume.of("9.6"), total=Volume.of(100),
        rate=RatePump.of(200),
    )  # fmt: skip
    assert checking.check_blind(session=day.session, found=found, by=day.second, at=f.later(4)) == ()
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    giving.start(session=day.session, by=day.nurse, at=f.later(10))
    f.vitals(day, "128/80", hr=72, spo2=98, at=f.later(39))
    before = AlarmSignal.objects.count()
    highest, spread = seen(day, 29).columns[0].cells[-1]
    assert float(highest) > 400
    assert float(spread.split(" to ")[1]) > 500
    at(monkeypatch, 39.5)
    assert "Predicted, not measured" in fragment(day).content.decode()
    assert "at most 96 mg" in browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert not physiological(day, 39.5)
    assert AlarmSignal.objects.count() == before
    f.vitals(day, "206/124", at=f.later(40))
    assert physiological(day, 40)


def physiological(day, minute):
    standing = watch.standing(day.visit, at=f.later(minute))
    return [one for one in standing.conditions if one.present and one.kind is ConditionKind.PHYSIOLOGICAL]
