"""A simulated year of three clinics: courses, doses and scores from a seed, and the true rates behind them.

Every number here is invented for demonstration and for testing the programme's figures; none is clinical knowledge.

The model. A person begins at a PHQ-9 of B. Each dose opens relief that builds over the course, and fades between doses:
after dose k the share of B that is relieved is F (1 - exp(-k / 2)), and halves every H days, F and H being the
person's own. What is scored is B (1 - relief) with a little noise, rounded, 0 to 27. Six doses come in three weeks; who
responded may go on every second to fourth week; some leave early, and each weekly form is missed with a chance of its
own. The three clinics differ in size and in how many forms come back, not in how people fare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLINICS = (("Harbour", 0.5, 0.85), ("Hill", 0.3, 0.75), ("River", 0.2, 0.6))  # name, share of people, forms answered
INDUCTION_DAYS = (0.0, 3.0, 7.0, 10.0, 14.0, 17.0)
YEAR_DAYS = 365.0
LEAST, MOST = 10, 27
MEAN_BASELINE, SPREAD_BASELINE = 18.0, 3.5
BUILD_DOSES = 2.0
SHARE_RELIEVED = (3.0, 1.35)  # of a beta distribution
HALF_LIFE_DAYS, SPREAD_HALF_LIFE = 45.0, 0.6  # lognormal
NOISE = 1.3
LEAVES_EACH_DOSE = 0.03
GOES_ON = 0.7
MAINTENANCE_DAYS = (14.0, 21.0, 28.0)
WEEKS, REMISSION_UNDER = 12, 5
FORM_WEEKDAY = 6.5  # days after a week began


@dataclass(frozen=True)
class Person:
    """One course. `dose_days`, `form_days` count from the first dose; `forms` are PHQ-9 totals, the first before it."""

    clinic: int
    began_days_ago: float
    dose_days: Floats
    form_days: Floats
    forms: NDArray[np.int64]
    mood_days: Floats
    moods: NDArray[np.int64]


@dataclass(frozen=True)
class Truth:
    """What the figures must find within their intervals: of everybody due, had every form come back."""

    response_by_week: dict[int, float]
    remission_by_week: dict[int, float]


def people(count: int, seed: int) -> list[Person]:
    """The same count and seed always tell the same people."""
    chance = np.random.default_rng(seed)
    return [person(chance) for _ in range(count)]


def truth(count: int, seed: int) -> Truth:
    """From many people whose every form comes back and is seen."""
    chance = np.random.default_rng(seed)
    days = FORM_WEEKDAY + 7 * np.arange(WEEKS, dtype=np.float64)
    responded, remitted = np.zeros(WEEKS), np.zeros(WEEKS)
    for _ in range(count):
        one = a_life(chance)
        totals = scored(one, days, chance)
        responded += 2 * (one.before - totals) >= one.before
        remitted += totals < REMISSION_UNDER
    return Truth(
        {week: float(responded[week - 1]) / count for week in range(1, WEEKS + 1)},
        {week: float(remitted[week - 1]) / count for week in range(1, WEEKS + 1)},
    )


@dataclass(frozen=True)
class Life:
    """The person behind the scores."""

    level: float
    before: int
    relieved: float
    half_life_days: float
    dose_days: Floats


def a_life(chance: np.random.Generator) -> Life:
    while True:
        level = chance.normal(MEAN_BASELINE, SPREAD_BASELINE)
        before = int(np.rint(level + chance.normal(0, NOISE)))
        if LEAST <= before <= MOST:
            break
    relieved = float(chance.beta(*SHARE_RELIEVED))
    half_life = float(HALF_LIFE_DAYS * np.exp(chance.normal(0, SPREAD_HALF_LIFE)))
    return Life(level, before, relieved, half_life, doses(chance, relieved))


def doses(chance: np.random.Generator, relieved: float) -> Floats:
    """Induction, less whoever leaves; then maintenance for most of those whom it helped."""
    stays = np.cumprod(chance.random(len(INDUCTION_DAYS) - 1) >= LEAVES_EACH_DOSE).sum() + 1
    days = list(INDUCTION_DAYS[: int(stays)])
    if len(days) == len(INDUCTION_DAYS) and relieved >= 0.5 and chance.random() < GOES_ON:
        step = float(chance.choice(MAINTENANCE_DAYS))
        days += list(np.arange(days[-1] + step, YEAR_DAYS, step))
    return np.array(days)


def halves(since: Floats, half_life_days: float) -> Floats:
    """The share that is left so many days after a dose."""
    left: Floats = 0.5 ** (since / half_life_days)
    return left


Fade = Callable[[Floats, float], Floats]


def relief(one: Life, days: Floats, fade: Fade = halves) -> Floats:
    """The share of the level that is relieved on each of these days. (days,)"""
    given = (one.dose_days[None, :] <= days[:, None]).sum(axis=1)
    since = days - one.dose_days[np.maximum(given, 1) - 1]
    peak = one.relieved * (1 - np.exp(-given / BUILD_DOSES))
    found: Floats = np.where(given > 0, peak * fade(np.maximum(since, 0), one.half_life_days), 0.0)
    return found


def scored(one: Life, days: Floats, chance: np.random.Generator, fade: Fade = halves) -> NDArray[np.int64]:
    exact = one.level * (1 - relief(one, days, fade)) + chance.normal(0, NOISE, len(days))
    return np.clip(np.rint(exact), 0, MOST).astype(np.int64)


def person(chance: np.random.Generator) -> Person:
    clinic = int(chance.choice(len(CLINICS), p=[share for _, share, _ in CLINICS]))
    answers = CLINICS[clinic][2]
    began = float(chance.uniform(1, YEAR_DAYS))
    one = a_life(chance)
    given = one.dose_days[one.dose_days < began]
    weekly = np.arange(FORM_WEEKDAY, min(began, YEAR_DAYS), 7)
    returned = weekly[chance.random(len(weekly)) < answers]
    hours = np.sort(np.concatenate([given + 0.25, given + 1.0]))
    felt = hours[(chance.random(len(hours)) < answers) & (hours < began)]
    low = 100 * (1 - relief(one, felt))  # asked is how low the mood is
    return Person(
        clinic=clinic,
        began_days_ago=began,
        dose_days=given,
        form_days=np.concatenate([[-1.0], returned]),
        forms=np.concatenate([[one.before], scored(one, returned, chance)]).astype(np.int64),
        mood_days=felt,
        moods=np.clip(np.rint(low + chance.normal(-10, 8, len(felt))), 0, 100).astype(np.int64),
    )
