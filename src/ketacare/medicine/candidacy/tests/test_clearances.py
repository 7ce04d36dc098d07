"""Clearances: enough signatures, in date, for what is known; the rest lifts nothing and says why."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules.clearances import _together
from ketacare.medicine.candidacy.terms import Clearance, Signatures, TakenMedicine
from ketacare.medicine.candidacy.tests.given import ON
from ketacare.medicine.candidacy.tests.ordinary import SHEET, TRD, a_case, a_fact, judged, on_record, ordinary, reason
from ketacare.medicine.evidence.terms import Effect, Facts, Outcome, Result

GLAUCOMA = {"glaucoma": "chronic"}
IN_WRITING = "the prescriber with a specialist's written opinion"
TOGETHER = "prescriber, medical director, guardian and specialist together"


def given(criterion="CI-21", signatures="P+spec", ago=3, until=30, **more):
    end = None if until is None else ON + timedelta(days=until)
    return Clearance(criterion, Signatures(signatures), ON - timedelta(days=ago), end, **more)


def lifted(change, *clearances, since=200, **more):
    return judged(on_record(since, **change), clearances=clearances, **more)


@pytest.mark.parametrize(
    ("override", "enough"),
    [
        ("P", {"P", "P+MD", "P+spec", "P+MD+guardian+spec"}),
        ("P+MD", {"P+MD", "P+MD+guardian+spec"}),
        ("P+spec", {"P+spec", "P+MD+guardian+spec"}),
        ("P+MD+guardian+spec", {"P+MD+guardian+spec"}),
        ("none", set()),
        ("EXC-01", set()),
    ],
)
def test_whose_word_is_enough(override, enough):
    assert {str(signatures) for signatures in Signatures if rules.enough(override, signatures)} == enough


def test_rul_13_a_list_that_nobody_asked_for_is_accepted_by_nobody():
    unasked = reason(judged(ordinary(), clearances=(given("MED-ASK", "P"),), medicines=None), "MED-ASK")
    assert not unasked.cleared
    assert unasked.words.endswith("A clearance cannot lift what is not known")


def test_h14_a_clearance_in_date_lifts_its_criterion_and_says_so():
    decision = lifted(GLAUCOMA, given(conditions="pressure measured again in 3 months"))
    told = reason(decision, "CI-21")
    assert (decision.outcome, decision.needs_clearance, decision.permits) == (Outcome.WARN, False, True)
    assert told.cleared
    assert told.words.endswith(
        f"Cleared by {IN_WRITING} on 11-Jul-2026 until 13-Aug-2026: pressure measured again in 3 months"
    )
    forever = reason(lifted(GLAUCOMA, given(until=None)), "CI-21")
    assert forever.words.endswith(f"Cleared by {IN_WRITING} on 11-Jul-2026 until 07-Jan-2027"), "180 days by its row"


@pytest.mark.parametrize(
    ("clearance", "words"),
    [
        (given(until=-1), "Clearance expired on 13-Jul-2026"),
        (given(withdrawn_on=ON), "Clearance withdrawn on 14-Jul-2026"),
        (
            given(signatures="P"),
            f"Clearance by the prescriber is not enough: it needs {IN_WRITING}",
        ),
        (given(ago=-1), "Clearance counts only from 15-Jul-2026"),
    ],
)
def test_h14_expired_withdrawn_or_not_enough_lifts_nothing_and_says_so(clearance, words):
    decision = lifted(GLAUCOMA, clearance)
    assert (decision.needs_clearance, decision.permits) == (True, False)
    assert reason(decision, "CI-21").words.endswith(words)


@pytest.mark.parametrize("until", [None, 3000])
@pytest.mark.parametrize(("ago", "lifts"), [(180, True), (181, False)])
def test_h14_no_letter_counts_for_longer_than_its_row(until, ago, lifts):
    assert lifted(GLAUCOMA, given(ago=ago, until=until)).permits is lifts


@pytest.mark.parametrize(("change", "criterion"), [({"pulse_per_min": 48}, "CI-11"), ({"spo2_percent": 93}, "CI-63")])
def test_h14_what_is_asked_each_day_is_lifted_on_the_day_of_its_clearance_alone(change, criterion):
    for ago, cleared in ((0, True), (1, False)):
        decision = lifted(change, given(criterion, "P+spec", ago=ago), given(criterion, "P", ago=ago), dose=True)
        told = reason(decision, criterion)
        assert told.cleared is (cleared and told.effect is Effect.CLEAR)
        assert ("Clearance expired" in told.words) is (not cleared and told.effect is Effect.CLEAR)


def test_h14_a_letter_from_before_the_event_does_not_lift_what_came_after_it():
    """CI-07: a cardiologist's letter from before the heart attack."""
    heart = {"coronary_disease": "stable", "cardiac_history": True, "cardiovascular_event_on": {"event_days_ago": 80}}
    for ago, cleared in ((81, False), (80, True), (79, True)):
        told = reason(judged(told_as_it_came(heart), clearances=(given("CI-07", ago=ago),)), "CI-07")
        assert (told.result, told.cleared) == (Result.MET, cleared), ago
        assert ("is older than what happened on 25-Apr-2026" in told.words) is not cleared
    twice = told_as_it_came(heart | {"head_injury_on": {"event_days_ago": 100}})
    found = judged(twice, clearances=(given("CI-07", ago=101),))
    assert "is older than what happened on 25-Apr-2026" in reason(found, "CI-07").words, "the newest of them"
    elsewhere = {"coronary_disease": "stable", "cardiac_history": True, "illicit_use_on": {"event_days_ago": 40}}
    found = judged(told_as_it_came(elsewhere), clearances=(given("CI-07", ago=101),))
    assert reason(found, "CI-07").cleared, "another part of the history"


def told_as_it_came(change):
    """What has no day of its own half a year ago, each event on its day; and all of it again today."""
    days = {name: value["event_days_ago"] if isinstance(value, dict) else 180 for name, value in change.items()}
    return Facts([*ordinary(**change), *(a_fact(name, value, days[name]) for name, value in change.items())])


def test_h14_each_clearance_is_told_as_the_judgement_counts_it():
    """CI-07 counts 90 days while a heart attack is less than a year ago; a row that is not met ends nothing."""
    heart = {"coronary_disease": "stable", "cardiac_history": True, "cardiovascular_event_on": {"event_days_ago": 95}}
    rows = (given("CI-07", ago=10, until=300), given("CI-07", ago=91, until=300), given("CI-07", ago=96, until=300),
            given("CI-21", ago=10, until=300), given("INT-03", "P", ago=95, until=None))  # fmt: skip
    case = a_case(told_as_it_came(heart), clearances=rows, medicines=methadone())
    counted = rules.as_counted(case, SHEET, rules.judge(case, SHEET).reasons)
    ends = [clearance.until and (clearance.until - ON).days for clearance, _ in counted]
    assert ends == [80, -1, -6, 300, -5], "the last by the full review, where a series is entered"
    assert [words for _, words in counted] == [
        "",
        "Clearance expired on 13-Jul-2026",
        "Clearance of 09-Apr-2026 is older than what happened on 10-Apr-2026: ask again",
        "",
        "Clearance expired on 09-Jul-2026",
    ]


def methadone(*more):
    return tuple(
        TakenMedicine(name, daily_dose_mg=Decimal(40), as_needed=False, hours_since_last=Decimal(3), stable_days=days)
        for name, days in (("methadone", 900), *more)
    )


def test_rul_12_a_clearance_of_one_medicine_lifts_no_other_of_its_row():
    row = given("INT-03", "P", about=("methadone",))
    alone = judged(ordinary(), medicines=methadone(), clearances=(row,))
    assert {one.cleared for one in alone.reasons if one.criterion == "INT-03"} == {True}
    both = judged(ordinary(), medicines=methadone(("oxycodone", None)), clearances=(row,))
    told = [one for one in both.reasons if one.criterion == "INT-03"]
    assert any("is not about oxycodone" in one.words and not one.cleared for one in told)


@pytest.mark.parametrize("ago", [0, 30])
def test_rul_13_a_clearance_that_names_no_medicine_lifts_neither_a_name_nor_a_list_that_nobody_asked_for(ago):
    row = given("MED-UNK", "P", ago=ago)
    for medicines, criterion in (((TakenMedicine("Zorbaxin"),), "MED-UNK"), (None, "MED-ASK")):
        for one in (row, given(criterion, "P+MD+guardian+spec", ago=ago)):
            told = judged(ordinary(), dose=True, medicines=medicines, clearances=(one,))
            assert (told.outcome, reason(told, criterion).cleared) == (Outcome.UNKNOWN, False)
    told = judged(ordinary(), medicines=(TakenMedicine("Zorbaxin"),), clearances=(row,))
    assert reason(told, "MED-UNK").words.endswith("names no medicine")


@pytest.mark.parametrize(("one", "other"), [("CI-15", "BP-3"), ("BP-3", "CI-15"), ("CI-13", "BP-2"), ("BP-2", "CI-13")])
def test_rul_08_one_pressure_told_by_two_rows_is_lifted_once(one, other):
    told = {"CI-15": (170, "P+MD"), "BP-3": (170, "P+MD")}
    systolic, signatures = told.get(one, (150, "P"))
    decision = judged(ordinary(gate_sbp=systolic), dose=True, clearances=(given(one, signatures, ago=0),))
    assert decision.permits
    assert reason(decision, one).cleared
    assert reason(decision, other).cleared


def test_rul_08_nobody_lifts_severe_pressure_by_either_row():
    for name in ("CI-16", "BP-4", "CI-15", "BP-3"):
        signed = given(name, "P+MD+guardian+spec", ago=0)
        assert judged(ordinary(gate_sbp=190), dose=True, clearances=(signed,)).outcome is Outcome.STOP


@pytest.mark.parametrize(
    ("ago", "entry", "cleared"),
    [(90, True, True), (91, True, False), (91, None, False), (400, True, False), (400, False, True), (0, True, True)],
)
def test_rul_10_a_clearance_for_the_series_begins_no_new_one_once_it_is_older_than_the_full_review(ago, entry, cleared):
    """RUL-10: for the series; WK-01: the full review is 90 days old at most. Within the series it holds."""
    for row, medicines, trials in (("INT-03", methadone(), TRD), ("IND-03", (), ())):
        signed = given(row, "P+MD", ago=ago, until=None)
        told = judged(ordinary(first_of_series=entry), medicines=medicines, trials=trials, clearances=(signed,))
        assert {one.cleared for one in told.reasons if one.criterion == row} == {cleared}, row


def test_rul_13_a_name_nobody_knows_is_cleared_for_that_name_alone():
    row = given("MED-UNK", "P", about=("Zorbaxin",))
    for name, cleared in (("zorbaxin", True), ("Quarxil", False)):
        told = judged(ordinary(), medicines=(TakenMedicine(name),), clearances=(row,))
        assert reason(told, "MED-UNK").cleared is cleared


def test_a_clearance_counts_on_its_last_day_and_until_it_is_withdrawn():
    assert lifted(GLAUCOMA, given(until=0)).permits
    assert lifted(GLAUCOMA, given(withdrawn_on=ON + timedelta(days=1))).permits


def test_of_several_clearances_one_that_lifts_is_enough():
    assert lifted(GLAUCOMA, given(until=-1), given(), given("CI-99")).permits


def test_a_stop_that_may_be_overridden_is_lifted_by_those_who_may():
    change = {"dementia": True}
    assert lifted(change, given("CI-34", "P")).outcome is Outcome.STOP
    decision = lifted(change, given("CI-34", "P+MD"))
    assert decision.outcome is Outcome.WARN
    assert (reason(decision, "CI-34").effect, reason(decision, "CI-34").cleared) == (Effect.CLEAR, True)


def test_a_stop_that_nobody_may_override_stays():
    decision = lifted({"ketamine_hypersensitivity": True}, given("CI-04", "P+MD"))
    assert decision.outcome is Outcome.STOP
    assert reason(decision, "CI-04").words.endswith(
        "Clearance by prescriber and medical director is not enough: nobody may override"
    )


def test_what_is_not_known_is_lifted_only_where_it_asks_for_a_clearance():
    unknown = lifted({"dementia": None}, given("CI-34", "P+MD"))
    assert unknown.outcome is Outcome.UNKNOWN
    assert reason(unknown, "CI-34").words.endswith("A clearance cannot lift what is not known")
    accepted = lifted({"urine_drug_screen": None}, given("WK-06", "P"))
    assert (accepted.outcome, accepted.needs_clearance) == (Outcome.WARN, False)
    assert reason(accepted, "WK-06").result is Result.UNKNOWN


def test_a_caution_needs_no_clearance_and_a_row_that_is_not_met_takes_none():
    decision = lifted({"age_years": 66}, given("CI-67", "P"), given("CI-21"))
    assert not reason(decision, "CI-67").cleared
    assert not reason(decision, "CI-21").cleared


CHILD = {"age_years": 17, "guardian_consent": True}
BOTH, SPECIALIST = given("CI-66", "P+MD"), given("CI-66", "P+spec", until=20, conditions="paediatric cuff")


def test_ado_01_guardian_specialist_prescriber_and_director_together_lift_what_asks_for_all_of_them():
    decision = lifted(CHILD, BOTH, SPECIALIST)
    assert decision.permits
    told = reason(decision, "CI-66").words
    assert told.endswith(f"Cleared by {TOGETHER} on 11-Jul-2026 until 03-Aug-2026: paediatric cuff")
    assert lifted(CHILD, given("CI-66", "P+MD", until=None), given("CI-66", "P+spec", until=None)).permits


def test_ado_01_they_count_from_the_later_one_and_a_letter_that_ended_takes_no_place():
    later = given("CI-66", "P+spec", ago=1, until=20)
    assert "on 13-Jul-2026 until 03-Aug-2026" in reason(lifted(CHILD, BOTH, later), "CI-66").words
    ended = given("CI-66", "P+spec", ago=9, until=-1)
    assert lifted(CHILD, BOTH, SPECIALIST, ended).permits
    taken_back = given("CI-66", "P+MD", ago=9, withdrawn_on=ON - timedelta(days=1))
    assert lifted(CHILD, BOTH, SPECIALIST, taken_back).permits


def test_ado_01_together_they_knew_what_was_found_before_the_later_of_the_two():
    ten, twelve = (datetime(2026, 7, 14, hour, tzinfo=UTC) for hour in (10, 12))
    for first, second, known in ((ten, twelve, twelve), (twelve, ten, twelve), (ten, None, None)):
        signed = [given("CI-66", "P+MD", given_at=first), given("CI-66", "P+spec", given_at=second)]
        (both,) = _together(signed, a_case(ordinary(**CHILD)))
        assert (both.signatures, both.given_at) == (Signatures.WITH_GUARDIAN, known)


@pytest.mark.parametrize("milder", ["P+MD", "P+spec"])
def test_ado_01_what_one_of_them_gave_for_something_milder_lifts_no_stop_together(milder):
    told = [
        given("CI-66", by, until=20, given_for=Effect.CLEAR if by == milder else Effect.STOP)
        for by in ("P+MD", "P+spec")
    ]
    assert lifted(CHILD, *told).outcome is Outcome.STOP


@pytest.mark.parametrize(
    ("change", "clearances"),
    [
        (CHILD, [BOTH]),
        (CHILD, [SPECIALIST]),
        (CHILD, [BOTH, given("CI-66", "P+spec", until=-1)]),
        (CHILD, [given("CI-66", "P"), SPECIALIST]),
        (CHILD, [BOTH, given("CI-21", "P+spec")]),
        ({"age_years": 17, "guardian_consent": False}, [BOTH, SPECIALIST]),
        ({"age_years": 17, "guardian_consent": None}, [BOTH, SPECIALIST]),
    ],
)
def test_ado_01_without_one_of_them_nothing_is_lifted(change, clearances):
    assert lifted(change, *clearances).outcome is Outcome.STOP


def test_rul_06_high_risk_is_lifted_by_its_path_and_by_no_clearance():
    high = {"cssrs_2": True, "cssrs_4": True, "risk_tier_found": None}
    decision = lifted(high, given("CI-40", "P+MD"))
    assert decision.outcome is Outcome.STOP
    assert reason(decision, "CI-40").words.endswith("No clearance lifts it, only its path by exception")
