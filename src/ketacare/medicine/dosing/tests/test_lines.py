"""Lines of pump, time, spacing, first dose, second injection and site. Each figure worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.holds import REASONED, most_of
from ketacare.medicine.dosing.terms import HoldKind, TwoPeople
from ketacare.medicine.dosing.tests.test_order import AT, EVERY, TWO, order
from ketacare.medicine.dosing.tests.test_routes import ESK, IM, KAP, SC
from ketacare.medicine.dosing.tests.test_routes import order as by_route
from ketacare.medicine.protocols import reader
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, RatePump, Volume, Weight

REFUSED, OVERRIDE, TWO_PEOPLE = HoldKind.REFUSED, HoldKind.OVERRIDE, HoldKind.TWO_PEOPLE


def held(an_order):
    return {(hold.rule, hold.kind): hold.words for hold in rules.work_out(an_order).open_holds}


# --- the pump (H40) ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dose", "kg", "minutes", "told"),
    [
        ("0.25", "40", 80, "0.2 mL/h, +33.3 % off the 0.15 mL/h"),
        ("0.25", "50", 60, "0.2 mL/h, -20 % off the 0.25 mL/h"),
        ("0.5", "63", 100, "0.4 mL/h, +5.8 % off the 0.378 mL/h"),
        ("0.5", "70", 40, "1 mL/h, -4.8 % off the 1.05 mL/h"),
    ],
)
def test_h40_undiluted_where_the_pump_cannot_be_set_to_it_it_is_made_up(dose, kg, minutes, told):
    """50 mg/mL undiluted, the draw over the minutes: what the pump's step of 0.1 mL/h makes of it."""
    asked = order(kg, dose, vial="50", minutes=minutes, bag=None)
    assert held(asked)["H40", REFUSED] == (
        f"Pump: it would be set to {told} worked out (most 2 %). Make it up to a larger volume."
    )
    assert ("H40", REFUSED) not in held(replace(asked, bag=Volume.of(100)))


def test_h40_on_the_line_the_pump_may_be_set():
    """4.9 mL in 40 min is 7.35 mL/h, set to 7.4 (half-even: +0.7 %); 0.75 mL in 45 min is 1 mL/h, exactly."""
    assert ("H40", REFUSED) not in held(order("98", vial="10", bag=None))
    assert ("H40", REFUSED) not in held(order("75", "0.5", vial="50", minutes=45, bag=None))


def test_h40_end_and_dose_rate_are_those_of_the_rate_the_pump_is_set_to():
    """36 mg in 100 mL over 45 min: 133.33 mL/h, set to 133.3: 45.011 min and 0.36 x 133.3 / 60 = 0.7998 mg/min. Over
    43 min 139.53, set to 139.5: 43.011. Undiluted 0.72 mL of 100 mg/mL would not do; 2.94 mL over 40 min is 4.41 mL/h,
    set to 4.4: 40.09 min."""
    working = rules.work_out(order(minutes=45, starts_at=AT))
    assert (working.rate, working.minutes) == (RatePump.of("133.3"), Duration.of(45))
    assert working.runs_for == Duration.of("45.011")
    assert working.ends_at - AT == timedelta(microseconds=int(Decimal(6000) / Decimal("133.3") * 60_000_000))
    assert str(working.dose_rate) == "0.8 mg/min"
    slow = rules.work_out(order("60", "0.49", bag=None))
    assert (str(slow.draw), slow.rate, slow.runs_for) == ("2.9 mL", RatePump.of("4.4"), Duration.of("39.545"))
    assert slow.steps[-1].words == "40 min ordered, 39.5 min at the set rate"
    assert working.steps[-1].words.startswith("45 min, from")


def test_h40_two_steps_take_what_both_rates_make_of_them():
    """50 of 100 mL in 20 min is 150 mL/h; 50 mL in 35 min is 85.714, set to 85.7: 20 + 35.006 min."""
    steps = protocol("p-iv-2step")
    asked = by_route(steps, "0.5", minutes=Duration.of(55), vial=Concentration.of(10))
    working = rules.work_out(asked)
    assert (working.rate, working.second_rate) == (RatePump.of(150), RatePump.of("85.7"))
    assert working.runs_for == Duration.of("55.006")
    undiluted = replace(asked, bag=None, vial=Concentration.of(50), weight=Weight.of(40))
    assert "0.3 mL/h, -12.5 % off the 0.343 mL/h" in held(undiluted)["H40", REFUSED]  # 0.2 mL in 35 min


def test_a_rate_too_small_for_the_pump_is_refused_and_divides_by_nothing():
    """0.1 mL over 400 min: 0.015 mL/h, set to 0."""
    working = rules.work_out(order("20", "0.25", vial="50", minutes=400, bag=None))
    assert ("H40", REFUSED) in {(hold.rule, hold.kind) for hold in working.holds}
    assert working.runs_for == Duration.of(400)


# --- how long ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet", "minutes", "held_by"),
    [
        ("p-iv-05-2w", 80, False), ("p-iv-05-2w", 81, True), ("p-iv-05-2w", 4000, True), ("p-iv-05-60", 100, False),
        ("p-iv-05-60", 121, True), ("p-iv-kap", 60, False), ("p-iv-kap", 61, True), ("p-iv-kap", 39, True),
    ],
)  # fmt: skip
def test_ti_5_a_time_beyond_the_sheet_needs_two_people(sheet, minutes, held_by):
    """Twice the usual minutes; of the infusion with therapy 40 to 60."""
    found = held(by_route(protocol(sheet), "0.5", minutes=Duration.of(minutes), vial=Concentration.of(10)))
    assert (("TI-5", TWO_PEOPLE) in found) is held_by


def test_ti_5_says_between_which_times():
    found = held(order(minutes=400))
    assert (
        "0.5 mg/kg in 400 min is outside the sheet (0.25 mg/kg or more, 40 min to 80 min)." in found["TI-5", TWO_PEOPLE]
    )
    assert not held(order(minutes=400, two_people=TWO, reasons={"range": "Slow on purpose"}))


def test_limits_of_use_stand_in_the_protocol():
    assert protocol("p-iv-kap").never_raised
    assert not protocol("p-iv-05-2w").never_raised
    assert protocol("p-iv-10").ceilings.most_per_week == 2
    assert protocol("p-iv-05-2w").ceilings.most_per_week == 3
    assert (protocol("p-si-2").least_hours_between, protocol("p-iv-05-1").least_hours_between) == (22, None)
    assert reader.check_tries() == 3
    assert reader.time_out_lasts() == timedelta(minutes=10)
    assert KAP.pump is None


# --- how soon ---------------------------------------------------------------------------------------------------------


def after(sheet, days=0, hours=0, **more):
    an_order = by_route(protocol(sheet), protocol(sheet).dose.amount, last_given=protocol(sheet).dose, **more)
    return held(replace(an_order, last_started_at=an_order.at - timedelta(days=days, hours=hours)))


@pytest.mark.parametrize(
    ("sheet", "days", "rule"),
    [
        ("p-esk-trd", 1, "P-ESK-TRD"), ("p-esk-trd", 2, None), ("p-iv-05-3w", 1, "P-IV-05-3W"), ("p-iv-05-3w", 2, None),
        ("p-im-kap", 6, "P-IM-KAP"), ("p-im-kap", 7, None), ("p-si-2", 1, None),
    ],
)  # fmt: skip
def test_the_days_between_two_doses(sheet, days, rule):
    found = after(sheet, days)
    assert ((rule, OVERRIDE) in found) if rule else not found
    assert not after(sheet, days, reasons={"days": "Agreed with the ward"})


def test_a_reason_lifts_the_line_it_was_said_about_and_no_other():
    """A fourth session of the week, the day after the third: two lines, two reasons."""
    both = {("WD-6", OVERRIDE), ("P-IV-05-3W", OVERRIDE)}
    assert set(after("p-iv-05-3w", 1, given_this_week=3)) == both
    for name, left in (("week", "P-IV-05-3W"), ("days", "WD-6")):
        found = after("p-iv-05-3w", 1, given_this_week=3, reasons={name: "Relapse"})
        assert set(found) == {(left, OVERRIDE)}
    assert not after("p-iv-05-3w", 1, given_this_week=3, reasons={"week": "Relapse", "days": "Relapse"})


def test_two_people_lift_only_the_lines_that_the_first_said_why_about():
    """1.2 mg/kg in 30 min: above twice the plan, fast, and outside the sheet."""
    asked = order(dose="1.2", minutes=30, confirmed_by_prescriber=True, two_people=TWO)
    open_holds = [hold for hold in rules.work_out(asked).open_holds if hold.kind is TWO_PEOPLE]
    assert [hold.field for hold in open_holds] == ["against-plan", "against-fast", "against-range"]
    part = replace(asked, reasons={"plan": "Tolerant", "fast": " "})
    assert [hold.name for hold in rules.work_out(part).open_holds] == ["fast", "range"]


def test_two_people_lift_only_the_lines_that_the_second_said_why_about_too():
    asked = order(dose="1.2", minutes=30, confirmed_by_prescriber=True, reasons=EVERY)
    for said, left in (
        ({"plan": "Seen it"}, ["fast", "range"]),
        ({"fast": "Seen it", "range": " "}, ["plan", "range"]),
        ({"week": "Seen it"}, ["plan", "fast", "range"]),
    ):
        both = replace(asked, two_people=TwoPeople("Ana Ruiz", "Ben Cole", said))
        assert [hold.name for hold in rules.work_out(both).open_holds] == left


def test_the_hours_between_two_doses():
    """Signed at 8:18: 21 h 59 min before is the day before, and not 22 h."""
    assert (
        "the last dose was 21 h ago; this protocol has at least 22 h" in after("p-si-2", hours=21)["P-SI-2", OVERRIDE]
    )
    assert not after("p-si-2", hours=22)


def test_wd_5_another_session_of_the_same_day_is_refused_even_before_anything_has_run_in():
    assert "another session was started today already" in after("p-iv-05-2w", hours=1)["WD-5", REFUSED]
    assert ("WD-5", REFUSED) in after("p-iv-05-2w", hours=1, reasons=dict.fromkeys(REASONED, "I mean it"))


def test_the_day_is_the_clinics():
    """23:30 in New York is the next day in UTC; half past midnight is one calendar day later."""
    here = ZoneInfo("America/New_York")
    late = datetime(2026, 7, 14, 3, 30, tzinfo=UTC)
    asked = order(last_started_at=late)
    early = replace(asked, at=datetime(2026, 7, 14, 0, 30, tzinfo=here), weighed_at=late)
    assert "the last dose was 1 day ago" in held(early)["P-IV-05-2W", OVERRIDE]


def test_a_time_without_its_zone_is_refused():
    with pytest.raises(TypeError, match="zone"):
        order(last_started_at=datetime(2026, 7, 14))


# --- the first dose by the label --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet", "mg", "kind"),
    [
        ("p-esk-trd", 84, TWO_PEOPLE), ("p-esk-trd", 56, None), ("p-esk-trd", 28, OVERRIDE),
        ("p-esk-65", 56, TWO_PEOPLE), ("p-esk-65", 28, None), ("p-esk-si", 84, None), ("p-esk-si", 56, OVERRIDE),
    ],
)  # fmt: skip
def test_the_first_esketamine_dose_is_the_labels(sheet, mg, kind):
    asked = by_route(protocol(sheet), mg)
    assert set(held(asked)) == ({(sheet.upper(), kind)} if kind else set())
    assert not held(replace(asked, last_given=Mass.of(mg)))
    assert not held(replace(asked, two_people=TWO, reasons={"first-dose": "Started elsewhere"}))


@pytest.mark.parametrize(
    ("sheet", "last", "mg", "told"),
    [
        ("p-esk-si", 56, 28, "56 mg or 84 mg"), ("p-esk-si", 84, 28, "56 mg or 84 mg"), ("p-esk-si", 84, 56, ""),
        ("p-esk-trd", 56, 28, "56 mg or 84 mg"), ("p-esk-trd", 56, 84, ""), ("p-esk-65", 56, 28, ""),
    ],
)  # fmt: skip
def test_ti_5_a_dose_that_the_sheet_does_not_name_needs_two_people(sheet, last, mg, told):
    asked = by_route(protocol(sheet), mg, last_given=Mass.of(last))
    found = held(asked)
    assert set(found) == ({("TI-5", TWO_PEOPLE)} if told else set())
    assert all(f"outside the sheet ({told})" in words for words in found.values())
    assert not held(replace(asked, two_people=TWO, reasons={"range": "Sick after the last"}))


@pytest.mark.parametrize(("minutes", "is_held"), [(39, True), (40, False), (60, False), (120, False), (121, True)])
def test_ti_5_the_high_dose_may_take_as_little_as_its_sheet_says(minutes, is_held):
    """P-IV-10: 40 min or more; 60 are its usual."""
    high = by_route(protocol("p-iv-10"), "1", minutes=Duration.of(minutes), confirmed_by_prescriber=True)
    assert (("TI-5", TWO_PEOPLE) in held(high)) is is_held


# --- the second injection ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "dose", "drawn"),
    [
        ("50.25", "0.25", "16.5"),  # 16.75 is what is left of 67 mg: 0.34 mL would be 17 mg
        ("35.5", "0.264925373134328", "17.5"),  # 17.75 is half of the first: 0.36 mL would be 18 mg
        ("40", "0.25", "17"),  # 16.75 with room above it: the nearest mark, 0.34 mL
    ],
)
def test_ti_1_what_is_drawn_of_a_second_injection_stays_under_its_lines_too(first, dose, drawn):
    asked = by_route(KAP, dose, weight=Weight.of(67), second_of=Mass.of(first), given_today=Mass.of(first))
    working = rules.work_out(asked)
    assert working.drawn == Mass.of(drawn)
    assert {hold.rule for hold in working.open_holds} <= {"I12"}


@given(
    kg=st.decimals(40, 120, places=1), first=st.integers(100, 400), share=st.integers(1, 500),
)  # fmt: skip
def test_ti_1_no_second_draw_passes_the_day_or_its_share(kg, first, share):
    given_mg = Mass(Decimal(first) / 4)
    dose = MassPerWeight((given_mg.amount * share / 1000) / kg)
    asked = by_route(
        KAP, dose.amount.quantize(Decimal("0.001")), weight=Weight(kg), second_of=given_mg, given_today=given_mg
    )
    assume(asked.mass_of(asked.dose).amount > Decimal("0.5"))  # less is under every mark of a syringe
    working = rules.work_out(asked)
    if not {"TI-1", "WD-5", "WD-4"} & {hold.rule for hold in working.open_holds}:
        assert working.drawn.amount <= given_mg.amount / 2
        assert (working.drawn + given_mg).amount <= min(kg, Decimal(100))


def test_the_most_is_that_of_the_weight():
    assert most_of(protocol("p-iv-05-2w"), Weight.of(50)) == Mass.of(50)
    assert most_of(protocol("p-iv-05-2w"), Weight.of(150)) == Mass.of(100)
    assert most_of(ESK, Weight.of(50)) == Mass.of(84)


# --- the site ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet", "mg_per_ml", "site", "needed"),
    [
        (IM, 10, "deltoid", 5), (IM, 50, "deltoid", 1), (IM, 10, "vastus lateralis", 2), (SC, 10, "abdomen", 6),
        (SC, 50, "abdomen", 2),
    ],
)  # fmt: skip
def test_vi_4_many_injections_of_a_weak_vial_ask_for_a_stronger(sheet, mg_per_ml, site, needed):
    """90 mg of 10 mg/mL is 9 mL: five of 2 mL, or six of 1.5 mL; of 50 mg/mL 1.8 mL."""
    asked = by_route(
        sheet, "0.9", weight=Weight.of(100), vial=Concentration.of(mg_per_ml), site=site, confirmed_by_prescriber=True
    )
    assert rules.work_out(asked).injections == needed
    found = held(asked)
    assert (("VI-4", OVERRIDE) in found) is (needed > 2)
    assert not held(replace(asked, reasons={"injections": "Only this strength is here"}))
    if needed > 2:
        assert f"9 mL of 10 mg/mL are {needed} injections; more than 2 are not usual." in found["VI-4", OVERRIDE]
