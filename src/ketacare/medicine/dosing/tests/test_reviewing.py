"""When a course is reviewed, what its rules say, and its ceilings: by hand, at every edge."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.dosing.rules import reviewing
from ketacare.medicine.dosing.rules.reviewing import CourseSoFar, Reach
from ketacare.medicine.evidence.terms import Result
from ketacare.medicine.pharmacology.terms import Drug

FIRST = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SIX = tuple(FIRST + day * DAY for day in (0, 3, 7, 10, 14, 17))
MET, NOT_MET, UNKNOWN = Result.MET, Result.NOT_MET, Result.UNKNOWN


def course(count: int = 6, *, next_day: tuple[int | None, ...] = (), **more: object) -> CourseSoFar:
    told = CourseSoFar(
        drug=Drug.KETAMINE,
        doses=SIX[:count],
        next_day=tuple(None if one is None else Decimal(one) for one in next_day),
        improvement=Decimal(60),
        lost=False,
        concern=False,
    )
    return replace(told, **more)  # type: ignore[arg-type]


def found(told: CourseSoFar) -> dict[str, Result]:
    return {line.rule.id: line.result for line in reviewing.evidence(told)}


# -- when --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "reviewed", "owed", "holds"),
    [
        (1, [], None, False),
        (2, [], 2, False),  # the next dose does not wait for the first review, it warns
        (2, [2], None, False),
        (3, [], 2, False),
        (4, [2], 4, True),
        (4, [4], None, False),
        (5, [2], 4, True),
        (5, [5], None, False),  # one that was made early counts for those before it
        (6, [2, 4], 6, True),
        (9, [6], None, False),
        (9, [4], 6, True),
    ],
)
def test_a_review_is_owed_after_the_second_fourth_and_sixth_dose(given, reviewed, owed, holds):
    assert reviewing.due_after(given, reviewed) == owed
    assert reviewing.holds_next(given, reviewed) is holds


def test_it_opens_a_day_after_the_dose_and_is_due_a_day_later():
    assert reviewing.opens_at(FIRST) - FIRST == timedelta(hours=24)
    assert reviewing.due_at(FIRST) - FIRST == timedelta(hours=48)
    assert reviewing.follow_up("safety_within") == timedelta(hours=24)
    assert reviewing.follow_up("letter_within") == timedelta(days=7)


# -- what the evidence says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("next_day", "result"),
    [((0, 0, 0, 19), MET), ((0, 0, 0, 20), NOT_MET), ((0, 0, 0, None), UNKNOWN), ((0,), UNKNOWN)],
)
def test_little_after_the_fourth(next_day, result):
    assert found(course(4, next_day=next_day))["N1"] is result


def test_before_the_fourth_it_does_not_apply():
    assert found(course(3, next_day=(0, 0, 0)))["N1"] is NOT_MET


def test_one_dose_is_one_dose():
    assert {line.rule.id: line.read for line in reviewing.evidence(course(1))}["N1"] == "1 dose so far"


@pytest.mark.parametrize(
    ("next_day", "three", "two"),
    [
        ((10, 10, 10), MET, MET),
        ((10, 30, 10), NOT_MET, NOT_MET),
        ((30, 10, 10), NOT_MET, MET),
        ((10, None, 10), UNKNOWN, UNKNOWN),
        ((30, None, 10), NOT_MET, UNKNOWN),
    ],
)
def test_three_in_a_row_and_two(next_day, three, two):
    results = found(course(3, next_day=next_day))
    assert (results["N2"], results["N3"]) == (three, two)


def test_too_few_doses_for_three_or_two():
    results = found(course(1, next_day=(0,)))
    assert (results["N2"], results["N3"]) == (NOT_MET, NOT_MET)


@pytest.mark.parametrize(
    ("count", "improvement", "result"),
    [(6, Decimal(49), MET), (6, Decimal(50), NOT_MET), (6, None, UNKNOWN), (5, Decimal(0), NOT_MET)],
)
def test_less_than_half_after_six(count, improvement, result):
    assert found(course(count, improvement=improvement))["N5"] is result


@pytest.mark.parametrize(("lost", "result"), [(True, MET), (False, NOT_MET), (None, UNKNOWN)])
def test_a_response_that_was_lost(lost, result):
    assert found(course(lost=lost))["N6"] is result


@pytest.mark.parametrize(
    ("improvement", "concern", "result"),
    [
        (Decimal(-25), False, MET),
        (Decimal(-24), False, NOT_MET),
        (Decimal(60), True, MET),
        (None, False, UNKNOWN),
        (Decimal(60), None, UNKNOWN),
        (None, True, MET),
    ],
)
def test_worse(improvement, concern, result):
    assert found(course(improvement=improvement, concern=concern))["N7"] is result


def test_esketamine_is_judged_at_the_end_of_its_induction_and_by_no_rule_of_racemic():
    long = tuple(FIRST + day * DAY for day in (0, 3, 7, 10, 14, 17, 21, 24))
    assert found(course(drug=Drug.ESKETAMINE, doses=long)) == {"N4": MET, "N6": NOT_MET, "N7": NOT_MET}
    assert found(course(drug=Drug.ESKETAMINE, doses=long[:4]))["N4"] is NOT_MET
    assert found(course(drug=Drug.ESKETAMINE, doses=long, improvement=None))["N4"] is MET


def test_every_line_says_what_was_read():
    for line in reviewing.evidence(course(4, next_day=(10, None, 30, 12))):
        assert line.read
    told = {line.rule.id: line.read for line in reviewing.evidence(course(4, next_day=(10, None, 30, 12)))}
    assert told["N1"] == "24 h after dose 4: 12 % better"
    assert "dose 2: no change known at 24 h" in told["N2"]


# -- ceilings ----------------------------------------------------------------------------------------------------------


def daily(count: int) -> list[datetime]:
    return [FIRST + 2 * number * DAY for number in range(count)]


@pytest.mark.parametrize(
    ("count", "reach"), [(9, Reach.FAR), (10, Reach.NEAR), (11, Reach.NEAR), (12, Reach.REACHED), (13, Reach.REACHED)]
)
def test_twelve_sessions_in_a_month(count, reach):
    """Eighty percent of 12 is 9.6."""
    doses = daily(count)
    month, year, *_ = reviewing.ceilings(Drug.KETAMINE, doses, doses[-1])
    assert (month.count, month.most, month.reach) == (count, 12, reach)
    assert year.reach is Reach.FAR
    if reach is Reach.REACHED:
        assert month.next_from == doses[-12] + 30 * DAY


def test_what_is_older_than_a_month_is_over():
    doses = daily(12)
    month, year, *_ = reviewing.ceilings(Drug.KETAMINE, doses, doses[-1] + 30 * DAY)
    assert (month.count, year.count) == (0, 12)


def test_esketamine_counts_once_eight_weeks_are_over():
    early = [FIRST + day * DAY for day in range(0, 28, 3)]
    assert reviewing.ceilings(Drug.ESKETAMINE, early, early[-1])[0].reach is Reach.FAR
    late = [FIRST, *(FIRST + (60 + 3 * number) * DAY for number in range(8))]
    assert reviewing.ceilings(Drug.ESKETAMINE, late, late[-1])[0].reach is Reach.REACHED


@pytest.mark.parametrize(("day", "reach"), [(60, Reach.FAR), (66, Reach.REACHED), (67, Reach.FAR)])
def test_closer_than_a_week_after_eight_weeks(day, reach):
    """The dose before the last on day 60, the last six or seven days later; on day 60 the one before was day 10."""
    doses = [FIRST, FIRST + 10 * DAY, FIRST + 60 * DAY]
    doses += [FIRST + day * DAY] if day > 60 else []
    assert reviewing.ceilings(Drug.KETAMINE, doses, doses[-1])[-1].reach is reach


def test_the_first_weeks_of_a_second_course_are_its_own():
    began = FIRST + 200 * DAY
    doses = [FIRST, began + DAY, began + 4 * DAY]
    assert reviewing.ceilings(Drug.KETAMINE, doses, doses[-1])[-1].reach is Reach.REACHED
    month, year, apart = reviewing.ceilings(Drug.KETAMINE, doses, doses[-1], began)
    assert (month.count, year.count, apart.reach) == (2, 3, Reach.FAR)


def test_one_dose_has_no_distance():
    assert len(reviewing.ceilings(Drug.KETAMINE, [FIRST], FIRST)) == 2
