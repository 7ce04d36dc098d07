"""Rows with several outcomes, tests that nobody owes, and checks that lack several things: what is told and asked."""

import pytest

from ketacare.medicine.candidacy.tests.ordinary import a_fact, ago, judged, ordinary, reason
from ketacare.medicine.evidence.terms import Effect, Result


def named(one):
    return tuple(dict.fromkeys(fact.name for fact in one.facts))


# --- the facts that decided ------------------------------------------------------------------------------------------


def test_a_row_names_the_facts_that_decided_it_whatever_it_came_to():
    assert named(reason(judged(ordinary()), "CI-03")) == ("intracerebral_haemorrhage",)
    assert named(reason(judged(ordinary(pulse_per_min=108), dose=True), "CI-11")) == ("pulse_per_min",)
    by_any_route = judged(ordinary(aneurysmal_vascular_disease=True), route=None)
    assert named(reason(by_any_route, "CI-01")) == ("aneurysmal_vascular_disease",)


@pytest.mark.parametrize(("possible", "result"), [(False, Result.NOT_MET), (True, Result.UNKNOWN)])
def test_rul_02_whether_a_test_is_owed_is_told_by_what_says_so(possible, result):
    told = reason(judged(ordinary(childbearing_potential=possible, pregnancy_test=None)), "CI-50")
    assert told.result is result
    assert "childbearing_potential" in named(told)


# --- while the route is open -----------------------------------------------------------------------------------------


def test_while_the_route_is_open_only_what_holds_is_told():
    repaired = reason(judged(ordinary(aneurysmal_vascular_disease=True, aneurysm_repaired=False), route=None), "CI-01")
    assert "not known to be repaired" in repaired.words
    assert repaired.words.count("Aneurysmal vascular disease") == 2, "once by nose, once by the other routes"
    long_ago = reason(judged(ordinary(stroke_or_tia_on=ago(91)), route=None), "CI-06")
    assert "too recent" not in long_ago.words, "91 days are behind the line of every route"


def test_while_the_route_is_open_the_last_day_is_told_by_each():
    told = reason(judged(ordinary(cardiovascular_event_on=ago(30)), route=None), "CI-05")
    assert told.words.count("Counts until 26-Jul-2026") == 2


# --- liver tests that nobody owes, by nose ---------------------------------------------------------------------------


def liver(*values, **more):
    """As many laboratories as values of ALT; no liver disease, so that by nose no test is owed."""
    told = [a_fact("alt_times_uln", value, source=f"laboratory {place}") for place, value in enumerate(values)]
    known = ordinary(alt_times_uln=None, liver_disease=False, **more).with_(*told)
    return lambda *others: reason(judged(known.with_(*others), route="IN"), "CI-55")


def test_rul_02_two_laboratories_of_which_one_says_six_times_the_limit_are_no_missing_test():
    beside_nothing = liver(6, 1, bilirubin_times_uln=None)()
    assert (beside_nothing.result, beside_nothing.missing) == (Result.UNKNOWN, ("alt_times_uln",))
    beside_an_old_one = liver(6, 1, alp_times_uln=None)(a_fact("alp_times_uln", 6, 400))
    assert (beside_an_old_one.result, beside_an_old_one.missing) == (Result.UNKNOWN, ("alt_times_uln",))
    assert liver(1, "1.1")().result is Result.NOT_MET, "neither of them is over the line"


@pytest.mark.parametrize(("records", "result"), [(64, Result.NOT_MET), (65, Result.UNKNOWN)])
def test_rul_02_of_too_many_records_to_try_nobody_says_that_none_is_over_the_line(records, result):
    assert liver(*(f"1.{place:03}" for place in range(records)))().result is result


# --- what is asked for -----------------------------------------------------------------------------------------------


def test_while_a_stop_is_open_its_caution_is_not_asked_for():
    told = reason(judged(ordinary(breath_alcohol_percent=None, alcohol_units_per_week=None), dose=True), "CI-38")
    assert (told.result, told.effect) == (Result.UNKNOWN, Effect.STOP)
    assert told.missing == ("breath_alcohol_percent",)


def test_rul_02_a_test_done_settles_it_beside_what_is_owed_by_everybody():
    told = reason(judged(ordinary(dementia=None, moca=None, cognitive_complaint=None)), "CI-34")
    assert told.missing == ("dementia", "cognitive_complaint", "moca")
    assert told.enough == ("dementia", "moca")


@pytest.mark.parametrize(("route", "missing"), [("IV", ()), (None, ("route",))])
def test_without_a_route_the_day_is_not_ready_and_no_other_check_says_so(route, missing):
    decision = judged(ordinary(), dose=True, route=route)
    ready = reason(decision, "RDY-01")
    assert ready.missing == missing
    assert (ready.override, ready.effect) == (("none", Effect.STOP) if missing else (ready.override, Effect.CLEAR))
    assert [one.criterion for one in decision.reasons if "route" in one.missing] == (["RDY-01"] if missing else [])


def test_without_a_route_the_evaluation_is_ready_all_the_same():
    assert not any("route" in one.missing for one in judged(ordinary(), route=None).reasons)


def test_h14_a_ready_set_that_lacks_consent_beside_something_milder_is_overridden_by_nobody():
    told = reason(judged(ordinary(consent=None, hours_since_solids=None), dose=True), "RDY-01")
    assert set(told.missing) == {"consent", "hours_since_solids"}
    assert (told.override, told.effect) == ("none", Effect.STOP)


def test_with_neither_scale_the_first_is_asked_for_and_with_either_nothing():
    neither = reason(judged(ordinary(phq_9=None, madrs=None)), "WK-01")
    assert (neither.result, neither.missing) == (Result.UNKNOWN, ("phq_9",))
    old = ordinary(phq_9=None, madrs=None).with_(a_fact("phq_9", 20, 400))
    assert reason(judged(old), "WK-01").missing == ("phq_9",)
    assert reason(judged(old.with_(a_fact("madrs", 30))), "WK-01").result is Result.NOT_MET


def test_h15_what_was_done_yesterday_is_not_known_for_today_beside_what_was_not_done():
    known = ordinary(medicines_reconciled=False, substances_asked=None).with_(a_fact("substances_asked", True, 1))
    told = reason(judged(known, dose=True), "RDY-01")
    assert (told.result, told.missing) == (Result.UNKNOWN, ("medicines_reconciled", "substances_asked"))
