"""Orders by every route: what is drawn, what is counted, and each line that holds one. Cases worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.double_check import planned_entry
from ketacare.medicine.dosing.rules.holds import REASONED
from ketacare.medicine.dosing.rules.order import ArithmeticDisagrees, DoesNotFit
from ketacare.medicine.dosing.terms import DoseEntry, HoldKind, Order, TwoPeople
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, Volume, Weight

AT = datetime(2026, 7, 14, 8, 18, tzinfo=UTC)
TWO = TwoPeople("Ana Ruiz", "Ben Cole", dict.fromkeys(REASONED, "agreed with the director"))
EVERY = dict.fromkeys(REASONED, "seen before")
IV, IM, KAP, SC = (protocol(name) for name in ("p-iv-05-2w", "p-im-05", "p-im-kap", "p-sc-kads"))
PO, SL, IN, ESK = (protocol(name) for name in ("p-po-1", "p-sl-kap", "p-in-rac", "p-esk-trd"))


def order(sheet, dose, **more):
    """72 kg, weighed yesterday, with what the means of this protocol need."""
    by_weight = sheet.by_weight
    given = {"vial": Concentration.of("50")} if sheet.vials else {"piece": sheet.pieces[0].mass}
    given |= {"minutes": sheet.minutes, "bag": sheet.bag} if sheet.bags else {}
    given |= {"site": next(iter(sheet.sites))} if sheet.sites else {}
    return Order(
        protocol=sheet,
        dose=MassPerWeight.of(dose) if by_weight else Mass.of(dose),
        **{"weight": Weight.of("72"), "weighed_at": AT - timedelta(days=1), "at": AT} | given | more,
    )


def words(working):
    return [step.words for step in working.steps]


def refused(an_order):
    holds = rules.work_out(an_order).open_holds
    return {(hold.rule, hold.field, hold.kind) for hold in holds}


# --- hand-computed ---------------------------------------------------------------------------------------------------


def test_intramuscular_72_kg():
    """0.5 mg/kg x 72 kg = 36 mg; 36 mg / 50 mg/mL = 0.72 mL, which a 1 mL syringe shows."""
    working = rules.work_out(order(IM, "0.5"))
    assert words(working) == [
        "0.5 mg/kg x 72 kg (158.7 lb) = 36 mg",
        "36 mg from vial of 50 mg/mL, 10 mL (500 mg) = 0.72 mL",
        "0.72 mL into the deltoid, in one injection",
    ]
    assert (working.rate, working.total, working.minutes, working.ends_at) == (None, None, None, None)
    assert working.may_go_ahead


def test_vi_4_a_volume_above_the_sites_most_is_split():
    """1 mg/kg x 72 kg = 72 mg of 10 mg/mL = 7.2 mL: four injections of at most 2 mL."""
    working = rules.work_out(order(IM, "1", vial=Concentration.of("10"), confirmed_by_prescriber=True))
    assert (str(working.draw), working.injections) == ("7.2 mL", 4)
    assert words(working)[-1] == "7.2 mL into the deltoid, in 4 injections, none above the site's volume"
    assert rules.work_out(order(IM, "1", vial=Concentration.of("10"), site="vastus lateralis")).injections == 2


def test_by_mouth_the_dose_really_drawn_is_said_beside_the_one_ordered():
    """1 mg/kg x 72.5 kg = 72.5 mg; / 10 mg/mL = 7.25 mL; a 10 mL syringe shows 0.2 mL, so 7.2 mL = 72 mg, -0.7 %."""
    working = rules.work_out(order(PO, "1", weight=Weight.of("72.5"), vial=Concentration.of("10")))
    assert (working.dose, working.drawn, working.draw) == (Mass.of("72.5"), Mass.of(72), Volume.of("7.2"))
    assert words(working)[1] == (
        "72.5 mg from vial of 10 mg/mL, 20 mL (200 mg) = 7.25 mL; a 10 mL syringe shows 0.2 mL steps: "
        "draw 7.2 mL = 72 mg (-0.7 %)"
    )
    assert words(working)[2] == "7.2 mL of the injection solution, swallowed"


def test_rounding_up_is_told_with_its_sign():
    """0.5 mg/kg x 75.5 kg = 37.75 mg = 3.775 mL; nearest mark 3.8 mL = 38 mg, +0.7 %."""
    working = rules.work_out(order(IV, "0.5", weight=Weight.of("75.5"), vial=Concentration.of("10")))
    assert (working.drawn, working.draw) == (Mass.of(38), Volume.of("3.8"))
    assert "+0.7 %" in words(working)[1]


def test_wd_4_the_mark_never_passes_a_ceiling():
    """1 mg/kg x 71.5 kg = 71.5 mg = 7.15 mL; the nearest mark, 7.2 mL, would be 72 mg: 7 mL = 70 mg is drawn."""
    working = rules.work_out(order(IM, "1", weight=Weight.of("71.5"), vial=Concentration.of("10")))
    assert (working.draw, working.drawn) == (Volume.of("7"), Mass.of(70))


def test_h37_two_devices_with_the_rest_between_them():
    working = rules.work_out(order(ESK, "56"))
    assert words(working) == [
        "56 mg, the same for every weight",
        "2 x device of 28 mg = 56 mg",
        "one after the other, 5 min after each before the next",
    ]
    assert (working.pieces, working.drawn, working.draw) == (2, Mass.of(56), None)
    assert words(rules.work_out(order(ESK, "28", piece=Mass.of(28))))[-1] == "1 x device of 28 mg = 28 mg"


@pytest.mark.parametrize(
    ("sheet", "dose", "piece", "pieces"),
    [(SL, "100", "100", 1), (SL, "150", "50", 3), (IN, "50", "10", 5), (ESK, "84", "28", 3)],
)
def test_pieces_are_counted(sheet, dose, piece, pieces):
    working = rules.work_out(order(sheet, dose, piece=Mass.of(piece), last_given=Mass.of(dose)))
    assert (working.pieces, working.drawn) == (pieces, Mass.of(dose))
    assert working.may_go_ahead


# --- what holds ------------------------------------------------------------------------------------------------------

STOP, TWO_PEOPLE, CONFIRM = HoldKind.REFUSED, HoldKind.TWO_PEOPLE, HoldKind.CONFIRM


@pytest.mark.parametrize(
    ("an_order", "hold"),
    [
        (order(ESK, "14"), ("TI-2", "dose", STOP)),
        (order(ESK, "42"), ("TI-2", "dose", STOP)),
        (order(ESK, "112"), ("TI-2", "dose", STOP)),
        (order(ESK, "0"), ("TI-2", "dose", STOP)),
        (order(ESK, "56", piece=Mass.of(14)), ("H1", "piece", STOP)),
        (order(ESK, "112"), ("WD-4", "dose", STOP)),
        (order(ESK, "84", last_given=Mass.of(28)), ("TI-5", "against-last", TWO_PEOPLE)),
        (order(ESK, "84", planned=Mass.of(28)), ("H2", "against-plan", TWO_PEOPLE)),
        (order(ESK, "56", given_today=Mass.of(28)), ("WD-5", "dose", STOP)),
        (order(SL, "75"), ("TI-2", "dose", STOP)),
        (order(SL, "350"), ("WD-4", "dose", STOP)),
        (order(IM, "0.5", vial=Concentration.of("20")), ("H1", "vial", STOP)),
        (order(IM, "0.5", bag=Volume.of(100)), ("H1", "bag", STOP)),
        (order(IM, "0.5", site="tongue"), ("VI-4", "site", STOP)),
        (order(IM, "1.1"), ("WD-4", "dose", STOP)),
        (order(IM, "0.2"), ("TI-5", "against-range", TWO_PEOPLE)),
        (order(IM, "0.8"), ("WD-3", "dose", CONFIRM)),
        (order(SC, "0.91"), ("WD-4", "dose", STOP)),
        (order(PO, "2.6"), ("WD-4", "dose", STOP)),
        (order(IM, "0.5", weighed_at=AT - timedelta(days=31)), ("H3", "weight", STOP)),
        (order(IM, "0.5", given_today=Mass.of(1)), ("WD-5", "dose", STOP)),
        (order(IM, "0.25", second_of=Mass.of(36)), ("TI-1", "dose", STOP)),  # this protocol has no second dose
        (order(KAP, "0.3", second_of=Mass.of(36), given_today=Mass.of(36)), ("TI-1", "dose", STOP)),
        (order(KAP, "0.4", second_of=Mass.of(60), given_today=Mass.of(60)), ("WD-5", "dose", STOP)),
        (order(IV, "0.25", weight=Weight.of("0.5"), vial=Concentration.of("10")), ("I12", "vial", STOP)),
        (order(PO, "2.5", weight=Weight.of("400"), vial=Concentration.of("10")), ("I12", "vial", STOP)),
    ],
)
def test_each_line_holds_the_order(an_order, hold):
    assert hold in refused(an_order)


def test_a_weight_for_the_same_dose_for_everybody_may_be_old():
    assert not refused(order(ESK, "56", weighed_at=AT - timedelta(days=90)))


def test_a_second_injection_inside_its_lines_goes_ahead():
    """Half of 36 mg is 18 mg: 0.25 mg/kg x 72 kg; together 54 mg, under 72 mg."""
    assert not refused(
        order(KAP, "0.25", second_of=Mass.of(36), given_today=Mass.of(36), last_given=MassPerWeight.of(1))
    )


def test_a_dose_too_little_for_any_mark_cannot_be_worked_out():
    with pytest.raises(DoesNotFit, match="too little"):
        rules.work_out(order(IV, "0.0001", vial=Concentration.of("100")))


@pytest.mark.parametrize(
    ("sheet", "dose", "more", "words"),
    [
        (ESK, MassPerWeight.of(1), {"piece": Mass.of(28)}, "not in mg"),
        (IM, Mass.of(36), {"vial": Concentration.of("50")}, "not in mg/kg"),
        (IM, MassPerWeight.of("0.5"), {"vial": Concentration.of("50"), "minutes": Duration.of(40)}, "infusion has one"),
        (IV, MassPerWeight.of("0.5"), {"vial": Concentration.of("50")}, "infusion has one"),
        (ESK, Mass.of(28), {"vial": Concentration.of("50")}, "counted has none"),
        (IM, MassPerWeight.of("0.5"), {"piece": Mass.of(28)}, "counted has none"),
    ],
)
def test_h2_an_order_in_the_wrong_kind_cannot_exist(sheet, dose, more, words):
    with pytest.raises(TypeError, match=words):
        Order(protocol=sheet, dose=dose, weight=Weight.of("72"), weighed_at=AT, at=AT, **more)


def test_h1_the_second_code_path_catches_a_miscount():
    an_order = order(ESK, "56")
    working = rules.work_out(an_order)
    one_too_few = replace(working, pieces=1, drawn=Mass.of(28))  # agrees with itself, and not with the order
    for wrong in (replace(working, pieces=1), one_too_few, replace(working, dose=Mass.of(5))):
        with pytest.raises(ArithmeticDisagrees, match="Give nothing"):
            rules.recheck(an_order, wrong)


def test_h1_an_amount_that_is_not_there_does_not_agree():
    an_order = order(IV, "0.5")
    with pytest.raises(
        ArithmeticDisagrees, match=r"^Amount: None differs from the second computation\. Give nothing\.$"
    ):
        rules.recheck(an_order, replace(rules.work_out(an_order), rate=None))


def test_without_a_product_nothing_is_counted_and_nothing_goes_ahead():
    for piece in (None, Mass.of(0)):
        working = rules.work_out(order(ESK, "56", piece=piece))
        assert (working.pieces, working.drawn) == (0, Mass.of(0))
        assert {("H1", "piece")} <= {(hold.rule, hold.field) for hold in working.open_holds}


def test_a_route_without_a_line_by_weight_has_its_line_in_milligrams():
    """72 mg would be drawn as 7.2 mL; with a line at 71.5 mg the mark below is taken."""
    lines = replace(PO.ceilings, most=Mass.of("71.5"), most_by_weight=None)
    an_order = order(replace(PO, ceilings=lines), "1", weight=Weight.of("71.5"), vial=Concentration.of("10"))
    assert rules.work_out(an_order).drawn == Mass.of(70)


def test_the_second_person_counts_devices_and_reads_their_serials():
    an_order = order(ESK, "56")
    first = planned_entry("1985 JR", "esketamine", an_order, rules.work_out(an_order))
    assert (first.pieces, first.concentration, first.rate) == (2, None, None)
    first = DoseEntry("1985 JR", "esketamine", Mass.of(56), pieces=2, serials=("D1", "D2"))
    same = DoseEntry("1985 jr", "Esketamine ", Mass.of(56), pieces=2, serials=("D2", "D1"))
    assert rules.compare(first, same) == ()
    other = DoseEntry("1985 jr", "esketamine", Mass.of(56), pieces=2, serials=("D2", "D3"))
    assert rules.compare(first, other) == ("serials",)


# --- an independent second calculation, written from the sheets' numbers alone ---------------------------------------

MARKS = ((1, "0.01"), (3, "0.1"), (5, "0.2"), (10, "0.2"), (20, "1"), (60, "1"))
MOST = {"IV": (1, 100), "IM": (1, 100), "SC": ("0.9", 100), "PO": ("2.5", 300)}


def by_hand(route, dose, weight, strength):
    """The volume to draw and the milligrams in it, as fractions."""
    milligrams = Fraction(str(dose)) * Fraction(str(weight))
    exact = milligrams / strength
    step = next(Fraction(mark) for size, mark in MARKS if exact <= size)
    marks = round(exact / step)
    most = min(Fraction(str(MOST[route][0])) * Fraction(str(weight)), Fraction(MOST[route][1]))
    if marks * step * strength > most >= milligrams:
        marks = int(exact / step)
    return marks * step, marks * step * strength


ROUTES = {"IV": IV, "IM": IM, "SC": SC, "PO": PO}


@given(
    st.sampled_from(sorted(ROUTES)),
    st.decimals(min_value="0.25", max_value="1", places=2),
    st.decimals(min_value=30, max_value=200, places=1),
    st.sampled_from([10, 50, 100]),
    st.integers(20, 120),
)
def test_h1_each_syringe_equals_an_independent_calculation_to_the_last_digit(route, dose, weight, strength, minutes):
    sheet = ROUTES[route]
    more = {"minutes": Duration.of(minutes)} if route == "IV" else {}
    an_order = order(sheet, str(dose), weight=Weight(weight), vial=Concentration.of(strength), **more)
    working = rules.work_out(an_order)
    ml, mg = by_hand(route, dose, weight, strength)
    assert Fraction(str(working.draw.amount)) == ml
    assert Fraction(str(working.drawn.amount)) == mg
    if route == "IV":
        assert Fraction(str(working.diluent.amount)) == 100 - ml
        assert working.rate.amount == round(Decimal(6000) / minutes, 1)
        assert Fraction(str(working.left_in_vials.amount)) == working.vials * (200 if strength == 10 else 500) - mg


@given(
    st.sampled_from(sorted(ROUTES)),
    st.decimals(min_value="0.25", max_value="0.9", places=2),
    st.decimals(min_value=30, max_value=200, places=1),
    st.sampled_from([10, 50, 100]),
    st.sampled_from([10, 100]),
)
def test_h2_a_slip_of_ten_or_a_hundred_is_stopped_by_every_route_strength_dose_and_weight(
    route, dose, weight, strength, times
):
    slip = order(
        ROUTES[route], str(dose * times), weight=Weight(weight), vial=Concentration.of(strength),
        two_people=None if route == "PO" else TWO,  # by mouth 2.5 mg/kg is allowed, when two people mean it
        reasons=EVERY, confirmed_by_prescriber=True, **({"bag": Volume.of(100000)} if route == "IV" else {}),
    )  # fmt: skip
    assert not rules.work_out(slip).may_go_ahead


@given(st.sampled_from([28, 56, 84]), st.sampled_from([10, 100]))
def test_h2_a_slip_of_devices_is_stopped(dose, times):
    for slip in (Decimal(dose) * times, Decimal(dose) / times):
        assert not rules.work_out(order(ESK, str(slip), two_people=TWO, reasons=EVERY)).may_go_ahead


@given(
    st.decimals(min_value="0.25", max_value="1", places=2),
    st.decimals(min_value=30, max_value=200, places=1),
    st.sampled_from([10, 50, 100]),
    st.sampled_from([10, 100]),
)
def test_h2_a_tenth_or_a_hundredth_is_stopped_until_two_people_mean_it(dose, weight, strength, times):
    low = dose / times
    try:
        working = rules.work_out(order(IV, str(low), weight=Weight(weight), vial=Concentration.of(strength)))
    except DoesNotFit:
        return
    assert not working.may_go_ahead
