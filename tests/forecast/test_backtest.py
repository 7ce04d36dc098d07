"""The forecast of the loss of response on people it has not seen: a small seeded part of the long run in
docs/safety/results/forecast.md."""

import numpy as np
import pytest

from ketacare.web.demo import network
from tests.forecast import backtest


@pytest.fixture(scope="module")
def found() -> backtest.Found:
    return backtest.run(network.halves, learn=150, hold=130, seed=7)


def test_the_intervals_hold_the_true_day_about_as_often_as_they_say(found: backtest.Found) -> None:
    """Of some 115 people an interval at 80 % holds 92, give or take 9; at 95 % 109, give or take 5."""
    assert found.held >= 105
    assert 0.7 <= found.covered_80 <= 0.9
    assert 0.88 <= found.covered_95 <= 1.0
    assert 0.75 <= found.scores_80 <= 0.95


def test_it_is_better_than_the_last_value_and_than_the_same_interval_for_all(found: backtest.Found) -> None:
    for errors in (found.brier, found.score_error):
        assert errors["forecast"] < min(error for name, error in errors.items() if name != "forecast")


def test_what_is_said_to_be_likely_happens_more_often(found: backtest.Found) -> None:
    said, happened = (np.array([row[place] for row in found.calibration]) for place in (0, 1))
    assert np.abs(said - happened)[np.array([row[2] for row in found.calibration]) >= 60].max() < 0.2


def test_a_forecast_that_takes_everybody_for_the_average_does_not_hold_its_intervals() -> None:
    """The control: with the spread between people taken away the same check fails."""
    chance = np.random.default_rng(7)
    pool = backtest.learned(backtest.lives(60, chance, network.halves))
    people = backtest.lives(60, chance, network.halves)
    narrow = backtest.held_back(people, backtest.all_alike(pool), chance, network.halves)
    assert backtest.share(one.said.lost.wide[0] <= one.lost <= one.said.lost.wide[1] for one in narrow) < 0.5
