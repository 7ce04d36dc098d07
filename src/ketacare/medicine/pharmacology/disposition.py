"""How a body answers one unit of drug: compartments in closed form, and any tree of them by symmetric eigenvalues.

Amounts in mg, volumes in L, clearances and flows in L/h, rate constants per hour; every argument one value a patient.
"""

from dataclasses import dataclass

import numpy as np

from ketacare.medicine.pharmacology.exponentials import Array, Exponentials


def one_of_two(k_out: Array, k_to: Array, k_back: Array) -> Exponentials:
    """The amount left in the first of two compartments after one unit into it."""
    total = k_out + k_to + k_back
    fast = (total + np.sqrt(total * total - 4 * k_out * k_back)) / 2
    rate = np.stack([fast, k_out * k_back / fast])
    share = (k_back - rate) / (rate[::-1] - rate)
    return Exponentials(share, rate)


def one_of_three(k10: Array, k12: Array, k21: Array, k13: Array, k31: Array) -> Exponentials:
    """The amount left in the central of three compartments after one unit into it.

    The rates are the roots of a cubic, by Viete's cosines and two Newton steps.
    """
    a2 = k10 + k12 + k13 + k21 + k31
    a1 = k10 * (k21 + k31) + k12 * k31 + k13 * k21 + k21 * k31
    a0 = k10 * k21 * k31
    rate = _roots(a2, a1, a0)
    others = np.stack([rate[[1, 2]], rate[[2, 0]], rate[[0, 1]]])
    share = (k21 - rate) * (k31 - rate) / ((others[:, 0] - rate) * (others[:, 1] - rate))
    return Exponentials(share, rate)


def _roots(a2: Array, a1: Array, a0: Array) -> Array:
    """The three roots of s^3 - a2 s^2 + a1 s - a0, all real and positive for positive rate constants."""
    q = (a2 * a2 - 3 * a1) / 9
    r = (2 * a2**3 - 9 * a1 * a2 + 27 * a0) / 54
    angle = np.arccos(np.clip(r / q**1.5, -1, 1))
    turn = 2 * np.pi / 3 * np.array([[0.0], [1.0], [-1.0]])
    root: Array = a2 / 3 + 2 * np.sqrt(q) * np.cos(angle / 3 + turn)
    for _ in range(2):
        slope = (3 * root - 2 * a2) * root + a1
        root = root - (((root - a2) * root + a1) * root - a0) / slope
    return root


@dataclass(frozen=True, slots=True)
class Tree:
    """Compartments that exchange drug by flows, in any tree, with clearance from any of them.

    Scaled by the root of their volumes the system is symmetric, so its eigenvalues are real and its eigenvectors
    orthogonal whatever the values: there is no ill-conditioned case.
    """

    volumes: Array  # (compartments, patients)
    vectors: Array  # (patients, compartments, terms)
    rates: Array  # (terms, patients)

    def answer(self, into: int, seen_in: int) -> Exponentials:
        """The concentration (mg/L) in one compartment after one unit into another."""
        weight = np.sqrt(self.volumes[into] * self.volumes[seen_in])
        share = (self.vectors[:, into] * self.vectors[:, seen_in]).T / weight
        return Exponentials(share, self.rates)


def tree(volumes: Array, flows: dict[tuple[int, int], Array], clearances: dict[int, Array]) -> Tree:
    """The tree of these `volumes` (compartments, patients), with flows between pairs and clearance out of some."""
    count, patients = volumes.shape
    system = np.zeros((patients, count, count))
    for (one, other), flow in flows.items():
        system[:, one, one] += flow
        system[:, other, other] += flow
        system[:, one, other] -= flow
        system[:, other, one] -= flow
    for place, clearance in clearances.items():
        system[:, place, place] += clearance
    root = 1 / np.sqrt(volumes.T)
    rates, vectors = np.linalg.eigh(system * root[:, :, np.newaxis] * root[:, np.newaxis, :])
    return Tree(volumes, vectors, np.ascontiguousarray(rates.T))
