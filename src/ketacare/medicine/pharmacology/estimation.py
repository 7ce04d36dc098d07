"""The most likely individual: how far a person stands from typical, given what was measured in them.

Maximum a posteriori with a Laplace interval (Sheiner and Beal, J Pharm Sci 1982;71:1344). A person's deviations eta
are normal around zero with covariance `omega` before anything is measured; each measurement is normal around what the
model predicts for these deviations, with its own standard deviation. The estimate minimises

    J(eta) = 1/2 sum ((y - f(eta)) / s)^2 - sum over those below the limit of ln Phi((limit - f(eta)) / s)
             + 1/2 eta' omega^-1 eta

and around it eta is taken as normal with the inverse of the curvature H of J. What the numbers mean (a logarithm of a
concentration, a score) is the caller's: this module knows rows, deviations and nothing of pharmacology.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

Floats = NDArray[np.float64]
# From deviations (rows: people; columns: parameters) to what is expected of each measurement (same rows).
Predicts = Callable[[Floats], Floats]

_REACH = 1e-4  # of the central difference: its error (its square) stays below what convergence asks
_CLOSE_ENOUGH = 1e-12  # of the decrease that one more step would bring
_MOST_STEPS = 60


class NotFound(ArithmeticError):
    """The search for the most likely individual did not settle."""


@dataclass(frozen=True)
class Evidence:
    """What was measured, an entry a measurement, on the scale on which its error is normal.

    Where `below` is true the value is a limit, and all that is known is that the truth lies under it.
    """

    value: Floats
    sd: Floats
    below: NDArray[np.bool_]

    def misfit(self, expected: Floats) -> Floats:
        """Twice the part of J that comes from the data, for each row of expectations."""
        away = (self.value - expected) / self.sd
        return np.asarray(np.where(self.below, -2 * log_ndtr(away), away**2).sum(axis=-1))


@dataclass(frozen=True)
class Estimate:
    """Where the individual stands: deviations, their covariance, and what the data had to say.

    `misfit_typical` and `misfit` are twice the data's part of J for a typical person and for this one; `informed` is
    how many parameters the data fix, between none and all (the trace of what they add to the curvature).
    """

    eta: Floats
    covariance: Floats
    misfit_typical: float
    misfit: float
    informed: float
    distance: float

    def draws(self, count: int, chance: np.random.Generator) -> Floats:
        """As many people who could be this one: eta drawn from its interval, a row each."""
        spread = np.linalg.cholesky(self.covariance)
        return np.asarray(self.eta + chance.standard_normal((count, len(self.eta))) @ spread.T)


def most_likely(predicts: Predicts, evidence: Evidence, omega: Floats) -> Estimate:
    """The estimate, or NotFound. `omega` is the covariance of the deviations before anything is known."""
    prior: Floats = np.asarray(np.linalg.inv(omega), dtype=float)
    eta = np.zeros(len(omega))
    expected, slopes = around(predicts, eta)
    typical = float(evidence.misfit(expected))
    damping = 0.0
    for _ in range(_MOST_STEPS):
        gradient, curvature = bends(evidence, expected, slopes)
        gradient, curvature = gradient + prior @ eta, curvature + prior
        step = -np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), gradient)
        if -gradient @ step < _CLOSE_ENOUGH * (1 + typical):
            return told(evidence, eta, expected, curvature, prior, typical)
        further, slopes_there = around(predicts, eta + step)
        if height(evidence, further, eta + step, prior) <= height(evidence, expected, eta, prior):
            eta, expected, slopes, damping = eta + step, further, slopes_there, damping / 8
        else:
            damping = max(8 * damping, 1e-2)
    raise NotFound("the most likely individual was not found: the measurements and the model do not settle on one")


def height(evidence: Evidence, expected: Floats, eta: Floats, prior: Floats) -> float:
    """Twice J. What the model cannot tell at these deviations stands infinitely high."""
    total = float(evidence.misfit(expected)) + float(eta @ prior @ eta)
    return total if np.isfinite(total) else np.inf


def around(predicts: Predicts, eta: Floats) -> tuple[Floats, Floats]:
    """What is expected at eta, and its slope by each deviation; all asked of the model at once."""
    reach = _REACH * np.eye(len(eta))
    rows = predicts(np.concatenate([eta[None], eta + reach, eta - reach]))
    up, down = rows[1 : 1 + len(eta)], rows[1 + len(eta) :]
    return rows[0], (up - down).T / (2 * _REACH)


def bends(evidence: Evidence, expected: Floats, slopes: Floats) -> tuple[Floats, Floats]:
    """Gradient and curvature of the data's part of J; of a value below its limit by -ln Phi, of others by squares."""
    away = (evidence.value - expected) / evidence.sd
    hazard = np.exp(-(away**2) / 2 - np.log(2 * np.pi) / 2 - log_ndtr(away))
    pull = np.where(evidence.below, -hazard, away) / evidence.sd
    weight = np.where(evidence.below, hazard * (away + hazard), 1.0) / evidence.sd**2
    return -slopes.T @ pull, slopes.T @ (weight[:, None] * slopes)


def told(
    evidence: Evidence, eta: Floats, expected: Floats, curvature: Floats, prior: Floats, typical: float
) -> Estimate:
    covariance = np.linalg.inv(curvature)
    return Estimate(
        eta=eta,
        covariance=(covariance + covariance.T) / 2,
        misfit_typical=typical,
        misfit=float(evidence.misfit(expected)),
        informed=float(len(eta) - np.trace(covariance @ prior)),
        distance=float(np.sqrt(eta @ prior @ eta)),
    )
