"""The words of the forecast: how a gain fades after a dose, in one person and in a clinic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ketacare.medicine.evidence.terms import Figure, Series, SheetHeader

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Yes = NDArray[np.bool_]


@dataclass(frozen=True)
class Forecasting:
    """What the sheet says: what is lost, from how many, how sure, and what is offered."""

    header: SheetHeader
    loss_of_gain: Figure
    loss_apart: Figure
    least_people: Figure
    least_scores: Figure
    least_pooled_scores: Figure
    built_up: Figure
    form_people: Figure
    most_people: Figure
    narrow: Figure
    wide: Figure
    opens: Figure
    closes: Figure
    too_soon: Figure
    carries: Figure
    half_life: Series
    between_people: Series
    noise: Series
    dose_to_dose: Series
    form: Series
    shown_ahead: Figure
    published: tuple[tuple[str, Figure], ...]


@dataclass(frozen=True, slots=True)
class Gains:
    """Scores after doses as arrays, one row each: whose, after which dose, how many days after it, and how many points
    better than the baseline. In order of person; inside a person the order never matters."""

    whose: Whole
    dose: Whole
    day: Floats
    gain: Floats


@dataclass(frozen=True)
class Pool:
    """How gains fade in a clinic. `weight` is how likely each half-life of the grid is for somebody of whom nothing is
    known; `people` is of how many that was learned. The rest is the same for everybody: the error of one score, what
    doses differ by, the form of fading, and the gains that people have."""

    instrument: str
    version: str
    people: int
    scores: int
    weight: Floats
    noise: float
    dose_to_dose: float
    form: float
    gain_mean: float
    gain_spread: float

    def written(self) -> dict[str, object]:
        return {**{name: getattr(self, name) for name in _PLAIN}, "weight": [float(one) for one in self.weight]}


_PLAIN = ("instrument", "version", "people", "scores", "noise", "dose_to_dose", "form", "gain_mean", "gain_spread")


def pool_read(told: Mapping[str, object]) -> Pool:
    """As it was written."""
    weight = np.asarray(told["weight"], dtype=np.float64)
    return Pool(weight=weight, **{name: told[name] for name in _PLAIN})  # type: ignore[arg-type]


class Unknown(StrEnum):
    """Why there is no forecast."""

    NO_DOSE = "no dose has been given yet"
    NO_BASELINE = "there is no complete score before the first dose"
    NO_SCORES = "there is no score after a dose"
    NO_GAIN = "there is no gain to lose: no score was better than the baseline by more than the scale varies by itself"
    NO_ERROR = "the sheet of this scale has no error of measurement"
    NO_POOL = "how gains fade in this clinic has not been worked out"
    FEW_PEOPLE = "too few people of this clinic have scores to learn from"


@dataclass(frozen=True, slots=True)
class Spanned:
    """A time in days after the last dose: the middle of what is likely, and two intervals."""

    median: float
    narrow: tuple[float, float]
    wide: tuple[float, float]


@dataclass(frozen=True)
class Ahead:
    """What the score will be expected to be on each day after the last dose, with the interval of one more form."""

    day: Floats
    middle: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Forecast:
    """When the gain fades, in days after the last dose. `own` is the share of what is known that is the person's own.

    `lost` is the day on which the sheet's share of the gain has gone; `below` the day on which what is left is no
    response any more, None where there was none. `window` is the time from and to which another visit is offered.
    """

    lost: Spanned
    below: Spanned | None
    window: tuple[float, float]
    own: float
    own_scores: int
    people: int
    half_life: Spanned
    gain: float
    ahead: Ahead
    chance: tuple[tuple[int, float], ...]

    def lost_by(self, day: float) -> float:
        """How likely the gain is lost by that day after the last dose; straight between the days that were worked
        out."""
        days, chances = zip(*self.chance, strict=True)
        return float(np.interp(day, days, chances))


@dataclass(frozen=True, slots=True)
class Holding:
    """In days. `known` are those that some score stands for; the rest since the first dose are not known."""

    to_response: float | None
    to_remission: float | None
    in_response: float
    known: float
    since_first_dose: float
    lost_since: datetime | None
