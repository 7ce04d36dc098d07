"""`missing` of the whole answer: however these facts turn out the answer is settled, and by no smaller set."""

from decimal import Decimal
from itertools import combinations, product

import pytest

from ketacare.medicine.candidacy.rules import smallest
from ketacare.medicine.candidacy.terms import Clearance, Signatures
from ketacare.medicine.candidacy.tests.given import ON
from ketacare.medicine.candidacy.tests.ordinary import a_fact, judged, on_record, ordinary, reason
from ketacare.medicine.evidence.terms import Outcome, Result

YES_OR_NO = (True, False)
# A value of each band that a row draws.
VALUES = {
    "gate_sbp": (85, 120, 150, 165, 185),
    "gate_dbp": (70, 95, 105, 115),
    "age_years": (17, 40, 70),
    "phq_9": (3, 22),
    "madrs": (3, 30),
    "cardiovascular_event_on": (False, {"event_days_ago": 20}, {"event_days_ago": 400}),
    "coronary_disease": ("none", "stable", "unstable angina"),
    "safety_plan_on": (False, {"event_days_ago": 20}),
    "diagnosis": ("depression", "bipolar depression", "psychotic depression", "other"),
}


def answers(names):
    return product(*(VALUES.get(name, YES_OR_NO) for name in names))


def always_settled(names, known, dose):
    """For every way in which these facts may turn out."""
    return all(
        judged(known.with_(*map(a_fact, names, told)), dose=dose).outcome is not Outcome.UNKNOWN
        for told in answers(names)
    )


@pytest.mark.parametrize(
    ("dose", "known", "unknown", "asked"),
    [
        # 165 systolic stops by itself or, with a diastolic of 110, by the graver row: symptoms need not be known.
        (True, {"gate_sbp": 165}, ("gate_dbp", "gate_severe", "pressure_symptoms"), {"gate_dbp"}),
        (True, {"gate_sbp": 120}, ("gate_dbp", "pressure_symptoms"), {"gate_dbp", "pressure_symptoms"}),
        (True, {}, ("gate_sbp", "gate_dbp", "pressure_symptoms"), {"gate_sbp", "gate_dbp", "pressure_symptoms"}),
        # A yes to question 4 stops, after a no no plan is required.
        (False, {"cssrs_2": True}, ("cssrs_4", "safety_plan_on"), {"cssrs_4"}),
        (False, {"cssrs_2": True, "cssrs_3": True}, ("cssrs_4", "safety_plan_on"), {"cssrs_4", "safety_plan_on"}),
        (False, {"cssrs_2": True}, ("cssrs_3", "safety_plan_on"), {"cssrs_3", "safety_plan_on"}),
        (False, {}, ("cardiovascular_event_on", "coronary_disease"), {"cardiovascular_event_on", "coronary_disease"}),
        (False, {}, ("diagnosis", "active_psychosis"), {"diagnosis", "active_psychosis"}),
        (False, {}, ("phq_9", "madrs", "active_psychosis"), {"phq_9", "active_psychosis"}),
    ],
)
def test_missing_settles_the_whole_for_every_value_and_no_smaller_set_does(dose, known, unknown, asked):
    known = ordinary(**known, **dict.fromkeys(unknown))
    decision = judged(known, dose=dose)
    assert (decision.outcome, set(decision.missing)) == (Outcome.UNKNOWN, asked)
    assert always_settled(decision.missing, known, dose)
    smaller = [few for size in range(len(asked)) for few in combinations(unknown, size)]
    assert not any(always_settled(few, known, dose) for few in smaller)


def test_each_row_goes_on_naming_what_it_lacks_itself():
    known = ordinary(gate_sbp=165, gate_dbp=None, pressure_symptoms=None)
    found = reason(judged(known, dose=True), "CI-16")
    assert (found.result, set(found.missing)) == (Result.UNKNOWN, {"gate_dbp", "pressure_symptoms"})
    plan = reason(judged(ordinary(cssrs_2=True, cssrs_4=None, safety_plan_on=None)), "SUI-PLAN")
    assert "safety_plan_on" in plan.missing


def test_a_stop_that_somebody_cleared_settles_nothing_by_itself():
    known = on_record(5, gate_sbp=165, gate_dbp=None, gate_severe=None, pressure_symptoms=None)
    cleared = [Clearance(row, Signatures.WITH_DIRECTOR, ON) for row in ("CI-15", "BP-3")]
    asked = judged(known, dose=True, clearances=cleared).missing
    assert {"gate_dbp", "gate_severe", "pressure_symptoms"} <= set(asked)


@pytest.mark.parametrize(("bound", "least"), [("MOST_FACTS", 1), ("MOST_CASES", 1)])
def test_beyond_what_is_searched_a_fact_stays(monkeypatch, bound, least):
    monkeypatch.setattr(smallest, bound, least)
    smallest._settled.cache_clear()
    known = ordinary(gate_sbp=165, gate_dbp=None, gate_severe=None, pressure_symptoms=None)
    assert set(judged(known, dose=True).missing) == {"gate_dbp", "gate_severe", "pressure_symptoms"}
    smallest._settled.cache_clear()


def test_rows_laid_flat_are_kept_and_not_for_ever(monkeypatch):
    monkeypatch.setattr(smallest, "_MOST_LAID", 2)
    monkeypatch.setattr(smallest, "_laid", {})
    known = ordinary(gate_sbp=Decimal(165), gate_dbp=None, pressure_symptoms=None)
    assert judged(known, dose=True).missing == ("gate_dbp",)
    assert 0 < len(smallest._laid) <= 2
