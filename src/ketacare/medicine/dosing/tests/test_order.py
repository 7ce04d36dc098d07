from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.double_check import per_kg, planned_entry
from ketacare.medicine.dosing.rules.holds import REASONED
from ketacare.medicine.dosing.rules.order import DoesNotFit
from ketacare.medicine.dosing.terms import DoseEntry, HoldKind, Order, TwoPeople
from ketacare.medicine.protocols import reader
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.protocols.terms import Means
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, RatePump, Volume, Weight

IV = protocol("p-iv-05-2w")
AT = datetime(2026, 7, 14, 8, 18, tzinfo=UTC)
TWO = TwoPeople("Ana Ruiz", "Ben Cole", dict.fromkeys(REASONED, "planned test of 1 mg/kg agreed with the director"))
EVERY = dict.fromkeys(REASONED, "seen before")


def order(weight="72", dose="0.5", vial="10", minutes=40, bag: str | None = "100", **more):
    return Order(
        protocol=IV,
        dose=MassPerWeight.of(dose),
        weight=Weight.of(weight),
        weighed_at=more.pop("weighed_at", AT - timedelta(days=1)),
        vial=Concentration.of(vial),
        at=AT,
        minutes=Duration.of(minutes),
        bag=None if bag is None else Volume.of(bag),
        **more,
    )


def holds(an_order):
    return {(hold.rule, hold.kind) for hold in rules.work_out(an_order).open_holds}


@pytest.mark.parametrize(
    ("weight", "dose", "draw", "diluent", "concentration", "dose_rate", "left"),
    [
        ("72", "36 mg", "3.6 mL", "96.4 mL", "0.36 mg/mL", "0.9 mg/min", "164 mg"),  # the workflow's session
        ("80", "40 mg", "4 mL", "96 mL", "0.4 mg/mL", "1 mg/min", "160 mg"),  # EX-1
        ("92", "46 mg", "4.6 mL", "95.4 mL", "0.46 mg/mL", "1.15 mg/min", "154 mg"),  # EX-2
        (
            "72.3",
            "36.15 mg",
            "3.6 mL",
            "96.4 mL",
            "0.36 mg/mL",
            "0.9 mg/min",
            "164 mg",
        ),  # to the mark of a 5 mL syringe
    ],
)
def test_h1_i12_the_chain_from_dose_to_pump(weight, dose, draw, diluent, concentration, dose_rate, left):
    working = rules.work_out(order(weight))
    assert [str(x) for x in (working.dose, working.draw, working.diluent, working.concentration)] == [
        dose,
        draw,
        diluent,
        concentration,
    ]
    assert working.rate == RatePump.of("150.0")
    assert str(working.dose_rate) == dose_rate
    assert str(working.left_in_vials) == left
    assert working.vials == 1
    assert working.may_go_ahead


def test_every_step_is_told_in_words():
    working = rules.work_out(order(starts_at=AT + timedelta(minutes=12)))
    assert working.ends_at == AT + timedelta(minutes=52)
    assert [f"{step.name}: {step.words}" for step in working.steps] == [
        "ordered: 0.5 mg/kg x 72 kg (158.7 lb) = 36 mg",
        "concentration: 36 mg from vial of 10 mg/mL, 20 mL (200 mg) = 3.6 mL",
        "volume: 3.6 mL + 96.4 mL of 0.9 % saline = 100 mL at 0.36 mg/mL",
        "rate: 100 mL in 40 min = 150 mL/h (0.9 mg/min)",
        "time: 40 min, from 08:30 to 09:10",
    ]


@pytest.mark.parametrize(
    ("minutes", "rate"), [(40, "150 mL/h"), (60, "100 mL/h"), (100, "60 mL/h"), (45, "133.3 mL/h")]
)
def test_standard_bag_rates(minutes, rate):
    assert str(rules.work_out(order(minutes=minutes)).rate) == rate


def test_h1_100_mg_per_ml_is_refused_undiluted_and_in_too_small_a_bag():
    assert ("H1", HoldKind.REFUSED) in holds(order(vial="100", bag=None))
    assert ("H1", HoldKind.REFUSED) in holds(order(vial="100", bag="0.5"))
    assert not holds(order(vial="100", bag="0.72"))
    assert not holds(order(vial="100"))
    assert not holds(order(vial="10", bag=None))


def test_h1_a_strength_the_protocol_does_not_list_is_refused():
    assert ("H1", HoldKind.REFUSED) in holds(order(vial="20"))
    assert rules.work_out(order(vial="20")).left_in_vials == Mass.of(0)


def test_a_dose_that_does_not_fit_the_bag_cannot_be_worked_out():
    with pytest.raises(DoesNotFit, match="larger bag"):
        rules.work_out(order(bag="3"))


def test_no_infusion_that_can_be_ordered_outlasts_its_bag():
    """The most of a dose from the weakest vial fits the smallest bag and one syringe, so no second bag is ever hung."""
    for sheet in map(protocol, reader.PROTOCOLS):
        if sheet.means is not Means.INFUSION:
            continue
        largest = max(sheet.ceilings.most.at(vial.concentration) for vial in sheet.vials)
        assert largest <= min(sheet.bags)
        assert sheet.syringe_for(largest) is not None


@pytest.mark.parametrize("times", ["10", "100"])
def test_h2_tenfold_and_hundredfold_slips_are_stopped(times):
    slip = order(
        dose=str(Decimal("0.5") * int(times)), vial="50", two_people=TWO, reasons=EVERY, confirmed_by_prescriber=True
    )
    assert ("WD-4", HoldKind.REFUSED) in holds(slip)


@given(st.decimals(min_value=30, max_value=180, places=1), st.sampled_from([10, 100, 1000]))
def test_h2_no_slip_of_ten_or_more_goes_ahead_whatever_is_confirmed(weight, times):
    slip = order(str(weight), dose=str(Decimal("0.5") * times), vial="100", bag="100000")
    assert not rules.work_out(replace(slip, two_people=TWO, reasons=EVERY, confirmed_by_prescriber=True)).may_go_ahead


@pytest.mark.parametrize(
    ("changes", "hold"),
    [
        ({"dose": "1.01", "minutes": 39, "weight": "60"}, ("H2", HoldKind.TWO_PEOPLE)),
        ({"dose": "1.5", "minutes": 39, "weight": "60"}, ("H2", HoldKind.TWO_PEOPLE)),
        ({"dose": "1", "minutes": 39}, ("TI-5", HoldKind.TWO_PEOPLE)),
        ({"dose": "1.01", "weight": "60"}, ("TI-5", HoldKind.TWO_PEOPLE)),
        ({"dose": "0.51", "planned": MassPerWeight.of("0.25")}, ("H2", HoldKind.TWO_PEOPLE)),
        ({"dose": "0.76", "last_given": MassPerWeight.of("0.5")}, ("TI-5", HoldKind.TWO_PEOPLE)),
        ({"dose": "0.2"}, ("TI-5", HoldKind.TWO_PEOPLE)),
        ({"minutes": 30}, ("TI-5", HoldKind.TWO_PEOPLE)),
        ({"weight": "100.2"}, ("WD-3", HoldKind.CONFIRM)),
        ({"dose": "1.51", "weight": "60"}, ("WD-4", HoldKind.REFUSED)),
        ({"dose": "1.01", "weight": "100"}, ("WD-4", HoldKind.REFUSED)),
        ({"weight": "201"}, ("WD-4", HoldKind.REFUSED)),
    ],
)
def test_h2_ti_5_wd_3_wd_4_lines_hold_the_order(changes, hold):
    assert hold in holds(order(**changes))
    lifted = holds(order(**changes, two_people=TWO, reasons=EVERY, confirmed_by_prescriber=True))
    assert (hold in lifted) is (hold[1] is HoldKind.REFUSED)


@pytest.mark.parametrize(
    "changes",
    [
        {"dose": "1", "minutes": 40, "weight": "50"},
        {"dose": "0.5", "planned": MassPerWeight.of("0.25")},
        {"dose": "0.75", "last_given": MassPerWeight.of("0.5"), "weight": "60"},
        {"dose": "0.25"},
        {"weight": "100"},
    ],
)
def test_on_the_line_is_not_beyond_it(changes):
    assert not holds(order(**changes))


def test_h2_exactly_1_mg_per_kg_is_not_more_than_it_and_one_hundredth_above_is():
    """In 39 min both are faster than the sheet, which asks for two people of its own (TI-5)."""
    slow = {"minutes": 39, "weight": "60"}
    assert ("H2", HoldKind.TWO_PEOPLE) not in holds(order(dose="1", last_given=MassPerWeight.of(1), **slow))
    found = [hold for hold in rules.work_out(order(dose="1.01", **slow)).open_holds if "39 min is more" in hold.words]
    assert [hold.words for hold in found] == [
        "Dose: 1.01 mg/kg in 39 min is more than 1 mg/kg in less than 40 min. "
        "Check mg against mg/kg; otherwise two people give the reason."
    ]


def test_wd_4_a_dose_that_two_people_mean_is_drawn_under_the_last_line_too():
    """66.6 kg x 1.5 mg/kg = 99.9 mg = 9.99 mL: a 10 mL syringe would show 10.0 mL, which is above 1.5 mg/kg."""
    meant = order(
        "66.6", "1.5", two_people=TWO, reasons=EVERY, planned=MassPerWeight.of("1"), confirmed_by_prescriber=True
    )
    working = rules.work_out(meant)
    assert (str(working.dose), str(working.draw), str(working.drawn)) == ("99.9 mg", "9.8 mL", "98 mg")
    assert working.may_go_ahead


@pytest.mark.parametrize(("before", "held"), [(0, False), (2, False), (3, True), (4, True)])
def test_wd_6_one_session_more_in_a_week_needs_the_prescribers_reason(before, held):
    hold = ("WD-6", HoldKind.OVERRIDE)
    assert (hold in holds(order(given_this_week=before))) is held
    assert hold not in holds(order(given_this_week=before, reasons={"week": "Relapse after the holiday"}))
    assert (hold in holds(order(given_this_week=before, reasons={"week": " "}))) is held


@pytest.mark.parametrize(("age", "refused"), [(0, False), (30, False), (31, True), (-1, True)])
def test_h3_no_dose_from_a_weight_older_than_30_days_or_from_the_future(age, refused):
    assert (("H3", HoldKind.REFUSED) in holds(order(weighed_at=AT - timedelta(days=age)))) is refused


def test_two_people_are_two_and_give_a_reason():
    with pytest.raises(ValueError, match="different"):
        TwoPeople("Ana", "Ana", {"plan": "because"})
    for nothing in ({}, {"plan": " "}):
        with pytest.raises(ValueError, match=r"the second gives no reason\. Say of each line why this dose is meant"):
            TwoPeople("Ana", "Ben", nothing)


def test_a_time_without_zone_is_refused():
    with pytest.raises(TypeError, match="zone"):
        order(starts_at=datetime(2026, 7, 14, 8, 30))


@given(
    st.decimals(min_value=30, max_value=200, places=1),
    st.decimals(min_value="0.1", max_value="1", places=2),
    st.sampled_from(["10", "50", "100"]),
    st.integers(20, 120),
)
def test_h1_parts_add_up_for_every_dose_and_strength(weight, dose, vial, minutes):
    working = rules.work_out(order(str(weight), str(dose), vial, minutes))
    assert abs((working.draw + working.diluent).amount - 100) <= Decimal("0.001")
    content = IV.vial(Concentration.of(vial)).content.times(working.vials)
    assert working.left_in_vials + working.drawn == content


@pytest.mark.parametrize(
    "field", ["dose", "drawn", "draw", "diluent", "concentration", "rate", "dose_rate", "runs_for"]
)
def test_h1_the_second_code_path_catches_any_amount_that_is_off(field):
    working = rules.work_out(order())
    amount = getattr(working, field)
    wrong = replace(working, **{field: amount.times(10)})
    with pytest.raises(rules.ArithmeticDisagrees, match="Give nothing"):
        rules.recheck(order(), wrong)


# --- weight -----------------------------------------------------------------------------------------------------------


def test_h3_pounds_typed_as_kg_are_asked_about():
    """154 lb is 69.9 kg; typed as kg it is 2.2 times the last weight."""
    (hold,) = rules.weight_holds(Weight.of(154), IV.weight, dosing=Weight.of(70))
    assert hold.kind is HoldKind.ASK
    assert "154 kg is 2.2 times the dosing weight (70 kg)" in hold.words
    assert "154 lb = 69.9 kg" in hold.words


@pytest.mark.parametrize(
    ("now", "kinds"),
    [("70", []), ("73.5", []), ("73.6", ["confirm"]), ("66.4", ["confirm"]), ("77", ["confirm"]), ("77.1", ["ask"])],
)
def test_h3_five_and_ten_percent(now, kinds):
    assert [h.kind for h in rules.weight_holds(Weight.of(now), IV.weight, dosing=Weight.of(70))] == kinds


@pytest.mark.parametrize(("kg", "asked"), [("36", True), ("37", False), ("200", False), ("213", True)])
def test_h3_a_bmi_outside_12_to_70_asks_about_pounds(kg, asked):
    """At 174 cm BMI 12 is 36.3 kg and BMI 70 is 211.9 kg."""
    assert bool(rules.weight_holds(Weight.of(kg), IV.weight, height_cm=Decimal(174))) is asked


# --- the blind second entry ------------------------------------------------------------------------------------------

FIRST = DoseEntry(
    "p-1", "Ketamine", Mass.of(36), Concentration.of(10), Volume.of("3.6"), Volume.of(100), RatePump.of(150),
    route="IV",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({}, ()),
        ({"drug": " ketamine "}, ()),
        ({"dose": Mass.of("36.0")}, ()),
        ({"patient": "p-2"}, ("patient",)),
        ({"dose": Mass.of("3.6")}, ("dose",)),
        ({"dose": Mass.of("63")}, ("dose",)),
        ({"concentration": Concentration.of(100), "rate": RatePump.of(15)}, ("concentration", "rate")),
        ({"drug": "esketamine"}, ("drug",)),
        ({"route": "IM"}, ("route",)),
        ({"route": ""}, ("route",)),
        ({"volume": Volume.of(36)}, ("volume",)),
        ({"total": Volume.of(50)}, ("total",)),
        ({"rate": None}, ("rate",)),
        ({"pieces": 2, "serials": ("A",)}, ()),  # not asked where the first has none
    ],
)
def test_h2_a_mismatch_names_the_field_never_the_value(change, differs):
    assert rules.compare(FIRST, replace(FIRST, **change)) == differs


@given(st.decimals(min_value=1, max_value=100, places=1), st.decimals(min_value=1, max_value=100, places=1))
def test_compare_is_symmetric(one, other):
    assume(one != other)
    a, b = replace(FIRST, dose=Mass(one)), replace(FIRST, dose=Mass(other))
    assert rules.compare(a, b) == rules.compare(b, a) == ("dose",)


def test_the_planned_entry_is_what_the_second_person_ought_to_find():
    an_order = order()
    assert rules.compare(planned_entry("P-1", "ketamine", an_order, rules.work_out(an_order)), FIRST) == ()
    assert per_kg(Mass.of(36), Weight.of(72)) == MassPerWeight.of("0.5")


def test_what_is_given_undiluted_is_said_to_be():
    """36 mg of 10 mg/mL, 3.6 mL as it comes."""
    told = {step.name: step.words for step in rules.work_out(order(bag=None)).steps}
    assert told["volume"] == "given undiluted at 10 mg/mL"
