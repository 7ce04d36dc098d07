"""Clearances about medicines end with what they were given for."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.rules.lasting import lasting
from ketacare.medicine.candidacy.terms import Clearance, Signatures
from ketacare.medicine.candidacy.tests.test_medicines import KNOWLEDGE, ON, case, took

GIVEN, UNTIL = ON - timedelta(days=10), ON + timedelta(days=20)


def until(criterion, *medicines, given=GIVEN, ends=UNTIL, **more):
    clearance = Clearance(criterion, Signatures.PRESCRIBER, given, ends)
    (limited,) = lasting(replace(case(*medicines, **more), clearances=(clearance,)), KNOWLEDGE).clearances
    return limited.until


def test_rul_10_a_stable_daily_sedative_is_cleared_until_its_dose_changes():
    assert until("INT-01", took("clonazepam", 3, as_needed=False, days=2000)) == UNTIL
    assert until("INT-01", took("clonazepam", 3, as_needed=False)) == UNTIL
    assert until("INT-01", took("clonazepam", 3, as_needed=False, days=9)) == ON - timedelta(days=10)
    assert until("INT-01", took("clonazepam", 3, as_needed=False, days=10)) == UNTIL
    assert until("INT-01", took("clonazepam", 3, as_needed=False, days=9), ends=GIVEN) == GIVEN


def test_a_new_medicine_of_the_class_ends_it():
    old, new = took("methadone", 3, as_needed=False, days=2000), took("morphine", 3, as_needed=False, days=2)
    assert until("INT-03", old) == UNTIL
    assert until("INT-03", old, new) == ON - timedelta(days=3)
    assert until("COM-02", took("clonazepam", 3, as_needed=False, days=2), old) == ON - timedelta(days=3)
    assert until("INT-22", old, new) == UNTIL


def test_what_is_neither_benzodiazepine_nor_opioid_does_not_end_what_was_cleared_about_both():
    sertraline = took("sertraline", 3, as_needed=False, days=2)
    both = took("clonazepam", 3, as_needed=False, days=2000), took("methadone", 3, as_needed=False, days=2000)
    assert until("COM-02", *both, sertraline) == UNTIL


@pytest.mark.parametrize(
    ("criterion", "medicine", "lasts"),
    [
        ("INT-12", took("methylphenidate", 2, as_needed=False, days=900), GIVEN),
        ("INT-12", took("methylphenidate", 30, as_needed=False, days=900), UNTIL),
        ("INT-12", took("methylphenidate", 24, as_needed=False, days=900), UNTIL),
        ("INT-12", took("methylphenidate", "23.9", as_needed=False, days=900), GIVEN),
        ("INT-07", took("trazodone", 2, as_needed=True), GIVEN),
        ("INT-22", took("trazodone", 2, as_needed=True), UNTIL),
        ("INT-02", took("zolpidem"), GIVEN),
        ("INT-01", took("lorazepam", 2, as_needed=True), GIVEN),
        ("INT-10", took("phenelzine", 2, as_needed=False, days=900), UNTIL),
        ("PKG-1", took("itraconazole", 2, as_needed=False), UNTIL),
        ("COM-01", took("zolpidem", 20), GIVEN),
    ],
)
def test_a_hold_that_was_not_met_is_cleared_for_that_day_only(criterion, medicine, lasts):
    assert until(criterion, medicine) == lasts
    assert until(criterion, medicine, given=ON) == (ON if lasts == GIVEN else UNTIL)
    assert until(criterion, medicine, stage="evaluation") == UNTIL


def test_a_substance_taken_today_is_cleared_today_only_and_a_habit_lasts():
    assert until("INT-27", cannabis_daily=True) == UNTIL
    assert until("INT-27", cannabis_daily=True, hours_since_cannabis=Decimal(3)) == GIVEN
    assert until("INT-05", breath_alcohol_percent=Decimal("0.03")) == GIVEN
    assert until("INT-05", hours_since_alcohol=None) == GIVEN
    assert until("CI-07", hours_since_alcohol=None) == UNTIL


def test_a_clearance_without_an_end_gets_one_only_where_there_is_one():
    assert until("INT-12", took("methylphenidate", 2), ends=None) == GIVEN
    assert until("INT-10", took("phenelzine"), ends=None) is None
