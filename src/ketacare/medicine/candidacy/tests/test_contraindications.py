"""Contraindications as rows: outcomes, routes, tests that are owed, and what the words tell."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.rules import words
from ketacare.medicine.candidacy.terms import TakenMedicine
from ketacare.medicine.candidacy.tests.given import ON
from ketacare.medicine.candidacy.tests.ordinary import a_fact, ago, judged, ordinary, reason
from ketacare.medicine.evidence.terms import (
    Compare,
    Comparison,
    Criterion,
    Effect,
    Every,
    FactUsed,
    Grade,
    Not,
    Outcome,
    Result,
    Within,
)


def found(decision, criterion):
    one = reason(decision, criterion)
    return str(one.result), str(one.effect), one.override


QUETIAPINE = (TakenMedicine("quetiapine", "", Decimal(300), False, Decimal(12), 60),)

# --- required patients -----------------------------------------------------------------------------------------------


def test_v4_bipolar_on_a_stabiliser_is_the_prescribers_clearance():
    told = ordinary(diagnosis="bipolar depression", mood_stabiliser_since=ago(42), ymrs=3, qt_drug=True)
    decision = judged(told, medicines=QUETIAPINE)
    assert decision.outcome is Outcome.WARN
    assert found(decision, "IND-04") == ("met", "needs clearance", "P")
    assert reason(decision, "CI-33").result is Result.NOT_MET


@pytest.mark.parametrize(("days", "result"), [(27, "met"), (28, "not met")])
def test_rul_14_four_weeks_count_from_the_first_day_at_that_dose(days, result):
    told = ordinary(diagnosis="bipolar depression", mood_stabiliser_since=ago(days))
    decision = judged(told, medicines=QUETIAPINE)
    assert reason(decision, "CI-33").result == result


def test_rd_03_an_escort_by_phone_only_is_the_prescribers_decision():
    """CI-70: no named escort stops; treatment.md RD-03: reached by phone only, the prescriber decides."""
    decision = judged(ordinary(escort="by phone"), dose=True)
    assert (decision.outcome, decision.permits) == (Outcome.WARN, False)
    assert found(decision, "CI-70") == ("met", "needs clearance", "P")
    assert reason(decision, "CI-70").words.startswith("Escort reached by phone only")
    for stops in ({"escort": "none"}, {"escort": "by phone", "plans_to_drive": True}):
        assert found(judged(ordinary(**stops), dose=True), "CI-70") == ("met", "stop", "none")
    assert judged(ordinary(escort=None), dose=True).outcome is Outcome.UNKNOWN


def test_v5_mania_stops_and_nobody_may_override():
    decision = judged(ordinary(diagnosis="bipolar depression", mania_now=True, ymrs=16, mood_stabiliser_since=ago(90)))
    assert decision.outcome is Outcome.STOP
    assert found(decision, "CI-32") == ("met", "stop", "none")
    assert found(decision, "IND-04") == ("met", "stop", "none")


def test_v9_an_aneurysm_by_route():
    told = ordinary(aneurysmal_vascular_disease=True, aneurysm_repaired=False)
    for route, label in (("IN", "label"), ("IV", "house")):
        decision = judged(told, route=route)
        assert found(decision, "CI-01") == ("met", "stop", "none")
        assert reason(decision, "CI-01").label_or_house == label
    assert "only once the aneurysm is repaired" in reason(judged(told, route="SL"), "CI-01").words
    repaired = ordinary(aneurysmal_vascular_disease=True, aneurysm_repaired=True)
    assert found(judged(repaired, route="IM"), "CI-01") == ("met", "stop", "P+spec")
    assert found(judged(repaired, route="IN"), "CI-01") == ("met", "stop", "none")


def test_an_aneurysm_of_which_nobody_knows_whether_it_is_repaired_stops_all_the_same():
    decision = judged(ordinary(aneurysmal_vascular_disease=True, aneurysm_repaired=None))
    assert found(decision, "CI-01") == ("met", "stop", "none")
    asked = judged(ordinary(aneurysmal_vascular_disease=None, aneurysm_repaired=None))
    assert asked.missing == ("aneurysmal_vascular_disease",)


def test_while_the_route_is_open_the_words_say_by_which():
    decision = judged(ordinary(aneurysmal_vascular_disease=True, aneurysm_repaired=True), route=None)
    told = reason(decision, "CI-01")
    assert told.words.startswith("By IN: Aneurysmal vascular disease: a rise of blood pressure could rupture it.")
    assert ". By IV, IM or SL: Aneurysmal vascular disease, repaired" in told.words
    assert (told.override, told.routes) == ("none", ("IN",))
    one = judged(ordinary(aneurysmal_vascular_disease=True), route="IN")
    assert not reason(one, "CI-01").words.startswith("By")


def test_v10_a_heart_attack_30_days_ago_stops_and_says_until_when():
    decision = judged(ordinary(cardiovascular_event_on=ago(30)))
    assert decision.outcome is Outcome.STOP
    assert found(decision, "CI-05") == ("met", "stop", "P+spec")
    assert "Counts until 26-Jul-2026" in reason(decision, "CI-05").words
    assert found(judged(ordinary(cardiovascular_event_on=ago(30)), route="IN"), "CI-05")[2] == "none"


def test_v11_a_heart_attack_43_days_ago_needs_a_letter_that_counts_90_days():
    decision = judged(ordinary(cardiovascular_event_on=ago(43)))
    assert decision.outcome is Outcome.WARN
    assert reason(decision, "CI-05").result is Result.NOT_MET
    assert found(decision, "CI-07") == ("met", "needs clearance", "P+spec")
    assert reason(decision, "CI-07").valid_days == 90
    old = judged(ordinary(cardiovascular_event_on=ago(366)))
    assert reason(old, "CI-07").valid_days == 365


def test_rul_17_a_stroke_of_long_ago_by_route():
    told = ordinary(stroke_or_tia_on=ago(91))
    assert found(judged(told, route="IV"), "CI-06") == ("met", "stop", "P+spec")
    assert found(judged(told, route="IN"), "CI-06") == ("met", "needs clearance", "P+spec")
    assert found(judged(ordinary(stroke_or_tia_on=ago(90)), route="IN"), "CI-06")[1] == "stop"
    either = reason(judged(told, route=None), "CI-06")
    assert either.effect is Effect.STOP
    assert ". By IN: Stroke or TIA in the past" in either.words


def test_v16_a_pregnancy_test_counts_seven_days_before_the_first_dose():
    told = {"childbearing_potential": True, "contraception": True}
    old = ordinary(**told, pregnancy_test=None).with_(a_fact("pregnancy_test", "negative", 10))
    decision = judged(old)
    assert decision.outcome is Outcome.UNKNOWN
    assert decision.missing == ("pregnancy_test",)
    assert judged(old.with_(a_fact("first_of_series", False, settles=True))).outcome is Outcome.PERMIT


@pytest.mark.parametrize("first", [True, False])
def test_h14_a_positive_pregnancy_test_counts_until_somebody_rules(first):
    known = ordinary(childbearing_potential=True, first_of_series=first, pregnancy_test=None).with_(
        a_fact("pregnancy_test", "positive", 60, source="A positive test")
    )
    assert found(judged(known), "CI-50")[:2] == ("met", "stop")
    later = known.with_(a_fact("pregnancy_test", "negative", 1))
    row = reason(judged(later), "CI-50")
    assert row.result is Result.UNKNOWN
    assert {fact.value for fact in row.facts} >= {"positive", "negative"}
    ruled = later.with_(a_fact("pregnancy_test", "negative", source="Clinician", settles=True))
    assert reason(judged(ruled), "CI-50").result is Result.NOT_MET


@pytest.mark.parametrize(
    ("test", "age", "outcome"),
    [("negative", 7, "permit"), ("positive", 7, "stop"), ("negative", 8, "unknown"), (None, 0, "unknown")],
)
def test_ci_50_before_the_first_dose(test, age, outcome):
    known = ordinary(childbearing_potential=True, pregnancy_test=None)
    decision = judged(known.with_(a_fact("pregnancy_test", test, age)) if test else known)
    assert decision.outcome == outcome


def test_ci_50_within_a_series_and_when_a_period_is_late():
    told = {"childbearing_potential": True, "first_of_series": False, "pregnancy_test": None}

    def outcome(age, **more):
        known = ordinary(**told, **more).with_(a_fact("pregnancy_test", "negative", age))
        return judged(known, dose=True).outcome

    assert (outcome(30), outcome(31)) == (Outcome.PERMIT, Outcome.UNKNOWN)
    assert outcome(1, period_late_over_7_days=True) is Outcome.UNKNOWN
    assert outcome(0, period_late_over_7_days=True) is Outcome.PERMIT


def test_rul_02_a_test_that_nobody_owes_holds_nothing_back_but_counts_where_it_was_done():
    nobody_asked = ordinary(childbearing_potential=None, pregnancy_test=None)
    assert set(judged(nobody_asked).missing) == {"pregnancy_test"}
    asked = {name for one in judged(nobody_asked).reasons for name in one.missing}
    assert asked == {"childbearing_potential", "pregnancy_test"}
    assert judged(ordinary(childbearing_potential=False, pregnancy_test=None)).outcome is Outcome.PERMIT
    positive = judged(ordinary(childbearing_potential=False, pregnancy_test="positive"))
    assert found(positive, "CI-50")[0] == "met"
    done = judged(ordinary(childbearing_potential=None, pregnancy_test="negative"))
    assert reason(done, "CI-50").result is Result.NOT_MET


def test_v19_seventeen_stops_and_names_the_path():
    decision = judged(ordinary(age_years=17, guardian_consent=True))
    assert decision.outcome is Outcome.STOP
    assert found(decision, "CI-66") == ("met", "stop", "P+MD+guardian+spec")
    assert reason(decision, "ADO-01").result is Result.MET


def test_v20_psychosis_in_a_brother_asks_when_it_was_last_screened():
    decision = judged(ordinary(psychosis_in_relative=True))
    assert decision.outcome is Outcome.WARN
    assert found(decision, "CI-31") == ("met", "needs clearance", "P")
    assert "when was psychosis last screened?" in reason(decision, "CI-31").words


def test_v21_a_pulse_of_108_is_a_caution():
    decision = judged(ordinary(pulse_per_min=108), dose=True)
    assert found(decision, "CI-11") == ("met", "caution", "P")
    assert found(judged(ordinary(pulse_per_min=111), dose=True), "CI-11")[1] == "needs clearance"
    assert decision.outcome is Outcome.WARN
    assert not decision.needs_clearance


@pytest.mark.parametrize(
    ("route", "hours", "words"),
    [
        ("IN", "1.5", "wait 30 min"),
        ("IV", "3.25", "wait 2 h 45 min"),
        ("IV", "5", "wait 1 h"),
        ("SL", "1.99", "wait 1 min"),
        ("IN", "2", None),
        ("IV", "6", None),
    ],
)
def test_v22_food_too_recent_says_how_long_to_wait(route, hours, words):
    decision = judged(ordinary(hours_since_solids=hours), dose=True, route=route)
    told = reason(decision, "CI-68")
    assert told.result is (Result.MET if words else Result.NOT_MET)
    assert words is None or told.words.endswith(words)
    assert decision.needs_clearance is (words is not None)


def test_not_lately_is_longer_ago_than_any_line():
    told = ordinary(hours_since_solids=False, hours_since_clear_fluids=False)
    assert judged(told, dose=True).outcome is Outcome.PERMIT


@pytest.mark.parametrize("change", [{"escort": "none"}, {"plans_to_drive": True}])
def test_v24_no_escort_or_driving_stops_and_nobody_may_override(change):
    decision = judged(ordinary(**change), dose=True)
    assert decision.outcome is Outcome.STOP
    assert found(decision, "CI-70") == ("met", "stop", "none")
    assert all(one.criterion != "CI-70" for one in judged(ordinary(**change)).reasons)


def test_v25_alcohol_in_the_breath_stops():
    decision = judged(ordinary(breath_alcohol_percent="0.03"), dose=True)
    assert decision.outcome is Outcome.STOP
    assert found(decision, "CI-38") == ("met", "stop", "P")
    assert found(judged(ordinary(alcohol_units_per_week=21)), "CI-38")[1] == "caution"


def test_v27_liver_enzymes_over_three_times_the_limit_need_clearance():
    decision = judged(ordinary(alt_times_uln="3.625"), route="SL")
    assert decision.outcome is Outcome.WARN
    assert found(decision, "CI-55") == ("met", "needs clearance", "P")
    assert reason(judged(ordinary(alt_times_uln=3), route="SL"), "CI-55").result is Result.NOT_MET


def test_by_nose_liver_tests_are_owed_only_with_liver_disease():
    told = dict.fromkeys(("alt_times_uln", "ast_times_uln", "alp_times_uln", "bilirubin_times_uln"))
    assert judged(ordinary(**told), route="IN").outcome is Outcome.PERMIT
    assert judged(ordinary(**told), route="IV").outcome is Outcome.UNKNOWN
    assert judged(ordinary(**told, liver_disease=True), route="IN").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("often", "days", "result"),
    [
        (True, 90, Result.NOT_MET),
        (True, 91, Result.UNKNOWN),
        (False, 91, Result.NOT_MET),
        (False, 180, Result.NOT_MET),
        (False, 181, Result.UNKNOWN),
        (None, 91, Result.UNKNOWN),
    ],
)
def test_ci_55_by_vein_more_than_once_a_week_liver_tests_count_90_days(often, days, result):
    """As the workup's WK-07, and on the dosing day, when the workup is not asked."""
    told = ordinary(alp_times_uln=None, first_of_series=False, more_than_one_dose_a_week=often)
    found = reason(judged(told.with_(a_fact("alp_times_uln", 1, days)), dose=True, route="IV"), "CI-55")
    assert (found.result, found.effect) == (result, Effect.CLEAR)


def test_v28_blood_and_urgency_stop_the_course():
    told = ordinary(haematuria=True, bladder_symptoms="unexplained", first_of_series=False)
    decision = judged(told, dose=True, route="SL")
    assert decision.outcome is Outcome.STOP
    assert found(decision, "CI-59") == ("met", "stop", "P+spec")
    assert found(judged(ordinary(bladder_symptoms="treated infection")), "CI-59")[1] == "caution"
    assert found(judged(ordinary(ketamine_cystitis=True)), "CI-59")[1] == "needs clearance"


# --- how outcomes of one row meet ---


def test_a_milder_outcome_that_is_met_does_not_hide_a_severer_one_that_is_open():
    decision = judged(ordinary(haematuria=None, bladder_symptoms="treated infection"))
    assert decision.outcome is Outcome.UNKNOWN
    assert found(decision, "CI-59")[:2] == ("unknown", "stop")
    assert decision.missing == ("haematuria",)


def test_an_open_caution_is_asked_and_holds_nothing_back():
    decision = judged(ordinary(flashback_or_panic_on=None))
    assert decision.outcome is Outcome.PERMIT
    assert (reason(decision, "CI-43").result, reason(decision, "CI-43").missing) == (
        Result.UNKNOWN,
        ("flashback_or_panic_on",),
    )


def test_psychosis_may_be_overridden_for_psychotic_depression_only():
    assert found(judged(ordinary(active_psychosis=True)), "CI-30")[2] == "none"
    psychotic = {"active_psychosis": True, "diagnosis": "psychotic depression"}
    assert found(judged(ordinary(**psychotic, inpatient=True)), "CI-30") == ("met", "stop", "P+MD")
    for elsewhere in (False, None):
        assert found(judged(ordinary(**psychotic, inpatient=elsewhere)), "CI-30") == ("met", "stop", "none")


def test_a_sedating_opioid_counts_with_untreated_sleep_apnoea_as_any_other():
    apnoea = ordinary(sleep_apnoea="untreated")
    for opioid in ("tramadol", "meperidine", "oxycodone"):
        assert found(judged(apnoea, medicines=(taken(opioid),)), "CI-61")[:2] == ("met", "needs clearance"), opioid


def test_rul_03_some_facts_are_asked_again_on_each_dosing_day():
    yesterday = ordinary(active_psychosis=None).with_(a_fact("active_psychosis", False, 1))
    assert reason(judged(yesterday), "CI-30").result is Result.NOT_MET
    assert reason(judged(yesterday, dose=True), "CI-30").result is Result.UNKNOWN


# --- what the medicines mean ---


def taken(name, **more):
    return TakenMedicine(name, **more)


@pytest.mark.parametrize(
    ("medicines", "effect"),
    [
        ((), "caution"),
        ((taken("zolpidem"),), "needs clearance"),
        ((taken("sertraline"),), "caution"),
    ],
)
def test_ci_61_untreated_apnoea_needs_clearance_beside_a_sedative(medicines, effect):
    decision = judged(ordinary(sleep_apnoea="untreated"), medicines=medicines)
    assert found(decision, "CI-61")[:2] == ("met", effect)


@pytest.mark.parametrize("medicines", [None, (taken("the blue one"),)])
def test_ci_61_asks_for_the_medicines_where_they_tell_nothing(medicines):
    told = reason(judged(ordinary(sleep_apnoea="untreated"), medicines=medicines), "CI-61")
    assert (told.result, told.missing) == (Result.UNKNOWN, ("medicines",))
    assert told.words.endswith("(medicines: not all known)")
    known = judged(ordinary(sleep_apnoea="untreated"), medicines=(taken("the blue one"), taken("zolpidem")))
    assert reason(known, "CI-61").result is Result.MET


@pytest.mark.parametrize(
    ("medicines", "result"), [((), "not met"), ((taken("methylphenidate"),), "met"), (None, "unknown")]
)
def test_bp_10_a_medicine_that_raises_pressure_asks_for_closer_readings(medicines, result):
    assert reason(judged(medicines=medicines), "BP-10").result == result


def test_words_that_follow_from_several_readings():
    """A day and a wait in one sentence, each from its own reading; a reading of another kind fills in nothing."""
    since = Within("head_injury_on", 10)
    fasting = Compare("hours_since_solids", Comparison.UNDER, Decimal(2), "h")
    condition = Every((since, fasting, Not(Compare("dementia", Comparison.IS, True))))
    told = {Result.MET: "until {until}, wait {wait}"}
    row = Criterion("X", "X", Effect.CLEAR, condition, (), Grade.D, words=told)
    facts = [
        FactUsed("head_injury_on", ago(3), None, 0, "t"),
        FactUsed("hours_since_solids", Decimal("0.5"), "h", 0, "t"),
        FactUsed("dementia", False, None, 0, "t"),
    ]
    assert words.met(row, facts, ON) == "until 21-Jul-2026, wait 1 h 30 min"


def test_a_moment_counts_days_as_a_day_does():
    at = datetime(2026, 7, 14, 9, 0, tzinfo=UTC)
    decision = judged(ordinary(cardiovascular_event_on=ago(42)), at=at)
    assert "Counts until 14-Jul-2026" in reason(decision, "CI-05").words
