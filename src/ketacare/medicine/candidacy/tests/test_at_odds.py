"""Answers that cannot both be right are asked about; one that is unknown is at odds with nothing."""

from dataclasses import replace
from datetime import date

import pytest

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.reader.at_odds import at_odds_from, at_odds_rows
from ketacare.medicine.candidacy.terms.risk import facts_read
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.terms import Fact, Facts, Sheet

ON = date(2026, 7, 14)


def found(**told):
    facts = Facts([Fact(name, value, known_at=ON, source="asked") for name, value in told.items()])
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
    ],
)
def test_a_pair_is_found_and_neither_half_alone(row, first, second):
    assert found(**first, **second) == [row]
    assert found(**first) == found(**second) == []


def test_answers_that_fit_are_left_alone():
    assert found(aneurysm_repaired=True, aneurysmal_vascular_disease=True) == []
    assert found(coronary_disease="none", heart_failure="none", cardiac_history=False) == []


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
