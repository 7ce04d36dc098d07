"""What is worked out of a case before it is judged: pressures of today, what medicines say, what courses establish."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.terms import Case, Pressure, TakenMedicine
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.evidence.terms import Facts

NOON = datetime(2026, 7, 14, 12, tzinfo=UTC)


def derived(*names, pressures=(), asked=True):
    medicines = tuple(TakenMedicine(name) for name in names) if asked else None
    whole = with_derived(Case(NOON, Facts(), medicines=medicines, pressures=pressures), SHEET)
    return {fact.name: fact.value for fact in whole.facts}


@pytest.mark.parametrize(
    ("names", "sedative", "raises"),
    [
        ((), False, False),
        (("sertraline",), False, False),
        (("lorazepam",), True, False),
        (("tranylcypromine",), False, True),
        (("lorazepam", "methylphenidate"), True, True),
        (("the blue one",), None, None),
        (("the blue one", "lorazepam"), True, None),
    ],
)
def test_a_medicine_that_sedates_or_raises_pressure_is_told_and_a_no_only_where_every_name_is_known(
    names, sedative, raises
):
    found = derived(*names)
    assert found.get("sedative_taken") is sedative
    assert found.get("pressure_raising_medicine_taken") is raises


def test_while_nobody_has_asked_medicines_say_nothing():
    assert derived(asked=False) == {}


def test_a_drug_whose_level_is_owed_says_so_and_no_other_does():
    assert derived("lithium")["takes_drug_with_level"] is True
    assert "takes_drug_with_level" not in derived("sertraline", "the blue one")


def test_only_readings_of_today_make_the_pressure_of_today():
    yesterday = Pressure(NOON - timedelta(days=1), 190, 120)
    now = Pressure(NOON - timedelta(minutes=5), 128, 78)
    assert "gate_sbp" not in derived(pressures=(yesterday,))
    found = derived(pressures=(yesterday, now))
    assert (found["gate_sbp"], found["gate_dbp"]) == (Decimal(128), Decimal(78))


def test_where_nothing_follows_the_case_stays_as_it_is():
    case = Case(NOON, Facts())
    assert with_derived(case, SHEET) is case
