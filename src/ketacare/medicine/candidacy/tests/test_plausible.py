"""What a case cannot be is refused whole, by field, rule and remedy; what is not known stays not known."""

import pytest

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.candidacy.tests.test_case_form import A_LETTER, ANEURYSM, CASE, a_fact, a_trial, changed

READING = {"taken_at": "2026-07-14T09:00:00+00:00", "systolic_mmhg": 128, "diastolic_mmhg": 78}


def a_medicine(**told):
    return changed(medicines=[{"name": "alprazolam"} | told])


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (a_medicine(accepted_unchecked=False), r"medicines\[0\].accepted_unchecked: False is not text"),
        (a_medicine(form=5), r"medicines\[0\].form: 5 is not text"),
        (a_fact(source=["chart"]), r"facts\[0\].source: \['chart'\] is not text"),
        (a_fact(unit=[]), r"facts\[0\].unit: \[\];"),
        (a_fact(value=False, unit={}), r"facts\[0\].unit: {};"),
        (a_fact(settles="yes"), r"facts\[0\].settles: 'yes' is not true, false or null"),
        (a_trial(source=True), r"trials\[0\].source: True is not one of recall, documents"),
        (a_trial(started_with=[3]), r"trials\[0\].started_with\[0\]: 3 is not text"),
        (a_trial(ruled={"counts": True, "by": 1, "reason": "x"}), r"ruled.by: 1 is not text"),
        (changed(courses=[{"kind": "ECT", "source": 7}]), r"courses\[0\].source: 7 is not one of recall, documents"),
        (changed(clearances=[A_LETTER | {"conditions": 3}]), r"clearances\[0\].conditions: 3 is not text"),
        (a_medicine(hours_since_last="NaN"), "'NaN' is not a number"),
        (a_medicine(hours_since_last="Infinity"), "'Infinity' is not a number"),
        (a_medicine(daily_dose_mg=[1]), r"\[1\] is not a number"),
        (a_fact(name="bmi", value="NaN", unit="kg/m2"), "'NaN' is not a number"),
        (a_trial(level_ng_per_ml="Infinity"), "'Infinity' is not a number"),
        (a_medicine(stable_days=-5), "-5 days is impossible"),
        (a_medicine(daily_dose_mg=0), "0 mg is no dose"),
        (a_medicine(daily_dose_mg=50001), "50001 mg a day cannot be"),
        (changed(medicines=[{"name": "Xanax"}, {"name": "alprazolam"}]), "alprazolam is listed 2 times"),
        (changed(courses=[{"kind": "rTMS", "weeks": -1}]), "-1 is below zero"),
        (a_trial(steps=[{"dose_mg": 100, "days": 100000}]), "100000 days is impossible"),
        (a_trial(steps=[{"dose_mg": 401, "days": 60}]), "401 mg a day is more than twice the largest dose of"),
        (a_trial(reduced_ceiling_mg=0), "0 mg is not a dose"),
        (a_trial(began_on="2027-01-01"), "2027-01-01 is after 2026-07-14"),
        (a_trial(began_on="2026-07-01"), "56 days do not fit into the 14 since 2026-07-01"),
        (a_trial(source="patient"), r"source: 'patient' is not one of recall.* Choose one, or leave it out"),
        (
            a_trial(improvement_percent="0.6"),
            "percent: 0.6 is a share of one, not per cent. Write 60 for it",
        ),
        (a_trial(adherence_percent="0.95"), "percent: 0.95 is a share of one, not per cent. Write 95 for it"),
        (a_trial(ended_on="2026-07-15"), "ended_on: 2026-07-15 is after 2026-07-14"),
        (a_trial(began_on="2026-03-01", ended_on="2026-02-27"), "ended_on: 2026-02-27 is before 2026-03-01"),
        (a_trial(began_on="1899-12-31"), "'1899-12-31' is not a date. Write it as 2026-07-14, of the years from 1900"),
        (a_trial(began_on="2026-02-30"), "'2026-02-30' is not a date"),
        (a_fact(known_on="20260714"), "known_on: '20260714' is not a date"),
        (a_fact(known_on="2026-W29-2"), "known_on: '2026-W29-2' is not a date"),
        (a_fact(known_on="0001-01-01T00:00:00+14:00"), "known_on: '0001-01-01T00:00:00.14:00' is not a moment"),
        (a_fact(known_on="2026-02-30T00:00:00+14:00"), "is not a moment"),
        (a_medicine(hours_since_last="4_20"), "'4_20' is not a number"),
        (a_medicine(hours_since_last="\uff14\uff12\uff10"), "is not a number"),
        (changed(clearances=[A_LETTER | {"about": []}]), r"about: \[\] names no medicine. Name those it was given for"),
        (changed(clearances=[A_LETTER | {"about": [" "]}]), "names no medicine"),
        (a_trial(improvement_percent=5, improvement="response"), "response beside 5 % does not fit together"),
        (changed(pressures=[READING | {"systolic_mmhg": 1280}]), "systolic_mmhg: 1280 is impossible: from 50 to 300"),
        (
            changed(pressures=[READING | {"systolic_mmhg": 51, "diastolic_mmhg": 10}]),
            "diastolic_mmhg: 10 is impossible",
        ),
        (changed(clearances=[A_LETTER | {"criterion": "CI-99"}]), "'CI-99' is no criterion of these sheets"),
        (changed(clearances=[A_LETTER | {"criterion": "ci-07"}]), "'ci-07' is no criterion of these sheets"),
    ],
)
def test_what_cannot_be_is_refused(document, words):
    with pytest.raises(reader.CaseRefused, match=words) as refused:
        reader.case_from_json(document)
    assert len(refused.value.faults) == 1


def test_at_its_edges_a_case_is_taken():
    for percent in (0, 1, -1, "1.5"):
        assert reader.case_from_json(a_trial(improvement_percent=percent)).trials
    whole = a_trial(began_on="1900-01-01", ended_on="2026-07-14")
    assert reader.case_from_json(whole).trials[0].ended_on.isoformat() == "2026-07-14"
    one_day = {"began_on": "2026-07-01", "ended_on": "2026-07-01", "steps": [{"dose_mg": 50, "days": 1}]}
    assert reader.case_from_json(a_trial(**one_day)).trials
    today = a_trial(began_on="2026-07-14", steps=[{"dose_mg": 50, "days": 1}, {"dose_mg": 100}])
    assert reader.case_from_json(today).trials[0].began_on.isoformat() == "2026-07-14"
    assert reader.case_from_json(a_trial(reduced_ceiling_mg="0.5")).trials
    assert reader.case_from_json(a_trial(medicine="amitriptyline", steps=[{"dose_mg": 600}])).trials
    assert reader.case_from_json(a_medicine(daily_dose_mg=50000)).medicines
    for systolic, diastolic in ((300, 200), (50, 20)):
        reading = READING | {"systolic_mmhg": systolic, "diastolic_mmhg": diastolic}
        assert reader.case_from_json(changed(pressures=[reading])).pressures
    trial = {"began_on": "2026-05-20", "improvement": "none", "steps": [{"dose_mg": 400, "days": 56}]}
    (read,) = reader.case_from_json(a_trial(**trial)).trials
    assert read.highest_mg == 400
    relapsed = {"improvement_percent": 60, "improvement": "none", "relapsed_on_dose": True}
    assert reader.case_from_json(a_trial(**relapsed)).trials


@pytest.mark.parametrize("nothing", [{}, {"accepted_unchecked": None}, {"accepted_unchecked": " "}])
def test_a_medicine_that_nobody_checked_stays_unchecked_whatever_stands_for_no_words(nothing):
    case = reader.case_from_json(changed(medicines=[{"name": "Zorblax", **nothing}]))
    decision = rules.judge(case, SHEET)
    assert decision.outcome == "unknown"
    assert any(reason.criterion == "MED-UNK" and reason.result == "unknown" for reason in decision.reasons)


def test_null_is_as_if_it_were_not_told():
    bare = {"medicine": "sertraline", "form": None, "source": None, "reduced_for": None}
    (trial,) = reader.case_from_json(changed(trials=[bare])).trials
    assert (trial.form, trial.source, trial.reduced_for) == ("", "recall", "")
    (clearance,) = reader.case_from_json(changed(clearances=[A_LETTER | {"conditions": None}])).clearances
    assert clearance.conditions == ""
    (course,) = reader.case_from_json(changed(courses=[{"kind": "ketamine", "source": None}])).courses
    assert course.source == "recall"
    assert [fact.source for fact in reader.case_from_json(changed(facts=[ANEURYSM | {"source": None}])).facts] == [""]


def test_every_criterion_that_an_answer_names_may_be_cleared():
    named = {reason.criterion for reason in rules.judge(reader.case_from_json(CASE), SHEET).reasons}
    assert named <= SHEET.titles.keys()


def of_today(name, value, unit, **more):
    return {"name": name, "value": value, "unit": unit, "known_on": "2026-07-14"} | more


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (("gate_sbp", 128, "mmHg"), ("gate_dbp", 150, "mmHg"), r"facts: gate_dbp is 150, not under gate_sbp 128 \("),
        (("gate_sbp", 128, "mmHg"), ("gate_dbp", 128, "mmHg"), "not under gate_sbp 128 .*Correct one of the two"),
        (("phq_9", 2, "1"), ("phq_9_item_9", 3, "1"), "phq_9_item_9 is 3, over phq_9 2"),
    ],
)
def test_a_part_that_is_more_than_its_whole_is_refused(one, other, words):
    with pytest.raises(reader.CaseRefused, match=words):
        reader.case_from_json(changed(facts=[of_today(*one), of_today(*other)]))
    elsewhere = of_today(*other, known_on="2026-07-01")
    assert reader.case_from_json(changed(facts=[of_today(*one), elsewhere])), "another day is another measurement"


def test_an_item_may_be_its_whole_total():
    assert reader.case_from_json(changed(facts=[of_today("phq_9", 3, "1"), of_today("phq_9_item_9", 3, "1")]))


AGED = {"name": "age_years", "value": 42, "unit": "a", "known_on": "2026-07-14", "source": "chart"}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"name": "stroke_or_tia_on", "value": "1901-01-01"}, "before a person of 42 was born"),
        ({"name": "stroke_or_tia_on", "value": "1984-01-01"}, ""),
        ({"name": "episode_months", "value": 600, "unit": "mo"}, "600, over the 42 years lived"),
        ({"name": "episode_months", "value": 504, "unit": "mo"}, ""),
    ],
)
def test_nothing_took_place_before_this_person_was_born(told, words):
    document = changed(facts=[AGED, {"known_on": "2026-07-14", "source": "chart"} | told])
    if not words:
        assert reader.case_from_json(document, SHEET)
        return
    with pytest.raises(reader.CaseRefused, match=words):
        reader.case_from_json(document, SHEET)
    assert reader.case_from_json(changed(facts=document["facts"][1:]), SHEET), "of no age nothing is known"
