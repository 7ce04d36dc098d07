"""What a person reads or is asked, whole: a field that goes missing or a word that changes is seen here."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.double_check import planned_entry
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
