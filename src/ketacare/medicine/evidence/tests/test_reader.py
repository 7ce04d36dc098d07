import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import ketacare.medicine
from ketacare.medicine.evidence.reader import SheetRefused, criteria_of, read_sheet, sheet_from
from ketacare.medicine.evidence.rules import expired, warnings
from ketacare.medicine.evidence.terms import Compare, Every, Figure, Grade, Not, Series, Source, Within

HEAD = """
[sheet]
id = "x-1"
version = "1.0.0"
title = "A sheet"
status = "shipped"
author = "clinical content lead"
checker = "medical director"
reviewed_on = 2026-01-01
next_review_on = 2027-01-01
[sources]
L1 = "Author A. Journal 2020;1:1"
"""
GOOD = HEAD + '[lines]\ndose = { value = 0.5, unit = "mg/kg", source = "L1", grade = "V" }\n'


def sheet(text):
    return sheet_from(tomllib.loads(text, parse_float=Decimal), "x-1.toml")


def test_a_figure_keeps_value_unit_source_and_grade_exactly():
    figure = sheet(GOOD).body["lines"]["dose"]
    assert (figure.value, figure.unit, figure.grade) == (Decimal("0.5"), "mg/kg", Grade.V)
    assert figure.sources == (Source("L1", "Author A. Journal 2020;1:1"),)
    with pytest.raises(ValueError, match="not a whole number"):
        _ = figure.integer


def test_a_series_shares_its_unit_source_and_grade():
    text = HEAD + "[s]\n"
    text += 'at = { value = [-15, 0, 5], unit = "min", source = ["L1"], grade = "D" }\n'
    series = sheet(text).body["s"]["at"]
    assert isinstance(series, Series)
    assert series.values == (-15, 0, 5)


@pytest.mark.parametrize("part", ["value", "unit", "source", "grade"])
def test_a_figure_without_one_of_its_four_parts_does_not_load(part):
    table = tomllib.loads(GOOD, parse_float=Decimal)
    del table["lines"]["dose"][part]
    with pytest.raises(SheetRefused, match=rf"x-1.toml: lines.dose: the figure has no {part}.*add {part}"):
        sheet_from(table, "x-1.toml")


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ('{ value = 1, unit = "mg", source = "L2", grade = "V" }', "'L2' is not under"),
        ('{ value = 1, unit = "mg", source = [], grade = "V" }', "names no source"),
        ('{ value = 1, unit = "mg", source = "L1", grade = "A" }', "not one of V, S, M, D"),
        ('{ value = 1, unit = " ", source = "L1", grade = "V" }', "unit: empty"),
        ('{ value = "1", unit = "mg", source = "L1", grade = "V" }', "'1' is not a number"),
        ('{ value = true, unit = "mg", source = "L1", grade = "V" }', "True is not a number"),
        ('{ value = nan, unit = "mg", source = "L1", grade = "V" }', "is not a number"),
        ('{ value = [1, "2"], unit = "mg", source = "L1", grade = "V" }', "'2' is not a number"),
        ('{ value = 1, unit = "mg", source = "L1", grade = "V", note = "x" }', "note: a figure has only"),
        ("5", "the number 5 stands alone"),
        ("[0.5]", r"dose\[0\]: the number 0.5 stands alone"),
    ],
)
def test_a_figure_that_cannot_be_defended_does_not_load(figure, words):
    with pytest.raises(SheetRefused, match=words):
        sheet(HEAD + f"[lines]\ndose = {figure}\n")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('author = "clinical content lead"\n', "", "sheet.author: every sheet says its author"),
        ('title = "A sheet"', 'title = ""', "sheet.title"),
        ("reviewed_on = 2026-01-01\n", "", "sheet.reviewed_on"),
        ('status = "shipped"', 'status = "great"', "'great' is not one of draft"),
        ("next_review_on = 2027-01-01", "next_review_on = 2025-01-01", "must be after reviewed_on"),
        ('L1 = "Author A. Journal 2020;1:1"', 'L1 = ""', "a source is its citation in words"),
    ],
)
def test_a_header_or_source_that_is_incomplete_does_not_load(old, new, words):
    assert old in GOOD
    with pytest.raises(SheetRefused, match=words):
        sheet(GOOD.replace(old, new))


def test_every_fault_is_told_at_once():
    with pytest.raises(SheetRefused) as refused:
        sheet(HEAD.replace("shipped", "great") + "[a]\nb = 1\nc = 2\n")
    assert len(refused.value.faults) == 3


def test_text_that_is_not_toml_is_refused(tmp_path):
    (tmp_path / "bad.toml").write_text("= 1")
    with pytest.raises(SheetRefused, match=r"bad\.toml: not readable as TOML"):
        read_sheet(tmp_path / "bad.toml")


def test_a_sheet_past_its_review_date_warns():
    header = sheet(GOOD).header
    assert not expired(header, date(2027, 1, 1))
    assert expired(header, date(2027, 1, 2))
    assert warnings([header, header], date(2027, 1, 1)) == ()
    assert warnings([header, header], date(2027, 1, 2)) == (header,)
    assert sheet(GOOD).ref.version == "1.0.0"


@pytest.mark.parametrize("wrong", [lambda: Figure(Decimal(1), "", (), Grade.V), lambda: Source("", "x")])
def test_terms_check_themselves(wrong):
    with pytest.raises(ValueError, match=r"unit or source|label and a citation"):
        wrong()


# --- criteria --------------------------------------------------------------------------------------------------------

EFFECTS = ("stop", "clear", "caution", "note")
ROW = '[[criteria]]\nid = "CI-05"\ntitle = "MI"\neffect = "stop"\nsource = "L1"\ngrade = "V"\n'
DAYS = '{ value = 42, unit = "d", source = "L1", grade = "M" }'


def criteria(when, row=ROW):
    return criteria_of(sheet(HEAD + row + f"when = {when}\n"))


def test_a_criterion_is_as_weak_as_the_figures_it_reads():
    (criterion,) = criteria(f'{{ fact = "mi_on", within = {DAYS} }}')
    assert criterion.condition == Within("mi_on", 42)
    assert criterion.grade is Grade.M
    assert criterion.override == "none"


def test_a_fact_counts_for_days_or_for_hours():
    (row,) = criteria('{ fact = "a", is = true, valid = { value = 24, unit = "h", source = "L1", grade = "D" } }')
    assert row.condition == Compare("a", "is", True, None, None, 24)
    (row,) = criteria(f'{{ fact = "a", within = {DAYS}, valid = "today" }}')
    assert row.condition == Within("a", 42, 0)


def test_a_line_is_a_figure_with_its_unit():
    (row,) = criteria('{ fact = "sbp", over = { value = 160, unit = "mmHg", source = "L1", grade = "V" } }')
    assert row.condition == Compare("sbp", "over", Decimal(160), "mmHg")


def test_conditions_nest():
    (row,) = criteria('{ all = [{ fact = "a", is = true }, { not = { fact = "b", is = true } }] }')
    assert row.condition == Every((Compare("a", "is", True), Not(Compare("b", "is", True))))


def test_a_sheet_without_criteria_has_none():
    assert criteria_of(sheet(GOOD)) == ()


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ('"always"', "a condition is a table"),
        ('{ fact = "a" }', "names one fact and one of"),
        ('{ fact = "a", is = true, over = true }', "names one fact and one of"),
        ('{ fact = "a", is = true, colour = "red" }', "names one fact and one of"),
        ("{ is = true }", "names one fact and one of"),
        ('{ not = "x" }', r"when.not: a condition is a table"),
        ('{ any = ["x"] }', r"when.any\[0\]: a condition is a table"),
        ('{ fact = "a", is = true, valid = "soon" }', "needs a figure in whole days"),
        ('{ fact = "a", within = "soon" }', "needs a figure in whole days"),
        (
            '{ fact = "a", is = true, valid = { value = 1, unit = "wk", source = "L1", grade = "V" } }',
            r"in whole days \(unit \"d\"\) or hours",
        ),
        (
            '{ fact = "a", is = true, valid = { value = 1.5, unit = "h", source = "L1", grade = "V" } }',
            "needs a figure in whole days",
        ),
        (
            '{ fact = "a", within = { value = -1, unit = "d", source = "L1", grade = "V" } }',
            "needs a figure in whole days",
        ),
    ],
)
def test_conditions_that_cannot_be_judged_are_refused(when, words):
    with pytest.raises(SheetRefused, match=words):
        criteria(when)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "MI"\n', "", "the criterion has no title"),
        ('title = "MI"\n', 'title = "MI"\nmood = "x"\n', "mood: not a part of a criterion"),
        ('effect = "stop"', 'effect = "halt"', "'halt' is not one of stop, clear, caution, note"),
        ('grade = "V"', 'grade = "Z"', "'Z' is not one of"),
        ('source = "L1"', 'source = "L9"', "'L9' is not under"),
    ],
)
def test_rows_that_are_incomplete_are_refused(old, new, words):
    with pytest.raises(SheetRefused, match=words):
        criteria('{ fact = "a", is = true }', ROW.replace(old, new))


# --- every shipped sheet ---------------------------------------------------------------------------------------------

SHEETS = sorted(Path(ketacare.medicine.__file__).parent.glob("*/knowledge/*.toml"))


@pytest.mark.parametrize("path", SHEETS, ids=[path.stem for path in SHEETS])
def test_every_shipped_sheet_of_figures_loads(path):
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    if "sheet" not in table:
        pytest.skip("another room's own form, read by that room's reader")
    assert read_sheet(path).header.id == path.stem


def test_a_row_alone_keeps_the_whole_from_a_permit_only_where_it_stops_or_asks_for_clearance():
    rows = {
        effect: criteria('{ fact = "a", is = true }', ROW.replace('"stop"', f'"{effect}"'))[0] for effect in EFFECTS
    }
    assert [effect for effect, row in rows.items() if row.holds_back] == ["stop", "clear"]
