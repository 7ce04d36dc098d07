"""Weights worked out by hand. Devine: 50 or 45.5 kg + 2.3 kg for each inch above 60; adjusted: 40 % of what is over."""

from decimal import Decimal

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.rules.descriptors import AMOUNTS, descriptors, figure, rules_by_id
from ketacare.medicine.quantities.terms import MassPerWeight, Weight


def told(weight, height, sex):
    found = descriptors(Weight.of(weight), None if height is None else Decimal(height), sex)
    return found, {one.name: str(one.weight) for one in found.offered}


def test_an_ordinary_weight_is_dosed_as_weighed():
    found, weights = told("70", "175", "male")
    assert weights == {"actual": "70 kg"}
    assert (found.default.name, str(found.index), found.missing, found.side_by_side) == ("actual", "22.9", (), False)
    assert "actual" in found.why


def test_from_30_ideal_and_adjusted_stand_beside_the_actual():
    """170 cm = 66.93 in: 45.5 + 2.3 x 6.93 = 61.4 kg; 61.4 + 0.4 x (95 - 61.4) = 74.8 kg; 95 / 1.7^2 = 32.9."""
    found, weights = told("95", "170", "female")
    assert weights == {"actual": "95 kg", "ideal": "61.4 kg", "adjusted": "74.8 kg"}
    assert (str(found.index), found.default.name) == ("32.9", "actual")
    assert found.offered[2].working == "61.4 kg + 0.4 x (95 kg - 61.4 kg)"
    assert found.offered[1].working == "45.5 kg + 2.3 kg x 6.9 in above 60 in"
    assert [one.dose(MassPerWeight.of("0.5")).written() for one in found.offered] == ["47.5 mg", "30.7 mg", "37.4 mg"]
    assert str(found.offered[1].grade) == "S"


def test_from_40_adjusted_is_the_house_default_and_a_cap_is_shown():
    """180 cm = 70.87 in: 50 + 2.3 x 10.87 = 75 kg; 75 + 0.4 x (140 - 75) = 101 kg; 140 / 1.8^2 = 43.2."""
    found, weights = told("140", "180", "male")
    assert weights == {"actual": "140 kg", "ideal": "75 kg", "adjusted": "101 kg", "capped": "100 kg"}
    assert found.default.name == "adjusted"
    assert "43.2 kg/m2 is 40 or more" in found.why


def test_at_the_line_itself_the_rule_holds():
    """90 / 1.5^2 is 40.0, but 150 cm is under 60 in; 160 cm: 102.4 / 1.6^2 is 40.0."""
    assert told("102.4", "160", "female")[0].default.name == "adjusted"
    assert told("102.1", "160", "female")[0].default.name == "actual"


@pytest.mark.parametrize(
    ("height", "sex", "words", "index"),
    [
        (None, "male", "Height: not known", None),
        ("170", "unknown", "Sex: not known", "38.1"),
        ("150", "male", "begins at 152.4 cm", "48.9"),
    ],
)
def test_what_is_not_known_is_asked_for_and_nothing_is_put_in_its_place(height, sex, words, index):
    found, weights = told("110", height, sex)
    assert weights == {"actual": "110 kg", "capped": "100 kg"}
    assert words in found.missing[0]
    assert (None if found.index is None else str(found.index)) == index


def test_a_series_is_not_one_figure():
    with pytest.raises(KeyError):
        figure(rules_by_id(AMOUNTS)["VI-3"], "minutes")


STANDS = "by the height that stands"


@pytest.mark.parametrize(
    ("rests_on", "ordered", "by_house", "height", "said"),
    [
        ("adjusted", "74.8", "actual", "170", ""),
        ("actual", "95", "actual", "170", ""),
        ("adjusted", "74.8", "actual", "165", f"is 72.1 kg {STANDS}"),
        ("adjusted", "74.8", "actual", "190", "is not worked out from the height that stands"),
        ("actual", "95", "actual", "152.5", f"is not what the house rule takes {STANDS}: adjusted weight"),
    ],
)
def test_h3_an_order_does_not_outlive_the_height_it_was_worked_out_by(rests_on, ordered, by_house, height, said):
    """95 kg: of 165 cm ideal 45.5 + 2.3 x 4.96 = 56.9, adjusted 56.9 + 0.4 x 38.1 = 72.1; of 152.5 cm index 40.8."""
    now, _ = told("95", height, "female")
    hold = rules.descriptor_outdated(rests_on, Weight.of(ordered), by_house, now)
    assert (hold.words if hold else "").startswith(
        f"Weight: {ordered} kg ({rests_on}), which the order rests on, {said}." if said else ""
    )
    assert (hold is None) == (not said)


def test_an_index_is_rounded_for_the_page_and_not_for_the_rule():
    """115.5 kg and 170 cm are 39.965 kg/m2: under 40, so the actual weight, and shown as under 40."""
    found = descriptors(Weight(Decimal("115.5")), Decimal(170), "female")
    assert (found.default.name, str(found.index)) == ("actual", "39.9")
    assert descriptors(Weight(Decimal("115.7")), Decimal(170), "female").default.name == "adjusted"
