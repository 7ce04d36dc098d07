"""Two things on board at once: every pair has a course that can be, or is refused by name."""

from itertools import combinations

import numpy as np
import pytest

from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.predictions import predict
from ketacare.medicine.pharmacology.terms import PredictionRefused
from ketacare.medicine.pharmacology.tests.given import case, course, dose, near

NASAL = dose(84, drug="esketamine", route="in")
DOSES = [
    dose(35, 40),
    dose(35, route="im"),
    dose(50, route="in"),
    dose(100, route="sl"),
    dose(28, 40, drug="esketamine"),
    NASAL,
    dose(56, drug="esketamine", route="po"),
]
CHANGING = sorted(
    {one.name for one in reader.conditions().values() if one.clint or one.clearance or one.gut or one.ancestry}
)


@pytest.mark.parametrize("given", DOSES)
def test_every_pair_has_a_course_above_zero_or_is_refused(given):
    usual = course(given, times=(30, 60), site="venous")
    for pair in combinations(CHANGING, 2):
        try:
            said = predict(case(given, times=(30, 60), site="venous", conditions=pair)).curves
        except PredictionRefused:  # by name: the tests beneath
            continue
        for name in ("ketamine", "norketamine"):
            assert np.isfinite(said[name].typical).all(), pair
            assert (said[name].typical > 0).all(), pair
        assert (said["ketamine"].typical < 10 * usual).all(), pair


def test_more_than_flows_through_the_liver_is_refused_by_both_names():
    """Rifampicin's extraction, 0.839, with 20 % more clearance is above 1 in the model of the nose."""
    for one in (NASAL, dose(28, 40, drug="esketamine")):
        asked = case(one, conditions=("rifampicin", "female"), model="perez-ruixo-2021")
        with pytest.raises(PredictionRefused, match="rifampicin and women_clear_faster together clear more than flows"):
            predict(asked)
    assert predict(case(dose(35, 40), conditions=("rifampicin", "female"))).curves["ketamine"].typical[0] > 100


def test_a_reader_of_the_paper_may_give_both_ancestries():
    for curve in ("ketamine", "norketamine"):
        said = course(NASAL, curve=curve, site="venous", times=(30, 120, 360), conditions=("asian", "japanese"))
        alone = course(NASAL, curve=curve, site="venous", times=(30, 120, 360), conditions=("japanese",))
        near(said, alone, 1e-12)


@pytest.mark.parametrize("names", [("cyp2b6_1_6", "cyp2b6_6_6"), ("cyp2b6_6_two_copies", "cyp2b6_6_one_copy")])
def test_one_copy_and_two_are_not_the_same_person(names):
    with pytest.raises(PredictionRefused, match=r"one copy of CYP2B6\*6 exclude each other"):
        predict(case(dose(35, 40), conditions=names))
