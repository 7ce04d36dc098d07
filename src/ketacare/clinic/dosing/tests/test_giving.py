"""From the order into the patient by every route, and everything that must not happen on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.candidacy.tests.factories import an_answer
from ketacare.clinic.dosing.actions import checking, drawing, giving, orders, release, sessions
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import (
    between,
    chairside,
    closing,
    course,
    dose,
    note,
    ordered,
    rates,
    syringes,
    timeline_words,
)
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, browser, someone
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.pharmacy.models import Container, Move
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.dosing.rules.holds import REASONED
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, RatePump, Volume, Weight

EVERY = dict.fromkeys(REASONED, "I mean it")

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    return f.a_day()


# --- what the syringe can show ---------------------------------------------------------------------------------------


def test_i12_the_ledger_has_what_the_syringe_shows_and_the_order_what_was_ordered(day):
    """0.5 mg/kg x 76.5 kg = 38.25 mg; a 5 mL syringe shows 3.8 mL = 38 mg of 10 mg/mL."""
    f.to_go(day, weight_kg="76.5")
    order = f.an_order(day, weight=Weight.of("76.5"))
    orders.sign_order(session=day.session, order=order, by=day.prescriber, at=f.later(2))
    f.draw(day)
    kept = ordered.order_of(day.visit)
    assert (kept.dose_mg, kept.drawn_mg, kept.draw_ml, kept.syringe_ml) == (Decimal("38.25"), 38, Decimal("3.8"), 5)
    assert ledger.amounts_of(day.visit).drawn_mg == Decimal("38.000")
    assert kept.draw_words == "3.8 mL (38 mg)"


# --- two people ------------------------------------------------------------------------------------------------------


def unusual(day, **more):
    """0.2 mg/kg is below the sheet: two people say why."""
    f.to_go(day)
    return orders.sign_order(
        session=day.session, order=f.an_order(day, "0.2", **more), by=day.prescriber, at=f.later(2)
    )


def test_h2_an_unusual_dose_needs_a_reason_and_is_not_in_force_with_one_signature(day):
    with pytest.raises(Refused) as refused:
        unusual(day)
    (one,) = refused.value.refusals
    assert (one.field, one.rule, one.remedy) == (
        "against-range",
        "The reason for TI-5 is empty. Dose: 0.2 mg/kg in 40 min is outside the sheet (0.25 mg/kg or more, 40 min).",
        "Check mg against mg/kg; otherwise two people give the reason.",
    )
    frail = f.an_order(day, "0.2", reasons={"range": "Frail"})
    proposal = orders.sign_order(session=day.session, order=frail, by=day.prescriber, at=f.later(2))
    assert ordered.order_of(day.visit) is None
    assert ordered.proposed(day.visit).entry == proposal
    with pytest.raises(Refused, match="not signed"):
        f.draw(day)
    assert "waits for a second person" in timeline_words.words_of(proposal)


def test_h2_the_second_is_somebody_else_with_a_reason_of_their_own(day):
    proposal = unusual(day, reasons={"range": "Frail"})

    def second(by, reason="Agreed at the round"):
        said = {"range": reason, "plan": "Not what is asked"}
        return orders.second_order(session=day.session, proposal=proposal, reasons=said, by=by, at=f.later(3))

    with pytest.raises(Refused, match="second person"):
        second(day.prescriber)
    with pytest.raises(Refused, match=r"Your reason for TI-5 is empty. Dose: 0.2 mg/kg .* Say in your own words"):
        second(day.second, " ")
    with pytest.raises(NotAllowed):
        second(someone(day.clinic, Role.TH))
    entry = second(day.second)
    order = ordered.order_of(day.visit)
    assert (order.dose_mg, order.signed_by, entry.body["second"]) == (16, "Dr Cho", "Ben Moss")
    assert timeline_words.words_of(entry).endswith(". TI-5: Frail (Ben Moss: Agreed at the round)")
    with pytest.raises(Refused, match="does not wait"):
        second(day.second)


def test_h2_above_1_mg_per_kg_in_under_40_min_is_in_force_once_two_people_said_why(day):
    """1.2 mg/kg of 80 kg in 30 min: 96 mg. The first reason and the second both stand in the record."""
    f.to_go(day)
    fast = f.an_order(day, "1.2", minutes=Duration.of(30), confirmed_by_prescriber=True)
    with pytest.raises(Refused, match="more than 1 mg/kg in less than 40 min"):
        orders.sign_order(session=day.session, order=fast, by=day.prescriber, at=f.later(2))
    meant = {"plan": "Tolerant of 1 mg/kg", "fast": "Short of time today", "range": "As last year"}
    proposal = orders.sign_order(
        session=day.session, order=replace(fast, reasons=meant), by=day.prescriber, at=f.later(2)
    )
    assert ordered.order_of(day.visit) is None
    too = {"plan": "Seen the last three", "fast": "Leaves at noon", "range": "Read last year's note"}
    with pytest.raises(
        Refused, match=r"Your reason for H2 is empty\. .*more than 1 mg/kg in less than 40 min"
    ) as refused:
        orders.second_order(
            session=day.session, proposal=proposal, reasons=too | {"fast": ""}, by=day.second, at=f.later(3)
        )
    assert [one.field for one in refused.value.refusals] == ["second-fast"]
    orders.second_order(session=day.session, proposal=proposal, reasons=too, by=day.second, at=f.later(3))
    order = ordered.order_of(day.visit)
    assert order.dose_mg == 96
    assert {one.name: one.reason for one in order.against} == meant
    assert {one.name: one.second_reason for one in order.against} == too
    told = note.order_part(order, note.Clock("UTC", day.session))
    assert (told["second"], told["beyond"][1]) == ("Ben Moss", [
        "H2", "Dose: 1.2 mg/kg in 30 min is more than 1 mg/kg in less than 40 min.", "Dr Cho: Short of time today",
        "Ben Moss: Leaves at noon",
    ])  # fmt: skip
    panel = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert (
        'Dr Cho:</span> Short of time today<br><span class="quiet">Ben Moss, second person:</span> Leaves at noon'
        in panel
    )


def test_h2_nothing_is_lifted_above_the_last_line_by_weight(day):
    f.to_go(day)
    with pytest.raises(Refused, match="above the most allowed"):
        orders.sign_order(
            session=day.session, order=f.an_order(day, "1.51", weight=Weight.of(60), reasons=EVERY),
            by=day.prescriber, at=f.later(2),
        )  # fmt: skip


def test_wd_6_a_session_more_in_a_week_is_ordered_for_a_reason_under_the_prescribers_name(day, monkeypatch):
    f.to_go(day)
    monkeypatch.setattr(dose, "sessions_this_week", lambda *_: 3)
    fourth = f.an_order(day)
    with pytest.raises(Refused, match=r"3 sessions of ketamine \(racemic\) in the last 7 days; the most is 3"):
        orders.sign_order(session=day.session, order=fourth, by=day.prescriber, at=f.later(2))
    meant = replace(fourth, reasons={"week": "Relapse, in hospital"})
    entry = orders.sign_order(session=day.session, order=meant, by=day.prescriber, at=f.later(2))
    assert timeline_words.words_of(entry).endswith("intravenous. WD-6: Relapse, in hospital")
    assert entry.body["signed_by"] == "Dr Cho"


def test_each_line_has_its_own_reason_and_a_line_that_comes_later_is_not_lifted_by_it(day, monkeypatch):
    """A reason for the fourth session of a week says nothing of a dose begun yesterday."""
    f.to_go(day)
    monkeypatch.setattr(dose, "sessions_this_week", lambda *_: 3)
    meant = f.an_order(day, reasons={"week": "Relapse"})
    orders.sign_order(session=day.session, order=meant, by=day.prescriber, at=f.later(2))
    f.draw(day)
    f.check(day)
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    monkeypatch.setattr(between, "last_started_at", lambda *_: AT - timedelta(days=1))
    with pytest.raises(Refused, match="the last dose was 1 day ago"):
        giving.start(session=day.session, by=day.nurse, at=f.later(10))


def test_wd_6_counts_the_sessions_of_seven_days_that_gave_this_drug(day):
    f.to_running(day)
    other = Session(visit=Visit(patient=day.patient, clinic=day.clinic))
    assert dose.sessions_this_week(day.session, f.DRUG, f.later(60)) == 0  # its own is not another
    assert dose.sessions_this_week(other, f.DRUG, AT + timedelta(days=6)) == 1
    assert dose.sessions_this_week(other, f.DRUG, AT + timedelta(days=7)) == 0
    assert dose.sessions_this_week(other, "esketamine", AT + timedelta(days=6)) == 0


def test_h2_a_hard_line_is_no_matter_for_two_people(day):
    f.to_go(day)
    with pytest.raises(Refused, match="above the most allowed"):
        orders.sign_order(
            session=day.session, order=f.an_order(day, "2", reasons=EVERY), by=day.prescriber, at=f.later(2)
        )


# --- the pump's rate -------------------------------------------------------------------------------------------------


def slower(day, rate="100", at=20, by=None):
    return giving.change_rate(
        session=day.session, new_ml_per_h=Decimal(rate), reason="distress", by=by or day.nurse, at=f.later(at)
    )


def read_pump(day, rate, by=None, at=21):
    return checking.check_rate(session=day.session, rate=RatePump.of(rate), by=by or day.second, at=f.later(at))


def test_h40_a_slower_rate_is_charted_at_once_and_a_second_person_reads_the_pump(day):
    f.to_running(day)
    change = slower(day)
    assert rates.waiting(day.session) == change
    with pytest.raises(Refused, match="second person"):
        read_pump(day, "100", by=day.nurse)
    assert read_pump(day, "150") == ("rate",)
    assert rates.waiting(day.session) == change
    entry = TimelineEntry.objects.filter(kind=Kind.DOUBLE_CHECK, name="rate").latest("recorded_at")
    assert "100" not in str(entry.body["differing"])
    assert "150" not in str(entry.body["differing"])
    assert read_pump(day, "100.0") == ()
    assert rates.waiting(day.session) is None
    order = ordered.order_of(day.visit)
    assert dose.so_far(day.session, order, f.later(50)).given == Mass.of(30)  # 25 mL and 50 mL of 0.4 mg/mL
    with pytest.raises(Refused, match="not waited for"):
        read_pump(day, "100")


def test_e8_chair_and_card_say_one_amount_of_which_is_given_and_what_was_ordered_beside_it(day):
    f.to_running(day)
    order = ordered.order_of(day.visit)
    rounded = replace(order, dose_mg=Decimal("40.25"))
    bar = chairside.dose_bar(day.session, rounded, f.later(20))
    assert (bar["ordered"], bar["meant"]) == ("40", "40.25 mg")
    assert rounded.held_words == "40 mg drawn, ordered 40.25 mg (0.5 mg/kg x 80 kg)"
    assert chairside.dose_bar(day.session, order, f.later(20))["meant"] == ""
    assert order.held_words == "40 mg (0.5 mg/kg x 80 kg)"


def test_h40_that_the_pump_was_read_otherwise_stands_at_the_dose_and_each_reading_in_the_note(day, monkeypatch):
    f.to_running(day)
    slower(day)
    read_pump(day, "120")
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(22))
    address = f"/sessions/{day.visit.pk}/"
    shown = browser(day.nurse).get(address).content.decode()
    assert "Ben Moss read another rate on the pump at" in shown
    assert "120" not in shown[shown.index("Ben Moss read another") :][:60]
    assert "read another rate on the pump" not in browser(day.second).get(address).content.decode(), "blind still"
    read_pump(day, "100", at=23)
    assert "read another rate on the pump" not in browser(day.nurse).get(address).content.decode()
    told = [words for _, words in note.happened_part(day.session, note.Clock("UTC", day.session))]
    assert "Check of the rate: Ben Moss read another than Ann Vale charted" in told
    assert "Check of the rate: Ann Vale and Ben Moss agree" in told


def test_h40_after_three_readings_that_differ_the_rate_is_entered_anew_and_nobody_guesses_it(day):
    f.to_running(day)
    change = slower(day)
    for wrong in ("90", "110", "120"):
        assert read_pump(day, wrong) == ("rate",)
    with pytest.raises(Refused, match="differed 3 times"):
        read_pump(day, "100")
    assert rates.waiting(day.session) == change
    again = slower(day, at=22)
    assert timeline_words.words_of(again) == "Rate read anew, 100 mL/h: distress"
    assert rates.waiting(day.session) == again
    assert read_pump(day, "100", at=23) == ()
    assert rates.waiting(day.session) is None
    with pytest.raises(Refused, match="is the present one"):
        slower(day, at=24)


def test_h40_a_rise_that_differed_three_times_is_asked_for_anew(day):
    f.to_running(day)
    slower(day)
    read_pump(day, "100")
    slower(day, "120", at=22)
    for wrong in ("130", "140", "150"):
        assert read_pump(day, wrong, at=23) == ("rate",)
    with pytest.raises(Refused, match="differed 3 times"):
        read_pump(day, "120", at=23)
    slower(day, "120", at=24)
    assert read_pump(day, "120", at=25) == ()
    assert dose.so_far(day.session, ordered.order_of(day.visit), f.later(26)).rate == RatePump.of(120)


def test_h40_a_faster_rate_is_not_made_before_a_second_person_agrees(day):
    f.to_running(day)
    slower(day)
    read_pump(day, "100")
    asked = slower(day, "150", at=30)
    order = ordered.order_of(day.visit)
    assert asked.name == "rate_asked"
    assert dose.so_far(day.session, order, f.later(31)).rate == RatePump.of(100)
    assert read_pump(day, "150", at=31) == ()
    assert dose.so_far(day.session, order, f.later(31)).rate == RatePump.of(150)
    assert rates.waiting(day.session) is None


@pytest.mark.parametrize(("rate", "words"), [("151", "ordered 150 mL/h"), ("0", "between 0"), ("150", "present one")])
def test_h40_no_rate_above_the_order_and_none_that_is_no_change(day, rate, words):
    f.to_running(day)
    with pytest.raises(Refused, match=words):
        slower(day, rate)


def test_h40_the_rate_is_hidden_from_who_has_still_to_read_it(day):
    f.to_running(day)
    change = slower(day)
    order = ordered.order_of(day.visit)
    bar = chairside.dose_bar(day.session, order, f.later(21), hide_rate=True)
    rows = timeline_words.entries(day.session, f.later(21), hidden=change.pk)
    assert "100" not in bar["rate"]
    assert bar["ends_at"] is None
    assert not any("100" in row["words"] for row in rows)


# --- the course as given ---------------------------------------------------------------------------------------------


def test_h18_the_course_follows_what_was_charted_as_given(day):
    """20 of 40 mg by T+20; then 100 mL/h of 0.4 mg/mL for 10 min: 6.667 mg; paused; stopped at T+40."""
    f.to_running(day)
    slower(day, at=30)
    sessions.pause(session=day.session, reason="BP", by=day.nurse, at=f.later(40))
    now = course.as_given(day.session, f.later(45))
    assert [(step.start_min, str(step.minutes), str(step.mass.rounded())) for step in now] == [
        (0, "20", "20 mg"), (20, "10", "6.667 mg"),
    ]  # fmt: skip
    giving.stop(session=day.session, reason="BP", pump_ml=Decimal(60), by=day.nurse, at=f.later(50))
    ended = course.regimen(day.session, f.later(60))
    assert sum(one["dose_mg"] for one in ended) == pytest.approx(24)  # 60 mL of 0.4 mg/mL, as the ledger has it
    assert ledger.amounts_of(day.visit).given_mg == 24
    assert {(one["drug"], one["route"], one["product"]) for one in ended} == {("ketamine", "iv", None)}


def test_h18_before_the_start_there_is_no_course(day):
    assert course.as_given(day.session, f.later(5)) == ()
    assert course.regimen(day.session, f.later(5)) == []


# --- esketamine ------------------------------------------------------------------------------------------------------


@pytest.fixture
def nasal():
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    return day


def next_device(day, minutes, by=None, serial="", early=""):
    return giving.give_piece(
        session=day.session, serial=serial, early=early, by=by or day.nurse, at=f.later(10 + minutes)
    )


def test_h37_the_second_device_is_locked_until_the_rest_is_over(nasal):
    for minutes in (0, 4.99):
        with pytest.raises(Refused, match="locked"):
            next_device(nasal, minutes)
    next_device(nasal, 5, serial="D2")
    nasal.session.refresh_from_db()
    assert (nasal.session.state, nasal.session.dose_ended_at) == (SessionState.RECOVERY, f.later(15))
    assert [row.body["serial"] for row in dose.pieces_given(nasal.session)] == ["D1", "D2"]
    assert ledger.amounts_of(nasal.visit).given_mg == 56
    assert [(s.start_min, s.minutes, s.mass) for s in course.as_given(nasal.session, f.later(30))] == [
        (0, 0, Mass.of(28)), (5, 0, Mass.of(28)),
    ]  # fmt: skip
    assert course.regimen(nasal.session, f.later(30))[0]["product"] == "spravato"


def test_h37_early_only_by_a_prescriber_with_a_reason(nasal):
    with pytest.raises(Refused, match="Only a prescriber"):
        next_device(nasal, 3, serial="D2", early="patient in a hurry")
    row = next_device(nasal, 3, serial="D2", by=nasal.prescriber, early="Sprayed within the minute")
    assert row.recorded_by_id == nasal.prescriber.user_id
    assert "early: Sprayed within the minute" in timeline_words.words_of(row)


def test_h37_the_same_device_is_not_given_twice_and_a_third_is_not_the_second(nasal):
    with pytest.raises(Refused, match="given already"):
        next_device(nasal, 6, serial="D1")
    with pytest.raises(Refused, match="not one that was taken out"):
        next_device(nasal, 6, serial="D9")
    next_device(nasal, 6, serial="d2")
    with pytest.raises(Refused, match="not waited for"):
        next_device(nasal, 12)


def test_h17_a_device_not_given_goes_back_unopened_and_the_ledger_adds_up(nasal):
    giving.stop(session=nasal.session, reason="Vomiting", by=nasal.nurse, at=f.later(14))
    assert ledger.amounts_of(nasal.visit).open_mg == 28
    release.waste_rest(
        session=nasal.session, vial_too=False, method=release.RETURNED, witness=nasal.user(nasal.second),
        by=nasal.nurse, at=f.later(20),
    )  # fmt: skip
    amounts = ledger.amounts_of(nasal.visit)
    assert (amounts.drawn_mg, amounts.given_mg, amounts.returned_mg, amounts.open_mg) == (56, 28, 28, 0)
    assert {one.serial: one.balance_mg for one in Container.objects.filter(drug="esketamine")} == {"D1": 0, "D2": 28}


def test_h27_a_used_device_goes_into_the_controlled_waste_before_a_witness_or_nothing_closes(nasal):
    next_device(nasal, 6, serial="d2")

    def waste(witness):
        release.waste_rest(
            session=nasal.session, vial_too=False, method="Into the controlled waste container", witness=witness,
            by=nasal.nurse, at=f.later(20),
        )  # fmt: skip

    assert "Used devices are not in the controlled waste yet: D1, D2." in " ".join(closing.missing(nasal.session))
    for nobody in (None, nasal.user(nasal.nurse)):
        with pytest.raises(Refused, match=r"second person who saw it|Nobody witnesses their own"):
            waste(nobody)
    waste(nasal.user(nasal.second))
    assert "Used devices" not in " ".join(closing.missing(nasal.session))
    gone = [row for row in ledger.entries_of(nasal.visit) if row.kind == Move.DISCARD]
    lines = sorted(gone, key=lambda row: row.container.serial)
    assert [(row.container.serial, row.container.lot, row.amount_mg, row.witness.name) for row in lines] == [
        ("D1", "L7", 0, "Ben Moss"), ("D2", "L7", 0, "Ben Moss"),
    ]  # fmt: skip
    assert ledger.amounts_of(nasal.visit).open_mg == 0


def test_h1_only_the_ordered_number_of_the_ordered_product_is_taken_out():
    day = f.a_day(sheet="p-esk-trd")
    f.to_go(day)
    orders.sign_order(session=day.session, order=f.an_order_of("p-esk-trd", "56"), by=day.prescriber, at=f.later(2))
    one, two, three = f.devices(day, "D1", "D2", "D3")

    def take(*containers):
        return f.draw(day, list(containers))

    for containers, words in (
        ((one,), "1 chosen; the order is for 2"),
        ((one, two, three), "3 chosen"),
        ((one, one), "same one"),
        ((), "none"),
        ((day.vial,), "holds ketamine .racemic., 10 mg/mL"),
    ):
        with pytest.raises(Refused, match=words):
            take(*containers)
    assert take(one, two).body["serials"] == ["D1", "D2"]


# --- an injection, and the second one --------------------------------------------------------------------------------


@pytest.fixture
def injected():
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    return day


def test_an_injection_is_given_in_one_moment_and_recovery_begins(injected):
    injected.session.refresh_from_db()
    assert injected.session.state == SessionState.RECOVERY
    assert injected.session.started_at == injected.session.dose_ended_at == f.later(10)
    assert ledger.amounts_of(injected.visit).given_mg == 40
    (step,) = course.as_given(injected.session, f.later(11))
    assert (step.start_min, step.minutes, step.rate, step.mass) == (0, 0, None, Mass.of(40))
    row = TimelineEntry.objects.get(kind=Kind.DOSE)
    assert timeline_words.words_of(row) == "40 mg given intramuscular, deltoid"


def second_order(day, amount="0.25", at=20):
    order = f.an_order_of(
        "p-im-kap", amount, at=f.later(at), given_today=dose.today(day.session, f.later(at)),
        second_of=dose.of_first_syringe(day.session),
    )  # fmt: skip
    return orders.sign_order(session=day.session, order=order, by=day.prescriber, at=f.later(at))


def second_is_ready(day):
    """Ordered, drawn, checked, read aloud, on a pressure of these minutes."""
    second_order(day)
    f.draw(day, [Container.objects.get(serial="S1")], 21)
    found = f.read_by(day, f.DRUG, Mass.of(20), concentration=Concentration.of(50), volume=Volume.of("0.4"), route="IM")
    assert checking.check_blind(session=day.session, found=found, by=day.second, at=f.later(22)) == ()
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(24))
    f.vitals(day, "130/80", at=f.later(25))


def test_a_second_syringe_repeats_order_draw_check_and_time_out(injected):
    day = injected
    vial = Container.objects.get(serial="S1")
    with pytest.raises(Refused, match="more than 50 %"):
        second_order(day, "0.3")
    second_order(day)
    with pytest.raises(Refused, match="not checked"):
        giving.give_second(session=day.session, by=day.nurse, at=f.later(26))
    f.draw(day, [vial], 21)
    assert syringes.waits_for_check(day.session)
    found = f.read_by(day, f.DRUG, Mass.of(20), concentration=Concentration.of(50), volume=Volume.of("0.4"), route="IM")
    with pytest.raises(Refused, match="second person"):
        checking.check_blind(session=day.session, found=found, by=day.nurse, at=f.later(22))
    assert checking.check_blind(session=day.session, found=found, by=day.second, at=f.later(22)) == ()
    with pytest.raises(Refused, match="time-out"):
        giving.give_second(session=day.session, by=day.nurse, at=f.later(26))
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(24))
    with pytest.raises(Refused, match="15 min to 20 min"):
        giving.give_second(session=day.session, by=day.nurse, at=f.later(24.9))
    with pytest.raises(Refused, match="15 min to 20 min"):
        giving.give_second(session=day.session, by=day.nurse, at=f.later(30.1))
    f.vitals(day, "130/80", at=f.later(25))
    giving.give_second(session=day.session, by=day.nurse, at=f.later(26))
    assert watch.state_of(Watch.objects.get(visit=day.visit)).dose_since == f.later(26), "it acts from now (T5)"
    assert [(str(s.start_min), str(s.mass)) for s in course.as_given(day.session, f.later(40))] == [
        ("0", "40 mg"), ("16", "20 mg"),
    ]  # fmt: skip
    day.session.refresh_from_db()
    assert day.session.dose_ended_at == f.later(26)
    assert ledger.amounts_of(day.visit).given_mg == 60
    with pytest.raises(Refused, match="cannot change"):
        second_order(day, at=28)


def test_h14_a_second_injection_is_judged_by_what_was_found_after_the_first(injected):
    day = injected
    second_is_ready(day)
    an_answer(day.patient, day.prescriber, "active_psychosis", "yes", at=f.later(25))
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "No longer go: nothing more is given." in page
    for act in (
        lambda: giving.give_second(session=day.session, by=day.nurse, at=f.later(26)),
        lambda: checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(26)),
    ):
        with pytest.raises(Refused, match="CI-30: Active psychosis"):
            act()


def test_h14_no_second_is_ordered_or_drawn_on_what_stops_treatment(injected):
    day = injected
    second_order(day)
    an_answer(day.patient, day.prescriber, "active_psychosis", "yes", at=f.later(20.2))
    with pytest.raises(Refused, match="CI-30: Active psychosis"):
        f.draw(day, [Container.objects.get(serial="S1")], 21)
    with pytest.raises(Refused, match="CI-30: Active psychosis"):
        second_order(day, at=20.5)


def test_a_second_syringe_can_be_put_back(injected):
    day = injected
    second_order(day)
    f.draw(day, [Container.objects.get(serial="S1")], 21)
    drawing.undo_draw(
        session=day.session, witness=day.user(day.second), reason="Too dizzy", by=day.nurse, at=f.later(22)
    )
    assert ledger.amounts_of(day.visit).open_mg == 0
    assert syringes.in_hand(day.session).stage == "ordered"


def test_h16_where_the_protocol_has_no_second_dose_there_is_none():
    day = f.a_day(sheet="p-im-05")
    f.one_injection(day, "p-im-05")
    with pytest.raises(Refused, match="cannot change"):
        orders.sign_order(
            session=day.session, order=f.an_order_of("p-im-05", "0.25"), by=day.prescriber, at=f.later(20)
        )


def test_h16_what_was_given_today_counts_against_another_session(injected):
    assert dose.today(injected.session, f.later(600)) == Mass.of(40)
    assert dose.today(injected.session, f.later(24 * 60)) == Mass.of(0)


@pytest.mark.parametrize(
    ("sheet", "amount", "product", "serial"),
    [
        ("p-sl-kap", "100", f.pharmacy.Product(f.DRUG, piece="lozenge", piece_mg=Decimal(50), pieces=10), "L1"),
        ("p-po-1", "1", f.pharmacy.Product(f.DRUG, Decimal(50), Decimal(10)), "P1"),
        ("p-sc-kads", "0.5", f.pharmacy.Product(f.DRUG, Decimal(50), Decimal(10)), "C1"),
    ],
)
def test_the_other_routes_are_given_in_one_moment(sheet, amount, product, serial):
    day = f.a_day(sheet=sheet)
    order = f.an_order_of(sheet, amount)
    container = f.received(day.nurse, serial, product)
    mg = order.mass_of(order.dose)
    found = {"pieces": 2} if order.piece else {"concentration": order.vial, "volume": mg.at(order.vial)}
    entry = f.read_by(day, f.DRUG, mg, route=order.protocol.route, **found)
    f.given_ready(day, order, [container], entry)
    giving.start(session=day.session, by=day.nurse, at=f.later(10))
    day.session.refresh_from_db()
    assert day.session.state == SessionState.RECOVERY
    assert ledger.amounts_of(day.visit).given_mg == mg.amount
    assert ordered.order_of(day.visit).route == order.protocol.route


def test_sprays_are_given_one_after_the_other_from_one_bottle():
    day = f.a_day(sheet="p-in-rac")
    bottle = f.received(day.nurse, "B1", f.pharmacy.Product(f.DRUG, piece="spray", piece_mg=Decimal(10), pieces=20))
    found = f.read_by(day, f.DRUG, Mass.of(20), pieces=2, route="IN")
    order = f.an_order_of("p-in-rac", "20")
    f.given_ready(day, order, [bottle], found)
    giving.start(session=day.session, by=day.nurse, at=f.later(10))
    with pytest.raises(Refused, match="next spray is locked"):
        next_device(day, 3)
    next_device(day, 4)
    assert ledger.amounts_of(day.visit).given_mg == 20


def test_duration_and_weight_stay_exact_in_the_order(day):
    f.to_go(day)
    orders.sign_order(
        session=day.session, order=f.an_order(day, minutes=Duration.of("45")), by=day.prescriber, at=f.later(2)
    )
    order = ordered.order_of(day.visit)
    assert (order.minutes, order.rate_ml_per_h, order.dose) == (45, Decimal("133.3"), MassPerWeight.of("0.5"))
    assert order.set_rate_words == ""  # 45.011 min, as near as a tenth
    assert replace(order, runs_min=Decimal("39.545")).set_rate_words == "39.5 min at the set rate; "
