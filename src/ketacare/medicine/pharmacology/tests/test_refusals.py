"""What no prediction is made from, and what one is never shown without."""

import dataclasses
from datetime import date
from decimal import Decimal

import pytest

from ketacare.medicine.pharmacology import cases, reader
from ketacare.medicine.pharmacology.predictions import predict
from ketacare.medicine.pharmacology.terms import Patient, PredictionRefused, Window
from ketacare.medicine.pharmacology.tests.given import ADULT, case, dose

NAN, INF = float("nan"), float("inf")
RUN = dose(35, 40)


def refused(asked):
    with pytest.raises(PredictionRefused) as found:
        predict(asked)
    return found.value.faults


def weighing(kg, age=40.0):
    return Patient(kg, age)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (case(RUN, patient=weighing(0.0)), "patient.weight_kg: 0 is not a weight. Give the weight in kg."),
        (case(RUN, patient=weighing(-70.0)), "patient.weight_kg: -70 is not a weight"),
        (case(RUN, patient=weighing(NAN)), "patient.weight_kg: nan is not a weight"),
        (
            case(RUN, patient=weighing(700.0)),
            "patient.weight_kg: 700 kg is not between 25 and 350. Check number and unit",
        ),
        (case(RUN, patient=weighing(70.0, 12.0)), "patient.age_years: 12 is not between 18 and 120"),
        (case(RUN, patient=weighing(70.0, NAN)), "patient.age_years: nan is not between"),
        (case(dose(0, 40)), "regimen[0].dose_mg: 0 is not a dose; it must be above zero. Give mg"),
        (case(RUN, dose(-5, at=50)), "regimen[1].dose_mg: -5 is not a dose"),
        (case(dose(NAN, 40)), "regimen[0].dose_mg: nan is not a dose"),
        (case(dose(35_000, 40)), "regimen[0].dose_mg: 35000 mg is above 20 mg/kg. Check the number and its unit (mg)."),
        (case(dose(35, 40, at=-1)), "regimen[0].start_min: -1 is before the beginning"),
        (case(dose(35, 40, at=NAN)), "regimen[0].start_min: nan is before the beginning"),
        (case(dose(35, -40)), "regimen[0].duration_min: -40 is not between 0 and 1440"),
        (case(dose(35, INF)), "regimen[0].duration_min: inf is not between"),
        (
            case(RUN, dose(5, 10, at=39)),
            "regimen[1].start_min: begins at 39 min while regimen[0] runs by the same route",
        ),
        (case(RUN, times=()), "times_min: empty"),
        (case(RUN, times=(-1, 5)), "times_min[0]: -1 is not between 0 and 10080"),
        (case(RUN, times=(5, NAN)), "times_min[1]: nan is not between"),
        (case(RUN, times=(10, 5)), "times_min[1]: 5 does not follow 10. Put the times in order"),
        (case(RUN, times=(5, 5)), "times_min[1]: 5 does not follow 5"),
        (case(), "regimen: empty. Give at least one dose."),
        (case(RUN, patients=0), "population.n: 0 is not between 1 and 100000"),
        (case(RUN, patients=60_000, times=range(2_000)), "population.n: 60000 patients at 2000 times are too many"),
        (case(RUN, seed=-1), "population.seed: -1 is below zero"),
        (case(RUN, window=Window(200.0, 70.0)), "window: needs a low end"),
        (case(RUN, level_ng_per_ml=0.0), "below_ng_per_ml: 0 is not a concentration"),
        (case(RUN, level_ng_per_ml=NAN), "below_ng_per_ml: nan is not a concentration"),
        (case(RUN, model="kamp-1999"), "model: 'kamp-1999' is not known. Known: kamp-2020, perez-ruixo-2021"),
        (case(dose(30, drug="esketamine", route="in")), "regimen[0].dose_mg: 30 mg is not whole devices of 28 mg."),
        (
            case(dose(50, 10, drug="esketamine", route="sl", product="film")),
            "regimen[0].duration_min: the film's own dissolving is in its model. Leave it out.",
        ),
        (
            case(dose(35, route="im"), model="Domino"),
            "regimen[0]: domino-1982 knows ketamine by iv, not ketamine by im.",
        ),
        (case(RUN, conditions=("aspirin",)), "inhibitors[0]: 'aspirin' is not known. Known: age_75, allergic_rhinitis"),
        (case(RUN, conditions=("Child-Pugh C",)), "inhibitors[0]: Liver disease, Child-Pugh C. Not studied"),
        (case(dose(25, route="po"), conditions=("grapefruit",)), "inhibitors[0]: Another inhibitor"),
        (case(dose(25, route="po"), conditions=("ticlopidine",)), "no number is predicted for that"),
    ],
)
def test_each_is_refused_with_its_field_the_rule_and_the_remedy(asked, words):
    assert [words in fault for fault in refused(asked)] == [True]


def test_every_fault_is_told_at_once():
    told = refused(case(dose(-1, 40), times=(3, 2), patient=weighing(0.0)))
    assert [fault.split(":")[0] for fault in told] == ["patient.weight_kg", "regimen[0].dose_mg", "times_min[1]"]


def test_steps_that_follow_one_another_and_a_bolus_within_are_no_overlap():
    steps = case(dose(10, 10), dose(20, 20, at=10), dose(5, at=15), dose(20, 5, at=12, route="im"))
    assert predict(steps).curves["ketamine"].typical[0] > 0


# --- read from JSON ---

PATIENT = {"weight_kg": Decimal("70.5"), "age_years": 40, "height_cm": None, "sex": "female"}
GIVEN = {"drug": "ketamine", "route": "iv", "start_min": 0, "dose_mg": 35, "duration_min": 40}
ASKED = {"patient": PATIENT, "regimen": [GIVEN], "times_min": [0, Decimal("2.5"), 40]}


def without(table, *keys, **more):
    return {key: value for key, value in table.items() if key not in keys} | more


def giving(*keys, **more):
    return ASKED | {"regimen": [without(GIVEN, *keys, **more)]}


def of(*keys, **more):
    return ASKED | {"patient": without(PATIENT, *keys, **more)}


def test_a_case_as_it_is_written():
    more = {"site": "venous", "band": "measured", "population": {"n": 5, "seed": 9}, "inhibitors": ["rifampicin"]}
    more |= {"model": "Kamp-2020", "enantiomers": True, "effects": False, "below_ng_per_ml": 50}
    more |= {"window": {"low_ng_per_ml": 70, "high_ng_per_ml": 200}}
    read = cases.case_from_json(ASKED | more)
    assert read.patient == Patient(70.5, 40.0, None, "female")
    assert read.regimen == (RUN,)
    assert read.times_min == (0, 2.5, 40)
    assert (read.site, read.band, read.patients, read.seed) == ("venous", "measured", 5, 9)
    assert (read.conditions, read.model, read.enantiomers, read.effects) == (("rifampicin",), "Kamp-2020", True, False)
    assert (read.window, read.level_ng_per_ml) == (Window(70.0, 200.0), 50.0)


@pytest.mark.parametrize(
    ("weighed_on", "told"),
    [
        ("2026-11-29", None),
        ("2026-10-30", None),
        (
            "2026-10-29",
            "patient.weighed_on: 70.5 kg is 31 days old; no dose from a weight older than 30 days. "
            "Weigh the patient today.",
        ),
        ("2026-11-30", "patient.weighed_on: 70.5 kg is in the future. Correct the day, or weigh the patient today."),
    ],
)
def test_h3_a_month_old_weight_is_refused_as_an_order_refuses_it(weighed_on, told):
    read = cases.case_from_json(of(weighed_on=weighed_on), date(2026, 11, 29))
    if told is None:
        assert not [words for words in predict(read).warnings if "weight" in words]
        return
    with pytest.raises(PredictionRefused) as found:
        predict(read)
    assert found.value.faults == (told,)


@pytest.mark.parametrize(("document", "today"), [(ASKED, date(2026, 11, 29)), (of(weighed_on="2020-01-01"), None)])
def test_h3_a_weight_of_unknown_age_is_never_silently_fine(document, today):
    told = predict(cases.case_from_json(document, today)).warnings
    assert told[1] == (
        "patient.weighed_on: how old the weight is, is not known; no dose is ordered from one older than 30 days. "
        "Say when it was taken."
    )


def test_what_a_case_need_not_say():
    silent = dict.fromkeys(
        ["site", "band", "population", "inhibitors", "model", "enantiomers", "effects", "window", "below_ng_per_ml"]
    )
    read = cases.case_from_json(ASKED)
    assert cases.case_from_json(ASKED | silent) == read
    assert (read.site, read.band, read.patients, read.seed, read.model) == (None, "true", 1_000, 1, None)


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (7, "case: must be an object"),
        (without(ASKED, "patient"), "patient: must be an object"),
        (of("weight_kg"), "patient.weight_kg: missing. Give a number in kg."),
        (of(weight_kg="154 lb"), "patient.weight_kg: '154 lb' is not a number. Give a plain number in kg, without"),
        (of(weight_kg=True), "patient.weight_kg: True is not a number"),
        (
            of(weight_lb=154),
            "patient.weight_lb: not known here. Weights are in kg: give weight_kg (1 lb is 0.45359237 kg).",
        ),
        (of(pounds=154), "patient.pounds: not known here. Weights are in kg"),
        (of(weight=70), "patient.weight: not known here. Its unit belongs to the name: give weight_kg."),
        (of(wieght_kg=70), "patient.wieght_kg: not known here. Remove it or correct its spelling."),
        (
            of(weighed_on="29.11.2026"),
            "patient.weighed_on: '29.11.2026' is not a day. Write year, month and day: 2026-",
        ),
        (of(weighed_on="20261129"), "patient.weighed_on: '20261129' is not a day."),
        (of(weighed_on=20261129), "patient.weighed_on: 20261129 is not a day."),
        (of(sex="unknown"), "patient.sex: 'unknown' is not one of them. Choose one of female, male."),
        (giving("dose_mg"), "regimen[0].dose_mg: missing. Give a number in mg."),
        (giving(dose=35), "regimen[0].dose: not known here. Its unit belongs to the name: give dose_mg."),
        (giving("drug"), "regimen[0].drug: missing. Choose one of ketamine, esketamine, arketamine."),
        (giving(drug="propofol"), "regimen[0].drug: 'propofol' is not one of them"),
        (giving(drug=["ketamine"]), "regimen[0].drug: ['ketamine'] is not one of them"),
        (giving(route="sc"), "regimen[0].route: 'sc' is not one of them. Choose one of iv, im, in, po, sl."),
        (giving(product=7), "regimen[0].product: 7 is not text"),
        (giving("start_min"), "regimen[0].start_min: missing. Give a number in min."),
        (ASKED | {"regimen": None}, "regimen: missing. Give a list."),
        (ASKED | {"regimen": [7]}, "regimen[0]: must be an object"),
        (ASKED | {"times_min": 40}, "times_min: not a list. Give a list."),
        (ASKED | {"times_min": [None]}, "times_min[0]: missing. Give a number in min."),
        (ASKED | {"site": "capillary"}, "site: 'capillary' is not one of them. Choose one of arterial, venous."),
        (ASKED | {"band": "both"}, "band: 'both' is not one of them. Choose one of true, measured."),
        (ASKED | {"population": {"n": 2.5}}, "population.n: 2.5 is not a whole number. Give one."),
        (ASKED | {"population": {"n": 5, "seed": True}}, "population.seed: True is not a whole number"),
        (ASKED | {"inhibitors": [5]}, "inhibitors[0]: 5 is not a name"),
        (ASKED | {"model": 5}, "model: 5 is not text"),
        (ASKED | {"enantiomers": "yes"}, "enantiomers: 'yes' is not true or false"),
        (ASKED | {"window": {"low_ng_per_ml": 5}}, "window.high_ng_per_ml: missing. Give a number in ng/mL."),
        (ASKED | {"patients": 5}, "patients: not known here. Remove it or correct its spelling."),
    ],
)
def test_what_is_not_a_case_is_told_by_field(document, fault):
    with pytest.raises(PredictionRefused) as found:
        cases.case_from_json(document)
    assert any(told.startswith(fault) for told in found.value.faults), found.value.faults


def test_the_schema_lists_what_is_known_by_name():
    schema = cases.case_schema()
    assert schema["required"] == ["patient", "regimen", "times_min"]
    assert "rifampicin" in schema["properties"]["inhibitors"]["known"]
    assert "perez-ruixo-2021" in schema["properties"]["model"]["known"]


# --- reservations ---


def warned(*doses, **more):
    return " | ".join(predict(case(*doses, **more)).warnings)


ESKETAMINE_NASAL = dose(28, drug="esketamine", route="in")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (case(RUN), "Predicted, not measured"),
        (case(RUN), "second-hand (grade S): V1, V2"),
        (case(RUN), "how people differ, house defaults (grade D): V1"),
        (case(RUN, site=None), "site: not given; venous by kamp-2020."),
        (case(ESKETAMINE_NASAL, site="arterial"), "its numbers are venous, not arterial"),
        (case(RUN, model="domino", site="venous"), "its numbers are unstated, not venous"),
        (case(RUN, patient=Patient(70.0)), "patient.age_years: not given"),
        (case(RUN, patient=weighing(70.0, 80.0)), "80 is outside the 18 to 75 years behind kamp-2020"),
        (case(RUN, patient=weighing(170.0)), "170 is outside the 40 to 150 kg behind kamp-2020"),
        (case(dose(100, 600)), "600 is longer than the 360 min behind kamp-2020"),
        (case(dose(28, 40, drug="esketamine"), model="perez-ruixo"), "too little at the end of an infusion"),
        (case(dose(50, route="in")), "route in, racemic: poorly known"),
        (case(dose(35, route="im")), "chosen by hand against few volunteers"),
        (case(dose(35, 40, drug="arketamine")), "arketamine: only its clearance"),
        (case(dose(35, drug="esketamine", route="sl")), "the racemate stands for S or R alone by this route"),
        (case(RUN, model="hijazi"), "hijazi-2003: not for a ketamine clinic"),
        (case(RUN, model="domino", patients=9), "band: how people differ is not published for domino-1982"),
        (case(RUN, band="measured", patients=9), "band: measured, for a lab result"),
        (case(RUN, ESKETAMINE_NASAL), "doses of different models are added"),
        (case(ESKETAMINE_NASAL, effects=True), "the effect site follows arterial blood"),
        (case(RUN, conditions=("alcohol",)), "may sedate further; concentrations are not changed."),
        (case(RUN, conditions=("rifampicin",)), "Rifampicin 600 mg a day: published: S-ketamine area -14 %"),
        (case(dose(35, route="sl"), conditions=("rifampicin",)), "only clearance is changed"),
        (case(RUN, conditions=("severe_renal_impairment",)), "the upper end of the band is multiplied by 1.36"),
        (case(ESKETAMINE_NASAL, patient=weighing(70.0, 78.0)), "Aged 75 or more, nasal spray: the upper end"),
        (case(dose(75, 20), times=(20,)), "1.07 mg/kg into a vein in 20 min is above 1 mg/kg in under 40 min"),
        (case(dose(40), dose(40, 10, at=20)), "1.14 mg/kg into a vein in 30 min"),
        (case(dose(140, 40)), "is above 500. Check the dose."),
    ],
)
def test_a_prediction_says_where_it_is_weak(asked, words):
    assert words in " | ".join(predict(asked).warnings)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (case(RUN), "above 1 mg/kg"),
        (case(RUN), "outside the"),
        (case(dose(75, 40)), "above 1 mg/kg"),
        (case(dose(40), dose(40, 10, at=40)), "above 1 mg/kg"),
        (case(RUN, patient=weighing(70.0, 78.0)), "Aged 75"),
        (case(RUN, site="venous"), "site:"),
        (case(dose(35, 40, drug="esketamine")), "stands for S or R alone"),
        (case(ESKETAMINE_NASAL, conditions=("rifampicin",)), "only clearance is changed"),
    ],
)
def test_and_only_there(asked, words):
    assert words not in " | ".join(predict(asked).warnings)


def test_the_upper_end_is_moved_and_nothing_else():
    usual, widened = (
        predict(case(RUN, times=(20, 40), patients=50, conditions=names)) for names in ((), ("renal_severe",))
    )
    first, second = (one.curves["ketamine"] for one in (usual, widened))
    assert second.p95 == pytest.approx(first.p95 * 1.36)
    assert (second.p50 == first.p50).all()
    assert widened.summary["cmax_ng_per_ml"].p95 == pytest.approx(usual.summary["cmax_ng_per_ml"].p95 * 1.36)
    assert widened.summary["tmax_min"] == usual.summary["tmax_min"]


def test_conditions_and_models_are_found_by_any_of_their_names():
    assert reader.conditions()[reader.plain_name("St John’s wort")].name == "st_johns_wort"
    assert reader.model(" Clements250 ") is reader.model("clements-1981")
    assert not reader.knows("morphine")
    assert dataclasses.replace(ADULT) == ADULT


def test_the_line_of_the_peak_is_of_arterial_blood_wherever_a_course_is_sampled():
    """0.85 mg/kg in 40 min: over 500 ng/mL at its upper end in an artery, under it in a vein (section 5 of the
    pharmacology); asked to a minute before its peak or after, it is the same peak."""
    for site, times in (("venous", (240,)), ("arterial", (5,)), (None, (40, 240))):
        told = predict(case(dose(0.85 * 70, 40), site=site, times=times, patients=300))
        assert told.alarms == tuple(one for one in told.warnings if "upper end of the peak in arterial blood" in one)
        assert len(told.alarms) == 1
    assert not predict(case(RUN, site="venous", times=(240,), patients=300)).alarms


def test_where_no_artery_is_known_the_line_is_held_to_what_is():
    sprayed = dose(1_400, drug="esketamine", route="in")
    assert "the upper end of the peak, " in " ".join(predict(case(sprayed, times=(60, 240), patients=50)).alarms)
