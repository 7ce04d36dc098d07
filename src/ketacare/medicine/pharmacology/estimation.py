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

_REACH = 1e-3  # of the central differences: their error is its square, and a second one keeps eight digits
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
    """The estimate, or NotFound. `omega` is the covariance of the deviations before anything is known.

    Newton's steps on J with the model's own curvature, since a person far from typical bends it; where that curvature
    is no bowl, the one without it, which always is. A step that leads up is damped and taken again.
    """
    prior: Floats = np.asarray(np.linalg.inv(omega), dtype=float)
    eta = np.zeros(len(omega))
    near = around(predicts, eta)
    typical = float(evidence.misfit(near.expected))
    damping = 0.0
    for _ in range(_MOST_STEPS):
        gradient, plain, whole = bends(evidence, near)
        gradient, plain, whole = gradient + prior @ eta, plain + prior, whole + prior
        bowl = whole if np.linalg.eigvalsh(whole)[0] > 0 else plain
        step = -np.linalg.solve(bowl + damping * np.diag(np.diag(plain)), gradient)
        if -gradient @ step < _CLOSE_ENOUGH * (1 + typical):
            return told(evidence, eta, near.expected, plain, prior, typical)
        further = around(predicts, eta + step)
        if height(evidence, further.expected, eta + step, prior) <= height(evidence, near.expected, eta, prior):
            eta, near, damping = eta + step, further, damping / 8
        else:
            damping = max(8 * damping, 1e-2)
    raise NotFound("the most likely individual was not found: the measurements and the model do not settle on one")


def height(evidence: Evidence, expected: Floats, eta: Floats, prior: Floats) -> float:
    """Twice J. What the model cannot tell at these deviations stands infinitely high."""
    total = float(evidence.misfit(expected)) + float(eta @ prior @ eta)
    return total if np.isfinite(total) else np.inf


@dataclass(frozen=True)
class Near:
    """The model around a point: what is expected of each measurement, its slopes and its second derivatives."""

    expected: Floats  # (measurements,)
    slopes: Floats  # (measurements, parameters)
    curves: Floats  # (measurements, parameters, parameters)


def around(predicts: Predicts, eta: Floats) -> Near:
    """By central differences; all points are asked of the model at once."""
    count, reach = len(eta), _REACH * np.eye(len(eta))
    one, other = np.triu_indices(count, 1)
    both = reach[one] + reach[other]
    rows = predicts(np.concatenate([eta[None], eta + reach, eta - reach, eta + both, eta - both]))
    middle, up, down = rows[0], rows[1 : 1 + count], rows[1 + count : 1 + 2 * count]
    along = up + down - 2 * middle
    joint = rows[1 + 2 * count : 1 + 2 * count + len(one)] + rows[1 + 2 * count + len(one) :] - 2 * middle
    curves = np.zeros((len(middle), count, count))
    curves[:, range(count), range(count)] = along.T / _REACH**2
    curves[:, one, other] = curves[:, other, one] = (joint - along[one] - along[other]).T / (2 * _REACH**2)
    return Near(middle, (up - down).T / (2 * _REACH), curves)


def bends(evidence: Evidence, near: Near) -> tuple[Floats, Floats, Floats]:
    """Gradient of the data's part of J, its curvature without that of the model, and with it.

    A value below its limit counts by -ln Phi, others by squares.
    """
    away = (evidence.value - near.expected) / evidence.sd
    hazard = np.exp(-(away**2) / 2 - np.log(2 * np.pi) / 2 - log_ndtr(away))
    pull = np.where(evidence.below, -hazard, away) / evidence.sd
    weight = np.where(evidence.below, hazard * (away + hazard), 1.0) / evidence.sd**2
    plain = near.slopes.T @ (weight[:, None] * near.slopes)
    return -near.slopes.T @ pull, plain, plain - np.tensordot(pull, near.curves, axes=1)


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
