import json
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.reader import answer, tried
from ketacare.medicine.candidacy.reader import case as case_form
from ketacare.medicine.candidacy.terms import Case, TakenMedicine
from ketacare.medicine.candidacy.tests.calm import as_rows, calm
from ketacare.medicine.candidacy.tests.given import ON, SHEET, trial
from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Effect, Fact, Facts, Outcome, Result

KNOWLEDGE = Path(reader.__file__).parent.parent / "knowledge"

# --- the decision ----------------------------------------------------------------------------------------------------

TRD = (trial("sertraline", (100, 8), better=20), trial("venlafaxine", (225, 8), better=20, form="XR"))
CLEAN = {
    "aneurysmal_vascular_disease": False,
    "arteriovenous_malformation": False,
    "intracerebral_haemorrhage": False,
    "ketamine_hypersensitivity": False,
    "active_psychosis": False,
    "childbearing_potential": False,
    "cannabis_daily": False,
}
VALID_DAYS = {
    "aneurysmal_vascular_disease": 365,
    "arteriovenous_malformation": 365,
    "intracerebral_haemorrhage": 365,
    "ketamine_hypersensitivity": 365,
    "active_psychosis": 90,
    "childbearing_potential": 90,
    "cannabis_daily": 90,
}


def facts(age=1, **changes):
    values = {name: value for name, value in (CLEAN | changes).items() if value is not None}
    return Facts([Fact(name, value, None, ON - timedelta(days=age), "interview") for name, value in values.items()])


def judged(known, trials=TRD):
    return rules.judge(Case(ON, known.with_(*calm(ON)), tuple(trials), (), courses=()), SHEET)


def test_v1_two_certain_trials_and_nothing_against():
    decision = judged(facts())
    assert decision.outcome is Outcome.PERMIT
    assert decision.reasons[0].criterion == "IND-01"
    assert "certain 2" in decision.reasons[0].words


def test_v2_a_short_trial_is_a_clearance():
    decision = judged(facts(), [trial("escitalopram", (10, 5)), TRD[1]])
    assert decision.outcome is Outcome.WARN
    assert decision.needs_clearance
    assert not decision.permits
    assert decision.reasons[0].criterion == "TRIAL-11"
    assert decision.reasons[0].override == "P"


def test_v3_an_unknown_dose_asks_for_the_dose():
    decision = judged(facts(), [trial("sertraline", (None, 8)), TRD[1]])
    assert decision.outcome is Outcome.UNKNOWN
    assert decision.missing == ("sertraline: dose",)
    assert "certain 1" in decision.reasons[0].words


def test_rul_05_too_few_needs_prescriber_and_director():
    decision = judged(facts(), [])
    assert decision.outcome is Outcome.WARN
    assert (decision.reasons[0].criterion, decision.reasons[0].override) == ("IND-03", "P+MD")


@pytest.mark.parametrize(
    ("name", "criterion"),
    [
        ("aneurysmal_vascular_disease", "CI-01"),
        ("arteriovenous_malformation", "CI-02"),
        ("intracerebral_haemorrhage", "CI-03"),
        ("ketamine_hypersensitivity", "CI-04"),
        ("active_psychosis", "CI-30"),
    ],
)
def test_each_stop_criterion_met_unknown_and_at_its_last_valid_day(name, criterion):
    stopped = judged(facts(**{name: True}))
    assert stopped.outcome is Outcome.STOP
    assert stopped.reasons[0].criterion == criterion
    assert stopped.reasons[0].effect is Effect.STOP
    assert stopped.missing == ()
    unknown = judged(facts(**{name: None}))
    assert (unknown.outcome, unknown.missing) == (Outcome.UNKNOWN, (name,))
    last_day = facts(**{name: None}).with_(Fact(name, False, None, ON - timedelta(days=VALID_DAYS[name]), "interview"))
    assert judged(last_day).outcome is Outcome.PERMIT
    day_after = facts(**{name: None}).with_(
        Fact(name, False, None, ON - timedelta(days=VALID_DAYS[name] + 1), "interview")
    )
    assert judged(day_after).missing == (name,)


@pytest.mark.parametrize(
    ("test", "age", "outcome"),
    [("negative", 7, "permit"), ("positive", 7, "stop"), ("negative", 10, "unknown"), (None, 0, "unknown")],
)
def test_ci_50_v16_a_pregnancy_test_counts_seven_days(test, age, outcome):
    known = facts(childbearing_potential=True)
    if test:
        known = known.with_(Fact("pregnancy_test", test, None, ON - timedelta(days=age), "urine"))
    decision = judged(known)
    assert decision.outcome == outcome
    assert decision.missing == (("pregnancy_test",) if outcome == "unknown" else ())


def test_v26_records_that_disagree_are_unknown_until_a_person_settles_it():
    torn = facts().with_(Fact("intracerebral_haemorrhage", True, None, ON, "letter"))
    assert judged(torn).outcome is Outcome.UNKNOWN
    ruled = torn.with_(Fact("intracerebral_haemorrhage", False, None, ON, "prescriber", settles=True))
    assert judged(ruled).outcome is Outcome.PERMIT


def test_order_of_facts_and_trials_never_matters():
    answers = {
        json.dumps(reader.answer_to_json(judged(Facts(list(mixed)), trials)))
        for mixed in list(permutations(facts(active_psychosis=None)))[:50]
        for trials in (TRD, TRD[::-1])
    }
    assert len(answers) == 1


answers = {name: st.booleans() for name in CLEAN} | {"pregnancy_test": st.sampled_from(["negative", "positive"])}
known_values = st.fixed_dictionaries({}, optional=answers)


@settings(max_examples=200)
@given(known_values, known_values)
def test_adding_a_fact_that_contradicts_none_never_unsettles(some, more):
    def as_facts(values):
        return Facts([Fact(name, value, None, ON, "interview") for name, value in values.items()])

    before = {r.criterion: r.result for r in judged(as_facts(some)).reasons}
    after = {r.criterion: r.result for r in judged(as_facts(more | some)).reasons}
    assert all(after[name] is result for name, result in before.items() if result is not Result.UNKNOWN)


@given(known_values)
def test_what_is_missing_settles_it(some):
    known = [Fact(name, value, None, ON, "interview") for name, value in some.items()]
    decision = judged(Facts(known))
    if decision.outcome is Outcome.UNKNOWN:
        no = [Fact(name, "negative" if name == "pregnancy_test" else False, None, ON, "x") for name in decision.missing]
        assert judged(Facts([*known, *no])).outcome is not Outcome.UNKNOWN
    else:
        assert decision.missing == ()


# --- JSON ------------------------------------------------------------------------------------------------------------

CASE = {
    "stage": "evaluation",
    "on": "2026-07-14",
    "facts": [
        *(
            {"name": name, "value": value, "known_on": "2026-07-13", "source": "interview"}
            for name, value in CLEAN.items()
        ),
        *as_rows("2026-07-14"),
    ],
    "trials": [
        {
            "medicine": "sertraline",
            "steps": [{"dose_mg": 100, "days": 56}],
            "improvement_percent": 20,
            "adherence_percent": 95,
            "in_current_episode": True,
        },
        {
            "medicine": "venlafaxine",
            "form": "XR",
            "steps": [{"dose_mg": 225.5, "days": 56}],
            "improvement_percent": "20.5",
            "adherence_percent": 95,
            "in_current_episode": True,
        },
    ],
    "courses": [],
    "medicines": [],
}


def answered(document):
    case = reader.case_from_json(document)
    return reader.answer_to_json(rules.judge(case, SHEET))


def test_the_answer_has_its_fixed_form():
    told = answered(CASE)
    assert list(told) == ["outcome", "reasons", "missing", "sheets"]
    assert told["outcome"] == "permit"
    assert list(told["reasons"][0]) == ["criterion", "result", "effect", "facts", "sources", "grade"]
    assert told["reasons"][0]["facts"][0] == {
        "name": "trials_certain",
        "value": 2,
        "unit": "1",
        "age_days": None,
        "source": "computed from the trials",
    }
    assert told["sheets"] == [{"id": ref.id, "version": ref.version} for ref in SHEET.refs]
    assert {"id": "candidacy-1", "version": "1.0.0"} in told["sheets"]
    psychosis = next(r for r in told["reasons"] if r["criterion"] == "CI-30")
    assert (psychosis["result"], psychosis["effect"], psychosis["facts"][0]["age_days"]) == ("not met", "stop", 1)
    json.dumps(told)


def test_an_empty_case_is_unknown_and_names_what_is_missing():
    told = answered({"on": "2026-07-14", "stage": "evaluation"})
    assert told["outcome"] == "unknown"
    assert "active_psychosis" in told["missing"]


def changed(**changes):
    return CASE | changes


def a_fact(**changes):
    return changed(facts=[CASE["facts"][0] | changes])


def a_trial(**changes):
    return changed(trials=[CASE["trials"][0] | changes])


UPSIDE_DOWN = {"taken_at": "2026-07-14T09:00:00+00:00", "systolic_mmhg": 80, "diastolic_mmhg": 99}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "must be an object"),
        (changed(age=40), "age: not a part"),
        (changed(on="14 July"), "on: '14 July' is not a date"),
        ({}, "on: None is not a date"),
        (changed(stage=None), "stage: None is not one of evaluation, dose"),
        (changed(on="2026-07-14T09:30:00"), "has no zone"),
        (changed(on="2026-07-14Tnoon:00"), "is not a moment"),
        (changed(route="oral"), "route: 'oral' is not one of IV, IM, SL, IN"),
        (a_fact(name="phq_9", value=28, unit="1"), "impossible: PHQ-9 total is from 0 to 27"),
        (a_fact(name="stroke_or_tia_on", value="2026-08-01"), "2026-08-01 is after"),
        (changed(medicines=[{"name": ""}]), "Name the medicine"),
        (changed(medicines=[{"name": "x", "as_needed": 1}]), "as_needed: 1 is not true"),
        (changed(medicines=[{"name": "x", "daily_dose_mg": -1}]), "is below zero"),
        (changed(pressures=[{"taken_at": "2026-07-14"}]), "has no time"),
        (changed(pressures=[{"taken_at": "2026-07-15T09:00:00+00:00"}]), "is after"),
        (
            changed(pressures=[{"taken_at": "2026-07-14T09:00:00+00:00", "systolic_mmhg": 80, "diastolic_mmhg": 120}]),
            "systolic must be above",
        ),
        (changed(clearances=[{}]), "criterion: missing"),
        (changed(clearances=[{"criterion": "CI-07", "signatures": "X"}]), "signatures: 'X' is not one of"),
        (changed(facts={}), "facts: must be a list"),
        (changed(facts=[1]), r"facts\[0\]: must be an object"),
        (a_fact(name="luck"), "'luck' is not a fact"),
        (a_fact(known_on="2026-07-15"), "is after 2026-07-14"),
        (a_fact(value="no"), "not true or false"),
        (a_fact(unit="mg"), "Convert it"),
        (a_fact(colour="red"), "colour: not known here"),
        (a_fact(name="pregnancy_test", value=True), "not one of negative, positive"),
        (a_fact(name="pregnancy_test", value="maybe"), "not one of negative, positive"),
        (a_trial(medicine=" "), "Name the medicine"),
        (a_trial(in_current_episode="yes"), "not true, false or null"),
        (a_trial(steps=5), "steps: must be a list"),
        (a_trial(steps=[{"dose_mg": "50 mg"}]), "not a number"),
        (a_trial(steps=[{"dose_mg": True}]), "not a number"),
        (a_trial(steps=[{"dose_mg": -50}]), "is not a dose"),
        (a_trial(steps=[{"days": 1.5}]), "not a whole number"),
        (a_trial(adherence_percent=120), "impossible"),
    ],
)
def test_bad_cases_are_refused_with_field_rule_and_remedy(document, words):
    with pytest.raises(reader.CaseRefused, match=words):
        reader.case_from_json(document)


def test_the_schema_knows_every_field_that_is_read():
    schema = reader.case_schema()
    rows = {key: value["items"] for key, value in schema["properties"].items() if "items" in value}
    assert set(schema["properties"]) == case_form._CASE_KEYS
    assert set(rows["trials"]["properties"]) == tried.TRIAL_KEYS
    assert set(rows["courses"]["properties"]) == tried.COURSE_KEYS
    assert set(rows["medicines"]["properties"]) == case_form._MEDICINE_KEYS
    assert set(rows["pressures"]["properties"]) == case_form._PRESSURE_KEYS
    assert set(rows["clearances"]["properties"]) == case_form._CLEARANCE_KEYS
    assert {fact["properties"]["name"]["const"] for fact in rows["facts"]["anyOf"]} == set(SHEET.facts)
    assert all(set(fact["properties"]) == case_form._FACT_KEYS for fact in rows["facts"]["anyOf"])


def test_all_faults_are_told_at_once():
    with pytest.raises(reader.CaseRefused) as refused:
        reader.case_from_json({"on": "x", "stage": "dose", "facts": [{"name": "luck"}], "trials": [{}]})
    assert len(refused.value.faults) == 3


def test_a_choice_is_read():
    case = reader.case_from_json(a_fact(name="pregnancy_test", value="negative"))
    assert [fact.value for fact in case.facts] == ["negative"]


def test_facts_without_a_date_are_stale():
    document = changed(facts=[{key: row.get(key) for key in ("name", "value", "unit")} for row in CASE["facts"]])
    assert answered(document)["outcome"] == "unknown"


def test_values_travel_as_json():
    from ketacare.medicine.evidence.terms import FactUsed

    assert answer._fact_json(FactUsed("x", Decimal("1.5"), "mg", 0, "s"))["value"] == "1.5"
    assert answer._fact_json(FactUsed("x", date(2026, 7, 1), None, 0, "s"))["value"] == "2026-07-01"


def test_a_criterion_may_only_read_facts_of_the_vocabulary():
    sheet = read_sheet(KNOWLEDGE / "candidacy-1.toml")
    thinner = {name: kind for name, kind in SHEET.facts.items() if name != "active_psychosis"}
    with pytest.raises(SheetRefused, match="active_psychosis"):
        reader.criteria_sheet_from(sheet, thinner)


def test_every_number_of_the_vocabulary_has_a_range_and_every_choice_its_answers():
    for kind in SHEET.facts.values():
        assert (kind.range is not None) == (kind.kind in ("number", "hours or no"))
        assert bool(kind.choices) == (kind.kind == "choice")
        assert kind.told_by in ("patient", "clinician", "test", "plan", "day")


def test_events_amounts_medicines_pressures_and_clearances_are_read():
    moment = "2026-07-14T09:30:00+00:00"
    case = reader.case_from_json(
        {
            "on": moment,
            "stage": "dose",
            "route": "IV",
            "facts": [
                {"name": "stroke_or_tia_on", "value": False, "known_on": moment},
                {"name": "head_injury_on", "value": "2026-07-01", "known_on": moment},
                {"name": "hours_since_solids", "value": "7.5", "unit": "h", "known_on": "2026-07-14"},
            ],
            "medicines": [{"name": " lithium ", "daily_dose_mg": 900, "as_needed": False, "stable_days": 90}],
            "pressures": [{"taken_at": "2026-07-14T09:00:00+00:00", "systolic_mmhg": 128, "diastolic_mmhg": 78}],
            "clearances": [
                {"criterion": "CI-07", "signatures": "P+spec", "given_on": "2026-07-01", "until": "2026-09-29"},
                {"criterion": "IND-03", "signatures": "P+MD", "given_on": "2026-07-01"},
            ],
        }
    )
    assert [fact.value for fact in case.facts] == [False, date(2026, 7, 1), Decimal("7.5")]
    assert case.trials is None
    assert case.medicines == (TakenMedicine("lithium", "", Decimal(900), False, None, 90),)
    assert (case.stage, case.route, case.pressures[0].systolic) == ("dose", "IV", 128)
    assert [clearance.until for clearance in case.clearances] == [date(2026, 9, 29), None]
