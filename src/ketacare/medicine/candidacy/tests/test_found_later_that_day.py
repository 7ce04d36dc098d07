"""What is found on the day of a clearance, after it was given: it lifts that no more than what is found later (H14)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.reader.case import _clearance, case_schema
from ketacare.medicine.candidacy.rules.found_since import found_since
from ketacare.medicine.candidacy.terms import Clearance, Signatures
from ketacare.medicine.candidacy.tests.given import ON
from ketacare.medicine.candidacy.tests.ordinary import SHEET, a_case, a_fact, ordinary, reason
from ketacare.medicine.candidacy.tests.test_medicines import took
from ketacare.medicine.evidence.terms import Facts, Result

ZONE = ZoneInfo("America/New_York")
EVENING = datetime.combine(ON, datetime.min.time(), ZONE) + timedelta(hours=20)
LETTER = EVENING - timedelta(hours=6)


def told(name, value, known_at):
    return structs.replace(a_fact(name, value), known_at=known_at)


def lifted(row, by, *found, given_at=LETTER, medicines=(), **change):
    names = {one.name for one in found}
    known = Facts([*(one for one in ordinary(**change) if one.name not in names), *found])
    cleared = Clearance(row, Signatures(by), ON, given_at=given_at)
    case = a_case(known, at=EVENING, clearances=(cleared,), medicines=medicines)
    one = reason(rules.judge(case, SHEET), row)
    assert one.result is Result.MET
    return one.cleared


EARLIER, LATER = LETTER - timedelta(hours=1), LETTER + timedelta(hours=1)


@pytest.mark.parametrize(
    ("row", "by", "name", "value"),
    [("CI-09", "P+spec", "valve_disease_or_cardiomyopathy", True), ("WK-08", "P", "urinalysis", "other finding")],
)
def test_h14_what_was_found_later_on_its_day_is_not_lifted(row, by, name, value):
    assert lifted(row, by, told(name, value, EARLIER))
    assert not lifted(row, by, told(name, value, LATER))
    assert lifted(row, by, told(name, value, LETTER)), "in the same moment it was known"


@pytest.mark.parametrize(("known_at", "given_at"), [(ON, LETTER), (LATER, None), (ON, None)])
def test_h14_where_the_order_is_not_known_the_day_counts(known_at, given_at):
    assert lifted("CI-09", "P+spec", told("valve_disease_or_cardiomyopathy", True, known_at), given_at=given_at)


def test_h14_what_has_no_hour_is_no_later_than_its_day():
    positive = told("mdq_positive", True, None)
    assert lifted("MDQ-01", "P", positive, mdq_interview_done=False)


def test_h14_what_is_told_again_that_day_in_the_same_words_is_nothing_new():
    glaucoma = [told("glaucoma", "chronic", EARLIER), told("glaucoma", "chronic", LATER)]
    assert lifted("CI-21", "P+spec", *glaucoma)
    assert not lifted("CI-21", "P+spec", told("glaucoma", "none", EARLIER), told("glaucoma", "chronic", LATER))


SCREENER = (
    "cssrs_1",
    "cssrs_2",
    "cssrs_3",
    "cssrs_4",
    "cssrs_5",
    "cssrs_6",
    "cssrs_6_within_3_months",
    "imminent_risk",
)


def screened(known_at, *yes):
    return [told(name, name in yes, known_at) for name in SCREENER]


@pytest.mark.parametrize(
    ("before", "found", "is_lifted"),
    [
        (["cssrs_6"], [], True),
        (["cssrs_6"], screened(LATER, "cssrs_6"), True),
        (["cssrs_6"], screened(LATER), True),
        (["cssrs_6"], screened(LATER, "cssrs_1", "cssrs_2", "cssrs_3", "cssrs_6"), False),
        (["cssrs_6"], [told("risk_tier_found", "T2", LATER)], True),
        (["cssrs_1"], [told("risk_tier_found", "T2", LATER)], False),
    ],
)
def test_h14_a_days_clearance_of_the_risk_does_not_lift_what_was_said_after_it(before, found, is_lifted):
    known = Facts([one for one in ordinary(risk_tier_found=None) if one.name not in SCREENER])
    known = known.with_(*screened(EARLIER, *before), *found)
    cleared = Clearance("CI-40", Signatures.PRESCRIBER, ON, given_at=LETTER)
    one = reason(rules.judge(a_case(known, at=EVENING, clearances=(cleared,), dose=True), SHEET), "CI-40")
    assert one.cleared is is_lifted
    assert is_lifted or "Clearance of 14-Jul-2026 is older than what was found later that day: ask again" in one.words


@pytest.mark.parametrize(("days_ago", "is_new"), [(1, False), (0, True)])
def test_h14_a_clearance_of_the_risk_without_an_hour_knew_all_of_its_day(days_ago, is_new):
    yesterday = EVENING - timedelta(days=1)
    known = Facts([one for one in ordinary(risk_tier_found=None) if one.name not in SCREENER])
    known = known.with_(*screened(yesterday, "cssrs_1"), *screened(EVENING, "cssrs_1"))
    known = known.with_(told("risk_tier_found", "T2", EVENING - timedelta(days=days_ago)))
    cleared = Clearance("CI-40", Signatures.PRESCRIBER, yesterday.date())
    case = a_case(known, at=EVENING, clearances=(cleared,), dose=True)
    assert found_since(cleared, case, SHEET) == ([ON] if is_new else [])


def test_h15_a_medicine_that_came_on_the_list_later_that_day_was_not_cleared():
    def cleared(listed_at, days=None):
        taken = took("methadone", 3, as_needed=False, days=days)
        return lifted("INT-03", "P", medicines=(replace(taken, listed_at=listed_at),), first_of_series=False)

    assert cleared(EARLIER)
    assert cleared(None)
    assert not cleared(LATER)
    assert cleared(LATER, days=30), "listed later, and taken so long before"


def test_a_case_may_tell_the_moment_of_a_clearance():
    row = {"criterion": "CI-07", "signatures": "P+spec", "given_on": "2026-07-14T02:00:00+00:00"}
    read = _clearance(row, "clearances[0]", EVENING)
    assert (read.given_on, read.given_at) == (ON - timedelta(days=1), datetime(2026, 7, 14, 2, tzinfo=UTC))
    day = _clearance(row | {"given_on": str(ON)}, "clearances[0]", EVENING)
    assert (day.given_on, day.given_at) == (ON, None)
    assert "T09:30" in case_schema()["properties"]["clearances"]["items"]["properties"]["given_on"]["description"]
