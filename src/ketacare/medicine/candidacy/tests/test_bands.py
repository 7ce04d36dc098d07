"""An amended copy leaves no pressure without its row, and takes no figure that cannot be (H19)."""

from copy import deepcopy
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.tests.given import SHEET
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.reader.sheets import read_sheet, sheet_from

FOLDER = Path(reader.__file__).parents[1] / "knowledge"


def amended(name, change):
    """What the loader says of this sheet with a figure changed, beside the others as they are."""
    table = deepcopy(dict(read_sheet(FOLDER / f"{name}.toml").table))
    change(table)
    own = sheet_from(table, name)
    return reader.knowledge_from(lambda other: own if other == name else read_sheet(FOLDER / f"{other}.toml"))


def row(table, criterion):
    return next(one for one in table["criteria"] if one["id"] == criterion)["when"]


def moved(criterion, place, test, value):
    """The line of the first component, in the alternatives at `place` or beside them."""

    def change(table):
        part = row(table, criterion)["all"][place]
        (part["any"][0] if "any" in part else part)[test]["value"] = Decimal(value)

    return change


@pytest.mark.parametrize(
    ("sheet", "change", "words"),
    [
        ("pressure-1", moved("BP-3", 0, "at_least", 170), "none is met at gate_sbp 160 mmHg"),
        ("pressure-1", moved("BP-2", 0, "over", 145), "none is met at gate_sbp 141 mmHg"),
        ("pressure-1", moved("BP-3", 1, "under", 175), "none is met at gate_sbp 175 mmHg"),
        ("contraindications-1", moved("CI-15", 0, "at_least", 170), "none is met at gate_sbp 160 mmHg"),
        ("contraindications-1", moved("CI-13", 1, "under", 155), "none is met at gate_sbp 155 mmHg"),
        ("contraindications-1", moved("CI-15", 0, "at_least", 1600), "1600 is impossible: .* from 50 to 300 mmHg"),
    ],
)
def test_h19_a_line_of_pressure_moved_without_its_neighbour_is_refused(sheet, change, words):
    with pytest.raises(SheetRefused, match=words):
        amended(sheet, change)


def both(table):
    moved("BP-3", 0, "at_least", 165)(table)
    moved("BP-2", 1, "under", 165)(table)


def test_h19_both_neighbours_moved_are_a_clinics_own_line():
    assert amended("pressure-1", both).pressure.lines == SHEET.pressure.lines
    assert amended("pressure-1", moved("BP-3", 0, "at_least", 155)), "two rows that overlap leave no hole"


@pytest.mark.parametrize(
    ("figure", "value", "words"),
    [
        ("calm_systolic", -5, "calm -5 and severe 180 must rise, from 50 to 300 mmHg"),
        ("severe_systolic", 1800, "calm 140 and severe 1800 must rise"),
        ("severe_diastolic", 90, "calm 90 and severe 90 must rise"),
        ("most_readings", 0, "0 make no mean"),
        ("most_readings", 1, "1 make no mean"),
        ("minutes_apart", 0, "minutes between readings are 1 or more"),
    ],
)
def test_h19_a_line_of_the_gate_that_cannot_be_is_refused(figure, value, words):
    def change(table):
        table["gate"][figure]["value"] = Decimal(value)

    with pytest.raises(SheetRefused, match=words):
        amended("pressure-1", change)
