"""Sums of exponentials: what one unit of drug does, how links follow one another, and the course of any inputs.

A linear model answers a unit dose with sum_i share_i exp(-rate_i t). A depot, a sampling delay, an effect site or a
metabolite only adds terms (partial fractions), and doses, rate steps and pauses add up (superposition). So nothing is
integrated step by step. Rates per hour, times in hours, arrays as (terms, patients) in double precision: single
precision loses the first minutes of a metabolite to cancellation.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Exponents nearer than this are taken together: their difference alone would lose too many digits.
NEAR = 3e-4


@dataclass(frozen=True, slots=True)
class Exponentials:
    """sum_i share_i exp(-rate_i t): `share` and `rate` are (terms, patients), `rate` per hour."""

    share: Array
    rate: Array

    def times(self, factor: Array | float) -> "Exponentials":
        return Exponentials(self.share * factor, self.rate)

    @property
    def area(self) -> Array:
        """The whole area under the answer to one unit, by patient."""
        whole: Array = (self.share / self.rate).sum(axis=0)
        return whole


def link(rate: Array) -> Exponentials:
    """A first-order link that loses nothing: k exp(-k t)."""
    row = rate[np.newaxis]
    return Exponentials(row, row)


def together(*parts: Exponentials) -> Exponentials:
    """The sum of several answers."""
    return Exponentials(np.concatenate([p.share for p in parts]), np.concatenate([p.rate for p in parts]))


def after(first: Exponentials, second: Exponentials) -> Exponentials:
    """What comes out of `second` when `first` flows into it (their convolution)."""
    gap = second.rate[:, np.newaxis] - first.rate
    product = second.share[:, np.newaxis] * first.share
    near = np.abs(gap) < NEAR * first.rate
    near &= product != 0
    met = _met(first.rate, second.rate, product, near) if near.any() else ()
    if met:
        product, gap = np.where(near, 0, product), np.where(near, 1, gap)
    mixed = product / gap
    share = np.concatenate([mixed.sum(axis=0), -mixed.sum(axis=1)])
    apart = Exponentials(share, np.concatenate([first.rate, second.rate]))
    return together(apart, *met) if met else apart


def _met(first: Array, second: Array, product: Array, near: npt.NDArray[np.bool_]) -> tuple[Exponentials, ...]:
    """The pairs that meet, one of each patient at a time: few patients have any, and hardly one has two."""
    pairs = near.reshape(-1, near.shape[2])
    rank = np.cumsum(pairs, axis=0)
    found = []
    for number in range(1, int(rank[-1].max()) + 1):
        chosen = pairs & (rank == number)
        place, some = chosen.argmax(axis=0), chosen.any(axis=0)
        j, i = np.divmod(place, near.shape[1])
        patients = np.arange(near.shape[2])
        one = first[i, patients]
        other = np.where(some, second[j, patients], one)
        found.append(_pair(one, other, np.where(some, product[j, i, patients], 0)))
    return tuple(found)


def _pair(one: Array, other: Array, product: Array) -> Exponentials:
    """Two exponents that meet: (exp(-at) - exp(-bt))/(b - a), which is even in b - a, taken from two wider pairs around
    the same middle and carried on to b - a by its square. The error is the fourth power of `NEAR`."""
    middle = (one + other) / 2
    reach = NEAR * middle
    part = ((other - one) / 2 / reach) ** 2
    share, rate = [], []
    for times, weight in ((1, (4 - part) / 3), (2, (part - 1) / 3)):
        each = product * weight / (2 * times * reach)
        share += [each, -each]
        rate += [middle - times * reach, middle + times * reach]
    return Exponentials(np.stack(share), np.stack(rate))


def after_two_links(first: Exponentials, rate: Array) -> Exponentials:
    """Through two equal links in a row."""
    return after(after(first, link(rate)), link(rate))


# --- inputs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Input:
    """So much drug from `start_h` on, evenly over `duration_h` (at once where that is zero); each may be by patient."""

    amount: Array | float
    start_h: Array | float = 0.0
    duration_h: Array | float = 0.0


def course(answer: Exponentials, inputs: Sequence[Input], times_h: Array) -> Array:
    """The course at these times as (patients, times); at a bolus' own time it is already in.

    Times that are evenly spaced are stepped through; others are worked out one by one. Patients go in blocks that fit
    the cache.
    """
    patients = answer.rate.shape[1]
    out = np.empty((len(times_h), patients))
    evenly = len(times_h) >= _LEAST_STEPS and _even(times_h) and not any(_by_patient(one) for one in inputs)
    work = _stepped if evenly else _direct
    rare = np.count_nonzero(answer.share, axis=1) < patients / _RARE
    common, seldom = (Exponentials(answer.share[rows], answer.rate[rows]) for rows in (~rare, rare))
    few = np.flatnonzero(seldom.share.any(axis=0))

    def block(begin: int) -> None:
        part, whole = slice(begin, begin + BLOCK), out[:, begin : begin + BLOCK]
        work(_of(common, part), [_for_block(one, part) for one in inputs], times_h, whole)
        here = few[(few >= begin) & (few < begin + BLOCK)]
        if len(here):
            more = np.empty((len(times_h), len(here)))
            work(_of(seldom, here), [_for_block(one, here) for one in inputs], times_h, more)
            whole[:, here - begin] += more
        np.maximum(whole, 0, out=whole)  # where exponentials cancel, rounding may leave less than nothing

    begins = range(0, patients, BLOCK)
    if len(begins) < _LEAST_FOR_THREADS:
        for begin in begins:
            block(begin)
    else:
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(block, begins))
    return out.T


# Measured with 10 000 patients at 200 times; NumPy lets go of the interpreter while it works, so two threads do help.
BLOCK = 1024
THREADS = 2
_LEAST_FOR_THREADS = 4
_RARE = 8  # terms that fewer than one patient in so many has are worked out for these alone
_LEAST_STEPS = 8


def _of(answer: Exponentials, patients: slice | npt.NDArray[np.intp]) -> Exponentials:
    return Exponentials(answer.share[:, patients], answer.rate[:, patients])


def _even(times_h: Array) -> bool:
    steps = np.diff(times_h)
    return bool(steps[0] > 0 and np.abs(steps - steps[0]).max() < 1e-12 * max(1.0, abs(times_h[-1])))


def _by_patient(one: Input) -> bool:
    return isinstance(one.start_h, np.ndarray) or isinstance(one.duration_h, np.ndarray)


def _for_block(one: Input, block: slice | npt.NDArray[np.intp]) -> Input:
    return Input(*(_part(value, block) for value in (one.amount, one.start_h, one.duration_h)))


def _part(value: Array | float, block: slice | npt.NDArray[np.intp]) -> Array | float:
    return value[block] if isinstance(value, np.ndarray) else value


def _direct(answer: Exponentials, inputs: Sequence[Input], times_h: Array, out: Array) -> None:
    out[:] = 0
    for one in inputs:
        since = times_h[:, np.newaxis] - one.start_h
        duration = np.asarray(one.duration_h, dtype=float)
        during, since_end = np.clip(since, 0, duration), np.maximum(since - duration, 0)
        begun = since >= 0
        for share, rate in zip(answer.share, answer.rate, strict=True):
            filled = _filled(rate, during, duration)
            out += np.where(begun, one.amount * share * filled * np.exp(-rate * since_end), 0)


def _filled(rate: Array, during: Array, duration: Array) -> Array:
    """What one unit, so long under way, has left of itself: (1 - exp(-rate during)) / (rate duration); 1 if at once."""
    with np.errstate(divide="ignore", invalid="ignore"):
        filled: Array = np.where(duration > 0, -np.expm1(-rate * during) / (rate * duration), 1.0)
    return filled


def state_at(answer: Exponentials, inputs: Sequence[Input], time_h: float) -> Array:
    """Each exponential's own content at this time, (terms, patients): their sum is the course, and all that follows
    can be stepped from them."""
    state = np.zeros_like(answer.share)
    for one in inputs:
        since = np.asarray(time_h - np.asarray(one.start_h, dtype=float))
        duration = np.asarray(one.duration_h, dtype=float)
        filled = _filled(answer.rate, np.clip(since, 0, duration), duration)
        left = one.amount * answer.share * filled * np.exp(-answer.rate * np.maximum(since - duration, 0))
        state += np.where(since >= 0, left, 0)
    return state


def given_by(inputs: Sequence[Input], time_h: float) -> Array | float:
    """How much has gone in by this time."""
    total: Array | float = 0.0
    for one in inputs:
        since, duration = time_h - one.start_h, np.asarray(one.duration_h, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            done = np.where(duration > 0, np.clip(since / duration, 0, 1), np.asarray(since) >= 0)
        total = total + one.amount * done
    return total


def area_until(answer: Exponentials, inputs: Sequence[Input], time_h: float) -> Array:
    """The exact area under the course from 0 to this time: what went in less what is left, over the rate."""
    left = state_at(answer, inputs, time_h)
    area: Array = ((answer.share * given_by(inputs, time_h) - left) / answer.rate).sum(axis=0)
    return area


# --- even steps -----------------------------------------------------------------------------------------------------


def _stepped(answer: Exponentials, inputs: Sequence[Input], times_h: Array, out: Array) -> None:
    """Evenly spaced times: between two events each exponential decays to its own level, by one factor a step."""
    powers = _powers(np.exp(-answer.rate * float(times_h[1] - times_h[0])), round(len(times_h) ** 0.5))
    events = sorted({float(edge) for one in inputs for edge in (one.start_h, one.start_h + one.duration_h)})
    edges = [edge for edge in events if times_h[0] < edge <= times_h[-1]]
    place = 0
    for edge in [*edges, np.inf]:
        end = int(np.searchsorted(times_h, edge, side="left"))
        if end > place:
            _stretch(answer, inputs, powers, float(times_h[place]), out[place:end])
            place = end


def _powers(factor: Array, count: int) -> Array:
    """The factors of 0, 1, 2 … `count` steps, (count + 1, terms, patients)."""
    powers = np.empty((count + 1, *factor.shape))
    powers[0] = 1
    for before, after_it in pairwise(powers):
        np.multiply(before, factor, out=after_it)
    return powers


def _stretch(answer: Exponentials, inputs: Sequence[Input], powers: Array, begin_h: float, out: Array) -> None:
    """No event between these times: from the exact state at the first, a run of steps at once, then the next run."""
    running = [one for one in inputs if one.duration_h and one.start_h <= begin_h < one.start_h + one.duration_h]
    flow = sum((one.amount / one.duration_h for one in running), start=np.zeros(answer.rate.shape[1]))
    level = flow * answer.share / answer.rate
    away = state_at(answer, inputs, begin_h) - level
    base, count = level.sum(axis=0), len(powers) - 1
    for begin in range(0, len(out), count):
        run = out[begin : begin + count]
        np.einsum("mn,rmn->rn", away, powers[: len(run)], out=run)
        if running:
            run += base
        away *= powers[-1]
