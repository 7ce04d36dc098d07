"""Rows of a sheet as criteria: outcomes, routes, stages, tests that are owed, and how long a fact counts."""

import tomllib
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.reader import SheetRefused, criteria_of, sheet_from
from ketacare.medicine.evidence.terms import EVER, Effect, Every, Fact, Facts, Grade, Not, Result, Some, Within

ON = date(2026, 7, 14)
HEAD = """
[sheet]
id = "s-1"
version = "1.0.0"
title = "S"
status = "shipped"
author = "a"
checker = "c"
reviewed_on = 2026-07-01
next_review_on = 2027-07-01
[sources]
L1 = "Label, 2021"
[validity]
admission = "first_of_series"
"""
ROW = '[[criteria]]\nid = "CI-06"\ntitle = "Stroke"\neffect = "stop"\nsource = "L1"\ngrade = "V"\n'


def days(number, grade="D"):
    return f'{{ value = {number}, unit = "d", source = "L1", grade = "{grade}" }}'


def criteria(text, head=HEAD):
    return criteria_of(sheet_from(tomllib.loads(head + text, parse_float=Decimal), "s-1"))


def result(condition, *facts):
    return rules.evaluate(condition, Facts(facts), ON).result


def fact(name, value, days_ago=0, unit=None):
    return Fact(name, value, unit, ON - timedelta(days=days_ago), "chart")


def test_a_row_of_two_outcomes_is_two_criteria_of_one_id():
    parts = f"""
alternative = "TMS"
established_by = "question, record"
look_back = "ever"
valid = {days(365)}
override = "P+spec"
parts = [
  {{ when = {{ fact = "stroke_on", within = {days(90)} }}, met = "recent" }},
  {{ effect = "clear", routes = ["IN"], label_or_house = "label", when = {{ fact = "stroke_on", within = "ever" }} }},
]
"""
    recent, ever = criteria(ROW + parts)
    assert (recent.id, recent.effect, recent.routes) == ("CI-06", Effect.STOP, ())
    assert (ever.id, ever.effect, ever.routes) == ("CI-06", Effect.CLEAR, ("IN",))
    assert {(c.alternative, c.established_by, c.look_back, c.valid_days, c.override) for c in (recent, ever)} == {
        ("TMS", "question, record", "ever", 365, "P+spec")
    }
    assert (recent.label_or_house, ever.label_or_house) == ("house", "label")
    assert recent.condition == Within("stroke_on", 90, 365)
    assert ever.condition == Within("stroke_on", EVER, 365)
    assert (recent.grade, ever.grade) == (Grade.D, Grade.V)
    assert recent.words == {Result.MET: "recent"}


def test_days_that_a_fact_counts_do_not_weaken_the_row():
    (row,) = criteria(ROW + f'when = {{ fact = "a", is = true, valid = {days(30, "M")} }}\nvalid = {days(7)}')
    assert row.grade is Grade.V
    assert (row.condition.valid_days, row.valid_days) == (30, 7)


def test_what_a_group_says_counts_for_its_readings():
    (row,) = criteria(ROW + f'when = {{ any = [{{ fact = "a", is = true }}], valid = {days(30)} }}\nvalid = "today"')
    assert row.condition.parts[0].valid_days == 30
    assert row.valid_days == 0


def test_no_days_at_all_are_days():
    (row,) = criteria(ROW + f'when = {{ fact = "stroke_on", within = {days(0)} }}\nvalid = {days(0)}')
    assert (row.condition, row.valid_days) == (Within("stroke_on", 0, 0), 0)


def test_a_state_that_lasts_since_a_day():
    (row,) = criteria(ROW + f'when = {{ fact = "stabiliser_since", for = {days(28)} }}')
    begun = ON - timedelta(days=27)
    assert result(row.condition, fact("stabiliser_since", begun)) is Result.NOT_MET
    assert result(row.condition, fact("stabiliser_since", begun - timedelta(days=1))) is Result.MET
    assert result(row.condition, fact("stabiliser_since", False)) is Result.NOT_MET
    (ever,) = criteria(ROW + 'when = { fact = "stabiliser_since", for = "ever" }')
    assert result(ever.condition, fact("stabiliser_since", ON)) is Result.MET


def test_rul_03_a_test_counts_for_another_time_within_a_series():
    leaf = f'{{ fact = "alt", over = {{ value = 3, unit = "xULN", source = "L1", grade = "D" }}, valid = {days(90)}, '
    (row,) = criteria(ROW + "when = " + leaf + f"valid_in_series = {days(180)} }}")
    old = fact("alt", Decimal(4), 120, "xULN")
    assert result(row.condition, old, fact("first_of_series", True)) is Result.UNKNOWN
    assert result(row.condition, old, fact("first_of_series", False)) is Result.MET
    assert isinstance(row.condition, Some)
    assert isinstance(row.condition.parts[1], Every)
    assert isinstance(row.condition.parts[1].parts[0], Not)


def test_rul_03_what_is_asked_each_dose_counts_for_that_day():
    each = f'when = {{ all = [{{ fact = "a", is = true, each_dose = true }}] }}\nvalid = {days(90)}'
    evaluation, dose = criteria(ROW + each)
    assert [(c.stage, c.condition.parts[0].valid_days) for c in (evaluation, dose)] == [("evaluation", 90), ("dose", 0)]
    (only,) = criteria(ROW + each + '\nstage = "evaluation"')
    assert (only.stage, only.condition.parts[0].valid_days) == ("evaluation", 90)


@pytest.mark.parametrize(("counts", "own"), [(days(90), 90), ('"ever"', EVER)])
def test_rul_03_what_others_said_within_the_rows_own_days_may_contradict_the_day(counts, own):
    evaluation, dose = criteria(ROW + f'when = {{ fact = "a", is = true, each_dose = true }}\nvalid = {counts}')
    assert (evaluation.condition.disputed_days, dose.condition.disputed_days) == (None, own)


def test_rul_02_a_test_that_is_owed_only_if():
    (row,) = criteria(ROW + 'when = { fact = "a", is = true }\nonly_if = { fact = "b", is = true }')
    assert row.only_if.fact == "b"
    (optional,) = criteria(ROW + 'when = { fact = "a", is = true }\noptional = true')
    assert optional.only_if == Some(())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('routes = "IV"', r"criteria\[0\].routes: 'IV' is not a list"),
        ('stage = "morning"', "stage: 'morning' is not one of evaluation, dose"),
        ("alternative = true", "alternative: True is not words"),
        ('valid = "soon"', 'needs a figure in whole days .unit "d". or hours'),
        ('only_if = "x"', "only_if: a condition is a table"),
        ('parts = [{ colour = "red" }]', r"criteria\[0\].parts\[0\].colour: not a part of a criterion"),
    ],
)
def test_rows_that_cannot_be_judged_are_refused(more, words):
    with pytest.raises(SheetRefused, match=words):
        criteria(f'{ROW}when = {{ fact = "a", is = true }}\n{more}')


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (f'{{ fact = "a", is = true, valid_in_series = {days(1)} }}', "does not say which fact is the entry"),
        (f'{{ fact = "a", for = {days("0.5")} }}', "for: needs a figure in whole days"),
        ('{ fact = "a", for = "soon" }', "for: needs a figure in whole days"),
    ],
)
def test_conditions_that_cannot_be_judged_are_refused(when, words):
    with pytest.raises(SheetRefused, match=words):
        criteria(ROW + f"when = {when}", HEAD.replace('[validity]\nadmission = "first_of_series"\n', ""))


def test_a_leaf_that_reads_nothing_is_refused_within_a_series_too():
    with pytest.raises(SheetRefused, match="names one fact"):
        criteria(ROW + f'when = {{ fact = "a", valid_in_series = {days(1)} }}')
