"""A case as JSON in, an answer in its fixed form out; bad cases are refused with every fault at once."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.reader import answer, tried
from ketacare.medicine.candidacy.reader import case as case_form
from ketacare.medicine.candidacy.rules.derived import medicine_facts
from ketacare.medicine.candidacy.terms import TakenMedicine
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.candidacy.tests.ordinary import ordinary
from ketacare.medicine.evidence.terms import FactUsed


def written(fact):
    value = str(fact.value) if isinstance(fact.value, (Decimal, date)) else fact.value
    return {"name": fact.name, "value": value, "unit": fact.unit, "known_on": "2026-07-14", "source": "interview"}


CASE = {
    "stage": "evaluation",
    "on": "2026-07-14",
    "route": "IV",
    "facts": [written(fact) for fact in ordinary()],
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
    assert {"id": "contraindications-1", "version": "1.8.0"} in told["sheets"]
    psychosis = next(r for r in told["reasons"] if r["criterion"] == "CI-30")
    assert (psychosis["result"], psychosis["effect"], psychosis["facts"][0]["age_days"]) == ("not met", "stop", 0)
    json.dumps(told)


def test_rul_06_a_clearance_in_force_is_told_as_a_caution_and_one_that_ended_is_still_needed():
    coronary = {
        "name": "coronary_disease",
        "value": "stable",
        "known_on": "2026-07-01",
        "source": "chart",
        "unit": None,
    }
    facts = [coronary if fact["name"] == "coronary_disease" else fact for fact in CASE["facts"]]
    told = {}
    for until in ("2026-07-30", "2026-07-10"):
        answer = answered(changed(facts=facts, clearances=[A_LETTER | {"until": until}]))
        told[until] = next(reason for reason in answer["reasons"] if reason["criterion"] == "CI-07")
        assert (answer["outcome"], told[until]["result"]) == ("warn", "met")
    assert [reason["effect"] for reason in told.values()] == ["caution", "needs clearance"]
    case = reader.case_from_json(changed(facts=facts, clearances=[A_LETTER]))
    kept = reader.kept_answer(rules.judge(case, SHEET))["reasons"]
    assert next(row["effect"] for row in kept if row["criterion"] == "CI-07") == "needs clearance"


def test_an_empty_case_is_unknown_and_names_what_is_missing():
    told = answered({"on": "2026-07-14", "stage": "evaluation"})
    assert told["outcome"] == "unknown"
    assert "active_psychosis" in told["missing"]


def changed(**changes):
    return CASE | changes


ANEURYSM = {"name": "aneurysmal_vascular_disease", "value": False, "known_on": "2026-07-13", "source": "interview"}


def a_fact(**changes):
    return changed(facts=[ANEURYSM | changes])


def a_trial(**changes):
    return changed(trials=[CASE["trials"][0] | changes])


A_LETTER = {"criterion": "CI-07", "signatures": "P+spec", "given_on": "2026-07-01"}
BARE = {"name": "bmi", "value": 23, "unit": "kg/m2"}
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
        (changed(clearances=[A_LETTER | {"given_on": "2026-07-15"}]), "given_on: 2026-07-15 is after"),
        (changed(clearances=[A_LETTER | {"until": "2026-06-30"}]), "until: 2026-06-30 is before 2026-07-01"),
        (changed(clearances=[A_LETTER | {"withdrawn_on": "2026-07-15"}]), "withdrawn_on: 2026-07-15 is after"),
        (changed(medicines=[{"name": "Zoloft"}, {"name": "zoloft"}]), "sertraline is listed 2 times. Add up"),
        (changed(medicines=[{"name": "x", "form": "ER"}] * 2), "medicines: x er is listed 2 times"),
        (
            changed(facts=[ANEURYSM, ANEURYSM | {"value": True}]),
            "is no and yes by one source",
        ),
        (changed(facts=[BARE, BARE | {"value": 24}]), "bmi is 23 and 24 by one source .not named.. Keep the right one"),
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


def test_the_schema_knows_every_field_of_the_answer():
    told = reader.answer_to_json(rules.judge(reader.case_from_json(CASE), reader.shipped()))
    whole = reader.answer_schema()
    reason, sheet = (whole["properties"][key]["items"] for key in ("reasons", "sheets"))
    fact = reason["properties"]["facts"]["items"]
    rows = [(whole, told), *((reason, one) for one in told["reasons"]), (sheet, told["sheets"][0])]
    rows += [(fact, one) for row in told["reasons"] for one in row["facts"]]
    for form, row in rows:
        assert list(form["properties"]) == list(row) == form["required"]
        for name, value in row.items():
            assert value in form["properties"][name].get("enum", [value])
    assert all(row["sources"] for row in told["reasons"])


def test_a_decimal_is_told_as_a_number():
    facts = [fact for row in answered(CASE)["reasons"] for fact in row["facts"]]
    assert {fact["value"] for fact in facts if fact["name"] == "alt_times_uln"} == {0.6}


def test_the_schema_knows_every_field_that_is_read():
    schema = reader.case_schema()
    rows = {key: value["items"] for key, value in schema["properties"].items() if "items" in value}
    assert set(schema["properties"]) == case_form._CASE_KEYS
    assert set(rows["trials"]["properties"]) == tried.TRIAL_KEYS
    assert set(rows["courses"]["properties"]) == tried.COURSE_KEYS
    assert set(rows["medicines"]["properties"]) == case_form._MEDICINE_KEYS
    assert set(rows["pressures"]["properties"]) == case_form._PRESSURE_KEYS
    assert set(rows["clearances"]["properties"]) == case_form._CLEARANCE_KEYS
    facts = [form for fact in rows["facts"]["anyOf"] for form in fact.get("anyOf", [fact])]
    assert {fact["properties"]["name"]["const"] for fact in facts} == set(SHEET.facts)
    assert all(set(fact["properties"]) == case_form._FACT_KEYS for fact in facts)


def test_every_fault_of_one_row_is_told():
    wrong = {"name": "phq_9", "value": 99, "unit": "mg", "known_on": "2026-07-20"}
    letter = {"criterion": " ", "signatures": "X", "given_on": "soon"}
    with pytest.raises(reader.CaseRefused) as refused:
        reader.case_from_json(changed(facts=[wrong], clearances=[letter]))
    assert [fault.split(":")[0] for fault in refused.value.faults] == [
        *("facts[0].known_on", "facts[0].unit", "facts[0].value"),
        *("clearances[0].criterion", "clearances[0].signatures", "clearances[0].given_on"),
    ]


def test_the_same_said_twice_is_no_contradiction():
    case = reader.case_from_json(changed(facts=[ANEURYSM, ANEURYSM, ANEURYSM | {"value": True, "source": "letter"}]))
    assert len(list(case.facts)) == 3
    forms = reader.case_from_json(changed(medicines=[{"name": "x", "form": "ER"}, {"name": "x", "form": "IR"}]))
    assert len(forms.medicines) == 2


def test_a_clearance_may_be_withdrawn():
    case = reader.case_from_json(changed(clearances=[A_LETTER | {"withdrawn_on": "2026-07-10T09:00:00+00:00"}]))
    assert case.clearances[0].withdrawn_on == date(2026, 7, 10)


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


def test_rul_06_a_given_clearance_is_told_as_a_caution_and_a_wanting_one_as_needed():
    """RUL-01: needs clearance if any is not yet given. One that has ended is told as one that was never given."""
    glaucoma = {"name": "glaucoma", "value": "chronic", "known_on": "2026-07-01", "source": "interview"}
    facts = [row for row in CASE["facts"] if row["name"] != "glaucoma"]
    letter = {"criterion": "CI-21", "signatures": "P+spec", "given_on": "2026-07-01"}
    for until, effect in (("2026-08-01", "caution"), ("2026-07-13", "needs clearance")):
        told = answered(changed(facts=[*facts, glaucoma], clearances=[letter | {"until": until}]))
        row = next(r for r in told["reasons"] if r["criterion"] == "CI-21")
        assert (told["outcome"], row["result"], row["effect"]) == ("warn", "met", effect)


def test_values_travel_as_json():
    assert answer._fact_json(FactUsed("x", Decimal("1.5"), "mg", 0, "s"))["value"] == "1.5"
    assert answer._fact_json(FactUsed("x", date(2026, 7, 1), None, 0, "s"))["value"] == "2026-07-01"


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


@pytest.mark.parametrize("about", ["clonazepam", [1], {"clonazepam": True}])
def test_a_clearance_for_medicines_names_them_in_a_list(about):
    signed = {"criterion": "INT-01", "signatures": "P", "given_on": "2026-07-10", "about": about}
    with pytest.raises(reader.CaseRefused) as refused:
        reader.case_from_json(CASE | {"clearances": [signed]})
    (fault,) = refused.value.faults
    assert "clearances[0].about" in fault
    assert "is not a list of medicines" in fault


def test_a_trial_told_twice_in_the_same_words_is_a_slip_and_not_a_second_trial():
    sertraline, venlafaxine = CASE["trials"]
    with pytest.raises(reader.CaseRefused) as refused:
        reader.case_from_json(CASE | {"trials": [sertraline, venlafaxine, sertraline]})
    assert refused.value.faults == (
        "trials: sertraline is told 2 times in the same words. Keep one row, or say what differs.",
    )
    again = sertraline | {"began_on": "2025-02-01"}
    assert len(reader.case_from_json(CASE | {"trials": [sertraline, again]}).trials) == 2


def test_the_schema_offers_each_unit_once():
    facts = reader.case_schema()["properties"]["facts"]["items"]["anyOf"]
    units = [form["properties"]["unit"]["enum"] for fact in facts for form in fact.get("anyOf", [fact])]
    assert all(len(unit) == len(set(unit)) for unit in units)
    assert all(unit in units for unit in ([None], ["mmHg"], ["h"], ["h", None]))


@pytest.mark.parametrize(
    ("on", "listed", "read"),
    [
        ("2026-07-14", None, None),
        ("2026-07-14", "2026-06-24T08:00:00+02:00", datetime.fromisoformat("2026-06-24T08:00:00+02:00")),
        ("2026-07-14", "2026-06-24", datetime.combine(date(2026, 6, 24), time.max, UTC)),
        ("2026-07-14T09:30:00+02:00", "2026-07-14", datetime.fromisoformat("2026-07-14T23:59:59.999999+02:00")),
    ],
    ids=["not told", "a moment", "a day is told as its end", "in the zone of the case"],
)
def test_since_when_a_medicine_has_stood_on_the_list_is_read_from_a_case(on, listed, read):
    medicine = {"name": "propranolol", "as_needed": False} | ({"listed_at": listed} if listed else {})
    case = reader.case_from_json({"on": on, "stage": "evaluation", "medicines": [medicine]})
    assert case.medicines[0].listed_at == read


@pytest.mark.parametrize("listed", ["2026-07-15", "last week", "2026-07-01T10:00:00"])
def test_a_medicine_cannot_be_listed_after_the_case_nor_at_a_time_that_is_none(listed):
    medicine = {"name": "propranolol", "listed_at": listed}
    with pytest.raises(reader.CaseRefused) as refused:
        reader.case_from_json({"on": "2026-07-14", "stage": "evaluation", "medicines": [medicine]})
    (fault,) = refused.value.faults
    assert fault.startswith("medicines[0].listed_at: ")


@pytest.mark.parametrize(("listed", "settled"), [("2026-06-20", True), ("2026-06-24", False), (None, False)])
def test_a_ruling_in_a_case_file_settles_what_was_listed_before_it(listed, settled):
    ruling = {"name": "hypertension", "value": "none", "known_on": "2026-06-24", "source": "P", "settles": True}
    medicine = {"name": "propranolol", "as_needed": False} | ({"listed_at": listed} if listed else {})
    told = {"on": "2026-07-14", "stage": "evaluation", "facts": [ruling], "medicines": [medicine]}
    case = reader.case_from_json(told)
    facts = medicine_facts(case, reader.shipped())
    assert any(fact.name == "hypertension" for fact in facts) is not settled


def test_the_schema_tells_since_when_a_medicine_is_listed():
    medicine = reader.case_schema()["properties"]["medicines"]["items"]["properties"]
    assert medicine["listed_at"]["type"] == ["string", "null"]
