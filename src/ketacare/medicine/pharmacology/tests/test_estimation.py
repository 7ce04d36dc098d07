"""The estimator against results by hand: linear models have their answer in closed form."""

import math

import numpy as np
import pytest
from scipy.special import log_ndtr

from ketacare.medicine.pharmacology.estimation import Evidence, NotFound, most_likely


def evidence(values, sd, below=None):
    values = np.array(values, dtype=float)
    return Evidence(values, np.full(len(values), float(sd)), np.array(below or [False] * len(values)))


def linear(*slopes):
    """Each measurement is a weighted sum of the deviations."""
    weights = np.array(slopes, dtype=float)
    return lambda eta: eta @ weights.T


def test_one_measurement_one_parameter_by_hand():
    """Prior variance 0.09, measurement 0.6 with variance 0.01: 0.6 · 0.09/(0.09+0.01) = 0.54, variance 0.009."""
    found = most_likely(linear([1]), evidence([0.6], 0.1), np.array([[0.09]]))
    assert found.eta == pytest.approx([0.54], abs=1e-9)
    assert found.covariance == pytest.approx(np.array([[0.009]]), rel=1e-6)
    assert found.informed == pytest.approx(0.9, rel=1e-6)  # 1 - 0.009/0.09
    assert found.misfit_typical == pytest.approx(36, rel=1e-9)  # (0.6/0.1)²
    assert found.misfit == pytest.approx(0.36, rel=1e-6)  # (0.06/0.1)²
    assert found.distance == pytest.approx(1.8, rel=1e-6)  # 0.54/0.3


def test_a_correlated_parameter_moves_along():
    """By hand: omega column (0.04, 0.03), variance 0.04 + 0.01: eta = (0.04, 0.03) · 0.5/0.05 = (0.4, 0.3)."""
    omega = np.array([[0.04, 0.03], [0.03, 0.09]])
    found = most_likely(linear([1, 0]), evidence([0.5], 0.1), omega)
    assert found.eta == pytest.approx([0.4, 0.3], abs=1e-8)
    assert found.covariance[1, 1] == pytest.approx(0.09 - 0.03**2 / 0.05, rel=1e-6)


def test_two_measurements_as_the_normal_equations_give_it():
    weights, omega, seen, sd = np.array([[1, 2], [0.5, -1]]), np.diag([0.2, 0.3]), np.array([0.7, -0.2]), 0.15
    gain = omega @ weights.T @ np.linalg.inv(weights @ omega @ weights.T + sd**2 * np.eye(2))
    found = most_likely(linear(*weights), evidence(seen, sd), omega)
    assert found.eta == pytest.approx(gain @ seen, abs=1e-8)
    assert found.covariance == pytest.approx(omega - gain @ weights @ omega, abs=1e-7)


def test_without_measurements_everybody_is_typical():
    found = most_likely(lambda eta: np.zeros((len(eta), 0)), evidence([], 1), np.diag([0.1, 0.2]))
    assert found.eta == pytest.approx([0, 0])
    assert found.covariance == pytest.approx(np.diag([0.1, 0.2]))
    assert (found.informed, found.misfit_typical) == (pytest.approx(0, abs=1e-12), 0)


def test_noise_without_end_leaves_everybody_typical():
    found = most_likely(linear([1]), evidence([5], 1e4), np.array([[0.09]]))
    assert found.eta == pytest.approx([0], abs=1e-6)
    assert found.covariance == pytest.approx(np.array([[0.09]]), rel=1e-6)


def test_a_value_below_its_limit_pulls_down_and_only_down():
    """J = -ln Phi((l - eta)/s) + eta²/2w: its zero slope found here by bisection, without the estimator."""
    limit, sd, omega = -0.3, 0.2, 0.09

    def slope(eta):
        away = (limit - eta) / sd
        return math.exp(-(away**2) / 2 - log_ndtr(away)) / math.sqrt(2 * math.pi) / sd + eta / omega

    low, high = -3.0, 0.0
    while high - low > 1e-13:
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    found = most_likely(linear([1]), evidence([limit], sd, [True]), np.array([[omega]]))
    assert found.eta == pytest.approx([low], abs=1e-7)
    assert found.eta[0] < -0.2
    width = 1e-4
    assert 1 / found.covariance[0, 0] == pytest.approx(
        (slope(low + width) - slope(low - width)) / (2 * width), rel=1e-5
    )
    assert found.misfit == pytest.approx(-2 * log_ndtr((limit - low) / sd), rel=1e-6)


def test_a_limit_far_above_what_is_expected_says_nothing():
    found = most_likely(linear([1]), evidence([9], 0.2, [True]), np.array([[0.09]]))
    assert found.eta == pytest.approx([0], abs=1e-9)
    assert found.covariance == pytest.approx(np.array([[0.09]]), rel=1e-9)


def test_a_curved_model_is_solved_though_the_first_step_goes_too_far():
    """f = exp(3 eta): from a far measurement a plain step overshoots; the slope of J is zero where it stops."""
    found = most_likely(lambda eta: np.exp(3 * eta), evidence([40.0], 0.5), np.array([[1.0]]))
    value = math.exp(3 * found.eta[0])
    assert found.eta[0] - (40.0 - value) * 3 * value / 0.25 == pytest.approx(0, abs=1e-3)
    assert value == pytest.approx(40, rel=0.01)


def test_draws_have_the_mean_and_the_spread_of_the_interval():
    found = most_likely(linear([1, 0]), evidence([0.5], 0.1), np.array([[0.04, 0.03], [0.03, 0.09]]))
    drawn = found.draws(40_000, np.random.default_rng(5))
    assert drawn.shape == (40_000, 2)
    assert drawn.mean(axis=0) == pytest.approx(found.eta, abs=0.005)
    assert np.cov(drawn.T) == pytest.approx(found.covariance, abs=0.002)


def test_a_model_that_says_nothing_is_not_taken_for_an_answer():
    def broken(eta):
        return np.where(np.abs(eta[:, :1]) > 1e-3, np.nan, eta[:, :1])

    with pytest.raises(NotFound, match="do not settle"):
        most_likely(broken, evidence([5], 0.01), np.array([[0.09]]))
