"""What is worse than what a clearance was given for, where several had told it or a line has a not in it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.rules.found_since import _lines
from ketacare.medicine.candidacy.tests.given import ON
from ketacare.medicine.candidacy.tests.ordinary import a_fact, judged, ordinary, reason
from ketacare.medicine.candidacy.tests.test_found_since import SERIES, given, with_history
from ketacare.medicine.candidacy.tests.test_medicines import took
from ketacare.medicine.evidence.terms import Compare, Comparison, Effect, Every, Facts, Not, Result, Some


def test_h14_an_enzyme_that_has_risen_since_is_not_lifted():
    """CI-55 counts by the series: its line is written with a not in it, and what is worse is still worse."""
    for since, lifts in (("3.5", True), ("5", False)):
        known = with_history("alt_times_uln", ("3.5", 25), (since, 0), **SERIES)
        assert reason(judged(known, clearances=(given("CI-55", "P"),)), "CI-55").cleared is lifts


@pytest.mark.parametrize(
    ("row", "by", "name", "then", "since"),
    [
        ("CI-17", "P+spec", "home_sbp_mmhg", (152, 165), 160),
        ("CI-34", "P+MD", "moca", (17, 14), 15),
        ("CI-07", "P+spec", "cardiovascular_event_on", ({"event_days_ago": 100}, {"event_days_ago": 50}), 80),
    ],
)
def test_h14_what_is_no_worse_than_the_worst_that_was_told_is_lifted(row, by, name, then, since):
    value = {"event_days_ago": since} if isinstance(then[0], dict) else since
    others = [fact for fact in ordinary(**SERIES) if fact.name != name]
    said = [a_fact(name, one, 25, source=f"letter {place}") for place, one in enumerate(then)]
    ruled = a_fact(name, value, source="prescriber", settles=True)
    found = reason(judged(Facts([*others, *said, ruled]), clearances=(given(row, by),)), row)
    assert (found.result, found.cleared) == (Result.MET, True), found.words


@pytest.mark.parametrize(
    ("row", "by", "then", "since"),
    [
        ("CI-34", "P+MD", {"dementia": True}, {"moca": 15, "cognitive_complaint": True}),
        ("CI-37", "P+MD", {"substance_use_disorder": True}, {"audit": 30}),
        ("CI-62", "P+spec", {"significant_lung_disease": True}, {"spo2_percent": 86}),
    ],
)
def test_h14_a_number_that_nobody_had_told_is_new_where_one_other_part_of_the_row_had_met_it(row, by, then, since):
    rest = [fact for fact in ordinary(**SERIES) if fact.name not in then | since]
    told = [*(a_fact(*one, 25) for one in then.items()), *(a_fact(*one) for one in since.items())]
    found = reason(judged(Facts([*rest, *told]), clearances=(given(row, by, given_for=Effect.STOP),), dose=True), row)
    assert (found.result, found.cleared) == (Result.MET, False), found.words


def test_h14_of_several_facts_found_since_the_newest_is_named():
    others = [fact for fact in ordinary(**SERIES) if fact.name not in ("haematuria", "bladder_symptoms")]
    for first, second in ((9, 2), (2, 9)):
        found = [a_fact("haematuria", True, first), a_fact("bladder_symptoms", "unexplained", second)]
        told = reason(judged(Facts([*others, *found]), clearances=(given("CI-59"),)), "CI-59")
        assert f"is older than what was found on {ON - timedelta(days=2):%d-%b-%Y}" in told.words


def test_rul_12_a_clearance_is_about_no_medicine_that_its_row_is_no_worse_with():
    methadone = took("methadone", 3, as_needed=False, days=200)
    stimulant = took("amphetamine", 30, as_needed=False, days=3)
    letter = given("INT-03", "P", 10, about=("methadone",))
    found = judged(ordinary(**SERIES), medicines=(methadone, stimulant), dose=True, clearances=(letter,))
    assert reason(found, "INT-03").cleared, reason(found, "INT-03").words


def test_a_not_turns_round_the_line_it_stands_over_and_no_other():
    line, other = Compare("moca", Comparison.UNDER, Decimal(18)), Compare("dementia", Comparison.IS, True)
    whole = Some((Every((line, Not(other))), Not(Not(line)), Not(Some((line,)))))
    assert [plain for _, plain in _lines(whole)] == [True, False, True, False]


def test_h14_an_enzyme_that_has_fallen_since_leaves_its_clearance():
    """CI-55 within a series is written with a not over which dose of the series it is, not over the enzyme."""
    for since, lifts in (("4", True), ("6", False)):
        known = with_history("alt_times_uln", ("5", 25), (since, 0), **SERIES)
        assert reason(judged(known, clearances=(given("CI-55", "P"),)), "CI-55").cleared is lifts
