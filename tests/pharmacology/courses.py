"""Thousands of courses from a seed: what is given, when, to whom, and what is asked. Many are made to be awkward.

A third of the courses has a rate of a link, of absorption or of norketamine at, or within a hair of, a rate of the
parent: there the closed form divides by nearly nothing, and stepping notices nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.pharmacology.equations import FILM_STATES, LIVER_STATES, MAMMILLARY_STATES, ROUTES
from tests.pharmacology.published import IN_NOSE, KAMP, LATER_DEVICE, PEREZ_RUIXO, SIMONS, SURVIVES_GUT, SWALLOWING_H
from tests.pharmacology.stepping import Given

Draws = np.random.Generator
HAIR = (0.0, 1e-14, 1e-11, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-2)
SAMPLES = 12
ALIKE = 100


@dataclass(frozen=True)
class Dose:
    """What a person gives: route `iv`, one of `ROUTES`, `device` (nasal spray) or `film`; mg, hours."""

    route: str
    start_h: float
    lasts_h: float
    mg: float


@dataclass(frozen=True)
class Courses:
    """`doses[i]` and column `i` of the parameters belong to course `i`; the hours rise within each row, and
    are the same within each hundred of courses."""

    doses: list[list[Dose]]
    parameters: dict[str, NDArray[np.float64]]
    hours: NDArray[np.float64]


def mammillary(count: int, seed: int) -> Courses:
    draws = np.random.default_rng(seed)
    p = varied(KAMP, count, draws)
    for name in ("f", "ffp"):  # fractions stay fractions
        for route in ROUTES:
            p[f"{name}_{route}"] = draws.uniform(0, 0.5, count)
    p["fm"] = draws.uniform(0.2, 1, count)
    for course in range(0, count, 3):
        make_awkward(p, course, draws)
    doses = [[*pumped(draws), *single(draws)] for _ in range(count)]
    return Courses(doses, p, asked(count, draws))


def varied(typical: dict[str, float], count: int, draws: Draws) -> dict[str, NDArray[np.float64]]:
    """Everybody's own parameters, by a weight of 40 to 160 kg and a factor of chance on each."""
    size = draws.uniform(40, 160, count) / 70
    powers = {"v": 1.0, "c": 0.75, "q": 0.75}
    return {
        name: value * size ** powers.get(name[0] if name != "kv" else "", 0.0) * np.exp(draws.normal(0, 0.4, count))
        for name, value in typical.items()
    }


def make_awkward(p: dict[str, NDArray[np.float64]], course: int, draws: Draws) -> None:
    """One more rate falls on, or next to, one of the parent's three."""
    rate = draws.choice(parent_rates(p, course)) * (1 + draws.choice(HAIR) * draws.choice([-1, 1]))
    which = draws.choice(["kv", "ke0", *(f"ka_{route}" for route in ROUTES), "nk", "nk"])
    if which != "nk":
        p[which][course] = rate
        return
    # Norketamine leaves with the rates mu of mu² - (m10+m12+m21) mu + m10 m21 = 0; solved for m10 it has one at `rate`.
    m12, m21 = rate * draws.uniform(0.05, 0.4, 2)
    m10 = rate * (rate - m12 - m21) / (rate - m21)
    vn1 = p["vn1"][course]
    p["cln"][course], p["qn"][course], p["vn2"][course] = m10 * vn1, m12 * vn1, m12 * vn1 / m21


def parent_rates(p: dict[str, NDArray[np.float64]], course: int) -> NDArray[np.float64]:
    """The three rates with which the parent leaves, from the matrix of its flows."""
    v1, v2, v3, cl, q2, q3 = (p[name][course] for name in ("v1", "v2", "v3", "cl", "q2", "q3"))
    flows = [[-(cl + q2 + q3) / v1, q2 / v2, q3 / v3], [q2 / v1, -q2 / v2, 0], [q3 / v1, 0, -q3 / v3]]
    return np.sort(-np.linalg.eigvals(np.array(flows)).real)


def pumped(draws: Draws) -> list[Dose]:
    """Steps of a pump, one after another, some with a pause between; never two at once."""
    clock, doses = float(draws.uniform(0, 0.5)), []
    for _ in range(draws.integers(0, 5)):
        lasts = float(draws.choice([draws.uniform(1, 5), draws.uniform(5, 120)])) / 60
        doses.append(Dose("iv", clock, lasts, float(draws.uniform(1, 60))))
        clock += lasts + float(draws.choice([0, draws.uniform(0, 1)]))
    return doses


def single(draws: Draws) -> list[Dose]:
    """Boluses into a vein, and doses by every other route; at least one."""
    routes = draws.choice(["iv", *ROUTES], draws.integers(1, 4))
    return [Dose(str(route), float(draws.uniform(0, 4)), 0.0, float(draws.uniform(1, 150))) for route in routes]


def asked(count: int, draws: Draws) -> NDArray[np.float64]:
    """Hours from the first minute to half a day later, half of them in the first two; the same for `ALIKE` courses."""
    rows = [
        np.concatenate([draws.uniform(0.02, 2, SAMPLES // 2), draws.uniform(2, 12, SAMPLES - SAMPLES // 2)])
        for _ in range(math.ceil(count / ALIKE))
    ]
    return np.sort(np.repeat(rows, ALIKE, axis=0)[:count], axis=1)


def nasal(count: int, seed: int) -> Courses:
    """One to three devices some minutes apart, in people of any parameters."""
    draws = np.random.default_rng(seed)
    p = varied(dict(PEREZ_RUIXO), count, draws)
    doses = [
        [Dose("device", place * float(draws.uniform(4, 15)) / 60, 0.0, 28.0) for place in range(draws.integers(1, 4))]
        for _ in range(count)
    ]
    return Courses([sorted(course, key=lambda dose: dose.start_h) for course in doses], p, asked(count, draws))


def film(count: int, seed: int) -> Courses:
    draws = np.random.default_rng(seed)
    doses = [[Dose("film", 0.0, 0.0, float(draws.uniform(10, 100)))] for _ in range(count)]
    return Courses(doses, varied(SIMONS, count, draws), asked(count, draws))


# --- as the stepping wants it -----------------------------------------------------------------------------------------


def given_mammillary(doses: list[list[Dose]]) -> Given:
    place = {"iv": MAMMILLARY_STATES.index("x1")} | {route: MAMMILLARY_STATES.index(route) for route in ROUTES}
    return table([[(place[d.route], d.start_h, d.start_h + d.lasts_h, d.mg) for d in course] for course in doses])


def given_nasal(doses: list[list[Dose]]) -> Given:
    """Of each device a part is taken up in the nose; the rest is swallowed over half an hour, less the gut share."""
    nose, swallowed = LIVER_STATES.index("nose"), LIVER_STATES.index("swallowed")
    rows = []
    for course in doses:
        row = []
        for place, dose in enumerate(course):
            part = IN_NOSE * (LATER_DEVICE if place else 1)
            row.append((nose, dose.start_h, dose.start_h, part * dose.mg))
            row.append((swallowed, dose.start_h, dose.start_h + SWALLOWING_H, (1 - part) * SURVIVES_GUT * dose.mg))
        rows.append(row)
    return table(rows)


def given_film(doses: list[list[Dose]]) -> Given:
    """0.263 of the film through the mucosa over 13.1 min, 1.16 of it (a scale, not a fraction) swallowed over 29.9."""
    mucosa, gut = FILM_STATES.index("mucosa"), FILM_STATES.index("gut")
    return table(
        [
            [
                entry
                for d in course
                for entry in (
                    (mucosa, d.start_h, d.start_h + 13.1 / 60, 0.263 * d.mg),
                    (gut, d.start_h, d.start_h + 29.9 / 60, 1.16 * d.mg),
                )
            ]
            for course in doses
        ]
    )


def table(rows: list[list[tuple[int, float, float, float]]]) -> Given:
    widest = max(len(row) for row in rows)
    padded = [[*row, *[(0, 0.0, 0.0, 0.0)] * (widest - len(row))] for row in rows]
    state, start, end, amount = np.moveaxis(np.array(padded), 2, 0)
    return Given(state.astype(np.int64), start, end, amount)
