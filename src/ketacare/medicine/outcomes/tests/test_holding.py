"""How soon a response came, how long it has held, whether it is lost: by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import Point, Trajectory

FIRST = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SHEET, PHQ9 = reader.forecasting(), reader.instrument("phq-9")


def course(totals: dict[int, int | None], *, baseline: int | None = 20) -> Trajectory:
    before = [] if baseline is None else [Point(FIRST - DAY, Decimal(baseline))]
    after = [Point(FIRST + day * DAY, None if total is None else Decimal(total)) for day, total in totals.items()]
    return rules.trajectory(PHQ9, [*before, *after], [FIRST])


def test_days_to_and_in_response():
    """Half of 20 is 10. Day 7: 14; day 14: 9; day 21: 4; day 28: 12; looked at on day 30."""
    found = rules.holding(course({7: 14, 14: 9, 21: 4, 28: 12}), PHQ9, SHEET, FIRST + 30 * DAY)
    assert found is not None
    assert (found.to_response, found.to_remission) == (14, 21)
    assert (found.in_response, found.known, found.since_first_dose) == (14, 23, 30)
    assert found.lost_since is None


def test_a_score_stands_for_no_more_than_the_sheets_days():
    """Day 7: 9, and then nothing: 14 days of the 53 are known."""
    found = rules.holding(course({7: 9}), PHQ9, SHEET, FIRST + 60 * DAY)
    assert found is not None
    assert (found.in_response, found.known) == (14, 14)


@pytest.mark.parametrize("none", [course({}), course({7: None}), course({7: 9}, baseline=None)])
def test_nothing_to_say(none: Trajectory):
    assert rules.holding(none, PHQ9, SHEET, FIRST + 30 * DAY) is None


def test_before_any_dose_nothing_has_begun():
    undosed = rules.trajectory(PHQ9, [Point(FIRST, Decimal(20)), Point(FIRST + DAY, Decimal(8))], [])
    assert rules.holding(undosed, PHQ9, SHEET, FIRST + 30 * DAY) is None


@pytest.mark.parametrize(
    ("totals", "lost"),
    [
        ({7: 4, 14: 8, 21: 9}, 14),  # gain 16, a quarter is 4: from 8 on it is lost, and 7 days lie between
        ({7: 4, 14: 7, 21: 9}, None),  # one score alone
        ({7: 4, 14: 8, 18: 9}, None),  # four days apart
        ({7: 4, 14: 8, 19: 9}, 14),  # five
        ({7: 4, 14: 8, 21: 5, 28: 9}, None),  # it came back between
        ({7: 12, 14: 16, 21: 16}, None),  # there was no response
        ({7: 4, 14: 8, 21: None, 28: 9}, 14),  # what is missing says nothing
    ],
)
def test_a_response_is_lost_when_a_quarter_of_the_gain_is_gone_twice(totals: dict[int, int | None], lost: int | None):
    found = rules.lost_since(course(totals), PHQ9, SHEET)
    assert found == (None if lost is None else FIRST + lost * DAY)
    assert rules.lost_since(course(totals, baseline=None), PHQ9, SHEET) is None


@given(st.dictionaries(st.integers(1, 80), st.integers(0, 27), min_size=1, max_size=10), st.integers(1, 120))
def test_in_response_is_part_of_what_is_known_which_is_part_of_all(totals: dict[int, int], until: int):
    found = rules.holding(course(dict(totals)), PHQ9, SHEET, FIRST + until * DAY)
    assert found is not None
    assert 0 <= found.in_response <= found.known <= found.since_first_dose + 1e-9
