"""Every figure of the tables of regimens, titration, device and amounts held against the sheets: figures or words."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Series
from ketacare.medicine.protocols import reader
from tests.reference.differences import deliberate
from tests.reference_tables import tables

KNOWLEDGE = Path(reader.__file__).parent.parent / "knowledge"
# Tags of sources, ids of rows, years, references to other places: none of them is a figure.
NO_FIGURE = re.compile(
    r"\[[^\]]*\]|`[^`]*`|\b(?:P|TI|AD|MS|ST|TP|WD|VI|RC|LS|N)-?\d+\b|P-[A-Z0-9-]+|TI-\d|safety\.md \w+|CYP\w+|RL-\w+"
    r"|\b(?:19|20)\d\d\b|\d+(?:\.\d+)? g\b|\b1[.:]\d\b(?= taper)|cohort \d"
)
COLUMNS = ("Dose", "Time", "Induction")


def numbers(text):
    plain = NO_FIGURE.sub(" ", text.replace("×", "x"))
    return {Decimal(found).normalize() for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", plain)}


def figures(tree):
    if isinstance(tree, Figure):
        return {tree.value.normalize()}
    if isinstance(tree, Series):
        return {value.normalize() for value in tree.values}
    if isinstance(tree, str):
        return numbers(tree)
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, tuple) else ()
    return set().union(*(figures(part) for part in parts))


def everything_in(sheet_id):
    sheet = read_sheet(KNOWLEDGE / f"{sheet_id}.toml")
    return figures(dict(sheet.body)) | numbers(sheet.header.title)


def differences(rows, key, sheet_of, columns):
    """Row and column of every cell that has a number which our sheet says nowhere. A cell that says "as" and another
    row says what that row says there."""
    return {
        (row[key], column)
        for row in rows
        for column in columns
        if said(row[column], column, key, rows) - everything_in(sheet_of(row[key]))
    }


def said(cell, column, key, rows):
    named = [row for row in rows if re.fullmatch(rf"as {re.escape(row[key])}\b.*", cell)]
    return numbers(cell).union(*(said(row[column], column, key, rows) for row in named))


def test_a_cell_that_names_another_row_is_held_to_what_that_row_says():
    rows = [{"id": "P-IV-1", "Time": "40 min"}, {"id": "P-IV-2", "Time": "as P-IV-1"}]
    assert said(rows[1]["Time"], "Time", "id", rows) == {Decimal(40).normalize()}


def test_every_regimen_of_the_register_is_a_sheet():
    named = {row["id"].lower() for row in tables("treatment", "Register")}
    assert named == {*reader.PROTOCOLS, *reader.REGIMENS}


def test_every_figure_of_the_register_stands_in_its_sheet():
    found = differences(tables("treatment", "Register"), "id", str.lower, COLUMNS)
    assert found == deliberate("regimens")


@pytest.mark.parametrize(
    ("heading", "key", "column", "sheet_id"),
    [
        ("Titration, adjustment", "Rule", "Text for the engine", "titration-1"),
        ("Esketamine device rules", "Item", "Value", "esketamine-device-1"),
        ("Weight, ceilings, vials", "Item", "Rule", "amounts-1"),
    ],
)
def test_every_figure_of_the_rules_stands_in_its_sheet(heading, key, column, sheet_id):
    rows = tables("treatment", heading)
    named = {rule.id for rule in reader.dosing_rules(sheet_id)}
    if sheet_id != "esketamine-device-1":
        assert named == {row[key].split(" ")[0] for row in rows}
    assert differences(rows, key, lambda _: sheet_id, (column,)) == deliberate(sheet_id)
