from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.pharmacy.rules import (
    StepsOutOfOrder,
    course,
    given_mg,
    given_volume,
    moment_of,
    reconcile,
    scaled,
)
from ketacare.medicine.pharmacy.terms import Line, LineKind, RateStep
from ketacare.medicine.quantities.terms import Concentration, Mass, RatePump, Volume

T0 = datetime(2026, 7, 14, 8, 30, tzinfo=UTC)
masses = st.decimals(min_value="0", max_value="600", places=3).map(Mass)


def at(minute):
    return T0 + timedelta(minutes=minute)


def steps(*pairs):
    return [RateStep(at(minute), RatePump.of(rate)) for minute, rate in pairs]


def lines(**amounts):
    return [Line(LineKind(kind), Mass.of(amount)) for kind, amount in amounts.items()]


@pytest.mark.parametrize(
    ("amounts", "open_mg", "words"),
    [
        ({"drawn": "200", "given": "36", "wasted": "164"}, "0.000", "balanced"),
        ({"drawn": "200", "given": "34.5", "wasted": "165.5"}, "0.000", "balanced"),
        ({"drawn": "36", "given": "35"}, "1.000", "1 mg not accounted for"),
        ({"drawn": "36", "given": "36", "wasted": "0.001"}, "-0.001", "0.001 mg more accounted for"),
        ({"drawn": "36", "returned": "36"}, "0.000", "balanced"),
        ({}, "0.000", "balanced"),
    ],
)
def test_l6_and_h17_every_milligram_has_a_place(amounts, open_mg, words):
    answer = reconcile(lines(**amounts))
    assert answer.open_mg == Decimal(open_mg)
    assert answer.balanced is (answer.open_mg == 0)
    assert words in answer.words


@given(masses, masses, masses)
def test_l1_sum_is_conserved_in_any_order(given_part, wasted, returned):
    drawn = given_part + wasted + returned
    kinds = [LineKind.DRAWN, LineKind.GIVEN, LineKind.WASTED, LineKind.RETURNED]
    rows = [Line(kind, mass) for kind, mass in zip(kinds, (drawn, given_part, wasted, returned), strict=True)]
    assert reconcile(rows) == reconcile(rows[::-1])
    assert reconcile(rows).balanced


@pytest.mark.parametrize(
    ("rates", "end", "concentration", "milligrams"),
    [
        ([(0, 150)], 40, "0.36", "36"),  # the standard session
        ([(0, 150)], 30, "0.46", "34.5"),  # stopped at 30 min: 75 mL
        ([(0, 150), (20, 75), (30, 0)], 60, "0.4", "25"),  # 50 mL + 12.5 mL
        ([(0, 150), (10, 0), (15, 150)], 45, "0.4", "40"),  # paused for 5 min
        ([(0, "133.3")], 45, "0.36", "35.991"),  # 99.975 mL
        ([], 40, "0.36", "0"),
    ],
)
def test_given_from_rate_steps(rates, end, concentration, milligrams):
    assert given_mg(steps(*rates), Concentration.of(concentration), at(end)) == Mass.of(milligrams)


def test_a_pump_that_runs_on_cannot_give_more_than_the_bag_held():
    run_on = steps((0, 150))
    assert given_mg(run_on, Concentration.of("0.36"), at(50), bag=Volume.of(100)) == Mass.of(36)
    assert given_mg(run_on, Concentration.of("0.36"), at(20), bag=Volume.of(100)) == Mass.of(18)


def test_steps_out_of_order_are_refused():
    with pytest.raises(StepsOutOfOrder):
        given_volume(steps((10, 150), (5, 0)), at(20))
    with pytest.raises(StepsOutOfOrder):
        given_volume(steps((10, 150)), at(5))


def test_a_step_needs_a_zone():
    with pytest.raises(TypeError, match="zone"):
        RateStep(datetime(2026, 7, 14, 8, 30), RatePump.of(150))


@given(st.lists(st.integers(1, 3600), min_size=2, max_size=6), st.decimals(min_value=0, max_value=400, places=1))
def test_splitting_a_step_changes_nothing(seconds, rate):
    moments = [T0 + timedelta(seconds=sum(seconds[:count])) for count in range(len(seconds) + 1)]
    split = [RateStep(moment, RatePump(rate)) for moment in moments[:-1]]
    assert given_volume(split, moments[-1]) == given_volume(split[:1], moments[-1])


# --- the course as given ---------------------------------------------------------------------------------------------

BAG, STRENGTH = Volume.of(100), Concentration.of("0.36")


def told(*pairs, until):
    return [
        (str(step.start_min), str(round(step.minutes, 3)), str(step.mass.rounded().amount.normalize()))
        for step in course(steps(*pairs), STRENGTH, at(until), bag=BAG)
    ]


def test_the_course_follows_a_slower_rate_a_pause_and_the_stop():
    """36 mg in 100 mL: 20 min at 150 mL/h = 50 mL = 18 mg; 10 min at 75 = 12.5 mL = 4.5 mg; paused 5; 4 min at 75 =
    5 mL = 1.8 mg."""
    rates = [(0, "150"), (20, "75"), (30, "0"), (35, "75"), (39, "0")]
    assert told(*rates, until=60) == [("0", "20.000", "18"), ("20", "10.000", "4.5"), ("35", "4.000", "1.8")]
    assert given_mg(steps(*rates), STRENGTH, at(60)) == Mass.of("24.3")
    (first, *_) = course(steps(*rates), STRENGTH, at(60), bag=BAG)
    assert first.rate.rounded().written() == "0.9 mg/min"


def test_the_course_ends_when_the_bag_is_empty_and_now_cuts_it():
    assert told((0, "150"), until=90) == [("0", "40.000", "36")]
    assert told((0, "150"), until=10) == [("0", "10.000", "9")]
    assert course([], STRENGTH, at(10), bag=BAG) == ()


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 200)), min_size=1, max_size=6))
def test_the_stretches_add_up_to_what_was_given(spans):
    moment, rates = 0, []
    for minutes, rate in spans:
        rates.append((moment, str(rate)))
        moment += minutes
    stretches = course(steps(*rates), STRENGTH, at(moment), bag=BAG)
    whole = sum((step.mass.amount for step in stretches), Decimal(0))
    assert abs(whole - given_mg(steps(*rates), STRENGTH, at(moment), bag=BAG).amount) <= Decimal("0.0005")
    assert all(step.rate is not None for step in stretches)


def test_the_pumps_own_volume_keeps_the_shape_and_not_the_sum():
    rates = course(steps((0, "150"), (20, "75"), (30, "0")), STRENGTH, at(40), bag=BAG)
    more = scaled(rates, Mass.of("25"))
    assert [str(step.mass.rounded()) for step in more] == ["20 mg", "5 mg"]
    assert scaled((), Mass.of(5)) == ()


@pytest.mark.parametrize(
    ("ml", "minutes"), [("25", 10), ("50", 20), ("60", 40), ("74", 54), ("75", 55), ("75.1", None)]
)
def test_when_a_volume_has_left_the_pump(ml, minutes):
    """150 mL/h for 20 min, a pause of 10 min, then 60 mL/h for 25 min, then off."""
    pumped = steps((0, 150), (20, 0), (30, 60), (55, 0))
    assert moment_of(pumped, Volume.of(ml)) == (None if minutes is None else at(minutes))


def test_a_rate_that_goes_on_reaches_any_volume_and_nothing_started_none():
    assert moment_of(steps((0, 150)), Volume.of(250)) == at(100)
    assert moment_of([], Volume.of(1)) is None
