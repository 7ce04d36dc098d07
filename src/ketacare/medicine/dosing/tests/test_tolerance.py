"""A dose that rises, more for the same, and the sums in milligrams: by hand, at every edge."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.dosing.rules import tolerance
from ketacare.medicine.dosing.rules.reviewing import Reach
from ketacare.medicine.dosing.rules.tolerance import Dosed, Sum
from ketacare.medicine.quantities.terms import Mass, MassPerWeight

FIRST = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RACEMIC, NASAL = ("ketamine (racemic)", "IV"), ("esketamine", "IN")


def dosed(day: float, dose: str | None, kind: tuple[str, str] = RACEMIC, given: str | None = None) -> Dosed:
    """A day counted from the first dose; `dose` in mg/kg, with "mg" in mg, None where nothing was ordered here."""
    ordered = None
    if dose is not None:
        ordered = Mass(Decimal(dose[:-2])) if dose.endswith("mg") else MassPerWeight(Decimal(dose))
    return Dosed(FIRST + day * DAY, *kind, ordered, None if given is None else Mass(Decimal(given)))


def seen(rule, *doses: Dosed, on: float | None = None) -> tuple[int, int, Reach]:
    found = rule(doses, doses[-1].at if on is None else FIRST + on * DAY)
    return found.count, found.unknown, found.reach


def rising(*doses: Dosed, on: float | None = None) -> tuple[int, int, Reach]:
    return seen(tolerance.rising, *doses, on=on)


@pytest.mark.parametrize(
    ("day", "dose", "count"),
    [
        (90, "0.5", 0),  # the same dose
        (90, "0.4", 0),
        (90, "0.51", 1),  # any rise: the reference gives no least one
        (86, "0.6", 1),  # sooner, and more
        (93, "0.6", 1),  # 17 days after 14: the same two weeks
        (94, "0.6", 0),  # 18 days are nearer to three weeks: it was stretched
        (100, "0.6", 0),
    ],
)
def test_a_rising_dose_at_a_stable_interval_raises_a_review_of_misuse_and_tolerance(day, dose, count):
    found = rising(dosed(0, "0.5"), dosed(62, "0.5"), dosed(76, "0.5"), dosed(day, dose))
    assert found == (count, 0, Reach.REACHED if count else Reach.FAR)


@pytest.mark.parametrize(("day", "count"), [(56, 0), (57, 1)])
def test_titration_in_the_first_eight_weeks_is_none(day, count):
    assert rising(dosed(0, "0.5"), dosed(day - 7, "0.5"), dosed(day, "0.75"))[0] == count


def test_it_stands_for_ninety_days_and_a_second_course_has_first_weeks_of_its_own():
    doses = [dosed(0, "0.5"), dosed(60, "0.5"), dosed(74, "0.6")]
    assert rising(*doses, on=74 + 89)[0] == 1
    assert rising(*doses, on=74 + 90)[0] == 0
    assert tolerance.rising(doses, doses[-1].at, FIRST + 50 * DAY).count == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (dosed(74, None), dosed(88, "0.6")),
        (dosed(74, "35mg"), dosed(88, "0.6")),
        (dosed(74, "56mg"), dosed(88, "84mg", NASAL)),
        (dosed(74, "0.5"), dosed(88, "1", ("ketamine (racemic)", "IM"))),
    ],
)
def test_what_cannot_be_compared_is_not_known_and_no_rise(before, after):
    assert rising(dosed(0, "0.5"), dosed(50, "0.5"), before, after)[0] == 0
    assert rising(dosed(0, "0.5"), dosed(50, "0.5"), before, after)[1] >= 1


def test_two_doses_have_one_interval_and_nothing_to_hold_it_against():
    assert rising(dosed(0, "0.5"), dosed(70, "1")) == (0, 0, Reach.FAR)
    assert seen(tolerance.rising, dosed(0, "0.5")) == (0, 0, Reach.FAR)
    assert tolerance.rising([], FIRST).count == 0


@pytest.mark.parametrize(
    ("doses", "count", "reach"),
    [
        ((dosed(84, "0.62"), dosed(98, "0.77")), 0, Reach.FAR),  # 24 % more, twice
        ((dosed(84, "0.625"), dosed(98, "0.7")), 1, Reach.NEAR),
        ((dosed(84, "0.625"), dosed(98, "0.8")), 2, Reach.REACHED),
        ((dosed(80, "0.5"), dosed(87, "0.5")), 1, Reach.NEAR),  # 10 days after 14, then 7 after 10: 29 %, then 30 %
        ((dosed(79.8, "0.5"), dosed(86, "0.5")), 2, Reach.REACHED),
        ((dosed(84, None), dosed(91, "0.5")), 1, Reach.NEAR),  # half the interval, whatever the dose was
    ],
)
def test_a_quarter_more_or_a_third_sooner_twice_in_ninety_days(doses, count, reach):
    before = (dosed(0, "0.5"), dosed(42, "0.5"), dosed(56, "0.5"), dosed(70, "0.5"))
    found = seen(tolerance.more_for_the_same, *before, *doses)
    assert (found[0], found[2]) == (count, reach)


@pytest.mark.parametrize(
    ("doses", "rules"),
    [
        ((dosed(70, "0.5"), dosed(84, "0.5")), []),
        ((dosed(70, "0.5"), dosed(84, "0.6")), ["CE-4"]),
        ((dosed(70, "0.5"), dosed(76, "0.5")), ["CE-3"]),
        ((dosed(70, "0.5"), dosed(76, "0.7"), dosed(80, "0.7")), ["CE-3", "CE-4", "CE-5"]),
    ],
)
def test_what_asks_for_a_review_of_misuse_and_tolerance(doses, rules):
    every = (dosed(0, "0.5"), dosed(42, "0.5"), dosed(56, "0.5"), *doses)
    assert [rule.id for rule in tolerance.to_review(every, every[-1].at)] == rules


def test_what_a_review_has_looked_at_asks_for_no_other():
    """One rise, reviewed; then the same dose week by week: nothing rises, so nobody is asked again (H9)."""
    weekly = [dosed(7 * week, "0.5" if week < 10 else "0.6") for week in range(14)]
    at = {week: weekly[week].at for week in range(14)}
    assert [rule.id for rule in tolerance.to_review(weekly[:11], at[10])] == ["CE-4"]
    assert tolerance.to_review(weekly[:12], at[11], None, at[10]) == ()
    assert [rule.id for rule in tolerance.to_review([*weekly, dosed(98, "0.7")], at[13] + DAY * 7, None, at[10])] == [
        "CE-4"
    ]


def test_the_sums_are_by_drug_and_route_and_say_what_nobody_entered():
    doses = [
        dosed(0, "0.5", given="36.25"), dosed(336, "0.5", given="40"), dosed(362, "0.5"), dosed(364, "0.5", given="30"),
        dosed(365, "56mg", NASAL, given="56"),
    ]  # fmt: skip
    racemic, nasal = tolerance.sums(doses, FIRST + 365 * DAY)
    assert (racemic.drug, racemic.route) == RACEMIC
    assert racemic.whole == Sum(Mass(Decimal("106.25")), 4, 1)
    assert dict(racemic.within) == {
        7: Sum(Mass(Decimal(30)), 2, 1), 30: Sum(Mass(Decimal(70)), 3, 1), 365: Sum(Mass(Decimal(70)), 3, 1),
    }  # fmt: skip
    assert nasal.whole == Sum(Mass(Decimal(56)), 1, 0)
    assert tolerance.sums([], FIRST) == ()


def test_what_nobody_entered_is_not_known_and_no_dose_at_all_is_none():
    (found,) = tolerance.sums([dosed(0, "0.5"), dosed(3, "0.5")], FIRST + 20 * DAY)
    assert found.whole == Sum(None, 2, 2)
    assert dict(found.within)[30].given is None
    assert dict(found.within)[7] == Sum(Mass(Decimal(0)), 0, 0)
