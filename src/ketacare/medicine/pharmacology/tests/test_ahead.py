"""A session under way: what is stepped from the state is what the whole regimen would give."""

from dataclasses import replace

import numpy as np
import pytest

from ketacare.medicine.pharmacology.ahead import Held, ahead, charted, stopped
from ketacare.medicine.pharmacology.population import Fitted
from ketacare.medicine.pharmacology.predictions import Cohort, predict
from ketacare.medicine.pharmacology.terms import Analyte, Drug, Patient, PredictionRefused
from ketacare.medicine.pharmacology.tests.given import case, dose, near

GRID = range(0, 121, 5)
INFUSION = case(dose(35, 40), times=GRID, site="venous", patients=200)


def told(one, times):
    return predict(replace(one, times_min=tuple(times))).curves["ketamine"]


def test_so_far_and_as_planned_are_the_whole_course_cut_at_now():
    seen = ahead(INFUSION, 22)
    whole = told(INFUSION, sorted({*GRID, 22}))
    near(np.append(seen.so_far.typical, seen.as_planned.typical[1:]), whole.typical, 1e-12)
    near(np.append(seen.so_far.p95, seen.as_planned.p95[1:]), whole.p95, 1e-12)
    assert (seen.so_far.times[-1], seen.as_planned.times[0], seen.if_slowed) == (22, 22, None)


@pytest.mark.parametrize("model", [None, "otto-2021"])
def test_stopped_now_is_the_regimen_that_ends_now(model):
    one = replace(INFUSION, model=model)
    seen = ahead(one, 22)
    wanted = told(stopped(one, 22), seen.if_stopped.times)
    near(seen.if_stopped.typical, wanted.typical, 1e-10)
    near(seen.if_stopped.p05, wanted.p05, 1e-10)
    assert (round(seen.given_mg, 9), seen.planned_mg) == (19.25, 35)


@pytest.mark.parametrize("model", [None, "otto-2021"])
def test_slowed_goes_on_until_all_is_given(model):
    one = replace(INFUSION, model=model)
    seen = ahead(one, 20, slowed_to_mg_per_min=0.5)
    steps = (dose(17.5, 20), dose(17.5, 35, at=20))
    near(seen.if_slowed.typical, told(replace(one, regimen=steps), seen.if_slowed.times).typical, 1e-10)


def test_at_the_first_minute_nothing_is_in_and_everything_is_to_come():
    """One patient and many, at even times: stopped before it began there is nothing, as planned the whole course."""
    for patients in (1, 50):
        one = replace(INFUSION, times_min=tuple(range(0, 60, 2)), patients=patients)
        seen = ahead(one, 0.0, slowed_to_mg_per_min=0.5)
        assert seen.given_mg == 0
        assert not seen.if_stopped.typical.any()
        near(seen.as_planned.typical[1:], told(one, range(2, 60, 2)).typical, 1e-12)


def test_it_says_where_it_leaves_its_data_and_what_is_poorly_known():
    assert ahead(INFUSION, 22).reservations == ()
    old = ahead(replace(INFUSION, patient=Patient(200.0, 92.0)), 22).reservations
    assert [words.split(" behind")[0] for words in old] == [
        "patient.age_years: 92 is outside the 18 to 75 years",
        "patient.weight_kg: 200 is outside the 40 to 150 kg",
    ]
    (spray, *_) = ahead(case(dose(50, route="in"), times=GRID, site="venous"), 22).reservations
    assert spray.startswith("route in, racemic: poorly known")


def test_what_was_given_by_another_route_goes_on_and_a_bolus_counts_whole():
    given = (dose(10), dose(25, 40, at=5), dose(25, route="po"), dose(5, at=60))
    one = case(*given, times=GRID)
    seen = ahead(one, 30)
    near(seen.if_stopped.typical, told(stopped(one, 30), seen.if_stopped.times).typical, 1e-10)
    assert (seen.given_mg, seen.planned_mg) == (10 + 15.625, 40)
    assert len(stopped(one, 30).regimen) == 3


def test_one_person_s_own_estimate_takes_the_place_of_the_typical_patient():
    cohort = Cohort.of(INFUSION)
    own = Fitted(cohort.deviations[0][7], cohort.deviations[0][:50])
    seen = ahead(INFUSION, 40, fitted=own)
    near(seen.as_planned.typical, told(INFUSION, seen.as_planned.times).patients[7], 1e-12)
    assert seen.as_planned.patients.shape == (50, 17)


def test_a_state_is_stepped_through_rates_and_doses():
    (flow,) = Cohort.of(replace(INFUSION, patients=1)).flows(Analyte.KETAMINE, None, None)
    held = Held.at(flow, 10).on(10, 35 / 40).on(5).at_once(6).on(15, 0.25)
    steps = (dose(17.5, 20), dose(6, at=25), dose(3.75, 15, at=25))
    wanted = told(case(*steps, site="venous"), [40]).typical
    near(held.concentration, wanted, 1e-12)


def test_charted_steps_are_doses_that_follow_one_another():
    doses = charted(Drug.KETAMINE, [(0, 0.875), (20, 0.0), (25, 0.5), (25, 0.25)], 45)
    assert doses == (dose(17.5, 20), dose(5, 20, at=25))
    assert charted(Drug.KETAMINE, [], 45) == ()
    with pytest.raises(PredictionRefused, match=r"steps\[1\]: begins at 20 min, after 10"):
        charted(Drug.KETAMINE, [(0, 1.0), (20, 0.5), (10, 0.5)], 45)


@pytest.mark.parametrize(
    ("now", "slowed", "doses", "words"),
    [
        (-1, None, (dose(35, 40),), "now_min: -1 is before"),
        (float("nan"), None, (dose(35, 40),), "now_min: nan is before"),
        (10, 0.0, (dose(35, 40),), "slowed_to: 0 mg/min"),
        (10, float("inf"), (dose(35, 40),), "slowed_to: inf mg/min"),
        (10, 0.5, (dose(35, route="im"),), "slowed_to: is the rate of one drug"),
        (10, 0.5, (dose(35, 40), dose(5, at=3, drug="esketamine")), "none or several"),
    ],
)
def test_what_cannot_be_seen_is_refused(now, slowed, doses, words):
    with pytest.raises(PredictionRefused, match=words):
        ahead(case(*doses), now, slowed_to_mg_per_min=slowed)


def test_an_estimate_is_of_one_model():
    both = case(dose(35, 40), dose(28, drug="esketamine", route="in"), times=GRID)
    with pytest.raises(PredictionRefused, match="is of one model"):
        ahead(both, 5, fitted=Fitted(np.zeros(12), np.zeros((2, 12))))
