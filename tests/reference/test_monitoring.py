"""What is measured when, the lines of alarms and of release: every minute and figure held against the sheets."""

from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.protocols import reader
from tests.reference.differences import deliberate
from tests.reference.test_protocols import differences
from tests.reference_tables import tables

KNOWLEDGE = Path(reader.__file__).parent.parent / "knowledge"
NAMED = {
    "BP": ("bp",),
    "HR, SpO2": ("hr", "spo2"),
    "SpO2, HR": ("spo2", "hr"),
    "RR, MOAA/S": ("rr", "moaas"),
    "RR, MOAA/S, distress": ("rr", "moaas", "distress"),
    "MOAA/S, dissociation, RR": ("moaas", "dissociation", "rr"),
    "distress NRS, nausea NRS": ("distress", "nausea"),
    "CADSS-6 or NRS dissociation": ("dissociation",),
}
SETS = {"rl-iv", "rl-im", "rl-esk", "rl-sl"}
ROWS = [row for row in tables("treatment", "Schedule") if row["Parameter"] in NAMED]


def marked(row, mark):
    return [int(minute) for minute, cell in row.items() if cell == mark and minute.lstrip("-").isdigit()]


def minutes(part, key):
    return [int(value) for value in part[key].values] if key in part else []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['id']} {row['Parameter']}")
def test_every_minute_of_the_schedule(row):
    sheet = read_sheet(KNOWLEDGE / f"{row['id'].lower()}.toml")
    for name in NAMED[row["Parameter"]]:
        part = sheet.body["schedule"][name]
        continuous = marked(row, "c")
        assert minutes(part, "required") == marked(row, "x"), name
        assert minutes(part, "continuous") == ([continuous[0], continuous[-1]] if continuous else []), name
        assert minutes(part, "spot") == marked(row, "spot"), name
        assert minutes(part, "offered") == marked(row, "o"), name
        assert part["before_leaving"] is (row["leave"] == "x"), name


def test_every_route_with_a_table_of_its_own_is_held():
    assert {row["id"] for row in ROWS} == {"MON-IV", "MON-IM", "MON-ESK", "MON-SL"}


def test_every_limit_stands_in_its_sheet():
    rows = tables("treatment", "Adoptable limit set")
    columns = [column for column in rows[0] if column not in ("Parameter", "Reason")]
    assert differences(rows, "Parameter", lambda _: "tx-1", columns) == deliberate("tx-1")


def test_every_minimum_time_of_release_stands_in_its_sheet():
    rows = [row for row in tables("treatment", "Minimum times") if row.get("id", "").lower() in SETS]
    assert {row["id"].lower() for row in rows} == SETS
    assert differences(rows, "id", str.lower, ("Not before",)) == set()
