"""What only a clinician can judge is not established by the patient's own word."""

import pytest
from msgspec import structs

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.candidacy.tests.ordinary import a_case, judged, ordinary, reason
from ketacare.medicine.candidacy.tests.test_another_crisis import HIGH
from ketacare.medicine.candidacy.tests.test_exceptions import CRISIS, facts, signed
from ketacare.medicine.candidacy.tests.test_exceptions import judged as parts_judged
from ketacare.medicine.candidacy.tests.test_medicines import took
from ketacare.medicine.evidence.terms import Facts, Outcome, Result

ALONE = {"risk_tier_found": None, **HIGH, "cssrs_1": True}
OPENING = ("crisis_judged_emergency", "psychiatric_cover_24_h", "antidepressant_started", "crisis_calls_planned")


def told_by(known, source, *names):
    return Facts([structs.replace(one, source=source) if one.name in names else one for one in known])


@pytest.mark.parametrize("name", [*OPENING, "safety_plan_on", "means_counselled"])
def test_rul_06_the_patients_own_word_opens_no_crisis_path(name):
    known = ordinary(**ALONE, **CRISIS)
    more = {"medicines": (took("sertraline"),), "clearances": (signed("EXC-01"),), "trials": ()}
    told = {"patient": Result.UNKNOWN, "The wife says": Result.UNKNOWN, "patient, asked by the nurse": Result.MET}
    for source, result in told.items():
        path = reason(judged(told_by(known, source, name), **more), "EXC-01")
        assert path.result is result, source
        assert (name in path.missing) is (result is Result.UNKNOWN)


def test_rul_06_whoever_signs_sees_the_conditions_as_the_judgement_counts_them():
    known = told_by(ordinary(**ALONE, **CRISIS), "The patient says", "crisis_judged_emergency", "safety_plan_on")
    for medicines, open_ in (((took("sertraline"),), ()), ((took("trazodone"),), ("antidepressant_started",))):
        case = a_case(known, medicines=medicines, trials=())
        decision = rules.judge(case, SHEET)
        path = next(found for found in rules.path_standings(case, decision, SHEET) if found.path.stop)
        unknown = [name for _, found, reads in path.conditions if found.result is Result.UNKNOWN for name in reads]
        assert {"crisis_judged_emergency", "safety_plan_on", *open_} == set(unknown)
        assert set(unknown) == set(reason(decision, "EXC-01").missing)


@pytest.mark.parametrize(
    ("change", "name", "row"),
    [
        (dict.fromkeys(SHEET.indications.gate.lines) | {"severity_statement": True}, "severity_statement", "SEV-01"),
        ({"mdq_positive": True, "mdq_interview_done": True}, "mdq_interview_done", "MDQ-01"),
    ],
)
def test_the_patients_own_word_is_no_statement_and_no_interview(change, name, row):
    known = ordinary(**change)
    assert reason(judged(known), row).result is Result.NOT_MET
    assert reason(judged(told_by(known, "patient", name)), row).result is not Result.NOT_MET


def test_what_a_patient_says_against_themselves_counts():
    known = told_by(ordinary(capacity=False), "patient", "capacity")
    assert judged(known).outcome is not Outcome.PERMIT
    assert judged(told_by(ordinary(), "patient", "capacity")).missing == ("capacity",)
    named = SHEET.judged_by_a_clinician
    assert {"crisis_judged_emergency", "ect_not_possible", "earlier_ketamine_response"} <= named <= SHEET.facts.keys()


def test_the_parts_of_the_crisis_path_go_on_reading_what_they_are_given():
    assert "CI-40" not in parts_judged(facts(**CRISIS, **HIGH), signed("EXC-01"))
