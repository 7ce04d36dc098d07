"""An order is held again at the draw, the check and the start: what it rests on may have moved since it was signed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import transaction

from ketacare.clinic.dosing.actions import checking, giving, orders, sessions
from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import between, dose, earlier, ordered, timeline, timeline_words
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import PASSWORD, browser, once
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.protocols import queries as sheets
from ketacare.clinic.protocols.tests.factories import an_own_copy
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.dosing.rules.holds import REASONED
from ketacare.medicine.monitoring.reader import limits
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Mass, MassPerWeight, RatePump, Volume, Weight

EVERY = dict.fromkeys(REASONED, "I mean it")

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    return f.a_day()


def weigh(day, kg, minute, **more):
    people.record_measure(patient=day.patient, weight_kg=Decimal(kg), by=day.nurse, at=f.later(minute), **more)


def sign(day, minute=2, **changes):
    orders.sign_order(
        session=day.session, order=f.an_order(day, at=f.AT, **changes), by=day.prescriber, at=f.later(minute)
    )


def draw(day, minute=3):
    return f.draw(day, minute=minute)


# --- the weight (H3) --------------------------------------------------------------------------------------------------


def test_h3_nothing_is_drawn_by_an_order_whose_weight_was_taken_again_and_differs(day):
    """80 kg ordered, 70 kg weighed afterwards: 40 mg would be 0.57 mg/kg. 84 kg is 5 % and stands."""
    f.to_go(day)
    sign(day)
    weigh(day, 70, 2.5)
    with pytest.raises(Refused, match=r"80 kg, which the order rests on, differs by 12\.5 % from 70 kg") as refused:
        draw(day)
    assert refused.value.refusals[0].remedy == "Sign the order again on the weight that stands."
    weigh(day, 84, 2.6)
    draw(day)


def test_h3_a_measure_that_was_corrected_takes_its_order_with_it_however_little(day):
    f.to_go(day)
    sign(day)
    weigh(day, 79, 2.5, amends=queries.latest_measure(day.patient), amend_reason="Read wrongly")
    with pytest.raises(Refused, match="80 kg, which the order rests on, was corrected; 79 kg stands"):
        draw(day)
    sign(day, 2.6, weight=Weight.of("79"))
    draw(day)


@pytest.mark.parametrize(("cm", "told"), [(158, "62\\.4 kg by the height that stands"), (180, "not worked out")])
def test_h3_a_height_that_was_corrected_takes_the_adjusted_weight_with_it(cm, told):
    """80 kg, a woman of 160 cm: ideal 52.4 kg, adjusted 52.4 + 0.4 x 27.6 = 63.4 kg; of 180 cm no index of 30."""
    day = f.a_day(sex="female")
    weigh(day, 80, 0.5, height_cm=Decimal(160))
    f.to_go(day)
    sign(day, weight=Weight.of("63.4"), rests_on="adjusted", actual=Weight.of("80"))
    before = queries.latest_measure(day.patient)
    weigh(day, 80, 2.5, height_cm=Decimal(cm), amends=before, amend_reason="Read wrongly")
    with pytest.raises(Refused, match=rf"63\.4 kg \(adjusted\), which the order rests on, is {told}"):
        draw(day)


def test_h3_the_second_entry_and_the_start_hold_the_weight_again(day):
    f.to_drawn(day)
    weigh(day, 70, 3.5)
    with pytest.raises(Refused, match="which the order rests on"):
        f.check(day)
    weigh(day, 80, 3.6)
    f.check(day)
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    weigh(day, 70, 9.5)
    with pytest.raises(Refused, match="which the order rests on"):
        giving.start(session=day.session, by=day.nurse, at=f.later(10))


def test_h3_the_second_of_two_people_cannot_sign_on_a_weight_that_moved(day):
    f.to_go(day)
    frail = f.an_order(day, "0.2", reasons={"range": "Frail"})
    proposal = orders.sign_order(session=day.session, order=frail, by=day.prescriber, at=f.later(2))
    weigh(day, 70, 2.5)
    with pytest.raises(Refused, match="which the order rests on"):
        orders.second_order(
            session=day.session, proposal=proposal, reasons={"range": "Agreed"}, by=day.second, at=f.later(3)
        )  # fmt: skip


# --- the day, and the days between (H16) ------------------------------------------------------------------------------


def again(day, minutes=200):
    """The same patient at another visit, as far as the readiness list."""
    visit = f.scheduling.book_visit(
        patient=day.patient, kind=f.VisitKind.DOSE, starts_at=f.later(minutes), ends_at=f.later(minutes + 180),
        by=day.desk, at=f.AT, number_in_course=2,
    )  # fmt: skip
    chair, vial = f.furniture(f"Chair {minutes}", day.desk, day.nurse)
    other = replace(day, chair=chair, vial=vial, session=None)
    other.session = sessions.check_in(
        visit=visit, protocol_id=day.session.protocol_id, protocol_version=day.session.protocol_version, chair=chair,
        by=day.nurse, at=f.AT,
    )  # fmt: skip
    return other


def test_h16_nobody_is_checked_in_twice(day):
    with pytest.raises(Refused, match="has another session that is not over"):
        again(day)
    f.release.call_off(session=day.session, reason="Ill", by=day.nurse, at=f.later(1))
    assert again(day, 400).session.state == "preparing"


def test_h16_two_visits_of_a_day_are_one_dose(day, monkeypatch):
    """Both orders signed before either began; one is running, and nothing of it is in the ledger yet."""
    monkeypatch.setattr(sessions, "HERE", ())
    other = again(day)
    f.to_checked(day)
    f.to_checked(other)
    for one in (day, other):
        checking.time_out(session=one.session, said=f.SAID, **f.said_by(one), by=one.nurse, at=f.later(9))
    f.screen_tried(other)
    giving.start(session=day.session, by=day.nurse, at=f.later(10))
    with pytest.raises(Refused, match="another session was started today already"):
        giving.start(session=other.session, by=other.second, at=f.later(10), words="One more chair")
    assert dose.today(other.session, f.later(30)) == Mass.of(20)
    third = again(day, 400)
    with pytest.raises(Refused, match="20 mg was given today already"):
        orders.sign_order(
            session=third.session, order=f.an_order(third, reasons=EVERY), by=day.prescriber, at=f.later(30)
        )


def test_the_days_between_two_doses_are_held_at_the_signature_and_lifted_by_a_reason(day):
    """A dose yesterday: the protocol has at least two days between."""
    f.to_left(day)
    next_day = 60 * 24
    other = again(day, next_day)
    order = f.an_order(other, at=f.later(next_day), weighed_at=f.AT)
    with pytest.raises(Refused, match="the last dose was 1 day ago; this protocol has at least 2 days between two"):
        orders.sign_order(session=other.session, order=order, by=day.prescriber, at=f.later(next_day))
    meant = replace(order, reasons={"days": "Relapse, agreed"})
    entry = orders.sign_order(session=other.session, order=meant, by=day.prescriber, at=f.later(next_day))
    assert [(one["rule"], one["reason"]) for one in entry.body["against"]] == [("P-IV-05-2W", "Relapse, agreed")]
    assert between.last_started_at(other.session) == f.later(10)


# --- what was given last (TI-5) ---------------------------------------------------------------------------------------


def test_ti_5_the_last_given_is_a_dose_that_began_of_this_drug_by_this_route(day):
    sign(day)
    later = Session(visit=Visit(patient=day.patient, clinic=day.clinic, starts_at=f.later(3 * 24 * 60)))
    assert between.last_given(later, protocol("p-iv-05-2w")) is None  # signed, never begun
    Session.objects.filter(pk=day.session.pk).update(started_at=f.later(10))
    assert between.last_given(later, protocol("p-iv-05-2w")) == MassPerWeight.of("0.5")
    assert between.last_given(later, protocol("p-im-05")) is None
    assert between.last_given(later, protocol("p-esk-trd")) is None


# --- which order (H2) -------------------------------------------------------------------------------------------------


def test_h2_while_a_newer_order_waits_the_one_before_it_is_not_drawn_and_both_can_be_withdrawn(day):
    f.to_go(day)
    sign(day)
    orders.sign_order(
        session=day.session, order=f.an_order(day, "0.2", reasons=EVERY), by=day.prescriber, at=f.later(2.5)
    )
    with pytest.raises(Refused, match="A newer one waits for its second person"):
        draw(day)
    with pytest.raises(NotAllowed):
        orders.withdraw(session=day.session, reason="Not mine", by=day.nurse, at=f.later(2.6))
    with pytest.raises(Refused, match="The reason is empty"):
        orders.withdraw(session=day.session, reason=" ", by=day.prescriber, at=f.later(2.6))
    row = orders.withdraw(session=day.session, reason="Another patient's", by=day.prescriber, at=f.later(2.6))
    assert timeline_words.words_of(row) == "Order withdrawn: Another patient's"
    assert (ordered.order_of(day.visit), ordered.proposed(day.visit), ordered.orders_of(day.visit)) == (None, None, {})
    with pytest.raises(Refused, match="There is none to withdraw"):
        orders.withdraw(session=day.session, reason="Again", by=day.prescriber, at=f.later(2.7))
    with pytest.raises(Refused, match="is not signed"):
        draw(day)
    sign(day, 2.8)
    draw(day)
    with pytest.raises(Refused, match="Undo the draw first"):
        orders.withdraw(session=day.session, reason="Too late", by=day.prescriber, at=f.later(4))


def test_an_order_is_withdrawn_from_its_page_with_the_prescribers_password(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(5))
    f.to_go(day)
    sign(day)
    address, asked = f"/sessions/{day.visit.pk}/order/", {"act": "withdraw", "withdraw_reason": "Not today"}
    page = browser(day.prescriber)
    assert "Withdraw the order of 40 mg" in page.get(address).content.decode()
    assert page.post(address, once(**asked, withdraw_password="wrong")).status_code == 422
    assert page.post(address, once(**asked, withdraw_password=PASSWORD)).status_code == 302
    assert ordered.order_of(day.visit) is None
    assert "Withdraw the order" not in page.get(address).content.decode()


# --- the draw is a fact of its own (H17) ------------------------------------------------------------------------------


def test_h17_what_the_scale_shows_is_entered_and_held_against_the_order(day):
    f.to_go(day)
    sign(day)
    for typed, words in (
        (None, "Volume drawn is empty"),
        (Decimal(0), "Volume drawn is empty"),
        (Decimal(40), "Volume drawn: 40 mL is not the 4 mL of the order"),
        (Decimal("3.8"), "Volume drawn: 3.8 mL is not the 4 mL of the order"),
    ):
        with pytest.raises(Refused, match=words):
            f.drawing.draw_dose(
                session=day.session, containers=[day.vial], drawn_ml=typed, by=day.nurse, at=f.later(3)
            )  # fmt: skip
    entry = draw(day)
    assert (entry.body["drawn_ml"], entry.body["drawn_mg"]) == ("4.000", "40.000")


def test_l1_what_was_drawn_into_a_syringe_is_wasted_and_never_back_in_the_vial(day):
    f.to_drawn(day)
    f.drawing.undo_draw(
        session=day.session, witness=day.user(day.second), reason="Label lost", by=day.nurse, at=f.later(4)
    )
    amounts = ledger.amounts_of(day.visit)
    assert (amounts.wasted_mg, amounts.returned_mg, amounts.open_mg) == (40, 0, 0)
    day.vial.refresh_from_db()
    assert day.vial.balance_mg == 160
    row = f.TimelineEntry.objects.get(visit=day.visit, kind=Kind.DRAW, name="undone")
    assert timeline_words.words_of(row) == "Drawn and wasted unused: Label lost"


def test_l1_devices_that_nobody_opened_go_back():
    day = f.a_day(sheet="p-esk-trd")
    f.to_go(day)
    orders.sign_order(session=day.session, order=f.an_order_of("p-esk-trd", "56"), by=day.prescriber, at=f.later(2))
    f.draw(day, f.devices(day, "D1", "D2"))
    f.drawing.undo_draw(
        session=day.session, witness=day.user(day.second), reason="Not today", by=day.nurse, at=f.later(4)
    )
    assert ledger.amounts_of(day.visit).returned_mg == 56
    row = f.TimelineEntry.objects.get(visit=day.visit, kind=Kind.DRAW, name="undone")
    assert timeline_words.words_of(row) == "Put back: Not today"


def test_h2_a_second_entry_is_not_tried_until_it_fits(day):
    f.to_drawn(day)
    for wrong in ("41", "42", "43"):
        assert f.check(day, dose=wrong) == ("dose",)
    with pytest.raises(Refused, match="differed 3 times"):
        f.check(day)
    f.drawing.undo_draw(
        session=day.session, witness=day.user(day.second), reason="Did not agree", by=day.nurse, at=f.later(5)
    )
    draw(day, 5.5)
    found = f.read_by(
        day, f.DRUG, Mass.of(40), concentration=Concentration.of("10"), volume=Volume.of("4"), total=Volume.of("100"),
        rate=RatePump.of("150"),
    )  # fmt: skip
    assert checking.check_blind(session=day.session, found=found, by=day.second, at=f.later(6)) == ()


# --- what the pump is set to (H40) ------------------------------------------------------------------------------------


def test_h40_a_rise_that_is_agreed_while_the_pump_is_paused_flows_from_the_resume_on(day):
    """1 mg/min: 10 mg in 10 min; 2.5 mg in 5 min at half; paused at 25, agreed at 27, resumed at 30: 10 mg more."""
    f.to_running(day)
    slow, back = Decimal(75), Decimal(150)
    giving.change_rate(session=day.session, new_ml_per_h=slow, reason="Nausea", by=day.nurse, at=f.later(20))
    assert checking.check_rate(session=day.session, rate=RatePump(slow).rounded(), by=day.second, at=f.later(21)) == ()
    giving.change_rate(session=day.session, new_ml_per_h=back, reason="Calm", by=day.nurse, at=f.later(24))
    sessions.pause(session=day.session, reason="Pressure", by=day.nurse, at=f.later(25))
    assert checking.check_rate(session=day.session, rate=RatePump(back).rounded(), by=day.second, at=f.later(27)) == ()
    order = ordered.order_of(day.visit)
    paused = dose.so_far(day.session, order, f.later(30))
    assert (paused.given, paused.rate) == (Mass.of("12.5"), dose.PAUSED)
    sessions.resume(session=day.session, reason="Calm", by=day.nurse, at=f.later(30))
    running = dose.so_far(day.session, order, f.later(40))
    assert (running.given, running.rate) == (Mass.of("22.5"), RatePump(back))


def test_where_the_rate_is_never_raised_it_only_goes_down():
    day = f.a_day(sheet="p-iv-kap")
    f.to_go(day)
    sign(day, protocol=protocol("p-iv-kap"))
    draw(day)
    f.check(day)
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    giving.start(session=day.session, by=day.nurse, at=f.later(10))
    giving.change_rate(session=day.session, new_ml_per_h=Decimal(75), reason="Talk", by=day.nurse, at=f.later(20))
    with pytest.raises(Refused, match="a rate is lowered and never raised"):
        giving.change_rate(session=day.session, new_ml_per_h=Decimal(100), reason="Back", by=day.nurse, at=f.later(22))
    giving.change_rate(session=day.session, new_ml_per_h=Decimal(50), reason="Talk", by=day.nurse, at=f.later(23))


def test_h40_complete_is_the_whole_bag(day):
    """37.9 of 40 min are 94.75 %; the volume that the pump shows decides where it is known."""
    f.to_running(day)
    end = {"session": day.session, "reason": "", "complete": True, "by": day.nurse}
    with pytest.raises(Refused, match=r"37\.9 mg of 40 mg has run in by rate and time"):
        giving.stop(**end, at=f.later(47.9))
    with pytest.raises(Refused, match="20 mg of 40 mg has run in by the volume the pump shows"):
        giving.stop(**end, pump_ml=Decimal(50), at=f.later(50))
    giving.stop(**end, pump_ml=Decimal(99), at=f.later(47))
    assert ledger.amounts_of(day.visit).given_mg == Decimal("39.6")


def test_h40_by_rate_and_time_nearly_all_is_complete(day):
    f.to_running(day)
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(48))
    assert ledger.amounts_of(day.visit).given_mg == 38


# --- the second injection ---------------------------------------------------------------------------------------------


@pytest.fixture
def second():
    """20 mg more, drawn eleven minutes after the first."""
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    order = f.an_order_of("p-im-kap", "0.25", at=f.later(20), second_of=dose.of_first_syringe(day.session))
    order = replace(order, weighed_at=f.AT)
    orders.sign_order(session=day.session, order=order, by=day.prescriber, at=f.later(20))
    f.draw(day, [f.Container.objects.get(serial="S1")], 21)
    return day


def test_l6_the_rest_is_not_wasted_while_the_second_syringe_is_in_the_hand(second):
    day = second
    with pytest.raises(Refused, match="The second syringe is drawn and not given"):
        f.release.waste_rest(
            session=day.session, vial_too=False, method="absorbed", witness=day.user(day.second), by=day.nurse,
            at=f.later(22),
        )  # fmt: skip
    with pytest.raises(Refused, match="25 mg cannot be booked: 5 mg of it was not drawn here"), transaction.atomic():
        giving.enter_given(day.session, Decimal(25), "give:2", by=day.nurse, at=f.later(22))
    assert ledger.amounts_of(day.visit).open_mg == 20


def test_the_second_injection_waits_for_a_fresh_pressure_and_for_alarms_to_end(second):
    day = second
    found = f.read_by(day, f.DRUG, Mass.of(20), concentration=Concentration.of(50), volume=Volume.of("0.4"), route="IM")
    assert checking.check_blind(session=day.session, found=found, by=day.second, at=f.later(22)) == ()
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(24))
    with pytest.raises(Refused, match=r"Second dose.*needs a blood pressure of the last 10 min"):
        giving.give_second(session=day.session, by=day.nurse, at=f.later(26))
    f.vitals(day, "210/125", at=f.later(25))
    with pytest.raises(Refused, match="has not been repeated"):
        giving.give_second(session=day.session, by=day.nurse, at=f.later(26))
    f.vitals(day, "130/80", at=f.later(26.5))
    giving.give_second(session=day.session, by=day.nurse, at=f.later(27))
    assert ledger.amounts_of(day.visit).given_mg == 60


# --- what the titration rules read (TI-3, ST-3) -----------------------------------------------------------------------


def test_ti_3_what_was_graded_at_the_chair_or_judged_afterwards_is_read(day):
    f.to_running(day)
    tap = {"session": day.session, "kind": Kind.EVENT, "by": day.nurse}
    f.timeline.record(**tap, name="nausea", at=f.later(30))
    f.timeline.record(**tap, name="headache", body={"grade": 2}, at=f.later(31))
    giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    found = earlier.before(day.session)
    assert (found.ungraded, found.worst_grade, found.worst_related) == (("Nausea",), 2, 2)
    judged = f.adverse.Judged("nausea", 3, f.later(30), relatedness="unrelated")
    event = f.adverse.record(patient=day.patient, session=day.session, judged=judged, by=day.prescriber, at=f.later(60))
    found = earlier.before(day.session)
    assert (found.ungraded, found.worst_grade, found.worst_related) == ((), 3, 2)
    aside = replace(judged, outcome="set_aside", words="Ate too much")
    f.adverse.look_again(event=event, judged=aside, reason="Asked again", by=day.prescriber, at=f.later(61))
    assert earlier.before(day.session).worst_grade == 2
    f.adverse.record(
        patient=day.patient, judged=f.adverse.Judged("vomiting", 4, f.later(300)), by=day.nurse, at=f.later(400)
    )
    found = earlier.before(day.session)
    assert (found.judged.worst_grade, found.judged.worst_related, found.judged.route) == (4, 4, "IV")


def test_h19_a_course_that_began_with_lines_of_before_a_rule_was_drawn_is_watched_and_told(monkeypatch):
    """Distress high at 10 can never be crossed: there is no 11."""
    clinic = f.a_clinic()
    with monkeypatch.context() as before:
        before.setattr(sheets, "read_by_its_room", lambda *_: None)
        own = an_own_copy(clinic, "tx-1", "parameters.distress.high_high", "10", "{score}")
    monkeypatch.setattr(sessions.enrolment, "sheets_of", lambda _: {"tx-1": own.sheet_version})
    day = f.a_day(clinic=clinic)
    (line,) = [one for one in watch.limits_that_hold(day.visit).lines if one.id == "DISTRESS.high_high"]
    ships = next(one for one in limits().lines if one.id == line.id)
    assert line == ships
    told = timeline_words.words_of(timeline.latest(day.visit, Kind.CHECK_IN))
    assert f"high high 10 held to {ships.threshold:f} as shipped" in told
