"""What contradicts an answer of today holds it: a record without a day, an earlier date, a medicine begun since."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from ketacare.medicine.candidacy.terms import TakenMedicine
from ketacare.medicine.candidacy.tests.given import ON
from ketacare.medicine.candidacy.tests.ordinary import a_fact, ago, judged, ordinary, reason
from ketacare.medicine.evidence.terms import Fact, Outcome, Result

AT = datetime.combine(ON, time(10), UTC)


@pytest.mark.parametrize("dose", [False, True])
@pytest.mark.parametrize(
    ("name", "value", "row"),
    [
        ("stroke_or_tia_on", ago(1600), "CI-06"),
        ("active_psychosis", True, "CI-30"),
        ("intracerebral_haemorrhage", True, "CI-03"),
    ],
)
def test_v26_a_record_without_a_day_is_not_thrown_away_beside_a_dated_no(name, value, row, dose):
    letter = Fact(name, value, None, None, "letter")
    told = ordinary().with_(letter)
    decision = judged(told, dose=dose)
    assert decision.outcome is Outcome.UNKNOWN
    held = [one for one in decision.reasons if name in one.missing]
    assert held
    assert all("records disagree" in one.words for one in held)
    ruled = judged(told.with_(a_fact(name, False, source="prescriber", settles=True)), dose=dose)
    assert ruled.outcome is Outcome.PERMIT


def test_a_last_seizure_comes_no_earlier_without_a_correction():
    told = ordinary(last_seizure_on=None)
    recent = a_fact("last_seizure_on", {"event_days_ago": 20}, 10)
    later = told.with_(recent, a_fact("last_seizure_on", {"event_days_ago": 1000}))
    row = reason(judged(later), "CI-19")
    assert row.result is Result.UNKNOWN
    assert {fact.value for fact in row.facts} == {ago(20), ago(1000)}
    twice = later.with_(a_fact("last_seizure_on", False))
    assert ago(20) in {fact.value for fact in reason(judged(twice), "CI-19").facts}, "the latest day counts"
    assert reason(judged(told.with_(recent)), "CI-19").result is Result.MET
    newer = told.with_(a_fact("last_seizure_on", {"event_days_ago": 1000}, 10), replace_day(recent))
    assert reason(judged(newer), "CI-19").result is Result.MET, "a later event is the last one"
    corrected = told.with_(a_fact("last_seizure_on", {"event_days_ago": 1000}))
    assert reason(judged(corrected), "CI-19").result is Result.NOT_MET, "an amendment takes the wrong day away"
    ruled = later.with_(a_fact("last_seizure_on", {"event_days_ago": 1000}, source="prescriber", settles=True))
    assert reason(judged(ruled), "CI-19").result is Result.NOT_MET


def replace_day(fact):
    return Fact(fact.name, fact.value, fact.unit, ago(0), fact.source)


@pytest.mark.parametrize(
    ("drug", "ticked", "row", "test"),
    [
        ("haloperidol", "qt_drug", "WK-12", "qtc_ms"),
        ("lithium", "takes_drug_with_level", "WK-20", "drug_level_in_range"),
        ("lithium", "thyroid_medicine_or_lithium", "WK-11", "tsh_result"),
    ],
)
def test_a_ruling_settles_nothing_of_a_medicine_that_was_begun_after_it(drug, ticked, row, test):
    ruled = ordinary(**{ticked: None}, first_of_series=row != "WK-11").with_(
        a_fact(ticked, False, 20, source="prescriber", settles=True)
    )
    kept = {name: fact for name, fact in ruled.by_name.items() if name != test}
    facts = type(ruled)([fact for several in kept.values() for fact in several])
    listed = TakenMedicine(drug, daily_dose_mg=None, as_needed=False, hours_since_last=12, stable_days=60)

    def told(days, known=facts):
        return reason(judged(known, medicines=(replace(listed, stable_days=days),)), row)

    for days in (5, 19):
        assert told(days).result is Result.UNKNOWN
        assert "begun or changed since" in told(days).words
    assert "since when is not said" in told(None).words, "unknown is no day before the ruling"
    today = facts.with_(a_fact(ticked, False, source="prescriber", settles=True))
    assert told(None, today).result is Result.NOT_MET, "it holds for its own day"
    assert {told(20).result, told(60).result} == {Result.NOT_MET}


@pytest.mark.parametrize(
    ("listed", "settled"), [(-30, True), (-21, True), (-19, False), (0, False)], ids=["long", "before", "after", "now"]
)
def test_a_ruling_settles_what_was_listed_by_then_though_nobody_knows_since_when(listed, settled):
    facts = ordinary(hypertension=None, qtc_ms=None).with_(a_fact("hypertension", "none", 20, settles=True))
    told = TakenMedicine("propranolol", as_needed=False, listed_at=AT + timedelta(days=listed))
    row = reason(judged(facts, medicines=(told,)), "WK-12")
    assert row.result is (Result.NOT_MET if settled else Result.UNKNOWN)
    assert settled or "since when is not said" in row.words


def test_a_medicine_listed_an_hour_after_the_ruling_is_not_settled_the_next_day_either():
    ruling = Fact("hypertension", "none", None, AT - timedelta(days=1), "prescriber", True)
    facts = ordinary(hypertension=None, qtc_ms=None).with_(ruling)
    for minutes, result in ((-60, Result.NOT_MET), (60, Result.UNKNOWN)):
        told = TakenMedicine(
            "propranolol", as_needed=False, listed_at=AT - timedelta(days=1) + timedelta(minutes=minutes)
        )
        assert reason(judged(facts, medicines=(told,), at=AT), "WK-12").result is result
