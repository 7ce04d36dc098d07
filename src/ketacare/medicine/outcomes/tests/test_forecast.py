"""When a gain fades: the closed form beside the plain one, cases worked out by hand, and what must always hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet
from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.reader.forecast import _FORECAST, forecasting_from
from ketacare.medicine.outcomes.rules import forecast as fading
from ketacare.medicine.outcomes.rules.forecast.fading import Errors, log_likelihood
from ketacare.medicine.outcomes.rules.forecast.own import quantile
from ketacare.medicine.outcomes.terms import Forecast, Gains, Point, Pool, Unknown, pool_read

FIRST = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SHEET, PHQ9 = reader.forecasting(), reader.instrument("phq-9")
DAYS = fading.half_lives(SHEET)
DOSES = [FIRST + day * DAY for day in (0, 3, 7, 10, 14, 17)]


def a_pool(median: float = 45.0, spread: float = 0.6, *, people: int = 200, form: float = 1.0) -> Pool:
    shape = norm.pdf(np.log(DAYS), np.log(median), spread)
    return Pool("phq-9", PHQ9.version, people, 20 * people, shape / shape.sum(), 1.3, 0.0, form, 12.0, 4.0)


def one_half_life(days: float) -> Pool:
    """A clinic in which everybody's gain has the same half-life: the one of the grid that is nearest."""
    weight = np.zeros(len(DAYS))
    weight[np.abs(DAYS - days).argmin()] = 1
    return replace(a_pool(), weight=weight)


def scored(totals: dict[float, int], *, baseline: int | None = 20) -> list[Point]:
    """Totals by days after the last of six doses."""
    before = [] if baseline is None else [Point(FIRST - DAY, Decimal(baseline))]
    return [*before, *(Point(DOSES[-1] + day * DAY, Decimal(total)) for day, total in totals.items())]


def told(points: list[Point], pool: Pool | None) -> Forecast | Unknown:
    return fading.forecast(rules.trajectory(PHQ9, points, DOSES), PHQ9, pool, SHEET)


def foretold(totals: dict[float, int], pool: Pool | None = None) -> Forecast:
    found = told(scored(totals), pool or a_pool())
    assert isinstance(found, Forecast), found
    return found


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_a_quarter_of_a_gain_is_gone_after_log2_of_four_thirds_half_lives():
    """0.415 of a half-life: of the 20.0 days of the grid 8.3."""
    days = float(DAYS[np.abs(DAYS - 20).argmin()])
    found = foretold({1: 8, 5: 9}, one_half_life(20))
    assert found.lost.median == pytest.approx(days * np.log2(4 / 3))
    assert found.lost.wide == pytest.approx((found.lost.median, found.lost.median), rel=0.06)  # a step of the grid
    assert found.own == 0


def test_a_form_of_two_holds_and_then_falls():
    """0.5 ** ((t / h) ** 2) is three quarters after h times the root of 0.415: 0.644 of a half-life."""
    days = float(DAYS[np.abs(DAYS - 20).argmin()])
    found = foretold({1: 8, 5: 9}, replace(one_half_life(20), form=2.0))
    assert found.lost.median == pytest.approx(days * np.log2(4 / 3) ** 0.5)


def test_below_a_response_when_half_of_the_baseline_is_left():
    """A gain of 16 of 20 that halves in 20 days is 10, half of the baseline, after log2(1.6) half-lives."""
    pool = replace(one_half_life(20), noise=0.05)
    days = float(DAYS[np.abs(DAYS - 20).argmin()])
    totals = [(day, 20 - 16 * 0.5 ** (day / days)) for day in (0.0, 4.0, 9.0, 15.0)]
    points = [
        *scored({}),
        *(Point(DOSES[-1] + day * DAY, Decimal(total).quantize(Decimal("0.01"))) for day, total in totals),
    ]
    found = told(points, pool)
    assert isinstance(found, Forecast)
    assert found.gain == pytest.approx(16, abs=0.1)
    assert found.below is not None
    assert found.below.median == pytest.approx(days * np.log2(1.6), abs=0.2)
    assert found.ahead.middle[0] == pytest.approx(4, abs=0.1)


def test_a_gain_that_was_no_response_has_nothing_to_fall_below():
    assert foretold({1: 12, 6: 12}).below is None


def test_the_closed_form_is_the_normal_distribution_of_the_scores():
    """Two doses, five scores: beside SciPy's multivariate normal with the covariance written out."""
    gains = Gains(
        np.zeros(5, dtype=np.int64),
        np.array([6, 6, 6, 7, 7]),
        np.array([1.0, 7, 13, 2, 9]),
        np.array([14.0, 11, 9, 12, 9]),
    )
    errors = Errors(noise=1.7, dose_to_dose=2.2, gain_mean=11.0, gain_spread=4.0, form=1.4)
    for place in (10, 60, 110):
        x = 0.5 ** ((gains.day / DAYS[place]) ** 1.4)
        same = gains.dose[:, None] == gains.dose[None, :]
        covariance = np.outer(x, x) * (4.0**2 + 2.2**2 * same) + 1.7**2 * (1 + np.eye(5))
        plain = multivariate_normal.logpdf(gains.gain, 11.0 * x, covariance)
        assert log_likelihood(gains, 1, DAYS, errors)[0, place] == pytest.approx(float(plain))


def test_quantiles_of_a_weighted_grid():
    assert quantile(np.array([3.0, 1.0, 2.0]), np.array([0.25, 0.25, 0.5]), 0.5) == 2.0


# -- unknown is an answer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "pool", "why"),
    [
        (scored({1: 8}, baseline=None), a_pool(), Unknown.NO_BASELINE),
        (scored({}), a_pool(), Unknown.NO_SCORES),
        (scored({1: 15, 8: 16}), a_pool(), Unknown.NO_GAIN),
        (scored({1: 8}), None, Unknown.NO_POOL),
        (scored({1: 8}), a_pool(people=19), Unknown.FEW_PEOPLE),
    ],
)
def test_why_nobody_can_say(points: list[Point], pool: Pool | None, why: Unknown):
    assert told(points, pool) is why


def test_before_the_first_dose_nothing_can_fade():
    course = rules.trajectory(PHQ9, [Point(DOSES[0] - DAY, Decimal(20))], ())
    assert fading.forecast(course, PHQ9, a_pool(), SHEET) is Unknown.NO_DOSE


def test_a_scale_without_an_error_of_measurement_is_not_forecast():
    """The spread of the WSAS is not in its sheet."""
    wsas = reader.instrument("wsas")
    course = rules.trajectory(wsas, scored({1: 8}), DOSES)
    assert fading.forecast(course, wsas, a_pool(), SHEET) is Unknown.NO_ERROR
    assert fading.pooled(some_gains(30, 45.0), 30, wsas, SHEET) is None


def test_a_missing_score_is_no_score():
    points = [*scored({1: 8, 8: 9}), Point(DOSES[-1] + 15 * DAY, None, due=True)]
    with_gap, without = told(points, a_pool()), foretold({1: 8, 8: 9})
    assert isinstance(with_gap, Forecast)
    assert with_gap.lost == without.lost


# -- what must always hold ---------------------------------------------------------------------------------------------

TOTALS = st.dictionaries(st.integers(1, 40), st.integers(0, 14), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(totals=TOTALS, seed=st.integers(0, 99))
def test_the_order_of_the_scores_never_matters(totals: dict[float, int], seed: int):
    points = scored(totals)
    shuffled = [points[place] for place in np.random.default_rng(seed).permutation(len(points))]
    one, other = told(points, a_pool()), told(shuffled, a_pool())
    assert isinstance(one, Forecast)
    assert isinstance(other, Forecast)
    assert one.lost.median == pytest.approx(other.lost.median)
    assert one.ahead.low == pytest.approx(other.ahead.low)


@settings(max_examples=40, deadline=None)
@given(totals=TOTALS)
def test_intervals_lie_in_each_other_and_chances_only_rise(totals: dict[float, int]):
    found = foretold(totals)
    (low, high), (lowest, highest) = found.lost.narrow, found.lost.wide
    assert lowest <= low <= found.lost.median <= high <= highest
    assert found.window[0] <= found.window[1] == pytest.approx(found.lost.median)
    chances = [chance for _, chance in found.chance]
    assert chances == sorted(chances)
    assert chances[0] >= 0
    assert chances[-1] <= 1 + 1e-9
    assert 0 <= found.own <= 1
    assert (found.ahead.low >= 0).all()
    assert (found.ahead.high <= 27).all()


@settings(max_examples=30, deadline=None)
@given(start=st.integers(3, 7), slower=st.integers(0, 1), more=st.integers(1, 3))
def test_who_fades_faster_loses_it_earlier(start: int, slower: int, more: int):
    slow = {7 * week: start + slower * week for week in range(1, 4)}
    fast = {7 * week: start + (slower + more) * week for week in range(1, 4)}
    assert foretold(fast).lost.median < foretold(slow).lost.median


@pytest.mark.parametrize("median", [20.0, 45.0, 90.0])
def test_less_of_ones_own_is_less_sure(median: float):
    """Ever fewer of the same weekly scores: the interval of the logarithm only widens, and own counts for less."""
    weekly = {float(day): round(20 - 13 * 0.5 ** (day / median)) for day in range(1, 50, 6)}
    widths, owns = [], []
    for count in range(len(weekly), 0, -1):
        found = foretold(dict(list(weekly.items())[:count]))
        low, high = found.half_life.wide
        widths.append(np.log(high / low))
        owns.append(found.own)
    assert all(wider >= narrower - 0.05 for narrower, wider in pairwise(widths))
    assert widths[-1] > 1.5 * widths[0]
    assert owns[0] > 0.5 > owns[-1]


def test_a_clinic_that_fades_faster_says_earlier():
    assert foretold({2: 8}, a_pool(20)).lost.median < foretold({2: 8}, a_pool(60)).lost.median


# -- a clinic ----------------------------------------------------------------------------------------------------------


def some_gains(people: int, median: float, *, form: float = 1.0, seed: int = 1) -> Gains:
    """Weekly scores after one dose: half-lives with the given median, error 1.3."""
    chance = np.random.default_rng(seed)
    half = median * np.exp(chance.normal(0, 0.5, people))
    day = np.arange(3.0, 70, 7)
    gain = chance.normal(13, 2.5, people)[:, None] * 0.5 ** ((day[None, :] / half[:, None]) ** form)
    noisy = gain + chance.normal(0, 1.3, gain.shape)
    whose = np.repeat(np.arange(people), len(day))
    return Gains(whose, np.full(len(whose), 6), np.tile(day, people), noisy.ravel())


def learned_median(pool: Pool) -> float:
    return float(np.exp(pool.weight @ np.log(DAYS)))


def test_a_clinic_finds_what_its_people_were_made_with():
    pool = fading.pooled(some_gains(150, 40.0), 150, PHQ9, SHEET)
    assert pool is not None
    assert pool.people >= 145
    assert pool.form == 1.0
    assert learned_median(pool) == pytest.approx(40, rel=0.15)
    other = fading.pooled(some_gains(150, 40.0, form=2.0), 150, PHQ9, SHEET)
    assert other is not None
    assert other.form == 2.0


def test_the_form_is_not_learned_from_few():
    pool = fading.pooled(some_gains(60, 40.0, form=2.0), 60, PHQ9, SHEET)
    assert pool is not None
    assert pool.form == 1.0


def test_nobody_to_learn_from():
    assert fading.pooled(Gains(*(np.zeros(0, dtype=np.int64),) * 2, *(np.zeros(0),) * 2), 3, PHQ9, SHEET) is None
    single = Gains(np.arange(3), np.full(3, 6), np.full(3, 4.0), np.full(3, 12.0))
    assert fading.pooled(single, 3, PHQ9, SHEET) is None


def test_a_pool_reads_back_as_it_was_written():
    pool = a_pool()
    again = pool_read(pool.written())
    assert again.weight.tolist() == pool.weight.tolist()
    assert again.written() == pool.written()


def test_gains_of_many_are_those_of_each():
    """Two people, doses between their scores; scores of the doses before the effect has built up are left out."""
    totals = {-16.0: 15, -2.0: 12, 1.0: 9, 8.0: 10}
    points = [point for point in scored(totals) if point.at >= FIRST]
    one = fading.gains_of(20.0, points, DOSES, SHEET)
    assert one.dose.tolist() == [6, 6]
    assert one.gain.tolist() == [11, 10]
    assert one.day == pytest.approx([1, 8])
    few = fading.gains_of(20.0, points, DOSES[:2], SHEET)
    assert few.dose.tolist() == [2, 2, 2]
    assert few.gain.tolist() == [8, 11, 10]
    dose_day = np.array([0.0, 3, 7, 10, 14, 17])
    day, gain = np.array([1.0, 15, 18, 25]), np.array([5.0, 8, 11, 10])
    both = fading.of_everybody(
        np.repeat([0, 1], 4), np.tile(day, 2), np.tile(gain, 2), np.repeat([0, 1], 6), np.tile(dose_day, 2), SHEET
    )
    assert both.whose.tolist() == [0, 0, 1, 1]
    assert both.gain.tolist() == [11, 10, 11, 10]
    assert both.day == pytest.approx([1, 8, 1, 8])
    assert both.dose.tolist() == [6] * 4


def test_what_counts_towards_nothing_on_the_curve_forecasts_nothing():
    """A form of weeks given again a day after a dose would stand as the whole gain of that dose."""
    totals = {7.0: 9, 14.0: 10}
    apart = Point(DOSES[-1] + DAY, Decimal(19), too_soon=True)
    late = Point(DOSES[-1] + 2 * DAY, Decimal(19), late_of=DOSES[0])
    assert repr(told([*scored(totals), apart, late], a_pool())) == repr(told(scored(totals), a_pool()))
    assert told([*scored({}), apart], a_pool()) is Unknown.NO_SCORES


def test_a_window_that_closes_before_it_opens_is_refused():
    sheet = read_sheet(_FORECAST)
    body = {**sheet.body, "window": {"opens": SHEET.closes, "closes": SHEET.opens}}
    with pytest.raises(SheetRefused, match="window"):
        forecasting_from(replace(sheet, body=body))
