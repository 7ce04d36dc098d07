"""An infusion in two steps: one bag, two rates, both computed twice; and as two doses for the kinetics."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.choices import NoSuchRegimen, choice, doses, of_protocol, presets, two_steps, way_of
from ketacare.medicine.dosing.rules.order import DoesNotFit
from ketacare.medicine.dosing.terms import HoldKind, Order
from ketacare.medicine.pharmacology.terms import Dose as Given
from ketacare.medicine.pharmacology.terms import Drug, Route
from ketacare.medicine.protocols.reader import protocol
from ketacare.medicine.quantities.terms import Concentration, Duration, MassPerWeight, Volume, Weight

AT = datetime(2026, 7, 14, 8, tzinfo=UTC)


def order(minutes="40", weight="80", dose="0.5", bag: str | None = "100"):
    return Order(
        protocol=protocol("p-iv-2step"), dose=MassPerWeight.of(dose), weight=Weight.of(weight), weighed_at=AT, at=AT,
        vial=Concentration.of(10), minutes=Duration.of(minutes), bag=None if bag is None else Volume.of(bag),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("minutes", "second"), [("40", "150 mL/h"), ("45", "120 mL/h"), ("60", "75 mL/h"), ("50", "100 mL/h")]
)
def test_one_bag_runs_in_at_two_rates(minutes, second):
    """0.5 mg/kg of 80 kg: 20 mg = 50 mL in 20 min, and the other 50 mL in what is left."""
    working = rules.work_out(order(minutes))
    assert [str(one) for one in (working.dose, working.first_total, working.rate, working.dose_rate)] == [
        "40 mg", "50 mL", "150 mL/h", "1 mg/min",
    ]  # fmt: skip
    assert str(working.second_rate) == second
    assert working.may_go_ahead


def test_the_working_says_that_somebody_looks_between_the_two():
    words = {step.name: step.words for step in rules.work_out(order("60")).steps}
    assert words["rate"] == (
        "first 50 mL in 20 min = 150 mL/h (1 mg/min); then stop and look; if stable 50 mL in 40 min = 75 mL/h"
    )


@pytest.mark.parametrize(("minutes", "held"), [("39.9", True), ("40", False), ("60", False), ("60.1", True)])
def test_the_second_step_runs_20_to_40_minutes(minutes, held):
    hold = ("P-IV-2STEP", HoldKind.REFUSED)
    found = {(one.rule, one.kind) for one in rules.work_out(order(minutes)).open_holds}
    assert (hold in found) is held


@pytest.mark.parametrize("minutes", ["20", "10"])
def test_minutes_that_leave_nothing_for_the_second_step_cannot_be_worked_out(minutes):
    with pytest.raises(DoesNotFit, match="leave nothing for the second step"):
        rules.work_out(order(minutes))


@given(
    st.decimals(min_value=30, max_value=200, places=1),
    st.decimals(min_value="0.25", max_value="0.5", places=2),
    st.integers(40, 60),
    st.sampled_from(["100", "50"]),
)
def test_both_parts_together_are_the_bag_for_every_dose_weight_and_time(weight, dose, minutes, bag):
    working = rules.work_out(order(str(minutes), str(weight), str(dose), bag))
    second_ml = working.second_rate.amount * (minutes - 20) / 60
    assert abs(working.first_total.amount + second_ml - Decimal(bag)) < Decimal("0.05")  # the rate has one decimal


@pytest.mark.parametrize("field", ["first_total", "rate", "dose_rate", "second_rate"])
def test_h1_the_second_code_path_catches_either_rate_that_is_off(field):
    working = rules.work_out(order())
    wrong = replace(working, **{field: getattr(working, field).times(10)})
    with pytest.raises(rules.ArithmeticDisagrees, match="Give nothing"):
        rules.recheck(order(), wrong)


# --- as the kinetics follow it ----------------------------------------------------------------------------------------


def test_the_two_steps_are_two_doses_one_after_the_other():
    one = choice("ketamine-iv-steps", Decimal("0.5"), "mg/kg", Decimal(60))
    assert one.words == "0.5 mg/kg over 60 min: 50 % in 20 min, the rest in 40 min"
    assert doses(one, Weight.of(80)) == (
        Given(Drug.KETAMINE, Route.IV, 0.0, 20.0, 20.0), Given(Drug.KETAMINE, Route.IV, 20.0, 20.0, 40.0)
    )  # fmt: skip


@pytest.mark.parametrize("minutes", ["39", "61"])
def test_times_that_the_sheet_does_not_have_are_refused(minutes):
    with pytest.raises(NoSuchRegimen, match="two steps take 40 min to 60 min in all") as refused:
        choice("ketamine-iv-steps", Decimal("0.5"), "mg/kg", Decimal(minutes))
    assert refused.value.field == "minutes"


def test_the_sheet_is_offered_as_one_regimen_in_its_phases():
    told = [one.choice.words for one in presets() if one.sheet_id == "p-iv-2step"]
    assert told == ["0.5 mg/kg over 40 min: 50 % in 20 min, the rest in 20 min"]
    assert of_protocol(protocol("p-iv-2step")).choice.way is way_of("ketamine (racemic)", "IV", stepped=True)
    assert two_steps() == protocol("p-iv-2step").steps
