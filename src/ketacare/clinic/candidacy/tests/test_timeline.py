"""The line of time: shares of the whole worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ketacare.clinic.candidacy.models import TrialEntry
from ketacare.clinic.candidacy.queries.timeline import Segment, timeline_of
from ketacare.clinic.candidacy.queries.trials import trial_from
from ketacare.clinic.candidacy.queries.tried import TrialRow
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.medicine.candidacy import rules

TODAY = date(2026, 7, 20)


def row(**columns):
    given = {"medicine": "sertraline", "dose_mg": Decimal(50), "days": 50, "in_current_episode": True}
    entry = TrialEntry(**(given | columns))
    lines = sheet().trials
    judged = rules.judge_trial(trial_from(entry, None, TODAY), lines)
    return TrialRow(entry, judged, None, None, (), lines)


def drawn(*rows, months=None):
    return timeline_of(rows, TODAY, None if months is None else Decimal(months))


def test_without_a_first_day_nothing_is_drawn():
    assert drawn(row()) is None
    assert drawn() is None


def test_bars_are_shares_of_the_time_until_today():
    line = drawn(row(began_on=date(2026, 4, 11)), row())
    (bar,) = line.bars
    assert bar.segments == (Segment(0.0, 50.0, "enough"),)
    assert (bar.start, line.undated, line.episode) == (0.0, 1, None)


def test_steps_gaps_and_unknown_doses_look_different():
    steps = [{"dose_mg": "25", "days": 10}, {"taken": False, "days": 20}, {"dose_mg": "50", "days": 30}, {"days": 40}]
    line = drawn(row(began_on=date(2026, 4, 11), steps=steps))
    assert [(s.start, s.width, s.kind) for s in line.bars[0].segments] == [
        (0.0, 10.0, "low"),
        (10.0, 20.0, "gap"),
        (30.0, 30.0, "enough"),
        (60.0, 40.0, "unknown"),
    ]


def test_a_trial_that_goes_on_reaches_today_and_the_episode_is_marked():
    line = drawn(row(began_on=date(2026, 6, 20), stopped_because="ongoing", days=None), months=3)
    assert line.bars[0].segments[0].start + line.bars[0].segments[0].width == 100.0
    assert line.episode == 0.0
    ended = drawn(row(began_on=date(2026, 4, 11), ended_on=date(2026, 5, 1), days=None))
    assert ended.bars[0].segments[0].width == 20.0
    hardly = drawn(row(began_on=date(2020, 1, 1), days=1))
    assert hardly.bars[0].segments[0].width == 1.0, "never too thin to be seen"


def test_ticks_are_years_or_quarters():
    assert [tick.words for tick in drawn(row(began_on=date(2019, 6, 1))).ticks] == ["2020", "2022", "2024", "2026"]
    assert [tick.words for tick in drawn(row(began_on=date(2025, 12, 1))).ticks] == ["Jan 2026", "Apr 2026", "Jul 2026"]
