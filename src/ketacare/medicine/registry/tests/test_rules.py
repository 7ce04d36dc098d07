"""Rates, weeks and times of a programme: published tables, hand-counted courses, and a slow second count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.medicine.outcomes.reader import instrument
from ketacare.medicine.registry import rules
from ketacare.medicine.registry.reader import measures
from ketacare.medicine.registry.terms import Courses, Durations, Lines, Stepped

HERE = measures()
PHQ9 = Lines(response_percent=50, remission_under=5, least_baseline=10)

Course = tuple[float, float, list[tuple[float, float]]]


def courses(*told: Course, site: Sequence[int] = ()) -> Courses:
    """Each: followed days, baseline, (day, total)s."""
    scores = [(number, day, total) for number, (_, _, rows) in enumerate(told) for day, total in sorted(rows)]
    return Courses(
        site=np.array(site or [0] * len(told), dtype=np.int64),
        followed_days=np.array([followed for followed, _, _ in told], dtype=np.float64),
        baseline=np.array([baseline for _, baseline, _ in told], dtype=np.float64),
        course=np.array([number for number, _, _ in scores], dtype=np.int64),
        day=np.array([day for _, day, _ in scores], dtype=np.float64),
        total=np.array([total for _, _, total in scores], dtype=np.float64),
    )


# -- rates -------------------------------------------------------------------------------------------------------------


def test_the_interval_is_wilsons_as_newcombe_prints_it():
    """Newcombe 1998, Stat Med 17:857, table I: 81 of 263 has 0.2553 to 0.3662, 15 of 148 has 0.0624 to 0.1605."""
    for met, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        found = rules.rate(met, of, HERE)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)
        assert found.share == met / of


def test_out_of_none_nothing_is_known():
    found = rules.rate(0, 0, HERE)
    assert (found.share, found.low, found.high, found.hidden) == (None, 0.0, 1.0, True)


@pytest.mark.parametrize(
    ("met", "of", "is_hidden"),
    [(0, 10, True), (0, 11, False), (1, 40, True), (10, 40, True), (11, 40, False), (29, 40, False), (30, 40, True),
     (40, 40, False), (11, 22, False), (11, 21, True)],
)  # fmt: skip
def test_small_cells_are_hidden_and_so_is_their_rest(met, of, is_hidden):
    assert rules.hidden(met, of, HERE) is is_hidden


def test_hidden_counts_take_the_next_smallest_with_them_while_they_are_few_together():
    assert rules.complementary([4, 30, 60], HERE) == (True, True, False)
    assert rules.complementary([4, 3, 60], HERE) == (True, True, True)  # 7 together, found from the total
    assert rules.complementary([6, 8, 60], HERE) == (True, True, False)
    assert rules.complementary([40, 30, 60], HERE) == (False, False, False)
    assert rules.complementary([4, 0, 0], HERE) == (True, False, False)


def test_a_hidden_cell_is_not_found_from_the_total_of_its_group():
    def hidden(met, of, groups=None):
        return rules.column(met, of, groups or [range(len(met))], HERE)

    assert hidden([4, 30, 60], [100, 100, 100]) == (True, True, False)  # 4 alone would be the total less the others
    assert hidden([6, 8, 60], [100, 100, 100]) == (True, True, False)  # 14 together tells neither
    assert hidden([30, 0, 60], [100, 100, 100]) == (False, False, False)
    assert hidden([0, 40, 60], [8, 100, 100]) == (True, False, False)  # none is told anyway
    assert hidden([96, 30, 60], [100, 100, 100]) == (True, False, True)  # four without it: the rest is few as well
    assert hidden([4, 30, 60, 5], [100] * 4, [[0, 1], [2, 3], range(4)]) == (True, True, True, True)
    assert hidden([4, 5], [8, 9]) == (True, True)


# -- run charts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("useful", "longest", "crossings"), [(10, 6, 2), (12, 7, 3), (14, 7, 4), (20, 7, 6), (24, 8, 8), (46, 9, 17)]
)
def test_the_limits_of_a_run_chart_are_the_published_ones(useful, longest, crossings):
    """Anhøj and Olesen 2014; the limits by number of points as the R package qicharts2 computes them."""
    found = rules.runs([place % 2 for place in range(useful)], HERE)
    assert found is not None
    assert (found.useful, found.longest_by_chance, found.crossings_by_chance) == (useful, longest, crossings)


def test_a_level_that_rises_is_seen_in_its_run_and_one_that_does_not_is_not():
    steady = rules.runs([3, 5] * 12, HERE)
    assert steady is not None
    assert (steady.middle, steady.longest, steady.crossings) == (4, 1, 23)
    assert (steady.long, steady.few) == (False, False)
    risen = rules.runs([3, 4, 3, 4, 3, 4, 3, 4, 3, 4, 3, 4, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8, 9, 8], HERE)
    assert risen is not None
    assert (risen.middle, risen.longest, risen.crossings) == (6, 12, 1)
    assert (risen.long, risen.few) == (True, True)


def test_points_on_the_middle_count_for_neither_rule_and_few_points_tell_nothing():
    assert rules.runs([], HERE) is None
    assert rules.runs([5] * 30, HERE) is None
    assert rules.runs([3, 5] * 4 + [4] * 9, HERE) is None  # the middle is 4: eight points are left
    assert rules.runs([3, 5] * 5, HERE) is not None


def test_beside_a_published_figure_stand_thirty_and_more():
    assert not rules.beside(29, HERE)
    assert rules.beside(30, HERE)


# -- by week -----------------------------------------------------------------------------------------------------------


def test_lines_come_from_the_instruments_own_sheet():
    assert rules.lines_of(instrument("phq-9")) == PHQ9
    assert rules.lines_of(instrument("madrs")).remission_under == 11  # at most 10, and totals are whole
    with pytest.raises(ValueError, match="mood-vas"):
        rules.lines_of(instrument("mood-vas"))


def test_the_score_nearest_to_the_middle_counts():
    told = courses((90, 20, [(25, 12), (27, 11), (36, 3)]), (90, 20, [(40, 2)]), (90, 20, []))
    found = rules.score_in(told, 24.5, 31.5)
    assert found[0] == 11
    assert np.isnan(found[1:]).all()


def test_a_week_counts_who_was_due_measured_and_met():
    told = courses(
        (90, 20, [(28, 4)]),  # remission and response
        (90, 20, [(28, 10)]),  # exactly half: response, no remission
        (90, 20, [(28, 10.5)]),  # just no response
        (90, 20, []),  # due, not measured
        (20, 20, [(28, 0)]),  # not due yet
        (90, 9, [(28, 0)]),  # began too low to count
        (90, np.nan, [(28, 0)]),  # no baseline
    )
    fourth = rules.weekly(told, PHQ9, HERE)[3]
    assert (fourth.week, fourth.due) == (4, 4)
    assert (fourth.captured.met, fourth.captured.of) == (4, 6)
    assert (fourth.response.met, fourth.response.of) == (2, 3)
    assert (fourth.remission.met, fourth.remission.of) == (1, 3)
    assert (fourth.response_if_missing_is_not.met, fourth.response_if_missing_is_not.of) == (2, 4)
    assert (fourth.remission_if_missing_is_not.met, fourth.remission_if_missing_is_not.of) == (1, 4)
    assert len(rules.weekly(told, PHQ9, HERE)) == HERE.last_week == 12


def test_rows_that_do_not_match_are_refused():
    whole = courses((90, 20, [(28, 4)]))
    with pytest.raises(ValueError, match="one row per course"):
        Courses(whole.site, whole.followed_days, np.zeros(3), whole.course, whole.day, whole.total)
    with pytest.raises(ValueError, match="one row per score"):
        Courses(whole.site, whole.followed_days, whole.baseline, whole.course, whole.day, np.zeros(3))


# -- times -------------------------------------------------------------------------------------------------------------


def test_the_curve_is_the_published_one_of_six_mercaptopurine():
    """Freireich 1963, the 6-MP arm, as every textbook prints it; + is censored."""
    told = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
    remission = told.split()
    sample = Durations(
        np.array([float(day.rstrip("+")) for day in remission]), np.array([not day.endswith("+") for day in remission])
    )
    found = rules.curve(sample, HERE)
    assert found is not None
    assert (found.started, found.events, found.median_days) == (21, 9, 23)
    table = {6: (0.857, 21), 7: (0.807, 17), 10: (0.753, 15), 13: (0.690, 12), 16: (0.627, 11), 22: (0.538, 7),
             23: (0.448, 6)}  # fmt: skip
    for day, (without, at_risk) in table.items():
        place = int(np.flatnonzero(found.day == day)[0])
        assert round(float(found.without[place]), 3) == without
        assert found.at_risk[place] == at_risk
        assert found.low[place] < without < found.high[place]


@pytest.mark.parametrize(
    ("told", "median", "interval"),
    [
        ("6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+", 23, (13, None)),
        ("1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23", 8, (4, 11)),
    ],
)
def test_the_median_and_its_interval_are_the_published_ones_of_both_arms(told, median, interval):
    """Freireich 1963, 6-MP and placebo: the quartile table of SAS PROC LIFETEST with conftype=loglog."""
    days = told.split()
    sample = Durations(
        np.array([float(day.rstrip("+")) for day in days]), np.array([not day.endswith("+") for day in days])
    )
    found = rules.curve(sample, HERE)
    assert found is not None
    assert (found.median_days, found.median_low, found.median_high) == (median, *interval)


def test_a_half_that_comes_out_a_hair_above_itself_is_a_half():
    """Ten of which five have it, one each day, with censored ones between: 9/10 · 8/9 · … · 5/6 = 1/2 on day 5."""
    for people in range(4, 60, 2):
        happened = np.arange(1, people + 1) <= people // 2
        sample = Durations(np.arange(1.0, people + 1), happened)
        found = rules.curve(sample, HERE)
        assert found is not None
        assert found.median_days == people // 2


def test_of_nobody_there_is_no_curve_and_of_no_event_no_median():
    assert rules.curve(Durations(np.array([]), np.array([], dtype=bool)), HERE) is None
    found = rules.curve(Durations(np.array([5.0, 9.0]), np.array([False, False])), HERE)
    assert found is not None
    assert found.median_days is None
    assert set(found.without) == {1.0}
    assert (found.low == found.without).all()


def test_time_to_response_is_to_the_first_half():
    found = rules.to_response(
        courses((90, 20, [(-2, 20), (1, 15), (8, 10), (15, 4)]), (90, 20, [(1, 15), (60, 12)]), (90, 20, [(-2, 20)])),
        PHQ9,
    )
    assert found.days.tolist() == [8, 60]
    assert found.happened.tolist() == [True, False]


@pytest.mark.parametrize(
    ("rows", "days", "lost"),
    [
        ([(7, 8), (14, 11), (19, 12)], 7, True),  # gain 12, a quarter is 3: 11 is lost, five days on still
        ([(7, 8), (14, 11), (18, 12)], 11, False),  # four days apart do not confirm
        ([(7, 8), (14, 11), (16, 9), (30, 12)], 23, False),  # better between them
        ([(7, 8), (14, 10), (21, 10)], 14, False),  # less than a quarter
        ([(7, 10), (10, 4), (14, 7), (15, 7.9), (16, 8), (21, 8)], 9, True),  # from the best score, 4: a quarter is 4
        ([(7, 8)], 0, False),
    ],
)
def test_a_response_is_lost_when_a_quarter_of_the_gain_stays_gone(rows, days, lost):
    found = rules.to_loss(courses((90, 20, rows)), PHQ9, HERE)
    assert found.days.tolist() == [days]
    assert found.happened.tolist() == [lost]


def test_kept_is_only_what_is_known_to_be():
    told = courses(
        (200, 20, [(7, 8), (97, 8)]),  # ninety days on, still there
        (200, 20, [(7, 8), (96, 8)]),  # last seen a day too early
        (200, 20, [(7, 8), (98, 18), (110, 18)]),  # lost after ninety-one days
        (200, 20, [(7, 8), (40, 18), (50, 18)]),
        (200, 20, [(7, 18), (100, 18)]),
    )
    assert rules.kept(told, PHQ9, HERE, 90).tolist() == [True, False, True, False, False]


def shown() -> list[tuple[int, int, Stepped]]:
    """Every rate of fewer than about 120 that may be shown, neither of none nor of all."""
    pairs = [(met, of) for of in range(22, 120) for met in range(11, of - 10)]
    return [(met, of, rules.told(rules.rate(met, of, HERE), HERE)) for met, of in pairs]


def test_a_share_that_is_told_lies_near_what_was_counted_and_its_interval_holds_that():
    for met, of, told in shown():
        assert told.low <= met / of <= told.high
        # Half a step; of few also a step more where only one count would have it.
        assert abs(told.share - met / of) < (0.06 if of < 33 else 0.04), (met, of, told.share)
    assert rules.told(rules.rate(12, 23, HERE), HERE).share == 0.5  # counts in steps of five would say 10 of 25
    assert rules.told(rules.rate(18, 32, HERE), HERE).share == 0.55
    assert rules.told(rules.rate(0, 40, HERE), HERE).share == 0
    assert rules.told(rules.rate(163, 163, HERE), HERE).met == 165


def test_what_is_told_of_a_rate_leaves_its_counts_open():
    """Whoever knows the rules, and every rate that would be told alike, still does not know the count. 11 of 22 is the
    one rate out of so few that may be shown."""
    counts: dict[Stepped, set[int]] = {}
    rests: dict[Stepped, set[int]] = {}
    for met, of, told in shown():
        counts.setdefault(told, set()).add(met)
        rests.setdefault(told, set()).add(of - met)
        assert told.met is None or told.of >= 100
    alone = {told for told in counts if min(len(counts[told]), len(rests[told])) < 2 and told.of < 120}
    assert {(told.share, told.of) for told in alone} == {(0.5, 20)}


def test_at_four_weeks_a_score_of_day_21_to_35_counts_out_of_the_measured_and_of_all():
    told = courses(
        (60, 20, [(21, 8)]),  # responds; week 4 by its middle would not have it
        (60, 20, [(27, 12), (35, 4)]),  # the nearest to the middle
        (60, 20, [(20.9, 4), (35.1, 4)]),  # not measured
        (60, np.nan, [(30, 4)]),  # captured, and without a baseline no rate
        (60, 6, [(30, 2)]),  # began too low
        (34.9, 20, [(28, 4)]),  # not yet due
    )
    found = rules.four_weeks(told, PHQ9, HERE)
    assert (found.response.met, found.response.of, found.due) == (1, 2, 3)
    assert (found.response_if_missing_is_not.met, found.response_if_missing_is_not.of) == (1, 3)
    assert (found.remission.met, found.remission_if_missing_is_not.of) == (0, 3)
    assert (found.captured.met, found.captured.of) == (4, 5)


def test_counts_leave_in_steps_of_five():
    assert [rules.rounded(count, HERE) for count in (0, 11, 12, 13, 17, 18, 1243)] == [0, 10, 10, 15, 15, 20, 1245]


def test_who_never_responded_can_lose_nothing():
    assert len(rules.to_loss(courses((90, 20, [(7, 15), (14, 20), (21, 20)])), PHQ9, HERE)) == 0


# -- a slow second count -----------------------------------------------------------------------------------------------

NUMBERS = st.integers(0, 27).map(float)
ROWS = st.dictionaries(st.integers(-3, 60).map(float), NUMBERS, max_size=9).map(lambda found: sorted(found.items()))
TOLD = st.lists(st.tuples(st.just(90.0), st.one_of(NUMBERS, st.just(float("nan"))), ROWS), min_size=1, max_size=6)


def slow_response(baseline: float, rows: list[tuple[float, float]]) -> tuple[float, bool] | None:
    after = [(day, total) for day, total in rows if day > 0]
    if not baseline >= PHQ9.least_baseline or not after:
        return None
    met = [day for day, total in after if total <= baseline / 2]
    return (met[0], True) if met else (after[-1][0], False)


def slow_loss(baseline: float, rows: list[tuple[float, float]]) -> tuple[float, bool] | None:
    response = slow_response(baseline, rows)
    if response is None or not response[1]:
        return None
    after = [(day, total) for day, total in rows if day > 0]
    since = [row for row in after if row[0] >= response[0]]
    for place, (day, _) in enumerate(since):
        for later, _ in since[place:]:
            run = [row for row in since if day <= row[0] <= later]
            if later - day >= HERE.loss_apart_days and all(gone(baseline, after, row) for row in run):
                return day - response[0], True
    return since[-1][0] - response[0], False


def gone(baseline: float, after: list[tuple[float, float]], row: tuple[float, float]) -> bool:
    best = min(total for day, total in after if day <= row[0])
    return row[1] >= best + 0.25 * (baseline - best) and baseline > best


def both(found: Durations) -> list[tuple[float, bool]]:
    return [(float(days), bool(happened)) for days, happened in zip(found.days, found.happened, strict=True)]


@settings(max_examples=300, deadline=None)
@given(TOLD)
def test_the_quick_count_is_the_slow_one(told):
    whole = courses(*told)
    slow = [slow_response(baseline, rows) for _, baseline, rows in told]
    assert both(rules.to_response(whole, PHQ9)) == [found for found in slow if found is not None]
    losses = [slow_loss(baseline, rows) for _, baseline, rows in told]
    assert both(rules.to_loss(whole, PHQ9, HERE)) == [found for found in losses if found is not None]
