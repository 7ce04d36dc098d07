"""The forecast held against simulated people whose truth is known and whose later scores it has not seen.

A clinic's pool is learned from some people. Others are held back: each is looked at on a day of their own after their
last dose, forecast from the scores that had come back by then, and held against the day on which the simulated relief
had truly fallen by the sheet's share, and against the forms that came back later. The same people are forecast by
carrying the last value forward and by the same interval for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacare.medicine.outcomes.reader import forecasting, instrument
from ketacare.medicine.outcomes.rules.forecast import forecast_of, half_lives, of_everybody, pooled
from ketacare.medicine.outcomes.rules.forecast.fading import day_left
from ketacare.medicine.outcomes.rules.forecast.own import quantile
from ketacare.medicine.outcomes.terms import Forecast, Pool
from ketacare.web.demo import network

Floats = NDArray[np.float64]
SHEET, PHQ9 = forecasting(), instrument("phq-9")
HORIZON = np.arange(1, SHEET.shown_ahead.integer + 1)
ANSWERED = 0.75  # of the weekly forms
FOLLOWED_DAYS = 120.0  # after the last dose: forms come back so long
LOOKED_AT_DAYS = (3.0, 28.0)
FIXED_DAYS = float(SHEET.published[0][1].value)


def late(since: Floats, half_life_days: float) -> Floats:
    """Holds at first and then falls faster and faster: half is gone at the same time."""
    left: Floats = 0.5 ** ((since / half_life_days) ** 2)
    return left


def to_a_rest(since: Floats, half_life_days: float) -> Floats:
    """Falls at first and then stays at three tenths of what it was."""
    left: Floats = 0.3 + 0.7 * 0.5 ** (since / half_life_days)
    return left


def early(since: Floats, half_life_days: float) -> Floats:
    """Falls fast at first and then slowly: half is gone at the same time."""
    left: Floats = 0.5 ** np.sqrt(since / half_life_days)
    return left


FADES: dict[str, network.Fade] = {
    "halves, as the forecast supposes": network.halves,
    "holds, then falls": late,
    "falls, then holds": early,
    "falls to a rest that stays": to_a_rest,
}


@dataclass(frozen=True)
class Told:
    """One simulated person with every form that came back, to long after the last dose."""

    life: network.Life
    day: Floats
    total: Floats

    @property
    def last_dose(self) -> float:
        return float(self.life.dose_days[-1])


@dataclass(frozen=True)
class Held:
    """One person held back: what was forecast, and what was true. Days count from the last dose."""

    said: Forecast
    looked_at: float
    lost: float
    below: float | None
    later_day: Floats
    later_total: Floats
    before: float
    last_total: float
    last_gain_kept: float
    known_scores: int


def lives(count: int, chance: np.random.Generator, fade: network.Fade) -> list[Told]:
    found = []
    for _ in range(count):
        life = network.a_life(chance)
        life = stopped(life, chance)
        weekly = np.arange(network.FORM_WEEKDAY, life.dose_days[-1] + FOLLOWED_DAYS, 7)
        day = weekly[chance.random(len(weekly)) < ANSWERED]
        found.append(Told(life, day, network.scored(life, day, chance, fade).astype(np.float64)))
    return found


def stopped(life: network.Life, chance: np.random.Generator) -> network.Life:
    """Their last dose so far: any of those they would have."""
    last = int(chance.integers(min(len(life.dose_days), 6), len(life.dose_days) + 1))
    return network.Life(life.level, life.before, life.relieved, life.half_life_days, life.dose_days[:last])


def learned(people: list[Told]) -> Pool | None:
    whose = np.repeat(np.arange(len(people)), [len(one.day) for one in people])
    doses = np.repeat(np.arange(len(people)), [len(one.life.dose_days) for one in people])
    told = of_everybody(
        whose,
        np.concatenate([one.day for one in people]),
        np.concatenate([one.life.before - one.total for one in people]),
        doses,
        np.concatenate([one.life.dose_days for one in people]),
        SHEET,
    )
    return pooled(told, len(people), PHQ9, SHEET)


def held_back(people: list[Told], pool: Pool | None, chance: np.random.Generator, fade: network.Fade) -> list[Held]:
    return [found for one in people if (found := held(one, pool, chance, fade)) is not None]


def held(one: Told, pool: Pool | None, chance: np.random.Generator, fade: network.Fade) -> Held | None:
    """None where the forecast says that it can say nothing."""
    at = one.last_dose + float(chance.uniform(*LOOKED_AT_DAYS))
    known = one.day <= at
    doses = one.life.dose_days
    number = np.searchsorted(doses, one.day[known], side="right")
    gain = one.life.before - one.total[known]
    said = forecast_of(
        number, one.day[known] - doses[number - 1], gain, len(doses), float(one.life.before), PHQ9, pool, SHEET
    )
    if not isinstance(said, Forecast):
        return None
    return Held(
        said=said,
        looked_at=at - one.last_dose,
        lost=day_of(1 - float(SHEET.loss_of_gain.value) / 100, one.life, fade),
        below=below(one.life, fade),
        later_day=one.day[~known] - one.last_dose,
        later_total=one.total[~known],
        before=float(one.life.before),
        last_total=float(one.total[known][-1]),
        last_gain_kept=float(gain[-1] / gain.max()),
        known_scores=len(gain),
    )


def day_of(share: float, life: network.Life, fade: network.Fade) -> float:
    """The day on which only that share of the last dose's relief is left; infinite where it never falls so far."""
    days = np.linspace(0, 4000, 400_001)
    under = np.flatnonzero(fade(days, life.half_life_days) <= share)
    return float(days[under[0]]) if len(under) else np.inf


def below(life: network.Life, fade: network.Fade) -> float | None:
    """When relief is under half of the level; None where it never was as much."""
    peak = life.relieved * (1 - np.exp(-len(life.dose_days) / network.BUILD_DOSES))
    return None if peak <= 0.5 else day_of(0.5 / peak, life, fade)


# -- how good it was ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What one run found. Shares are of all that were forecast; errors are in days or in points."""

    people: int
    held: int
    covered_80: float
    covered_95: float
    below_80: float
    below_95: float
    width_80: float
    scores_80: float
    bias: float
    error: dict[str, float]
    brier: dict[str, float]
    score_error: dict[str, float]
    calibration: list[tuple[float, float, int]]


def run(fade: network.Fade, *, learn: int, hold: int, seed: int) -> Found:
    chance = np.random.default_rng(seed)
    pool = learned(lives(learn, chance, fade))
    found = held_back(lives(hold, chance, fade), pool, chance, fade)
    return judged(found, hold, pool)


def judged(found: list[Held], people: int, pool: Pool | None) -> Found:
    assert pool is not None  # so many people always tell something
    own_median = pool_median(pool)
    lost = np.array([one.lost for one in found])
    true = lost[:, None] <= HORIZON[None, :]
    said = np.array([[chance for _, chance in one.said.chance[1:]] for one in found])
    carried = np.array([[one.last_gain_kept <= 0.75] * len(HORIZON) for one in found])
    fixed = {f"every {days:.0f} days": np.array([days <= HORIZON] * len(found)) for days in (FIXED_DAYS, own_median)}
    seen = np.isfinite(lost)
    belows = [(one.said.below, one.below) for one in found if one.said.below is not None and one.below is not None]
    return Found(
        people=people,
        held=len(found),
        covered_80=share(one.said.lost.narrow[0] <= one.lost <= one.said.lost.narrow[1] for one in found),
        covered_95=share(one.said.lost.wide[0] <= one.lost <= one.said.lost.wide[1] for one in found),
        below_80=share(said.narrow[0] <= true <= said.narrow[1] for said, true in belows),
        below_95=share(said.wide[0] <= true <= said.wide[1] for said, true in belows),
        width_80=float(np.median([one.said.lost.narrow[1] - one.said.lost.narrow[0] for one in found])),
        scores_80=share(inside for one in found for inside in scores_inside(one)),
        bias=float(np.median([one.said.lost.median - one.lost for one in found])),
        error={
            "forecast": float(np.median(np.abs([one.said.lost.median - one.lost for one in found])[seen])),
            **{name: float(np.median(np.abs(lost[seen] - float(name.split()[1])))) for name in fixed},
        },
        brier={
            name: float(((told.astype(float) - true) ** 2).mean())
            for name, told in {"forecast": said, "last value carried forward": carried, **fixed}.items()
        },
        score_error=score_errors(found),
        calibration=list(calibration(said, true)),
    )


def share(hits: Iterator[bool]) -> float:
    told = list(hits)
    return sum(told) / len(told) if told else float("nan")


def pool_median(pool: Pool) -> float:
    days = day_left(1 - float(SHEET.loss_of_gain.value) / 100, half_lives(SHEET), pool.form)
    return round(quantile(days, pool.weight, 0.5))


def later(one: Held) -> Iterator[tuple[float, float]]:
    """The forms that came back later, as far as the forecast is drawn."""
    for day, total in zip(one.later_day, one.later_total, strict=True):
        if day <= one.said.ahead.day[-1]:
            yield float(day), float(total)


def drawn(one: Held, edge: Floats, day: float) -> float:
    return float(np.interp(day, one.said.ahead.day, edge))


def scores_inside(one: Held) -> list[bool]:
    """Were the forms that came back later inside the interval that was drawn? Totals are whole numbers."""
    ahead = one.said.ahead
    return [
        bool(np.rint(drawn(one, ahead.low, day)) <= total <= np.rint(drawn(one, ahead.high, day)))
        for day, total in later(one)
    ]


def score_errors(found: list[Held]) -> dict[str, float]:
    """How far the later forms were, in points: of the forecast, of the last score carried forward, and of a gain that
    is whole until the fixed day and gone after it."""
    said = [abs(drawn(one, one.said.ahead.middle, day) - total) for one in found for day, total in later(one)]
    last = [abs(one.last_total - total) for one in found for _, total in later(one)]
    fixed = [
        abs((one.last_total if day < FIXED_DAYS else one.before) - total) for one in found for day, total in later(one)
    ]
    names = ("forecast", "last value carried forward", f"every {FIXED_DAYS:.0f} days")
    return {name: float(np.mean(errors)) for name, errors in zip(names, (said, last, fixed), strict=True)}


def calibration(said: Floats, true: NDArray[np.bool_]) -> Iterator[tuple[float, float, int]]:
    """Of the times it was said to be so likely that a gain is lost by a day, how often it was: tenth by tenth, on every
    seventh day."""
    weekly = slice(6, None, 7)
    chance, happened = said[:, weekly].ravel(), true[:, weekly].ravel()
    tenth = np.minimum((chance * 10).astype(int), 9)
    for number in range(10):
        which = tenth == number
        if which.any():
            yield float(chance[which].mean()), float(happened[which].mean()), int(which.sum())


def all_alike(pool: Pool | None) -> Pool:
    """The control arm: as if everybody faded like the middle of the clinic."""
    assert pool is not None
    weight = np.zeros_like(pool.weight)
    weight[np.searchsorted(np.cumsum(pool.weight), 0.5)] = 1
    return replace(pool, weight=weight)
