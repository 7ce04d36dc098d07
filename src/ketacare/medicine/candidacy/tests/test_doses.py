"""Doses as people write them; slips of a unit or a zero."""

from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.rules.doses import DoseRefused, daily_dose, in_pieces, question
from ketacare.medicine.candidacy.rules.formulary import matched

KNOWLEDGE = reader.shipped()


def read(text, name="sertraline", form=""):
    return daily_dose(text, name, form, KNOWLEDGE).mg


@pytest.mark.parametrize(
    ("text", "mg"),
    [
        ("225 mg", "225"),
        ("225mg", "225"),
        ("0.5 g", "500"),
        ("0,5 g", "500"),
        ("25 mcg", "0.025"),
        ("25 µg", "0.025"),
        ("25 micrograms", "0.025"),
        ("1,500 mg", "1500"),
        ("1 mg twice a day", "2"),
        ("1 mg bid", "2"),
        ("2 x 1 mg", "2"),
        ("2 × 1 mg daily", "2"),
        ("1 mg x 3", "3"),
        ("50 mg at night", "50"),
        ("10 mg tid", "30"),
        ("225", "225"),
        ("37.5", "37.5"),
        ("50 g", "50000"),
        ("0,500 g", "500"),
    ],
)
def test_a_dose_is_understood(text, mg):
    assert read(text) == Decimal(mg)


@pytest.mark.parametrize("text", ["10 units", "2 puffs", "20 drops", "5 mL", "1 patch"])
def test_a_unit_without_a_weight_is_kept_in_words(text):
    dose = daily_dose(text, "insulin", "", KNOWLEDGE)
    assert (dose.mg, dose.words) == (None, text)


@pytest.mark.parametrize(
    "text", ["2 tablets", "one tablet", "half a tab at night", "1-2 pills", "2 capsules with food"]
)
def test_h15_tablets_of_a_strength_that_nobody_told_are_kept_as_told_and_not_known_in_mg(text):
    dose = daily_dose(text, "lorazepam", "", KNOWLEDGE)
    assert (dose.mg, dose.words) == (None, text)
    assert in_pieces(text)
    assert not in_pieces("20 drops")


@pytest.mark.parametrize(
    ("text", "name", "rule"),
    [
        ("50", "levothyroxine", "has no unit, levothyroxine is usually taken in mcg"),
        ("50", "Blue pills", "has no unit"),
        ("-5 mg", "sertraline", "a dose cannot be below zero"),
        ("0 tablets", "sertraline", "is nothing"),
        ("-1 tablet", "sertraline", "a dose cannot be below zero"),
        ("50 mg tablets", "sertraline", "'tablets' is not understood"),
        ("", "sertraline", "this is not understood"),
        ("0 mg", "sertraline", "is nothing"),
        ("0 x 5 mg", "sertraline", "is nothing"),
        ("5 grains", "sertraline", "'grains' is not a unit known here"),
        ("50 mg sometimes", "sertraline", "'sometimes' is not understood"),
        ("2 x 50 mg twice a day", "sertraline", "says twice how often"),
        ("2 x 50 mg x 2", "sertraline", "says twice how often"),
        ("60 g", "sertraline", "60,000 mg a day cannot be"),
    ],
)
def test_what_cannot_be_kept_says_why(text, name, rule):
    with pytest.raises(DoseRefused) as refused:
        read(text, name)
    assert rule in refused.value.rule
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("name", "mg", "asked"),
    [
        ("sertraline", "200", None),
        ("sertraline", "201", "above the largest usual dose of sertraline, 200 mg"),
        ("sertraline", "0.1", "0.1 mg a day is a thousandth of 100 mg; sertraline is taken in mg"),
        ("sertraline", "0.5", None),
        ("clonazepam", "0.1", None),
        ("Zoloft", "2000", "above the largest usual dose of sertraline"),
        ("amitriptyline", "300", None),
        ("lorazepam", "10", None),
        ("lorazepam", "10.5", "equals up to 105 mg of diazepam"),
        ("Symbyax", "50", None),
        ("selegiline patch", "20", None),
        ("sodium oxybate", "9000", None),
        ("metformin", "10001", "is more than 10,000 mg"),
        ("metformin", "10000", None),
        ("Blue pills", "9000", None),
        ("sertraline", None, None),
        ("levothyroxine", "0.9", None),
        ("levothyroxine", "1", "1 mg a day is 1,000 mcg; levothyroxine is usually taken in mcg"),
        ("levothyroxine", "100", "usually taken in mcg"),
    ],
)
def test_what_is_asked_about_once(name, mg, asked):
    found = question(name, "", None if mg is None else Decimal(mg), KNOWLEDGE)
    assert (found is None) is (asked is None)
    assert asked is None or asked in found


def test_codes_are_the_same_in_both_sheets():
    for row in KNOWLEDGE.trials.medicines.values():
        if row.rxcui is not None:
            code = matched(row.name, "", KNOWLEDGE.formulary).drug.rxcui
            assert (code.code, code.grade) == (row.rxcui.code, row.rxcui.grade), row.name
