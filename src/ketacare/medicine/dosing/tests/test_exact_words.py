"""What a person reads or is asked, whole: a field that goes missing or a word that changes is seen here."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.double_check import planned_entry
from ketacare.medicine.dosing.rules.order import ArithmeticDisagrees, recheck
from ketacare.medicine.dosing.terms import DoseEntry, Hold, HoldKind
from ketacare.medicine.dosing.tests.test_order import IV, order
from ketacare.medicine.dosing.tests.test_routes import ESK, IM, PO
from ketacare.medicine.dosing.tests.test_routes import order as by_route
from ketacare.medicine.quantities.terms import Concentration, Mass, RatePump, Volume, Weight

POUNDS = "If you weighed in pounds choose lb (154 lb = 69.9 kg); otherwise confirm."


def test_h2_the_planned_entry_has_every_field_that_the_second_person_enters():
    """A field that is absent here is asked of nobody: 36 mg of 10 mg/mL is 3.6 mL, in 100 mL over 40 min 150 mL/h."""
    an_order = order()
    assert planned_entry("P-1", "Ketamine", an_order, rules.work_out(an_order)) == DoseEntry(
        patient="P-1",
        drug="Ketamine",
        dose=Mass.of(36),
        concentration=Concentration.of(10),
        volume=Volume.of("3.6"),
        total=Volume.of(100),
        rate=RatePump.of(150),
        pieces=None,
        serials=(),
        route="IV",
    )


@pytest.mark.parametrize(
    ("kg", "kind", "words"),
    [
        (154, HoldKind.ASK, f"Weight: 154 kg is 2.2 times the dosing weight (70 kg). {POUNDS}"),
        (
            "73.6",
            HoldKind.CONFIRM,
            "Weight: 73.6 kg differs by 5.1 % from the dosing weight (70 kg). Work the dose out again.",
        ),
    ],
)
def test_h3_a_weight_that_changed_is_asked_about_in_these_words(kg, kind, words):
    assert rules.weight_holds(Weight.of(kg), IV.weight, dosing=Weight.of(70)) == (Hold("H3", "weight", kind, words),)


def test_h3_a_weight_that_its_height_belies_is_asked_about_in_these_words():
    """154 kg at 140 cm: 154 / 1.96 = 78.571 kg/m²."""
    words = f"Weight: 154 kg at 140 cm is a BMI of 78.6. {POUNDS}"
    found = rules.weight_holds(Weight.of(154), IV.weight, height_cm=Decimal(140))
    assert found == (Hold("H3", "weight", HoldKind.ASK, words),)


@pytest.mark.parametrize(("kg", "asked"), [("12", False), ("11.9", True), ("70", False), ("70.1", True)])
def test_h3_a_bmi_on_its_line_is_not_asked_about(kg, asked):
    """At one metre the BMI is the weight: 12 and 70 are the lines."""
    assert bool(rules.weight_holds(Weight.of(kg), IV.weight, height_cm=Decimal(100))) is asked


AGAIN = "Sign the order again on the weight that stands."


@pytest.mark.parametrize(
    ("now", "corrected", "told"),
    [
        (84, False, ""),
        ("84.1", False, "differs by 5.1 % from 84.1 kg, which stands now"),
        (70, False, "differs by 12.5 % from 70 kg, which stands now"),
        (80, True, "was corrected; 80 kg stands"),
    ],
)
def test_h3_an_order_does_not_outlive_its_weight(now, corrected, told):
    """80 kg: 5 % is 4 kg, and on the line it stands."""
    words = f"Weight: 80 kg, which the order rests on, {told}. {AGAIN}"
    found = rules.order_outdated(Weight.of(80), Weight.of(now), IV.weight, corrected=corrected)
    assert found == (Hold("H3", "weight", HoldKind.REFUSED, words) if told else None)


# --- each line of the working under its name -------------------------------------------------------------------------


def steps(working):
    return [(step.name, step.words) for step in working.steps]


def test_an_infusion_line_by_line():
    working = rules.work_out(order())
    assert [name for name, _ in steps(working)] == ["ordered", "concentration", "volume", "rate", "time"]


@pytest.mark.parametrize(
    ("sheet", "dose", "names"),
    [
        (IM, "0.5", ["ordered", "concentration", "volume"]),
        (PO, "1", ["ordered", "concentration", "volume"]),
        (ESK, "56", ["ordered", "pieces", "time"]),
        (ESK, "28", ["ordered", "pieces"]),
    ],
)
def test_every_other_way_line_by_line(sheet, dose, names):
    assert [name for name, _ in steps(rules.work_out(by_route(sheet, dose)))] == names


def test_a_counted_dose_without_a_piece_is_nothing_drawn():
    working = rules.work_out(replace(by_route(ESK, "56"), piece=None))
    assert (working.pieces, working.drawn) == (0, Mass.of(0))
    assert [name for name, _ in steps(working)] == ["ordered"]


# --- the second computation sees one step of the last place ----------------------------------------------------------


@pytest.mark.parametrize(
    "field", ["dose", "drawn", "draw", "diluent", "concentration", "rate", "dose_rate", "runs_for"]
)
@pytest.mark.parametrize("steps_off", [1, -1])
def test_h2_one_step_of_the_last_place_is_told_by_the_second_computation(field, steps_off):
    an_order = order()
    working = rules.work_out(an_order)
    amount = getattr(working, field)
    off = type(amount)(amount.amount + steps_off * Decimal(1).scaleb(-amount.places))
    with pytest.raises(ArithmeticDisagrees, match=f"{amount.name}: .* differs from the second computation"):
        recheck(an_order, replace(working, **{field: off}))
    recheck(an_order, working)


def test_h2_what_is_absent_does_not_end_the_second_computation():
    an_order = order()
    working = rules.work_out(an_order)
    with pytest.raises(ArithmeticDisagrees):
        recheck(an_order, replace(working, diluent=None, rate=RatePump.of("150.1")))


def test_h2_a_piece_too_few_is_told_by_the_second_computation():
    two = by_route(ESK, "56")
    working = rules.work_out(two)
    with pytest.raises(ArithmeticDisagrees, match=r"^Pieces: 1 differs from the second computation\. Give nothing\.$"):
        recheck(two, replace(working, pieces=1, drawn=Mass.of(28)))


def test_h2_a_wrong_count_of_pieces_is_named():
    first = DoseEntry("P-1", "Esketamine", Mass.of(56), pieces=2)
    assert rules.compare(first, replace(first, pieces=3)) == ("pieces",)


def test_an_infusion_is_one_injection():
    assert rules.work_out(order()).injections == 1


def test_two_units_that_meet_are_told_apart_by_name_and_unit():
    with pytest.raises(TypeError, match=r"^Mass in mg cannot meet mL\.$"):
        _ = Mass.of(1) + Volume.of(1)
    with pytest.raises(TypeError, match=r"^Mass in mg cannot meet 3\.$"):
        _ = Mass.of(1) + 3
