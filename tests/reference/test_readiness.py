"""Every row of the readiness table held against the sheet: its id, whether it is strict, every figure and its grade."""

import re

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Series, weakest
from tests.reference.differences import deliberate
from tests.reference.test_protocols import KNOWLEDGE, figures, numbers
from tests.reference_tables import tables

COLUMNS = ("go", "prescriber", "no-go")
SHEET = "readiness-1"


def checks():
    return {row["id"]: row for row in read_sheet(KNOWLEDGE / f"{SHEET}.toml").body["checks"]}


def rows():
    return {row["id"].rstrip("*"): row for row in tables("treatment", "Pre-dose readiness")}


def in_column(check, column):
    """What our check says of one column: its own condition and words, and the title.

    A go is where neither condition holds.
    """
    key = column.replace("-", "_")
    conditions = check.get(key, {}) if key != "go" else (check.get("no_go", {}), check.get("prescriber", {}))
    return figures(conditions) | numbers(check["title"]) | numbers(check["words"].get(key, ""))


def test_every_row_of_the_table_is_a_check():
    assert rows().keys() <= checks().keys()
    assert rows().keys() >= {"RD-01", "RD-24"}


def test_a_row_with_a_star_is_strict_and_no_other():
    ours = checks()
    found = {(row_id, "id") for row_id, row in rows().items() if row["id"].endswith("*") is not ours[row_id]["strict"]}
    assert found == deliberate("readiness-strict")


def test_every_figure_of_a_row_stands_in_its_check():
    ours = checks()
    found = {
        (row_id, column)
        for row_id, row in rows().items()
        for column in COLUMNS
        if numbers(row[column]) - in_column(ours[row_id], column)
    }
    assert found == deliberate("readiness")


def grades(tree):
    """Every grade that a figure of it bears."""
    if isinstance(tree, Figure | Series):
        return {tree.grade}
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, tuple) else ()
    return set().union(*(grades(part) for part in parts))


def test_each_row_is_as_weak_as_the_weakest_grade_of_the_table_and_no_figure_of_it_is_stronger_than_any():
    ours, found = checks(), set()
    for row_id, row in rows().items():
        named = [Grade(letter) for letter in re.findall(r"\b[VSDM]\b", row["Source, grade"])]
        assert named, row_id
        if Grade(ours[row_id]["grade"]) is not weakest(named) or not grades(ours[row_id]) <= {*named, weakest(named)}:
            found.add((row_id, "Source, grade"))
    assert found == deliberate("readiness-grade")
