"""Suicide risk as a reason: which tier counts now, the safety plan, the scales, and the boundary days."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.rules import risk
from ketacare.medicine.candidacy.terms import Case, Stage
from ketacare.medicine.candidacy.tests.calm import VALUES, calm, fact
from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Effect, Facts, Result
from ketacare.medicine.safety.reader import risk_sheet
from ketacare.medicine.safety.terms import RiskTier

ON = date(2026, 7, 14)
KNOWN = reader.shipped()
T = RiskTier
MET, NOT, UNKNOWN = Result.MET, Result.NOT_MET, Result.UNKNOWN
LONG_AGO = {"cssrs_6": True, "cssrs_6_within_3_months": False}


def ago(days):
    return ON - timedelta(days=days)


def case(*facts, at=ON, stage=Stage.EVALUATION):
    return Case(at, Facts(list(facts)), stage=stage)


def told(a_case):
    return {reason.criterion: reason for reason in risk.reasons(a_case, KNOWN)}


def now(a_case):
    return risk.standing(a_case, KNOWN)


def screener(on, source="Rivera", **answers):
    """A screener of a day, every question answered no but these; None was not answered."""
    no = {name: False for name in VALUES if name.startswith("cssrs_") and name[-1].isdigit()}
    said = no | {"imminent_risk": False} | answers
    return [fact(name, value, on, source) for name, value in said.items() if value is not None]


def at_dose(**more):
    return {"stage": Stage.DOSE, **more}


# --- today -----------------------------------------------------------------------------------------------------------


def test_nothing_to_worry_about_is_t0_and_holds_nothing_back():
    a_case = case(*calm(ON))
    assert now(a_case).tier is T.T0
    assert not [reason for reason in told(a_case).values() if reason.holds_back]
    assert told(a_case)["CI-40"].words.startswith("T0 none: no to every question that was asked")


def test_t1_is_a_note():
    a_case = case(*calm(ON, cssrs_1=True))
    row = told(a_case)["CI-40"]
    assert (row.result, row.effect, row.override) == (MET, Effect.NOTE, "none")
    assert row.words.startswith("T1 low: question 1: wish to be dead, or not to wake up. Clinician sees the answer")
    assert told(a_case)["SUI-PLAN"].result is NOT
    assert not [reason for reason in told(a_case).values() if reason.holds_back]


def test_t3_stops_and_says_what_to_do():
    a_case = case(*calm(ON, cssrs_2=True, cssrs_4=True, cssrs_3=False, cssrs_5=False))
    stop = told(a_case)["CI-40"]
    assert (stop.result, stop.effect, stop.override) == (MET, Effect.STOP, "none")
    assert stop.alternative.startswith("the crisis path EXC-01 alone")
    assert stop.words.endswith("Do not leave alone; Prescriber now; Warm handover; Safety plan; Escort; Call at 24 h")
    assert "question 4: some intention to act, without a plan" in stop.words
    assert ("cssrs_4", True) in {(used.name, used.value) for used in stop.facts}


def test_t4_nobody_overrides():
    stop = told(case(*calm(ON, imminent_risk=True)))["CI-40"]
    assert (stop.result, stop.override) == (MET, "none")
    assert stop.words.startswith("T4 imminent: imminent: intent with means at hand")


def test_not_asked_today_is_not_ready_and_asks_the_first_questions():
    row = told(case(*calm(ago(1))))["CI-40"]
    assert (row.result, row.effect) == (UNKNOWN, Effect.STOP)
    assert row.missing == ("cssrs_1", "cssrs_2", "cssrs_6", "imminent_risk")
    assert row.words.startswith("TX unknown: not asked today. Not ready until a person has asked")


def test_a_skipped_question_is_named():
    reasons = told(case(*calm(ON, cssrs_2=True, cssrs_3=None)))
    assert reasons["CI-40"].result is UNKNOWN
    assert reasons["CI-40"].missing == ("cssrs_3",)
    reasons = told(case(*calm(ON, cssrs_2=True, cssrs_4=None, cssrs_6=None)))
    assert reasons["CI-40"].missing == ("cssrs_4", "cssrs_6")
    assert "not answered: 4, 6" in reasons["CI-40"].words


def test_an_inconsistent_screener_is_unknown_and_names_both_questions():
    a_case = case(*calm(ON, cssrs_4=True))
    assert (now(a_case).tier, now(a_case).at_least) == (T.TX, T.T3)
    assert told(a_case)["CI-40"].words.startswith("TX unknown, at least T3 high: ")
    assert told(a_case)["CI-40"].missing == ("cssrs_2", "cssrs_4")
    assert "questions 2, 4 contradict each other" in told(a_case)["CI-40"].words


def test_facts_without_a_day_or_of_a_later_moment_are_not_today():
    assert now(case(*calm(None))).tier is T.TX
    assert now(case(*calm(ON + timedelta(days=1)))).tier is T.TX
    noon = datetime(2026, 7, 14, 12, tzinfo=UTC)
    assert now(case(*calm(noon), at=noon - timedelta(minutes=1))).tier is T.TX
    assert now(case(*calm(noon), at=noon)).tier is T.T0


def test_a_day_is_the_clinics_own():
    auckland = datetime.fromisoformat("2026-07-14T08:00:00+12:00")
    before_midnight_there = datetime.fromisoformat("2026-07-13T11:00:00+00:00")
    after_midnight_there = datetime.fromisoformat("2026-07-13T13:00:00+00:00")
    assert now(case(*calm(before_midnight_there), at=auckland)).tier is T.TX
    assert now(case(*calm(after_midnight_there), at=auckland)).tier is T.T0


# --- several raters, several answers ---------------------------------------------------------------------------------


def test_two_raters_differ_and_the_higher_counts():
    higher = screener(ON, "Alice", cssrs_2=True, cssrs_3=True)
    assert now(case(*screener(ON, "Bob"), *higher)).tier is T.T2
    assert now(case(*higher, *screener(ON, "Bob"))).tier is T.T2


def test_a_later_lower_answer_of_the_same_day_cancels_nothing():
    morning, noon = datetime(2026, 7, 14, 9, tzinfo=UTC), datetime(2026, 7, 14, 12, tzinfo=UTC)
    a_case = case(*screener(morning, cssrs_2=True, cssrs_4=True), *screener(noon), at=noon)
    assert now(a_case).tier is T.T3


def test_a_clinicians_higher_finding_counts_beside_the_screener():
    a_case = case(*calm(ON, cssrs_1=True), fact("risk_tier_found", "T3", ON, "Alice"))
    assert now(a_case).tier is T.T3
    assert "a clinician found T3" in told(a_case)["CI-40"].words
    assert now(case(*calm(ON, cssrs_2=True, cssrs_5=True), fact("risk_tier_found", "T1", ON))).tier is T.T3


def test_a_finding_of_danger_needs_no_screener_and_a_harmless_one_does_not_replace_it():
    assert now(case(fact("risk_tier_found", "T3", ON))).tier is T.T3
    assert now(case(fact("risk_tier_found", "T1", ON))).tier is T.TX
    assert told(case(fact("risk_tier_found", "T1", ON)))["CI-40"].words.startswith("TX unknown: screener not asked")


def test_whoever_refuses_the_screener_is_decided_by_a_clinician():
    refused = fact("cssrs_refused", True, ON)
    assert now(case(refused)).tier is T.TX
    assert now(case(refused)).to_ask == ("cssrs_1", "cssrs_2", "cssrs_6", "imminent_risk")
    decided = case(refused, fact("risk_tier_found", "T1", ON))
    assert now(decided).tier is T.T1
    assert now(decided).screened_on == ON
    assert "the patient refused the screener" in told(decided)["CI-40"].words
    begun = case(refused, fact("risk_tier_found", "T0", ON), fact("cssrs_1", True, ON))
    assert now(begun).tier is T.T1, "what was answered yes before the refusal stays"


# --- what earlier days leave behind ----------------------------------------------------------------------------------

PLAN_DUE = [*calm(ON, safety_plan_on=ON, full_risk_assessment_on=ON)]


def test_v6_high_yesterday_and_not_asked_again_is_still_high():
    a_case = case(*screener(ago(1), cssrs_2=True, cssrs_4=True))
    assert (now(a_case).tier, now(a_case).from_before) == (T.T3, True)
    assert told(a_case)["CI-40"].result is MET
    assert "T3 on 13-Jul-2026, and not asked to the end since" in told(a_case)["CI-40"].words
    assert now(a_case).to_ask == ("cssrs_1", "cssrs_2", "cssrs_6", "imminent_risk")


@pytest.mark.parametrize(("days", "tier"), [(1, T.T3), (30, T.T3), (31, T.TX)])
def test_high_and_not_asked_again_stands_for_thirty_days(days, tier):
    a_case = case(*screener(ago(days), cssrs_2=True, cssrs_5=True))
    assert now(a_case).tier is tier


@pytest.mark.parametrize(("days", "tier"), [(1, T.T2), (30, T.T2), (31, T.T0)])
def test_high_within_thirty_days_and_now_negative_is_moderate(days, tier):
    a_case = case(*screener(ago(days), cssrs_2=True, cssrs_4=True), *calm(ON))
    assert now(a_case).tier is tier
    if tier is T.T2:
        assert not now(a_case).lifetime_only
        assert "so moderate for 30 days" in told(a_case)["CI-40"].words


def test_imminent_yesterday_and_not_asked_again_stays_imminent():
    a_case = case(*screener(ago(1), imminent_risk=True))
    assert now(a_case).tier is T.T4
    assert told(a_case)["CI-40"].override == "none"


def test_a_high_finding_of_yesterday_counts_like_a_screener():
    a_case = case(fact("risk_tier_found", "T3", ago(3), "Alice"), *calm(ON))
    assert now(a_case).tier is T.T2
    assert now(case(fact("risk_tier_found", "T3", ago(3), "Alice"))).tier is T.T3


def test_high_again_today_stays_high():
    a_case = case(*screener(ago(3), cssrs_2=True, cssrs_4=True), *calm(ON, cssrs_2=True, cssrs_5=True))
    assert now(a_case).tier is T.T3


def test_moderate_yesterday_leaves_nothing_behind():
    assert now(case(*screener(ago(1), cssrs_2=True, cssrs_3=True), *calm(ON))).tier is T.T0
    assert now(case(*screener(ago(1), cssrs_2=True, cssrs_3=True))).tier is T.TX


def test_behaviour_recorded_long_ago_is_never_unsaid():
    a_case = case(*screener(ago(400), **LONG_AGO), *calm(ON))
    assert (now(a_case).tier, now(a_case).lifetime_only) == (T.T2, True)
    assert "behaviour recorded before" in told(a_case)["CI-40"].words
    assert now(case(fact("cssrs_6", True, None, "letter"), *calm(ON))).tier is T.T2
    assert now(case(*screener(ON + timedelta(days=1), **LONG_AGO), *calm(ON))).tier is T.T0


def test_behaviour_within_three_months_then_long_negative_is_lifetime_only():
    a_case = case(*screener(ago(31), cssrs_6=True, cssrs_6_within_3_months=True), *calm(ON))
    assert (now(a_case).tier, now(a_case).lifetime_only) == (T.T2, True)


# --- forms -----------------------------------------------------------------------------------------------------------

SINCE = {"cssrs_form": "since last visit"}


@pytest.mark.parametrize(("days", "tier"), [(7, T.T0), (30, T.T0), (31, T.TX)])
def test_after_a_gap_of_more_than_thirty_days_the_lifetime_form_is_due(days, tier):
    a_case = case(*screener(ago(days)), *calm(ON, **SINCE))
    assert now(a_case).tier is tier
    if tier is T.TX:
        assert now(a_case).to_ask == ("cssrs_form",)
        assert "the lifetime form is due first" in told(a_case)["CI-40"].words
        assert now(a_case).screened_on == ago(days)


def test_the_form_since_the_last_visit_is_no_first_form():
    assert now(case(*calm(ON, **SINCE))).tier is T.TX
    assert now(case(*screener(ago(3), cssrs_2=None), *calm(ON, **SINCE))).tier is T.TX


def test_behaviour_since_the_last_visit_is_recent_and_a_danger_counts_on_any_form():
    since = calm(ON, **SINCE, cssrs_6=True)
    assert now(case(*screener(ago(7)), *since)).tier is T.T3
    assert now(case(*since)).tier is T.T3


def test_a_rater_with_the_lifetime_form_makes_the_day_whole():
    a_case = case(*calm(ON, "Alice", **SINCE), *calm(ON, "Bob"))
    assert now(a_case).tier is T.T0
    both = case(*calm(ON, "Alice", **SINCE, cssrs_6=True), *calm(ON, "Bob", **LONG_AGO))
    assert now(both).tier is T.T3, "since the last visit is recent, whatever the other form says"


def test_a_form_named_without_an_answer_is_no_screener():
    assert now(case(fact("cssrs_form", "lifetime", ON))).tier is T.TX


# --- the full assessment ---------------------------------------------------------------------------------------------


def test_v8_behaviour_two_years_ago_and_a_plan_of_sixty_days():
    reasons = told(case(*calm(ON, **LONG_AGO, safety_plan_on=ago(60))))
    moderate = reasons["CI-40"]
    assert (moderate.result, moderate.effect, moderate.override, moderate.cleared) == (MET, Effect.CLEAR, "P", False)
    assert "anything done, started or prepared" in moderate.words
    assert "Full assessment by a clinician the same day" in moderate.words
    assert moderate.words.endswith("No full assessment is recorded")
    assert reasons["SUI-PLAN"].result is NOT


@pytest.mark.parametrize(("days", "cleared"), [(0, True), (1, True), (90, True), (91, False)])
def test_lifetime_behaviour_is_cleared_by_an_assessment_for_ninety_days(days, cleared):
    moderate = told(case(*calm(ON, **LONG_AGO, full_risk_assessment_on=ago(days))))["CI-40"]
    assert (moderate.result, moderate.cleared) == (MET, cleared)
    assert ("counts as absent" in moderate.words) is not cleared
    assert moderate.missing == ()


@pytest.mark.parametrize(("days", "cleared"), [(0, True), (1, False), (90, False)])
@pytest.mark.parametrize("why", ["method", "found", "high before"])
def test_any_other_moderate_risk_is_assessed_the_same_day(why, days, cleared):
    answers = {"method": {"cssrs_2": True, "cssrs_3": True, "cssrs_4": False, "cssrs_5": False}}.get(why, {})
    more = {
        "found": [fact("risk_tier_found", "T2", ON, "Alice")],
        "high before": screener(ago(9), cssrs_2=True, cssrs_4=True),
    }
    a_case = case(*calm(ON, **LONG_AGO, **answers, full_risk_assessment_on=ago(days)), *more.get(why, []))
    assert not now(a_case).lifetime_only
    assert told(a_case)["CI-40"].cleared is cleared


def test_of_several_assessments_the_newest_counts_and_one_of_tomorrow_does_not():
    older = fact("full_risk_assessment_on", ago(200), ago(200), "letter")
    newer = fact("full_risk_assessment_on", ago(10), ago(10), "Alice")
    tomorrow = fact("full_risk_assessment_on", ON + timedelta(days=1), ON, "Bob")
    base = calm(ON, **LONG_AGO)
    assert told(case(*base, newer, older))["CI-40"].cleared
    assert "The last full assessment was 10 days ago" in told(case(*base, older, newer))["CI-40"].words
    assert not told(case(*base, tomorrow))["CI-40"].cleared
    assert (
        "The last full assessment was today"
        in told(case(*calm(ON, **LONG_AGO, full_risk_assessment_on=ON)))["CI-40"].words
    )


# --- the safety plan -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("plan", "result"), [(False, MET), (90, NOT), (91, MET), (None, UNKNOWN)])
def test_a_safety_plan_is_required_from_moderate_on_and_counts_for_ninety_days(plan, result):
    when = ago(plan) if isinstance(plan, int) and plan is not False else plan
    row = told(case(*calm(ON, **LONG_AGO, safety_plan_on=when)))["SUI-PLAN"]
    assert (row.result, row.effect, row.override) == (result, Effect.CLEAR, "P")
    assert row.missing == (("safety_plan_on",) if result is UNKNOWN else ())
    assert all(used.name == "safety_plan_on" for used in row.facts)


def test_a_missing_plan_is_told_while_the_tier_is_open_and_is_not_asked_for_at_low_risk():
    open_tier = told(case(*calm(ON, cssrs_2=True, cssrs_3=True, cssrs_4=None)))
    assert open_tier["SUI-PLAN"].result is MET
    assert open_tier["CI-40"].result is UNKNOWN
    low = told(case(*calm(ON, cssrs_1=True, safety_plan_on=None)))["SUI-PLAN"]
    assert (low.result, low.missing) == (NOT, ())
    not_asked = told(case(fact("safety_plan_on", False, ON)))["SUI-PLAN"]
    assert (not_asked.result, not_asked.missing[0]) == (UNKNOWN, "cssrs_1")
    in_date = told(case(fact("safety_plan_on", ON, ON)))["SUI-PLAN"]
    assert in_date.result is NOT
    neither = told(case())["SUI-PLAN"]
    assert neither.missing == ("cssrs_1", "cssrs_2", "cssrs_6", "imminent_risk", "safety_plan_on")


# --- scales ----------------------------------------------------------------------------------------------------------


def test_v7_item_9_without_a_screener_asks_for_one():
    scales = {name: value for name, value in VALUES.items() if not name.startswith(("cssrs", "imminent"))}
    facts = [fact(name, value, ON) for name, value in (scales | {"phq_9_item_9": Decimal(2)}).items()]
    reasons = told(case(*facts))
    assert (reasons["SUI-01"].result, reasons["SUI-01"].effect) == (MET, Effect.CLEAR)
    assert reasons["CI-40"].result is UNKNOWN


ITEMS = [
    ("SUI-01", "phq_9_item_9", 1, 0),
    ("SUI-03", "phq_9_item_9_rise", 1, 0),
    ("SUI-04", "madrs_item_10", 4, 3),
    ("SUI-04", "qids_item_12", 2, 1),
    ("SUI-04", "bss", 4, 3),
]


@pytest.mark.parametrize(("row", "name", "line", "below"), ITEMS)
def test_a_scale_at_its_line_asks_for_the_screener_until_one_is_asked_that_day_or_later(row, name, line, below):
    quiet = {key: None for key in VALUES if key.startswith(("cssrs", "imminent"))}
    assert told(case(*calm(ago(2), **quiet, **{name: Decimal(line)})))[row].result is MET
    assert told(case(*calm(ago(2), **quiet, **{name: Decimal(below)})))[row].result is NOT
    high = calm(ago(2), **quiet, **{name: Decimal(line)})
    assert told(case(*high, *screener(ago(3))))[row].result is MET, "asked before the scale"
    for day in (2, 1, 0):
        ended = told(case(*high, *screener(ago(day))))[row]
        assert ended.result is NOT
        assert "a person has asked the screener since" in ended.words
    unfinished = [known for known in screener(ago(1)) if known.name != "cssrs_2"]
    assert told(case(*high, *unfinished))[row].result is MET


def test_an_unknown_scale_asks_for_the_screener_and_not_for_the_scale():
    for row in ("SUI-01", "SUI-03", "SUI-04"):
        reason = told(case())[row]
        assert (reason.result, reason.missing) == (UNKNOWN, now(case()).to_ask)
        assert told(case(*screener(ON)))[row].result is NOT


def test_a_scale_without_a_day_is_taken_for_todays():
    undated = fact("phq_9_item_9_rise", Decimal(2), None)
    assert told(case(undated, *screener(ago(1))))["SUI-03"].result is MET
    assert told(case(undated, *screener(ON)))["SUI-03"].result is NOT
    ahead = fact("phq_9_item_9_rise", Decimal(2), ON + timedelta(days=3))
    assert told(case(ahead, *screener(ON)))["SUI-03"].result is NOT


@pytest.mark.parametrize(("days", "result"), [(14, MET), (15, UNKNOWN)])
def test_item_9_looks_back_two_weeks(days, result):
    assert told(case(fact("phq_9_item_9", Decimal(1), ago(days))))["SUI-01"].result is result


@pytest.mark.parametrize(("value", "tier"), [(5, T.T3), (6, T.T3), (4, T.TX)])
def test_madrs_item_10_of_five_counts_as_high_until_a_person_has_assessed(value, tier):
    scale = fact("madrs_item_10", Decimal(value), ago(2), "Alice")
    a_case = case(scale)
    assert now(a_case).tier is tier
    if tier is T.T3:
        assert "MADRS item 10 counts as T3 until a person has asked" in told(a_case)["CI-40"].words
        assert "madrs_item_10" in {used.name for used in told(a_case)["CI-40"].facts}
    assert now(case(scale, *screener(ON, cssrs_1=True))).tier is T.T1, "that assessment's tier rules"
    assert now(case(scale, *screener(ago(2)))).tier is T.TX
    assert now(case(scale, *screener(ago(3)))).tier is tier
    assert now(case(scale, fact("risk_tier_found", "T1", ago(1)))).tier is T.TX


def test_madrs_item_10_of_another_time():
    assert now(case(fact("madrs_item_10", Decimal(5), None))).tier is T.T3
    assert now(case(fact("madrs_item_10", Decimal(5), ON + timedelta(days=1)))).tier is T.TX
    assert now(case(fact("madrs_item_10", Decimal(5), ON), *screener(ago(1), imminent_risk=True))).tier is T.T4


def test_item_9_of_zero_beside_thoughts_is_a_mismatch_shown():
    row = told(case(*calm(ON, cssrs_2=True, cssrs_3=False, cssrs_4=False, cssrs_5=False)))["SUI-02"]
    assert (row.result, row.effect) == (MET, Effect.NOTE)
    assert told(case(*calm(ON)))["SUI-02"].result is NOT
    assert told(case(*calm(ON, cssrs_2=True, phq_9_item_9=Decimal(1))))["SUI-02"].result is NOT


def test_after_a_no_to_its_first_two_the_screener_asks_no_further():
    short = calm(ON, cssrs_3=None, cssrs_4=None, cssrs_5=None)
    row = told(case(*short))["SUI-02"]
    assert (row.result, row.missing) == (NOT, ())
    assert told(case(*short, fact("cssrs_4", True, ON)))["SUI-02"].result is MET, "answered all the same, it counts"
    for first in ("cssrs_1", "cssrs_2"):
        half = case(*calm(ON, cssrs_3=None, cssrs_4=None, cssrs_5=None, **{first: None}))
        assert "cssrs_3" in told(half)["SUI-02"].missing


# --- other signs -----------------------------------------------------------------------------------------------------

SIGNS = [
    ("SUI-05", "suicidal_words_on", None, Effect.CLEAR),
    ("SUI-06", "discharged_for_suicidality_on", 30, Effect.CAUTION),
    ("SUI-07", "loss_or_means_on", 30, Effect.CAUTION),
    ("SUI-08", "benefit_fading_on", 14, Effect.CAUTION),
    ("SUI-09", "ideation_worse_after_dose_on", None, Effect.STOP),
    ("SUI-10", "activation_on", 7, Effect.CLEAR),
]


@pytest.mark.parametrize(("row", "name", "within", "effect"), SIGNS)
def test_a_sign_met_not_met_unknown_and_at_its_last_day(row, name, within, effect):
    def result(value):
        return told(case(*calm(ON, **{name: value}), **at_dose()))[row]

    assert (result(ago(within or 400)).result, result(ON).effect) == (MET, effect)
    assert result(False).result is NOT
    assert (result(None).result, result(None).missing) == (UNKNOWN, (name,))
    if within:
        assert result(ago(within + 1)).result is NOT


def test_before_an_offer_nobody_is_asked_how_an_earlier_dose_went():
    assert "SUI-09" not in told(case())
    assert told(case())["SUI-08"].result is UNKNOWN
    assert told(case(fact("ideation_worse_after_dose_on", ago(1), ON)))["SUI-09"].result is MET
    assert told(case(**at_dose()))["SUI-09"].result is UNKNOWN


# --- word by word ----------------------------------------------------------------------------------------------------


def names(reason):
    return {used.name for used in reason.facts}


def test_a_moment_told_in_another_zone_is_still_of_the_clinics_day():
    evening = datetime.fromisoformat("2026-07-13T20:00:00-04:00")
    already_tomorrow_there = datetime.fromisoformat("2026-07-14T00:30:00+02:00")
    assert now(case(*calm(already_tomorrow_there), at=evening)).tier is T.T0
    scale = fact("phq_9_item_9", Decimal(2), already_tomorrow_there)
    asked_yesterday = screener(datetime.fromisoformat("2026-07-12T20:00:00-04:00"))
    assert told(case(scale, *asked_yesterday, at=evening))["SUI-01"].result is MET
    of_the_12th = fact("phq_9_item_9", Decimal(2), datetime.fromisoformat("2026-07-13T01:00:00+02:00"))
    assert told(case(of_the_12th, *asked_yesterday, at=evening))["SUI-01"].result is NOT
    assessed = calm(evening, **LONG_AGO, full_risk_assessment_on=date(2026, 7, 13))
    assert "was today" in told(case(*assessed, at=evening))["CI-40"].words


def test_what_the_tier_says():
    both = case(*screener(ago(40), **LONG_AGO), *screener(ago(9), cssrs_2=True, cssrs_4=True), *calm(ON, cssrs_1=True))
    assert now(both).words == (
        "T2 moderate: question 1: wish to be dead, or not to wake up; high on 05-Jul-2026, so moderate for 30 days; "
        "behaviour recorded before"
    )
    assert {"cssrs_1", "cssrs_6"} <= {used.name for used in now(both).facts}
    high = case(*screener(ago(9), **LONG_AGO, cssrs_2=True, cssrs_4=True), *calm(ON, cssrs_2=True, cssrs_5=True))
    assert now(high).words == "T3 high: question 5: a plan worked out, and intends to carry it out"
    lately = case(*calm(ON, cssrs_6=True, cssrs_6_within_3_months=True))
    assert now(lately).words == "T3 high: question 6, past 3 months: any of it in the past 3 months"
    two = case(*calm(ON, cssrs_1=True, cssrs_2=True))
    assert "question 1: wish to be dead, or not to wake up; question 2: thoughts" in now(two).words
    refused = case(fact("cssrs_refused", True, ON), fact("risk_tier_found", "T1", ON))
    assert now(refused).words == (
        "T1 low: screener not asked today; the patient refused the screener; a clinician found T1"
    )
    scale = case(fact("madrs_item_10", Decimal(5), ON))
    assert now(scale).words == "T3 high: MADRS item 10 counts as T3 until a person has asked"
    gap = case(*calm(ON, **SINCE))
    assert now(gap).words.endswith("the lifetime form is due first, or after a gap of more than 30 days")


def test_the_facts_behind_a_tier_are_its_yeses_and_findings_and_else_what_was_asked():
    assert names(told(case(*calm(ON, cssrs_1=True)))["CI-40"]) == {"cssrs_1"}
    asked = {"cssrs_1", "cssrs_2", "cssrs_6", "imminent_risk"}
    assert asked <= names(told(case(*calm(ON)))["CI-40"])
    two_days = case(*screener(ago(2), cssrs_2=True, cssrs_4=True), *screener(ago(1), cssrs_2=True, cssrs_5=True))
    assert names(told(two_days)["CI-40"]) == {"cssrs_2", "cssrs_4", "cssrs_5"}
    with_scale = case(*screener(ago(2), cssrs_2=True, cssrs_4=True), fact("madrs_item_10", Decimal(6), ON))
    assert names(told(with_scale)["CI-40"]) == {"cssrs_2", "cssrs_4", "madrs_item_10"}
    assessed = told(case(*calm(ON, **LONG_AGO, full_risk_assessment_on=ago(3))))["CI-40"]
    assert names(assessed) == {"cssrs_6", "full_risk_assessment_on"}


def test_what_is_known_asks_nothing_and_says_nothing_instead():
    carried = told(case(*screener(ago(1), cssrs_2=True, cssrs_4=True)))["CI-40"]
    assert (carried.result, carried.missing) == (MET, ())
    for settled in (told(case(*calm(ON)))["CI-40"], told(case(*calm(ON, cssrs_1=True)))["CI-40"]):
        assert (settled.missing, settled.alternative) == ((), "")
    unknown = told(case())["CI-40"]
    assert (unknown.effect, unknown.alternative) == (Effect.STOP, "")
    none = told(case(*calm(ON)))["CI-40"]
    assert (none.result, none.effect) == (NOT, Effect.STOP)
    for ended in (told(case(*screener(ON)))[row] for row in ("SUI-01", "SUI-03", "SUI-04")):
        assert ended.missing == ()
    high_scale = told(case(fact("phq_9_item_9", Decimal(2), ON)))["SUI-01"]
    assert (high_scale.result, high_scale.missing) == (MET, ())


def test_what_the_plan_row_says():
    words = {criterion.id: criterion.words for criterion in KNOWN.risk.criteria}["SUI-PLAN"]
    lacking = told(case(*calm(ON, **LONG_AGO)))["SUI-PLAN"]
    assert (lacking.words, lacking.missing) == (f"{words[MET]} (T2 moderate)", ())
    in_date = told(case(*calm(ON, **LONG_AGO, safety_plan_on=ON)))["SUI-PLAN"]
    assert (in_date.words, in_date.missing) == (words[NOT], ())
    open_tier = calm(ON, cssrs_2=True, cssrs_3=True, cssrs_4=None, safety_plan_on=None)
    assert told(case(*open_tier))["SUI-PLAN"].missing == ("safety_plan_on",), "moderate at least"
    assert told(case())["SUI-PLAN"].words == words[UNKNOWN]


@pytest.mark.parametrize(("plan_on", "result"), [(False, MET), (ON, NOT)])
def test_a_plan_row_that_is_settled_asks_nothing_though_the_tier_of_an_earlier_day_does(plan_on, result):
    """What is high from a day before stays certain while today's screener is still open."""
    carried = case(*screener(ago(1), cssrs_2=True, cssrs_4=True), fact("safety_plan_on", plan_on, ON))
    assert now(carried).to_ask
    row = told(carried)["SUI-PLAN"]
    assert (row.result, row.missing) == (result, ())
    assert names(row) == {"safety_plan_on"}


def test_what_an_assessment_too_old_is_called():
    late = told(case(*calm(ON, **LONG_AGO, full_risk_assessment_on=ago(91))))["CI-40"]
    assert late.words.endswith("The last full assessment was 91 days ago, which counts as absent")
    in_time = told(case(*calm(ON, **LONG_AGO, full_risk_assessment_on=ago(90))))["CI-40"]
    assert in_time.words.endswith("The last full assessment was 90 days ago")
    same_day = [fact("full_risk_assessment_on", ago(5), ago(5), who) for who in ("Alice", "Bob")]
    assert told(case(*calm(ON, **LONG_AGO), *same_day))["CI-40"].cleared, "two of one day are no contradiction"


def test_the_tier_stands_with_the_facts_of_the_case_and_beside_what_was_worked_out():
    asked_now = now(case(*calm(ON, cssrs_2=True, cssrs_3=True)))
    known = {known.name: known for known in risk.worked_out(case(), asked_now)}
    assert {name: known.value for name, known in known.items()} == {
        "risk_tier": "T2",
        "risk_t2_or_more": True,
        "risk_tier_today": "T2",
    }
    assert {known.known_at for known in known.values()} == {ON}


# --- properties ------------------------------------------------------------------------------------------------------

NAMES = [name for name in VALUES if name.startswith("cssrs_") and name[-1].isdigit()] + ["imminent_risk"]
someday = st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in NAMES})


@given(someday, someday, st.integers(0, 40), st.sampled_from(NAMES), st.booleans(), st.sampled_from([False, None]))
def test_a_worse_answer_on_any_day_never_lowers_what_is_certain(earlier, today, days, name, of_today, better):
    def standing(**worse):
        facts = [
            fact(key, value, on, "Alice")
            for on, answers in (
                (ago(days), earlier | ({} if of_today else worse)),
                (ON, today | (worse if of_today else {})),
            )
            for key, value in answers.items()
            if value is not None
        ]
        return now(case(*facts))

    (earlier if not of_today else today).pop(name)
    before, after = standing(**{name: better}), standing(**{name: True})
    if before.from_before and not after.from_before:
        assert after.at_least >= T.T2, "asked again to the end: what was high before is moderate at least"
    else:
        assert after.at_least >= before.at_least
        assert not (before.is_known and after.is_known and after.tier < before.tier)


@given(st.permutations(calm(ON, **LONG_AGO) + screener(ago(4), "Bob", cssrs_2=True, cssrs_4=True)))
def test_the_order_of_facts_never_matters(facts):
    reference = case(*calm(ON, **LONG_AGO), *screener(ago(4), "Bob", cssrs_2=True, cssrs_4=True))
    assert now(case(*facts)).tier is now(reference).tier
    assert {r.criterion: r.result for r in told(case(*facts)).values()} == {
        r.criterion: r.result for r in told(reference).values()
    }


# --- sheets ----------------------------------------------------------------------------------------------------------


def test_a_sheet_that_names_a_row_or_a_fact_it_lacks_is_refused():
    sheet = read_sheet(reader.knowledge._KNOWLEDGE / "risk-1.toml")
    stray = type(sheet)(sheet.header, sheet.sources, {**sheet.body, "after_a_dose": {"rows": ("SUI-99",)}})
    with pytest.raises(SheetRefused, match="SUI-99"):
        reader.risk_rows_from(stray, KNOWN.facts, risk_sheet())
    thinner = {name: kind for name, kind in KNOWN.facts.items() if name != "bss"}
    with pytest.raises(SheetRefused, match="bss: read here"):
        reader.risk_rows_from(sheet, thinner, risk_sheet())


# --- several days, several raters ------------------------------------------------------------------------------------


def high(on):
    """Some intention to act: T3."""
    return screener(on, cssrs_2=True, cssrs_4=True)


def test_a_milder_finding_of_the_same_day_leaves_its_high_screener_standing():
    carried = now(case(*high(ago(3)), fact("risk_tier_found", "T1", ago(3))))
    assert (carried.tier, carried.from_before) == (T.T3, True)


def test_of_two_high_days_the_graver_is_carried_and_the_newer_is_told():
    imminent = screener(ago(6), imminent_risk=True)
    assert now(case(*imminent, *high(ago(2)))).tier is T.T4
    assert "high on 12-Jul-2026, so moderate" in now(case(*high(ago(6)), *high(ago(2)), *calm(ON))).words


def test_a_refusal_that_nobody_decided_answers_no_scale():
    refused = case(fact("cssrs_refused", True, ON), fact("phq_9_item_9", Decimal(1), ON))
    assert now(refused).screened_on is None
    assert told(refused)["SUI-01"].result is MET


def test_the_newest_screener_counts_as_the_last_one():
    assert now(case(*screener(ago(9)), *screener(ago(1)))).screened_on == ago(1)


def test_the_form_since_the_last_visit_follows_the_newest_screener_not_the_oldest():
    a_case = case(*calm(ago(400)), *calm(ago(10)), *calm(ON, cssrs_form="since last visit"))
    assert now(a_case).tier is T.T0


def test_a_high_scale_is_answered_by_whoever_asked_to_the_end_after_it():
    scale = fact("madrs_item_10", Decimal(5), ago(5), "MADRS")
    assert now(case(*screener(ago(9)), scale)).tier is T.T3, "asked before it"
    assert now(case(*screener(ago(9)), scale, *screener(ago(1)))).tier is T.TX, "asked after it, and not today"
    assert now(case(scale, *screener(ago(1), cssrs_2=None))).tier is T.T3, "after it, but not to the end"


def test_the_newest_of_several_scales_asks_for_the_screener_anew():
    scales = (fact("madrs_item_10", Decimal(4), ago(5)), fact("bss", Decimal(5), ON))
    assert told(case(*scales, *screener(ago(2))))["SUI-04"].result is MET
    assert told(case(*scales, *screener(ON)))["SUI-04"].result is NOT


def test_behaviour_told_today_is_not_told_as_recorded_before():
    today = now(case(*calm(ON, **LONG_AGO)))
    assert today.tier is T.T2
    assert "behaviour recorded before" not in today.words
    assert "behaviour recorded before" in now(case(*calm(ago(60), **LONG_AGO), *calm(ON))).words


def test_a_scale_counts_for_two_weeks():
    assert told(case(fact("bss", Decimal(5), ago(14))))["SUI-04"].result is MET
    assert told(case(fact("bss", Decimal(5), ago(15))))["SUI-04"].result is UNKNOWN


@pytest.mark.parametrize(
    ("name", "value", "days", "tier"),
    [
        ("intoxicated_or_withdrawing", True, 0, T.T4),
        ("intoxicated_or_withdrawing", False, 0, T.T3),
        ("intoxicated_or_withdrawing", True, 1, T.T3),
        ("breath_alcohol_percent", Decimal("0.5"), 0, T.T4),
        ("breath_alcohol_percent", Decimal(0), 0, T.T3),
    ],
)
def test_high_risk_in_a_person_intoxicated_today_is_imminent(name, value, days, tier):
    said = fact(name, value, ago(days))
    assert now(case(*screener(ON, cssrs_2=True, cssrs_4=True), said)).tier is tier
    assert now(case(*screener(ON, cssrs_2=True, cssrs_3=True), said)).tier is T.T2


def test_rul_07_what_was_high_before_is_no_tier_of_today():
    high = case(*screener(ago(9), cssrs_2=True, cssrs_4=True))
    names = [one.name for one in risk.worked_out(high, now(high))]
    assert names == ["risk_tier", "risk_t2_or_more"]
    today = case(*screener(ON, cssrs_2=True, cssrs_4=True))
    assert "risk_tier_today" in [one.name for one in risk.worked_out(today, now(today))]


def test_rul_07_what_lifts_a_danger_lasts_its_day_and_what_lifts_a_missing_plan_as_long_as_a_plan():
    days = {one.criterion: one.valid_days for one in risk.reasons(case(*calm(ON)), KNOWN)}
    assert days.pop("SUI-PLAN") > 0
    days.pop(risk.REVIEWED, None)
    assert set(days.values()) == {0}


def test_a_no_of_yesterday_passes_over_no_question_of_today():
    opening = [one for one in screener(ON) if one.name in ("cssrs_1", "cssrs_2")]
    assert risk._passed_over(case(*opening))
    assert not risk._passed_over(case(*[structs.replace(one, known_at=ago(1)) for one in opening]))
