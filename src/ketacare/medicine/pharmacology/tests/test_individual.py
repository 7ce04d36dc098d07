"""One person from measurements: known people are found again, nothing moves without data, intervals hold."""

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest

from ketacare.medicine.pharmacology import individual_answers, individual_reader, population
from ketacare.medicine.pharmacology.estimation import NotFound
from ketacare.medicine.pharmacology.individual import Sample, Score, individualise
from ketacare.medicine.pharmacology.kinetics import Kinetics
from ketacare.medicine.pharmacology.predictions import predict
from ketacare.medicine.pharmacology.reader import model
from ketacare.medicine.pharmacology.terms import (
    Analyte,
    Band,
    Case,
    Dose,
    Drug,
    Patient,
    PredictionRefused,
    Route,
    Site,
)

TIMES = (20.0, 40.0, 80.0, 240.0)
INFUSION = (Dose(Drug.KETAMINE, Route.IV, 0.0, 35.0, 40.0),)
CASE = Case(Patient(70.0, 40.0), INFUSION, TIMES, Site.VENOUS)
KAMP = model("kamp-2020")
RESIDUAL = KAMP.residual[Analyte.KETAMINE].log_sd


def kinetics(site=Site.VENOUS):
    return Kinetics(KAMP, frozenset({Route.IV}), site)


def vectors(deviations):
    """Parameter vectors of people with these deviations."""
    values = population.typical(KAMP, CASE.patient, frozenset({Route.IV}), drug=Drug.KETAMINE)
    return population.individual(values, kinetics().parameters, np.atleast_2d(deviations))


def deviation(**named):
    return np.array([named.get(one.name, 0.0) for one in kinetics().parameters])


def concentrations(deviations, times, analyte=Analyte.KETAMINE, site=Site.VENOUS):
    return kinetics(site).concentrations(vectors(deviations), INFUSION, np.array(times), analyte)


def samples(deviations, times, analyte="ketamine", site=Site.VENOUS):
    found = concentrations(deviations, times, Analyte(analyte), site)[0]
    return [Sample(time, analyte, float(value), site) for time, value in zip(times, found, strict=True)]


def eta_of(found, name):
    return float(found.eta[[one.name for one in found.parameters].index(name)])


# --- who is found ---


def test_a_known_person_is_found_again_from_many_samples():
    """Clearance at 0.6 and norketamine clearance at 1.5 of typical; without noise only the prior pulls towards zero."""
    person = deviation(CL=log(0.6), CLN=log(1.5))
    times = [float(time) for time in range(20, 1450, 30)]
    found = individualise(CASE, samples(person, times) + samples(person, times, "norketamine"))
    assert eta_of(found, "CL") == pytest.approx(log(0.6), abs=0.06)
    assert eta_of(found, "CLN") == pytest.approx(log(1.5), abs=0.06)
    assert found.supported
    assert not found.doubtful
    assert found.expected == pytest.approx([one.ng_per_ml for one in found.observations], rel=0.1)


def test_samples_of_a_typical_person_leave_everybody_typical_and_support_no_change():
    found = individualise(CASE, samples(deviation(), [40.0, 80.0, 230.0]))
    assert found.eta == pytest.approx(np.zeros(len(found.eta)), abs=1e-6)
    assert not found.supported
    assert found.rank == pytest.approx(0, abs=1e-9)


def test_without_observations_the_person_is_typical_and_the_band_that_of_everybody():
    found = individualise(CASE, [])
    assert found.eta == pytest.approx(np.zeros(len(found.eta)))
    assert not found.supported
    assert not found.doubtful
    everybody = predict(replace(CASE, patients=4000)).curves["ketamine"]
    band = individual_answers.prediction_of(found).curves["ketamine"]
    assert band.typical == pytest.approx(everybody.typical)
    assert band.p05 == pytest.approx(everybody.p05, rel=0.08)
    assert band.p95 == pytest.approx(everybody.p95, rel=0.08)


def test_one_parameter_by_hand_as_the_linear_case():
    """At steady state ln C = ln(rate/CL) = f0 - eta: the estimate is -(y - f0) · w/(w + s²), beside what else moves."""
    forever = Case(Patient(70.0, 40.0), (Dose(Drug.KETAMINE, Route.IV, 0.0, 1200.0, 1440.0),), (1440.0,), Site.ARTERIAL)
    at_end = predict(forever).curves["ketamine"].typical[0]
    found = individualise(forever, [Sample(1440.0, "ketamine", float(at_end) * exp(0.3), Site.ARTERIAL)])
    omega = next(one.omega for one in found.parameters if one.name == "CL")
    assert eta_of(found, "CL") == pytest.approx(-0.3 * omega**2 / (omega**2 + RESIDUAL**2), rel=0.05)


def test_norketamine_alone_moves_its_correlated_volume_too():
    """Otto's model has the two go together: less norketamine late than expected speaks of a quick clearance."""
    given = (Dose(Drug.ESKETAMINE, Route.IV, 0.0, 10.0, 30.0),)
    case = replace(CASE, regimen=given, model="otto-2021")
    usual = predict(replace(case, times_min=(240.0, 480.0))).curves["norketamine"].typical
    seen = [
        Sample(at, "norketamine", 0.7 * value, Site.VENOUS) for at, value in zip((240.0, 480.0), usual, strict=True)
    ]
    found = individualise(case, seen)
    assert eta_of(found, "CLN") > 0.1
    assert eta_of(found, "VN1") > 0.01


def test_a_value_under_its_limit_lowers_and_one_far_above_what_is_expected_does_not():
    low = individualise(CASE, [Sample(240.0, "ketamine", 10.0, Site.VENOUS, below=True)])
    none = individualise(CASE, [Sample(240.0, "ketamine", 900.0, Site.VENOUS, below=True)])
    assert low.expected[0] < low.expected_typical[0] * 0.8
    assert none.eta == pytest.approx(np.zeros(len(none.eta)), abs=1e-4)


def test_samples_that_nobody_could_give_are_in_doubt():
    """A thousandfold slip: umol/L taken for ng/mL."""
    slip = [replace(one, ng_per_ml=one.ng_per_ml / 237.73) for one in samples(deviation(), [40.0, 80.0, 230.0])]
    found = individualise(CASE, slip)
    assert found.doubtful
    assert individual_answers.answer_to_json(found)["warnings"][0].startswith("The measurements are hardly possible")


def test_the_same_case_gives_the_same_draws_and_another_seed_others():
    seen = samples(deviation(CL=0.3), [40.0, 120.0])
    assert (individualise(CASE, seen).draws == individualise(CASE, seen).draws).all()
    assert (individualise(CASE, seen).draws != individualise(replace(CASE, seed=2), seen).draws).any()


def test_a_film_weighs_a_low_norketamine_with_its_additive_error():
    film = Case(Patient(70.0, 25.0), (Dose(Drug.ESKETAMINE, Route.SL, 0.0, 50.0, 0.0, "film"),), TIMES, Site.ARTERIAL)
    found = individualise(film, [Sample(240.0, "norketamine", 60.0, Site.ARTERIAL)])
    residual = model("simons-2022").residual[Analyte.NORKETAMINE]
    spread = residual.log_sd**2 + (residual.plus_ng_per_ml / 60.0) ** 2
    assert residual.plus_ng_per_ml > 0
    assert found.estimate.misfit_typical == pytest.approx(log(60.0 / found.expected_typical[0]) ** 2 / spread)


@pytest.mark.parametrize("site", [Site.VENOUS, Site.ARTERIAL])
def test_samples_of_either_site_find_the_same_person(site):
    person = deviation(CL=0.4)
    found = individualise(CASE, samples(person, [60.0, 120.0, 240.0, 480.0], site=site))
    assert eta_of(found, "CL") > 0.15


# --- intervals ---


def test_ninety_of_a_hundred_intervals_hold_the_truth():
    """60 simulated people, 4 noisy samples each: the concentration at 300 min, which nobody sampled, lies inside the
    90 % interval as often as chance allows (binomial: 48 to 59 of 60 in 99 of 100 runs)."""
    chance = np.random.default_rng(7)
    times, later = [30.0, 45.0, 90.0, 240.0], (300.0,)
    people = population.etas(KAMP, kinetics().parameters, 60, chance)
    held = 0
    for person in people:
        truth = concentrations(person, later)[0, 0]
        noisy = concentrations(person, times)[0] * np.exp(RESIDUAL * chance.standard_normal(len(times)))
        seen = [Sample(time, "ketamine", float(value), Site.VENOUS) for time, value in zip(times, noisy, strict=True)]
        found = individualise(replace(CASE, times_min=later), seen)
        band = found.cohort.curve("ketamine")
        held += bool(band.p05[0] <= truth <= band.p95[0])
    assert 48 <= held <= 59


def test_a_measured_band_is_wider_than_that_of_the_truth():
    seen = samples(deviation(CL=0.3), [40.0, 120.0])
    true, measured = (individualise(replace(CASE, band=band), seen).cohort.curve("ketamine") for band in Band)
    assert (measured.p95 - measured.p05 > true.p95 - true.p05).all()


# --- scores ---


def test_scores_find_baseline_and_slope():
    """Scores made from baseline 2 and slope 80 at the typical effect site, many of them."""
    scale = individual_reader.scale("cadss")
    times = [float(time) for time in range(5, 245, 5)]
    site = predict(replace(CASE, times_min=tuple(times), effects=True)).curves["effect_site_s_ketamine"].typical
    seen = [Score(t, "cadss", 2 + 80 * c / (c + scale.c50)) for t, c in zip(times, site, strict=True)]
    found = individualise(CASE, seen)
    baseline, slope = found.scale_estimates
    assert (baseline, slope) == (pytest.approx(2, abs=1.0), pytest.approx(80, rel=0.1))
    told = individual_answers.answer_to_json(found)["individual"]["effects"][0]
    assert told["effect"] == "cadss"
    assert told["slope"]["p05"] < told["slope"]["estimate"] < told["slope"]["p95"]
    assert told["p05"][1] < told["typical"][1] < told["p95"][1]


def test_a_high_is_driven_by_the_artery_and_not_by_the_effect_site():
    found = individualise(CASE, [Score(40.0, "drug_high", 5.0), Score(40.0, "cadss", 20.0)])
    artery = predict(replace(CASE, site=Site.ARTERIAL, enantiomers=True)).curves["s_ketamine"].typical[1]
    high, cadss = individual_reader.scale("drug_high"), individual_reader.scale("cadss")
    site = predict(replace(CASE, effects=True)).curves["effect_site_s_ketamine"].typical[1]
    assert found.expected_typical[0] == pytest.approx(high.baseline + high.slope * artery / (artery + high.c50))
    assert found.expected_typical[1] == pytest.approx(cadss.baseline + cadss.slope * site / (site + cadss.c50))


def test_scores_and_samples_are_weighed_together():
    seen = samples(deviation(CL=0.3), [40.0, 120.0])
    found = individualise(CASE, [*seen, Score(30.0, "cadss", 25.0)])
    assert found.expected[:2] == pytest.approx([one.ng_per_ml for one in seen], rel=0.2)
    assert found.scale_draws.shape == (individual_reader.support().draws, 2)


# --- what is refused ---


def refused(case, *seen):
    with pytest.raises(PredictionRefused) as fault:
        individualise(case, seen)
    return "\n".join(fault.value.faults)


def test_doses_of_two_models_are_refused():
    nasal = Dose(Drug.ESKETAMINE, Route.IN, 60.0, 28.0, product="spravato")
    assert "kamp-2020 and perez-ruixo-2021" in refused(replace(CASE, regimen=(*INFUSION, nasal)))


def test_a_model_that_does_not_say_how_people_differ_is_refused():
    assert refused(replace(CASE, model="domino-1982")).startswith("model: how people differ is not published")


def test_a_site_that_the_model_does_not_know_is_refused():
    film = replace(CASE, regimen=(Dose(Drug.ESKETAMINE, Route.SL, 0.0, 50.0, 0.0, "film"),))
    assert refused(film, Sample(60.0, "ketamine", 30.0, Site.VENOUS)).startswith("observations[0].site: simons-2022")


def test_a_sample_before_anything_is_in_blood_is_refused():
    late = replace(CASE, regimen=(replace(INFUSION[0], start_min=30.0),))
    assert "observations[0].time_min: nothing is expected" in refused(late, Sample(20.0, "ketamine", 30.0, Site.VENOUS))


def test_an_enantiomer_that_was_not_given_is_refused():
    s_only = replace(CASE, regimen=(replace(INFUSION[0], drug=Drug.ESKETAMINE),))
    assert "time_min: nothing is expected" in refused(s_only, Sample(40.0, "r_ketamine", 30.0, Site.VENOUS))


def test_a_score_needs_a_model_of_the_artery():
    nasal = replace(CASE, regimen=(Dose(Drug.ESKETAMINE, Route.IN, 0.0, 28.0, product="spravato"),))
    assert "observations[0].effect: perez-ruixo-2021 does not know the artery" in refused(
        nasal, Score(40.0, "cadss", 9.0)
    )


def test_an_unsound_case_is_refused_before_anything_is_sought():
    assert "patient.weight_kg" in refused(replace(CASE, patient=Patient(700.0)))


def test_what_does_not_settle_is_told_as_a_refusal(monkeypatch):
    def never(*_):
        raise NotFound("it does not settle")

    monkeypatch.setattr("ketacare.medicine.pharmacology.individual.most_likely", never)
    assert refused(CASE).startswith("observations: it does not settle. Check minutes")


def test_a_substance_without_a_published_error_is_refused(monkeypatch):
    bare = replace(KAMP, residual={Analyte.KETAMINE: KAMP.residual[Analyte.KETAMINE]})
    named = {"kamp-2020": bare}
    monkeypatch.setattr("ketacare.medicine.pharmacology.reader.model", lambda name: named.get(name) or model(name))
    assert "does not predict it with an error" in refused(CASE, Sample(60.0, "norketamine", 30.0, Site.VENOUS))


# --- the answer ---


def test_the_answer_has_the_form_of_a_prediction_and_more():
    from ketacare.medicine.pharmacology import answers

    seen = [*samples(deviation(CL=0.5), [40.0, 120.0]), Sample(900.0, "ketamine", 5.0, Site.VENOUS, below=True)]
    answer = individual_answers.answer_to_json(individualise(CASE, seen))
    plain = answers.answer_to_json(predict(replace(CASE, patients=100)))
    assert list(answer) == [*plain, "individual", "observations"]
    assert answer["summary"].keys() == plain["summary"].keys()
    told = {row["name"]: row for row in answer["individual"]["parameters"]}
    assert told["CL"]["unit"] == "L/h"
    assert told["CL"]["typical"] == pytest.approx(84)
    assert told["venous_half_time"]["unit"] == "h"
    assert told["CL"]["estimate"] / 84 == pytest.approx(told["CL"]["times_typical"], rel=1e-4)
    assert told["CL"]["sd_from_typical"] == pytest.approx(log(told["CL"]["times_typical"]) / 0.26, rel=1e-3)
    assert told["CL"]["spread_left"] < 0.95
    assert told["VN1"]["spread_left"] == pytest.approx(1, abs=1e-3)
    assert [row.get("below_ng_per_ml") for row in answer["observations"]] == [None, None, 5.0]


def test_the_answer_says_whether_a_change_is_supported():
    far = samples(deviation(CL=log(0.4)), [40.0, 120.0, 240.0, 480.0])
    supported = individual_answers.answer_to_json(individualise(CASE, far))
    assert supported["individual"]["supports_change"] is True
    assert "better than a typical one" in supported["warnings"][0]
    none = individual_answers.answer_to_json(individualise(CASE, samples(deviation(), [40.0])))
    assert "do not support a change" in none["warnings"][0]
    assert none["warnings"][1].startswith("Predicted, not measured: the most likely course of one person")
    assert not any("not this patient" in words for words in none["warnings"])
    weighed = [words for words in none["warnings"] if words.startswith("patient.weighed_on")]
    assert weighed == [
        "patient.weighed_on: how old the weight is, is not judged here. Give the weight of the day of the session."
    ]


def test_dots_are_those_of_the_site_that_is_drawn():
    seen = [*samples(deviation(), [40.0]), *samples(deviation(), [40.0], site=Site.ARTERIAL)]
    found = individualise(CASE, [*seen, Score(40.0, "cadss", 20.0)])
    assert [(dot.curve, dot.minute, dot.below) for dot in individual_answers.dots(found)] == [("ketamine", 40.0, False)]
