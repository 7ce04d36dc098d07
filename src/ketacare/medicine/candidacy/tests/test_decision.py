"""The whole decision: the severest answer wins, every reason stays, and what is missing settles it."""

import json
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.rules import criteria, words
from ketacare.medicine.candidacy.terms import Route
from ketacare.medicine.candidacy.tests.given import SHEET, trial
from ketacare.medicine.candidacy.tests.ordinary import TRD, a_case, a_fact, judged, ordinary, reason
from ketacare.medicine.evidence.terms import Effect, Facts, Outcome, Result


def test_v1_two_certain_trials_and_nothing_against():
    decision = judged()
    assert decision.outcome is Outcome.PERMIT
    assert "certain 2" in reason(decision, "IND-01").words
    assert decision.missing == ()
    at_dose = judged(dose=True)
    assert at_dose.outcome is Outcome.PERMIT
    assert reason(at_dose, "BP-1").result is Result.MET


def test_v2_a_short_trial_is_a_clearance():
    decision = judged(trials=[trial("escitalopram", (10, 5)), TRD[1]])
    assert decision.outcome is Outcome.WARN
    assert decision.needs_clearance
    assert not decision.permits
    assert (decision.reasons[0].criterion, decision.reasons[0].override) == ("TRIAL-11", "P")


def test_v3_an_unknown_dose_asks_for_the_dose():
    decision = judged(trials=[trial("sertraline", (None, 8)), TRD[1]])
    assert decision.outcome is Outcome.UNKNOWN
    assert decision.missing == ("sertraline: dose",)
    assert "certain 1" in decision.reasons[0].words


def test_rul_05_too_few_needs_prescriber_and_director():
    decision = judged(trials=[])
    assert decision.outcome is Outcome.WARN
    assert (decision.reasons[0].criterion, decision.reasons[0].override) == ("IND-03", "P+MD")


@pytest.mark.parametrize(
    ("name", "criterion", "days"),
    [
        ("aneurysmal_vascular_disease", "CI-01", 365),
        ("arteriovenous_malformation", "CI-02", 365),
        ("intracerebral_haemorrhage", "CI-03", 365),
        ("ketamine_hypersensitivity", "CI-04", 365),
        ("active_psychosis", "CI-30", 90),
    ],
)
def test_each_stop_criterion_met_unknown_and_at_its_last_valid_day(name, criterion, days):
    stopped = judged(ordinary(**{name: True}))
    assert stopped.outcome is Outcome.STOP
    assert (stopped.reasons[0].criterion, stopped.reasons[0].effect) == (criterion, Effect.STOP)
    assert stopped.missing == ()
    unknown = judged(ordinary(**{name: None}))
    assert (unknown.outcome, unknown.missing) == (Outcome.UNKNOWN, (name,))
    last_day = ordinary(**{name: None}).with_(a_fact(name, False, days))
    assert judged(last_day).outcome is Outcome.PERMIT
    day_after = ordinary(**{name: None}).with_(a_fact(name, False, days + 1))
    assert judged(day_after).missing == (name,)


def test_v26_records_that_disagree_are_unknown_until_a_person_settles_it():
    torn = ordinary().with_(a_fact("intracerebral_haemorrhage", True, source="letter"))
    decision = judged(torn)
    assert decision.outcome is Outcome.UNKNOWN
    assert decision.missing == ("intracerebral_haemorrhage",)
    told = reason(decision, "CI-03").words
    assert "told differently by interview and letter" in told, "it was asked: what is open is who is right"
    assert "not asked" not in told
    assert "records disagree (interview, letter)" in told
    ruled = torn.with_(a_fact("intracerebral_haemorrhage", False, source="prescriber", settles=True))
    assert judged(ruled).outcome is Outcome.PERMIT


def test_one_reason_for_each_row_at_every_question():
    for dose in (False, True):
        for route in (*["IV", "IM", "SL", "IN"], None):
            ids = [one.criterion for one in judged(dose=dose, route=route).reasons]
            ours = [name for name in ids if name.startswith(("CI-", "WK-", "IND-", "BP-", "RDY", "SEV", "MDQ", "ADO"))]
            assert len(ours) == len(set(ours))


@pytest.mark.parametrize(
    ("unknown", "smallest"),
    [
        (("childbearing_potential", "pregnancy_test"), {"pregnancy_test"}),
        (("cognitive_complaint", "moca"), {"moca"}),
        (("imaging_indicated", "brain_imaging"), {"brain_imaging"}),
        (("takes_drug_with_level", "drug_level_in_range"), {"drug_level_in_range"}),
        (("thyroid_medicine_or_lithium", "tsh_result"), {"tsh_result"}),
    ],
)
def test_rul_02_of_a_test_that_may_be_owed_the_test_alone_is_the_smallest_set(unknown, smallest):
    """Done, it counts whether it was owed or not; that it may not be owed is told beside it as the other way out."""
    left = [fact for fact in ordinary() if fact.name not in unknown]
    decision = judged(Facts(left))
    assert decision.outcome is Outcome.UNKNOWN
    assert set(decision.missing) == smallest
    asked = {name for reason in decision.reasons if reason.result is Result.UNKNOWN for name in reason.missing}
    assert set(unknown) <= asked


def test_order_of_facts_and_trials_never_matters():
    some = list(ordinary(active_psychosis=None, stroke_or_tia_on=None))
    answers = {
        json.dumps(reader.answer_to_json(judged(Facts([*mixed, *some[4:]]), trials=trials)))
        for mixed in permutations(some[:4])
        for trials in (TRD, TRD[::-1])
    }
    assert len(answers) == 1


def test_the_parts_say_what_the_whole_lifts():
    case = a_case(ordinary(valve_disease_or_cardiomyopathy=True))
    said = {one.criterion: one for one in rules.part_reasons(case, SHEET)}
    assert said["CI-09"].result is Result.MET
    assert not said["CI-09"].cleared


# --- laws ------------------------------------------------------------------------------------------------------------

BOOLEANS = [name for name, kind in SHEET.facts.items() if kind.kind == "yes or no" and name in SHEET.criteria.reads]
values = st.dictionaries(st.sampled_from(BOOLEANS), st.booleans(), max_size=12)
left_out = st.lists(st.sampled_from(sorted(SHEET.criteria.reads)), max_size=12, unique=True)
questions = st.tuples(st.booleans(), st.sampled_from([None, "IV", "SL", "IN"]))


def results(told, unknown, question):
    dose, route = question
    changes = told | dict.fromkeys(set(unknown) - told.keys())
    return {one.criterion: one.result for one in judged(ordinary(**changes), dose=dose, route=route).reasons}


@settings(max_examples=60, deadline=None)
@given(values, left_out, questions)
def test_adding_a_fact_that_contradicts_none_never_turns_met_into_unknown(told, unknown, question):
    """The other facts stand as they are; what was left out is told as the ordinary candidate has it."""
    if any(found for name, found in told.items() if name.startswith("cssrs_")):
        # A no beside a yes that rests on it contradicts it: a screener that does not agree with itself is not answered.
        unknown = [name for name in unknown if not name.startswith("cssrs_")]
    before, after = results(told, unknown, question), results(told, (), question)
    assert all(after.get(name) is not Result.UNKNOWN for name, found in before.items() if found is Result.MET)


@settings(max_examples=60, deadline=None)
@given(left_out, questions)
def test_what_is_missing_settles_it(unknown, question):
    dose, route = question
    known = ordinary(**dict.fromkeys(unknown))
    decision = judged(known, dose=dose, route=route)
    if decision.outcome is not Outcome.UNKNOWN:
        assert decision.missing == ()
        return
    asked = [fact for fact in ordinary() if fact.name in decision.missing]
    by_route = Route.IV if "route" in decision.missing else route
    assert judged(known.with_(*asked), dose=dose, route=by_route).outcome is not Outcome.UNKNOWN


def test_facts_told_long_ago_are_unknown():
    decision = judged(ordinary(400))
    assert decision.outcome is Outcome.UNKNOWN
    assert reason(decision, "CI-01").words.endswith("(aneurysmal_vascular_disease: 400 days old, counts for 365 days)")


def test_rows_made_ready_are_kept_and_not_for_ever(monkeypatch):
    monkeypatch.setattr(criteria, "_MOST_ROWS", 2)
    monkeypatch.setattr(criteria, "_ready", {})
    assert judged().outcome is Outcome.PERMIT
    assert 0 < len(criteria._ready) <= 2


def test_a_fact_is_called_by_its_title_and_what_is_no_fact_stays():
    told = words.with_titles("No: pregnancy_test: positive; moca: 21; not_a_fact: here", SHEET.facts)
    assert told == "No: pregnancy test: positive; MoCA total: 21; not_a_fact: here"
