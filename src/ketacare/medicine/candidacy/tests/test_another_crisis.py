"""Two signatures under the crisis path are about the crisis in which they were given (RUL-06, EXC-01)."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from ketacare.medicine.candidacy.tests.calm import calm, fact
from ketacare.medicine.candidacy.tests.given import ON
from ketacare.medicine.candidacy.tests.test_exceptions import CRISIS, HIGH, facts, judged, signed


def screened(days_ago, **yes):
    """What a person asked on an earlier day, to its end: no to everything but this."""
    names = [one for one in calm(ON - timedelta(days=days_ago)) if one.name.startswith(("cssrs", "imminent"))]
    return [one if one.name not in yes else fact(one.name, yes[one.name], one.known_at) for one in names]


def opened(*earlier, signed_ago=20, **today):
    told = judged(
        facts(**CRISIS, **(HIGH | today)).with_(*earlier), signed("EXC-01", given_on=ON - timedelta(signed_ago))
    )
    return told["CI-40"].words if "CI-40" in told else ""


HIGH_BEFORE = screened(20, cssrs_2=True, cssrs_4=True)


@pytest.mark.parametrize(
    "between",
    [
        screened(9),
        screened(9, cssrs_2=True),
        screened(9, cssrs_2=True, cssrs_4=True, imminent_risk=True),
        [*screened(9), *screened(5)],
    ],
)
def test_rul_06_what_was_signed_in_one_crisis_opens_no_path_in_the_next(between):
    """The risk was found otherwise in between, lower or imminent: whoever signed knew nothing of what is now."""
    found = opened(*HIGH_BEFORE, *between)
    assert f"signed on {ON - timedelta(days=20):%d-%b-%Y} in an earlier crisis; the risk is high anew" in found
    assert found.endswith("prescriber and medical director have not both signed")
    assert not opened(*HIGH_BEFORE, *between, signed_ago=0), "signed anew, in this one"


@pytest.mark.parametrize(
    "between",
    [
        [],
        screened(9, cssrs_2=True, cssrs_4=True),
        [one for one in screened(9) if one.name not in ("cssrs_1", "cssrs_2")],
        screened(25),
    ],
)
def test_rul_06_in_one_crisis_the_signatures_go_on_counting(between):
    """High all the while, or not asked to the end in between; lower before they signed says nothing."""
    assert not opened(*HIGH_BEFORE, *between)


@pytest.mark.parametrize(("hours", "is_open"), [(-1, True), (1, False)])
def test_rul_06_calm_on_the_day_of_the_signature_ends_the_crisis_where_it_was_found_after_it(hours, is_open):
    signed_at = datetime.combine(ON - timedelta(days=9), time(12), UTC)
    calm_then = [structs.replace(one, known_at=signed_at + timedelta(hours=hours)) for one in screened(9)]
    by = replace(signed("EXC-01", given_on=signed_at.date()), given_at=signed_at)
    known = facts(**CRISIS, **HIGH).with_(*screened(10, cssrs_2=True, cssrs_4=True), *calm_then)
    assert ("CI-40" not in judged(known, by)) is is_open


def test_rul_06_the_new_crisis_begins_with_the_first_high_day_after_the_first_calm_one():
    again = screened(7, cssrs_2=True, cssrs_4=True)
    found = opened(*HIGH_BEFORE, *screened(9), *again, *screened(5))
    assert f"high anew since {ON - timedelta(days=7):%d-%b-%Y}" in found


def test_rul_06_a_day_of_the_signature_that_was_asked_in_part_before_it_ends_no_crisis():
    signed_at = datetime.combine(ON - timedelta(days=9), time(12), UTC)
    calm_then = [
        structs.replace(one, known_at=signed_at + timedelta(hours=-1 if one.name == "cssrs_1" else 1))
        for one in screened(9)
    ]
    by = replace(signed("EXC-01", given_on=signed_at.date()), given_at=signed_at)
    known = facts(**CRISIS, **HIGH).with_(*screened(10, cssrs_2=True, cssrs_4=True), *calm_then)
    assert "CI-40" not in judged(known, by)


def test_rul_06_a_lower_answer_alone_begins_no_crisis():
    """Not asked today, the high tier of before stands: it is the one that they signed for."""
    today = dict.fromkeys(one.name for one in calm(ON) if one.name.startswith("cssrs"))
    assert not opened(*HIGH_BEFORE, *screened(9), **(today | {"imminent_risk": False}))
    madrs = fact("madrs_item_10", Decimal(5), ON - timedelta(days=3))
    again = opened(*HIGH_BEFORE, *screened(9), madrs, **(today | {"imminent_risk": False, "madrs_item_10": None}))
    assert f"high anew since {ON - timedelta(days=3):%d-%b-%Y}" in again, (
        "item 10 of the MADRS counts as high until a person has asked"
    )
