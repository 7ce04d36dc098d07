"""The workup: what is owed, by which route, and for how long it counts."""

import pytest

from ketacare.medicine.candidacy.terms.case import TakenMedicine
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.candidacy.tests.ordinary import a_fact, ago, judged, ordinary, reason
from ketacare.medicine.evidence.terms import Effect, Outcome, Result


def aged(name, days, value=None, **more):
    told = next(fact for fact in ordinary() if fact.name == name).value if value is None else value
    return ordinary(**{name: None}, **more).with_(a_fact(name, told, days))


@pytest.mark.parametrize(
    ("check", "name", "days", "more"),
    [
        ("WK-01", "diagnosis", 30, {}),
        ("WK-01", "diagnosis", 90, {"first_of_series": False}),
        ("WK-04", "weight_kg", 30, {}),
        ("WK-06", "urine_drug_screen", 30, {}),
        ("WK-07", "alp_times_uln", 90, {}),
        ("WK-07", "alp_times_uln", 180, {"first_of_series": False}),
        ("WK-07", "alp_times_uln", 90, {"first_of_series": False, "more_than_one_dose_a_week": True}),
        ("WK-08", "urinalysis", 90, {}),
        ("WK-09", "metabolic_panel", 180, {"diuretic_or_diabetes": True}),
        ("WK-11", "tsh_result", 365, {}),
        ("WK-11", "tsh_result", 180, {"thyroid_medicine_or_lithium": True}),
        ("WK-12", "qtc_ms", 365, {"age_years": 50}),
        ("WK-12", "qtc_ms", 90, {"cardiac_history": True}),
        ("WK-13", "home_sbp_mmhg", 30, {"bp_over_130_80_or_treated": True}),
        ("WK-15", "brain_imaging", 365, {"imaging_indicated": True}),
        ("WK-16", "moca", 180, {"cognitive_complaint": True}),
        ("WK-17", "audit", 90, {}),
        ("WK-17", "audit", 180, {"first_of_series": False}),
        ("WK-18", "stop_bang", 365, {}),
        ("WK-20", "drug_level_in_range", 90, {"takes_drug_with_level": True}),
    ],
)
def test_a_test_counts_to_its_last_day(check, name, days, more):
    assert reason(judged(aged(name, days, **more)), check).result is Result.NOT_MET
    late = reason(judged(aged(name, days + 1, **more)), check)
    assert (late.result, late.effect, late.override) == (Result.UNKNOWN, Effect.CLEAR, "P")
    assert name in late.missing
    assert f"{name}: {days + 1} days old, counts for {days} days" in late.words
    assert late.facts


def test_how_often_doses_are_given_is_asked_once_liver_tests_are_older_than_90_days():
    """WK-07: by vein 180 days within a series, with more than one dose a week 90."""
    known = {"first_of_series": False, "more_than_one_dose_a_week": None}
    assert reason(judged(aged("alp_times_uln", 90, **known)), "WK-07").result is Result.NOT_MET
    asked = reason(judged(aged("alp_times_uln", 91, **known)), "WK-07")
    assert asked.result is Result.UNKNOWN
    assert asked.missing == ("more_than_one_dose_a_week", "alp_times_uln")


@pytest.mark.parametrize(
    ("drug", "check", "test", "ticked"),
    [
        ("lithium", "WK-20", "drug_level_in_range", "takes_drug_with_level"),
        ("Clozaril", "WK-20", "drug_level_in_range", "takes_drug_with_level"),
        ("Depakote ER", "WK-20", "drug_level_in_range", "takes_drug_with_level"),
        ("lithium", "WK-11", "tsh_result", "thyroid_medicine_or_lithium"),
        ("levothyroxine", "WK-11", "tsh_result", "thyroid_medicine_or_lithium"),
        ("furosemide", "WK-09", "metabolic_panel", "diuretic_or_diabetes"),
        ("metformin", "WK-09", "metabolic_panel", "diuretic_or_diabetes"),
    ],
)
def test_a_listed_medicine_asks_for_its_test_whatever_was_ticked(drug, check, test, ticked):
    listed = (TakenMedicine(drug),)
    said_no = reason(judged(aged(test, 200, **{ticked: False}), medicines=listed), check)
    assert said_no.result is Result.UNKNOWN
    assert {ticked, test} <= set(said_no.missing), "a no against the list is settled by a person"
    assert f"{ticked}: records disagree" in said_no.words
    not_asked = reason(judged(aged(test, 200, **{ticked: None}), medicines=listed), check)
    assert not_asked.missing == (test,), "the list answers by itself"
    assert reason(judged(aged(test, 200, **{ticked: False}), medicines=()), check).result is Result.NOT_MET


def test_every_drug_that_answers_for_itself_is_in_the_formulary():
    known = {told for drug in SHEET.formulary.drugs for told in (drug.name, drug.drug_class)}
    assert all(drugs <= known for drugs in SHEET.workup.by_medicine.values())
    assert SHEET.workup.by_medicine.keys() <= SHEET.facts.keys()


def test_a_test_is_not_owed_where_its_condition_does_not_hold():
    told = dict.fromkeys(("metabolic_panel", "home_sbp_mmhg", "brain_imaging", "drug_level_in_range", "moca", "egfr"))
    assert judged(ordinary(**told)).outcome is Outcome.PERMIT


def test_while_the_condition_is_open_both_are_asked():
    decision = judged(ordinary(imaging_indicated=None, brain_imaging=None))
    assert decision.missing == ("brain_imaging",)  # done, it counts whether it was owed or not
    asked = [one.missing for one in decision.reasons if "brain_imaging" in one.missing]
    assert asked == [("imaging_indicated", "brain_imaging")]
    assert judged(ordinary(imaging_indicated=None)).outcome is Outcome.PERMIT


@pytest.mark.parametrize(("route", "owed"), [("IV", True), ("SL", True), ("IN", False), (None, True)])
def test_a_drug_screen_is_owed_by_route(route, owed):
    decision = judged(ordinary(urine_drug_screen=None), route=route)
    assert (reason(decision, "WK-06").result is Result.UNKNOWN) is owed
    disorder = judged(ordinary(urine_drug_screen=None, substance_use_disorder=True), route=route)
    assert reason(disorder, "WK-06").result is Result.UNKNOWN


def test_what_is_asked_once_is_not_asked_again_within_a_series():
    told = ordinary(first_of_series=False, tsh_result=None, mdq_positive=False)
    assert reason(judged(told), "WK-11").result is Result.NOT_MET


@pytest.mark.parametrize("scale", ["phq_9", "madrs"])
def test_either_scale_will_do(scale):
    others = dict.fromkeys({"phq_9", "madrs"} - {scale})
    assert reason(judged(ordinary(**others)), "WK-01").result is Result.NOT_MET


def test_of_two_scales_one_is_asked_for():
    told = ordinary(phq_9=None, madrs=None, qids_sr16=None)
    assert judged(told).missing == ("phq_9",)


@pytest.mark.parametrize(("days", "result"), [(90, "not met"), (91, "unknown")])
def test_a_history_counts_from_the_day_it_was_taken(days, result):
    told = reason(judged(ordinary(full_history_on=ago(days))), "WK-02")
    assert told.result == result
    assert ("91 days ago, counts for 90 days" in told.words) is (result == "unknown")


def test_what_is_recorded_as_not_done_is_known_not_to_be():
    told = reason(judged(ordinary(full_history_on=False)), "WK-02")
    assert (told.result, told.effect, told.missing) == (Result.MET, Effect.CLEAR, ())
    assert "full_history_on: not done" in told.words


def test_the_ready_set_names_what_is_missing_and_what_nobody_may_override():
    for name, override in (("substances_asked", "P"), ("consent", "none"), ("hours_since_solids", "P")):
        told = reason(judged(ordinary(**{name: None}), dose=True), "RDY-01")
        assert (told.result, told.override) == (Result.UNKNOWN, override)
        assert told.missing == (name,)
    not_done = judged(ordinary(medicines_reconciled=False), dose=True)
    assert reason(not_done, "RDY-01").result is Result.MET
    assert not_done.needs_clearance
    assert all(one.criterion != "RDY-01" for one in judged().reasons)


def test_some_not_done_and_some_not_known_is_not_known():
    told = reason(judged(ordinary(medicines_reconciled=False, escort=None), dose=True), "RDY-01")
    assert told.result is Result.UNKNOWN


@pytest.mark.parametrize(
    ("change", "check", "override"),
    [
        ({"urine_drug_screen": "unexpected finding"}, "WK-06", "P"),
        ({"urinalysis": "other finding"}, "WK-08", "P"),
        ({"metabolic_panel": "finding"}, "WK-09", "P"),
        ({"brain_imaging": "finding"}, "WK-15", "P+spec"),
        ({"drug_level_in_range": False}, "WK-20", "P"),
    ],
)
def test_a_finding_waits_for_the_prescriber(change, check, override):
    decision = judged(ordinary(**change))
    told = reason(decision, check)
    assert (decision.outcome, told.result, told.effect) == (Outcome.WARN, Result.MET, Effect.CLEAR)
    assert told.override == override


def test_what_is_missing_comes_before_a_finding():
    told = reason(judged(ordinary(urinalysis="other finding", haematuria=None)), "WK-08")
    assert told.result is Result.UNKNOWN


def test_without_enrolment_in_the_us_programme_nothing_is_given_by_nose():
    decision = judged(ordinary(rems_enrolled=False), dose=True, route="IN")
    told = reason(decision, "WK-22")
    assert (decision.outcome, told.override, told.label_or_house) == (Outcome.STOP, "none", "label")
    assert judged(ordinary(rems_enrolled=False), dose=True).outcome is Outcome.PERMIT


@pytest.mark.parametrize(
    ("enrolled", "result", "outcome"),
    [(None, Result.UNKNOWN, Outcome.PERMIT), (False, Result.MET, Outcome.WARN), (True, Result.NOT_MET, Outcome.PERMIT)],
)
def test_wk_22_enrolment_is_asked_at_the_evaluation_and_due_by_the_first_dose(enrolled, result, outcome):
    """6.1: valid by enrolment, before the first dose; 6.2: on the day nobody overrides that it is not known (H14)."""
    known = ordinary(rems_enrolled=enrolled)
    decision = judged(known, route="IN")
    told = reason(decision, "WK-22")
    assert (decision.outcome, told.result) == (outcome, result)
    if not enrolled:
        assert told.effect is Effect.CAUTION
        assert "owed before the first dose" in told.words
        at_dose = judged(known, dose=True, route="IN")
        assert at_dose.outcome is (Outcome.UNKNOWN if enrolled is None else Outcome.STOP)
        assert reason(at_dose, "WK-22").override == "none"
    assert not [one for one in judged(known).reasons if one.criterion == "WK-22"], "by vein none is owed"


def test_two_records_that_agree_are_as_good_as_one():
    twice = ordinary().with_(
        a_fact("weight_kg", next(f for f in ordinary() if f.name == "weight_kg").value, 3, "scale")
    )
    assert reason(judged(twice), "WK-04").result is Result.NOT_MET


def test_an_unexpected_drug_screen_waits_until_it_is_explained_or_screened_again():
    found = aged("urine_drug_screen", 200, "unexpected finding", first_of_series=False)
    told = reason(judged(found), "WK-06")
    assert (told.result, told.effect, told.override) == (Result.MET, Effect.CLEAR, "P")
    again = found.with_(a_fact("urine_drug_screen", "as prescribed", 1))
    assert reason(judged(again), "WK-06").result is Result.NOT_MET


@pytest.mark.parametrize("drug", ["amlodipine", "metoprolol", "lisinopril", "losartan", "hydrochlorothiazide"])
@pytest.mark.parametrize("told", ["none", "untreated"])
def test_no_hypertension_beside_its_medicine_is_a_disagreement_that_asks_for_an_ecg(drug, told):
    listed = (TakenMedicine(drug, as_needed=False, hours_since_last=2, stable_days=60),)
    said_no = ordinary(qtc_ms=None, hypertension=told)
    asked = reason(judged(said_no, medicines=listed), "WK-12")
    assert asked.result is Result.UNKNOWN
    assert {"hypertension", "qtc_ms"} <= set(asked.missing)
    assert "hypertension: records disagree" in asked.words
    ruled = ordinary(qtc_ms=None, hypertension=None).with_(a_fact("hypertension", told, 1, settles=True))
    assert reason(judged(ruled, medicines=listed), "WK-12").result is Result.NOT_MET, "a person rules"
    treated = ordinary(qtc_ms=None, hypertension="treated")
    assert reason(judged(treated, medicines=listed), "WK-12").missing == ("qtc_ms",)
    assert reason(judged(said_no, medicines=()), "WK-12").result is Result.NOT_MET


def test_a_medicine_against_pressure_answers_nothing_where_nobody_was_asked():
    listed = (TakenMedicine("amlodipine", as_needed=False, hours_since_last=2),)
    asked = reason(judged(ordinary(qtc_ms=None, hypertension=None), medicines=listed), "WK-12")
    assert asked.result is Result.UNKNOWN
    assert "hypertension" in asked.missing
