"""The lines of what a case may say, each on the line and just over it; and the words of each refusal, whole."""

from dataclasses import replace

import pytest

from ketacare.medicine.pharmacology import checks
from ketacare.medicine.pharmacology.terms import Dose, Drug, Patient, PredictionRefused, Route, Window
from ketacare.medicine.pharmacology.tests.given import case, dose

USUAL = case(dose(35, 40), times=(40.0,))


def with_patient(**more):
    return replace(USUAL, patient=replace(USUAL.patient, **more))


def with_dose(**more):
    return replace(USUAL, regimen=(replace(USUAL.regimen[0], **more),))


ON_THE_LINE = [
    with_patient(weight_kg=25.0),
    with_patient(weight_kg=350.0),
    with_patient(weight_kg=70.0, height_cm=100.0),
    with_patient(weight_kg=48.0, height_cm=200.0),
    with_patient(age_years=18.0),
    with_patient(age_years=120.0),
    with_dose(dose_mg=20.0 * 70),
    with_dose(dose_mg=0.5),
    with_dose(duration_min=1440.0),
    with_dose(duration_min=0.0),
    with_dose(start_min=0.0),
    with_dose(drug=Drug.ESKETAMINE, route=Route.IN, product="spravato", dose_mg=28.0, duration_min=0.0),
    with_dose(drug=Drug.ESKETAMINE, route=Route.SL, product="film", dose_mg=50.0, duration_min=0.0),
    with_dose(product="ampoule"),
    replace(USUAL, times_min=(0.0, 10080.0)),
    replace(USUAL, patients=checks.MOST_PATIENTS),
    replace(USUAL, patients=1),
    replace(USUAL, patients=10_000, times_min=tuple(float(minute) for minute in range(10_000))),
    replace(USUAL, seed=0),
    replace(USUAL, window=Window(0.0, 0.5)),
    replace(USUAL, level_ng_per_ml=0.5),
    replace(USUAL, regimen=(*USUAL.regimen, Dose(Drug.KETAMINE, Route.IV, 40.0, 5.0, 20.0))),
]
OVER_IT = [
    (
        replace(with_patient(weight_kg=0.5), regimen=(dose(5, 40),)),
        "patient.weight_kg: 0.5 kg is not between 25 and 350. Check number and unit (kg).",
    ),
    (with_patient(weight_kg=24.9), "patient.weight_kg: 24.9 kg is not between 25 and 350. Check number and unit (kg)."),
    (
        with_patient(weight_kg=350.1),
        "patient.weight_kg: 350.1 kg is not between 25 and 350. Check number and unit (kg).",
    ),
    (
        with_patient(weight_kg=47.9, height_cm=200.0),
        "patient.height_cm: 200 cm with 47.9 kg is a body-mass index of 11.97, not between 12 and 70. "
        "Check height (cm) and weight (kg, no pounds).",
    ),
    (
        with_patient(weight_kg=70.1, height_cm=100.0),
        "patient.height_cm: 100 cm with 70.1 kg is a body-mass index of 70.1, not between 12 and 70. "
        "Check height (cm) and weight (kg, no pounds).",
    ),
    (
        with_patient(height_cm=0.0),
        "patient.height_cm: 0 cm with 70 kg is a body-mass index of inf, not between 12 and 70. "
        "Check height (cm) and weight (kg, no pounds).",
    ),
    (
        with_dose(product="spravato"),
        "regimen[0].product: spravato is esketamine by route in, and this dose is ketamine by route iv. "
        "Correct drug, route or product.",
    ),
    (
        with_dose(product="spravato", route=Route.IN, duration_min=0.0),
        "regimen[0].product: spravato is esketamine by route in, and this dose is ketamine by route in. "
        "Correct drug, route or product.",
    ),
    (
        with_dose(product="film", drug=Drug.ESKETAMINE, route=Route.PO, duration_min=0.0),
        "regimen[0].product: film is esketamine by route sl, and this dose is esketamine by route po. "
        "Correct drug, route or product.",
    ),
    (with_patient(weight_kg=0.0), "patient.weight_kg: 0 is not a weight. Give the weight in kg."),
    (
        with_patient(age_years=17.9),
        "patient.age_years: 17.9 is not between 18 and 120; the models are of adults. Check the age.",
    ),
    (
        with_patient(age_years=121.0),
        "patient.age_years: 121 is not between 18 and 120; the models are of adults. Check the age.",
    ),
    (with_dose(dose_mg=0.0), "regimen[0].dose_mg: 0 is not a dose; it must be above zero. Give mg of free base."),
    (with_dose(dose_mg=1401.0), "regimen[0].dose_mg: 1401 mg is above 20 mg/kg. Check the number and its unit (mg)."),
    (
        with_dose(start_min=-1.0),
        "regimen[0].start_min: -1 is before the beginning. Count minutes from the first dose.",
    ),
    (
        with_dose(duration_min=1441.0),
        "regimen[0].duration_min: 1441 is not between 0 and 1440. Give minutes; 0 or nothing for a dose at once.",
    ),
    (
        replace(USUAL, times_min=(10081.0,)),
        "times_min[0]: 10081 is not between 0 and 10080 min. Count minutes from the first dose.",
    ),
    (replace(USUAL, times_min=()), "times_min: empty. Give the minutes to predict, from the first dose."),
    (replace(USUAL, regimen=()), "regimen: empty. Give at least one dose."),
    (replace(USUAL, patients=0), "population.n: 0 is not between 1 and 100000. Ask for one or more."),
    (replace(USUAL, patients=100_001), "population.n: 100001 is not between 1 and 100000. Ask for fewer."),
    (
        replace(USUAL, patients=10_000, times_min=tuple(float(minute) / 2 for minute in range(10_001))),
        "population.n: 10000 patients at 10001 times are too many. Ask for fewer.",
    ),
    (replace(USUAL, seed=-1), "population.seed: -1 is below zero. Give a whole number from 0 on."),
    (
        replace(USUAL, window=Window(5.0, 5.0)),
        "window: needs a low end from 0 on, under its high end. Correct one of the two.",
    ),
    (
        replace(USUAL, window=Window(-0.1, 5.0)),
        "window: needs a low end from 0 on, under its high end. Correct one of the two.",
    ),
    (
        replace(USUAL, regimen=(*USUAL.regimen, Dose(Drug.KETAMINE, Route.IV, 39.5, 5.0, 0.8))),
        "regimen[1].start_min: begins at 39.5 min while regimen[0] runs by the same route until 40. Write rate steps "
        "that follow one another.",
    ),
    (
        replace(USUAL, regimen=(Dose(Drug.ESKETAMINE, Route.IN, 0.0, 30.0, product="spravato"),)),
        "regimen[0].dose_mg: 30 mg is not whole devices of 28 mg. Give what was sprayed, or choose model kamp-2020 for "
        "a compounded spray.",
    ),
]


@pytest.mark.parametrize("on_it", ON_THE_LINE, ids=range(len(ON_THE_LINE)))
def test_what_lies_on_a_line_is_predicted(on_it):
    assert checks.refuse_unsound(on_it) is None


@pytest.mark.parametrize(("over", "words"), OVER_IT, ids=range(len(OVER_IT)))
def test_what_lies_over_a_line_is_refused_in_these_words(over, words):
    with pytest.raises(PredictionRefused) as refused:
        checks.refuse_unsound(over)
    assert refused.value.faults == (words,)


def test_a_dose_by_an_impossible_weight_is_told_of_the_weight_alone():
    """0 kg: a ceiling by weight must not add a second fault about the dose that nobody can act on."""
    with pytest.raises(PredictionRefused) as refused:
        checks.refuse_unsound(replace(USUAL, patient=Patient(0.0)))
    assert len(refused.value.faults) == 1
