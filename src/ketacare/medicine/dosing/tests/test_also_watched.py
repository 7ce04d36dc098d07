"""3-lead ECG and capnography: when the sheets want them, and when nobody can say."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ketacare.medicine.dosing import rules
from ketacare.medicine.evidence.terms import Fact, Facts
from ketacare.medicine.protocols.reader import PROTOCOLS, protocol

AT = datetime(2026, 7, 14, 13, 30, tzinfo=UTC)
PLAIN = {"age_years": 59, "bmi": 34.9, "dose_mg_per_kg": 0.5, "moaas_lowest": 4, "cardiac_history": False,
         "qt_medicine": False, "sleep_apnoea": False, "sedative_given": False}  # fmt: skip


def wanted(sheet="p-iv-05-2w", disputed=(), **changes):
    told = {**PLAIN, **changes}
    values = {n: v if isinstance(v, bool) else Decimal(str(v)) for n, v in told.items() if v is not None}
    facts = Facts([*(Fact(name, value, None, AT, "nurse") for name, value in values.items()), *disputed])
    return {one.name: one for one in rules.also_watched(facts, protocol(sheet))}


def test_neither_is_wanted_below_every_line():
    assert [one.wanted for one in wanted().values()] == [False, False]


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("ecg", {"age_years": 60}, "age 60"),
        ("ecg", {"cardiac_history": True}, "heart disease"),
        ("ecg", {"qt_medicine": True}, "a medicine that prolongs QT"),
        ("ecg", {"dose_mg_per_kg": 0.51}, "0.51 mg/kg by vein"),
        ("capnography", {"dose_mg_per_kg": 0.75}, "0.75 mg/kg by vein"),
        ("capnography", {"bmi": 35}, "BMI 35"),
        ("capnography", {"sleep_apnoea": True}, "sleep apnoea"),
        ("capnography", {"sedative_given": True}, "a sedative given"),
        ("capnography", {"moaas_lowest": 3}, "MOAA/S 3"),
    ],
)
def test_each_reason_is_enough_and_is_named(name, change, words):
    found = wanted(**change)[name]
    assert (found.wanted, found.because) == (True, (words,))


@pytest.mark.parametrize(
    ("name", "fact", "words"),
    [
        ("ecg", "cardiac_history", "heart disease"),
        ("ecg", "qt_medicine", "a medicine that prolongs QT"),
        ("ecg", "age_years", "age"),
        ("ecg", "dose_mg_per_kg", "the dose"),
        ("capnography", "sleep_apnoea", "sleep apnoea"),
        ("capnography", "bmi", "BMI"),
    ],
)
def test_what_nobody_told_is_not_a_no(name, fact, words):
    found = wanted(**{fact: None})[name]
    assert (found.wanted, found.unknown) == (None, (words,))


@pytest.mark.parametrize(
    ("name", "fact", "words"),
    [("ecg", "cardiac_history", "heart disease"), ("capnography", "sleep_apnoea", "sleep apnoea")],
)
def test_h7_where_records_disagree_nobody_knows(name, fact, words):
    disputed = [Fact(fact, value, None, AT, source) for value, source in ((True, "clinician"), (False, "patient"))]
    found = wanted(**{fact: None}, disputed=disputed)[name]
    assert (found.wanted, found.unknown) == (None, (f"{words} (records disagree)",))


def test_before_anybody_looked_at_sedation_nothing_hangs_on_it():
    assert wanted(moaas_lowest=None)["capnography"].wanted is False


def test_the_dose_counts_by_vein_alone():
    """Half a milligram and more per kilogram is an ordinary injection."""
    assert wanted("p-im-05", dose_mg_per_kg=0.75)["ecg"].wanted is False
    assert wanted("p-iv-10", dose_mg_per_kg=1)["capnography"].wanted is True


@pytest.mark.parametrize("sheet", PROTOCOLS)
def test_every_schedule_of_a_clinic_has_its_lines(sheet):
    assert len(wanted(sheet)) == 2
