from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.pharmacy.rules import StepsOutOfOrder, given_mg, given_volume, reconcile
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
