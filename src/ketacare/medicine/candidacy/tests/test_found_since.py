"""A clearance lifts what it was given for: no severer part of its row, nothing found since, nothing newer."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from msgspec import structs

from ketacare.medicine.candidacy.reader.case import _clearance, case_schema
from ketacare.medicine.candidacy.reader.fields import Fault
from ketacare.medicine.candidacy.rules.found_since import as_old, found_since
from ketacare.medicine.candidacy.terms import Clearance, Signatures
from ketacare.medicine.candidacy.tests.given import ON
from ketacare.medicine.candidacy.tests.ordinary import SHEET, a_case, a_fact, judged, on_record, ordinary, reason
from ketacare.medicine.candidacy.tests.test_medicines import took
from ketacare.medicine.evidence.terms import Effect, Facts, Result

SERIES = {"first_of_series": False}


def given(criterion, signatures="P+spec", ago=20, **more):
    return Clearance(criterion, Signatures(signatures), ON - timedelta(days=ago), **more)


def told(change, clearance, *, since=0, **more):
    """With what is changed told so many days ago as well as today."""
    return reason(judged(on_record(since, **change), clearances=(clearance,), **more), clearance.criterion)


MILD_AND_GRAVE = [
    ("CI-07", "P+spec", {"coronary_disease": "stable"}, {"coronary_disease": "unstable angina"}, 20),
    ("CI-08", "P+spec", {"heart_failure": "NYHA II"}, {"heart_failure": "decompensated"}, 20),
    ("CI-21", "P+spec", {"glaucoma": "chronic"}, {"glaucoma": "acute"}, 20),
    ("CI-56", "P+spec", {"thyroid": "treated"}, {"thyroid": "thyrotoxicosis"}, 20),
    ("CI-59", "P+spec", {"ketamine_cystitis": True}, {"haematuria": True}, 20),
    ("CI-63", "P", {"spo2_percent": 92}, {"spo2_percent": 86}, 0),
    ("CI-37", "P+MD", {"substance_use_disorder": True}, {"intoxicated_or_withdrawing": True}, 0),
]


@pytest.mark.parametrize(("row", "by", "mild", "grave", "ago"), MILD_AND_GRAVE)
def test_h14_a_letter_for_the_milder_part_of_a_row_does_not_lift_its_stop(row, by, mild, grave, ago):
    letter = given(row, by, ago)
    milder = told(mild, letter, since=25, dose=True)
    assert milder.cleared, milder.words
    graver = told(mild | grave, letter, since=25, dose=True)
    assert (graver.effect, graver.cleared) == (Effect.STOP, False)
    assert graver.words.endswith("was not given for this stop")
    for_the_stop = given(row, by, ago=0, given_for=Effect.STOP)
    assert told(mild | grave, for_the_stop, dose=True).cleared
    assert told(mild, for_the_stop, dose=True).cleared


def test_h14_what_says_that_it_was_given_for_something_milder_lifts_no_stop():
    above = {"home_sbp_mmhg": 178}
    assert told(above, given("CI-17", ago=0)).cleared
    assert not told(above, given("CI-17", ago=0, given_for=Effect.CLEAR)).cleared


def with_history(name, *values, **change):
    """The same candidate, with what was told of one fact so many days ago."""
    others = [fact for fact in ordinary(**change) if fact.name != name]
    return Facts([*others, *(a_fact(name, value, days) for value, days in values)])


@pytest.mark.parametrize(
    ("row", "by", "name", "values", "lifts"),
    [
        ("CI-17", "P+spec", "home_sbp_mmhg", [(152, 25), (178, 0)], False),
        ("CI-17", "P+spec", "home_sbp_mmhg", [(178, 25), (152, 0)], True),
        ("CI-17", "P+spec", "home_sbp_mmhg", [(152, 25), (152, 0)], True),
        ("CI-17", "P+spec", "home_sbp_mmhg", [(152, 0)], True),
        ("CI-12", "P", "qtc_ms", [(520, 0)], True),
        ("CI-37", "P+MD", "dsm_substance_criteria", [(5, 25), (5, 0)], True),
        ("CI-37", "P+MD", "dsm_substance_criteria", [(5, 0)], False),
        ("CI-34", "P+MD", "moca", [(17, 25), (15, 0)], False),
        ("CI-34", "P+MD", "moca", [(15, 25), (17, 0)], True),
        ("CI-34", "P+MD", "moca", [(17, 25), (17, 0)], True),
        ("CI-21", "P+spec", "glaucoma", [("none", 25), ("chronic", 0)], False),
        ("CI-21", "P+spec", "glaucoma", [("chronic", 25), ("chronic", 0)], True),
        ("CI-21", "P+spec", "glaucoma", [("chronic", 0)], False),
        ("CI-18", "P+spec", "head_injury_on", [({"event_days_ago": 30}, 0)], False),
        ("CI-18", "P+spec", "head_injury_on", [({"event_days_ago": 30}, 25), ({"event_days_ago": 30}, 0)], True),
        ("CI-18", "P+spec", "head_injury_on", [({"event_days_ago": 30}, 25), ({"event_days_ago": 22}, 0)], False),
        ("CI-18", "P+spec", "head_injury_on", [(False, 25), ({"event_days_ago": 22}, 0)], False),
        ("CI-53", "P+spec", "child_pugh", [("C", 0)], False),
    ],
)
def test_h14_what_was_found_since_and_is_worse_or_new_is_not_lifted(row, by, name, values, lifts):
    letter = given(row, by, given_for=Effect.STOP)
    found = reason(judged(with_history(name, *values), clearances=(letter,)), row)
    assert (found.result, found.cleared) == (Result.MET, lifts), found.words
    assert lifts or found.words.endswith(f"is older than what was found on {ON:%d-%b-%Y}: ask again")


@pytest.mark.parametrize(("row", "by", "mild", "grave", "ago"), MILD_AND_GRAVE[:5])
def test_h14_a_letter_from_before_anybody_told_of_what_it_clears_lifts_nothing(row, by, mild, grave, ago):
    """A letter cannot have known what was found later, even where nothing else was on record when it was written."""
    for change in (mild, grave):
        letter = given(row, by, ago, given_for=Effect.STOP)
        found = told(change, letter, since=ago - 1)
        assert (found.result, found.cleared) == (Result.MET, False)
        assert found.words.endswith(f"is older than what was found on {ON:%d-%b-%Y}: ask again")
        assert told(change, letter, since=ago).cleared, "told on the day of the letter"


def test_h14_what_has_no_day_is_as_new_as_the_case():
    others = [fact for fact in ordinary(mdq_interview_done=False) if fact.name != "mdq_positive"]
    undated = structs.replace(a_fact("mdq_positive", True), known_at=None)
    before = a_fact("mdq_interview_done", False, 25)
    for ago, lifts in ((20, False), (0, True)):
        found = judged(Facts([*others, before, undated]), clearances=(given("MDQ-01", "P", ago),))
        assert reason(found, "MDQ-01").cleared is lifts
    dated = a_fact("mdq_positive", True, 25)
    found = judged(Facts([*others, before, dated, undated]), clearances=(given("MDQ-01", "P"),))
    assert reason(found, "MDQ-01").cleared


def test_h14_a_class_worked_out_of_values_that_are_measured_again_is_no_new_finding():
    worst = {"bilirubin_umol_l": 60, "albumin_g_l": 20, "inr": 3, "ascites": "moderate", "encephalopathy": "grade 1-2"}
    letter = given("CI-53", "P+spec")
    for since, lifts in ((25, True), (19, False)):
        found = told(worst | {"child_pugh": None}, letter, since=since)
        assert (found.result, found.cleared) == (Result.MET, lifts), found.words


def test_h7_sleep_apnoea_beside_a_sedative_is_cleared_for_the_sedatives_of_that_day():
    apnoea = {"sleep_apnoea": "untreated", "stop_bang": 6}

    def found(*medicines, ago=20):
        return told(SERIES | apnoea, given("CI-61", "P", ago), since=25, medicines=medicines)

    taken = took("zolpidem", 13, as_needed=False, days=30)
    assert found(taken).cleared
    assert not found(replace(taken, stable_days=10)).cleared, "begun since"
    assert not found(replace(taken, stable_days=None)).cleared, "nobody knows since when"
    assert found(replace(taken, stable_days=None), ago=0).cleared


def test_h14_of_several_findings_since_the_newest_is_named():
    found = reason(
        judged(with_history("moca", (17, 25), (16, 9), (15, 0)), clearances=(given("CI-34", "P+MD"),)), "CI-34"
    )
    assert f"is older than what was found on {ON:%d-%b-%Y}" in found.words


@pytest.mark.parametrize(
    ("row", "by", "then", "since"),
    [
        ("CI-18", "P+spec", {"head_injury_on": {"event_days_ago": 40}}, {"raised_intracranial_pressure": True}),
        ("CI-59", "P+spec", {"bladder_symptoms": "unexplained"}, {"haematuria": True}),
        ("CI-55", "P", {"alt_times_uln": 3.5}, {"bilirubin_times_uln": 6}),
    ],
)
def test_h14_what_nobody_had_asked_when_it_was_given_is_not_lifted_with_what_it_was_given_for(row, by, then, since):
    rest = [fact for fact in ordinary() if fact.name not in then | since]
    letter = given(row, by, given_for=Effect.STOP)

    def found(then_ago, since_ago):
        facts = [*(a_fact(*one, then_ago) for one in then.items()), *(a_fact(*one, since_ago) for one in since.items())]
        return reason(judged(Facts([*rest, *facts]), clearances=(letter,)), row)

    assert found(25, 22).cleared, "both were on record"
    assert found(5, 5).cleared is (row == "CI-55"), "nothing was: only what is measured anew may have been known"
    assert not found(20, 0).cleared, "what it was given for was told on its own day"
    untold = found(25, 0)
    assert not untold.cleared
    assert "is older than what was found on" in untold.words


@pytest.mark.parametrize(
    ("row", "name", "value"),
    [("WK-06", "urine_drug_screen", "unexpected finding"), ("WK-08", "urinalysis", "other finding")],
)
def test_h14_a_finding_of_a_test_is_cleared_only_after_it(row, name, value):
    for done, cleared, lifts in ((0, 1, False), (5, 6, False), (5, 4, True), (0, 0, True)):
        found = judged(with_history(name, (value, done)), clearances=(given(row, "P", cleared),))
        assert reason(found, row).cleared is lifts


DANGERS = [
    ("SUI-05", "P", {"suicidal_words_on": {"event_days_ago": 0}}, Effect.CLEAR),
    ("SUI-10", "P", {"activation_on": {"event_days_ago": 0}}, Effect.CLEAR),
    ("CI-40", "P", {"cssrs_2": True, "cssrs_3": True, "risk_tier_found": None}, Effect.CLEAR),
]


@pytest.mark.parametrize(("row", "by", "change", "effect"), DANGERS)
def test_h14_a_danger_of_suicide_is_cleared_for_the_day_alone(row, by, change, effect):
    for ago in (1, 10, 60, 200):
        found = told(SERIES | change, given(row, by, ago), dose=True)
        assert (found.effect, found.cleared) == (effect, False), found.words
    assert told(SERIES | change, given(row, by, 0), dose=True).cleared


def test_h14_what_two_signed_about_one_worsening_is_not_about_the_next():
    worse = "ideation_worse_after_dose_on"
    for told_ago, cleared_ago, lifts in ((1, 100, False), (1, 2, False), (3, 3, True), (3, 1, True), (0, 1, False)):
        known = with_history(worse, ({"event_days_ago": told_ago}, told_ago), **SERIES)
        found = judged(known, clearances=(given("SUI-09", "P+MD", cleared_ago),), dose=True)
        assert reason(found, "SUI-09").cleared is lifts
    assert reason(found, "SUI-09").effect is Effect.STOP


def test_h14_a_missing_safety_plan_is_cleared_no_longer_than_a_plan_counts():
    change = {"cssrs_2": True, "cssrs_3": True, "risk_tier_found": None, "safety_plan_on": False}
    assert told(SERIES | change, given("SUI-PLAN", "P", 90), dose=True).cleared
    assert not told(SERIES | change, given("SUI-PLAN", "P", 91), dose=True).cleared


@pytest.mark.parametrize(
    ("row", "name"),
    [("RDY-01", "medicines_reconciled"), ("RDY-01", "substances_asked"), ("WK-03", "medicines_reconciled")],
)
def test_h15_what_is_owed_on_the_day_is_cleared_for_the_day(row, name):
    for change in (SERIES, {}):
        for ago in (1, 30, 400):
            assert not told(change | {name: False}, given(row, "P", ago), dose=True).cleared
        assert told(change | {name: False}, given(row, "P", 0), dose=True).cleared


def test_rul_10_a_check_that_is_owed_is_cleared_for_its_days_and_where_a_series_is_entered_for_90():
    owed = {"thyroid_medicine_or_lithium": True, "tsh_result": None}
    for entry, days in ((False, 180), (True, 90), (None, 90)):
        for ago, lifts in ((days, True), (days + 1, False)):
            assert told(owed | {"first_of_series": entry}, given("WK-11", "P", ago)).cleared is lifts, (entry, ago)


def test_rul_10_without_names_only_what_is_known_to_be_as_old_is_lifted():
    def lifted(*medicines, ago=30, row="INT-03", by="P"):
        case = {"medicines": medicines, "dose": True, "clearances": (given(row, by, ago),)}
        return reason(judged(ordinary(**SERIES), **case), row)

    assert lifted(took("methadone", 3, as_needed=False, days=30)).cleared
    unknown = lifted(took("methadone", 3, as_needed=False))
    assert not unknown.cleared
    assert "names no medicine" in unknown.words
    assert lifted(took("methadone", 3, as_needed=False), ago=0).cleared
    assert not lifted(took("methadone", 3, as_needed=False), ago=1).cleared
    for day, is_old in ((29, False), (30, True), (31, True)):
        since = datetime.combine(ON - timedelta(days=day), time(9), UTC)
        assert lifted(replace(took("methadone", 3, as_needed=False), listed_at=since)).cleared is is_old
    sedative = took("lorazepam", 3, as_needed=False, days=200)
    assert not lifted(sedative, took("methadone", 3, as_needed=False), row="COM-02", by="P+MD").cleared


def test_rul_09_a_clearance_of_one_medicine_lifts_not_what_it_does_with_another():
    maoi = took("phenelzine", 3, as_needed=False, days=200)
    stimulant = took("amphetamine", 13, as_needed=False, days=3)
    alone = given("INT-10", "P+MD", 30, about=("phenelzine",))

    def found(*medicines, clearance):
        decision = judged(ordinary(**SERIES), medicines=medicines, dose=True, clearances=(clearance,))
        return [one for one in decision.reasons if one.criterion == "INT-10"]

    assert all(one.cleared for one in found(maoi, clearance=alone))
    together = found(maoi, stimulant, clearance=alone)
    assert together
    assert not any(one.cleared for one in together)
    assert any("is not about amphetamine" in one.words for one in together)
    of_both = given("INT-10", "P+MD", 1, about=("phenelzine", "amphetamine"))
    assert all(one.cleared for one in found(maoi, stimulant, clearance=of_both))


def test_a_clearance_of_any_row_can_be_judged():
    sheets = (SHEET.contraindications, SHEET.indications, SHEET.pressure)
    rows = {row.id for sheet in sheets for row in sheet.criteria}
    rows |= {row.id for row in (*SHEET.workup.findings, *SHEET.risk.criteria)} | set(SHEET.interactions.rows)
    assert "CI-61" in rows
    for row in rows:
        judged(ordinary(**SERIES), clearances=(given(row, "P+MD", 1),), dose=True)


def test_a_case_says_which_part_a_clearance_was_given_for():
    row = {"criterion": "CI-07", "signatures": "P+spec", "given_on": str(ON)}
    assert _clearance(row | {"for": "stop"}, "clearances[0]", ON).given_for is Effect.STOP
    assert _clearance(row, "clearances[0]", ON).given_for is None
    for wrong in ("note", "unstable"):
        with pytest.raises(Fault, match="for"):
            _clearance(row | {"for": wrong}, "clearances[0]", ON)
    assert "for" in case_schema()["properties"]["clearances"]["items"]["properties"]


def test_h14_a_yes_of_the_screener_is_found_on_its_own_day():
    names = (
        "cssrs_1",
        "cssrs_2",
        "cssrs_3",
        "cssrs_4",
        "cssrs_5",
        "cssrs_6",
        "cssrs_6_within_3_months",
        "imminent_risk",
    )
    known = Facts([one for one in ordinary(risk_tier_found=None) if one.name not in names])
    for days_ago, yes in ((5, ()), (2, ("cssrs_1",))):
        known = known.with_(*(a_fact(name, name in yes, days_ago) for name in names))
    cleared = Clearance("CI-40", Signatures.PRESCRIBER, ON - timedelta(days=4))
    assert ON - timedelta(days=2) in found_since(cleared, a_case(known), SHEET)


@pytest.mark.parametrize(("days", "is_old"), [(1, True), (0, False)])
def test_h15_a_medicine_taken_so_for_a_day_is_as_old_as_yesterdays_clearance(days, is_old):
    cleared = Clearance("INT-03", Signatures.PRESCRIBER, ON - timedelta(days=1))
    assert as_old(took("methadone", 3, days=days), cleared, a_case(ordinary())) is is_old
