"""What is worth knowing of a course, by hand and by a much finer course."""

import numpy as np
import pytest

from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.predictions import predict
from ketacare.medicine.pharmacology.summaries import falls_below, minutes_above, peaks
from ketacare.medicine.pharmacology.terms import Window
from ketacare.medicine.pharmacology.tests.given import case, course, dose, near

SAWTOOTH = np.array([[0.0, 10.0, 0.0, 10.0, 0.0]])
TIMES = np.array([0.0, 10.0, 20.0, 30.0, 40.0])


def summary(*doses, **more):
    return predict(case(*doses, **more)).summary


DOSES = [
    [dose(35, 40)],
    [dose(10), dose(25, 35, at=5)],
    [dose(35, route="im")],
    [dose(84, drug="esketamine", route="in")],
    [dose(50, drug="esketamine", route="sl", product="film")],
    [dose(20, 10), dose(20, 10, at=60)],
]


@pytest.mark.parametrize("doses", DOSES)
@pytest.mark.parametrize("site", ["arterial", "venous"])
def test_peak_and_area_agree_with_a_far_finer_course(doses, site):
    fine = np.arange(0, 240.001, 0.02)
    said = summary(*doses, times=(60, 240), site=site)
    wanted = course(*doses, times=fine, site=site)
    near(said["cmax_ng_per_ml"].typical, wanted.max(), 2e-5)
    assert said["tmax_min"].typical == pytest.approx(fine[wanted.argmax()], abs=0.05)
    near(said["auc_0_t_ng_h_per_ml"].typical, np.trapezoid(wanted, fine / 60), 1e-4)


@pytest.mark.parametrize("days", [1, 3, 7])
@pytest.mark.parametrize("doses", [*DOSES, [dose(35, 40), dose(35, route="im", at=700)]])
def test_however_long_a_course_is_looked_at_its_peak_and_its_minutes_stay(doses, days):
    asked = {"site": "venous", "window": Window(30.0, 100.0), "level_ng_per_ml": 30.0}
    wanted, said = summary(*doses, times=(60, 1_440), **asked), summary(*doses, times=(60, 1_440 * days), **asked)
    fine = np.arange(0, 1_000.001, 0.05)
    near(said["cmax_ng_per_ml"].typical, course(*doses, times=fine, site="venous").max(), 5e-5)
    for name in ("tmax_min", "minutes_above", "minutes_inside", "below_level_from_min"):
        assert said[name].typical == pytest.approx(wanted[name].typical, abs=0.1), name


def test_the_line_of_the_peak_is_told_however_long_the_course_is_looked_at():
    """The peak of 10,080 min is no lower than the band at a minute of it."""
    asked = predict(case(dose(56, route="im"), times=(10, 10_080), patients=300))
    assert asked.summary["cmax_ng_per_ml"].p95 >= asked.curves["ketamine"].p95[0]
    assert "above 500" in " ".join(asked.warnings)


def test_a_bolus_peaks_when_it_is_in():
    said = summary(dose(35), times=(30,))
    assert said["tmax_min"].typical == 0
    near(said["cmax_ng_per_ml"].typical, 35_000 / 25, 1e-12)


def test_concentration_at_the_end_of_what_is_given_even_if_nobody_asked_for_that_time():
    near(summary(dose(35, 40), times=(10,))["concentration_at_end_ng_per_ml"].typical, 253.0518, 1e-6)


def test_a_spray_ends_with_its_last_device():
    spray = dose(84, drug="esketamine", route="in")
    said = summary(spray, times=(40,), site="venous")["concentration_at_end_ng_per_ml"]
    near(said.typical, course(spray, times=(10,), site="venous")[0], 1e-12)


def test_from_when_a_course_stays_below_a_level():
    said = summary(dose(35, 40), times=(240,), level_ng_per_ml=54.3272)
    assert said["below_level_from_min"].typical == pytest.approx(110, abs=0.02)
    assert falls_below(TIMES, SAWTOOTH, 5.0).tolist() == [35.0]
    assert falls_below(TIMES, SAWTOOTH, 11.0).tolist() == [0.0]
    assert falls_below(TIMES, SAWTOOTH + 6, 5.0).tolist() == [np.inf]


def test_minutes_above_a_level():
    assert minutes_above(TIMES, SAWTOOTH, 5.0).tolist() == [20.0]
    assert minutes_above(TIMES, SAWTOOTH, 0.0).tolist() == [40.0]
    assert minutes_above(TIMES, SAWTOOTH, 10.0).tolist() == [0.0]
    assert minutes_above(TIMES, 0 * SAWTOOTH, 0.0).tolist() == [0.0]


def test_a_peak_between_two_times_is_found_by_a_parabola_but_not_across_an_edge():
    curve = 9.0 - (TIMES[np.newaxis] - 17.0) ** 2 / 100
    alone = (np.array([0.0]), curve[:, :1])
    top, at = peaks(TIMES, curve, *alone)
    near((top[0], at[0]), (9.0, 17.0), 1e-12)
    top, at = peaks(TIMES, curve, np.array([0.0, 22.0]), np.array([[0.0, 1.0]]))
    assert (top[0], at[0]) == (curve.max(), 20.0)


def test_a_window_shares_out_the_minutes_and_the_patients():
    one = predict(case(dose(35, 40), times=(20, 40, 240), patients=400, window=Window(70.0, 200.0)))
    minutes = [one.summary[f"minutes_{where}"] for where in ("above", "inside", "below")]
    assert sum(part.typical for part in minutes) == pytest.approx(240)
    patients = one.curves["ketamine"].patients
    assert one.inside.tolist() == ((patients >= 70) & (patients <= 200)).mean(axis=0).tolist()
    assert one.inside[2] < 0.05 < one.inside[0]


def test_without_virtual_patients_there_is_no_probability():
    assert predict(case(dose(35, 40), window=Window(70.0, 200.0))).inside is None


def test_s_and_r_of_a_racemate_and_of_what_is_given_as_one():
    names = ("s_ketamine", "r_ketamine", "s_norketamine", "r_norketamine")
    racemate = predict(case(dose(35, 40), times=(40,), enantiomers=True)).curves
    near(sum(racemate[name].typical for name in names[:2]), racemate["ketamine"].typical, 1e-3)
    s_only = predict(case(dose(17.5, 40, drug="esketamine"), times=(40,), enantiomers=True)).curves
    assert [s_only[name].typical[0] > 0 for name in names] == [True, False, True, False]
    near(s_only["s_ketamine"].typical, racemate["s_ketamine"].typical, 1e-12)
    near(s_only["ketamine"].typical, s_only["s_ketamine"].typical, 1e-12)
    halves = predict(case(dose(35, 40), times=(40,), model="otto-2021", enantiomers=True)).curves
    near(sum(halves[name].typical for name in names[:2]), halves["ketamine"].typical, 1e-12)


def test_a_model_without_a_metabolite_says_nothing_of_it():
    assert "norketamine" not in predict(case(dose(35, 40), model="clements-1981", patients=5)).curves


def test_a_measured_value_of_the_film_adds_what_the_laboratory_adds():
    film = dose(50, drug="esketamine", route="sl", product="film")
    said = [
        predict(case(film, times=(0, 5, 60), band=band, patients=2_000)).curves["norketamine"]
        for band in ("true", "measured")
    ]
    true, measured = (one.p95 - one.p05 for one in said)
    assert measured[1] > true[1] + 20  # early the additive part is nearly all of it
    assert measured[0] == 0  # before there is any, none is measured


def test_landmarks_and_figures_of_effects_keep_their_sources():
    assert {one.name for one in reader.landmarks()} >= {"antidepressant", "dissociation", "anaesthesia"}
    assert reader.effect_figures("dissociation")["c50"].sources[0].label == "OLOFSEN-2022"
    assert reader.effect_figures("pressure")["vein_systolic"].unit == "mm[Hg]"
