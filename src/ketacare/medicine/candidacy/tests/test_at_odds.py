"""Answers that cannot both be right are asked about; one that is unknown is at odds with nothing."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.reader.at_odds import at_odds_from, at_odds_rows
from ketacare.medicine.candidacy.terms import Case, DoseStep, Standing, TakenMedicine, Trial
from ketacare.medicine.candidacy.terms.risk import facts_read
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.terms import Fact, Facts, Sheet

ON = date(2026, 7, 14)


def found(**told):
    units = {name: kind.unit for name, kind in reader.shipped().facts.items()}
    facts = Facts([Fact(name, value, units[name], ON, "asked") for name, value in told.items()])
    return [odd.id for odd in rules.at_odds(facts, at_odds_rows(), ON)]


@pytest.mark.parametrize(
    ("row", "first", "second"),
    [
        ("ODD-01", {"aneurysm_repaired": True}, {"aneurysmal_vascular_disease": False}),
        ("ODD-02", {"pregnancy_test": "positive"}, {"childbearing_potential": False}),
        ("ODD-03", {"period_late_over_7_days": True}, {"childbearing_potential": False}),
        ("ODD-04", {"coronary_disease": "stable"}, {"cardiac_history": False}),
        ("ODD-04", {"heart_failure": "NYHA II"}, {"cardiac_history": False}),
        ("ODD-05", {"child_pugh": "B"}, {"liver_disease": False}),
        ("ODD-06", {"thyroid": "thyrotoxicosis"}, {"tsh_result": "normal"}),
        ("ODD-07", {"bilirubin_umol_l": Decimal(35)}, {"bilirubin_times_uln": Decimal(1)}),
    ],
)
def test_a_pair_is_found_and_neither_half_alone(row, first, second):
    assert found(**first, **second) == [row]
    assert found(**first) == found(**second) == []


def test_answers_that_fit_are_left_alone():
    assert found(aneurysm_repaired=True, aneurysmal_vascular_disease=True) == []
    assert found(coronary_disease="none", heart_failure="none", cardiac_history=False) == []

    assert found(bilirubin_umol_l=Decimal(34), bilirubin_times_uln=Decimal("0.5")) == []
    assert found(bilirubin_umol_l=Decimal(100), bilirubin_times_uln=Decimal("1.1")) == []


def test_the_facts_that_do_not_fit_are_named():
    told = {"aneurysm_repaired": True, "aneurysmal_vascular_disease": False}
    facts = Facts([Fact(name, value, known_at=ON, source="asked") for name, value in told.items()])
    (odd,) = rules.at_odds(facts, at_odds_rows(), ON)
    assert {(fact.name, fact.value, fact.source) for fact in odd.facts} == {(*one, "asked") for one in told.items()}


def test_every_row_reads_facts_of_the_vocabulary():
    known = reader.shipped().facts.keys()
    assert {name for row in at_odds_rows() for name in facts_read(row.condition)} <= known


def test_a_row_that_cannot_be_read_is_refused():
    header = replace(reader.shipped().scales.header, id="at-odds-1")
    row = {"id": "ODD-01", "title": "x", "when": "an aneurysm"}
    with pytest.raises(SheetRefused, match="a condition is a table"):
        at_odds_from(Sheet(header, {}, {"rows": (row,)}))


# --- what a list says of itself --------------------------------------------------------------------------------------

ODD = reader.shipped().odd


@pytest.mark.parametrize(
    ("told", "odd"),
    [
        ({}, True),
        ({"hours_since_last": Decimal(169)}, True),
        ({"hours_since_last": Decimal(168)}, False),
        ({"hours_since_last": None}, False),
        ({"stable_days": 20}, False),
        ({"stable_days": 20, "hours_since_last": Decimal(480)}, True),
        ({"stable_days": None}, False),
        ({"as_needed": True}, False),
        ({"as_needed": None}, False),
        ({"form": "depot"}, False),
    ],
)
def test_what_is_taken_every_day_was_not_last_taken_weeks_ago(told, odd):
    lorazepam = {"as_needed": False, "hours_since_last": Decimal(500), "stable_days": 200} | told
    asked = list(rules.odd_lists(Case(ON, Facts(()), medicines=(TakenMedicine("lorazepam", **lorazepam),)), ODD))
    assert [one.id for one in asked] == (["ODD-08"] if odd else [])
    assert not odd or asked[0].facts[0].value == lorazepam["hours_since_last"]


BEGAN = ON - timedelta(days=3 * 31)  # of an episode of 2 months, at the earliest


def of_episode(months=2, known_at=ON, **told):
    trial = {"in_current_episode": True} | told
    facts = [] if months is None else [Fact("episode_months", Decimal(months), "mo", known_at, "asked")]
    return Case(ON, Facts(facts), trials=(Trial("sertraline", **{"steps": (DoseStep(Decimal(100), 56),)} | trial),))


@pytest.mark.parametrize(
    ("case", "odd"),
    [
        (of_episode(ended_on=BEGAN - timedelta(days=1)), True),
        (of_episode(ended_on=BEGAN), False),
        (of_episode(ended_on=BEGAN - timedelta(days=1), in_current_episode=False), False),
        (of_episode(ended_on=BEGAN - timedelta(days=1), in_current_episode=None), False),
        (of_episode(months=None, ended_on=BEGAN - timedelta(days=1)), False),
        (of_episode(known_at=None, ended_on=BEGAN - timedelta(days=1)), False),
        (of_episode(months=3, ended_on=BEGAN - timedelta(days=1)), False),
        (of_episode(began_on=BEGAN - timedelta(days=56 + 90 + 1)), True),
        (of_episode(began_on=BEGAN - timedelta(days=56 + 90)), False),
        (of_episode(began_on=BEGAN - timedelta(days=56 + 90 + 1), gap_days=1), False),
        (of_episode(began_on=BEGAN - timedelta(days=900), steps=(DoseStep(Decimal(100), None),)), False),
        (of_episode(began_on=BEGAN - timedelta(days=900), steps=()), False),
        (
            of_episode(began_on=BEGAN - timedelta(days=900), steps=(DoseStep(Decimal(50), 9), DoseStep(None, None))),
            False,
        ),
        (of_episode(), False),
        (Case(ON, Facts(())), False),
    ],
)
def test_trial_06_a_trial_that_was_over_before_the_episode_is_not_known_to_be_of_it(case, odd):
    asked = list(rules.odd_lists(case, ODD))
    assert [one.id for one in asked] == (["ODD-09"] if odd else [])
    after = rules.with_episode_asked(case, ODD)
    assert (after is case) is not odd
    if odd:
        assert [fact.name for fact in asked[0].facts] == ["sertraline: last taken on", "episode_months"]
        (judged,) = rules.count_trials(after.trials, reader.shipped().trials).judgements
        assert judged.standing is Standing.UNKNOWN
        assert "sertraline: in the current episode" in judged.missing
