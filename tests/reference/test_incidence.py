"""How often side effects were reported, and what doses did to vital signs: every number of the tables in its row."""

from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.rules import cited_rows
from ketacare.medicine.safety import reader
from tests.reference.test_protocols import figures, numbers
from tests.reference_tables import tables

SHEET = read_sheet(Path(reader.__file__).parent / "knowledge" / "incidence-1.toml")
NAMES = {"id", "title", "study"}
STUDIES = {
    "E-pool": "e-pool",
    "E 28 / 56 / 84 fixed": "e-fixed",
    "E-84S": "e-84s",
    "E-A2": "e-a2",
    "E-mnt": "e-mnt",
    "IV-K n/91 (%)": "iv-k",
    "IV-C": "iv-c",
}


def rows_about(effect, study):
    """Two effects in one row of the reference are two rows of the sheet."""
    titles = {part.strip().casefold() for part in (effect, *effect.split(","))}
    return [
        row
        for row in SHEET.body["reported"]
        if row["title"].casefold() in titles and row["id"].endswith(f".{STUDIES[study]}")
    ]


@pytest.mark.parametrize("study", STUDIES)
def test_every_count_and_share_stands_in_its_row_and_no_other(study):
    for row in tables("treatment", "Incidence"):
        found = [
            {key: part for key, part in one.items() if key not in ("title", "study")}
            for one in rows_about(row["PT"], study)
        ]
        told = set().union(*(figures({**one, "id": ""}) for one in found))
        # A rate that is told from a line on is named by that line in the sheet's note.
        assert told == numbers(row[study]), row["PT"]


def test_how_many_were_in_each_study():
    patients = {study: [int(value) for value in series.values] for study, series in SHEET.body["studies"].items()}
    assert patients == {
        "e-pool": [983, 782], "e-84s": [227, 225], "e-a2": [114, 113], "e-mnt": [152, 145], "iv-k": [91], "iv-c": [203],
    }  # fmt: skip


def test_every_series_of_vital_signs_says_what_the_reference_says():
    ours = {row["title"]: row for row in SHEET.body["vital_signs"]}
    rows = tables("treatment", "Effects on vital signs")
    assert ours.keys() == {row["Source (n)"] for row in rows}
    for row in rows:
        mine = ours[row["Source (n)"]]
        assert numbers(mine["result"]) == numbers(row["Result"]), mine["title"]
        assert mine["given"] == row["Route, dose"]
        assert mine["grade"] in row["Grade"]


def test_every_series_is_found_on_the_page_of_the_sheet():
    shown = {row.name: row for row in cited_rows(SHEET)}
    assert {row["id"] for row in SHEET.body["vital_signs"]} <= {name.split()[0] for name in shown}
    assert all(row.sources for row in shown.values())
