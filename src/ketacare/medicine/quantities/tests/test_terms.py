from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.quantities.terms import (
    Concentration,
    Duration,
    ImpossibleAmount,
    Mass,
    MassPerWeight,
    Quantity,
    RateDose,
    RatePump,
    Volume,
    Weight,
    plain,
)

KINDS = [Mass, MassPerWeight, Volume, Concentration, RatePump, RateDose, Duration, Weight]
amounts = st.decimals(min_value="0.001", max_value="99999", places=3)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Mass.of("0.5"), "0.5 mg"),
        (Mass.of("5.0"), "5 mg"),
        (Mass.of("5"), "5 mg"),
        (Mass.of(1000), "1,000 mg"),
        (Mass.of("1234567.890"), "1,234,567.89 mg"),
        (Mass.of("0"), "0 mg"),
        (Mass.of("100"), "100 mg"),
        (Mass.of(".5"), "0.5 mg"),
        (Mass.of("1E+2"), "100 mg"),
        (Mass.of("0.0005"), "0 mg"),
        (Mass.of("0.0015"), "0.002 mg"),
        (Volume.of("3.60"), "3.6 mL"),
        (RatePump.of("133.3333"), "133.3 mL/h"),
        (Weight.of("72.0"), "72 kg"),
    ],
)
def test_i13_amounts_are_written_as_the_ismp_list_asks(amount, written):
    assert amount.written() == written
    assert str(amount) == written


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("amount", ["-1", "-0.001", "NaN", "Infinity", "-Infinity", "sNaN", "five", "", "5 mg", "1,5"])
def test_h2_nonsense_never_becomes_an_amount(kind, amount):
    with pytest.raises(ImpossibleAmount):
        kind.of(amount)


@pytest.mark.parametrize("kind", [Weight, Concentration, Duration])
def test_zero_is_refused_where_there_must_be_some(kind):
    with pytest.raises(ImpossibleAmount, match="above zero"):
        kind.of(0)


@pytest.mark.parametrize("kind", KINDS)
def test_i12_a_float_never_gets_in(kind):
    for attempt in (lambda: kind.of(0.5), lambda: kind(0.5), lambda: kind.of(True), lambda: kind("0.5")):
        with pytest.raises(TypeError, match="not exact"):
            attempt()


def test_the_base_has_no_unit_and_cannot_exist():
    with pytest.raises(TypeError, match="choose a kind"):
        Quantity(Decimal(1))


@pytest.mark.parametrize("other", [Volume.of(1), MassPerWeight.of(1), Decimal(1), 1])
def test_h2_kinds_never_mix(other):
    mass = Mass.of(1)
    assert mass != other or not isinstance(other, Quantity)
    for attempt in (
        lambda: mass + other,
        lambda: mass - other,
        lambda: mass < other,
        lambda: mass >= other,
        lambda: mass.share_of(other),
    ):
        with pytest.raises(TypeError):
            attempt()


def test_a_subtraction_below_zero_is_refused():
    with pytest.raises(ImpossibleAmount, match="below zero"):
        Mass.of(1) - Mass.of(2)


def test_the_chain_of_the_standard_session():
    """The session of the workflow reference: 72 kg, 36 mg, 3.6 mL, 0.36 mg/mL, 150 mL/h, 0.9 mg/min."""
    dose = MassPerWeight.of("0.5").for_weight(Weight.of(72))
    assert dose.written() == "36 mg"
    assert dose.at(Concentration.of(10)).written() == "3.6 mL"
    bag, minutes = Volume.of(100), Duration.of(40)
    assert dose.dissolved_in(bag).written() == "0.36 mg/mL"
    assert bag.over(minutes) == RatePump.of(150)
    assert RatePump.of(150).during(minutes) == bag
    assert dose.over(minutes) == RateDose.of("0.9")
    assert RateDose.of("0.9").during(minutes) == dose
    assert Volume.of("3.6").holding(Concentration.of(10)) == dose
    assert dose.per_kg(Weight.of(72)) == MassPerWeight.of("0.5")
    assert Mass.of(18).share_of(dose) == Decimal("0.5")
    assert Mass.of(18).times(2) == dose
    assert Mass.of(18) + Mass.of(18) == dose


def test_h3_pounds_are_kept_in_kg_and_shown_in_both():
    """154 lb x 0.45359237 = 69.853... kg; 72 kg / 0.45359237 = 158.73 lb."""
    assert Weight.from_pounds("154") == Weight.of("69.9")
    assert Weight.of(72).written_both() == "72 kg (158.7 lb)"


@given(amounts)
def test_i12_rounding_again_changes_nothing(amount):
    once = Mass(amount / 7).rounded()
    assert once.rounded() == once
    assert abs(once.amount - amount / 7) <= Decimal("0.0005")


@given(amounts)
def test_what_is_written_reads_back(amount):
    assert Mass.of(Mass(amount).written().removesuffix(" mg").replace(",", "")) == Mass(amount)


@given(st.decimals(min_value="20", max_value="300", places=1), st.sampled_from(["10", "50", "100"]))
def test_mass_and_volume_convert_both_ways_without_loss(weight, strength):
    dose = MassPerWeight.of("0.5").for_weight(Weight(weight))
    concentration = Concentration.of(strength)
    assert dose.at(concentration).holding(concentration) == dose


MIXED = """
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, RatePump, Volume, Weight
mass, ml = Mass.of(1), Volume.of(1)
mass + ml
mass - Weight.of(1)
mass.share_of(ml)
mass.at(ml)
mass < ml
ml.holding(Duration.of(1))
MassPerWeight.of(1).for_weight(mass)
RatePump.of(1).during(ml)
mass.dissolved_in(Concentration.of(1))
Mass(0.5)
"""


def test_h2_mixing_kinds_is_refused_by_the_type_checker(tmp_path, monkeypatch):
    """Each line after the second is one error, and no line is let through."""
    from pathlib import Path

    from mypy import api

    (tmp_path / "mixed.py").write_text(MIXED)
    monkeypatch.setenv("MYPYPATH", str(Path(__file__).parents[4]))
    options = ["--strict", "--config-file=", "--explicit-package-bases", f"--cache-dir={tmp_path}"]
    told, _, _ = api.run([*options, str(tmp_path / "mixed.py")])
    refused = {int(line.split(":")[1]) for line in told.splitlines() if "mixed.py" in line and "error:" in line}
    assert refused == set(range(4, 4 + 10))


def test_the_whole_chain_keeps_every_digit_until_it_is_rounded():
    """1 mg/kg / 7: no binary float anywhere, so times seven gives the whole again to 28 digits."""
    seventh = MassPerWeight(Decimal(1) / 7)
    assert seventh.for_weight(Weight.of(70)).rounded() == Mass.of(10)
    assert abs(seventh.for_weight(Weight.of(70)).amount - 10) < Decimal("1e-25")


@pytest.mark.parametrize(
    ("number", "words"),
    [("40", "40"), ("4E+1", "40"), ("1000", "1,000"), ("0.50", "0.5"), ("5.0", "5"), ("100", "100"), ("0", "0")],
)
def test_a_number_loses_the_noughts_behind_its_point_and_no_others(number, words):
    """H1: 40 without its nought would be a tenth."""
    assert plain(Decimal(number)) == words


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Mass.of("NaN"), "Mass: NaN is not a number. Enter an amount in mg."),
        (lambda: Mass.of("five"), "Mass: 'five' is not a number. Enter an amount in mg."),
        (lambda: Mass.of(-1), "Mass: -1 mg cannot be below zero. Check the entry."),
        (lambda: Weight.of(0), "Weight: 0 kg must be above zero. Check the entry."),
        (lambda: Mass(0.5), "Mass: 0.5 is not exact. Use Decimal, or Mass.of('0.5')."),
        (lambda: Quantity(Decimal(1)), "Amount: choose a kind, such as Mass or Volume."),
    ],
)
def test_what_cannot_be_an_amount_says_field_rule_and_remedy(make, words):
    with pytest.raises((ImpossibleAmount, TypeError)) as refused:
        make()
    assert str(refused.value) == words


@pytest.mark.parametrize("typed", ["1_0", "5e1", "1e30", "\u0665", "0x10", "1E+300", "5 0", ""])
def test_digits_that_are_no_plain_number_are_refused(typed):
    with pytest.raises(ImpossibleAmount, match="is not a number"):
        Mass.of(typed)


def test_what_an_exact_number_writes_of_itself_is_read():
    assert Mass.of(str(Decimal(100).normalize())) == Mass.of("100")
    assert Mass.of(" 0.50 ") == Mass.of("0.5")
