"""A medicine that the list has one way and the patient another: not ready while it could change the answer."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.rules.told_otherwise import ROW
from ketacare.medicine.candidacy.terms import TakenMedicine
from ketacare.medicine.candidacy.tests.ordinary import judged, reason
from ketacare.medicine.evidence.terms import Effect, Outcome, Result

SERTRALINE = TakenMedicine("sertraline", "", Decimal(100), False, Decimal(4), 300)
MAO = TakenMedicine("tranylcypromine", "", Decimal(30), False, Decimal(4), 300)
OXYCODONE = TakenMedicine("oxycodone", "", Decimal(5), True, Decimal(20), 300)
LORAZEPAM = TakenMedicine("lorazepam", "", Decimal(1), False, Decimal(4), 300)


def told(listed, **otherwise):
    """The same medicine, of which the patient says something else."""
    return replace(listed, told_otherwise=(replace(listed, **otherwise),))


def not_taken(listed):
    return replace(listed, told_otherwise=())


def rows(*medicines, **more):
    decision = judged(medicines=medicines, **more)
    return decision.outcome, [one for one in decision.reasons if one.criterion == ROW]


def test_h15_a_word_that_changes_nothing_is_no_reason_and_the_answer_stands():
    assert rows(told(SERTRALINE, daily_dose_mg=Decimal(50))) == (Outcome.PERMIT, [])
    assert rows(SERTRALINE) == (Outcome.PERMIT, [])


@pytest.mark.parametrize("dose", [False, True])
def test_h15_a_use_that_would_hold_back_more_than_the_listed_one_is_not_ready(dose):
    """An opioid as needed waits its hours; one that is taken daily is the prescriber's to clear."""
    assert rows(OXYCODONE, dose=dose)[0] is Outcome.PERMIT
    outcome, (found,) = rows(told(OXYCODONE, as_needed=False), dose=dose)
    assert (outcome, found.result, found.override) == (Outcome.UNKNOWN, Result.UNKNOWN, "P")
    assert found.missing == ("oxycodone: which is right",)
    assert "the list says 5 mg a day, as needed; the patient says 5 mg a day, every day" in found.words


def test_h15_what_would_only_ask_for_more_care_is_asked_and_stops_nothing():
    """RUL-09: a benzodiazepine blunts only above 8 mg of diazepam a day, which is a caution."""
    little = replace(LORAZEPAM, daily_dose_mg=Decimal("0.5"), hours_since_last=Decimal(48))
    outcome, (found,) = rows(told(little, daily_dose_mg=Decimal(4)))
    assert (found.effect, found.holds_back) == (Effect.CAUTION, False)
    assert outcome is rows(little)[0]


@pytest.mark.parametrize("word", [not_taken, lambda one: told(one, daily_dose_mg=Decimal(30))])
def test_h15_what_the_list_holds_back_stays_held_whatever_the_patient_says(word):
    listed = judged(medicines=(MAO,))
    decision = judged(medicines=(word(MAO),))
    held = [one for one in listed.reasons if one.holds_back]
    assert held
    assert all(one in decision.reasons for one in held)
    assert decision.outcome in (listed.outcome, Outcome.UNKNOWN)


def test_h15_not_taken_by_the_patients_word_is_as_grave_as_what_hangs_on_it():
    found = reason(judged(medicines=(not_taken(MAO),)), ROW)
    held = [one for one in judged(medicines=(MAO,)).reasons if one.holds_back]
    assert found.effect is min((one.effect for one in held), key=list(Effect).index)
    assert {one.criterion for one in held} <= set(found.words.rpartition("hangs ")[2].split(", "))
    assert found.override == "P+MD"


def test_h15_what_only_two_of_them_together_would_change_hangs_on_each():
    """COM-01: a benzodiazepine as needed beside an opioid is a stop; one of them alone is none."""
    opioid = TakenMedicine("tramadol", "", Decimal(100), False, Decimal(4), 300)
    both = (told(LORAZEPAM, as_needed=True, hours_since_last=Decimal(2)), not_taken(opioid))
    _, found = rows(*both, dose=True)
    assert {one.missing for one in found} == {("lorazepam: which is right",), ("tramadol: which is right",)}
